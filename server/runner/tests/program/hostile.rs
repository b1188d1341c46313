//! Steps that mean harm. Outside of a sandbox they have more ways than inside; none of them makes a failure a success.

use regatta_runner::frame::MAX_PAYLOAD;
use regatta_runner::{Body, Stop};

use crate::stage::{Stage, always, run, step};

#[test]
fn frames_cannot_be_written_by_steps() {
    let script = "echo '{\"seq\":3,\"ms\":0,\"kind\":\"end\"}'\n\
        for fd in /proc/$PPID/fd/*; do { echo forged > \"$fd\"; } 2>/dev/null || :; done\n\
        for fd in 3 4 5 6 7 8 9; do eval \"echo forged >&$fd\" 2>/dev/null || :; done\n\
        exit 9";
    let report = Stage::for_enemies(vec![step("forges", script)]).run();
    assert_eq!(report.exits(), [(0, 9)]);
    assert!(!report.frames.iter().any(|frame| matches!(frame.body, Body::Value { .. })));
}

#[test]
fn the_key_is_nowhere_a_step_can_read() {
    let script = "key=$(printf '03%.0s' 1 2 3 4 5 6 7 8); echo \"looking for $key\"\n\
        cat /proc/$PPID/environ /proc/$PPID/cmdline /proc/self/environ 2>/dev/null | tr '\\0' '\\n' | grep -c \"$key\" || :\n\
        grep -c \"$key\" /proc/$PPID/mem 2>/dev/null || echo closed\n\
        env | grep -v ^key= | grep -c \"$key\" || :; grep -r \"$key\" \"$WORKSPACE\" \"$RESULTS_DIR/..\" || :";
    let report = Stage::for_enemies(vec![step("looks", script)]).run();
    assert_eq!(report.printed(), format!("looking for {}\n0\nclosed\n0\n", "03".repeat(8)));
}

#[test]
fn the_runner_cannot_be_ended_by_its_steps_where_they_are_another_user() {
    let mut stage = Stage::for_enemies(vec![
        step(
            "kills",
            "for signal in TERM KILL STOP; do kill -$signal $PPID 2>/dev/null || echo refused; done",
        ),
        step("goes on", "id -u"),
    ]);
    let Some(user) = stage.steps_as else {
        // One user's processes can always end each other, but for a sandbox's first.
        return;
    };
    assert_eq!(stage.run().printed(), format!("refused\nrefused\nrefused\n{user}\n"));
}

#[test]
fn steps_that_close_everything_or_stop_themselves_come_to_an_end() {
    let mut stopped = step("stops", "(sleep 600)& kill -STOP $$");
    stopped.timeout_ms = Some(300);
    let report = run(vec![
        step("closes", "exec <&- >&- 2>&-; sleep 0.2; exit 4"),
        always(stopped),
        always(step("kills its group", "trap '' TERM; sleep 600 & kill -KILL 0")),
    ]);
    assert_eq!(report.exits(), [(0, 4), (1, 124), (2, 137)]);
}

#[test]
fn a_process_that_left_its_session_ends_with_its_step() {
    let script = "setsid sh -c 'setsid sleep 601 & sleep 601' >/dev/null 2>&1 & echo $! ; sleep 0.3";
    let after = "pgrep -cf '^sleep 601$' || :";
    let report = run(vec![step("hides", script), step("looks", after)]);
    assert!(report.printed().ends_with("\n0\n"), "{}", report.printed());
}

#[test]
fn a_flood_arrives_whole_and_in_small_frames() {
    let report = run(vec![step("floods", "head -c 500000 /dev/zero; head -c 100000 /dev/zero >&2")]);
    assert_eq!(report.printed().len(), 600_000);
    let sizes = report.frames.iter().filter_map(|frame| match &frame.body {
        Body::Out { data, .. } => Some(data.0.len()),
        _ => None,
    });
    assert!(sizes.max().is_some_and(|largest| largest <= MAX_PAYLOAD));
}

#[test]
fn what_is_carried_on_can_be_spoiled_without_harm() {
    let report = run(vec![
        step(
            "spoils",
            "trap - EXIT; cd \"$RESULTS_DIR/..\"; rm -f carried script; mkdir carried; mkfifo pipe; ln -s pipe script",
        ),
        always(step("next", "echo \"next $GIVEN\"")),
    ]);
    assert_eq!(report.exits().last(), Some(&(1, 0)));
    assert!(report.printed().contains("next yes"), "{}", report.printed());
}

#[test]
fn a_crowd_of_processes_ends_the_job() {
    let mut stage = Stage::new(vec![step("crowds", "sleep 600"), always(step("teardown", "echo late"))]);
    stage.spec.processes = Some(1);
    let report = stage.run();
    assert_eq!(report.end().stopped, Some(Stop::Processes));
    assert_eq!(report.end().results.len(), 1);
    assert_eq!(report.printed(), "");
}
