//! Jobs as people mean them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use regatta_domain::run::{Ending, Stream};
use regatta_playground::executor::JobEvent;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::stage::{alone, executor, job, run, run_script, small, watch};
use crate::traces::Traces;

#[tokio::test(flavor = "multi_thread")]
async fn environment_and_folder_are_carried_from_step_to_step() {
    let first = "export GREETING=\"it's \\\"quoted\\\"\n  and has lines\"\nlocal_only=1\nmkdir -p deep/er && cd deep/er\nunset GIVEN";
    let second = "pwd; echo \"$GREETING\"; echo \"[${GIVEN-gone}] [${local_only-gone}] $OTHER\"; cd ..";
    let mut carried = job(&[first, second, "pwd"], small());
    carried.environment =
        BTreeMap::from([("GIVEN".to_owned(), "1".to_owned()), ("OTHER".to_owned(), "a b".to_owned())]);
    let told = run(&carried).await;
    told.assert_ended(Ending::Succeeded);
    let expected =
        "/workspace/deep/er\nit's \"quoted\"\n  and has lines\n[gone] [gone] a b\n/workspace/deep\n";
    assert_eq!(told.printed(Stream::Out), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_skips_steps_but_not_teardowns() {
    let mut failing = job(
        &["export LEFT=over; echo one; false; echo not here", "echo two", "echo \"teardown $LEFT\""],
        small(),
    );
    failing.steps[2].always = true;
    let told = run(&failing).await;
    told.assert_ended(Ending::Failed);
    assert_eq!(told.printed(Stream::Out), "one\nteardown over\n");
    assert_eq!(told.exits(), [(0, 1), (2, 0)]);
    assert!(told.outcome.reason.as_deref().is_some_and(|reason| reason.contains("step-0")));
}

#[tokio::test(flavor = "multi_thread")]
async fn exit_codes_are_the_shells() {
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
        let told = run_script(script).await;
        assert_eq!(told.exits(), [(0, exit)], "{script}: {told:?}");
        told.assert_ended(if exit == 0 { Ending::Succeeded } else { Ending::Failed });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_are_kept_apart_and_whole() {
    let script = "seq 1 20000; echo oops >&2; no-such-command || :; printf 'no end'";
    let told = run_script(script).await;
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

#[tokio::test(flavor = "multi_thread")]
async fn events_come_in_their_order() {
    let told = run(&job(&["echo a", "sleep 0.05"], small())).await;
    told.assert_ended(Ending::Succeeded);
    let [ready, first, output, first_end, second, second_end] = told.events.as_slice() else {
        panic!("{:?}", told.events);
    };
    assert_eq!(*ready, JobEvent::Ready);
    assert_eq!(*first, JobEvent::StepStarted { step: 0 });
    assert_eq!(*output, JobEvent::Output { step: 0, stream: Stream::Out, bytes: b"a\n".to_vec() });
    assert!(matches!(first_end, JobEvent::StepEnded { step: 0, exit: 0, .. }));
    assert_eq!(*second, JobEvent::StepStarted { step: 1 });
    let JobEvent::StepEnded { step: 1, exit: 0, took } = second_end else { panic!("{second_end:?}") };
    assert!(*took >= Duration::from_millis(50));
}

#[tokio::test(flavor = "multi_thread")]
async fn host_tools_work() {
    let script = "printf 'b\\na\\n' | sort | awk '{ print NR, $1 }' | sed s/a/A/\ntest -w /workspace -a -w /tmp\nid -un; hostname 2>/dev/null || cat /proc/sys/kernel/hostname";
    let told = run_script(script).await;
    told.assert_ended(Ending::Succeeded);
    assert_eq!(told.printed(Stream::Out), "1 A\n2 b\nsandbox\nsandbox\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_jobs_four_at_a_time_do_not_mix() {
    let executor = executor().await;
    let _alone = alone().await;
    let before = Traces::now();
    let seats = Arc::new(Semaphore::new(4));
    let mut jobs = tokio::task::JoinSet::new();
    for number in 0..50 {
        let seats = Arc::clone(&seats);
        jobs.spawn(async move {
            let _seat = seats.acquire().await.unwrap();
            let script = format!("test ! -e mine; echo {number} > mine; cat mine; exit {}", number % 3);
            (number, watch(executor, &job(&[&script], small()), CancellationToken::new()).await)
        });
    }
    while let Some(finished) = jobs.join_next().await {
        let (number, told) = finished.unwrap();
        assert_eq!(told.printed(Stream::Out), format!("{number}\n"));
        assert_eq!(told.exits(), [(0, number % 3)]);
    }
    Traces::now().assert_nothing_new_since(&before);
}
