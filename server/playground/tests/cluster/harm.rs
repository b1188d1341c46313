//! Jobs that mean harm: each ends as its own failure or at its own limit, never as a success that it made up and never as a
//! fault of the cluster's, and leaves nothing.

use std::sync::Arc;

use libtest_mimic::Trial;
use regatta_domain::run::Ending;
use regatta_playground::executor::{JobEvent, JobSpec, JobStep, Limits};
use tar::{Builder, EntryType, Header};
use tokio::time::Duration;

use crate::ground::{self, Ground};
use crate::play::{Over, job, play};
use crate::{Needs, case};

/// Frames as a runner would write them, sealed by nobody.
const FORGED: &str = r#"{"seq":3,"ms":1,"kind":"step_end","step":0,"exit":0,"took_ms":1}
{"seq":4,"ms":1,"kind":"end","results":[{"step":0,"exit":0,"took_ms":1}],"frames":3,"bytes":0,"digest":"","mac":""}
"#;

/// Every file system that steps may write to.
const FOLDERS: [&str; 5] = ["/workspace", "/tmp", "/dev/shm", "/regatta/state", "/regatta/input"];

/// The cases.
pub fn cases() -> Vec<Trial> {
    let mut cases = vec![
        case("frames that a step makes up are only output", Needs::Pods, forged),
        case("neither the runner nor its key can be reached", Needs::Pods, intrusive),
        case("what a step prepares is nothing that helpers believe", Needs::Pods, prepared),
        case("a step that goes for every process ends itself", Needs::Pods, murderous),
        case("no socket leads anywhere", Needs::Pods, talkative),
        case("what is a program's stays as it is", Needs::Pods, vandal),
        case("a bomb of processes reaches its limit", Needs::Pods, bomb),
        case("a flood of output reaches its limit to the byte", Needs::Pods, flood),
        case("output in drops is told in few events", Needs::Pods, drops),
        case("results that are no plain files are left out", Needs::Pods, false_results),
        case("archives that lead out of their folder are refused", Needs::Pods, false_archives),
    ];
    for folder in FOLDERS {
        let (bytes, files) = (format!("what fills {folder}"), format!("what litters {folder}"));
        let fill = format!("head -c 200000000 /dev/zero > {folder}/big; echo filled");
        let litter = format!("cd {folder}; i=0; while [ $i -lt 1000000 ]; do : > $i; i=$((i+1)); done");
        cases.push(case(format!("{bytes} reaches its limit"), Needs::Pods, |ground| filled(ground, fill)));
        cases.push(case(format!("{files} reaches its limit"), Needs::Pods, |ground| filled(ground, litter)));
    }
    cases
}

/// Small limits, which are reached soon.
fn small() -> Limits {
    Limits { processes: 32, disk_bytes: 8 << 20, output_bytes: 256 << 10, ..ground::limits() }
}

fn scripts(ground: &Ground, scripts: &[&str]) -> JobSpec {
    let step = |script: &&str| JobStep {
        name: "one".to_owned(),
        script: (*script).to_owned(),
        always: true,
        ..JobStep::default()
    };
    JobSpec { limits: small(), steps: scripts.iter().map(step).collect(), ..job(ground, 0, "") }
}

/// Plays a job to its end, after which nothing of it may be left.
async fn end_of(ground: &Ground, job: JobSpec) -> Over {
    let over = play(&ground.executor().await, job).over().await;
    ground.until_clean().await;
    over
}

fn exits(over: &Over) -> Vec<i32> {
    let exit = |event: &JobEvent| match event {
        JobEvent::StepEnded { exit, .. } => Some(*exit),
        _ => None,
    };
    over.events.iter().filter_map(exit).collect()
}

async fn forged(ground: Ground) {
    let script = format!(
        "cat > forged <<'E'\n{FORGED}E\ncat forged\n\
         for place in /proc/[0-9]*/fd/* /proc/1/fd/1 /dev/console /dev/tty /dev/pts/* /dev/termination-log; do\n\
         case $place in /proc/$$/*|/proc/self/*) continue;; esac\n\
         case $(readlink $place) in $(readlink /proc/$$/fd/1)|$(readlink /proc/$$/fd/2)) continue;; esac\n\
         (timeout 1 cat forged > \"$place\") 2>/dev/null || :\ndone\n\
         exec 1>&- 2>&-\nexit 7"
    );
    let over = end_of(&ground, scripts(&ground, &[&script])).await;
    assert_eq!(over.outcome.ending, Ending::Failed, "{:?}", over.outcome);
    assert_eq!((exits(&over), over.printed()), (vec![7], FORGED.to_owned()));
}

async fn intrusive(ground: Ground) {
    let script = "for file in mem environ fd/0 fd/1 fd/2 fd/3 fd/4 fd/5 root/regatta/state/script; do\n\
        [ -e /proc/$$/$file ] || :\n\
        for process in /proc/[0-9]*; do tr '\\0' ' ' < $process/cmdline 2>/dev/null | grep -q 'runner ru[n] ' || continue\n\
        head -c 1 $process/$file > /dev/null 2>&1 && echo \"READ $process/$file\"; done; done\n\
        cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -e REGATTA_INPUT -e KUBERNETES_ || :\n\
        ls -A /regatta/input\n\
        grep -r -a -l -E '^[0-9a-f]{64}$' /regatta /tmp /dev/shm 2>/dev/null | grep -v /regatta/bin || :\n\
        for place in /var/run/secrets /run/secrets; do ls $place 2>/dev/null || :; done";
    end_of(&ground, scripts(&ground, &[script])).await.succeeded_with("");
}

async fn prepared(ground: Ground) {
    let prepare = "export LD_PRELOAD=/tmp/evil.so LD_LIBRARY_PATH=/tmp PATH=/tmp:$PATH GLIBC_TUNABLES=x=y ENV=/tmp/rc\n\
        for name in sh tar gather regatta-runner; do printf '#!/bin/sh\\necho EVIL\\n' > /tmp/$name; done\n\
        chmod 755 /tmp/*; echo kept > file; echo 'exit 0' > /regatta/state/script\n\
        printf fine > \"$RESULTS_DIR/value\"";
    let mut job = scripts(&ground, &[prepare]);
    (job.pack, job.results) = (true, vec!["value".to_owned()]);
    let over = end_of(&ground, job).await;
    assert_eq!(over.outcome.ending, Ending::Succeeded, "{:?}", over.outcome);
    let value = JobEvent::HandedOn { name: "value".to_owned(), value: "fine".to_owned() };
    assert!(over.events.contains(&value), "{:?}", over.events);
    let workspace = over.outcome.workspace.unwrap();
    let mut archive = tar::Archive::new(&workspace[..]);
    let names: Vec<_> =
        archive.entries().unwrap().map(|entry| entry.unwrap().path().unwrap().into_owned()).collect();
    assert!(names.iter().any(|name| name.ends_with("file")), "{names:?}");
}

async fn murderous(ground: Ground) {
    let script = "for signal in STOP TERM INT SEGV KILL; do kill -$signal 1 $PPID 2>/dev/null || :; done\n\
        prlimit --pid 1 --cpu=0:0 2>/dev/null && echo LIMITED\n\
        kill -9 -1 2>/dev/null || :; exit 5";
    let leave = "setsid sh -c 'setsid sleep 601 & sleep 601' > /dev/null 2>&1 & sleep 0.3";
    let look = "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep 'sleep 60[1]' || echo alone";
    let over = end_of(&ground, scripts(&ground, &[script, leave, look])).await;
    assert_eq!(over.outcome.ending, Ending::Failed, "{:?}", over.outcome);
    assert_eq!(over.printed(), "alone\n");
    assert!(matches!(exits(&over)[..], [5 | 129..=143, 0, 0]), "{:?}", exits(&over));
}

async fn talkative(ground: Ground) {
    // Families of sockets: of virtual machines' hosts, of the kernel, raw packets; the last, of the cluster's own network.
    let script = "perl -e 'for my $family (16, 17, 38, 40, 44) { print \"$family\\n\" if socket(my $s, $family, 2, 0) }'\n\
        perl -e 'use Socket; for my $to ([10, 96, 0, 1], [169, 254, 169, 254], [192, 0, 2, 1]) {\n\
        for my $port (53, 80, 443, 10250, 10255) { socket(my $s, PF_INET, SOCK_STREAM, 0) or next;\n\
        connect($s, sockaddr_in($port, pack(\"C4\", @$to))) and print \"@$to:$port\\n\" } }'\n\
        tail -n +2 /proc/net/route; tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' ' | grep -v '^lo$' || :";
    end_of(&ground, scripts(&ground, &[script])).await.succeeded_with("");
}

async fn vandal(ground: Ground) {
    let script = "for place in /x /usr/x /etc/passwd /etc/hosts /etc/resolv.conf /regatta/x /regatta/bin/x \
        /regatta/bin/regatta-runner /dev/x /proc/sys/kernel/core_pattern /proc/sysrq-trigger /proc/1/oom_score_adj /sys/x; do\n\
        (echo h >> $place) 2>/dev/null && echo \"WROTE $place\"; done\n\
        chmod 777 /regatta/bin/regatta-runner /regatta/bin 2>/dev/null && echo OPENED\n\
        mv /regatta/bin/regatta-runner /tmp 2>/dev/null && echo MOVED\n\
        mount -o remount,rw /regatta/bin 2>/dev/null && echo REMOUNTED\n\
        unshare -Urm sh -c 'mount -o remount,rw /regatta/bin && echo REMOUNTED' 2>/dev/null || :\n\
        mknod disk b 8 0 2>/dev/null && echo DEVICE; :";
    end_of(&ground, scripts(&ground, &[script])).await.succeeded_with("");
}

async fn bomb(ground: Ground) {
    let script = "bomb() { bomb | bomb & }; while :; do bomb; sleep 1; done";
    let over = end_of(&ground, scripts(&ground, &[script])).await;
    assert_eq!(over.outcome.ending, Ending::ProcessLimit, "{:?}", over.outcome);
}

async fn flood(ground: Ground) {
    // One line without an end.
    let over = end_of(&ground, scripts(&ground, &["tr '\\0' x < /dev/zero"])).await;
    assert_eq!(over.outcome.ending, Ending::OutputLimit, "{:?}", over.outcome);
    assert_eq!(over.printed().len() as u64, small().output_bytes);
}

async fn drops(ground: Ground) {
    let mut job = scripts(&ground, &["exec perl -e 'syswrite STDOUT, q(x) while 1'"]);
    job.limits.time = Duration::from_secs(5);
    let over = end_of(&ground, job).await;
    let ending = over.outcome.ending;
    assert!(matches!(ending, Ending::OutputLimit | Ending::TimedOut), "{:?}", over.outcome);
    assert!(over.events.len() < 5000, "{} events", over.events.len());
}

async fn filled(ground: Ground, script: String) {
    let over = end_of(&ground, scripts(&ground, &[&script])).await;
    assert_eq!(over.outcome.ending, Ending::DiskLimit, "{:?}", over.outcome);
}

async fn false_results(ground: Ground) {
    let script = "cd \"$RESULTS_DIR\"; mkfifo pipe; ln -s /etc/passwd link; ln -s /proc/1/environ runner; mkdir folder\n\
        truncate -s 6M giant; printf '\\377\\376' > bytes; ln -s /dev/zero endless; printf fine > plain";
    let mut games = scripts(&ground, &[script]);
    let names =
        ["pipe", "link", "runner", "folder", "giant", "bytes", "endless", "plain", "missing", "../script"];
    games.results = names.map(str::to_owned).to_vec();
    let over = end_of(&ground, games).await;
    assert_eq!(over.outcome.ending, Ending::Succeeded, "{:?}", over.outcome);
    let handed_on: Vec<_> =
        over.events.iter().filter(|event| matches!(event, JobEvent::HandedOn { .. })).collect();
    let plain = JobEvent::HandedOn { name: "plain".to_owned(), value: "fine".to_owned() };
    assert_eq!(handed_on, [&plain]);
}

/// An archive of one entry, whatever its name.
fn archive(name: &str, kind: EntryType, target: &str) -> Vec<u8> {
    let mut header = Header::new_gnu();
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.as_old_mut().linkname[..target.len()].copy_from_slice(target.as_bytes());
    header.set_entry_type(kind);
    header.set_mode(0o6777);
    header.set_size(0);
    header.set_cksum();
    let mut archive = Builder::new(Vec::new());
    archive.append(&header, &[][..]).unwrap();
    archive.into_inner().unwrap()
}

async fn false_archives(ground: Ground) {
    for hostile in [
        archive("../regatta/state/script", EntryType::Regular, ""),
        archive("link", EntryType::Symlink, "/regatta/input"),
        archive("link", EntryType::Link, "/etc/passwd"),
        vec![0xff; 4096],
    ] {
        let mut unpacking = scripts(&ground, &["ls -A /tmp /workspace /regatta/input"]);
        unpacking.unpack = vec![Arc::from(hostile)];
        let over = end_of(&ground, unpacking).await;
        assert_eq!(over.outcome.ending, Ending::Failed, "{:?}", over.outcome);
        assert_eq!(exits(&over), [0; 0]);
    }
}
