//! Where a job runs, and how its sandbox came to be.

use serde::{Deserialize, Serialize};

/// Where a job runs, and why there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    /// The executor's name: `bubblewrap`, `gvisor`, `kubernetes`.
    pub executor: String,
    /// What keeps the job from the machine.
    pub level: IsolationLevel,
    /// Why this executor was chosen, in a sentence without its full stop.
    pub reason: String,
    /// What its image means there, where that is not what its name says: "stands for host-tools".
    pub image: Option<String>,
    /// Whether the image had to be fetched.
    pub image_state: ImageState,
}

/// What keeps a job from the machine it runs on, told truthfully.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IsolationLevel {
    /// Name spaces, limits and a filter of system calls, on the machine's own kernel.
    Process,
    /// A kernel in user space answers its system calls.
    ApplicationKernel,
    /// A virtual machine with a kernel of its own.
    VirtualMachine,
}

/// Whether an image was there when it was needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageState {
    /// It is a part of this machine: there is nothing to fetch.
    #[default]
    Local,
    /// It had been fetched before.
    Cached,
    /// It was fetched for this job.
    Fetched,
}

/// How far a sandbox has come. In the order in which they are reached; which of them there are depends on the executor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Milestone {
    /// The sandbox was asked for.
    Asked,
    /// The cluster has taken down the pod.
    PodCreated,
    /// The cluster has found a node for it.
    Scheduled,
    /// The sandbox stands: its process, or its virtual machine with its network, was started.
    SandboxStarted,
    /// Its image is on the node.
    ImagePulled,
    /// The container that runs the steps was started in it.
    ContainerStarted,
    /// The runner inside it has said hello.
    RunnerReady,
}

impl IsolationLevel {
    /// Every level, from the weakest.
    pub const ALL: [Self; 3] = [Self::Process, Self::ApplicationKernel, Self::VirtualMachine];

    /// The name under which it is stored and styled.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::ApplicationKernel => "application_kernel",
            Self::VirtualMachine => "virtual_machine",
        }
    }

    /// The level stored under `name`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == name)
    }

    /// The words a visitor reads.
    pub fn words(self) -> &'static str {
        match self {
            Self::Process => "process isolation, shared kernel",
            Self::ApplicationKernel => {
                "a kernel in user space between the job and the machine's; no virtual machine"
            }
            Self::VirtualMachine => "a virtual machine with a kernel of its own",
        }
    }
}

impl ImageState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Local, Self::Cached, Self::Fetched];

    /// The name under which it is stored and styled.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Cached => "cached",
            Self::Fetched => "fetched",
        }
    }

    /// The state stored under `name`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// The words a visitor reads.
    pub fn words(self) -> &'static str {
        match self {
            Self::Local => "image: a part of the machine",
            Self::Cached => "image cached",
            Self::Fetched => "image fetched",
        }
    }
}

impl Milestone {
    /// Every milestone, in order.
    pub const ALL: [Self; 7] = [
        Self::Asked,
        Self::PodCreated,
        Self::Scheduled,
        Self::SandboxStarted,
        Self::ImagePulled,
        Self::ContainerStarted,
        Self::RunnerReady,
    ];

    /// The name under which it is stored and measured.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::PodCreated => "pod_created",
            Self::Scheduled => "scheduled",
            Self::SandboxStarted => "sandbox_started",
            Self::ImagePulled => "image_pulled",
            Self::ContainerStarted => "container_started",
            Self::RunnerReady => "runner_ready",
        }
    }

    /// The words a visitor reads.
    pub fn words(self) -> &'static str {
        match self {
            Self::Asked => "Sandbox asked for",
            Self::PodCreated => "Pod created",
            Self::Scheduled => "Node found",
            Self::SandboxStarted => "Sandbox started",
            Self::ImagePulled => "Image there",
            Self::ContainerStarted => "Container started",
            Self::RunnerReady => "Runner ready",
        }
    }
}
