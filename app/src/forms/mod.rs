//! What visitors type, and what it means in the words of the domain.

pub mod register;
pub mod run;

pub use register::{Attendee, RegisterErrors, RegisterForm};
pub use run::{RunForm, RunFormError, RunRequest};
