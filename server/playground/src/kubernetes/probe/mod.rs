//! The probe: before a cluster is trusted, pods of the same kind as every job's show from the inside what they can reach.

mod report;

use async_trait::async_trait;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::executor::{JobEvent, JobOutcome, JobSpec};

pub use self::report::{Finding, ProbeFailure, ProbeReport};

/// Runs jobs in pods, as the executor does for visitors.
#[async_trait]
pub trait RunsJobs: Send + Sync {
    /// Runs a job to its end, as [`crate::executor::Executor::run`] does.
    async fn run(
        &self,
        job: &JobSpec,
        events: mpsc::Sender<JobEvent>,
        cancel: CancellationToken,
    ) -> JobOutcome;
}
