//! Where the jobs of these tests are run: one real executor, one job at a time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use regatta_domain::ids::RunId;
use regatta_domain::pipeline::Step;
use regatta_domain::ports::Entropy;
use regatta_domain::run::{Ending, Stream};
use regatta_playground::executor::{Executor as _, JobEvent, JobOutcome, JobSpec, Limits};
use regatta_playground::sandbox::{BubblewrapConfig, BubblewrapExecutor, HOST_TOOLS};
use tokio::sync::{Mutex, MutexGuard, OnceCell, mpsc};
use tokio_util::sync::CancellationToken;

use crate::traces::Traces;

/// Other than the default, so that a portal on the same machine is not taken for what a test left behind.
pub const FIRST_USER_ID: u32 = 61_000;

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

/// Whether limits are kept by looking instead of by the kernel.
pub async fn limits_are_soft() -> bool {
    executor().await.isolation().findings.iter().any(|finding| finding.contains("limits are soft"))
}

/// The executor that all tests share. Without bubblewrap the tests fail and say how to install it.
pub async fn executor() -> &'static BubblewrapExecutor {
    static EXECUTOR: OnceCell<BubblewrapExecutor> = OnceCell::const_new();
    let probe = || async {
        wait_for_other_programs();
        new_executor().await
    };
    EXECUTOR.get_or_init(probe).await
}

/// An executor as a portal makes it when it starts.
pub async fn new_executor() -> BubblewrapExecutor {
    let config = BubblewrapConfig {
        program: None,
        first_user_id: FIRST_USER_ID,
        control_groups: true,
        entropy: Arc::new(Counting(AtomicU64::new(u64::from(std::process::id())))),
    };
    BubblewrapExecutor::probe(config).await.unwrap_or_else(|unavailable| panic!("{unavailable}"))
}

/// Set where the program that started this one has seen to it that no other runs these tests.
pub const ALONE_ALREADY: &str = "SANDBOX_TESTS_RUN_ALONE";

/// Two programs that run these tests at once would take each other's processes for left behind. The lock is on a file
/// that is there anyway, and ends with this program.
fn wait_for_other_programs() {
    static LOCK: std::sync::OnceLock<std::fs::File> = std::sync::OnceLock::new();
    if std::env::var_os(ALONE_ALREADY).is_none() {
        LOCK.get_or_init(|| {
            let file = std::fs::File::open("/bin/sh").unwrap();
            file.lock().unwrap();
            file
        });
    }
}

/// The stage for one test alone, so that what is left afterwards is known to be its own.
pub async fn alone() -> MutexGuard<'static, ()> {
    static STAGE: Mutex<()> = Mutex::const_new(());
    STAGE.lock().await
}

/// What a job told and how it ended.
#[derive(Debug)]
pub struct Told {
    pub outcome: JobOutcome,
    pub events: Vec<JobEvent>,
    pub took: Duration,
}

impl Told {
    /// What its steps printed to a stream, as text.
    pub fn printed(&self, to: Stream) -> String {
        let bytes = self.events.iter().filter_map(|event| match event {
            JobEvent::Output { stream, bytes, .. } if *stream == to => Some(bytes.as_slice()),
            _ => None,
        });
        String::from_utf8_lossy(&bytes.collect::<Vec<_>>().concat()).into_owned()
    }

    /// The steps that ended, with their exit codes.
    pub fn exits(&self) -> Vec<(usize, i32)> {
        let exit = |event: &JobEvent| match event {
            JobEvent::StepEnded { step, exit, .. } => Some((*step, *exit)),
            _ => None,
        };
        self.events.iter().filter_map(exit).collect()
    }

    /// Fails the test unless the job ended so.
    #[track_caller]
    pub fn assert_ended(&self, ending: Ending) {
        let (out, err) = (self.printed(Stream::Out), self.printed(Stream::Err));
        let start = |text: &str| text.chars().take(2000).collect::<String>();
        assert_eq!(self.outcome.ending, ending, "{:?}\n{}\n{}", self.outcome, start(&out), start(&err));
    }
}

/// Limits that are small, so that they are reached soon and do no harm where they fail.
pub fn small() -> Limits {
    Limits {
        time: Duration::from_secs(15),
        memory_bytes: 96 << 20,
        processes: 32,
        disk_bytes: 8 << 20,
        output_bytes: 256 << 10,
    }
}

/// A job of these steps.
pub fn job(scripts: &[&str], limits: Limits) -> JobSpec {
    static RUN: AtomicU64 = AtomicU64::new(0);
    let step = |(number, script): (usize, &&str)| Step {
        name: format!("step-{number}"),
        script: (*script).to_owned(),
        always: false,
    };
    let mut id = [0; 16];
    id[..8].copy_from_slice(&RUN.fetch_add(1, Ordering::Relaxed).to_le_bytes());
    JobSpec {
        run: RunId::from_bytes(id),
        job: 0,
        image: HOST_TOOLS.to_owned(),
        environment: BTreeMap::new(),
        steps: scripts.iter().enumerate().map(step).collect(),
        limits,
    }
}

/// Runs a job, and fails the test if anything of it is left.
pub async fn run(job: &JobSpec) -> Told {
    let executor = executor().await;
    let _alone = alone().await;
    let before = Traces::now();
    let told = watch(executor, job, CancellationToken::new()).await;
    Traces::now().assert_nothing_new_since(&before);
    told
}

/// Runs one script under small limits, and fails the test if anything of it is left.
pub async fn run_script(script: &str) -> Told {
    run(&job(&[script], small())).await
}

/// Runs a job and collects what it tells.
pub async fn watch(executor: &BubblewrapExecutor, job: &JobSpec, cancel: CancellationToken) -> Told {
    let (sender, mut receiver) = mpsc::channel(16);
    let started = std::time::Instant::now();
    let collect = async {
        let mut events = Vec::new();
        while let Some(event) = receiver.recv().await {
            events.push(event);
        }
        events
    };
    let (outcome, events) = tokio::join!(executor.run(job, sender, cancel), collect);
    Told { outcome, events, took: started.elapsed() }
}
