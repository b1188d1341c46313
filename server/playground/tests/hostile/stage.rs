//! Where the jobs of these tests are run: one real executor, one case at a time.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use regatta_domain::ids::RunId;
use regatta_domain::ports::Entropy;
use regatta_domain::run::{Ending, Stream};
use regatta_playground::executor::{Executor, JobEvent, JobOutcome, JobSpec, JobStep, Limits};
use regatta_playground::gvisor::GvisorExecutor;
use regatta_playground::sandbox::{BubblewrapExecutor, HOST_TOOLS, SandboxConfig, Unavailable};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::traces::Traces;

/// What is played: an asynchronous function that takes the stage.
pub type Play = fn(&'static Stage) -> Pin<Box<dyn Future<Output = ()>>>;

/// One case.
#[derive(Clone, Copy)]
pub struct Case {
    /// Its name.
    pub name: &'static str,
    /// What is played.
    pub play: Play,
    /// Whether it looks at the clock, and so must not share the machine with other cases.
    pub against_the_clock: bool,
}

/// The list `CASES` of a module; those that look at the clock stand apart.
#[macro_export]
macro_rules! cases {
    ($($name:ident),* $(,)? $(; against the clock: $($timed:ident),* $(,)?)?) => {
        /// What is played from this file.
        pub const CASES: &[$crate::stage::Case] = &[
            $($crate::cases!(@one $name, false),)*
            $($($crate::cases!(@one $timed, true),)*)?
        ];
    };
    (@one $name:ident, $against_the_clock:literal) => {
        $crate::stage::Case {
            name: concat!(module_path!(), "::", stringify!($name)),
            play: |stage| Box::pin($name(stage)),
            against_the_clock: $against_the_clock,
        }
    };
}

/// The first of the user ids that the sandboxes of an executor take: other than the default, so that a portal on the same
/// machine is not taken for what a test left behind, and another for each executor.
fn first_user_id(executor: &str) -> u32 {
    if executor == "gvisor" { 61_100 } else { 61_000 }
}

/// Different bytes for every key, without secrecy.
struct Counting(AtomicU64);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let number = self.0.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            chunk.copy_from_slice(&number.to_le_bytes()[..chunk.len()]);
        }
    }
}

/// The random part of the names of the control groups that the program with this number makes.
pub fn token_of(maker: u32) -> String {
    let mut token = [0; 16];
    Counting(AtomicU64::new(u64::from(maker))).fill(&mut token);
    data_encoding::HEXLOWER.encode(&token)
}

/// An executor, and what runs its tasks.
pub struct Stage {
    /// Its name.
    pub name: &'static str,
    /// The first of the user ids of its sandboxes.
    pub first_user_id: u32,
    executor: Box<dyn Executor>,
    runtime: Runtime,
}

impl Stage {
    /// A stage with this executor as a portal makes it when it starts.
    pub fn open(name: &'static str) -> Result<Self, Unavailable> {
        let runtime = Runtime::new().unwrap();
        let executor = runtime.block_on(new_executor(name))?;
        Ok(Self { name, first_user_id: first_user_id(name), executor, runtime })
    }

    /// Plays a case; then nothing of it may be left, and another job must work.
    pub fn play(&'static self, case: Play) {
        self.block_on(async {
            let before = Traces::now(self);
            case(self).await;
            Traces::settle(self, &before).await;
            let told = self.run_script("echo still working").await;
            told.assert_ended(Ending::Succeeded);
            assert_eq!(told.printed(Stream::Out), "still working\n");
        });
    }

    /// Waits for `future` where the executor's tasks run.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    /// The executor.
    pub fn executor(&self) -> &dyn Executor {
        self.executor.as_ref()
    }

    /// Whether gVisor's kernel answers the jobs here.
    pub fn is_gvisor(&self) -> bool {
        self.name == "gvisor"
    }

    /// Whether limits are kept by looking instead of by the kernel.
    pub fn limits_are_soft(&self) -> bool {
        self.executor.isolation().findings.iter().any(|finding| finding.contains("limits are soft"))
    }

    /// Runs a job, and fails the test if anything of it is left when the executor says that it is over.
    pub async fn run(&self, job: &JobSpec) -> Told {
        let before = Traces::now(self);
        let told = self.watch(job, CancellationToken::new()).await;
        Traces::now(self).assert_nothing_new_since(&before);
        told
    }

    /// Runs one script under small limits, and fails the test if anything of it is left.
    pub async fn run_script(&self, script: &str) -> Told {
        self.run(&job(&[script], small())).await
    }

    /// Runs a job and collects what it tells.
    pub async fn watch(&self, job: &JobSpec, cancel: CancellationToken) -> Told {
        let (sender, mut receiver) = mpsc::channel(16);
        let started = Instant::now();
        let collect = async {
            let mut events = Vec::new();
            while let Some(event) = receiver.recv().await {
                events.push(event);
            }
            events
        };
        let (outcome, events) = tokio::join!(self.executor.run(job, sender, cancel), collect);
        Told { outcome, events, took: started.elapsed() }
    }
}

/// An executor as a portal makes it when it starts.
pub async fn new_executor(name: &'static str) -> Result<Box<dyn Executor>, Unavailable> {
    let entropy = Arc::new(Counting(AtomicU64::new(u64::from(std::process::id()))));
    let (program, first_user_id, control_groups) = (None, first_user_id(name), true);
    let config = SandboxConfig { program, first_user_id, control_groups, entropy };
    if name == "gvisor" {
        return Ok(Box::new(GvisorExecutor::probe(config).await?));
    }
    Ok(Box::new(BubblewrapExecutor::probe(config).await?))
}

/// What a job told and how it ended.
#[derive(Debug)]
pub struct Told {
    /// How it ended.
    pub outcome: JobOutcome,
    /// What it told, in order.
    pub events: Vec<JobEvent>,
    /// From asking for it to its end.
    pub took: Duration,
}

impl Told {
    /// What its steps printed to a stream, as text.
    pub fn printed(&self, to: Stream) -> String {
        String::from_utf8_lossy(&self.printed_bytes(to)).into_owned()
    }

    /// What its steps printed to a stream.
    pub fn printed_bytes(&self, to: Stream) -> Vec<u8> {
        let bytes = self.events.iter().filter_map(|event| match event {
            JobEvent::Output { stream, bytes, .. } if *stream == to => Some(bytes.as_slice()),
            _ => None,
        });
        bytes.collect::<Vec<_>>().concat()
    }

    /// The steps that ended, with their exit codes.
    pub fn exits(&self) -> Vec<(usize, i32)> {
        let exit = |event: &JobEvent| match event {
            JobEvent::StepEnded { step, exit, .. } => Some((*step, *exit)),
            _ => None,
        };
        self.events.iter().filter_map(exit).collect()
    }

    /// The values that it handed on.
    pub fn handed_on(&self) -> BTreeMap<String, String> {
        let value = |event: &JobEvent| match event {
            JobEvent::HandedOn { name, value } => Some((name.clone(), value.clone())),
            _ => None,
        };
        self.events.iter().filter_map(value).collect()
    }

    /// Fails the test unless the job ended so.
    #[track_caller]
    pub fn assert_ended(&self, ending: Ending) {
        self.assert_ended_in(&[ending]);
    }

    /// Fails the test unless the job ended in one of these ways.
    #[track_caller]
    pub fn assert_ended_in(&self, endings: &[Ending]) {
        let (out, err) = (self.printed(Stream::Out), self.printed(Stream::Err));
        let start = |text: &str| text.chars().take(2000).collect::<String>();
        let ending = self.outcome.ending;
        assert!(
            endings.contains(&ending),
            "{endings:?} was expected: {:?}\n{}\n{}",
            self.outcome,
            start(&out),
            start(&err)
        );
    }
}

/// Limits that are small, so that they are reached soon and do no harm where they fail.
pub fn small() -> Limits {
    Limits {
        time: Duration::from_secs(20),
        memory_bytes: 96 << 20,
        processes: 32,
        disk_bytes: 8 << 20,
        output_bytes: 256 << 10,
    }
}

/// The same with this much time.
pub fn short(time: Duration) -> Limits {
    Limits { time, ..small() }
}

/// A job of these steps.
pub fn job(scripts: &[&str], limits: Limits) -> JobSpec {
    static RUN: AtomicU64 = AtomicU64::new(0);
    let step = |(number, script): (usize, &&str)| JobStep {
        name: format!("step-{number}"),
        script: (*script).to_owned(),
        ..JobStep::default()
    };
    let mut id = [0; 16];
    id[..8].copy_from_slice(&RUN.fetch_add(1, Ordering::Relaxed).to_le_bytes());
    JobSpec {
        run: RunId::from_bytes(id),
        job: 0,
        attempt: 0,
        image: HOST_TOOLS.to_owned(),
        environment: BTreeMap::new(),
        steps: scripts.iter().enumerate().map(step).collect(),
        limits,
        results: Vec::new(),
        metadata: None,
        unpack: Vec::new(),
        pack: false,
    }
}
