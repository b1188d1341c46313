//! Runs pipelines where they can do no harm, and tells what happens while it happens.
//!
//! A run is admitted ([`admission`]), waits for its turn (`queue`, `dispatch`), is conducted job by job in the order
//! its graph allows (`conduct`, `graph`, `job`) in a sandbox ([`executor`]), writes its log (`transcript`, `lines`,
//! `journal`) and is watched (`live`). What an interruption leaves is put right (`recovery`). [`service::Playground`]
//! is all of it for the rest of the portal.

pub mod admission;
pub mod availability;
mod conduct;
mod dispatch;
mod escapes;
pub mod executor;
mod graph;
mod job;
mod journal;
mod lines;
mod live;
mod queue;
mod recovery;
pub mod router;
pub mod sandbox;
pub mod service;
pub mod settings;
mod stop;
mod transcript;

pub use admission::{NewRun, SubmitError};
pub use availability::Availability;
pub use router::{Exclusion, NoRoute, Route, Router, StandIn};
pub use service::{Cancellation, Load, Playground, PlaygroundParts};
pub use settings::PlaygroundSettings;
