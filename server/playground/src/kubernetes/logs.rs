//! The log of a job's container as one unbroken stream of frames.
//!
//! A log is cut again and again: connections break, the kubelet is restarted or moves on to another file, a node is slow.
//! Then it is read again from a little before the cut, where the log's own times say that is, and what has come before is
//! dropped by its number. A gap is a reason to read everything again from the start; if it is still there, it is handed on,
//! and then the report is not to be believed. What is no whole frame (half a line, or the kubelet's own complaints, which
//! it writes into the log) is never handed on.
//!
//! A log is over when its container is, and then it is read once more: the last lines of a container that was short may come
//! late.

use std::io;
use std::time::Duration;

use futures_util::io::{AsyncBufRead, AsyncBufReadExt as _};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::LogParams;
use regatta_runner::frame::MAX_LINE;
use tokio::io::{AsyncWriteExt as _, DuplexStream};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument as _;

use super::backoff::Backoff;
use super::link::{self, Link};
use super::pod::JOB;
use super::problem::Problem;
use super::watch::Sight;

/// How much of the log may wait for its reader, in bytes.
const AHEAD: usize = 128 << 10;
/// How long the API server may take to begin.
const OPENING: Duration = Duration::from_secs(10);
/// How long nothing may come: the runner gives a sign of life every five seconds while a step runs.
const IDLE: Duration = Duration::from_secs(20);
/// How long a log must have stayed open to count as one that can be read.
const SETTLED: Duration = Duration::from_secs(1);
/// Pauses between two readings.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// How long the end of a log is waited for once its container is over.
const TAIL: Duration = Duration::from_secs(5);
/// By how much two readings overlap: the API takes whole seconds.
const OVERLAP: SignedDuration = SignedDuration::from_secs(1);
/// The longest time before a line, with the space that follows it.
const MAX_TIME: usize = 48;

/// A log that is being read.
pub struct PodLog {
    /// Its frames, line by line. Ends when nothing more will come.
    pub frames: DuplexStream,
    /// Whether the log is being read as it is written.
    pub link: watch::Receiver<Link>,
    /// Reads until this is dropped.
    _reading: AbortOnDropHandle<()>,
}

impl PodLog {
    /// Reads the log of the pod of this name, which `sights` tell of.
    pub fn read(pods: Api<Pod>, name: &str, sights: watch::Receiver<Sight>) -> Self {
        let source = PodSource { pods, name: name.to_owned() };
        Self::from_source(source, sights)
    }

    fn from_source(source: impl Source + 'static, sights: watch::Receiver<Sight>) -> Self {
        let (frames, into) = tokio::io::duplex(AHEAD);
        let link = Link::begin();
        let heard = link.subscribe();
        let reading = Reading { source, sights, link, into, seen: Seen::default() };
        let task = tokio::spawn(reading.read_all().in_current_span());
        Self { frames, link: heard, _reading: AbortOnDropHandle::new(task) }
    }
}

/// Where a log comes from.
trait Source: Send + Sync {
    /// The lines since about `since`, each after its time, and those that follow.
    fn open(
        &self,
        since: Option<Timestamp>,
    ) -> impl Future<Output = Result<Box<dyn AsyncBufRead + Send + Unpin>, Problem>> + Send;
}

struct PodSource {
    pods: Api<Pod>,
    name: String,
}

impl Source for PodSource {
    async fn open(&self, since: Option<Timestamp>) -> Result<Box<dyn AsyncBufRead + Send + Unpin>, Problem> {
        let params = LogParams {
            container: Some(JOB.to_owned()),
            follow: true,
            timestamps: true,
            since_time: since,
            ..LogParams::default()
        };
        match tokio::time::timeout(OPENING, self.pods.log_stream(&self.name, &params)).await {
            Ok(Ok(stream)) => Ok(Box::new(Box::pin(stream))),
            Ok(Err(error)) => Err(Problem::of(&error)),
            Err(_) => Err(Problem::Away(format!("no log within {} s", OPENING.as_secs()))),
        }
    }
}

/// What has been handed on.
#[derive(Debug, Default)]
struct Seen {
    /// The number of the last frame.
    last: u64,
    /// When it was written, by its node's clock.
    at: Option<Timestamp>,
    /// The frame that is missing where there was a gap.
    gap: Option<u64>,
}

/// Why a reading ended.
#[derive(Debug, PartialEq, Eq)]
enum Cut {
    /// The log says that it is over.
    End,
    /// The connection broke, or nothing came for long.
    Broken,
    /// A frame is missing: everything is to be read again.
    Gap,
    /// Nobody wants to hear more.
    Unheard,
}

struct Reading<S> {
    source: S,
    sights: watch::Receiver<Sight>,
    link: watch::Sender<Link>,
    into: DuplexStream,
    seen: Seen,
}

impl<S: Source> Reading<S> {
    /// Reads until the log is over for good, or nobody listens.
    async fn read_all(mut self) {
        let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
        let mut over: Option<Instant> = None;
        loop {
            over = over.or_else(|| self.is_over().then(Instant::now));
            let before = self.seen.last;
            let known = match self.source.open(self.since(over.is_some())).await {
                Ok(lines) => match self.pass_on(lines).await {
                    Cut::Unheard => return,
                    Cut::End => true,
                    Cut::Broken | Cut::Gap => false,
                },
                Err(problem) => {
                    tracing::debug!(%problem, "the log cannot be read");
                    is_final(&problem)
                }
            };
            link::set(&self.link, false);
            if known && over.is_some_and(|over| over.elapsed() >= TAIL || self.is_gone()) {
                return;
            }
            if self.seen.last > before {
                backoff.reset();
            }
            self.pause(backoff.pause(), over.is_some()).await;
        }
    }

    /// From when on to read: from the start where something is missing, or when all must have come.
    fn since(&self, over: bool) -> Option<Timestamp> {
        if over || self.seen.gap.is_some() { None } else { self.seen.at?.checked_sub(OVERLAP).ok() }
    }

    fn is_over(&self) -> bool {
        self.sights.borrow().has_ended()
    }

    fn is_gone(&self) -> bool {
        matches!(*self.sights.borrow(), Sight::Gone(_))
    }

    /// Waits before the log is read again. That a container is over is a reason to do so at once.
    async fn pause(&mut self, pause: Duration, over: bool) {
        let ends = async {
            if over || self.sights.wait_for(Sight::has_ended).await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        // Either is as good.
        let _ = tokio::time::timeout(pause, ends).await;
    }

    /// Hands on the frames of one reading.
    async fn pass_on(&mut self, mut lines: Box<dyn AsyncBufRead + Send + Unpin>) -> Cut {
        let mut line = Vec::new();
        loop {
            line.clear();
            match self.listen(next_line(&mut lines, &mut line)).await {
                Ok(true) => {}
                Ok(false) => return Cut::End,
                Err(_) => return Cut::Broken,
            }
            let Some((at, number, frame)) = frame(&line) else {
                tracing::debug!(bytes = line.len(), "a line of the log is no frame");
                continue;
            };
            if number > self.seen.last + 1 && self.seen.gap != Some(self.seen.last + 1) {
                self.seen.gap = Some(self.seen.last + 1);
                return Cut::Gap;
            }
            if number <= self.seen.last {
                continue;
            }
            link::set(&self.link, true);
            if self.into.write_all(frame).await.is_err() {
                return Cut::Unheard;
            }
            self.seen.gap = self.seen.gap.filter(|gap| *gap > number);
            self.seen.last = number;
            self.seen.at = Some(at);
        }
    }

    /// Waits for a line. A log that stays open though nothing comes can be read; one that ends at once says nothing of
    /// whether its container is still there.
    async fn listen(&self, line: impl Future<Output = io::Result<bool>> + Send) -> io::Result<bool> {
        let mut line = std::pin::pin!(line);
        if let Ok(line) = tokio::time::timeout(SETTLED, &mut line).await {
            return line;
        }
        link::set(&self.link, true);
        tokio::time::timeout(IDLE, line).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }
}

/// Whether there is nothing to be read, as far as the API server knows: not that it is away.
fn is_final(problem: &Problem) -> bool {
    matches!(problem, Problem::Missing(_) | Problem::Refused(_))
}

/// Takes the next whole line, its end included; `false` where there is none. A line that is longer than any frame is left
/// out: what follows shows the gap.
async fn next_line(lines: &mut (dyn AsyncBufRead + Send + Unpin), line: &mut Vec<u8>) -> io::Result<bool> {
    let mut too_long = false;
    loop {
        let piece = lines.fill_buf().await?;
        if piece.is_empty() {
            return Ok(false);
        }
        let end = piece.iter().position(|byte| *byte == b'\n');
        let taken = end.map_or(piece.len(), |end| end + 1);
        too_long |= line.len() + taken > MAX_TIME + MAX_LINE;
        if too_long {
            line.clear();
        } else {
            line.extend_from_slice(&piece[..taken]);
        }
        lines.consume_unpin(taken);
        match end {
            Some(_) if too_long => too_long = false,
            Some(_) => return Ok(true),
            None => {}
        }
    }
}

/// The frame in a line of a log, with its time and number, where there is a whole one.
fn frame(line: &[u8]) -> Option<(Timestamp, u64, &[u8])> {
    let space = line.iter().take(MAX_TIME).position(|byte| *byte == b' ')?;
    let (time, frame) = (std::str::from_utf8(&line[..space]).ok()?, &line[space + 1..]);
    let number = frame.strip_prefix(br#"{"seq":"#)?;
    let digits = number.iter().position(|byte| !byte.is_ascii_digit())?;
    let number = std::str::from_utf8(&number[..digits]).ok()?.parse().ok()?;
    frame.ends_with(b"}\n").then_some(())?;
    Some((time.parse().ok()?, number, frame))
}

#[cfg(test)]
mod tests;
