//! Logs: without gaps, read back as they were, closed with their run.

use std::sync::Arc;

use regatta_domain::run::{
    Ending, ImageState, IsolationLevel, JobState, Milestone, Placement, RunEvent, RunFact, RunState, Span,
    Stream, Style, Usage,
};
use regatta_store::{Store, StoreError};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::samples::{PORTAL, end, finish, line, lines, queue, run, run_id, start};

async fn append(store: &dyn Store, number: i64, events: &[RunEvent]) -> Result<(), StoreError> {
    store.append_events(&run_id(number), events).await
}

async fn log(store: &dyn Store, number: i64) -> Vec<RunEvent> {
    store.events_after(&run_id(number), 0, 100_000).await.unwrap()
}

fn is_stale(answer: &Result<(), StoreError>) -> bool {
    matches!(answer, Err(StoreError::Stale(_)))
}

pub async fn a_log_has_no_gaps(store: Arc<dyn Store>) {
    queue(&*store, &run(1)).await;
    append(&*store, 1, &[]).await.unwrap();
    for refused in [
        vec![line(0)],
        vec![line(2)],
        vec![line(1), line(3)],
        vec![line(1), line(1)],
        vec![RunEvent { seq: u64::MAX, ..line(1) }],
    ] {
        let answer = append(&*store, 1, &refused).await;
        assert!(answer.is_err(), "{refused:?}");
        assert_eq!(log(&*store, 1).await, [], "all or none");
    }
    append(&*store, 1, &lines(1..=2)).await.unwrap();
    for again in [lines(2..=3), lines(1..=1), lines(4..=4)] {
        let answer = append(&*store, 1, &again).await;
        assert!(is_stale(&answer), "{answer:?}");
    }
    append(&*store, 1, &[line(3)]).await.unwrap();
    assert_eq!(log(&*store, 1).await, lines(1..=3));
}

pub async fn a_log_is_read_from_anywhere(store: Arc<dyn Store>) {
    for number in [1, 2] {
        queue(&*store, &run(number)).await;
        assert_eq!(store.last_event(&run_id(number)).await.unwrap(), 0);
    }
    append(&*store, 1, &lines(1..=3)).await.unwrap();
    append(&*store, 2, &lines(1..=5)).await.unwrap();
    let read = async |after, limit| store.events_after(&run_id(1), after, limit).await.unwrap();
    assert_eq!(read(1, 1).await, [line(2)]);
    assert_eq!(read(1, 9).await, lines(2..=3));
    assert_eq!(read(0, 0).await, []);
    assert_eq!(read(3, 9).await, []);
    assert_eq!(read(u64::MAX, u32::MAX).await, []);
    assert_eq!(store.events_after(&run_id(9), 0, 9).await.unwrap(), []);
    assert_eq!(store.last_event(&run_id(1)).await.unwrap(), 3);
    assert_eq!(store.last_event(&run_id(9)).await.unwrap(), 0);
}

/// Texts of many scripts, escapes and sizes.
pub async fn a_log_reads_back_as_it_was(store: Arc<dyn Store>) {
    let placement = Placement {
        executor: "bubblewrap".into(),
        level: IsolationLevel::Process,
        reason: "preferred".into(),
        image: Some("stands for host-tools".into()),
        image_state: ImageState::Local,
    };
    let style = Style { colour: Some(1), bold: true, ..Style::default() };
    let said =
        |text: &str, spans| RunFact::Line { job: 0, step: 1, stream: Stream::Err, text: text.into(), spans };
    let usage = Some(Usage { cpu_ms: 7, peak_bytes: 1 << 40 });
    let facts = [
        RunFact::Run { state: RunState::Running, reason: None },
        RunFact::Placed { job: 0, placement, attempt: 0, outlives: false },
        RunFact::Reached { job: 0, milestone: Milestone::RunnerReady, reported_ms: None },
        RunFact::Job { job: 0, state: JobState::Starting, reason: Some("waits for \"a\"".into()) },
        RunFact::StepStarted { job: 0, step: 1 },
        said("周帆: 'quotes' \\ and more \u{202e}\u{0}\u{7f}", vec![Span { at: 0, len: 2, style }]),
        said(&"x".repeat(70_000), vec![]),
        RunFact::StepEnded { job: 0, step: 1, exit: 137, took_ms: 1 << 40, usage },
        RunFact::StepEnded { job: 0, step: 2, exit: -1, took_ms: 0, usage: None },
        RunFact::Output {
            job: 0,
            name: "digest".into(),
            value: "a\nb\u{0}".into(),
            exact: Some(("digest".into(), "a\nb\u{0}".into())),
        },
        RunFact::Run { state: RunState::Ended(Ending::OutOfMemory), reason: Some("too much".into()) },
    ];
    let written: Vec<_> = (1..).zip(facts).map(|(seq, what)| RunEvent { seq, at_ms: seq, what }).collect();
    queue(&*store, &run(1)).await;
    append(&*store, 1, &written).await.unwrap();
    assert_eq!(log(&*store, 1).await, written);
}

pub async fn any_number_of_events_is_appended_at_once(store: Arc<dyn Store>) {
    queue(&*store, &run(1)).await;
    let mut next = 1;
    for count in [1, 2, 127, 128, 129, 500, 5_000] {
        append(&*store, 1, &lines(next..=next + count - 1)).await.unwrap();
        next += count;
        assert_eq!(store.last_event(&run_id(1)).await.unwrap(), next - 1);
    }
    assert_eq!(log(&*store, 1).await, lines(1..=next - 1));
}

pub async fn a_log_needs_its_run(store: Arc<dyn Store>) {
    assert!(append(&*store, 1, &[line(1)]).await.is_err());
    assert_eq!(log(&*store, 1).await, []);
}

pub async fn a_log_is_closed_with_its_run(store: Arc<dyn Store>) {
    start(&*store, &run(1), PORTAL, 9).await;
    append(&*store, 1, &lines(1..=2)).await.unwrap();
    assert!(store.end_run(&run_id(1), Some(PORTAL), &end(Ending::Failed, 5)).await.unwrap());
    finish(&*store, &run(2), 5).await;
    for (number, next) in [(1, 3), (2, 1)] {
        let answer = append(&*store, number, &[line(next)]).await;
        assert!(is_stale(&answer), "{answer:?}");
    }
    assert_eq!(log(&*store, 1).await, lines(1..=2));
}

/// Two who both think that they hold a run tell different stories: one of them is kept, whole.
pub async fn of_two_who_append_one_is_refused(store: Arc<dyn Store>) {
    queue(&*store, &run(1)).await;
    for round in 0..20 {
        let together = Arc::new(Barrier::new(2));
        let mut appending = JoinSet::new();
        for teller in 0..2 {
            let (store, together) = (Arc::clone(&store), Arc::clone(&together));
            appending.spawn(async move {
                let events: Vec<_> = (1..=200).map(|n| told(round * 200 + n, teller)).collect();
                together.wait().await;
                let answer = append(&*store, 1, &events).await;
                assert!(answer.is_ok() || is_stale(&answer), "{answer:?}");
                answer.is_ok().then_some(teller)
            });
        }
        let kept: Vec<u64> = appending.join_all().await.into_iter().flatten().collect();
        assert_eq!(kept.len(), 1);
        let expected: Vec<_> = (1..=200).map(|n| told(round * 200 + n, kept[0])).collect();
        assert_eq!(store.events_after(&run_id(1), round * 200, 999).await.unwrap(), expected);
    }
}

/// The event number `seq` as one of two tells it.
fn told(seq: u64, teller: u64) -> RunEvent {
    RunEvent { at_ms: teller, ..line(seq) }
}

/// What a summary was made of is all that there is: nothing slips into the log beside the run's end.
pub async fn nothing_is_appended_after_the_end(store: Arc<dyn Store>) {
    for number in 1..=20 {
        start(&*store, &run(number), PORTAL, 9).await;
        let appending = {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let mut seq = 0;
                while append(&*store, number, &[line(seq + 1)]).await.is_ok() {
                    seq += 1;
                }
                seq
            })
        };
        while store.last_event(&run_id(number)).await.unwrap() == 0 {
            tokio::task::yield_now().await;
        }
        assert!(store.end_run(&run_id(number), Some(PORTAL), &end(Ending::Cancelled, 5)).await.unwrap());
        let at_the_end = store.last_event(&run_id(number)).await.unwrap();
        assert_eq!(appending.await.unwrap(), at_the_end);
    }
}

/// Many read while one appends: whoever resumes after what they have gets what follows, once.
pub async fn readers_follow_a_log_without_gaps(store: Arc<dyn Store>) {
    queue(&*store, &run(1)).await;
    let mut reading = JoinSet::new();
    for reader in 1..=8 {
        let store = Arc::clone(&store);
        reading.spawn(async move {
            let mut have = Vec::new();
            while have.len() < 1_000 {
                let last = have.last().map_or(0, |event: &RunEvent| event.seq);
                have.extend(store.events_after(&run_id(1), last, reader * 7).await.unwrap());
            }
            have
        });
    }
    for batch in lines(1..=1_000).chunks(37) {
        append(&*store, 1, batch).await.unwrap();
    }
    for have in reading.join_all().await {
        assert_eq!(have, lines(1..=1_000));
    }
}
