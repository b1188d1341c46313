//! Jobs in pods of a Kubernetes cluster, each in a virtual machine of its own where the runtime class is Kata's.
//!
//! [`settings`] says what an operator decides.

pub mod settings;
