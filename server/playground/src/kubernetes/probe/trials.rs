//! Jobs that try what a job must not be able to do, run just as a visitor's are.

use std::collections::BTreeMap;
use std::time::Duration;

use regatta_domain::ids::RunId;
use regatta_domain::run::{Ending, Stream};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::judge::Seen;
use super::subject::Subject;
use super::targets::Targets;
use super::{Broken, Finding, RunsJobs};
use crate::executor::{JobEvent, JobOutcome, JobSpec, JobStep, Limits};
use crate::kubernetes::pod::LEAST_MACHINE_MEMORY;

/// What an image has need not be able to take much memory, and a shell would be slow at it where the machine is only played
/// by a program.
const MEMORY_HOG: &str = "/regatta/bin/regatta-runner attempt --memory";
/// Writes more than the workspace may hold, then waits to be found out.
const DISK_HOG: &str = "piece=$(printf %01048576d 0)\n\
                        i=0; while [ $i -lt 64 ]; do printf %s \"$piece\" >\"hog_$i\" || :; i=$((i + 1)); done 2>/dev/null\n\
                        sleep 60 || while :; do :; done";
const DISK_BYTES: u64 = 16 << 20;
const TIME_HOG: &str = "sleep 600 || while :; do :; done";
/// The most that the job may take which has to reach its limit of time.
const SHORT: Duration = Duration::from_secs(5);
/// The most that the others may: all of them begin at once, in machines that may be played by a program.
const LONG: Duration = Duration::from_mins(2);
/// The most that is kept of what a job prints, in bytes.
const MAX_PRINTED: usize = 256 << 10;

/// Runs the probe's jobs.
pub struct Trials<'a, J> {
    /// Who runs them.
    pub jobs: &'a J,
    /// What they belong to.
    pub run: &'a RunId,
    /// The alias of their image.
    pub image: &'a str,
    /// The most that a job may use.
    pub limits: &'a Limits,
}

/// What became of a job of the probe's.
struct Ended {
    outcome: JobOutcome,
    printed: String,
    /// Whether its step began at all.
    began: bool,
}

impl<J: RunsJobs> Trials<'_, J> {
    /// Has a step try everything that a step must not be able to do.
    pub async fn attack(&self, number: usize, targets: &Targets) -> Result<Seen, Broken> {
        let script = format!("/regatta/bin/regatta-runner attempt --pod {}", targets.arguments().join(" "));
        let ended = self.job(number, &script, Limits { time: LONG, ..self.limits.clone() }).await;
        if ended.outcome.ending != Ending::Succeeded {
            return Err(Broken::Job(in_words(&ended.outcome)));
        }
        Seen::read(&ended.printed).ok_or(Broken::Silent)
    }

    /// Has a job take more memory than it may.
    pub async fn memory(&self, number: usize) -> Finding {
        let memory_bytes = LEAST_MACHINE_MEMORY.min(self.limits.memory_bytes);
        let limits = Limits { time: LONG, memory_bytes, ..self.limits.clone() };
        let ended = self.job(number, MEMORY_HOG, limits).await;
        judged(Subject::Memory, &ended, Ending::OutOfMemory, "a job that takes too much memory is stopped")
    }

    /// Has a job write more than its workspace may hold.
    pub async fn disk(&self, number: usize) -> Finding {
        let disk_bytes = DISK_BYTES.min(self.limits.disk_bytes);
        let limits = Limits { time: LONG, disk_bytes, ..self.limits.clone() };
        let ended = self.job(number, DISK_HOG, limits).await;
        judged(Subject::Disk, &ended, Ending::DiskLimit, "a job that fills its workspace is stopped")
    }

    /// Has a job take more time than it may.
    pub async fn time(&self, number: usize) -> Finding {
        let ended = self.job(number, TIME_HOG, Limits { time: SHORT, ..self.limits.clone() }).await;
        judged(Subject::Time, &ended, Ending::TimedOut, "a job that does not end is stopped")
    }

    async fn job(&self, number: usize, script: &str, limits: Limits) -> Ended {
        let job = JobSpec {
            run: self.run.clone(),
            job: number,
            attempt: 0,
            image: self.image.to_owned(),
            environment: BTreeMap::new(),
            steps: vec![JobStep {
                name: "probe".to_owned(),
                script: script.to_owned(),
                ..JobStep::default()
            }],
            limits,
            results: Vec::new(),
            metadata: None,
            unpack: Vec::new(),
            pack: false,
        };
        let (events, told) = mpsc::channel(64);
        let never = CancellationToken::new();
        let (outcome, (began, printed)) = tokio::join!(self.jobs.run(&job, events, never), heard(told));
        Ended { outcome, printed, began }
    }
}

/// Whether a step began, and what it printed.
async fn heard(mut told: mpsc::Receiver<JobEvent>) -> (bool, String) {
    let (mut began, mut printed) = (false, Vec::new());
    while let Some(event) = told.recv().await {
        match event {
            JobEvent::StepStarted { .. } => began = true,
            JobEvent::Output { stream: Stream::Out, bytes, .. } if printed.len() < MAX_PRINTED => {
                printed.extend(bytes);
            }
            _ => {}
        }
    }
    (began, String::from_utf8_lossy(&printed).into_owned())
}

fn judged(subject: Subject, ended: &Ended, expected: Ending, words: &str) -> Finding {
    let outcome = &ended.outcome;
    if outcome.ending == expected && ended.began {
        return subject.found(true, words);
    }
    let before = if ended.began { "" } else { " before its step began" };
    let expected = expected.words();
    let words = format!("a job that had to end by “{expected}” ended{before}: {}", in_words(outcome));
    subject.found(false, words)
}

fn in_words(outcome: &JobOutcome) -> String {
    match &outcome.reason {
        Some(reason) => format!("{} ({reason})", outcome.ending.words()),
        None => outcome.ending.words().to_owned(),
    }
}
