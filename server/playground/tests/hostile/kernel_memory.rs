//! Attempts to fill memory that belongs to no process: inodes, contents of files, buffers of sockets and pipes.

use regatta_domain::run::{Ending, Stream};
use regatta_playground::executor::Limits;
use tokio_util::sync::CancellationToken;

use crate::cases;
use crate::stage::{Stage, Told, job, small};
use crate::traces::Traces;

cases![
    empty_files_reach_a_limit,
    empty_files_reach_a_memory_limit_that_is_lower,
    shared_memory_is_bounded,
    files_and_processes_reach_the_memory_limit_together,
    full_sockets_reach_the_memory_limit,
    connections_that_nobody_reads_hold_no_more_than_there_is,
    full_pipes_hold_no_more_than_there_is,
    tables_of_pages_reach_the_memory_limit,
    queues_and_semaphores_reach_the_memory_limit_or_are_refused,
    sockets_hold_more_than_by_default_only_where_the_kernel_counts_it,
    common_programs_get_by_with_what_there_is,
];

/// Every file system that a step can write to.
const FOLDERS: [&str; 4] = ["/workspace", "/tmp", "/dev/shm", "/pg/state"];

/// Runs a script that fills memory, and waits until everything of it is gone.
async fn fill(stage: &Stage, script: &str, memory_bytes: u64) -> Told {
    let before = Traces::now(stage);
    let limits = Limits { memory_bytes, disk_bytes: 64 << 20, ..small() };
    let told = stage.watch(&job(&[script], limits), CancellationToken::new()).await;
    Traces::settle(stage, &before).await;
    let reason = told.outcome.reason.clone().unwrap_or_default();
    assert!(!reason.contains("cgroup") && !reason.contains("regatta"), "{reason}");
    told
}

/// Creates empty files in a folder, many more than there may be.
fn files_in(folder: &str) -> String {
    format!("cd {folder}; i=0; while [ $i -lt 1000000 ]; do : > $i; i=$((i+1)); done")
}

async fn empty_files_reach_a_limit(stage: &Stage) {
    // gVisor's file systems do not tell how many files they hold: there it is the memory for them that runs out.
    let ending = if stage.is_gvisor() { Ending::OutOfMemory } else { Ending::DiskLimit };
    let memory = if stage.is_gvisor() { 32 << 20 } else { 256 << 20 };
    for folder in if stage.is_gvisor() { &FOLDERS[..1] } else { &FOLDERS } {
        fill(stage, &files_in(folder), memory).await.assert_ended(ending);
    }
}

async fn empty_files_reach_a_memory_limit_that_is_lower(stage: &Stage) {
    fill(stage, &files_in("/workspace"), 32 << 20).await.assert_ended(Ending::OutOfMemory);
}

async fn shared_memory_is_bounded(stage: &Stage) {
    fill(stage, "head -c 50000000 /dev/zero > /dev/shm/big", 96 << 20).await.assert_ended(Ending::DiskLimit);
}

async fn files_and_processes_reach_the_memory_limit_together(stage: &Stage) {
    // Either alone keeps to the limit; together they exceed it, even with what gVisor may use for itself.
    let file = "head -c 60000000 /dev/zero > file";
    let heap = "(head -c 84000000 /dev/zero; sleep 10) | tail -c 83000000 > /dev/null";
    fill(stage, file, 96 << 20).await.assert_ended(Ending::Succeeded);
    fill(stage, &format!("{file}; {heap}"), 96 << 20).await.assert_ended(Ending::OutOfMemory);
}

async fn full_sockets_reach_the_memory_limit(stage: &Stage) {
    let fill_sockets = r#"
        my @kept;
        for (1..110) {
            socketpair(my $one, my $other, AF_UNIX, SOCK_STREAM, PF_UNSPEC) or last;
            for my $socket ($one, $other) {
                setsockopt($socket, SOL_SOCKET, SO_SNDBUF, 16 << 20);
                fcntl($socket, F_SETFL, O_NONBLOCK);
                1 while syswrite($socket, "x" x 65536);
                push @kept, $socket;
            }
        }
        sleep 10;"#;
    let script = format!("for i in 1 2 3 4 5 6; do perl -MSocket -MFcntl -e '{fill_sockets}' & done; wait");
    fill(stage, &script, 96 << 20).await.assert_ended(Ending::OutOfMemory);
}

async fn connections_that_nobody_reads_hold_no_more_than_there_is(stage: &Stage) {
    let fill_connections = r#"
        socket(my $server, PF_INET, SOCK_STREAM, 0) or die;
        bind($server, sockaddr_in(0, INADDR_LOOPBACK)) or die;
        listen($server, 100) or die;
        my @kept;
        for (1..50) {
            socket(my $one, PF_INET, SOCK_STREAM, 0) or die;
            connect($one, getsockname($server)) or die;
            accept(my $other, $server) or die;
            fcntl($one, F_SETFL, O_NONBLOCK);
            for (1..50) { 1 while syswrite($one, "x" x 65536); select(undef, undef, undef, 0.001); }
            push @kept, $one, $other;
        }
        my $held = 0;
        for (`cat /proc/net/tcp`) { $held += hex($1) + hex($2) if / ([0-9A-F]{8}):([0-9A-F]{8}) / }
        print "$held\n";
        sleep 1;"#;
    let memory: u64 = 64 << 20;
    let told = fill(stage, &format!("perl -MSocket -MFcntl -e '{fill_connections}'"), memory).await;
    if told.outcome.ending != Ending::OutOfMemory {
        told.assert_ended(Ending::Succeeded);
        let held: u64 = told.printed(Stream::Out).trim().parse().unwrap();
        assert!(held < memory, "{held}");
    }
}

async fn full_pipes_hold_no_more_than_there_is(stage: &Stage) {
    let fill_pipes = r#"
        my ($held, @kept) = 0;
        for (1..110) {
            pipe(my $out, my $in) or last;
            fcntl($in, 1031, 1 << 20);
            fcntl($in, F_SETFL, O_NONBLOCK);
            while (my $written = syswrite($in, "x" x 65536)) { $held += $written }
            push @kept, $out, $in;
        }
        print "$held\n";
        sleep 1;"#;
    let script = format!("for i in 1 2 3 4; do perl -MFcntl -e '{fill_pipes}' & done; wait");
    let memory: u64 = 128 << 20;
    let told = fill(stage, &script, memory).await;
    if told.outcome.ending != Ending::OutOfMemory {
        told.assert_ended(Ending::Succeeded);
        let held: u64 = told.printed(Stream::Out).lines().map(|line| line.parse::<u64>().unwrap()).sum();
        assert!(held < memory, "{held}");
    }
}

async fn tables_of_pages_reach_the_memory_limit(stage: &Stage) {
    // Reading what was never written takes no page, but for each two megabytes one of the kernel's.
    let read = "import mmap, time\n\
        room = mmap.mmap(-1, 1 << 38, mmap.MAP_PRIVATE | 0x4000, mmap.PROT_READ)\n\
        for at in range(0, 1 << 38, 1 << 21): room[at]\n\
        time.sleep(10)\n";
    let script = format!("command -v python3 > /dev/null || exit 9; exec python3 -c '{read}'");
    let told = fill(stage, &script, 64 << 20).await;
    if told.exits() != [(0, 9)] {
        // Where gVisor is only looked at, the time may be over before the tables are large.
        let slow = stage.is_gvisor() && stage.limits_are_soft();
        let either = [Ending::OutOfMemory, Ending::TimedOut];
        told.assert_ended_in(if slow { &either } else { &either[..1] });
    }
}

async fn queues_and_semaphores_reach_the_memory_limit_or_are_refused(stage: &Stage) {
    let make = "for (1..400) { defined semget(0, 30000, 0600) or last; $made++ } \
        print defined $made ? \"made\\n\" : \"$!\\n\"";
    let told = fill(stage, &format!("perl -e '{make}'"), 64 << 20).await;
    if stage.is_gvisor() {
        // Its kernel has bounds of its own for them.
        told.assert_ended_in(&[Ending::OutOfMemory, Ending::Succeeded]);
    } else if stage.limits_are_soft() {
        told.assert_ended(Ending::Succeeded);
        assert_eq!(told.printed(Stream::Out), "Operation not permitted\n");
    } else {
        told.assert_ended(Ending::OutOfMemory);
    }
}

async fn sockets_hold_more_than_by_default_only_where_the_kernel_counts_it(stage: &Stage) {
    let ask = r#"socketpair(my $one, my $other, AF_UNIX, SOCK_STREAM, PF_UNSPEC) or die;
        print setsockopt($one, SOL_SOCKET, $_, 1 << 20) ? "granted\n" : "$!\n" for SO_SNDBUF, SO_RCVBUF;"#;
    let told = stage.run_script(&format!("perl -MSocket -e '{ask}'")).await;
    told.assert_ended(Ending::Succeeded);
    // What gVisor's sockets hold is memory of its process, which is always counted.
    let refused = stage.limits_are_soft() && !stage.is_gvisor();
    let answer = if refused { "Operation not permitted\n" } else { "granted\n" };
    assert_eq!(told.printed(Stream::Out), answer.repeat(2));
}

async fn common_programs_get_by_with_what_there_is(stage: &Stage) {
    let script = "git init -q repository && cd repository && echo x > file && git add file\n\
        git -c user.name=n -c user.email=e commit -qm first && git log --format=%s\n\
        if command -v python3 > /dev/null; then\n\
        python3 -c 'import subprocess; print(subprocess.check_output([\"echo\", \"python\"]).decode().strip())'; fi\n\
        if command -v node > /dev/null; then node -e 'console.log(\"node\")'; fi";
    let told = fill(stage, script, Limits::default().memory_bytes).await;
    told.assert_ended(Ending::Succeeded);
    assert!(told.printed(Stream::Out).starts_with("first\n"), "{told:?}");
}
