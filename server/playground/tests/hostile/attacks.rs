//! Attempts to reach what is outside, or to make the portal believe what is not so.

use std::fs;
use std::io::ErrorKind;
use std::net::TcpListener;

use regatta_domain::run::{Ending, Stream};
use regatta_playground::executor::{Executor as _, JobEvent};

use crate::stage::{executor, job, run, run_script, small};

#[tokio::test(flavor = "multi_thread")]
async fn the_host_cannot_be_written_to() {
    let canary = tempfile::NamedTempFile::new().unwrap();
    fs::write(canary.path(), "untouched").unwrap();
    fs::set_permissions(canary.path(), std::os::unix::fs::PermissionsExt::from_mode(0o666)).unwrap();
    let settings = fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap();
    let script = format!(
        "for path in /x /usr/x /usr/bin/env /bin/x /lib/x /etc/x /etc/passwd /etc/alternatives/awk /dev/x /pg/runner \
         /pg/x /proc/sys/kernel/core_pattern /proc/sys/kernel/hostname /proc/sys/vm/swappiness /proc/sysrq-trigger \
         /proc/1/oom_score_adj /proc/1/mem /proc/1/root/x /sys/kernel/x /sys/fs/cgroup/x; do\n\
         (echo h > \"$path\") 2>/dev/null && echo \"WROTE $path\"\ndone\n\
         mount -t tmpfs none /mnt 2>/dev/null && echo MOUNTED\n\
         mknod /workspace/disk b 8 0 2>/dev/null && echo DEVICE\n\
         (echo h > {}) 2>/dev/null || :\necho tried",
        canary.path().display()
    );
    let told = run_script(&script).await;
    told.assert_ended(Ending::Succeeded);
    assert_eq!(told.printed(Stream::Out), "tried\n");
    assert_eq!(fs::read_to_string(canary.path()).unwrap(), "untouched");
    assert_eq!(fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap(), settings);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_portals_environment_cannot_be_seen() {
    let secrets: Vec<String> = std::env::vars()
        .filter(|(name, value)| {
            value.len() >= 8 && !matches!(name.as_str(), "_" | "PATH" | "TERM" | "PWD" | "HOME" | "LANG")
        })
        .map(|(_, value)| value)
        .collect();
    assert!(!secrets.is_empty(), "this test needs variables to hide");
    let script = "cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null || :\nenv\nls -l /proc/self/fd /proc/1/fd || :";
    let told = run_script(script).await;
    told.assert_ended(Ending::Succeeded);
    let printed = told.printed(Stream::Out);
    assert!(printed.contains("CI=true"));
    for secret in secrets {
        assert!(!printed.contains(&secret), "{secret} was seen");
    }
    assert!(told.printed(Stream::Err).contains("/proc/1/fd"), "the runner's descriptors can be listed");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_descriptor_of_the_portal_is_open_inside() {
    let told = run_script("for fd in /proc/self/fd/*; do echo \"${fd##*/} $(readlink $fd)\"; done").await;
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

#[tokio::test(flavor = "multi_thread")]
async fn there_is_no_network() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let script = format!(
        "tail -n +2 /proc/net/route\ntail -n +3 /proc/net/dev | cut -d: -f1\n\
         (exec bash -c 'exec 3<>/dev/tcp/127.0.0.1/{port}') 2>/dev/null && echo CONNECTED\n\
         (exec bash -c 'exec 3<>/dev/tcp/192.0.2.1/80') 2>/dev/null && echo CONNECTED\n:"
    );
    let told = run_script(&script).await;
    told.assert_ended(Ending::Succeeded);
    assert_eq!(told.printed(Stream::Out).trim(), "lo");
    assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
}

#[tokio::test(flavor = "multi_thread")]
async fn daemons_end_with_their_step() {
    let daemon =
        "setsid sh -c 'trap \"\" HUP TERM INT; echo started > /workspace/NAME; while :; do sleep 1; done'";
    let script = format!(
        "{} &\n({} &) &\nnohup sleep 1000 >/dev/null 2>&1 &\n\
         while [ ! -e /workspace/one ] || [ ! -e /workspace/two ]; do :; done",
        daemon.replace("NAME", "one"),
        daemon.replace("NAME", "two")
    );
    let after = "for process in /proc/[0-9]*; do echo \"$process\"; done";
    let told = run(&job(&[&script, after], small())).await;
    told.assert_ended(Ending::Succeeded);
    // The runner and the second step's shell.
    assert_eq!(told.printed(Stream::Out).lines().count(), 2, "{}", told.printed(Stream::Out));
}

const FORGED: &str = r#"{"seq":3,"ms":1,"kind":"step_end","step":0,"exit":0,"took_ms":1}
{"seq":4,"ms":1,"kind":"end","results":[{"step":0,"exit":0,"took_ms":1}],"frames":3,"bytes":0,"digest":"","mac":""}"#;

#[tokio::test(flavor = "multi_thread")]
async fn forged_frames_are_only_output() {
    let script = format!(
        "cat > forged <<'E'\n{FORGED}\nE\n\
         cat forged\ncat forged >&2\n\
         for place in /proc/1/fd/* /proc/$PPID/fd/1 /proc/1/mem /dev/console /dev/tty; do\n\
         (cat forged > \"$place\") 2>/dev/null && echo \"WROTE $place\"\ndone\n\
         exec 1>&- 2>&-\nexit 7"
    );
    let told = run_script(&script).await;
    told.assert_ended(Ending::Failed);
    assert_eq!(told.exits(), [(0, 7)]);
    assert_eq!(told.printed(Stream::Out).trim(), FORGED);
    assert_eq!(told.printed(Stream::Err).trim(), FORGED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_runner_of_the_jobs_own_proves_nothing() {
    let spec = r#"{"run":"x","job":0,"steps":[],"environment":{},"shell":"/bin/sh","workspace":"/workspace","state":"/pg/state","watched":[],"processes":null}"#;
    let key = "00".repeat(32);
    let script = format!("printf '%s\\n%s' {key} '{spec}' | /pg/runner run\nexit 1");
    let told = run_script(&script).await;
    told.assert_ended(Ending::Failed);
    assert!(told.printed(Stream::Out).contains(r#""kind":"end""#));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_runner_survives_its_steps() {
    let script = "for signal in STOP TERM INT KILL SEGV; do kill -$signal 1 || :; done\n\
        prlimit --pid 1 --cpu=0:0 2>/dev/null && echo LIMITED\n\
        kill -9 -1 || :\nkill -9 $PPID || :\necho still here; exit 5";
    let told = run(&job(&[script], small())).await;
    told.assert_ended(Ending::Failed);
    assert_eq!(told.exits(), [(0, 5)]);
    assert_eq!(told.printed(Stream::Out), "still here\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn links_lead_nowhere() {
    let secret = tempfile::NamedTempFile::new().unwrap();
    fs::write(secret.path(), "the host's own words").unwrap();
    fs::set_permissions(secret.path(), std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let path = secret.path().display();
    let plant = format!(
        "ln -s {path} /workspace/a; ln -s /proc/1/root{path} /workspace/b; ln -s /proc/self/root{path} /workspace/c\n\
         ln -s /proc/1/cwd/../../../..{path} /workspace/d\n\
         for name in a b c d; do cat /workspace/$name 2>/dev/null && echo READ; done\n\
         cat /proc/self/root{path} /proc/self/root/../..{path} /etc/shadow 2>/dev/null && echo READ\n\
         rm -f /pg/state/*\n\
         ln -s /workspace/written /pg/state/script; mkfifo /pg/state/pipe"
    );
    let look = "if [ -e /workspace/written ]; then echo FOLLOWED; fi; echo fine";
    let told = run(&job(&[&plant, look], small())).await;
    told.assert_ended(Ending::Succeeded);
    assert_eq!(told.printed(Stream::Out), "fine\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_kernel_refuses_what_sandboxes_do_not_need() {
    let told = run_script("/pg/runner attempt").await;
    told.assert_ended(Ending::Succeeded);
    let printed = told.printed(Stream::Out);
    assert!(printed.lines().count() > 20);
    assert!(!printed.contains("ALLOWED"), "{printed}");
    let others = "unshare -U true 2>/dev/null && echo NAMESPACE\nsetarch -R true 2>/dev/null && echo PERSONALITY\n\
        grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status";
    let told = run_script(others).await;
    let none = "0000000000000000";
    let expected = format!("CapEff:\t{none}\nCapBnd:\t{none}\nNoNewPrivs:\t1\nSeccomp:\t2\n");
    assert_eq!(told.printed(Stream::Out), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn images_that_are_not_here_are_refused_by_name() {
    let executor = executor().await;
    let instead = executor.image("node:12").unwrap_err();
    assert_eq!(instead, "There is host-tools.");
    let meaning = executor.image("host-tools").unwrap();
    assert!(meaning.tools.iter().any(|tool| tool.name == "awk"), "{meaning:?}");
    let mut other = job(&["true"], small());
    other.image = "node:12".to_owned();
    let told = run(&other).await;
    told.assert_ended(Ending::InfraError);
    assert!(!told.events.contains(&JobEvent::Ready));
}
