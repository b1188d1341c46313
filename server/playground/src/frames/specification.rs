//! What the runner is told of a job.

use regatta_domain::pipeline::{MAX_OUTPUT_BYTES, MAX_OUTPUTS, MAX_WORKSPACE_BYTES, Manner};
use regatta_runner::{Identity, Spec, SpecStep, frame};

use super::Layout;
use crate::executor::{JobSpec, JobStep};

// The frames carry all that a job may hand on, and no more.
const _: () = assert!(frame::MAX_VALUE == MAX_OUTPUT_BYTES);
const _: () = assert!(frame::MAX_VALUES == MAX_OUTPUTS);
const _: () = assert!(frame::MAX_WORKSPACE == MAX_WORKSPACE_BYTES);

/// Which job it is.
pub fn identity(job: &JobSpec) -> Identity {
    Identity { run: job.run.to_string(), job: job.job as u64, attempt: job.attempt }
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
