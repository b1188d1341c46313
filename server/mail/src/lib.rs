//! Mail: what it says, how it is sent, and the worker that empties the outbox.
//!
//! A [`LetterSource`] tells what a mail has to say; [`messages`] put it into words, [`layout`] into text and HTML,
//! [`mime`] into bytes; a [`Transport`] takes the bytes away; the [`OutboxWorker`] does all this for whatever the outbox
//! owes, and settles each mail by what came of it. What comes back is taken in by an [`Intake`]. In development a
//! [`Mailbox`] reads back what went into a folder.

pub mod backoff;
pub mod bounce;
pub mod dkim;
mod invitation;
pub mod layout;
pub mod letter;
pub mod mailbox;
pub mod messages;
pub mod mime;
pub mod sender;
pub mod stationery;
pub mod status;
pub mod transport;
pub mod words;
pub mod worker;

pub use bounce::{BounceOutcome, BounceRefused, Intake, ReturnPathError, ReturnPaths};
pub use dkim::{DkimKey, DkimKeyError, DkimSigner};
pub use letter::{
    About, Confirmation, FollowLetter, FollowMatter, Letter, LetterError, LetterSource, Matter,
    RegistrationLetter, Site, Standing,
};
pub use mailbox::{MailSummary, Mailbox, OpenedMail};
pub use messages::samples::{Sample, samples};
pub use sender::{Sender, SenderError};
pub use stationery::Stationery;
pub use transport::folder::{MailFileName, MailFileNameError};
pub use transport::{MailUrl, MailUrlError, Roots, SendError, TlsError, Transport, TransportError};
pub use worker::{OutboxWorker, Tally, WorkerParts, WorkerSettings, worker_name};
