//! The desk itself: what it needs, and what everybody may see of it.

use std::sync::Arc;

use regatta_domain::ids::EventId;
use regatta_domain::ports::{Clock, Entropy, Schedule};
use regatta_domain::registration::SeatCount;
use regatta_store::StoreError;
use regatta_store::desk::DeskStore;
use tokio::sync::Notify;

use crate::links::LinkSigner;

/// Takes registrations and keeps them right. Shared by all requests; holds no state of its own.
pub struct Desk {
    pub(crate) store: Arc<dyn DeskStore>,
    pub(crate) schedule: Arc<dyn Schedule>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) links: LinkSigner,
    pub(crate) site_name: String,
    pub(crate) bell: Arc<Notify>,
}

impl Desk {
    /// Opens the desk. `site_name` is what the portal is called in its mails.
    pub fn new(
        store: Arc<dyn DeskStore>,
        schedule: Arc<dyn Schedule>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        links: LinkSigner,
        site_name: String,
    ) -> Self {
        Self { store, schedule, clock, entropy, links, site_name, bell: Arc::default() }
    }

    /// Rings whenever new mail was committed to the outbox, so that it need not wait for the next look. A hint only:
    /// mail is owed by its row, whether anybody listens or not.
    pub fn bell(&self) -> Arc<Notify> {
        Arc::clone(&self.bell)
    }

    /// How the seats of `event` are taken, for showing.
    pub async fn seats(&self, event: &EventId) -> Result<SeatCount, StoreError> {
        self.store.seats(event).await
    }
}
