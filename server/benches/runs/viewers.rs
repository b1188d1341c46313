//! Two thousand who watch one run: how late its lines reach them, and what each costs the portal.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::client::Connection;
use crate::client::runs::{ask, pipeline};
use crate::support::figures::{milliseconds, quantile};
use crate::support::portal::Portal;

const VIEWERS: usize = 2_000;
/// Every so many-th viewer looks at each line's time; all of them read everything.
const ONE_IN: usize = 10;
const LINES: usize = 600;
/// Some 50 lines a second, each with the time at which it was printed, once everybody has had time to come.
const CLOCK: &str =
    "sleep 12\ni=0; while [ $i -lt 600 ]; do echo \"@$(date +%s%N)@\"; sleep 0.017; i=$((i+1)); done";

struct Watched {
    lines: usize,
    messages: usize,
    late: Vec<Duration>,
}

pub async fn measure(portal: &Portal) {
    let run: Arc<str> = ask(&mut Connection::open(portal.port), &pipeline(CLOCK)).into();
    let alone = portal.resident_mib();
    let mut viewers = JoinSet::new();
    for number in 0..VIEWERS {
        viewers.spawn(watch(portal.port, run.clone(), number % ONE_IN == 0));
    }
    let mut most: f64 = 0.0;
    let mut watched = Vec::new();
    while watched.len() < VIEWERS {
        tokio::select! {
            Some(one) = viewers.join_next() => watched.push(one.unwrap()),
            () = tokio::time::sleep(Duration::from_millis(200)) => most = most.max(portal.resident_mib()),
        }
    }
    let late: Vec<Duration> = watched.iter().flat_map(|one| one.late.iter().copied()).collect();
    let complete = watched.iter().filter(|one| one.lines == LINES).count();
    let messages: usize = watched.iter().map(|one| one.messages).sum();
    #[expect(clippy::cast_precision_loss, reason = "a small count")]
    let per_viewer = (most - alone) * 1024.0 / VIEWERS as f64;
    println!(
        "{VIEWERS} viewers of one run at 50 lines/s   {complete} saw all {LINES} lines, {} messages each   printed to received p50 {:.0} ms, p95 {:.0} ms   {per_viewer:.1} kB each   wanted: p95 ≤ 500 ms, ≤ 20 kB",
        messages / VIEWERS,
        milliseconds(quantile(&late, 0.5)),
        milliseconds(quantile(&late, 0.95)),
    );
}

/// Reads a run's stream to its end.
async fn watch(port: u16, run: Arc<str>, looks: bool) -> Watched {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let request = format!("GET {run}/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut watched = Watched { lines: 0, messages: 0, late: Vec::new() };
    let (mut buffer, mut rest) = (vec![0; 16 << 10], String::new());
    loop {
        let read = stream.read(&mut buffer).await.unwrap();
        assert!(read > 0, "a stream broke off after {} lines", watched.lines);
        rest.push_str(&String::from_utf8_lossy(&buffer[..read]));
        let Some(whole) = rest.rfind('\n') else { continue };
        let text: String = rest.drain(..=whole).collect();
        #[expect(clippy::disallowed_methods, reason = "compared with the wall clock that a step read")]
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        watched.messages += text.matches("event: log").count();
        for stamp in stamps(&text) {
            watched.lines += 1;
            if looks {
                watched.late.push(now.saturating_sub(stamp));
            }
        }
        if text.contains("event: end") {
            return watched;
        }
    }
}

/// The times that stand between `@` in a text.
fn stamps(text: &str) -> impl Iterator<Item = Duration> {
    text.split('@')
        .filter(|part| part.len() == 19)
        .filter_map(|digits| digits.parse().ok())
        .map(Duration::from_nanos)
}
