//! Erasing everything that is kept about an address, at its owner's wish.

use regatta_domain::history::Actor;
use regatta_domain::ids::EventId;
use regatta_domain::registration::Registration;

use crate::desk::Desk;
use crate::links::LinkPurpose;
use crate::own::{LinkError, current};
use crate::session::Session;
use regatta_store::StoreError;

/// What is being erased.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erasure {
    /// Registrations, those that are over included.
    pub registrations: u32,
    /// Follows.
    pub follows: u32,
}

impl Desk {
    /// Gives up everything that its owner has here and erases all that is kept about the address: every registration with
    /// its answers, history and feedback, and every follow. What is live is cancelled at once, and its seats go to those
    /// who wait. The rest is erased by the next sweep for which no mail about it is owed any more: the last word, that it
    /// was cancelled, still goes out.
    pub async fn erase(&self, token: &str) -> Result<Erasure, LinkError> {
        let link = self.verify_for(LinkPurpose::Manage, token)?;
        let asking = current(self.store.registration(&link.registration).await?, &link)?;
        let address = asking.email.normalized();
        let registrations = self.erase_registrations(&address).await?;
        let follows = self.store.follows_by_address(&address).await?;
        for follow in &follows {
            self.store.unfollow(&follow.id).await?;
        }
        self.store.unsuppress(&address).await?;
        let follows = u32::try_from(follows.len()).unwrap_or(u32::MAX);
        Ok(Erasure { registrations, follows })
    }

    async fn erase_registrations(&self, address: &str) -> Result<u32, StoreError> {
        let kept = self.store.by_address(address).await?;
        let mut events: Vec<EventId> = kept.iter().map(|one| one.event.clone()).collect();
        events.sort();
        events.dedup();
        let mut session = self.session(&events).await?;
        for one in &kept {
            if let Some(now) = session.tx.registration(&one.id).await? {
                session.give_up_for_good(now).await?;
            }
        }
        for id in &events {
            let event = session.event(id).await?;
            session.turn_over(id, event.as_ref()).await?;
        }
        session.finish().await?;
        Ok(u32::try_from(kept.len()).unwrap_or(u32::MAX))
    }
}

impl Session<'_> {
    async fn give_up_for_good(&mut self, mut registration: Registration) -> Result<(), StoreError> {
        // Who came stays counted among those who came.
        self.cancel(&mut registration, &Actor::Owner).await?;
        let after = Registration { purge_at: self.now, ..registration.clone() };
        self.save(&mut registration, after).await
    }
}
