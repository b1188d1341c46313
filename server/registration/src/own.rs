//! What owners do by the links in their mails: look, confirm, cancel. Every one of them can be repeated without harm,
//! because mail programs and people open links twice.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use regatta_domain::event::Event;
use regatta_domain::history::{Actor, HistoryEntry};
use regatta_domain::hold;
use regatta_domain::registration::{Registration, RegistrationAction, RegistrationState, Transition};
use regatta_domain::waitlist;
use regatta_store::StoreError;
use regatta_store::outbox::MailKind;

use crate::desk::Desk;
use crate::links::{Link, LinkPurpose, LinkRefused};
use crate::session::Session;

/// For how long a seat is kept whose owner came to confirm while the event's file could not be read.
pub const KEPT_WHILE_UNREADABLE: SignedDuration = SignedDuration::from_hours(24);

/// A registration as its owner sees it.
#[derive(Clone, Debug)]
pub struct OwnView {
    /// The registration. One whose hold is over reads as expired, also where nobody came by yet to write that down.
    pub registration: Registration,
    /// Its event, with what its organizers decided otherwise; `None` while no readable file declares it.
    pub event: Option<Arc<Event>>,
    /// How many stand in line up to it, itself included, where it waits for a seat.
    pub waitlist_position: Option<u32>,
    /// What happened to it, first things first.
    pub history: Vec<HistoryEntry>,
    /// The path on this site where it is seen, changed and given up.
    pub manage_path: String,
    /// What was registered together with it, itself left out, by event.
    pub others: Vec<OtherDate>,
}

/// Another date of the same booking.
#[derive(Clone, Debug)]
pub struct OtherDate {
    /// The registration.
    pub registration: Registration,
    /// Its event; `None` while no readable file declares it.
    pub event: Option<Arc<Event>>,
    /// The path on this site where it is seen, changed and given up.
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
    /// The organizers decided against it.
    #[error("the registration was declined")]
    Declined(Box<OwnView>),
    /// The event has begun, is over or does not take place; a seat is of no use any more.
    #[error("the event has begun, is over or was cancelled")]
    EventOver(Box<OwnView>),
    /// No readable file declares the event at the moment, so that nobody knows whether its organizers decide on each
    /// registration. The seat is kept meanwhile, for [`KEPT_WHILE_UNREADABLE`] at least; the link works again with the file.
    #[error("no readable content file declares the event at the moment; the seat is kept")]
    EventUnreadable(Box<OwnView>),
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
        let registration = current(self.store.registration(&link.registration).await?, &link)?;
        Ok(self.view(registration, &link).await?)
    }

    /// Confirms the address: the seat is theirs, or the organizers decide, or their place on the waitlist counts from now
    /// on; for whatever was registered together.
    pub async fn confirm(&self, token: &str) -> Result<OwnView, LinkError> {
        let link = self.verify_for(LinkPurpose::Confirm, token)?;
        let first = current(self.store.registration(&link.registration).await?, &link)?;
        let dates = self.booked_together(&first).await?;
        let mut session =
            self.session(&dates.iter().map(|one| one.event.clone()).collect::<Vec<_>>()).await?;
        let mut done = Vec::new();
        for date in &dates {
            done.push(session.confirm_date(date, &link).await?);
        }
        session.finish().await?;
        let registration = current(self.store.registration(&link.registration).await?, &link)?;
        let view = self.view(registration, &link).await?;
        match view.registration.state {
            _ if done.contains(&Confirmed::Yes) => Ok(view),
            _ if done.contains(&Confirmed::NotNow) => Err(LinkError::EventUnreadable(Box::new(view))),
            RegistrationState::Held | RegistrationState::HeldForWaitlist => {
                Err(LinkError::EventOver(Box::new(view)))
            }
            RegistrationState::Expired => Err(LinkError::HoldOver(Box::new(view))),
            RegistrationState::Declined => Err(LinkError::Declined(Box::new(view))),
            _ => Err(LinkError::Cancelled(Box::new(view))),
        }
    }

    /// Gives the registration up; its seat goes to the first in line. One that is over already stays as it is.
    pub async fn cancel(&self, token: &str) -> Result<OwnView, LinkError> {
        let link = self.verify_for(LinkPurpose::Manage, token)?;
        let (mut session, mut registration) = self.session_for(&link).await?;
        let event = session.event(&registration.event).await?;
        session.cancel(&mut registration, &Actor::Owner).await?;
        session.turn_over(&registration.event, event.as_ref()).await?;
        session.finish().await?;
        Ok(self.view(registration, &link).await?)
    }

    pub(crate) fn verify_for(&self, purpose: LinkPurpose, token: &str) -> Result<Link, LinkError> {
        let link = self.links.verify(token, self.clock.now())?;
        if link.purpose == purpose { Ok(link) } else { Err(LinkError::Invalid) }
    }

    /// Begins at the desk of the event that `link` leads to, with the registration as it stands there.
    pub(crate) async fn session_for(&self, link: &Link) -> Result<(Session<'_>, Registration), LinkError> {
        // An event never changes, so that it may be read before its desk is taken.
        let found = current(self.store.registration(&link.registration).await?, link)?;
        let mut session = self.session(std::slice::from_ref(&found.event)).await?;
        let registration = current(session.tx.registration(&link.registration).await?, link)?;
        Ok((session, registration))
    }

    pub(crate) async fn view(&self, registration: Registration, link: &Link) -> Result<OwnView, StoreError> {
        let registration = self.as_time_has_it(registration).await?;
        let waits = registration.state.waits();
        let waitlist_position =
            if waits { self.store.waitlist_position(&registration.id).await? } else { None };
        let event = match self.schedule.event(&registration.event) {
            Some(event) => Some(Arc::new(self.as_decided(&event).await?)),
            None => None,
        };
        Ok(OwnView {
            event,
            waitlist_position,
            history: self.store.history(&registration.id).await?,
            manage_path: self.manage_path(&registration, link),
            others: self.other_dates(&registration, link).await?,
            registration,
        })
    }

    async fn other_dates(
        &self,
        registration: &Registration,
        link: &Link,
    ) -> Result<Vec<OtherDate>, StoreError> {
        let mut others = Vec::new();
        for other in self.booked_together(registration).await? {
            if other.id != registration.id {
                others.push(OtherDate {
                    event: self.schedule.event(&other.event),
                    manage_path: self.manage_path(&other, link),
                    registration: self.as_time_has_it(other).await?,
                });
            }
        }
        Ok(others)
    }

    /// One whose hold is over has expired, also where nobody came by yet to write that down; unless the mail that asks to
    /// confirm it is still on its way.
    async fn as_time_has_it(&self, mut registration: Registration) -> Result<Registration, StoreError> {
        let now = self.clock.now();
        if registration.state.is_unconfirmed() && registration.held_until <= now {
            let id = std::slice::from_ref(&registration.id);
            if !hold::is_spared(&registration, now) || self.store.owing_confirmation(id).await?.is_empty() {
                registration.state = RegistrationState::Expired;
            }
        }
        Ok(registration)
    }

    fn manage_path(&self, registration: &Registration, link: &Link) -> String {
        self.links.path(&Link {
            purpose: LinkPurpose::Manage,
            registration: registration.id.clone(),
            generation: registration.generation,
            expires: link.expires,
        })
    }
}

/// The registration that `link` speaks of, where it still does.
pub(crate) fn current(found: Option<Registration>, link: &Link) -> Result<Registration, LinkError> {
    let registration = found.ok_or(LinkError::Gone)?;
    if registration.generation == link.generation { Ok(registration) } else { Err(LinkError::Revoked) }
}

/// Whether the address of one date counts as confirmed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Confirmed {
    Yes,
    /// It is over: the event, the hold or the registration.
    No,
    /// Nobody can decide at the moment.
    NotNow,
}

impl Session<'_> {
    /// Confirms one date of what `link` leads to.
    async fn confirm_date(&mut self, date: &Registration, link: &Link) -> Result<Confirmed, LinkError> {
        let event = self.event(&date.event).await?;
        self.expire_lapsed(&date.event).await?;
        // It may have been among them.
        let found = self.tx.registration(&date.id).await?;
        let mut registration = match found {
            found if date.id == link.registration => current(found, link)?,
            Some(found) => found,
            None => return Ok(Confirmed::No),
        };
        if event.is_none() && registration.state == RegistrationState::Held {
            self.keep_held(&mut registration).await?;
            return Ok(Confirmed::NotNow);
        }
        let over = event.as_ref().is_some_and(|event| waitlist::is_over(event, self.now));
        if registration.state.is_unconfirmed() && over {
            return Ok(Confirmed::No);
        }
        Ok(match self.confirm(&mut registration, event.as_ref()).await? {
            Transition::To(_) | Transition::Already => Confirmed::Yes,
            Transition::Refused => Confirmed::No,
        })
    }

    /// Keeps the seat of somebody who showed that the address is theirs, for as long as it takes to mend a file.
    async fn keep_held(&mut self, registration: &mut Registration) -> Result<(), StoreError> {
        let until = self.now.checked_add(KEPT_WHILE_UNREADABLE).unwrap_or(Timestamp::MAX);
        let held_until = registration.held_until.max(until);
        let after = Registration { held_until, ..registration.clone() };
        self.save(registration, after).await
    }

    async fn confirm(
        &mut self,
        registration: &mut Registration,
        event: Option<&Event>,
    ) -> Result<Transition, StoreError> {
        let policy = event.and_then(|event| event.registration.as_ref());
        let approval = policy.is_some_and(|policy| policy.approval);
        let confirm = RegistrationAction::Confirm { approval };
        let transition = self.apply(registration, confirm, &Actor::Owner).await?;
        // Only now, so that a place that counts from this moment on is passed over by nobody behind it.
        self.promote(event).await?;
        match transition {
            Transition::To(RegistrationState::Waitlisted) => self.tell_of_place(registration).await?,
            Transition::To(RegistrationState::AwaitingApproval) => {
                self.owe(MailKind::AwaitingApproval, registration);
            }
            Transition::To(_) => self.owe(MailKind::Confirmed, registration),
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
            self.owe(MailKind::Waitlisted, registration);
        }
        Ok(())
    }

    /// Gives a registration up for its owner, and tells them. What came free is not passed on yet.
    pub(crate) async fn cancel(
        &mut self,
        registration: &mut Registration,
        actor: &Actor,
    ) -> Result<Transition, StoreError> {
        let unconfirmed = registration.state.is_unconfirmed();
        let transition = self.apply(registration, RegistrationAction::Cancel, actor).await?;
        // Who never confirmed knows from the page, and has no calendar entry to take away.
        if matches!(transition, Transition::To(_)) && !unconfirmed {
            self.owe(MailKind::Cancelled, registration);
        }
        Ok(transition)
    }
}
