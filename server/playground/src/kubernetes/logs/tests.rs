//! Logs that are cut in every way.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use proptest::prelude::*;
use serde_json::json;
use tokio::io::AsyncReadExt as _;

use super::*;

/// What a reading gives before it ends.
#[derive(Clone, Debug)]
enum Part {
    Bytes(Vec<u8>),
    Error,
    Silence,
    Refusal(Problem),
}

/// A log that is read in these ways, one after the other, then in the last one for ever.
#[derive(Clone)]
struct Script {
    readings: Arc<Mutex<VecDeque<Vec<Part>>>>,
    asked: Arc<Mutex<Vec<Option<Timestamp>>>>,
}

impl Script {
    fn new(readings: Vec<Vec<Part>>) -> Self {
        Self { readings: Arc::new(Mutex::new(readings.into())), asked: Arc::default() }
    }
}

impl Source for Script {
    async fn open(&self, since: Option<Timestamp>) -> Result<Box<dyn AsyncBufRead + Send + Unpin>, Problem> {
        self.asked.lock().unwrap().push(since);
        let mut readings = self.readings.lock().unwrap();
        let parts = if readings.len() > 1 { readings.pop_front() } else { readings.front().cloned() };
        let parts = parts.unwrap_or_default();
        if let Some(Part::Refusal(problem)) = parts.first() {
            return Err(problem.clone());
        }
        let pieces = stream::iter(parts).then(|part| async move {
            match part {
                Part::Bytes(bytes) => Ok(bytes),
                Part::Silence => std::future::pending().await,
                Part::Error | Part::Refusal(_) => Err(io::Error::other("reset")),
            }
        });
        Ok(Box::new(Box::pin(pieces).into_async_read()))
    }
}

fn line(number: u64) -> String {
    format!("2026-01-01T00:00:{:02}.123456789Z {}", number % 60, frame_of(number))
}

fn frame_of(number: u64) -> String {
    format!("{{\"seq\":{number},\"ms\":{number},\"kind\":\"stat\"}}\n")
}

fn lines(numbers: std::ops::RangeInclusive<u64>) -> Vec<u8> {
    numbers.map(line).collect::<String>().into_bytes()
}

fn frames(numbers: std::ops::RangeInclusive<u64>) -> String {
    numbers.map(frame_of).collect()
}

fn seen(phase: &str) -> Sight {
    let pod = json!({"metadata": {"name": "p"}, "status": {"phase": phase}});
    Sight::There(Arc::new(serde_json::from_value(pod).unwrap()))
}

/// All that is handed on of a log whose pod is over.
async fn all(script: &Script) -> String {
    let (_sender, sights) = watch::channel(seen("Succeeded"));
    let mut log = PodLog::from_source(script.clone(), sights);
    let mut text = String::new();
    log.frames.read_to_string(&mut text).await.unwrap();
    text
}

#[tokio::test(start_paused = true)]
async fn a_log_that_is_cut_is_read_on_from_a_little_before() {
    let mut half = lines(1..=3);
    half.extend_from_slice(&line(4).as_bytes()[..40]);
    let script = Script::new(vec![
        vec![Part::Bytes(half), Part::Error],
        vec![Part::Bytes(lines(3..=5)), Part::Silence],
        vec![Part::Bytes(lines(5..=6))],
    ]);
    let (sender, sights) = watch::channel(seen("Running"));
    let mut log = PodLog::from_source(script.clone(), sights);
    let mut text = vec![0; frames(1..=6).len()];
    log.frames.read_exact(&mut text).await.unwrap();
    assert_eq!(String::from_utf8(text).unwrap(), frames(1..=6));
    sender.send_replace(seen("Succeeded"));
    assert_eq!(log.frames.read(&mut [0]).await.unwrap(), 0);
    let asked = script.asked.lock().unwrap().clone();
    assert_eq!(asked[0], None);
    assert_eq!(asked[1].unwrap().to_string(), "2026-01-01T00:00:02.123456789Z");
    // Everything is read once more when the container is over.
    assert_eq!(asked.last().unwrap(), &None);
}

#[tokio::test(start_paused = true)]
async fn the_tail_of_a_short_log_is_waited_for() {
    let late = Script::new(vec![
        vec![],
        vec![Part::Bytes(lines(1..=2))],
        vec![Part::Bytes(lines(1..=2))],
        vec![Part::Bytes(lines(1..=4))],
    ]);
    assert_eq!(all(&late).await, frames(1..=4));
}

#[tokio::test(start_paused = true)]
async fn a_gap_is_read_again_and_handed_on_only_where_it_stays() {
    let passing = Script::new(vec![
        vec![Part::Bytes([lines(1..=2), lines(4..=5)].concat())],
        vec![Part::Bytes(lines(1..=5))],
    ]);
    assert_eq!(all(&passing).await, frames(1..=5));
    let staying = Script::new(vec![vec![Part::Bytes([lines(1..=2), lines(4..=5)].concat())]]);
    assert_eq!(all(&staying).await, [frames(1..=2), frames(4..=5)].concat());
}

#[tokio::test(start_paused = true)]
async fn what_is_no_frame_is_left_out() {
    let complaint = b"unable to retrieve container logs for containerd://0123\n".to_vec();
    let fragment = b"2026-01-01T00:00:01.5Z :7,\"kind\":\"stat\"}\n".to_vec();
    let long = [b"2026-01-01T00:00:01.5Z {\"seq\":3".as_slice(), &vec![b'x'; 2 * MAX_LINE], b"}\n"].concat();
    let noise = [complaint, fragment, long].concat();
    let script = Script::new(vec![vec![Part::Bytes([lines(1..=2), noise, lines(3..=4)].concat())]]);
    assert_eq!(all(&script).await, frames(1..=4));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_concluded_while_the_api_server_is_away() {
    let away = || vec![Part::Refusal(Problem::Away("refused".into()))];
    let mut readings = vec![away(); 60];
    readings.push(vec![Part::Bytes(lines(1..=3))]);
    let script = Script::new(readings);
    let began = Instant::now();
    assert_eq!(all(&script).await, frames(1..=3));
    assert!(began.elapsed() > Duration::from_mins(1), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn the_log_of_a_pod_that_is_gone_ends() {
    let missing = Problem::Missing("pods \"p\" not found".into());
    let script =
        Script::new(vec![vec![Part::Bytes(lines(1..=2)), Part::Error], vec![Part::Refusal(missing)]]);
    let (sender, sights) = watch::channel(seen("Running"));
    let mut log = PodLog::from_source(script, sights);
    let mut text = vec![0; frames(1..=2).len()];
    log.frames.read_exact(&mut text).await.unwrap();
    let Sight::There(pod) = seen("Running") else { panic!() };
    sender.send_replace(Sight::Gone(pod));
    assert_eq!(log.frames.read(&mut [0]).await.unwrap(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn however_often_it_is_cut_each_frame_comes_once(cuts in prop::collection::vec(0_usize..600, 0..6)) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let whole = lines(1..=9);
        let mut readings: Vec<_> = cuts
            .iter()
            .map(|cut| vec![Part::Bytes(whole[..(*cut).min(whole.len())].to_vec()), Part::Error])
            .collect();
        readings.push(vec![Part::Bytes(whole.clone())]);
        let text = runtime.block_on(all(&Script::new(readings)));
        prop_assert_eq!(text, frames(1..=9));
    }

    #[test]
    fn no_line_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let whole = frame(&bytes).is_none_or(|(_, _, frame)| frame.ends_with(b"}\n"));
        prop_assert!(whole);
    }
}
