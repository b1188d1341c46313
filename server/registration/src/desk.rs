//! The desk itself: what it needs, and what everybody may see of it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use jiff::SignedDuration;
use regatta_domain::event::Event;
use regatta_domain::ids::EventId;
use regatta_domain::ports::{Clock, Entropy, Schedule};
use regatta_domain::seats::Seats;
use regatta_store::{Store, StoreError};
use tokio::sync::Notify;

use crate::clerk::Queues;
use crate::links::LinkSigner;
use crate::tickets::TicketSigner;

/// Takes registrations and keeps them right. Shared by all requests.
pub struct Desk {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) schedule: Arc<dyn Schedule>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) links: LinkSigner,
    pub(crate) tickets: TicketSigner,
    pub(crate) settings: DeskSettings,
    pub(crate) bell: Arc<Notify>,
    pub(crate) queues: Queues,
    /// The samples that the herald of this process has looked at.
    pub(crate) samples_seen: Mutex<BTreeSet<EventId>>,
}

/// What a desk is made of.
pub struct DeskParts {
    /// What is remembered.
    pub store: Arc<dyn Store>,
    /// What events there are.
    pub schedule: Arc<dyn Schedule>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for identities.
    pub entropy: Arc<dyn Entropy>,
    /// Makes and recognises the links in mails.
    pub links: LinkSigner,
    /// Makes and recognises tickets.
    pub tickets: TicketSigner,
    /// What the operator decides.
    pub settings: DeskSettings,
}

/// What the operator decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeskSettings {
    /// The right half of Message-IDs and calendar UIDs, the same for the life of the database.
    pub identity: String,
    /// How long a change of an event must stay before people are told of it, so that the corrections which tend to follow
    /// go out with it.
    pub settle: SignedDuration,
}

impl Desk {
    /// Opens the desk.
    pub fn new(parts: DeskParts) -> Self {
        let DeskParts { store, schedule, clock, entropy, links, tickets, settings } = parts;
        Self {
            store,
            schedule,
            clock,
            entropy,
            links,
            tickets,
            settings,
            bell: Arc::default(),
            queues: Queues::default(),
            samples_seen: Mutex::default(),
        }
    }

    /// Rings whenever new mail was committed to the outbox, so that it need not wait for the next look. A hint only:
    /// mail is owed by its row, whether anybody listens or not.
    pub fn bell(&self) -> Arc<Notify> {
        Arc::clone(&self.bell)
    }

    /// How the seats of `event` are taken, for showing.
    pub async fn seats(&self, event: &EventId) -> Result<Seats, StoreError> {
        self.store.seats(event).await
    }

    /// `event` with what its organizers decided otherwise at the desk, for showing.
    pub async fn as_decided(&self, event: &Event) -> Result<Event, StoreError> {
        Ok(self.store.overrides(&event.id).await?.applied_to(event))
    }
}
