//! The desk: who has a seat at a meetup, who waits for one, and what mail that causes.
//!
//! Every change is one transaction in which nobody else changes the desk: it looks at the rules, changes registrations
//! and puts the mail that is owed into the outbox. [`register`] is the way in, [`own`] what owners do by the links in
//! their mails, [`sweep`] what time does by itself; `session` holds what they share. [`links`] makes and checks those
//! links, [`letters`] tells the mail room what each mail has to say.

mod desk;
mod keys;
pub mod letters;
pub mod links;
pub mod own;
pub mod register;
mod session;
pub mod sweep;
pub mod tickets;

pub use desk::{Desk, DeskParts, DeskSettings};
pub use links::{FollowLink, FollowPurpose, Link, LinkPurpose, LinkRefused, LinkSigner};
pub use own::{LinkError, OwnView};
pub use register::{Answer, RegisterError};
pub use sweep::Swept;
pub use tickets::{Ticket, TicketRefused, TicketSigner, event_tag, verify_ticket};
