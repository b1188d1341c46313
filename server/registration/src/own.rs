//! What owners do by the links in their mails: look, confirm, cancel. Every one of them can be repeated without harm,
//! because mail programs and people open links twice.

use std::sync::Arc;

use regatta_domain::event::Event;
use regatta_domain::registration::{Registration, RegistrationAction, RegistrationState, Transition};
use regatta_domain::waitlist;
use regatta_store::StoreError;
use regatta_store::outbox::MailKind;

use crate::desk::Desk;
use crate::links::{Link, LinkPurpose, LinkRefused};
use crate::session::Session;

/// A registration as its owner sees it.
#[derive(Clone, Debug)]
pub struct OwnView {
    /// The registration. One whose hold is over reads as expired, also where nobody came by yet to write that down.
    pub registration: Registration,
    /// Its event; `None` while no readable file declares it.
    pub event: Option<Arc<Event>>,
    /// How many stand in line up to it, itself included, where it waits for a seat.
    pub waitlist_position: Option<u32>,
    /// The path on this site where it is seen and given up.
    pub manage_path: String,
}

/// Why a link does not do what it was opened for.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// Not a link of ours for this purpose: cut short, mistyped or made up.
    #[error("this is not a link that we sent")]
    Invalid,
    /// It was valid once; its time is over.
    #[error("the time of this link is over")]
    Expired,
    /// A newer link has replaced it.
    #[error("a newer link has replaced this one")]
    Revoked,
    /// The registration it speaks of is not kept any more.
    #[error("the registration is not kept any more")]
    Gone,
    /// The address was not confirmed in time, and the seat or place went to others. One may register again.
    #[error("the address was not confirmed in time")]
    HoldOver(Box<OwnView>),
    /// It was cancelled before; a cancelled registration cannot be confirmed. One may register again.
    #[error("the registration was cancelled")]
    Cancelled(Box<OwnView>),
    /// The event has begun, is over or does not take place; a seat is of no use any more.
    #[error("the event has begun, is over or was cancelled")]
    EventOver(Box<OwnView>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<LinkRefused> for LinkError {
    fn from(refused: LinkRefused) -> Self {
        match refused {
            LinkRefused::Invalid => Self::Invalid,
            LinkRefused::Expired => Self::Expired,
        }
    }
}

impl Desk {
    /// Shows a registration to its owner, by any link of theirs. Changes nothing.
    pub async fn look(&self, token: &str) -> Result<OwnView, LinkError> {
        let link = self.links.verify(token, self.clock.now())?;
        let registration = self.store.registration(&link.registration).await?;
        let registration = current(registration, &link)?;
        Ok(self.view(registration, &link).await?)
    }

    /// Confirms the address: the seat is theirs, or their place on the waitlist counts from now on.
    pub async fn confirm(&self, token: &str) -> Result<OwnView, LinkError> {
        let link = self.verify_for(LinkPurpose::Confirm, token)?;
        let mut session = self.session().await?;
        let first = current(session.tx.registration(&link.registration).await?, &link)?;
        let event = self.schedule.event(&first.event);
        session.expire_lapsed(&first.event).await?;
        // It may have been among them.
        let mut registration = current(session.tx.registration(&link.registration).await?, &link)?;
        let over = event.as_deref().is_some_and(|event| waitlist::is_over(event, session.now));
        if registration.state.is_unconfirmed() && over {
            return Err(LinkError::EventOver(Box::new(self.view(registration, &link).await?)));
        }
        let refused = session.confirm(&mut registration, event.as_deref()).await? == Transition::Refused;
        session.finish().await?;
        let view = self.view(registration, &link).await?;
        match view.registration.state {
            RegistrationState::Expired if refused => Err(LinkError::HoldOver(Box::new(view))),
            _ if refused => Err(LinkError::Cancelled(Box::new(view))),
            _ => Ok(view),
        }
    }

    /// Gives the registration up; its seat goes to the first in line. One that is over already stays as it is.
    pub async fn cancel(&self, token: &str) -> Result<OwnView, LinkError> {
        let link = self.verify_for(LinkPurpose::Manage, token)?;
        let mut session = self.session().await?;
        let mut registration = current(session.tx.registration(&link.registration).await?, &link)?;
        let event = self.schedule.event(&registration.event);
        session.cancel(&mut registration, event.as_deref()).await?;
        session.finish().await?;
        Ok(self.view(registration, &link).await?)
    }

    fn verify_for(&self, purpose: LinkPurpose, token: &str) -> Result<Link, LinkError> {
        let link = self.links.verify(token, self.clock.now())?;
        if link.purpose == purpose { Ok(link) } else { Err(LinkError::Invalid) }
    }

    async fn view(&self, mut registration: Registration, link: &Link) -> Result<OwnView, StoreError> {
        if registration.state.is_unconfirmed() && registration.held_until <= self.clock.now() {
            registration.state = RegistrationState::Expired;
        }
        let waits =
            matches!(registration.state, RegistrationState::HeldForWaitlist | RegistrationState::Waitlisted);
        let waitlist_position =
            if waits { self.store.waitlist_position(&registration.id).await? } else { None };
        let manage = Link { purpose: LinkPurpose::Manage, ..link.clone() };
        Ok(OwnView {
            event: self.schedule.event(&registration.event),
            waitlist_position,
            manage_path: self.links.path(&manage),
            registration,
        })
    }
}

/// The registration that `link` speaks of, where it still does.
fn current(found: Option<Registration>, link: &Link) -> Result<Registration, LinkError> {
    let registration = found.ok_or(LinkError::Gone)?;
    if registration.generation == link.generation { Ok(registration) } else { Err(LinkError::Revoked) }
}

impl Session<'_> {
    async fn confirm(
        &mut self,
        registration: &mut Registration,
        event: Option<&Event>,
    ) -> Result<Transition, StoreError> {
        let transition = self.apply(registration, RegistrationAction::Confirm).await?;
        // Only now, so that a place that counts from this moment on is passed over by nobody behind it.
        self.promote(event).await?;
        match transition {
            Transition::To(RegistrationState::Waitlisted) => self.tell_of_place(registration).await?,
            Transition::To(_) => self.owe(MailKind::Confirmed, registration).await?,
            Transition::Already | Transition::Refused => {}
        }
        Ok(transition)
    }

    /// Says that they are in line, unless a seat was free for them at once, which their promotion says.
    async fn tell_of_place(&mut self, registration: &mut Registration) -> Result<(), StoreError> {
        if let Some(after) = self.tx.registration(&registration.id).await? {
            *registration = after;
        }
        if registration.state == RegistrationState::Waitlisted {
            self.owe(MailKind::Waitlisted, registration).await?;
        }
        Ok(())
    }

    async fn cancel(
        &mut self,
        registration: &mut Registration,
        event: Option<&Event>,
    ) -> Result<(), StoreError> {
        let unconfirmed = registration.state.is_unconfirmed();
        let transition = self.apply(registration, RegistrationAction::Cancel).await?;
        // Who never confirmed knows from the page, and has no calendar entry to take away.
        if matches!(transition, Transition::To(_)) && !unconfirmed {
            self.owe(MailKind::Cancelled, registration).await?;
        }
        self.turn_over(&registration.event, event).await
    }
}
