//! What a run does and tells, whatever its executor does.

use std::sync::Arc;
use std::time::Duration;

use crate::support::scripted::{Act, Script, Scripted};
use crate::support::{Ground, assert_whole, entered, pipeline, single, wish, words};
use regatta_domain::pipeline::JobLimits;
use regatta_domain::run::{
    Ending, JobState, Milestone, RunEvent, RunFact, RunState, Span, StepState, Stream, Style, Usage,
};
use regatta_playground::PlaygroundSettings;
use regatta_playground::executor::{JobEvent, Limits};
use tokio::sync::Semaphore;

/// Runs a single job that follows `script`; its whole log.
async fn told(ground: &Ground, script: Script) -> Vec<RunEvent> {
    ground.ready(&Scripted::new([(0, script)]));
    let id = ground.playground.submit(single("ada")).await.unwrap();
    let log = ground.log(&id).await;
    assert_whole(&log);
    log
}

async fn last_word(script: Script) -> String {
    words(&told(&Ground::new().await, script).await).pop().unwrap()
}

#[tokio::test]
async fn a_run_tells_everything_in_order() {
    let ground = Ground::new().await;
    ground.ready(&Scripted::new([]));
    let id = ground.playground.submit(single("ada")).await.unwrap();
    let log = ground.log(&id).await;
    assert_whole(&log);
    let expected = [
        "run starting",
        "0 starting",
        "0 on scripted",
        "0 Asked",
        "0 SandboxStarted",
        "0 RunnerReady",
        "run running",
        "0 running",
        "0.0 started",
        "0.0 Out step 0",
        "0.0 exit 0",
        "0.1 started",
        "0.1 Out step 1",
        "0.1 exit 0",
        "0 succeeded",
        "run succeeded",
    ];
    assert_eq!(words(&log), expected);
    let run = ground.ended(&id).await;
    assert_eq!(run.state, RunState::Ended(Ending::Succeeded));
    assert_eq!(run.isolation.as_deref(), Some("scripted: process isolation, shared kernel"));
    assert!(run.ended_at.is_some());
    let (_, mut view) = ground.playground.view(&id).await.unwrap().unwrap();
    assert_eq!((view.state, view.seq), (run.state, 16));
    assert_eq!(view.jobs[0].steps[1].took_ms, Some(7));
    view.keep_last_lines(0);
    assert_eq!(run.summary, Some(view), "what remains for ever is the view without lines");
}

#[tokio::test]
async fn a_join_waits_for_both_that_run_at_once() {
    let ground = Ground::new().await;
    let gate = Arc::new(Semaphore::new(0));
    let behind = || Script::fine().behind(&gate);
    let executor = Scripted::new([(0, behind()), (1, behind())]);
    ground.ready(&executor);
    let diamond = pipeline(&[("build", &[], &[]), ("lint", &[], &[]), ("ship", &[0, 1], &[])]);
    let id = ground.playground.submit(wish(diamond, "ada")).await.unwrap();
    executor.has_started(2).await;
    gate.add_permits(2);
    let log = ground.log(&id).await;
    assert_whole(&log);
    let shipping = entered(&log, 2, JobState::Starting);
    assert!(entered(&log, 0, JobState::Ended(Ending::Succeeded)) < shipping);
    assert!(entered(&log, 1, JobState::Ended(Ending::Succeeded)) < shipping);
    let jobs: Vec<usize> = executor.specs().iter().map(|spec| spec.job).collect();
    assert_eq!(jobs, [0, 1, 2]);
}

#[tokio::test]
async fn no_more_jobs_run_at_once_than_allowed() {
    let ground = Ground::with(PlaygroundSettings { jobs_per_run: 1, ..Default::default() }).await;
    let executor = Scripted::new([]);
    ground.ready(&executor);
    let two = pipeline(&[("a", &[], &[]), ("b", &[], &[])]);
    let log = ground.log(&ground.playground.submit(wish(two, "ada")).await.unwrap()).await;
    assert!(entered(&log, 0, JobState::Ended(Ending::Succeeded)) < entered(&log, 1, JobState::Starting));
}

#[tokio::test]
async fn a_failure_names_its_step_and_skips_what_needs_it() {
    let ground = Ground::new().await;
    let executor = Scripted::new([(0, Script::failing())]);
    ground.ready(&executor);
    let chain = pipeline(&[("build", &[], &[]), ("test", &[0], &[]), ("report", &[], &[])]);
    let id = ground.playground.submit(wish(chain, "ada")).await.unwrap();
    let log = ground.log(&id).await;
    assert_whole(&log);
    let words = words(&log);
    assert!(words.contains(&"0 failed (step one ended with exit code 2)".to_owned()), "{words:?}");
    assert!(words.contains(&"1 skipped (it needs build, which failed)".to_owned()), "{words:?}");
    assert!(words.contains(&"2 succeeded".to_owned()), "{words:?}");
    assert_eq!(words.last().unwrap(), "run failed (job build: step one ended with exit code 2)");
    let (_, view) = ground.playground.view(&id).await.unwrap().unwrap();
    assert_eq!(view.jobs[0].steps[1].state, StepState::Skipped);
}

#[tokio::test]
async fn success_is_believed_only_where_every_step_succeeded() {
    let not_told = "run infra_error (job build: the sandbox told of success, but not of every step's)";
    let success = || Script::ending(Ending::Succeeded);
    assert_eq!(last_word(success()).await, not_told);
    assert_eq!(last_word(success().steps(&[(0, 0)])).await, not_told);
    assert_eq!(last_word(success().steps(&[(0, 0), (1, 3)])).await, not_told);
    let unfinished = success().steps(&[(0, 0)]).tell(JobEvent::StepStarted { step: 1 });
    assert_eq!(last_word(unfinished).await, not_told);
}

#[tokio::test]
async fn an_executor_that_breaks_down_ends_only_its_run() {
    let ground = Ground::new().await;
    let log = told(&ground, Script::ending(Ending::Succeeded).act(Act::Panic)).await;
    assert_eq!(words(&log).last().unwrap(), "run infra_error (job build: the sandbox broke down)");
    let log = told(&ground, Script::fine()).await;
    assert_eq!(words(&log).last().unwrap(), "run succeeded");
}

#[tokio::test]
async fn an_executor_that_never_ends_is_dropped() {
    let short = Duration::from_millis(10);
    let limits = Limits { time: short, ..Default::default() };
    let ground = Ground::with(PlaygroundSettings { limits, stop_grace: short, ..Default::default() }).await;
    let stuck = Script::ending(Ending::Succeeded).tell(JobEvent::StepStarted { step: 0 }).act(Act::Forever);
    let log = told(&ground, stuck).await;
    assert!(words(&log).contains(&"0.0 exit 137".to_owned()));
    let last = "run infra_error (job build: the sandbox did not end in time and was dropped)";
    assert_eq!(words(&log).last().unwrap(), last);
}

#[tokio::test]
async fn an_executor_that_stops_unasked_is_to_blame() {
    let word = last_word(Script::ending(Ending::Cancelled)).await;
    assert_eq!(word, "run infra_error (job build: the sandbox stopped without being asked to)");
}

#[tokio::test]
async fn endings_by_limits_are_told_as_they_are() {
    for ending in [Ending::TimedOut, Ending::OutOfMemory, Ending::DiskLimit, Ending::ProcessLimit] {
        let word = last_word(Script::ending(ending)).await;
        assert_eq!(word, format!("run {} (in job build)", ending.as_str()));
    }
}

#[tokio::test]
async fn what_cannot_be_is_passed_over() {
    let took = Duration::ZERO;
    let script = Script::ending(Ending::Failed)
        .tell(JobEvent::StepStarted { step: 9 })
        .print(9, "nowhere\n")
        .print(1, "too early\n")
        .tell(JobEvent::StepEnded { step: 1, exit: 0, took, usage: None })
        .steps(&[(0, 1)])
        .tell(JobEvent::StepEnded { step: 0, exit: 0, took, usage: None });
    let words = words(&told(&Ground::new().await, script).await);
    assert_eq!(words.iter().filter(|word| word.starts_with("0.0 exit")).count(), 1);
    assert!(!words.iter().any(|word| word.contains("nowhere") || word.contains("too early")), "{words:?}");
}

#[tokio::test]
async fn output_becomes_lines_and_the_last_one_needs_no_end() {
    let err = JobEvent::Output { step: 0, stream: Stream::Err, bytes: b"\x1b[31mwarned".to_vec() };
    let script = Script::ending(Ending::Failed)
        .tell(JobEvent::StepStarted { step: 0 })
        .print(0, "10%\r100%\nun")
        .tell(err)
        .print(0, "finished")
        .tell(JobEvent::StepEnded { step: 0, exit: 1, took: Duration::ZERO, usage: None });
    let words = words(&told(&Ground::new().await, script).await);
    let lines: Vec<&String> =
        words.iter().filter(|word| word.contains(" Out ") || word.contains(" Err ")).collect();
    assert_eq!(lines, ["0.0 Out 100%", "0.0 Out unfinished", "0.0 Err warned"]);
    assert!(
        words.iter().position(|word| word.contains("Err"))
            < words.iter().position(|word| word.contains("exit"))
    );
}

#[tokio::test]
async fn a_full_log_stops_the_job() {
    let ground = Ground::with(PlaygroundSettings { log_lines: 3, ..Default::default() }).await;
    let flood = Script::ending(Ending::Cancelled)
        .tell(JobEvent::StepStarted { step: 0 })
        .print(0, "1\n2\n3\n4\n5\n")
        .act(Act::UntilCancelled)
        .print(0, "6\n");
    let words = words(&told(&ground, flood).await);
    let expected = [
        "0.0 started",
        "0.0 Out 1",
        "0.0 Out 2",
        "0.0 Out 3",
        "0 running (the log of the run is full: 3 lines or 4 MiB)",
        "0.0 Err The log ends here: a run may write 3 lines or 4 MiB.",
        "0.0 exit 137",
        "0 output_limit (the log of the run is full: 3 lines or 4 MiB)",
        "run output_limit (job build: the log of the run is full: 3 lines or 4 MiB)",
    ];
    assert_eq!(words[8..], expected);
}

#[tokio::test]
async fn a_step_that_slipped_through_after_the_log_was_full_does_not_look_silent() {
    let ground = Ground::with(PlaygroundSettings { log_lines: 2, ..Default::default() }).await;
    let flood = Script::ending(Ending::Succeeded)
        .tell(JobEvent::StepStarted { step: 0 })
        .print(0, "1\n2\n3\n")
        .tell(JobEvent::StepEnded { step: 0, exit: 0, took: Duration::ZERO, usage: None })
        .steps(&[(1, 0)]);
    ground.ready(&Scripted::new([(0, flood)]));
    let id = ground.playground.submit(single("ada")).await.unwrap();
    let words = words(&ground.log(&id).await);
    assert!(words.contains(&"0.0 exit 0".to_owned()), "{words:?}");
    assert!(!words.iter().any(|word| word.starts_with("0.1")), "{words:?}");
    let (_, view) = ground.playground.view(&id).await.unwrap().unwrap();
    assert_eq!(view.jobs[0].steps[1].state, StepState::Skipped);
}

#[tokio::test]
async fn a_log_ends_once() {
    let ground = Ground::with(PlaygroundSettings { log_lines: 1, ..Default::default() }).await;
    let flood =
        Script::ending(Ending::OutputLimit).tell(JobEvent::StepStarted { step: 0 }).print(0, "1\n2\n3\n");
    let words = words(&told(&ground, flood).await);
    assert_eq!(words.iter().filter(|word| word.contains("The log ends here")).count(), 1, "{words:?}");
}

#[tokio::test]
async fn a_job_that_prints_too_much_says_so_in_its_log() {
    let flood =
        Script::ending(Ending::OutputLimit).tell(JobEvent::StepStarted { step: 0 }).print(0, "first\nsec");
    let words = words(&told(&Ground::new().await, flood).await);
    let lines: Vec<&String> =
        words.iter().filter(|word| word.contains(" Out ") || word.contains(" Err ")).collect();
    let last = "0.0 Err The log ends here: a job may print 4 MiB.";
    assert_eq!(lines, ["0.0 Out first", "0.0 Out sec", last]);
}

#[tokio::test]
async fn a_log_is_full_by_bytes_too() {
    let ground = Ground::with(PlaygroundSettings { log_bytes: 10, ..Default::default() }).await;
    let flood = Script::fine().print(1, "more than ten bytes\n");
    let words = words(&told(&ground, flood).await);
    let full = "run output_limit (job build: the log of the run is full: 40,000 lines or 10 bytes)";
    assert_eq!(words.last().unwrap(), full);
}

#[tokio::test]
async fn a_run_that_was_taken_over_and_ended_elsewhere_is_let_go() {
    let ground = Ground::new().await;
    let gate = Arc::new(Semaphore::new(0));
    let executor = Scripted::new([(0, Script::fine().behind(&gate))]);
    ground.ready(&executor);
    let id = ground.playground.submit(single("ada")).await.unwrap();
    executor.has_started(1).await;
    // As if this process had stood still for long.
    ground.successor().look_often().await;
    gate.add_permits(1);
    let log = ground.log(&id).await;
    assert_whole(&log);
    assert!(words(&log).last().unwrap().contains("interrupted"), "{:?}", words(&log));
    ground.go_down().await;
    assert_eq!(ground.stored(&id).await.state, RunState::Ended(Ending::InfraError));
}

#[tokio::test]
async fn colours_come_with_the_lines() {
    let script = Script::ending(Ending::Failed)
        .tell(JobEvent::StepStarted { step: 0 })
        .print(0, "\x1b[1;31mred\x1b[0m plain\n")
        .tell(JobEvent::StepEnded { step: 0, exit: 1, took: Duration::ZERO, usage: None });
    let log = told(&Ground::new().await, script).await;
    let line = log.iter().find_map(|event| match &event.what {
        RunFact::Line { text, spans, .. } => Some((text.as_str(), spans.as_slice())),
        _ => None,
    });
    let style = Style { colour: Some(1), bold: true, ..Style::default() };
    assert_eq!(line, Some(("red plain", &[Span { at: 0, len: 3, style }][..])));
}

#[tokio::test]
async fn what_a_step_used_is_told() {
    let usage = Some(Usage { cpu_ms: 12, peak_bytes: 4096 });
    let script = Script::ending(Ending::Failed)
        .tell(JobEvent::StepStarted { step: 0 })
        .tell(JobEvent::StepEnded { step: 0, exit: 1, took: Duration::ZERO, usage });
    let log = told(&Ground::new().await, script).await;
    let used = log.iter().find_map(|event| match event.what {
        RunFact::StepEnded { usage, .. } => Some(usage),
        _ => None,
    });
    assert_eq!(used, Some(usage));
}

#[tokio::test]
async fn infrastructure_that_failed_before_any_step_is_tried_once_more() {
    for ending in [Ending::InfraError, Ending::Evicted, Ending::NodeLost, Ending::Vanished] {
        let ground = Ground::new().await;
        let executor = Scripted::with_second_attempts([(0, Script::ending(ending))], [(0, Script::fine())]);
        ground.ready(&executor);
        let id = ground.playground.submit(single("ada")).await.unwrap();
        let words = ground.story(&id).await;
        let again =
            words.iter().position(|word| *word == "0 starting (tried again, because the sandbox failed)");
        let anew =
            ["0 on scripted (attempt 1)", "0 Asked", "0 SandboxStarted", "0 RunnerReady", "run running"];
        assert_eq!(words[again.unwrap() + 1..][..5], anew, "{ending:?}");
        assert_eq!(words.last().unwrap(), "run succeeded");
        assert_eq!(executor.specs().iter().map(|spec| spec.attempt).collect::<Vec<_>>(), [0, 1]);
        let (_, view) = ground.playground.view(&id).await.unwrap().unwrap();
        assert_eq!(view.jobs[0].attempt, 1);
        let retried = format!("retried on scripted: {}", ending.as_str());
        assert!(ground.observer.rest().contains(&retried), "{:?}", ground.observer.rest());
        assert_eq!(ground.observer.jobs()[0].attempts, 2);
    }
}

#[tokio::test]
async fn an_image_that_was_waited_for_in_vain_is_not_waited_for_again() {
    let ground = Ground::new().await;
    let executor = Scripted::new([(0, Script::ending(Ending::ImagePull))]);
    ground.ready(&executor);
    let id = ground.playground.submit(single("ada")).await.unwrap();
    assert_eq!(ground.story(&id).await.last().unwrap(), "run image_pull (in job build)");
    assert_eq!(executor.specs().len(), 1);
}

#[tokio::test]
async fn why_a_job_has_no_sandbox_is_told_until_it_has_one() {
    let waiting = |why: &str| JobEvent::Waiting { why: why.to_owned() };
    let script = Script::fine()
        .first(JobEvent::Reached(Milestone::PodCreated))
        .first(waiting("for the cluster to \u{202e}answer"))
        .first(waiting("for room"))
        .first(waiting("for room"))
        .tell(waiting("for nothing: its steps are over"));
    let log = told(&Ground::new().await, script.without_milestones()).await;
    let words = words(&log);
    let waits: Vec<&String> = words.iter().filter(|word| word.starts_with("0 starting")).collect();
    let expected = [
        "0 starting",
        "0 starting (it waits for room)",
        "0 starting (it waits for the cluster to <U+202E>answer)",
        "0 starting",
    ];
    assert_eq!(waits, expected);
    let after = words.iter().rposition(|word| *word == "0 starting").unwrap();
    assert_eq!(words[after + 1], "0 PodCreated");
}

#[tokio::test]
async fn nothing_is_tried_a_third_time_nor_after_a_step_began() {
    let ground = Ground::new().await;
    let executor = Scripted::new([
        (0, Script::ending(Ending::InfraError)),
        (1, Script::ending(Ending::InfraError).tell(JobEvent::StepStarted { step: 0 })),
        (2, Script::ending(Ending::OutOfMemory)),
    ]);
    ground.ready(&executor);
    let id = ground.submit(pipeline(&[("a", &[], &[]), ("b", &[], &[]), ("c", &[], &[])])).await;
    assert!(ground.story(&id).await.last().unwrap().starts_with("run infra_error"));
    let tries = |job: usize| executor.specs().iter().filter(|spec| spec.job == job).count();
    assert_eq!([tries(0), tries(1), tries(2)], [2, 1, 1]);
}

#[tokio::test]
async fn a_step_whose_failure_is_tolerated_fails_no_job() {
    let ground = Ground::new().await;
    let mut pipeline = pipeline(&[("build", &[], &[])]);
    pipeline.jobs[0].steps[0].tolerated = true;
    ground.ready(&Scripted::new([(0, Script::ending(Ending::Succeeded).steps(&[(0, 3), (1, 0)]))]));
    let id = ground.submit(pipeline).await;
    assert_eq!(ground.story(&id).await.last().unwrap(), "run succeeded");
}

#[tokio::test]
async fn a_step_that_took_too_long_is_told_so() {
    let ground = Ground::new().await;
    let mut pipeline = pipeline(&[("build", &[], &[])]);
    pipeline.jobs[0].steps[0].timeout_ms = Some(1500);
    let took = Duration::from_millis(1501);
    let script = Script::ending(Ending::Failed)
        .tell(JobEvent::StepStarted { step: 0 })
        .tell(JobEvent::StepEnded { step: 0, exit: 124, took, usage: None });
    let executor = Scripted::new([(0, script)]);
    ground.ready(&executor);
    let id = ground.submit(pipeline).await;
    let last = "run failed (job build: step one took longer than its 1.5 s)";
    assert_eq!(ground.story(&id).await.last().unwrap(), last);
    assert_eq!(executor.specs()[0].steps[0].timeout, Some(Duration::from_millis(1500)));
}

#[tokio::test]
async fn a_job_lowers_the_portals_limits_and_never_raises_them() {
    let ground = Ground::new().await;
    let mut pipeline = pipeline(&[("small", &[], &[]), ("large", &[], &[])]);
    pipeline.jobs[0].limits = JobLimits { time_ms: Some(2000), memory_bytes: Some(1 << 20) };
    pipeline.jobs[1].limits = JobLimits { time_ms: Some(u64::MAX), memory_bytes: Some(u64::MAX) };
    let executor = Scripted::new([]);
    ground.ready(&executor);
    let id = ground.submit(pipeline).await;
    ground.story(&id).await;
    let limits = |job: usize| {
        let spec = executor.specs().into_iter().find(|spec| spec.job == job).unwrap();
        (spec.limits.time, spec.limits.memory_bytes)
    };
    assert_eq!(limits(0), (Duration::from_secs(2), 1 << 20));
    let portals = Limits::default();
    assert_eq!(limits(1), (portals.time, portals.memory_bytes));
}
