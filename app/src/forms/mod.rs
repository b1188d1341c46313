//! What visitors type, and what it means in the words of the domain.

pub mod asked;
pub mod change;
pub mod feedback;
pub mod follow;
pub mod pairs;
pub mod register;
pub mod run;

pub use asked::{Asked, ChoiceError};
pub use change::{Change, ChangeErrors, ChangeForm};
pub use feedback::{FeedbackErrors, FeedbackForm, Opinion};
pub use follow::{FollowErrors, FollowForm, Follower};
pub use pairs::Given;
pub use register::{Attendee, RegisterErrors, RegisterForm};
pub use run::{RunForm, RunFormError, RunRequest};
