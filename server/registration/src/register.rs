//! Registering: the way in.

use jiff::{SignedDuration, Timestamp};
use regatta_domain::email_address::EmailAddress;
use regatta_domain::event::{Event, RegistrationPolicy, RegistrationWindow};
use regatta_domain::ids::{EventId, RegistrationId};
use regatta_domain::person_name::PersonName;
use regatta_domain::registration::{Registration, RegistrationState};
use regatta_domain::waitlist::{self, Offer};
use regatta_store::StoreError;
use regatta_store::outbox::MailKind;

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
    /// No readable file declares the event.
    #[error("there is no such event")]
    UnknownEvent,
    /// One cannot register now; never [`RegistrationWindow::Open`].
    #[error("registration is not open: {0:?}")]
    NotOpen(RegistrationWindow),
    /// All seats are taken or awaited, and there is no waitlist.
    #[error("all seats are taken")]
    Full,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Desk {
    /// Registers `name` for `event` and asks the owner of `email` to confirm. An address that is registered already
    /// takes no second seat: its owner is told by mail, the visitor reads the same answer as any other.
    pub async fn register(
        &self,
        event: &EventId,
        name: PersonName,
        email: EmailAddress,
    ) -> Result<Answer, RegisterError> {
        let event = self.schedule.event(event).ok_or(RegisterError::UnknownEvent)?;
        let mut session = self.session().await?;
        let policy = open_policy(&event, session.now)?;
        session.turn_over(&event.id, Some(&event)).await?;
        let answer = answer_to(waitlist::offer(policy, session.tx.seats(&event.id).await?), policy);
        match (session.tx.live_by_address(&event.id, &email.normalized()).await?, answer) {
            (Some(existing), _) => session.tell_of_repeat(&existing).await?,
            (None, Some(answer)) => {
                let id = RegistrationId::random(&*self.entropy);
                session.admit(Newcomer { id, event: &event.id, name, email, policy }, answer).await?;
            }
            (None, None) => {}
        }
        session.finish().await?;
        answer.ok_or(RegisterError::Full)
    }
}

/// The rules of registering, where one can register at `now`.
fn open_policy(event: &Event, now: Timestamp) -> Result<&RegistrationPolicy, RegisterError> {
    match (event.registration_window(now), &event.registration) {
        (RegistrationWindow::Open, Some(policy)) => Ok(policy),
        (window, _) => Err(RegisterError::NotOpen(window)),
    }
}

/// What anybody is told who registers under this offer; `None` where there is nothing to be had.
fn answer_to(offer: Offer, policy: &RegistrationPolicy) -> Option<Answer> {
    match offer {
        Offer::Seat => Some(Answer::SeatHeld { hold_minutes: policy.hold_minutes }),
        Offer::Waitlist => Some(Answer::OnWaitlist),
        Offer::Nothing => None,
    }
}

struct Newcomer<'e> {
    id: RegistrationId,
    event: &'e EventId,
    name: PersonName,
    email: EmailAddress,
    policy: &'e RegistrationPolicy,
}

impl Session<'_> {
    async fn admit(&mut self, newcomer: Newcomer<'_>, answer: Answer) -> Result<(), StoreError> {
        let (state, mail) = match answer {
            Answer::SeatHeld { .. } => (RegistrationState::Held, MailKind::ConfirmSeat),
            Answer::OnWaitlist => (RegistrationState::HeldForWaitlist, MailKind::ConfirmWaitlist),
        };
        let hold = SignedDuration::from_mins(newcomer.policy.hold_minutes.into());
        let registration = Registration {
            place: self.tx.next_place(newcomer.event).await?,
            id: newcomer.id,
            event: newcomer.event.clone(),
            name: newcomer.name,
            email: newcomer.email,
            state,
            held_until: self.now.checked_add(hold).unwrap_or(Timestamp::MAX),
            generation: 1,
            sequence: 0,
            version: 1,
            created_at: self.now,
            updated_at: self.now,
        };
        self.tx.add(&registration).await?;
        self.owe(mail, &registration).await
    }

    /// Tells the owner, and only the owner, that the address is registered already.
    async fn tell_of_repeat(&mut self, existing: &Registration) -> Result<(), StoreError> {
        let since = self.now.checked_sub(QUIET_AFTER_REPEAT).unwrap_or(Timestamp::MIN);
        if self.tx.mailed_since(&existing.id, MailKind::AlreadyRegistered, since).await? {
            return Ok(());
        }
        self.owe(MailKind::AlreadyRegistered, existing).await
    }
}
