//! What those are told who write YAML for the first time: in words of the text, and what helps.

use regatta_dialects::read;
use regatta_domain::pipeline::{Diagnostic, Dialect};

const GOOD: &str = "shared:\n  image: host-tools\njobs:\n  first:\n    requires: [~commit]\n    steps:\n      - greet: echo \"Ahoy\"\n";

fn told_of(slip: &str, instead: &str) -> Diagnostic {
    let text = GOOD.replacen(slip, instead, 1);
    assert_ne!(text, GOOD);
    let mut told = read(Dialect::Screwdriver, &text).diagnostics;
    assert!(!told.is_empty(), "{text}");
    told.swap_remove(0)
}

#[test]
fn common_slips_are_told_in_plain_words_with_a_way_out() {
    assert!(read(Dialect::Screwdriver, GOOD).is_runnable());
    let slips = [
        ("    steps:", "   steps:", 6, "fit in", "same column"),
        ("    steps:", "\tsteps:", 6, "a tab", "spaces"),
        ("image: host-tools", "image: \"host-tools", 7, "quotes", "missing"),
        ("greet: echo \"Ahoy\"", "greet: \"say\" it", 7, "quotes", "missing"),
        ("greet: echo \"Ahoy\"", "greet: echo a: b", 7, "mapping values", "in quotes"),
    ];
    for (slip, instead, line, words, way_out) in slips {
        let told = told_of(slip, instead);
        assert_eq!(told.line, line, "{told:?}");
        assert!(told.message.contains(words), "{told:?}");
        assert!(told.hint.as_deref().is_some_and(|hint| hint.contains(way_out)), "{told:?}");
    }
}
