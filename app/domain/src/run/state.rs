//! Where runs, jobs and steps stand.

use serde::{Deserialize, Serialize};

/// How a job or a run came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Every step ended with exit code 0, told by the runner's authenticated end.
    Succeeded,
    /// A step ended with another exit code.
    Failed,
    /// The time limit was reached.
    TimedOut,
    /// The memory limit was reached.
    OutOfMemory,
    /// More was printed than a log may hold.
    OutputLimit,
    /// The workspace was full.
    DiskLimit,
    /// More processes were started than allowed.
    ProcessLimit,
    /// Somebody stopped it.
    Cancelled,
    /// Its image could not be fetched.
    ImagePull,
    /// The cluster took its place away, for the sake of others or of the node.
    Evicted,
    /// The node it ran on was lost.
    NodeLost,
    /// Its pod was gone without having ended.
    Vanished,
    /// The portal or its sandbox failed in another way; the pipeline is not to blame.
    InfraError,
}

/// Where a run stands. `Ended` is final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Waits for its turn.
    Queued,
    /// Its first sandbox is being made.
    Starting,
    /// A step runs.
    Running,
    /// It is over.
    Ended(Ending),
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Waits for the jobs it needs.
    Waiting,
    /// Its sandbox is being made.
    Starting,
    /// A step runs.
    Running,
    /// It is over.
    Ended(Ending),
    /// It never starts, because of a job it needs.
    Skipped,
    /// It never starts, because one of its own conditions does not hold. Shown like one that is skipped, but some that need
    /// it may start all the same.
    LeftOut,
}

/// Where a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Its turn has not come.
    Waiting,
    /// It runs.
    Running,
    /// It ended with this exit code (128 + n when signal n ended it).
    Exited(i32),
    /// It ran when its job was stopped from outside; its exit code says nothing of its own doing.
    Stopped,
    /// It was left out, because a step before it failed or the job was stopped.
    Skipped,
}

impl Ending {
    /// Every ending, for tests and tables.
    pub const ALL: [Self; 13] = [
        Self::Succeeded,
        Self::Failed,
        Self::TimedOut,
        Self::OutOfMemory,
        Self::OutputLimit,
        Self::DiskLimit,
        Self::ProcessLimit,
        Self::Cancelled,
        Self::ImagePull,
        Self::Evicted,
        Self::NodeLost,
        Self::Vanished,
        Self::InfraError,
    ];

    /// The name under which it is stored and styled.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::TimedOut => "timed_out",
            Self::OutOfMemory => "out_of_memory",
            Self::OutputLimit => "output_limit",
            Self::DiskLimit => "disk_limit",
            Self::ProcessLimit => "process_limit",
            Self::Cancelled => "cancelled",
            Self::ImagePull => "image_pull",
            Self::Evicted => "evicted",
            Self::NodeLost => "node_lost",
            Self::Vanished => "vanished",
            Self::InfraError => "infra_error",
        }
    }

    /// The words a visitor reads.
    pub fn words(self) -> &'static str {
        match self {
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::TimedOut => "Stopped: time limit",
            Self::OutOfMemory => "Stopped: memory limit",
            Self::OutputLimit => "Stopped: output limit",
            Self::DiskLimit => "Stopped: disk limit",
            Self::ProcessLimit => "Stopped: process limit",
            Self::Cancelled => "Cancelled",
            Self::ImagePull => "Image not to be had",
            Self::Evicted => "Evicted from its node",
            Self::NodeLost => "Its node was lost",
            Self::Vanished => "Its pod vanished",
            Self::InfraError => "The portal failed",
        }
    }

    /// Whether the portal, its sandbox or its cluster failed: nothing that the pipeline is to blame for.
    pub fn is_infrastructure(self) -> bool {
        matches!(self, Self::ImagePull | Self::Evicted | Self::NodeLost | Self::Vanished | Self::InfraError)
    }

    /// Whether it came from outside the steps: a limit, somebody's wish, a fault of the portal.
    pub fn is_a_stop(self) -> bool {
        !matches!(self, Self::Succeeded | Self::Failed)
    }
}

impl RunState {
    /// The name under which it is stored and styled.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Ended(ending) => ending.as_str(),
        }
    }

    /// The state stored under `name`.
    pub fn named(name: &str) -> Option<Self> {
        let living = [Self::Queued, Self::Starting, Self::Running];
        living.into_iter().chain(Ending::ALL.map(Self::Ended)).find(|state| state.as_str() == name)
    }

    /// The words a visitor reads.
    pub fn words(self) -> &'static str {
        match self {
            Self::Queued => "Queued",
            Self::Starting => "Starting",
            Self::Running => "Running",
            Self::Ended(ending) => ending.words(),
        }
    }

    /// Whether it is final.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Ended(_))
    }

    /// Whether a run may go from here to `next`: only onwards, and never on from an end.
    pub fn may_become(self, next: Self) -> bool {
        let rank = |state: Self| match state {
            Self::Queued => 0,
            Self::Starting => 1,
            Self::Running => 2,
            Self::Ended(_) => 3,
        };
        rank(self) < rank(next)
    }
}

impl JobState {
    /// The name under which it is styled.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "queued",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Ended(ending) => ending.as_str(),
            Self::Skipped | Self::LeftOut => "skipped",
        }
    }

    /// The words a visitor reads.
    pub fn words(self) -> &'static str {
        match self {
            Self::Waiting => "Waiting",
            Self::Starting => "Starting",
            Self::Running => "Running",
            Self::Ended(ending) => ending.words(),
            Self::Skipped | Self::LeftOut => "Skipped",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_only_go_onwards() {
        let ended = RunState::Ended(Ending::Failed);
        assert!(RunState::Queued.may_become(ended));
        assert!(!ended.may_become(RunState::Running));
        assert!(!ended.may_become(RunState::Ended(Ending::Succeeded)));
        for state in [RunState::Queued, RunState::Starting, RunState::Running, ended] {
            assert_eq!(RunState::named(state.as_str()), Some(state));
            let json = serde_json::to_string(&state).unwrap();
            assert_eq!(serde_json::from_str::<RunState>(&json).unwrap(), state);
        }
    }
}
