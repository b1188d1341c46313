//! Attempts to make the portal believe what is not so, or to take its runner away.

use std::collections::BTreeMap;
use std::time::Duration;

use regatta_domain::run::{Ending, Stream};
use regatta_runner::{Identity, RunKey, Spec};

use crate::cases;
use crate::stage::{Stage, job, short, small};

cases![
    forged_frames_are_only_output,
    frames_cannot_be_forged_through_any_descriptor,
    a_runner_of_the_jobs_own_proves_nothing,
    the_runner_survives_its_steps,
    the_runner_cannot_be_read,
    a_step_without_output_is_only_silent,
    garbage_and_escapes_come_out_as_they_went_in;
    against the clock:
    a_runner_that_its_steps_stop_goes_on,
];

const FORGED: &str = r#"{"seq":3,"ms":1,"kind":"step_end","step":0,"exit":0,"took_ms":1}
{"seq":4,"ms":1,"kind":"end","results":[{"step":0,"exit":0,"took_ms":1}],"frames":3,"bytes":0,"digest":"","mac":""}"#;

async fn forged_frames_are_only_output(stage: &Stage) {
    let script = format!(
        "cat > forged <<'E'\n{FORGED}\nE\n\
         cat forged\ncat forged >&2\n\
         for place in /proc/1/fd/* /proc/$PPID/fd/1 /proc/1/mem /dev/console /dev/tty; do\n\
         (cat forged > \"$place\") 2>/dev/null && echo \"WROTE $place\"\ndone\n\
         exec 1>&- 2>&-\nexit 7"
    );
    let told = stage.run_script(&script).await;
    told.assert_ended(Ending::Failed);
    assert_eq!(told.exits(), [(0, 7)]);
    // gVisor lets a step write into the pipes of its own output by the runner's names for them: output all the same.
    for stream in [Stream::Out, Stream::Err] {
        let printed = told.printed(stream);
        let own = |line: &str| FORGED.contains(line) || line.starts_with("WROTE /proc/1/fd/");
        assert!(printed.starts_with(FORGED) && printed.lines().all(own), "{printed}");
        assert!(stage.is_gvisor() || printed.trim() == FORGED, "{printed}");
    }
}

async fn frames_cannot_be_forged_through_any_descriptor(stage: &Stage) {
    let script = format!(
        "cat > forged <<'E'\n{FORGED}\nE\nfor process in /proc/[0-9]*; do for fd in $(seq 0 64); do\n\
         (cat forged > $process/fd/$fd) 2>/dev/null || :; done; done; exit 3"
    );
    let told = stage.run_script(&script).await;
    told.assert_ended(Ending::Failed);
    assert_eq!(told.exits(), [(0, 3)]);
}

async fn a_runner_of_the_jobs_own_proves_nothing(stage: &Stage) {
    let spec = Spec {
        identity: Identity { run: "x".to_owned(), job: 0, attempt: 0 },
        steps: Vec::new(),
        environment: BTreeMap::new(),
        shell: "/bin/sh".into(),
        workspace: "/workspace".into(),
        state: "/tmp".into(),
        watched: Vec::new(),
        files: None,
        processes: None,
        results: Vec::new(),
        metadata: None,
        unpack: Vec::new(),
        pack: false,
        walls: None,
        disk_bytes: None,
    };
    let input = String::from_utf8(spec.with_key(&RunKey::new([0; RunKey::LENGTH])).unwrap()).unwrap();
    let script = format!("/pg/runner run <<'E'\n{input}E\nexit 1");
    let told = stage.run_script(&script).await;
    told.assert_ended(Ending::Failed);
    assert!(told.printed(Stream::Out).contains(r#""kind":"end""#), "{told:?}");
}

async fn the_runner_survives_its_steps(stage: &Stage) {
    let script = "for signal in STOP TERM INT KILL SEGV; do kill -$signal 1 || :; done\n\
        prlimit --pid 1 --cpu=0:0 2>/dev/null && echo LIMITED\n\
        kill -9 -1 || :\nkill -9 $PPID || :\necho still here; exit 5";
    let told = stage.run(&job(&[script], small())).await;
    told.assert_ended(Ending::Failed);
    assert_eq!(told.exits(), [(0, 5)]);
    assert_eq!(told.printed(Stream::Out), "still here\n");
}

async fn a_runner_that_its_steps_stop_goes_on(stage: &Stage) {
    let script = "sleep 0.2 & kill -STOP 1 || :; kill -STOP -1 || :; kill -CONT -1 || :; wait; echo on";
    let told = stage.run_script(script).await;
    told.assert_ended(Ending::Succeeded);
    assert_eq!(told.printed(Stream::Out), "on\n");
    let told = stage.run(&job(&["kill -STOP $$; echo never"], short(Duration::from_secs(2)))).await;
    told.assert_ended(Ending::TimedOut);
    assert!(told.took < Duration::from_secs(3), "{:?}", told.took);
    assert_eq!(told.printed(Stream::Out), "");
}

async fn the_runner_cannot_be_read(stage: &Stage) {
    // The key is in its memory alone, and was on its standard input.
    let script = "for file in mem environ fd/0 fd/1 fd/3 fd/4 fd/5 auxv stack syscall root/pg/state/script; do\n\
        head -c 1 /proc/1/$file >/dev/null 2>&1 && echo $file; done\n\
        grep -aoE '[0-9a-f]{64}' /proc/1/environ /proc/1/cmdline /proc/self/environ 2>/dev/null || :\n\
        dd if=/proc/1/mem of=/dev/null bs=1 count=1 skip=4194304 2>/dev/null && echo READ; :";
    let told = stage.run_script(script).await;
    told.assert_ended(Ending::Succeeded);
    let printed = told.printed(Stream::Out);
    // gVisor lets everybody see a process's first variables, which are everybody's.
    let seen: Vec<&str> = printed.lines().filter(|line| !matches!(*line, "environ" | "auxv")).collect();
    let seen: Vec<&str> = seen.into_iter().filter(|line| !matches!(*line, "fd/0" | "fd/1")).collect();
    assert!(seen.is_empty(), "{seen:?}");
}

async fn a_step_without_output_is_only_silent(stage: &Stage) {
    let told = stage.run(&job(&["exec 1>&- 2>&- 0<&-; sleep 0.2; exit 4", "echo next"], small())).await;
    told.assert_ended(Ending::Failed);
    assert_eq!(told.exits(), [(0, 4)]);
}

async fn garbage_and_escapes_come_out_as_they_went_in(stage: &Stage) {
    let script = "head -c 100000 /dev/urandom | tee garbage; cksum < garbage >&2\n\
        printf '\\033]0;title\\a\\033[2J\\r\\b\\000\\377'";
    let told = stage.run_script(script).await;
    told.assert_ended(Ending::Succeeded);
    let printed = told.printed_bytes(Stream::Out);
    assert_eq!(printed.len(), 100_000 + 18);
    assert_eq!(&printed[100_000..], b"\x1b]0;title\x07\x1b[2J\r\x08\x00\xff");
    let endless = stage.run_script("tr '\\0' x < /dev/zero").await;
    endless.assert_ended(Ending::OutputLimit);
}
