//! Steps that mean harm.

use std::io::{self, Read as _};
use std::net::{Ipv4Addr, TcpListener};

use regatta_runner::attempt::{self, Finding, Outcome};
use regatta_runner::{RunnerWall, Stop};

use crate::Case;
use crate::place::Place;
use crate::pod::{KEY_BYTE, Pod, RUNNER};

pub const CASES: &[Case] = &[
    ("the_runner_cannot_be_reached", the_runner_cannot_be_reached),
    ("the_key_is_nowhere", the_key_is_nowhere),
    ("frames_cannot_be_forged_through_any_descriptor", frames_cannot_be_forged_through_any_descriptor),
    ("what_is_covered_cannot_be_uncovered", what_is_covered_cannot_be_uncovered),
    ("nobody_is_reached_from_behind_the_wall", nobody_is_reached_from_behind_the_wall),
    ("rights_are_none", rights_are_none),
    ("the_runner_survives_its_steps", the_runner_survives_its_steps),
    ("what_is_left_ends_with_its_step", what_is_left_ends_with_its_step),
    ("a_helper_is_behind_the_wall_too", a_helper_is_behind_the_wall_too),
    ("output_in_drops_makes_no_flood_of_frames", output_in_drops_makes_no_flood_of_frames),
];

fn attempts(place: Place, arguments: &str) -> Vec<Finding> {
    let report = Pod::new(place, &[&format!("{RUNNER} attempt --pod {arguments}")]).run();
    assert_eq!(report.exits(), [0], "{}", report.printed());
    attempt::parse(&report.printed())
}

fn found<'a>(findings: &'a [Finding], name: &str) -> &'a Finding {
    let finding = findings.iter().find(|finding| finding.name == name);
    finding.unwrap_or_else(|| panic!("{name} is not told: {findings:?}"))
}

fn told<'a>(findings: &'a [Finding], name: &str) -> &'a str {
    let Outcome::Told(value) = &found(findings, name).outcome else { panic!("{name} is not told") };
    value
}

fn the_runner_cannot_be_reached(place: Place) {
    let findings = attempts(place, "");
    let hidden = place.wall().runner == RunnerWall::Namespace;
    assert_eq!(told(&findings, "runner process") == "none", hidden);
    for way in ["memory", "trace", "vm", "descriptors", "environment"] {
        let finding = found(&findings, &format!("runner {way}"));
        assert!(finding.is_refused(), "{finding}");
    }
}

fn the_key_is_nowhere(place: Place) {
    let key = format!("{KEY_BYTE:02x}").repeat(32);
    let (start, rest) = key.split_at(10);
    // What is looked for is not itself in what is looked through.
    let script = format!(
        "s={start}; r={rest}; k=$(printf '%s%s' $s $r)\n\
         for file in /proc/[0-9]*/environ /proc/[0-9]*/cmdline /proc/[0-9]*/mem /proc/[0-9]*/fd/* /proc/[0-9]*/maps; do\n\
         case $(readlink $file) in pipe:*|host:*|socket:*|/proc/*) continue;; esac\n\
         timeout 1 head -c 100000 \"$file\" 2>/dev/null | grep -a -q \"$s$r\" && echo \"FOUND in $file\"; done\n\
         grep -r -l \"$s$r\" /regatta/input /regatta/state /tmp /dev/shm 2>/dev/null || :"
    );
    let report = Pod::new(place, &[&script]).run();
    assert_eq!(report.printed(), "");
    assert_eq!(report.exits(), [0]);
}

fn frames_cannot_be_forged_through_any_descriptor(place: Place) {
    let script = "for process in /proc/[0-9]*; do for fd in 0 1 2 3 4 5 6 7 8 9 10; do\n\
        case $(readlink $process/fd/$fd) in $(readlink /proc/self/fd/1)|$(readlink /proc/self/fd/2)) continue;; esac\n\
        (echo '{\"seq\":3,\"ms\":1,\"kind\":\"end\"}' > $process/fd/$fd) 2>/dev/null || :\n\
        (cat $process/fd/$fd < /dev/null > /dev/null & sleep 0.01; kill $!) 2>/dev/null || :; done; done; exit 3";
    let report = Pod::new(place, &[script]).run();
    assert_eq!(report.exits(), [3]);
}

fn what_is_covered_cannot_be_uncovered(place: Place) {
    // In a user namespace of one's own one may do what takes rights: nobody must find the runner again.
    let look = "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -c 'runner ru[n] ' || :";
    let script = format!(
        "unshare -Urm sh -c \"umount -l /proc 2>/dev/null; {look}\" 2>/dev/null || echo 0\n\
         unshare -Urmpf sh -c \"mount -t proc new /proc 2>/dev/null; {look}\" 2>/dev/null || echo 0"
    );
    let report = Pod::new(place, &[&script]).run();
    if place.wall().runner == RunnerWall::Namespace {
        assert_eq!(report.printed(), "0\n0\n");
    }
    assert_eq!(report.exits(), [0], "{}", report.printed());
}

fn nobody_is_reached_from_behind_the_wall(place: Place) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let name = format!("connect {address}");
    let outside = Pod::new(place, &[]).findings_outside(&["--connect", &address]);
    assert_eq!(found(&outside, &name).outcome, Outcome::Allowed, "nothing would be shown");
    let inside = attempts(place, &format!("--connect {address} --dns 10.96.0.10:53"));
    for name in
        [&name, "dns 10.96.0.10:53", "vsock socket", "netlink socket", "packet socket", "io_uring_setup"]
    {
        let finding = found(&inside, name);
        assert!(finding.is_refused(), "{finding}");
    }
}

fn rights_are_none(place: Place) {
    let findings = attempts(place, "");
    for kind in ["inheritable", "permitted", "effective", "bounding"] {
        assert_eq!(told(&findings, &format!("capabilities {kind}")), "0000000000000000", "{kind}");
    }
    assert_eq!(told(&findings, "no new privileges"), "1");
    assert_eq!(told(&findings, "seccomp"), "2");
    assert_eq!(told(&findings, "user"), "65532 65532 65532");
    for name in ["create /probe", "create /usr/probe", "create /regatta/bin/probe", "write /proc/1/mem"] {
        assert!(found(&findings, name).is_refused(), "{name}");
    }
}

fn the_runner_survives_its_steps(place: Place) {
    let script = "for signal in STOP TERM INT KILL SEGV; do kill -$signal 1 $PPID 2>/dev/null || :; done\n\
        kill -9 -1 2>/dev/null || :; echo still here; exit 5";
    let report = Pod::new(place, &[script, "echo next"]).run();
    assert!(report.printed().ends_with("next\n"), "{}", report.printed());
    // gVisor lets a step end the first process of its own namespace, by whichever signal is the first to be felt: that is
    // its own end, soon, and nobody else's.
    let [first, 0] = report.exits()[..] else { panic!("{:?}", report.exits()) };
    let own_end = place == Place::Gvisor && (129..=143).contains(&first);
    assert!(first == 5 || own_end, "{first}");
}

fn what_is_left_ends_with_its_step(place: Place) {
    let leave = "setsid sh -c 'setsid sleep 601 & sleep 601' >/dev/null 2>&1 & sleep 0.3";
    let look = "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -c 'sleep 60[1]' || :";
    assert_eq!(Pod::new(place, &[leave, look]).run().printed(), "0\n");
}

fn a_helper_is_behind_the_wall_too(place: Place) {
    let mut archive = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(2 << 20);
    header.set_mode(0o644);
    archive.append_data(&mut header, "long", io::repeat(0).take(2 << 20)).unwrap();
    let archive = archive.into_inner().unwrap();
    let unpacked = |most: u64| {
        let mut pod = Pod::new(place, &["stat -c %s long"]);
        pod.spec.disk_bytes = Some(most);
        pod.packed = vec![archive.clone()];
        pod.run()
    };
    assert_eq!(unpacked(8 << 20).printed(), "2097152\n");
    // Longer than any file behind the wall may be.
    let refused = unpacked(1 << 20);
    assert_eq!(refused.end().stopped, Some(Stop::Unpacking));
    assert_eq!(refused.printed(), "");
}

fn output_in_drops_makes_no_flood_of_frames(place: Place) {
    // What is printed byte by byte comes whole, and in its order, but not in a frame for each byte.
    let script = "perl -e '$| = 1; for (1..50000) { syswrite STDOUT, $_ % 10; }'; echo; exit 6";
    let report = Pod::new(place, &[script]).run();
    assert_eq!(report.exits(), [6]);
    let printed = report.printed();
    let numbers = (1..=50_000).map(|number: u32| char::from_digit(number % 10, 10).unwrap());
    assert!(printed.chars().eq(numbers.chain(['\n'])), "{} bytes", printed.len());
    assert!(report.frames.len() < 5000, "{} frames", report.frames.len());
}
