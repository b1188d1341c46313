//! Runs pipelines where they can do no harm, and tells what happens while it happens.
//!
//! A run is admitted ([`admission`]) and waits in the store for its turn (`dispatch`, `holding`). It is conducted job by
//! job in the order its graph allows (`conduct`, `graph`, `job`, `exchange`) in sandboxes ([`executor`], [`router`]),
//! writes its log (`transcript`, `budget`, `lines`, `colours`, `escapes`, `journal`), is watched (`channel`, [`live`]) and
//! read ([`reading`]). What an interruption leaves is found (`lapse`) and put right (`recovery`), or goes on from what its
//! log tells (`past`) where it can (`succession`). What can be measured of it is told to an [`observer`].
//! [`service::Playground`] is all of it for the rest of the portal.

pub mod admission;
mod amount;
pub mod availability;
mod budget;
mod cancel;
mod channel;
mod colours;
mod conduct;
mod dispatch;
mod escapes;
mod exchange;
pub mod executor;
mod finished;
mod frames;
mod graph;
pub mod gvisor;
mod holding;
mod job;
mod journal;
pub mod kubernetes;
mod lapse;
mod lines;
pub mod live;
pub mod observer;
mod past;
mod patience;
pub mod reading;
mod recovery;
pub mod router;
pub mod sandbox;
pub mod service;
pub mod settings;
mod spans;
mod spec;
mod stage;
mod stop;
mod succession;
mod transcript;
mod turn;

pub use admission::{NewRun, SubmitError};
pub use availability::Availability;
pub use cancel::{Cancellation, cancel};
pub use live::Batch;
pub use observer::{ClusterCall, JobMeasure, Observer, RunMeasure, Unobserved};
pub use reading::{LogScope, StepLines};
pub use router::{Exclusion, NoRoute, Route, Router, StandIn};
pub use service::{Playground, PlaygroundParts};
pub use settings::{PlaygroundSettings, Replay};
pub use stop::was_interrupted;
pub use turn::Load;
