//! Jobs in pods of a Kubernetes cluster, each in a virtual machine of its own where the runtime class is Kata's.
//!
//! [`settings`] says what an operator decides, [`cluster`] whether a cluster is fit, [`pod`] what a job's pod is, [`keys`] what
//! follows from the portal's secret, [`probe`] what pods show of themselves before any is trusted, [`problem`] what the
//! answers of the API server mean.

pub mod cluster;
pub mod keys;
pub mod pod;
pub mod probe;
pub mod problem;
mod quantity;
pub mod settings;
