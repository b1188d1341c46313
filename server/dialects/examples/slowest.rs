//! Reads the files that are named, and texts made to keep a reader busy, and prints what took longest.
//!
//! `cargo run --release -p regatta-dialects --example slowest -- [FILE…]`

#[path = "../tests/support/hostile.rs"]
mod hostile;

use std::time::{Duration, Instant};

use regatta_dialects::{detect, read};
use regatta_domain::pipeline::Dialect;

/// How often each text is read; the shortest time counts, which is what the machine can do.
const TIMES: usize = 5;
/// How many are printed.
const SHOWN: usize = 15;

fn main() -> std::io::Result<()> {
    let mut texts = Vec::new();
    for path in std::env::args().skip(1) {
        let text = std::fs::read_to_string(&path)?;
        texts.push((path, detect(&text), text));
    }
    for dialect in Dialect::ALL {
        let hostile = hostile::bombs().into_iter().chain(hostile::of(dialect));
        texts.extend(hostile.map(|(name, text)| (format!("{name} ({})", dialect.words()), dialect, text)));
    }
    let mut timed: Vec<(Duration, &str)> =
        texts.iter().map(|(name, dialect, text)| (shortest(*dialect, text), name.as_str())).collect();
    timed.sort_unstable_by(|one, other| other.cmp(one));
    for (time, name) in timed.iter().take(SHOWN) {
        println!("{:>9.3} ms  {name}", time.as_secs_f64() * 1000.0);
    }
    Ok(())
}

fn shortest(dialect: Dialect, text: &str) -> Duration {
    let times = (0..TIMES).map(|_| {
        let started = Instant::now();
        std::hint::black_box(read(dialect, std::hint::black_box(text)));
        started.elapsed()
    });
    times.min().unwrap_or_default()
}
