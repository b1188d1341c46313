//! What handlers reach: the rooms, each behind its own port.

use std::ops::Deref;
use std::sync::Arc;

use regatta_content::Shelf;
use regatta_domain::ports::Clock;
use regatta_mail::OutboxWorker;
use regatta_mail::mailbox::Mailbox;
use regatta_playground::Playground;
use regatta_registration::{Desk, TicketSigner};
use regatta_store::Store;
use tokio_util::sync::CancellationToken;

use super::budget::Budgets;
use super::crowd::Crowd;
use super::form_token::FormTokens;
use super::seats::Seats;
use super::trace::RequestIds;
use crate::config::{Config, SecretKey};
use crate::opening::Lookout;
use crate::telemetry::Telemetry;

/// The open portal, shared by all requests.
#[derive(Clone)]
pub struct Portal(Arc<Rooms>);

/// The rooms of the portal.
pub struct Rooms {
    /// What the operator decided.
    pub config: Config,
    /// From which visitors' digests are made.
    pub secret_key: SecretKey,
    /// The right half of calendar UIDs.
    pub identity: String,
    /// The website's content as it is now.
    pub shelf: Arc<Shelf>,
    /// Registrations.
    pub desk: Arc<Desk>,
    /// Makes the tickets that owners show.
    pub tickets: TicketSigner,
    /// Runs.
    pub playground: Arc<Playground>,
    /// For health, and for what owners are shown of what is kept about them.
    pub store: Arc<dyn Store>,
    /// The mail that was caught, where development mail goes into a folder.
    pub mailbox: Option<Mailbox>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How often visitors may do what causes mail.
    pub budgets: Budgets,
    /// Signs when forms are handed out.
    pub form_tokens: FormTokens,
    /// Live streams that may still be opened.
    pub viewers: Arc<Seats>,
    /// How much is done at once of what keeps the machine busy.
    pub crowd: Crowd,
    /// Sends the mail that is owed.
    pub outbox: Arc<OutboxWorker>,
    /// What is remembered for those who watch over the portal.
    pub telemetry: Arc<Telemetry>,
    /// Names requests.
    pub request_ids: RequestIds,
    /// Looks for what isolates jobs, and says what was seen.
    pub lookout: Arc<Lookout>,
    /// Cancelled when the program is told to stop: no visitors should be led here any more.
    pub draining: CancellationToken,
    /// Cancelled when it stops; streams end then.
    pub closing: CancellationToken,
}

impl Portal {
    /// Opens the portal with these rooms.
    pub fn new(rooms: Rooms) -> Self {
        Self(Arc::new(rooms))
    }
}

impl Deref for Portal {
    type Target = Rooms;

    fn deref(&self) -> &Rooms {
        &self.0
    }
}
