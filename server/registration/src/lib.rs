//! The desk: who has a seat at a meetup, who waits for one, and what mail that causes.
//!
//! Every change is one transaction in which nobody else changes the desks it is about: it looks at the rules, changes
//! registrations, keeps their history and puts the mail that is owed into the outbox. `session` holds what all of them
//! share.
//!
//! - The way in: [`register`] for one event ([`application`] reads the form, `table` seats those who come together, `clerk`
//!   gathers them), [`series`] for all its dates.
//! - By the links in their mails owners look, confirm and cancel ([`own`]), change ([`change`]), take along all that is
//!   kept ([`export`]) and have it erased ([`erase`]).
//! - Organizers decide on registrations ([`organizers`]) and events ([`overrides`]).
//! - Time does the rest: [`sweep`] gives free seats away; in [`rounds`] one process tells news ([`herald`], [`publishing`]),
//!   reminds ([`reminders`]), thanks ([`afterwards`]) and erases what is due ([`retention`]).
//! - Anybody may follow ([`follows`]), and who was there says how it was ([`feedback`]).
//! - [`links`] makes and checks the links, [`tickets`] the tickets, [`letters`] tells the mail room what each mail says.

pub mod afterwards;
pub mod application;
mod booking;
pub mod change;
mod clerk;
mod desk;
pub mod erase;
pub mod export;
pub mod feedback;
pub mod follows;
pub mod herald;
mod invitations;
mod keys;
pub mod letters;
pub mod links;
pub mod organizers;
pub mod overrides;
pub mod own;
pub mod publishing;
pub mod register;
pub mod reminders;
pub mod retention;
pub mod rounds;
pub mod series;
mod session;
mod step;
pub mod sweep;
mod table;
pub mod tickets;

pub use application::{Application, FormError, GivenAnswers};
pub use change::{Change, ChangeError};
pub use desk::{Desk, DeskParts, DeskSettings};
pub use erase::Erasure;
pub use feedback::{FeedbackError, FeedbackView};
pub use follows::{FollowError, FollowView};
pub use herald::Heralded;
pub use links::{FollowLink, FollowPurpose, Link, LinkPurpose, LinkRefused, LinkSigner};
pub use organizers::{By, Done, OrganizerError};
pub use overrides::Decided;
pub use own::{LinkError, OtherDate, OwnView};
pub use register::{Answer, RegisterError};
pub use reminders::SeenTo;
pub use retention::Purged;
pub use series::{SeriesAnswer, SeriesDate};
pub use sweep::Swept;
pub use tickets::{Ticket, TicketRefused, TicketSigner, event_tag, verify_ticket};
