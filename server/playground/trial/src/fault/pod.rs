//! What can happen to a pod.

use serde::{Deserialize, Serialize};

/// What happens to a pod.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PodFault {
    /// The image of its first container cannot be had, ever.
    ImagePull,
    /// Its container cannot be made: something that it needs is not there.
    ContainerConfig,
    /// It is out of memory.
    OutOfMemory(OomShape),
    /// Its node needs the room.
    Evicted,
    /// Somebody empties its node.
    Disrupted,
    /// It is removed by force.
    Vanishes,
    /// Its node falls silent: it is unknown what it does, and after a while it is given up.
    NodeLost,
    /// Its machine dies, and yet it is said to have succeeded.
    FalseSuccess,
    /// Its container is started a second time.
    Restarted,
    /// Its container is killed.
    Killed,
}

/// When it happens; what keeps a container from starting happens before that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// As soon as its last container runs.
    #[default]
    Running,
    /// As soon as its last container has printed so many bytes.
    Printed(u64),
}

/// What it looks like when a container has no more memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OomShape {
    /// `OOMKilled` with 137 at once.
    Runc,
    /// `OOMKilled` with 128, seconds later; until then it is said to run.
    Gvisor,
    /// `Error` with 137.
    Kata,
}

impl PodFault {
    /// Whether it keeps containers from starting.
    pub fn is_before_start(&self) -> bool {
        matches!(self, Self::ImagePull | Self::ContainerConfig)
    }
}

impl When {
    /// Whether a fault of this moment is due when a pod has come to `reached`.
    pub fn is_due(self, reached: Self) -> bool {
        match (self, reached) {
            (Self::Printed(wanted), Self::Printed(printed)) => printed >= wanted,
            (Self::Running, Self::Printed(_)) => true,
            (wanted, reached) => wanted == reached,
        }
    }
}
