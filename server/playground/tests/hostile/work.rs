//! Jobs as people mean them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use regatta_domain::run::{Ending, Milestone, Stream};
use regatta_playground::executor::JobEvent;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::cases;
use crate::stage::{Stage, job, small};
use crate::traces::Traces;

cases![
    environment_and_folder_are_carried_from_step_to_step,
    a_failure_skips_steps_but_not_teardowns,
    exit_codes_are_the_shells,
    streams_are_kept_apart_and_whole,
    events_come_in_their_order,
    host_tools_work,
    many_jobs_four_at_a_time_do_not_mix,
];

async fn environment_and_folder_are_carried_from_step_to_step(stage: &Stage) {
    let first = "export GREETING=\"it's \\\"quoted\\\"\n  and has lines\"\nlocal_only=1\nmkdir -p deep/er && cd deep/er\nunset GIVEN";
    let second = "pwd; echo \"$GREETING\"; echo \"[${GIVEN-gone}] [${local_only-gone}] $OTHER\"; cd ..";
    let mut carried = job(&[first, second, "pwd"], small());
    carried.environment =
        BTreeMap::from([("GIVEN".to_owned(), "1".to_owned()), ("OTHER".to_owned(), "a b".to_owned())]);
    let told = stage.run(&carried).await;
    told.assert_ended(Ending::Succeeded);
    let expected =
        "/workspace/deep/er\nit's \"quoted\"\n  and has lines\n[gone] [gone] a b\n/workspace/deep\n";
    assert_eq!(told.printed(Stream::Out), expected);
}

async fn a_failure_skips_steps_but_not_teardowns(stage: &Stage) {
    let mut failing = job(
        &["export LEFT=over; echo one; false; echo not here", "echo two", "echo \"teardown $LEFT\""],
        small(),
    );
    failing.steps[2].always = true;
    let told = stage.run(&failing).await;
    told.assert_ended(Ending::Failed);
    assert_eq!(told.printed(Stream::Out), "one\nteardown over\n");
    assert_eq!(told.exits(), [(0, 1), (2, 0)]);
    assert!(told.outcome.reason.as_deref().is_some_and(|reason| reason.contains("step-0")));
}

async fn exit_codes_are_the_shells(stage: &Stage) {
    for (script, exit) in [
        ("exit 42", 42),
        ("kill -9 $$", 137),
        ("kill -TERM $$", 143),
        ("no-such-command", 127),
        ("if", 2),
        ("set +e; false; true", 0),
        ("trap 'echo bye' EXIT; exit 3", 3),
        ("true && exit", 0),
    ] {
        let told = stage.run_script(script).await;
        assert_eq!(told.exits(), [(0, exit)], "{script}: {told:?}");
        told.assert_ended(if exit == 0 { Ending::Succeeded } else { Ending::Failed });
    }
}

async fn streams_are_kept_apart_and_whole(stage: &Stage) {
    let script = "seq 1 20000; echo oops >&2; no-such-command || :; printf 'no end'";
    let told = stage.run_script(script).await;
    told.assert_ended(Ending::Succeeded);
    let numbers: Vec<String> = (1..=20_000).map(|number| number.to_string()).collect();
    let expected = numbers.join("\n") + "\nno end";
    assert_eq!(told.printed(Stream::Out), expected);
    let errors = told.printed(Stream::Err);
    assert!(
        errors.starts_with("oops\n") && errors.contains("step-0: ") && errors.contains("not found"),
        "{errors}"
    );
}

async fn events_come_in_their_order(stage: &Stage) {
    let told = stage.run(&job(&["echo a", "sleep 0.05"], small())).await;
    told.assert_ended(Ending::Succeeded);
    let [asked, started, ready, first, output, first_end, second, second_end] = told.events.as_slice() else {
        panic!("{:?}", told.events);
    };
    assert_eq!(*asked, JobEvent::Reached(Milestone::Asked));
    assert_eq!(*started, JobEvent::Reached(Milestone::SandboxStarted));
    assert_eq!(*ready, JobEvent::Reached(Milestone::RunnerReady));
    assert_eq!(*first, JobEvent::StepStarted { step: 0 });
    assert_eq!(*output, JobEvent::Output { step: 0, stream: Stream::Out, bytes: b"a\n".to_vec() });
    assert!(matches!(first_end, JobEvent::StepEnded { step: 0, exit: 0, .. }));
    assert_eq!(*second, JobEvent::StepStarted { step: 1 });
    let JobEvent::StepEnded { step: 1, exit: 0, took, .. } = second_end else { panic!("{second_end:?}") };
    assert!(*took >= Duration::from_millis(50));
}

async fn host_tools_work(stage: &Stage) {
    let script = "printf 'b\\na\\n' | sort | awk '{ print NR, $1 }' | sed s/a/A/\ntest -w /workspace -a -w /tmp\nid -un; hostname 2>/dev/null || cat /proc/sys/kernel/hostname";
    let told = stage.run_script(script).await;
    told.assert_ended(Ending::Succeeded);
    assert_eq!(told.printed(Stream::Out), "1 A\n2 b\nsandbox\nsandbox\n");
}

async fn many_jobs_four_at_a_time_do_not_mix(stage: &'static Stage) {
    let before = Traces::now(stage);
    let seats = Arc::new(Semaphore::new(4));
    let mut jobs = tokio::task::JoinSet::new();
    for number in 0..24 {
        let seats = Arc::clone(&seats);
        jobs.spawn(async move {
            let _seat = seats.acquire().await.unwrap();
            let script = format!("test ! -e mine; echo {number} > mine; cat mine; exit {}", number % 3);
            (number, stage.watch(&job(&[&script], small()), CancellationToken::new()).await)
        });
    }
    while let Some(finished) = jobs.join_next().await {
        let (number, told) = finished.unwrap();
        assert_eq!(told.printed(Stream::Out), format!("{number}\n"));
        assert_eq!(told.exits(), [(0, number % 3)]);
    }
    Traces::now(stage).assert_nothing_new_since(&before);
}
