//! Texts that nobody wrote: whatever they are, reading them ends, keeps its promises, and puts nothing that a visitor chose
//! into a script.
//!
//! `PROPTEST_CASES` says how many of each kind are tried. A text that fails is worth a file in `corpus/`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use regatta_dialects::{detect, read};
use regatta_domain::pipeline::{Dialect, MAX_SOURCE_BYTES, Parameter, ParameterKind, Pipeline};

use support::grammar::{self, MARKER};

/// Reads `text` as both dialects.
fn check(text: &str) {
    for dialect in Dialect::ALL {
        let reading = read(dialect, text);
        assert_eq!(reading.dialect, dialect);
        support::holds_together(text, &reading);
        for parameter in &reading.pipeline.parameters {
            stays_out_of_scripts(parameter, &reading.pipeline);
        }
    }
}

/// Values of parameters reach steps as variables alone.
fn stays_out_of_scripts(parameter: &Parameter, pipeline: &Pipeline) {
    let choices = match &parameter.kind {
        ParameterKind::Choice(choices) => choices.as_slice(),
        ParameterKind::Text | ParameterKind::Boolean => &[],
    };
    for value in choices.iter().chain(&parameter.default).filter(|value| value.contains(MARKER)) {
        for step in pipeline.jobs.iter().flat_map(|job| &job.steps) {
            assert!(!step.script.contains(value), "{} is in {:?}", parameter.name, step.script);
        }
    }
}

/// Every pipeline that is kept beside the tests.
fn seeds() -> Vec<String> {
    fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, files);
            } else if path.extension().is_some_and(|ending| ending == "yaml") {
                files.push(path);
            }
        }
    }
    let mut files = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests"), &mut files);
    files.sort();
    files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect()
}

#[test]
fn every_seed_is_read_and_the_corpus_can_run() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    for dialect in Dialect::ALL {
        for entry in std::fs::read_dir(corpus.join(dialect.as_str())).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            assert_eq!(detect(&text), dialect, "{}", path.display());
            let reading = read(dialect, &text);
            assert_eq!(reading.diagnostics, [], "{}", path.display());
        }
    }
    for seed in seeds() {
        check(&seed);
    }
}

/// A generator of nothing but mistakes would try little.
#[test]
fn many_of_the_generated_texts_can_run() {
    const TRIED: usize = 200;
    let mut runner = TestRunner::deterministic();
    let mut runnable = |dialect: Dialect, texts: BoxedStrategy<String>| {
        let texts = (0..TRIED).map(|_| texts.new_tree(&mut runner).unwrap().current());
        texts.filter(|text| read(dialect, text).is_runnable()).count()
    };
    let screwdriver = runnable(Dialect::Screwdriver, grammar::screwdriver().boxed());
    let tekton = runnable(Dialect::Tekton, grammar::tekton().boxed());
    assert!(screwdriver > TRIED / 20 && tekton > TRIED / 20, "{screwdriver} and {tekton} of {TRIED}");
}

/// A change to a text.
#[derive(Clone, Debug)]
enum Change {
    DropLines(Index, usize),
    RepeatLine(Index, Index),
    SwapLines(Index, Index),
    Indent(Index, usize),
    Outdent(Index, usize),
    Insert(Index, String),
    Drop(Index, usize),
    Splice(Index, Index, usize),
    LineEnds,
    ByteOrderMark,
}

fn changes() -> impl Strategy<Value = Change> {
    let at = any::<Index>;
    let word = prop_oneof![
        select(grammar::WORDS).prop_map(str::to_owned),
        "[ -~]{1,6}",
        any::<char>().prop_map(String::from)
    ];
    prop_oneof![
        1 => (at(), 1..5_usize).prop_map(|(line, count)| Change::DropLines(line, count)),
        1 => (at(), at()).prop_map(|(line, to)| Change::RepeatLine(line, to)),
        1 => (at(), at()).prop_map(|(one, other)| Change::SwapLines(one, other)),
        1 => (at(), 1..5_usize).prop_map(|(line, by)| Change::Indent(line, by)),
        1 => (at(), 1..5_usize).prop_map(|(line, by)| Change::Outdent(line, by)),
        4 => (at(), word).prop_map(|(place, word)| Change::Insert(place, word)),
        2 => (at(), 1..9_usize).prop_map(|(place, count)| Change::Drop(place, count)),
        1 => (at(), at(), 1..12_usize).prop_map(|(line, to, count)| Change::Splice(line, to, count)),
        1 => Just(Change::LineEnds),
        1 => Just(Change::ByteOrderMark),
    ]
}

impl Change {
    fn apply(&self, text: &str, other: &str) -> String {
        let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
        let count = lines.len();
        match self {
            Self::DropLines(line, dropped) => {
                let first = line.index(count);
                lines.drain(first..(first + dropped).min(count));
            }
            Self::RepeatLine(line, to) => {
                let line = lines[line.index(count)].clone();
                lines.insert(to.index(count), line);
            }
            Self::SwapLines(one, other) => lines.swap(one.index(count), other.index(count)),
            Self::Indent(line, by) => lines[line.index(count)].insert_str(0, &" ".repeat(*by)),
            Self::Outdent(line, by) => {
                let line = &mut lines[line.index(count)];
                let blank = line.len() - line.trim_start_matches(' ').len();
                line.drain(..blank.min(*by));
            }
            Self::Splice(line, to, taken) => {
                let others: Vec<&str> = other.split('\n').collect();
                let first = line.index(others.len());
                let taken = others[first..].iter().take(*taken).map(|line| (*line).to_owned());
                let to = to.index(count);
                lines.splice(to..to, taken);
            }
            Self::Insert(place, word) => {
                return at_a_letter(text, *place, |before, after| format!("{before}{word}{after}"));
            }
            Self::Drop(place, letters) => {
                return at_a_letter(text, *place, |before, after| {
                    before + &after.chars().skip(*letters).collect::<String>()
                });
            }
            Self::LineEnds => return text.replace('\n', "\r\n"),
            Self::ByteOrderMark => return format!("\u{feff}{text}"),
        }
        lines.join("\n")
    }
}

fn at_a_letter(text: &str, place: Index, join: impl Fn(String, &str) -> String) -> String {
    let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let (before, after) = text.split_at(*place.get(&places));
    join(before.to_owned(), after)
}

fn changed_seeds() -> impl Strategy<Value = String> {
    (select(seeds()), select(seeds()), prop::collection::vec(changes(), 1..8)).prop_map(
        |(seed, other, changes)| {
            let text = changes.iter().fold(seed, |text, change| change.apply(&text, &other));
            if text.len() > MAX_SOURCE_BYTES { other } else { text }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in "\\PC{0,400}") {
        check(&text);
    }

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        check(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_words_of_the_languages(words in prop::collection::vec(select(grammar::WORDS), 0..60)) {
        check(&words.concat());
    }

    #[test]
    fn anything_like_a_pipeline_of_screwdriver(text in grammar::screwdriver()) {
        check(&text);
    }

    #[test]
    fn anything_like_a_pipeline_of_tekton(text in grammar::tekton()) {
        check(&text);
    }

    #[test]
    fn pipelines_that_somebody_changed(text in changed_seeds()) {
        check(&text);
    }
}
