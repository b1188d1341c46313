//! Attempts to fill memory that belongs to no process: inodes, contents of files, buffers of sockets.

use regatta_domain::run::{Ending, Stream};
use regatta_playground::executor::Limits;
use tokio_util::sync::CancellationToken;

use crate::stage::{Told, alone, executor, job, limits_are_soft, run_script, small, watch};
use crate::traces::Traces;

/// Runs a script that fills memory, and waits until everything of it is gone.
async fn fill(script: &str, memory_bytes: u64) -> Told {
    let executor = executor().await;
    let _alone = alone().await;
    let before = Traces::now();
    let limits = Limits { memory_bytes, disk_bytes: 64 << 20, ..small() };
    let told = watch(executor, &job(&[script], limits), CancellationToken::new()).await;
    Traces::settle(&before).await;
    let reason = told.outcome.reason.clone().unwrap_or_default();
    assert!(!reason.contains("cgroup") && !reason.contains("regatta"), "{reason}");
    told
}

/// Creates empty files in a folder, many more than there may be.
fn files_in(folder: &str) -> String {
    format!("cd {folder}; i=0; while [ $i -lt 1000000 ]; do : > $i; i=$((i+1)); done")
}

#[tokio::test(flavor = "multi_thread")]
async fn empty_files_reach_the_disk_limit() {
    for folder in ["/workspace", "/tmp", "/dev/shm", "/pg/state"] {
        fill(&files_in(folder), 256 << 20).await.assert_ended(Ending::DiskLimit);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn empty_files_reach_a_memory_limit_that_is_lower() {
    fill(&files_in("/workspace"), 32 << 20).await.assert_ended(Ending::OutOfMemory);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_and_processes_reach_the_memory_limit_together() {
    let file = "head -c 40000000 /dev/zero > file";
    let heap = "(head -c 64000000 /dev/zero; sleep 10) | tail -c 63000000 > /dev/null";
    fill(file, 96 << 20).await.assert_ended(Ending::Succeeded);
    fill(&format!("{file}; {heap}"), 96 << 20).await.assert_ended(Ending::OutOfMemory);
}

#[tokio::test(flavor = "multi_thread")]
async fn full_sockets_reach_the_memory_limit() {
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
    fill(&script, 96 << 20).await.assert_ended(Ending::OutOfMemory);
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_nobody_reads_hold_no_more_than_there_is() {
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
    let told = fill(&format!("perl -MSocket -MFcntl -e '{fill_connections}'"), memory).await;
    if told.outcome.ending != Ending::OutOfMemory {
        told.assert_ended(Ending::Succeeded);
        let held: u64 = told.printed(Stream::Out).trim().parse().unwrap();
        assert!(held < memory, "{held}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_of_pages_reach_the_memory_limit() {
    // Reading what was never written takes no page, but for each two megabytes one of the kernel's.
    let read = "import mmap, time\n\
        room = mmap.mmap(-1, 1 << 38, mmap.MAP_PRIVATE | 0x4000, mmap.PROT_READ)\n\
        for at in range(0, 1 << 38, 1 << 21): room[at]\n\
        time.sleep(10)\n";
    let script = format!("command -v python3 > /dev/null || exit 9; exec python3 -c '{read}'");
    let told = fill(&script, 64 << 20).await;
    if told.exits() != [(0, 9)] {
        told.assert_ended(Ending::OutOfMemory);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn queues_and_semaphores_reach_the_memory_limit_or_are_refused() {
    let make = "for (1..400) { defined semget(0, 30000, 0600) or last; $made++ } \
        print defined $made ? \"made\\n\" : \"$!\\n\"";
    let told = fill(&format!("perl -e '{make}'"), 64 << 20).await;
    if limits_are_soft().await {
        told.assert_ended(Ending::Succeeded);
        assert_eq!(told.printed(Stream::Out), "Operation not permitted\n");
    } else {
        told.assert_ended(Ending::OutOfMemory);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sockets_hold_more_than_by_default_only_where_the_kernel_counts_it() {
    let ask = r#"socketpair(my $one, my $other, AF_UNIX, SOCK_STREAM, PF_UNSPEC) or die;
        print setsockopt($one, SOL_SOCKET, $_, 1 << 20) ? "granted\n" : "$!\n" for SO_SNDBUF, SO_RCVBUF;"#;
    let told = run_script(&format!("perl -MSocket -e '{ask}'")).await;
    told.assert_ended(Ending::Succeeded);
    let answer = if limits_are_soft().await { "Operation not permitted\n" } else { "granted\n" };
    assert_eq!(told.printed(Stream::Out), answer.repeat(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn common_programs_get_by_with_what_there_is() {
    let script = "git init -q repository && cd repository && echo x > file && git add file\n\
        git -c user.name=n -c user.email=e commit -qm first && git log --format=%s\n\
        if command -v python3 > /dev/null; then\n\
        python3 -c 'import subprocess; print(subprocess.check_output([\"echo\", \"python\"]).decode().strip())'; fi\n\
        if command -v node > /dev/null; then node -e 'console.log(\"node\")'; fi";
    let told = fill(script, Limits::default().memory_bytes).await;
    told.assert_ended(Ending::Succeeded);
    assert!(told.printed(Stream::Out).starts_with("first\n"), "{told:?}");
}
