//! What the runner is told of a job.

use regatta_domain::pipeline::{MAX_OUTPUT_BYTES, MAX_OUTPUTS, MAX_WORKSPACE_BYTES, Manner};
use regatta_runner::frame::{self, Payload};
use regatta_runner::{Identity, Spec, SpecStep, Walls};

use super::Layout;
use crate::executor::{JobSpec, JobStep};
use crate::sandbox::seccomp;

// The frames carry all that a job may hand on, and no more.
const _: () = assert!(frame::MAX_VALUE == MAX_OUTPUT_BYTES);
const _: () = assert!(frame::MAX_VALUES == MAX_OUTPUTS);
const _: () = assert!(frame::MAX_WORKSPACE == MAX_WORKSPACE_BYTES);

/// Which job it is.
pub fn identity(job: &JobSpec) -> Identity {
    Identity { run: job.run.to_string(), job: job.job as u64, attempt: job.attempt }
}

/// The walls that a runner puts up itself, with the same filters of system calls as sandboxes of this machine have. What
/// memory files hold is counted wherever a runner does so: pods have a limit of memory.
pub fn walls() -> Result<Walls, seccompiler::BackendError> {
    Ok(Walls { filters: seccomp::filters(true)?.into_iter().map(Payload).collect() })
}

/// The specification of `job` in a sandbox of this layout.
pub fn of(job: &JobSpec, layout: &Layout) -> Spec {
    Spec {
        identity: identity(job),
        steps: job.steps.iter().map(step).collect(),
        environment: job.environment.clone(),
        shell: layout.shell.clone(),
        workspace: layout.workspace.clone(),
        state: layout.state.clone(),
        watched: layout.watched.clone(),
        files: Some(layout.files),
        processes: Some(job.limits.processes),
        results: job.results.clone(),
        metadata: job.metadata.clone(),
        unpack: job.unpack.iter().map(|packed| packed.len() as u64).collect(),
        pack: job.pack,
        disk_bytes: layout.walls.as_ref().map(|_| job.limits.disk_bytes),
        walls: layout.walls.clone(),
    }
}

fn step(step: &JobStep) -> SpecStep {
    SpecStep {
        name: step.name.clone(),
        script: step.script.clone(),
        manner: match step.manner {
            Manner::Sourced => regatta_runner::Manner::Sourced,
            Manner::Program => regatta_runner::Manner::Program,
        },
        always: step.always,
        tolerated: step.tolerated,
        environment: step.environment.clone(),
        directory: step.directory.clone(),
        timeout_ms: step.timeout.map(|most| u64::try_from(most.as_millis()).unwrap_or(u64::MAX)),
    }
}

#[cfg(test)]
mod tests {
    use regatta_runner::spec::{MAX_FILTER_BYTES, MAX_FILTERS};

    use super::*;

    #[test]
    fn the_runner_takes_the_filters() {
        let filters = walls().unwrap().filters;
        assert!((1..=MAX_FILTERS).contains(&filters.len()));
        assert!(filters.iter().map(|filter| filter.0.len()).sum::<usize>() <= MAX_FILTER_BYTES);
        assert!(filters.iter().all(|filter| filter.0.len() <= frame::MAX_PAYLOAD));
    }
}
