//! `make bench`: how long the worst texts keep a reader busy. Each is as long as a text may be; beside its time stands that
//! of the YAML parser alone, which goes over the same bytes with its own limits and keeps nothing.
//!
//! `cargo bench -p regatta-dialects --bench diagnostics -- [FILE…]` reads the files that are named, too.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a bench reports and stops")]

#[path = "../tests/support/hostile.rs"]
mod hostile;

use std::time::{Duration, Instant};

use regatta_dialects::{detect, read};
use regatta_domain::pipeline::Dialect;
use serde::de::IgnoredAny;

/// How often each text is read; the shortest time counts, which is what the machine can do.
const TIMES: usize = 5;
/// How many are printed.
const SHOWN: usize = 12;
/// How soon a diagnostic has to be there, whatever the text.
const LIMIT: Duration = Duration::from_millis(50);

/// A text, and how long it took.
struct Timed {
    name: String,
    reading: Duration,
    parsing: Duration,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --benches` calls every bench with this; there is nothing to test here.
    if arguments.iter().any(|argument| argument == "--test") {
        return;
    }
    let mut texts = Vec::new();
    for path in arguments.into_iter().filter(|argument| !argument.starts_with("--")) {
        let text = std::fs::read_to_string(&path).unwrap();
        texts.push((path, detect(&text), text));
    }
    for dialect in Dialect::ALL {
        let hostile = hostile::bombs().into_iter().chain(hostile::of(dialect));
        texts.extend(hostile.map(|(name, text)| (format!("{name} ({})", dialect.words()), dialect, text)));
    }
    report(texts.into_iter().map(|(name, dialect, text)| timed(name, dialect, &text)).collect());
}

fn report(mut timed: Vec<Timed>) {
    timed.sort_unstable_by_key(|timed| std::cmp::Reverse(timed.reading));
    println!(
        "the slowest of {} texts made to keep a reader busy: reading, and the parser alone",
        timed.len()
    );
    for Timed { name, reading, parsing } in timed.iter().take(SHOWN) {
        println!("{:>9.2} ms {:>9.2} ms   {name}", milliseconds(*reading), milliseconds(*parsing));
    }
    let over = timed.iter().filter(|timed| timed.reading > LIMIT).count();
    println!("longer than {} ms: {over}", LIMIT.as_millis());
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn timed(name: String, dialect: Dialect, text: &str) -> Timed {
    let reading = shortest(|| _ = std::hint::black_box(read(dialect, std::hint::black_box(text))));
    let parse = || serde_saphyr::from_multiple::<IgnoredAny>(std::hint::black_box(text));
    let parsing = shortest(|| _ = std::hint::black_box(parse()));
    Timed { name, reading, parsing }
}

fn shortest(work: impl Fn()) -> Duration {
    let times = (0..TIMES).map(|_| {
        let started = Instant::now();
        work();
        started.elapsed()
    });
    times.min().unwrap_or_default()
}
