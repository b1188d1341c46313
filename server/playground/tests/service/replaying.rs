//! Wherever a log was cut off, whoever takes the run up completes it as if nothing had happened.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::support::cluster::Cluster;
use crate::support::scripted::{Script, Scripted};
use crate::support::{Ground, assert_whole, job, of_jobs, wish, words};
use proptest::prelude::*;
use regatta_domain::ids::RunId;
use regatta_domain::pipeline::{Needs, Pipeline};
use regatta_domain::ports::Clock;
use regatta_domain::run::{
    Ending, ImageState, JobState, Milestone, RunEvent, RunFact, RunState, Stream, Usage,
};
use regatta_playground::PlaygroundSettings;
use regatta_playground::executor::JobEvent;

/// One job after the other, so that there is one way to tell of them.
fn settings(log_lines: usize) -> PlaygroundSettings {
    PlaygroundSettings { jobs_per_run: 1, log_lines, ..PlaygroundSettings::default() }
}

fn two_jobs() -> Pipeline {
    let mut first = job("first");
    first.exchange.results = vec!["a".into(), "b".into()];
    let mut second = job("second");
    second.needs = Needs::successes(&[0], &[]);
    of_jobs(vec![first, second])
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        3 => "[a-c]{0,3}".prop_map(String::into_bytes),
        3 => Just(b"\n".to_vec()),
        2 => prop::sample::select(vec!["\r", "⛵", "\x1b[31m", "\x1b[0m", "\x1b[", "\u{202e}", "\n\n"])
            .prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..4),
    ];
    prop::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

/// What a job tells, also what it should not.
fn event() -> impl Strategy<Value = JobEvent> {
    let step = 0_usize..3;
    let stream = prop::sample::select(vec![Stream::Out, Stream::Err]);
    let value = prop::sample::select(vec!["1", "2", "\u{202e}", "\u{1}"]);
    let name = prop::sample::select(vec!["a", "b", "undeclared"]);
    let usage = Some(Usage { cpu_ms: 3, peak_bytes: 4 });
    prop_oneof![
        12 => (step.clone(), stream, bytes())
            .prop_map(|(step, stream, bytes)| JobEvent::Output { step, stream, bytes }),
        4 => step.clone().prop_map(|step| JobEvent::StepStarted { step }),
        3 => (step, 0..2_i32)
            .prop_map(move |(step, exit)| JobEvent::StepEnded { step, exit, took: Duration::from_millis(5), usage }),
        3 => (name, value).prop_map(|(name, value)| JobEvent::HandedOn { name: name.into(), value: value.into() }),
        1 => Just(JobEvent::Image(ImageState::Fetched)),
        1 => Just(JobEvent::Reached(Milestone::PodCreated)),
    ]
}

fn script() -> impl Strategy<Value = Script> {
    let endings =
        vec![Ending::Succeeded, Ending::Failed, Ending::OutOfMemory, Ending::OutputLimit, Ending::Evicted];
    (prop::collection::vec(event(), 0..24), prop::sample::select(endings), any::<bool>()).prop_map(
        |(events, ending, is_fine)| {
            let begun = Script::ending(if is_fine { Ending::Succeeded } else { ending });
            let begun = begun.tell(JobEvent::StepStarted { step: 0 });
            let told = events.into_iter().fold(begun, Script::tell);
            if is_fine { told.steps(&[(0, 0), (1, 0)]) } else { told }
        },
    )
}

/// What is told, whenever it was; an end that nobody saw coming took its time.
fn told(log: &[RunEvent]) -> Vec<RunFact> {
    let untimed = |event: &RunEvent| match event.what.clone() {
        RunFact::StepEnded { job, step, exit: 137, usage, .. } => {
            RunFact::StepEnded { job, step, exit: 137, took_ms: 0, usage }
        }
        fact => fact,
    };
    log.iter().map(untimed).collect()
}

/// Whether a process can stop to exist after `before`: not within what is stored as one.
fn may_stop_after(log: &[RunEvent], before: usize) -> bool {
    let is_first_of_two = match &log[before - 1].what {
        RunFact::Job { state: JobState::Running, reason, .. } => reason.is_some(),
        RunFact::Job { state: JobState::Starting, reason: Some(reason), .. } => {
            reason.starts_with("tried again")
        }
        _ => false,
    };
    !is_first_of_two
}

/// The log of a run that nobody interrupts.
async fn uncut(ground: &Ground, cluster: &Arc<Cluster>) -> Vec<RunEvent> {
    ground.ready(cluster);
    let id = ground.submit(two_jobs()).await;
    let log = ground.log(&id).await;
    assert_whole(&log);
    ground.ended(&id).await;
    log
}

/// A run that `cluster` runs, whose process wrote this much of its log and was killed.
async fn cut(ground: &Ground, cluster: &Cluster, log: &[RunEvent]) -> RunId {
    let id = ground.playground.submit(wish(two_jobs(), "bob")).await.unwrap();
    let until = ground.clock.now();
    ground.store.take_run(&id, "gone", until).await.unwrap().unwrap();
    if log.iter().any(|event| matches!(event.what, RunFact::Run { state: RunState::Running, .. })) {
        assert!(ground.store.get_under_way(&id, "gone", "x").await.unwrap());
    }
    ground.store.append_events(&id, log).await.unwrap();
    let mut pods = BTreeSet::new();
    for event in log {
        if let RunFact::Placed { job, attempt, .. } = event.what {
            pods.insert((job, attempt));
        }
    }
    for (job, attempt) in pods {
        cluster.put(&id, job, attempt);
    }
    assert!(ground.store.give_up_run(&id, "gone").await.unwrap());
    id
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn a_log_that_was_cut_anywhere_is_completed(
        first in script(),
        second in script(),
        log_lines in prop_oneof![1..12_usize, Just(1000)],
        at in prop::collection::vec(any::<prop::sample::Index>(), 5),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let ground = Ground::with(settings(log_lines)).await;
            let inside = Scripted::new([(0, first), (1, second)]);
            let cluster = Cluster::around(inside);
            let whole = uncut(&ground, &cluster).await;
            ground.go_down().await;
            for at in at {
                // Before anything ran there is nothing to take up, and after its last word nothing is left to do.
                let placed = 3;
                let before = placed + at.index(whole.len() - placed);
                if !may_stop_after(&whole, before) {
                    continue;
                }
                let heir = ground.successor();
                let id = cut(&heir, &cluster, &whole[..before]).await;
                heir.ready(&cluster);
                let completed = heir.log(&id).await;
                assert_whole(&completed);
                heir.go_down().await;
                assert_eq!(told(&completed), told(&whole), "cut after {before}: {:?}", words(&whole));
            }
        });
    }
}
