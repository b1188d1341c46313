//! Jobs whose sandbox is nothing but pipes.

use regatta_domain::ids::RunId;
use regatta_domain::run::Stream;
use regatta_runner::frame::{Payload, Stat, VERSION};
use regatta_runner::{Body, FrameWriter, OutputStream, Spec, StepResult};
use tokio::io::{AsyncReadExt as _, DuplexStream};

use super::*;
use crate::executor::{JobStep, Limits};

const KEY: [u8; RunKey::LENGTH] = [4; RunKey::LENGTH];

/// A sandbox that is nothing but pipes.
struct Scripted {
    exceeds: Option<u64>,
}

impl Sandbox for Scripted {
    fn exceeded(&mut self, held: u64) -> Option<Ending> {
        self.exceeds.filter(|most| held > *most).map(|_| Ending::DiskLimit)
    }

    async fn close(self) -> Closed {
        Closed { complaint: "it is closed".to_owned(), exceeded: None }
    }
}

fn job() -> JobSpec {
    JobSpec {
        run: "aaaaaaaaaaaaaaaaaaaaaaaaaa".parse::<RunId>().unwrap(),
        job: 3,
        attempt: 2,
        image: "host-tools".into(),
        environment: [("A".to_owned(), "b".to_owned())].into(),
        steps: vec![JobStep { name: "one".into(), script: "true".into(), ..JobStep::default() }],
        limits: Limits { output_bytes: 10, ..Limits::default() },
        results: vec!["digest".into()],
        metadata: None,
        unpack: vec![Arc::from(&b"first"[..]), Arc::from(&b"second"[..])],
        pack: true,
    }
}

fn layout() -> Layout {
    Layout {
        shell: "/bin/sh".into(),
        workspace: "/workspace".into(),
        state: "/state".into(),
        watched: Vec::new(),
        files: 9,
        walls: None,
    }
}

/// Runs the job with a runner that does as `runner` says once it has been told everything, and returns what was told
/// of it.
async fn conclude<F: Future<Output = ()> + Send + 'static>(
    exceeds: Option<u64>,
    stop: &CancellationToken,
    runner: impl FnOnce(Vec<u8>, DuplexStream) -> F + Send + 'static,
) -> (Conclusion, Vec<JobEvent>) {
    let (input, mut told) = tokio::io::duplex(64);
    let (output, report) = tokio::io::duplex(64);
    let (events, mut heard) = mpsc::channel(4);
    let listen = async {
        let mut all = Vec::new();
        while let Some(event) = heard.recv().await {
            all.push(event);
        }
        all
    };
    let play = tokio::spawn(async move {
        let mut everything = Vec::new();
        told.read_to_end(&mut everything).await.unwrap();
        runner(everything, report).await;
    });
    let start =
        async move { Ok((Scripted { exceeds }, Pipes { input: Box::new(input), output: Box::new(output) })) };
    let (job, layout) = (job(), layout());
    let (conclusion, events) =
        tokio::join!(run(&job, RunKey::new(KEY), &layout, start, events, stop), listen);
    play.await.unwrap();
    (conclusion, events)
}

fn result() -> StepResult {
    StepResult { took_ms: 5, cpu_ms: 2, peak_bytes: 7, ..StepResult::default() }
}

/// The report of a job that prints `printed`, sealed with `key`.
fn report(printed: &str, key: &RunKey) -> Vec<u8> {
    let identity = specification::identity(&job());
    let mut out = Vec::new();
    let mut writer = FrameWriter::new(&mut out);
    let data = Payload(printed.as_bytes().to_vec());
    for body in [
        Body::Hello { version: VERSION, identity: identity.clone(), steps: 1, wall: None },
        Body::StepStart { step: 0 },
        Body::Out { step: 0, stream: OutputStream::Err, data },
        Body::Stat(Stat { held_bytes: 100, ..Stat::default() }),
        Body::Value { name: "digest".into(), value: "abc".into() },
        Body::Workspace { data: Payload(b"pack".to_vec()) },
        Body::Workspace { data: Payload(b"ed".to_vec()) },
        Body::StepEnd(result()),
    ] {
        writer.write(body).unwrap();
    }
    let ending = regatta_runner::Ending {
        results: vec![result()],
        packed: Some(6),
        ..regatta_runner::Ending::default()
    };
    writer.end(key, &identity, ending).unwrap();
    out
}

async fn write(mut pipe: DuplexStream, bytes: Vec<u8>) {
    // Whoever has heard enough closes.
    let _ = pipe.write_all(&bytes).await;
}

#[tokio::test]
async fn a_job_is_told_from_its_first_milestone_to_its_workspace() {
    let (conclusion, events) = conclude(None, &CancellationToken::new(), |told, pipe| async move {
        let (key, spec, mut rest) = Spec::read(told.as_slice()).unwrap();
        assert_eq!((spec.unpack.as_slice(), spec.identity.attempt), (&[5, 6][..], 2));
        let mut packed = String::new();
        std::io::Read::read_to_string(&mut rest, &mut packed).unwrap();
        assert_eq!(packed, "firstsecond");
        write(pipe, report("hi\n", &key)).await;
    })
    .await;
    assert_eq!(conclusion.outcome.ending, Ending::Succeeded, "{conclusion:?}");
    assert_eq!(conclusion.outcome.workspace.as_deref(), Some(&b"packed"[..]));
    assert_eq!(conclusion.complaint, "it is closed");
    let usage = Some(regatta_domain::run::Usage { cpu_ms: 2, peak_bytes: 7 });
    let expected = [
        JobEvent::Reached(Milestone::Asked),
        JobEvent::Reached(Milestone::SandboxStarted),
        JobEvent::Reached(Milestone::RunnerReady),
        JobEvent::StepStarted { step: 0 },
        JobEvent::Output { step: 0, stream: Stream::Err, bytes: b"hi\n".to_vec() },
        JobEvent::HandedOn { name: "digest".into(), value: "abc".into() },
        JobEvent::StepEnded { step: 0, exit: 0, took: Duration::from_millis(5), usage },
    ];
    assert_eq!(events, expected);
}

#[tokio::test]
async fn nothing_but_the_authentic_end_is_a_success() {
    let (forged, _) = conclude(None, &CancellationToken::new(), |_, pipe| {
        write(pipe, report("hi\n", &RunKey::new([5; RunKey::LENGTH])))
    })
    .await;
    assert_eq!(forged.outcome.ending, Ending::InfraError);
    assert!(forged.outcome.reason.unwrap().contains("not authentic"));
    let (cut, _) = conclude(None, &CancellationToken::new(), |_, pipe| {
        let mut bytes = report("hi\n", &RunKey::new(KEY));
        bytes.truncate(bytes.len() - 2);
        write(pipe, bytes)
    })
    .await;
    assert_eq!(cut.outcome.ending, Ending::InfraError);
    let (silent, _) = conclude(None, &CancellationToken::new(), |_, pipe| async { drop(pipe) }).await;
    assert_eq!(silent.outcome.ending, Ending::InfraError);
    for outcome in [cut.outcome, silent.outcome] {
        assert_eq!(outcome.workspace, None);
    }
}

#[tokio::test]
async fn output_beyond_its_limit_ends_the_job_after_what_there_was_room_for() {
    let (conclusion, events) = conclude(None, &CancellationToken::new(), |_, pipe| {
        write(pipe, report("0123456789abc", &RunKey::new(KEY)))
    })
    .await;
    assert_eq!(conclusion.outcome.ending, Ending::OutputLimit);
    let last = JobEvent::Output { step: 0, stream: Stream::Err, bytes: b"0123456789".to_vec() };
    assert_eq!(events.last(), Some(&last));
}

#[tokio::test]
async fn what_the_runner_tells_of_its_file_systems_reaches_the_sandbox() {
    let (conclusion, _) = conclude(Some(99), &CancellationToken::new(), |_, mut pipe| async move {
        let whole = report("", &RunKey::new(KEY));
        let end = whole.split_inclusive(|byte| *byte == b'\n').next_back().map_or(0, <[u8]>::len);
        pipe.write_all(&whole[..whole.len() - end]).await.unwrap();
        // The job goes on until the sandbox has been asked and is closed.
        let _ = pipe.read(&mut [0]).await;
    })
    .await;
    assert_eq!(conclusion.outcome.ending, Ending::DiskLimit);
}

#[tokio::test]
async fn a_job_that_is_stopped_is_cancelled_whatever_it_does() {
    let stop = CancellationToken::new();
    let stopping = stop.clone();
    let (conclusion, events) = conclude(None, &stop, |_, mut pipe| async move {
        stopping.cancel();
        let _ = pipe.read(&mut [0]).await;
    })
    .await;
    assert_eq!(conclusion.outcome.ending, Ending::Cancelled);
    assert_eq!(events[0], JobEvent::Reached(Milestone::Asked));
}

#[tokio::test]
async fn a_sandbox_that_cannot_be_made_says_why() {
    let (events, mut heard) = mpsc::channel(4);
    let start = async { Err::<(Scripted, Pipes), _>("there is no room".to_owned()) };
    let stop = CancellationToken::new();
    let conclusion = run(&job(), RunKey::new(KEY), &layout(), start, events, &stop).await;
    assert_eq!(conclusion.outcome, conclusion::infra("there is no room".to_owned()));
    assert_eq!(heard.recv().await, Some(JobEvent::Reached(Milestone::Asked)));
    assert_eq!(heard.recv().await, None);
}
