//! Jobs in gVisor: a kernel in user space answers their system calls.
//!
//! - [`runsc`] finds the program and refuses one that is too old.
//! - [`mod@line`] puts it, with its kernel and its file server, inside bubblewrap's walls, as a user without
//!   rights on this machine. Whoever breaks out of gVisor stands in an empty sandbox; and whatever becomes of gVisor's
//!   processes, bubblewrap's namespace takes all of them along.
//! - [`bundle`] describes the container: the same programs, folders and limits as a job has without gVisor.
//! - [`probe`] attacks one before any is trusted, and sees to it that the kernel inside is not this machine's.
//!
//! gVisor keeps neither descriptors of processes of the same user from each other nor the first process from signals of
//! its own. So the runner is another user than the steps, who can reach nothing of it.

mod bundle;
mod line;
mod probe;
mod runsc;

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::executor::{Executor, ImageMeaning, Isolation, JobEvent, JobOutcome, JobSpec};
use crate::sandbox::host::Host;
use crate::sandbox::{self, HOST_TOOLS, SandboxConfig, Unavailable};

/// Runs each job in a gVisor container of its own. Exists only where [`GvisorExecutor::probe`] found that these hold.
pub struct GvisorExecutor {
    host: Arc<Host>,
    isolation: Isolation,
    host_tools: ImageMeaning,
}

impl GvisorExecutor {
    /// Looks for gVisor, attacks a container of its own with it, and returns an executor only if that held.
    pub async fn probe(config: SandboxConfig) -> Result<Self, Unavailable> {
        let (host, isolation, host_tools) = probe::probe(config).await?;
        Ok(Self { host: Arc::new(host), isolation, host_tools })
    }
}

#[async_trait]
impl Executor for GvisorExecutor {
    fn isolation(&self) -> &Isolation {
        &self.isolation
    }

    fn image(&self, alias: &str) -> Result<&ImageMeaning, String> {
        sandbox::host_tools(alias, &self.host_tools)
    }

    fn images(&self) -> Vec<&str> {
        vec![HOST_TOOLS]
    }

    async fn run(
        &self,
        job: &JobSpec,
        events: mpsc::Sender<JobEvent>,
        cancel: CancellationToken,
    ) -> JobOutcome {
        match self.image(&job.image) {
            Ok(_) => sandbox::run(&self.host, job, events, cancel).await,
            Err(instead) => sandbox::not_to_be_had(job, &instead),
        }
    }
}
