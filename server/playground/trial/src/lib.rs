//! A private Kubernetes cluster of one node for as long as a test or a measurement runs.
//!
//! It has an API server (`api`, `admission`, `store`, `front`) that is faithful for what the playground uses, and a node
//! (`node`) that really runs containers, under bubblewrap: an image is the runner alone, or this machine's tools. What
//! goes wrong in earnest goes wrong here on demand ([`Fault`]). Whatever can go wrong with the cluster itself makes a
//! test fail with the reason; nothing is skipped.
#![expect(clippy::panic, reason = "a test or a measurement without its cluster fails by panicking")]

mod admission;
mod api;
mod clock;
mod cluster;
mod control;
mod fault;
mod front;
mod identity;
mod kind;
mod node;
mod options;
mod quantity;
mod stage;
mod store;
mod system;
mod world;

pub use api::calls::Calls;
pub use cluster::TrialCluster;
pub use fault::{Fault, OomShape, PodFault, When};
pub use options::{
    ImageContent, PORTAL_IMAGE, TOOLS_IMAGE, Timing, TrialImage, TrialOptions, TrialRuntimeClass, amounts,
};
