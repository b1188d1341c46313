//! Jobs in pods of a Kubernetes cluster, each in a virtual machine of its own where the runtime class is Kata's.
//!
//! Before any job: [`settings`] says what an operator decides, [`cluster`] whether a cluster is fit, [`pod`] what a job's
//! pod is, [`keys`] what follows from the portal's secret, [`probe`] what pods show of themselves before any is trusted,
//! [`problem`] what the answers of the API server mean.
//!
//! A job: `executor` runs it by [`pods`], where `room` is the line for a place, [`watch`] what is seen of all pods, and
//! `job` one life: `creation`, `setup` (with `milestones`), `logs`, `keeper` for its times, `aftermath` for what became of
//! it by its pod's `status`, `removal`. The [`reaper`] deletes what nobody comes back for.

mod aftermath;
mod backoff;
pub mod cluster;
mod creation;
pub mod describe;
mod executor;
mod job;
mod keeper;
pub mod keys;
mod link;
mod logs;
mod milestones;
pub mod pod;
pub mod pods;
pub mod probe;
pub mod problem;
mod quantity;
pub mod reaper;
mod removal;
mod room;
pub mod settings;
mod setup;
mod status;
pub mod watch;

pub use self::executor::{KubernetesExecutor, NAME};
