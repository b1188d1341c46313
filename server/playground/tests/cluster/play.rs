//! Jobs, and what is heard of them.

use std::sync::Arc;
use std::time::Duration;

use regatta_domain::ids::RunId;
use regatta_domain::run::{Ending, Stream};
use regatta_playground::executor::{Executor, JobEvent, JobOutcome, JobSpec, JobStep};
use regatta_playground::kubernetes::KubernetesExecutor;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::ground::{self, Ground};

/// Prints twenty numbers in two seconds.
pub const COUNT: &str =
    "for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do echo $n; sleep 0.1; done";
/// Says that it runs, and goes on for longer than anybody waits.
pub const LONG: &str = "echo under way; sleep 50";

/// What [`COUNT`] prints.
pub fn counted() -> String {
    let lines: Vec<String> = (1..=20).map(|number| number.to_string()).collect();
    lines.join("\n") + "\n"
}

/// A job of one step. Each number is another run.
pub fn job(ground: &Ground, number: usize, script: &str) -> JobSpec {
    JobSpec {
        run: run(ground, number),
        job: 0,
        attempt: 0,
        image: "host-tools".to_owned(),
        environment: [].into(),
        steps: vec![JobStep { name: "one".to_owned(), script: script.to_owned(), ..JobStep::default() }],
        limits: ground::limits(),
        results: Vec::new(),
        metadata: None,
        unpack: Vec::new(),
        pack: false,
    }
}

/// A run that no other case has, nor another process: clusters may be shared.
fn run(ground: &Ground, number: usize) -> RunId {
    let letter = |value: u8| char::from(b'a' + value % 26);
    let number = u8::try_from(number).unwrap();
    let own = [number / 26, number].into_iter().chain(ground.secret().into_iter().take(23));
    own.map(letter).chain(['a']).collect::<String>().parse().unwrap()
}

/// A job under way.
pub struct Play {
    events: mpsc::Receiver<JobEvent>,
    heard: Vec<JobEvent>,
    /// Stops it.
    pub cancel: CancellationToken,
    task: JoinHandle<JobOutcome>,
}

/// What became of a job.
pub struct Over {
    /// Its outcome.
    pub outcome: JobOutcome,
    /// All that was heard of it.
    pub events: Vec<JobEvent>,
}

/// Starts a job.
pub fn play(executor: &Arc<KubernetesExecutor>, job: JobSpec) -> Play {
    let (sender, events) = mpsc::channel(1 << 12);
    let cancel = CancellationToken::new();
    let (stop, executor) = (cancel.clone(), executor.clone());
    let task = tokio::spawn(async move { executor.run(&job, sender, stop).await });
    Play { events, heard: Vec::new(), cancel, task }
}

/// Runs a job here, without a task of its own.
pub async fn overheard(executor: &KubernetesExecutor, job: JobSpec) -> Over {
    let (sender, mut events) = mpsc::channel(1 << 12);
    let outcome = executor.run(&job, sender, CancellationToken::new()).await;
    let heard = std::iter::from_fn(|| events.try_recv().ok());
    Over { outcome, events: heard.collect() }
}

impl Play {
    /// Waits until a step has printed something.
    pub async fn until_it_prints(&mut self) {
        while let Some(event) = self.events.recv().await {
            let prints = matches!(event, JobEvent::Output { .. });
            self.heard.push(event);
            if prints {
                return;
            }
        }
        panic!("it is over, and has printed nothing: {:?}", self.heard);
    }

    /// Waits for its end.
    pub async fn over(mut self) -> Over {
        while let Some(event) = self.events.recv().await {
            self.heard.push(event);
        }
        Over { outcome: self.task.await.unwrap(), events: self.heard }
    }

    /// Forgets it, as a portal does that goes down.
    pub async fn abandon(self) {
        self.task.abort();
        drop(self.task.await);
    }
}

impl Over {
    /// What its steps printed.
    pub fn printed(&self) -> String {
        let bytes = self.events.iter().filter_map(|event| match event {
            JobEvent::Output { stream: Stream::Out, bytes, .. } => Some(bytes.as_slice()),
            _ => None,
        });
        String::from_utf8(bytes.collect::<Vec<_>>().concat()).unwrap()
    }

    /// Fails unless it succeeded and printed that.
    pub fn succeeded_with(&self, printed: &str) {
        assert_eq!(self.outcome.ending, Ending::Succeeded, "{:?}: {}", self.outcome, self.printed());
        assert_eq!(self.printed(), printed);
    }
}

/// A moment for things that must not happen.
pub async fn a_moment(millis: u64) {
    tokio::time::sleep(Duration::from_millis(millis)).await;
}
