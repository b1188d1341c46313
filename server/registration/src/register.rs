//! Registering: the way in.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use regatta_domain::event::RegistrationWindow;
use regatta_domain::history::{Actor, Happening};
use regatta_domain::ids::{EventId, RegistrationId};
use regatta_domain::registration::{Registration, RegistrationState};
use regatta_store::StoreError;
use regatta_store::outbox::MailKind;

use crate::application::{Application, FormError};
use crate::desk::Desk;
use crate::session::Session;

/// How long one registration stays silent about being registered again, so that nobody can fill its owner's mailbox.
const QUIET_AFTER_REPEAT: SignedDuration = SignedDuration::from_mins(5);

/// What the visitor is told. It follows from the event's public state alone, never from whether the address was known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A seat is held until the address is confirmed.
    SeatHeld {
        /// For how many minutes.
        hold_minutes: u32,
    },
    /// All seats are taken or awaited by others; a place on the waitlist is kept until the address is confirmed.
    OnWaitlist,
}

/// Why nobody was registered.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// No readable file declares the event or series.
    #[error("there is no such event")]
    UnknownEvent,
    /// One cannot register now; never [`RegistrationWindow::Open`].
    #[error("registration is not open: {0:?}")]
    NotOpen(RegistrationWindow),
    /// What was filled in cannot be taken so: everything that is wrong with it.
    #[error("the form has {} mistakes", .0.len())]
    Form(Vec<FormError>),
    /// All seats are taken or awaited, and there is no waitlist; or so many seats there never are.
    #[error("all seats are taken")]
    Full,
    /// More stand in line than can be kept waiting. Nothing was stored; it is worth trying again in a moment.
    #[error("too many stand in line")]
    TooMany,
    /// The desk stopped in the middle; nobody knows what came of it. It does no harm to register again.
    #[error("the desk stopped in the middle")]
    Interrupted,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Desk {
    /// Registers somebody for `event` and asks the owner of the address to confirm. An address that is registered already
    /// takes no second seat: its owner is told by mail, the visitor reads the same answer as any other.
    ///
    /// Answers when it is on disk. Who comes while others are being registered is registered together with all who do, by
    /// their order of arrival; a caller who goes away first may be registered or not, never by half.
    pub async fn register(
        self: &Arc<Self>,
        event: &EventId,
        application: Application,
    ) -> Result<Answer, RegisterError> {
        if self.schedule.event(event).is_none() {
            return Err(RegisterError::UnknownEvent);
        }
        self.stand_in_line(event, application).await
    }

    /// Handles all of these in one transaction, in this order. The statements are the same whether addresses are known or
    /// not, and so many however many there are.
    pub(crate) async fn register_together(
        &self,
        id: &EventId,
        applications: &[Application],
    ) -> Result<Vec<Result<Answer, RegisterError>>, StoreError> {
        let refused = |why: fn() -> RegisterError| Ok(applications.iter().map(|_| Err(why())).collect());
        if applications.is_empty() {
            return Ok(Vec::new());
        }
        let mut session = self.session(std::slice::from_ref(id)).await?;
        let Some(event) = session.event(id).await? else { return refused(|| RegisterError::UnknownEvent) };
        let window = event.registration_window(session.now);
        let (RegistrationWindow::Open, Some(policy)) = (window, &event.registration) else {
            return Ok(applications.iter().map(|_| Err(RegisterError::NotOpen(window))).collect());
        };
        session.turn_over(id, Some(&event)).await?;
        let mut table = session.table(&event, policy, applications).await?;
        let answers = applications.iter().map(|one| table.admit(one, &*self.entropy)).collect();
        let (new, repeated) = (table.new, table.repeated);
        session.store_new(id, applications.len(), new).await?;
        session.tell_of_repeats(&repeated).await?;
        session.finish().await?;
        Ok(answers)
    }
}

impl Session<'_> {
    /// Gives the new ones their places and stores them, and owes each the mail that asks to confirm. As many places as
    /// there were applications are used up, so that this takes the same whether addresses were known or not.
    pub(crate) async fn store_new(
        &mut self,
        event: &EventId,
        applications: usize,
        mut new: Vec<Registration>,
    ) -> Result<Vec<Registration>, StoreError> {
        let count = u32::try_from(applications).unwrap_or(u32::MAX);
        let first = self.tx.next_places(event, count).await?;
        for (place, one) in (first..).zip(&mut new) {
            one.place = place;
        }
        if !new.is_empty() {
            self.tx.add(&new).await?;
        }
        for one in &new {
            self.note(one, &Actor::Owner, Happening::Registered(one.state));
            if one.booking.is_none() {
                self.ask_to_confirm(one);
            }
        }
        Ok(new)
    }

    /// Owes the mail that asks to confirm the address.
    pub(crate) fn ask_to_confirm(&mut self, registration: &Registration) {
        let waits = registration.state == RegistrationState::HeldForWaitlist;
        let kind = if waits { MailKind::ConfirmWaitlist } else { MailKind::ConfirmSeat };
        self.owe(kind, registration);
    }

    /// Tells the owners, and only the owners, that their address is registered already: once in a while.
    pub(crate) async fn tell_of_repeats(&mut self, repeated: &[Registration]) -> Result<(), StoreError> {
        let mut to_tell: BTreeMap<_, _> = repeated.iter().map(|one| (&one.id, one)).collect();
        if to_tell.is_empty() {
            return Ok(());
        }
        let ids: Vec<RegistrationId> = to_tell.keys().copied().cloned().collect();
        let since = self.now.checked_sub(QUIET_AFTER_REPEAT).unwrap_or(Timestamp::MIN);
        for told in self.tx.mailed_since(&ids, MailKind::AlreadyRegistered, since).await? {
            to_tell.remove(&told);
        }
        for registration in to_tell.into_values() {
            self.owe(MailKind::AlreadyRegistered, registration);
        }
        Ok(())
    }
}
