//! One job in bubblewrap.

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::command::{SHARED_MEMORY, STATE, TEMPORARY, WORKSPACE};
use super::host::Host;
use super::process::Sandbox;
use crate::executor::{JobEvent, JobSpec};
use crate::frames::{self, Conclusion, Layout};

/// How many files each of a job's file systems may hold.
const MAX_FILES: u64 = 65_536;

/// Runs `job` in a sandbox of its own until it is over or `stop` is cancelled. Nothing of it runs afterwards; what the
/// kernel takes long to free is followed by a task.
pub async fn run(
    host: &Host,
    job: &JobSpec,
    events: mpsc::Sender<JobEvent>,
    stop: &CancellationToken,
) -> Conclusion {
    let start = Sandbox::start(host, &job.limits);
    frames::run(job, host.new_key(), &layout(), start, events, stop).await
}

fn layout() -> Layout {
    Layout {
        shell: "/bin/sh".into(),
        workspace: WORKSPACE.into(),
        state: STATE.into(),
        watched: [WORKSPACE, TEMPORARY, SHARED_MEMORY, STATE].map(Into::into).to_vec(),
        files: MAX_FILES,
        walls: None,
    }
}
