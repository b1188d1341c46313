//! Whether there is a sandbox to run in.

use std::sync::Arc;

use crate::router::Router;

/// Whether runs can be had at this moment.
#[derive(Clone, Debug)]
pub enum Availability {
    /// The start-up probe is under way; what is asked for meanwhile waits for it.
    Checking,
    /// Jobs run on executors that stood the probe.
    Ready(Arc<Router>),
    /// Nothing runs.
    Off {
        /// Why, in words for the visitor.
        reason: String,
    },
}
