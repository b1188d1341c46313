//! What organizers do to single registrations. Each deed is written into the audit log and into the registration's history
//! in the transaction in which it is done.

use regatta_domain::event::Event;
use regatta_domain::history::{Actor, Happening};
use regatta_domain::ids::RegistrationId;
use regatta_domain::registration::{Registration, RegistrationAction, RegistrationState, Transition};
use regatta_domain::waitlist;
use regatta_store::StoreError;
use regatta_store::outbox::{MailDetail, MailKind};
use regatta_store::records::AuditEntry;

use crate::desk::Desk;
use crate::session::Session;
use crate::tickets::TicketRefused;

/// Who does something, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct By {
    /// Their name, for the audit log.
    pub actor: String,
    /// Why; may be empty. Owners read it where their registration is declined or cancelled.
    pub reason: String,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// The registration as it stands now.
    pub registration: Registration,
    /// Whether it stood so before, so that nothing was done.
    pub already: bool,
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum OrganizerError {
    /// There is no such registration, or it was erased.
    #[error("there is no such registration")]
    UnknownRegistration,
    /// No readable file declares the event.
    #[error("no readable content file declares the event")]
    UnknownEvent,
    /// It makes no sense for a registration that stands so.
    #[error("the registration is {}: this cannot be done to it", .0.as_str())]
    Refused(RegistrationState),
    /// The event has begun or does not take place.
    #[error("the event has begun, is over or was cancelled")]
    EventOver,
    /// There are not as many seats free as it takes.
    #[error("{free} seats are free, and it takes {needed}")]
    Full {
        /// Seats that are free.
        free: u32,
        /// Seats that it takes.
        needed: u32,
    },
    /// The event has no seats of this kind.
    #[error("the event offers no seats of this kind")]
    NotOffered,
    /// The text that was read is no ticket of ours.
    #[error(transparent)]
    Ticket(#[from] TicketRefused),
    /// The ticket is for another event.
    #[error("this ticket is for another event")]
    OtherEvent,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// One deed, with its name in the audit log.
struct Deed<'b> {
    action: RegistrationAction,
    name: &'static str,
    by: &'b By,
}

impl Desk {
    /// Decides for a registration that awaits it: the seat is theirs.
    pub async fn approve(&self, id: &RegistrationId, by: &By) -> Result<Done, OrganizerError> {
        let deed = Deed { action: RegistrationAction::Approve, name: "approve", by };
        self.do_to(id, &deed, Some(MailKind::Approved)).await
    }

    /// Decides against a registration that awaits it or waits; what seats it took go to those who wait.
    pub async fn decline(&self, id: &RegistrationId, by: &By) -> Result<Done, OrganizerError> {
        let deed = Deed { action: RegistrationAction::Decline, name: "decline", by };
        self.do_to(id, &deed, Some(MailKind::Declined)).await
    }

    /// Takes a registration back; its seats go to those who wait.
    pub async fn cancel_for(&self, id: &RegistrationId, by: &By) -> Result<Done, OrganizerError> {
        let deed = Deed { action: RegistrationAction::Cancel, name: "cancel", by };
        self.do_to(id, &deed, Some(MailKind::CancelledByOrganizer)).await
    }

    /// Notes that they came.
    pub async fn check_in(&self, id: &RegistrationId, by: &By) -> Result<Done, OrganizerError> {
        let deed = Deed { action: RegistrationAction::CheckIn, name: "check-in", by };
        self.do_to(id, &deed, None).await
    }

    /// Notes that whoever shows this ticket came. The ticket only tells whose it is; how things stand counts.
    pub async fn check_in_ticket(&self, text: &str, by: &By) -> Result<Done, OrganizerError> {
        let ticket = self.tickets.verify(text)?;
        let registration = self.store.registration(&ticket.registration).await?;
        let registration = registration.ok_or(OrganizerError::UnknownRegistration)?;
        if !ticket.is_for(&registration.event) {
            return Err(OrganizerError::OtherEvent);
        }
        self.check_in(&registration.id, by).await
    }

    /// Takes a check-in back: the wrong ticket was read.
    pub async fn undo_check_in(&self, id: &RegistrationId, by: &By) -> Result<Done, OrganizerError> {
        let deed = Deed { action: RegistrationAction::UndoCheckIn, name: "undo-check-in", by };
        self.do_to(id, &deed, None).await
    }

    /// Gives one who waits a seat past the line. Refused where not enough are free, unless it may go `beyond_capacity`.
    /// Where organizers decide on each registration, this is their decision.
    pub async fn seat_out_of_turn(
        &self,
        id: &RegistrationId,
        beyond_capacity: bool,
        by: &By,
    ) -> Result<Done, OrganizerError> {
        let (mut session, mut registration, event) = self.session_at(id).await?;
        let event = event.ok_or(OrganizerError::UnknownEvent)?;
        if waitlist::is_over(&event, session.now) {
            return Err(OrganizerError::EventOver);
        }
        if registration.state.waits() && !beyond_capacity {
            session.check_free(&event, &registration).await?;
        }
        let action = RegistrationAction::Promote { approval: false };
        let already = session.deed(&mut registration, &Deed { action, name: "seat-out-of-turn", by }).await?;
        if !already {
            let actor = Actor::Organizer(by.actor.clone());
            session.note(&registration, &actor, Happening::SeatedOutOfTurn);
            session.owe(MailKind::Promoted, &registration);
        }
        session.turn_over(&event.id, Some(&event)).await?;
        session.finish().await?;
        Ok(Done { registration, already })
    }

    async fn do_to(
        &self,
        id: &RegistrationId,
        deed: &Deed<'_>,
        mail: Option<MailKind>,
    ) -> Result<Done, OrganizerError> {
        let (mut session, mut registration, event) = self.session_at(id).await?;
        let unconfirmed = registration.state.is_unconfirmed();
        let already = session.deed(&mut registration, deed).await?;
        // Nothing is sent to an address that nobody confirmed.
        if let Some(mail) = mail.filter(|_| !already && !unconfirmed) {
            session.owe_with(mail, &registration, words_for_owner(mail, deed.by));
        }
        session.turn_over(&registration.event, event.as_ref()).await?;
        session.finish().await?;
        Ok(Done { registration, already })
    }

    /// Begins at the desk of a registration's event.
    async fn session_at(
        &self,
        id: &RegistrationId,
    ) -> Result<(Session<'_>, Registration, Option<Event>), OrganizerError> {
        let unknown = OrganizerError::UnknownRegistration;
        let found = self.store.registration(id).await?.ok_or(unknown)?;
        let mut session = self.session(std::slice::from_ref(&found.event)).await?;
        session.expire_lapsed(&found.event).await?;
        let unknown = OrganizerError::UnknownRegistration;
        let registration = session.tx.registration(id).await?.ok_or(unknown)?;
        let event = session.event(&registration.event).await?;
        Ok((session, registration, event))
    }
}

/// What the owner reads of the reason.
fn words_for_owner(mail: MailKind, by: &By) -> Option<MailDetail> {
    let told = matches!(mail, MailKind::Declined | MailKind::CancelledByOrganizer);
    (told && !by.reason.trim().is_empty()).then(|| MailDetail::Reason(by.reason.trim().to_owned()))
}

impl Session<'_> {
    /// Does it and writes it into the audit log; returns whether it was so already.
    async fn deed(
        &mut self,
        registration: &mut Registration,
        deed: &Deed<'_>,
    ) -> Result<bool, OrganizerError> {
        let before = registration.state;
        let actor = Actor::Organizer(deed.by.actor.clone());
        match self.apply(registration, deed.action, &actor).await? {
            Transition::To(after) => {
                let detail = format!("{} -> {}", before.as_str(), after.as_str());
                self.audit(deed.name, registration.id.as_str(), deed.by, detail).await?;
                Ok(false)
            }
            Transition::Already => Ok(true),
            Transition::Refused => Err(OrganizerError::Refused(before)),
        }
    }

    /// Writes into the audit log.
    pub(crate) async fn audit(
        &mut self,
        action: &str,
        subject: &str,
        by: &By,
        detail: String,
    ) -> Result<(), StoreError> {
        let entry = AuditEntry {
            at: self.now,
            actor: by.actor.clone(),
            action: action.to_owned(),
            subject: subject.to_owned(),
            reason: by.reason.clone(),
            detail,
        };
        self.tx.audit(&entry).await
    }

    async fn check_free(&mut self, event: &Event, registration: &Registration) -> Result<(), OrganizerError> {
        let seats = self.tx.seats(&event.id).await?.of(registration.attendance);
        let free = waitlist::seats_to_give(event, self.now, registration.attendance, seats);
        let needed = registration.party;
        if free >= needed { Ok(()) } else { Err(OrganizerError::Full { free, needed }) }
    }
}
