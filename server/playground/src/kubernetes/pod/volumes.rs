//! The folders of a pod. All of them live in memory: nothing of a job is ever on a node's disk, and how full each is can be
//! seen from inside.

use k8s_openapi::api::core::v1::{EmptyDirVolumeSource, Volume, VolumeMount};
use regatta_runner::Walls;

use crate::executor::Limits;
use crate::frames::Layout;
use crate::kubernetes::quantity;

/// Where steps start and may write.
const WORKSPACE: &str = "/workspace";
/// The temporary folder.
const TEMPORARY: &str = "/tmp";
/// Where the runner keeps what it carries from step to step.
const STATE: &str = "/regatta/state";
/// Where the init container puts the runner.
pub const PROGRAMS: &str = "/regatta/bin";
/// Where the init container puts the job, until the runner has read it.
pub const INPUT: &str = "/regatta/input";
/// The file system for memory that processes share. Every container has one.
const SHARED_MEMORY: &str = "/dev/shm";
/// Where a container may leave its last words: a file on the node's own disk that everybody in it may write to, without a limit
/// of the cluster's, and that no pod can be without.
const LAST_WORDS: &str = "/dev/termination-log";

const TEMPORARY_BYTES: u64 = 64 << 20;
const STATE_BYTES: u64 = 1 << 20;
const PROGRAMS_BYTES: u64 = 16 << 20;
/// The most bytes of the folder that the job comes in.
pub const INPUT_BYTES: u64 = 4 << 20;
/// How many files each of a job's file systems may hold.
pub const MAX_FILES: u64 = 65_536;

/// A pod's folders for a job with these limits.
pub fn all(limits: &Limits) -> Vec<Volume> {
    vec![
        in_memory("runner", PROGRAMS_BYTES),
        in_memory("input", INPUT_BYTES),
        in_memory("work", limits.disk_bytes),
        in_memory("tmp", TEMPORARY_BYTES),
        in_memory("state", STATE_BYTES),
    ]
}

fn in_memory(name: &str, bytes: u64) -> Volume {
    let folder =
        EmptyDirVolumeSource { medium: Some("Memory".to_owned()), size_limit: Some(quantity::bytes(bytes)) };
    Volume { name: name.to_owned(), empty_dir: Some(folder), ..Volume::default() }
}

/// What the init container writes to.
pub fn of_runner() -> Vec<VolumeMount> {
    vec![mount("runner", PROGRAMS, false), mount("input", INPUT, false)]
}

/// What the job's container has.
pub fn of_job() -> Vec<VolumeMount> {
    vec![
        mount("runner", PROGRAMS, true),
        // Writable, so that the runner can take its job away before a step starts.
        mount("input", INPUT, false),
        mount("work", WORKSPACE, false),
        mount("tmp", TEMPORARY, false),
        mount("state", STATE, false),
    ]
}

fn mount(name: &str, path: &str, read_only: bool) -> VolumeMount {
    VolumeMount {
        name: name.to_owned(),
        mount_path: path.to_owned(),
        read_only: read_only.then_some(true),
        ..VolumeMount::default()
    }
}

/// What a pod looks like to the runner in it, which puts these walls around steps.
pub fn layout(walls: Walls) -> Layout {
    Layout {
        shell: "/bin/sh".into(),
        workspace: WORKSPACE.into(),
        state: STATE.into(),
        watched: [WORKSPACE, TEMPORARY, SHARED_MEMORY, STATE, INPUT, LAST_WORDS].map(Into::into).to_vec(),
        files: MAX_FILES,
        walls: Some(walls),
    }
}
