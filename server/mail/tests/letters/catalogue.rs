//! That every word exists which is asked for, and every word is asked for which exists.

use std::collections::BTreeSet;
use std::path::Path;

use super::*;

/// The sources of this crate.
fn sources(folder: &Path, found: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") && !path.ends_with("tests.rs") {
            found.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
}

/// All literals that name a message of a mail.
fn keys_in_use() -> BTreeSet<String> {
    let mut source = String::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/messages"), &mut source);
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/layout"), &mut source);
    let literals = source.split('"').filter(|text| text.starts_with("mail-"));
    literals
        .filter(|text| !text.contains(|c: char| !c.is_ascii_alphanumeric() && c != '-'))
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_catalogue_has_every_message_that_is_said_and_no_other() {
    let known: BTreeSet<String> = regatta_language::keys("mail-").into_iter().collect();
    assert!(known.len() > 80);
    assert_eq!(keys_in_use(), known);
}

#[test]
fn no_mail_shows_a_key_or_a_variable() {
    for letter in all_samples() {
        let content = compose(&letter, NOW);
        let html = regatta_mail::layout::html(content.frame(&letter.site), &content.blocks);
        for said in [content.subject, text_of(&letter), html] {
            assert!(!said.contains("mail-") && !said.contains("time-") && !said.contains("{$"), "{said}");
        }
    }
}

#[test]
fn nothing_is_shouted() {
    for letter in all_samples() {
        let content = compose(&letter, NOW);
        assert!(!format!("{}{}", content.subject, text_of(&letter)).contains(['!', '！']));
    }
}
