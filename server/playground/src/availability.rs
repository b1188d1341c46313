//! Whether there is a sandbox to run in.

use std::fmt;
use std::sync::Arc;

use crate::executor::Executor;

/// Whether runs can be had at this moment.
#[derive(Clone)]
pub enum Availability {
    /// The start-up probe is under way; what is asked for meanwhile waits for it.
    Checking,
    /// This executor stood the probe.
    Ready(Arc<dyn Executor>),
    /// Nothing runs.
    Off {
        /// Why, in words for the visitor.
        reason: String,
    },
}

impl fmt::Debug for Availability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Checking => f.write_str("Checking"),
            Self::Ready(executor) => f.debug_tuple("Ready").field(executor.isolation()).finish(),
            Self::Off { reason } => f.debug_struct("Off").field("reason", reason).finish(),
        }
    }
}
