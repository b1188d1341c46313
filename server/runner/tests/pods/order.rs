//! What steps of a pod may rely on.

use regatta_runner::Stop;

use crate::Case;
use crate::filters::refusing;
use crate::place::Place;
use crate::pod::Pod;

pub const CASES: &[Case] = &[
    ("the_best_wall_stands", the_best_wall_stands),
    ("a_pods_own_variables_are_no_steps", a_pods_own_variables_are_no_steps),
    ("nothing_of_the_job_is_left_where_it_came_from", nothing_of_the_job_is_left_where_it_came_from),
    ("steps_carry_on", steps_carry_on),
    ("exits_are_told_as_shells_do", exits_are_told_as_shells_do),
    ("a_workspace_travels_from_pod_to_pod", a_workspace_travels_from_pod_to_pod),
    ("the_loopback_interface_works", the_loopback_interface_works),
    ("filters_are_put_on_steps", filters_are_put_on_steps),
    ("one_long_file_reaches_the_limit", one_long_file_reaches_the_limit),
    ("many_files_reach_the_limit", many_files_reach_the_limit),
    ("a_crowd_of_processes_reaches_the_limit", a_crowd_of_processes_reaches_the_limit),
    ("without_a_wall_no_step_runs", without_a_wall_no_step_runs),
];

fn the_best_wall_stands(place: Place) {
    let report = Pod::new(place, &["id -u; id -g"]).run();
    assert_eq!(report.wall(), Some(place.wall()));
    assert_eq!(report.printed(), "65532\n65532\n");
}

fn a_pods_own_variables_are_no_steps(place: Place) {
    let everywhere = "env; cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'";
    let report = Pod::new(place, &[everywhere]).run();
    let printed = report.printed();
    assert!(printed.contains("OF_THE_IMAGE=kept\n") && printed.contains("GIVEN=yes\n"), "{printed}");
    for foreign in ["KUBERNETES_", "HOSTNAME=", "REGATTA_INPUT_"] {
        assert!(!printed.contains(foreign), "{printed}");
    }
}

fn nothing_of_the_job_is_left_where_it_came_from(place: Place) {
    let mut pod =
        Pod::new(place, &["ls -A /regatta/input; ls -l /proc/[0-9]*/fd 2>/dev/null | grep input || :"]);
    assert_eq!(pod.run().printed(), "");
    assert!(pod.is_taken());
}

fn steps_carry_on(place: Place) {
    let report =
        Pod::new(place, &["export SAID='a b'; mkdir sub; cd sub", "pwd; echo \"$SAID $GIVEN\""]).run();
    assert_eq!(report.printed(), "/workspace/sub\na b yes\n");
}

fn exits_are_told_as_shells_do(place: Place) {
    let report =
        Pod::new(place, &["exit 7", "kill -9 $$", "kill -TERM 0", "exec /nonexistent", "true"]).run();
    assert_eq!(report.exits(), [7, 137, 143, 127, 0]);
}

fn a_workspace_travels_from_pod_to_pod(place: Place) {
    let mut first = Pod::new(place, &["mkdir a; echo deep > a/file; ln -s a/file near"]);
    first.spec.pack = true;
    let made = first.run();
    assert_eq!(made.exits(), [0], "{}", made.printed());
    let mut second = Pod::new(place, &["cat near; id -u; stat -c %u a"]);
    second.packed = vec![made.workspace()];
    assert_eq!(second.run().printed(), "deep\n65532\n65532\n");
}

fn the_loopback_interface_works(place: Place) {
    // Behind the filter there are no such sockets at all, and of the machine's network gVisor makes no second one.
    let works = matches!(place, Place::Open | Place::Masked);
    let script = "perl -e 'use Socket; socket(my $s, PF_INET, SOCK_STREAM, 0) or exit 3; \
        bind($s, sockaddr_in(0, INADDR_LOOPBACK)) or exit 4; listen($s, 1); \
        socket(my $c, PF_INET, SOCK_STREAM, 0); connect($c, getsockname($s)) or exit 5;'";
    assert_eq!(Pod::new(place, &[script]).run().exits(), [if works { 0 } else { 3 }]);
}

fn filters_are_put_on_steps(place: Place) {
    let script = "mkdir /tmp/new 2>/dev/null && echo made || echo refused";
    assert!(Pod::new(place, &[script]).run().printed().ends_with("made\n"));
    let filter = refusing(&[libc::SYS_mkdir, libc::SYS_mkdirat]);
    let report = Pod::new(place, &[script]).filtered(filter).run();
    assert!(report.printed().ends_with("refused\n"), "{}", report.printed());
}

fn one_long_file_reaches_the_limit(place: Place) {
    let report = Pod::new(place, &["head -c 30000000 /dev/zero > long; exit 9", "echo late"]).run();
    assert_eq!(report.end().stopped, Some(Stop::Disk));
    assert_eq!(report.exits().len(), 1);
}

fn many_files_reach_the_limit(place: Place) {
    let script =
        "for n in 1 2 3 4 5 6 7 8 9 10 11 12; do head -c 1000000 /dev/zero > /tmp/$n; done; sleep 60";
    let report = Pod::new(place, &[script, "echo late"]).run();
    assert_eq!(report.end().stopped, Some(Stop::Disk));
    let fewer = script.replace(" 5 6 7 8 9 10 11 12", "").replace("sleep 60", "echo enough");
    assert_eq!(Pod::new(place, &[&fewer]).run().printed(), "enough\n");
}

fn a_crowd_of_processes_reaches_the_limit(place: Place) {
    let script = "n=0; while [ $n -lt 200 ]; do sleep 30 & n=$((n+1)); done; wait";
    assert_eq!(Pod::new(place, &[script]).run().end().stopped, Some(Stop::Processes));
}

fn without_a_wall_no_step_runs(place: Place) {
    // No kernel takes such a filter.
    let report = Pod::new(place, &["touch ran"]).filtered(vec![0xff; 8]).run();
    assert_eq!(report.end().stopped, Some(Stop::Wall));
    assert!(report.end().reason.as_deref().is_some_and(|reason| !reason.is_empty()));
    assert!(report.end().results.is_empty());
    assert_eq!(report.wall(), None);
}
