//! Attempts to reach what is outside: files, memory, processes, rights.

use std::fs;

use regatta_domain::run::{Ending, Stream};
use tokio_util::sync::CancellationToken;

use crate::cases;
use crate::stage::{Stage, job, small};

cases![
    the_host_cannot_be_written_to,
    only_its_own_folders_can_be_written_to,
    the_portals_environment_cannot_be_seen,
    the_machines_own_affairs_are_not_told,
    no_descriptor_of_the_portal_is_open_inside,
    links_lead_nowhere,
    devices_cannot_be_made,
    set_user_id_programs_give_nothing,
    rights_are_none_and_cannot_be_had,
    the_kernel_refuses_what_sandboxes_do_not_need,
    the_kernel_is_the_one_that_was_promised,
    another_job_cannot_be_reached,
    daemons_end_with_their_step,
    images_that_are_not_here_are_refused_by_name,
];

async fn the_host_cannot_be_written_to(stage: &Stage) {
    let canary = tempfile::NamedTempFile::new().unwrap();
    fs::write(canary.path(), "untouched").unwrap();
    fs::set_permissions(canary.path(), std::os::unix::fs::PermissionsExt::from_mode(0o666)).unwrap();
    let settings = fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap();
    let script = format!(
        "for path in /x /usr/x /usr/bin/env /bin/x /lib/x /etc/x /etc/passwd /etc/alternatives/awk /dev/x /pg/runner \
         /pg/x /proc/sys/kernel/core_pattern /proc/sys/kernel/hostname /proc/sys/vm/swappiness /proc/sysrq-trigger \
         /proc/1/oom_score_adj /proc/1/mem /proc/1/root/x /sys/kernel/x /sys/fs/cgroup/x \
         /sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/memory/cgroup.procs /dev/mem /dev/kmsg /dev/sda /dev/vda; do\n\
         (echo h > \"$path\") 2>/dev/null && echo \"WROTE $path\"\ndone\n\
         mount -t tmpfs none /mnt 2>/dev/null && echo MOUNTED\n\
         mknod /workspace/disk b 8 0 2>/dev/null && echo DEVICE\n\
         (echo h > {}) 2>/dev/null || :\necho tried",
        canary.path().display()
    );
    let told = stage.run_script(&script).await;
    told.assert_ended(Ending::Succeeded);
    assert_eq!(told.printed(Stream::Out), "tried\n");
    assert_eq!(fs::read_to_string(canary.path()).unwrap(), "untouched");
    assert_eq!(fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap(), settings);
}

async fn only_its_own_folders_can_be_written_to(stage: &Stage) {
    let script = "find / \\( -path /proc -o -path /usr/share -o -path /usr/lib \\) -prune -o -writable ! -type l -print 2>/dev/null || :";
    let told = stage.run_script(script).await;
    told.assert_ended(Ending::Succeeded);
    let own = ["/workspace", "/tmp", "/dev/shm", "/pg/state", "/dev/pts"];
    let devices = ["null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts/ptmx", "fuse", "net/tun"];
    for path in told.printed(Stream::Out).lines() {
        let device = path.strip_prefix("/dev/").is_some_and(|name| devices.contains(&name));
        assert!(device || own.iter().any(|folder| path.starts_with(folder)), "{path}");
    }
}

async fn the_portals_environment_cannot_be_seen(stage: &Stage) {
    let secrets: Vec<String> = std::env::vars()
        .filter(|(name, value)| {
            value.len() >= 8 && !matches!(name.as_str(), "_" | "PATH" | "TERM" | "PWD" | "HOME" | "LANG")
        })
        .map(|(_, value)| value)
        .collect();
    assert!(!secrets.is_empty(), "this test needs variables to hide");
    let script = "cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null || :\nenv";
    let told = stage.run_script(script).await;
    told.assert_ended(Ending::Succeeded);
    let printed = told.printed(Stream::Out);
    assert!(printed.contains("CI=true"));
    for secret in secrets {
        assert!(!printed.contains(&secret), "{secret} was seen");
    }
}

async fn the_machines_own_affairs_are_not_told(stage: &Stage) {
    let told = stage
        .run_script(
            "for file in cmdline diskstats kallsyms kcore key-users keys modules partitions timer_list; do\n\
             head -c 400 /proc/$file 2>/dev/null || :; done\n\
             cat /etc/hostname /etc/machine-id /etc/resolv.conf /sys/class/dmi/id/* 2>/dev/null || :; hostname",
        )
        .await;
    told.assert_ended(Ending::Succeeded);
    let printed = told.printed(Stream::Out);
    let lines: Vec<&str> = printed.lines().collect();
    if stage.is_gvisor() {
        // Its kernel tells what it was started with itself: always the same.
        let ours = fs::read_to_string("/proc/cmdline").unwrap();
        assert!(!printed.contains(ours.trim()) && lines.last() == Some(&"sandbox"), "{printed}");
    } else {
        assert_eq!(lines, ["sandbox"]);
    }
}

async fn no_descriptor_of_the_portal_is_open_inside(stage: &Stage) {
    let told =
        stage.run_script("for fd in /proc/self/fd/*; do echo \"${fd##*/} $(readlink $fd)\"; done").await;
    told.assert_ended(Ending::Succeeded);
    // Standard input, output and error, and the shell's own script and pipes.
    for line in told.printed(Stream::Out).lines() {
        let (number, target) = line.split_once(' ').unwrap();
        let number: u32 = number.parse().unwrap();
        let own = number <= 2
            || target.is_empty()
            || target.starts_with("/pg/state")
            || target.starts_with("/proc/");
        assert!(own, "{line}");
    }
}

async fn links_lead_nowhere(stage: &Stage) {
    let secret = tempfile::NamedTempFile::new().unwrap();
    fs::write(secret.path(), "the host's own words").unwrap();
    fs::set_permissions(secret.path(), std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let path = secret.path().display();
    let plant = format!(
        "ln -s {path} /workspace/a; ln -s /proc/1/root{path} /workspace/b; ln -s /proc/self/root{path} /workspace/c\n\
         ln -s /proc/1/cwd/../../../..{path} /workspace/d\n\
         for name in a b c d; do cat /workspace/$name 2>/dev/null && echo READ; done\n\
         cat /proc/self/root{path} /proc/self/root/../..{path} /etc/shadow 2>/dev/null && echo READ\n\
         rm -rf /pg/state/*\n\
         ln -s /workspace/written /pg/state/script; mkfifo /pg/state/pipe"
    );
    let look = "if [ -e /workspace/written ]; then echo FOLLOWED; fi; echo fine";
    let told = stage.run(&job(&[&plant, look], small())).await;
    told.assert_ended(Ending::Succeeded);
    assert_eq!(told.printed(Stream::Out), "fine\n");
}

async fn devices_cannot_be_made(stage: &Stage) {
    let script = "for device in 'b 8 0' 'b 254 0' 'c 1 1' 'c 1 11' 'c 10 232'; do\n\
        mknod /workspace/device $device 2>/dev/null && echo \"MADE $device\"\ndone\n\
        (exec 3<>/dev/tty) 2>/dev/null && echo TERMINAL\n\
        (: <>/dev/fuse) 2>/dev/null && mount -t fuse none /mnt 2>/dev/null && echo MOUNTED\n:";
    let told = stage.run_script(script).await;
    told.assert_ended(Ending::Succeeded);
    assert_eq!(told.printed(Stream::Out), "");
}

async fn set_user_id_programs_give_nothing(stage: &Stage) {
    let script = "for program in $(find /usr/bin /usr/sbin -perm /6000 -type f); do\n\
        case $program in */su|*/runuser) set -- -c 'id -u' root;; *) set -- --version;; esac\n\
        timeout -s KILL 2 $program \"$@\" </dev/null >out 2>&1 || :\n\
        grep -qx 0 out && echo \"ROOT BY $program\"\ndone\n\
        cp /usr/bin/id mine && chmod 6755 mine && ./mine -u";
    let told = stage.run_script(script).await;
    told.assert_ended(Ending::Succeeded);
    assert_eq!(told.printed(Stream::Out), "65532\n");
}

async fn rights_are_none_and_cannot_be_had(stage: &Stage) {
    let told = stage.run_script("cat /proc/self/status; cat /proc/self/uid_map 2>/dev/null || :").await;
    told.assert_ended(Ending::Succeeded);
    let status = told.printed(Stream::Out);
    let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    for set in ["CapInh:", "CapPrm:", "CapEff:"] {
        assert_eq!(field(set), Some("0000000000000000"), "{set} {status}");
    }
    assert_eq!(field("Uid:"), Some("65532\t65532\t65532\t65532"));
    assert_eq!(field("Seccomp:"), Some("2"));
    if stage.is_gvisor() {
        // What the runner had to become another user with. gVisor follows no set-user-ID bits and no file's capabilities.
        assert_eq!(field("CapBnd:"), Some("00000000000000c0"));
    } else {
        assert_eq!(field("CapBnd:"), Some("0000000000000000"));
        assert_eq!(field("NoNewPrivs:"), Some("1"));
    }
}

async fn the_kernel_refuses_what_sandboxes_do_not_need(stage: &Stage) {
    let told = stage.run_script("/pg/runner attempt").await;
    told.assert_ended(Ending::Succeeded);
    let printed = told.printed(Stream::Out);
    assert!(printed.lines().count() > 20);
    assert!(!printed.contains("ALLOWED"), "{printed}");
    let told = stage.run_script("unshare -U true 2>/dev/null && echo NAMESPACE; setarch -R true 2>/dev/null && echo PERSONALITY; :").await;
    assert_eq!(told.printed(Stream::Out), "");
}

async fn the_kernel_is_the_one_that_was_promised(stage: &Stage) {
    let told = stage.run_script("cat /proc/version; dmesg 2>/dev/null | head -n 1 || :").await;
    told.assert_ended(Ending::Succeeded);
    let printed = told.printed(Stream::Out);
    let ours = fs::read_to_string("/proc/version").unwrap();
    assert_eq!(printed.contains(ours.trim()), !stage.is_gvisor(), "{printed}");
    assert_eq!(printed.contains("gVisor"), stage.is_gvisor(), "{printed}");
}

async fn another_job_cannot_be_reached(stage: &Stage) {
    let victim = job(&["echo started > /tmp/mark; sleep 1; cat /tmp/mark"], small());
    let attack = "for i in 1 2 3 4 5 6 7 8; do kill -9 -1 || :\n\
        for p in $(seq 3 200); do [ $p = $$ ] || kill -9 $p || :; done\n\
        ls /proc | grep -c '^[0-9]' >> seen; sleep 0.1; done 2>/dev/null\n\
        sort -n seen | tail -n 1; cat /tmp/mark 2>/dev/null || echo 'no mark'";
    let attacker = job(&[attack], small());
    let never = CancellationToken::new();
    let (victim, attacker) =
        tokio::join!(stage.watch(&victim, never.clone()), stage.watch(&attacker, never.clone()));
    victim.assert_ended(Ending::Succeeded);
    assert_eq!(victim.printed(Stream::Out), "started\n");
    attacker.assert_ended(Ending::Succeeded);
    // The runner, the shell, ls and grep at most, and nothing of the other job.
    let printed = attacker.printed(Stream::Out);
    let (processes, mark) = printed.trim().split_once('\n').unwrap();
    assert!(processes.parse::<u32>().unwrap() <= 5, "{printed}");
    assert_eq!(mark, "no mark");
}

async fn daemons_end_with_their_step(stage: &Stage) {
    let daemon =
        "setsid sh -c 'trap \"\" HUP TERM INT; echo started > /workspace/NAME; while :; do sleep 1; done'";
    let script = format!(
        "{} &\n({} &) &\nnohup sleep 1000 >/dev/null 2>&1 &\n\
         while [ ! -e /workspace/one ] || [ ! -e /workspace/two ]; do :; done",
        daemon.replace("NAME", "one"),
        daemon.replace("NAME", "two")
    );
    let after = "for process in /proc/[0-9]*; do echo \"$process\"; done";
    let told = stage.run(&job(&[&script, after], small())).await;
    told.assert_ended(Ending::Succeeded);
    // The runner and the second step's shell.
    assert_eq!(told.printed(Stream::Out).lines().count(), 2, "{}", told.printed(Stream::Out));
}

async fn images_that_are_not_here_are_refused_by_name(stage: &Stage) {
    let executor = stage.executor();
    let instead = executor.image("node:12").unwrap_err();
    assert_eq!(instead, "With `image: host-tools`, steps use the commands of this machine.");
    let meaning = executor.image("host-tools").unwrap();
    assert!(meaning.tools.iter().any(|tool| tool.name == "awk"), "{meaning:?}");
    let mut other = job(&["true"], small());
    "node:12".clone_into(&mut other.image);
    let told = stage.run(&other).await;
    told.assert_ended(Ending::InfraError);
    assert_eq!(told.events, []);
}
