//! `regatta check`: configuration and content, before anybody meets a mistake in them.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::running::{PROGRAM, content, regatta};

fn check(folder: &Path) -> Output {
    regatta(folder, &["check"]).output().unwrap()
}

#[test]
fn help_names_the_commands() {
    let help = Command::new(PROGRAM).arg("--help").output().unwrap();
    let text = String::from_utf8(help.stdout).unwrap();
    assert!(help.status.success() && text.contains("serve") && text.contains("check"), "{text}");
}

#[test]
fn the_content_of_this_repository_has_no_problems() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let checked = Command::new(PROGRAM).arg("check").current_dir(root).output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
}

#[test]
fn check_tells_file_line_column_and_what_to_do() {
    let folder = content(&[
        ("site.yaml", "name: A site\ntagline: T\ndescription: D\n"),
        ("events/broken.md", "---\nid: broken\ntitle: Broken\nsumary: x\ndate: 2026-02-31\n---\nText.\n"),
        ("pipelines/broken.yaml", "jobs:\n  main:\n    imag: host-tools\n"),
    ]);
    let checked = check(folder.path());
    assert_eq!(checked.status.code(), Some(1));
    insta::assert_snapshot!(String::from_utf8(checked.stdout).unwrap());
}

#[test]
fn check_tells_a_wrong_configuration() {
    let folder = content(&[("site.yaml", "name: A site\ntagline: T\ndescription: D\n")]);
    fs::write(folder.path().join("regatta.toml"), "[http]\nlisten = 'everywhere'\n").unwrap();
    let checked = check(folder.path());
    assert_eq!(checked.status.code(), Some(1));
    let text = String::from_utf8(checked.stdout).unwrap();
    assert!(text.contains("http.listen = \"everywhere\" (regatta.toml)"), "{text}");
}
