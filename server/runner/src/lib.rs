//! How a sandboxed job tells what it does: newline-delimited JSON frames whose last one is authenticated.
//!
//! The program of this crate runs inside the sandbox and writes frames; the portal reads them with [`FrameReader`].
//! Whoever runs inside the sandbox is not trusted, so a job has succeeded only when its [`frame::End`] carries a
//! message authentication code made with the key that the portal gave to this one job (see [`seal`]).

pub mod attempt;
pub mod frame;
pub mod identity;
pub mod input;
pub mod reader;
pub mod seal;
pub mod spec;
pub mod writer;

pub use frame::{Body, End, Frame, NetworkWall, OutputStream, RunnerWall, StepResult, Stop, Wall};
pub use identity::Identity;
pub use reader::{FrameError, FrameReader};
pub use seal::{RunKey, verify};
pub use spec::{Manner, Spec, SpecStep, Walls};
pub use writer::{Ending, FrameWriter};
