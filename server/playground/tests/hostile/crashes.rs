//! Programs that crash, in ways that others could have to deal with.

use std::time::Duration;

use regatta_domain::run::{Ending, Stream};

use crate::cases;
use crate::stage::{Stage, job, short, small};

cases![crashes_leave_no_dumps, a_horde_of_zombies_reaches_a_limit, huge_environments_end_with_their_job];

async fn crashes_leave_no_dumps(stage: &Stage) {
    let script = "ulimit -c unlimited 2>/dev/null; for signal in SEGV ABRT QUIT; do sh -c \"kill -$signal \\$\\$\"; done\n\
        ls -A /workspace /tmp; grep 'Max core' /proc/self/limits 2>/dev/null || :";
    let told = stage.run(&job(&[&format!("set +e\n{script}\n:")], small())).await;
    told.assert_ended(Ending::Succeeded);
    let printed = told.printed(Stream::Out);
    if !stage.is_gvisor() {
        // A limit of one byte, and not of none, keeps the kernel from waking a handler of the machine's.
        let limits = printed.lines().last().unwrap();
        assert_eq!(limits.split_whitespace().collect::<Vec<_>>()[4..6], ["1", "1"], "{printed}");
    }
    assert!(!printed.contains("core."), "{printed}");
}

async fn a_horde_of_zombies_reaches_a_limit(stage: &Stage) {
    let horde = "perl -e 'for (1..200) { my $p = fork; exit if defined $p && !$p } sleep 30'";
    let told = stage.run(&job(&[horde], short(Duration::from_secs(6)))).await;
    // gVisor's dead cost the machine no process, and are not counted.
    told.assert_ended(if stage.is_gvisor() { Ending::TimedOut } else { Ending::ProcessLimit });
}

async fn huge_environments_end_with_their_job(stage: &Stage) {
    let grow = "i=0; while [ $i -lt 40 ]; do export BIG_$i=\"$(head -c 100000 /dev/zero | tr '\\0' x)\"; i=$((i+1)); done; :";
    let told = stage.run(&job(&[grow, "echo next"], small())).await;
    told.assert_ended_in(&[Ending::Failed, Ending::DiskLimit]);
    let mut told = job(&["echo ${#GIVEN}"], small());
    told.environment.insert("GIVEN".to_owned(), "x".repeat(100_000));
    let told = stage.run(&told).await;
    told.assert_ended(Ending::Succeeded);
    assert_eq!(told.printed(Stream::Out), "100000\n");
}
