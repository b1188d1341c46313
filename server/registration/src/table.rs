//! Taking newcomers on: what each of them is offered while those before them sit down.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use regatta_domain::event::{Event, RegistrationPolicy};
use regatta_domain::ids::{BookingId, RegistrationId};
use regatta_domain::ports::Entropy;
use regatta_domain::registration::{Registration, RegistrationState};
use regatta_domain::seats::Seats;
use regatta_domain::waitlist::{self, Offer};
use regatta_store::StoreError;

use crate::application::{Application, Wish};
use crate::register::{Answer, RegisterError};
use crate::session::{Session, purge_at};

/// What lies on the desk while newcomers to one event are taken on: nothing of it is stored yet.
pub(crate) struct Table<'e> {
    event: &'e Event,
    policy: &'e RegistrationPolicy,
    now: Timestamp,
    /// For how many minutes what is new is kept for an address that is not confirmed.
    pub(crate) hold_minutes: u32,
    seats: Seats,
    /// Live registrations by address in normal form, new ones included.
    known: BTreeMap<String, Registration>,
    /// New ones in order of arrival; their places come when they are stored.
    pub(crate) new: Vec<Registration>,
    /// Registrations of addresses that registered again.
    pub(crate) repeated: Vec<Registration>,
    /// What all that is new here is part of.
    pub(crate) booking: Option<BookingId>,
}

impl Session<'_> {
    /// Lays out what is needed to answer these applications.
    pub(crate) async fn table<'e>(
        &mut self,
        event: &'e Event,
        policy: &'e RegistrationPolicy,
        applications: &[Application],
    ) -> Result<Table<'e>, StoreError> {
        let addresses: BTreeSet<_> = applications.iter().map(|one| one.email.normalized()).collect();
        let addresses: Vec<_> = addresses.into_iter().collect();
        let known = self.tx.live_by_addresses(&event.id, &addresses).await?;
        Ok(Table {
            event,
            policy,
            now: self.now,
            hold_minutes: policy.hold_minutes,
            seats: self.tx.seats(&event.id).await?,
            known: known.into_iter().map(|one| (one.email.normalized(), one)).collect(),
            new: Vec::new(),
            repeated: Vec::new(),
            booking: None,
        })
    }
}

impl Table<'_> {
    /// Takes one application: puts it to what is new, or to what is repeated, and answers what anybody would read.
    pub(crate) fn admit(
        &mut self,
        application: &Application,
        entropy: &dyn Entropy,
    ) -> Result<Answer, RegisterError> {
        let wish = application.read(self.policy).map_err(RegisterError::Form)?;
        self.seat(application, wish, entropy).ok_or(RegisterError::Full)
    }

    /// What there is for a wish that can be taken so; `None` where there is nothing.
    pub(crate) fn seat(
        &mut self,
        application: &Application,
        wish: Wish,
        entropy: &dyn Entropy,
    ) -> Option<Answer> {
        let count = self.seats.of_mut(wish.attendance);
        let offer = waitlist::offer(self.policy, wish.attendance, *count, wish.party);
        let address = application.email.normalized();
        if let Some(existing) = self.known.get(&address) {
            self.repeated.push(existing.clone());
            return self.answer_to(offer);
        }
        let state = match offer {
            Offer::Seat => {
                count.taken += wish.party;
                RegistrationState::Held
            }
            Offer::Waitlist => {
                count.waiting += wish.party;
                RegistrationState::HeldForWaitlist
            }
            Offer::Nothing => return None,
        };
        let id = RegistrationId::random(entropy);
        let registration = self.registration(id, application, wish, state);
        self.known.insert(address, registration.clone());
        self.new.push(registration);
        self.answer_to(offer)
    }

    fn registration(
        &self,
        id: RegistrationId,
        application: &Application,
        wish: Wish,
        state: RegistrationState,
    ) -> Registration {
        let hold = SignedDuration::from_mins(self.hold_minutes.into());
        Registration {
            id,
            event: self.event.id.clone(),
            name: application.name.clone(),
            email: application.email.clone(),
            language: application.language,
            attendance: wish.attendance,
            party: wish.party,
            answers: wish.answers,
            state,
            place: 0,
            booking: self.booking.clone(),
            held_until: self.now.checked_add(hold).unwrap_or(Timestamp::MAX),
            seated_at: None,
            purge_at: purge_at(self.event, self.policy.retention_days),
            generation: 1,
            sequence: 0,
            version: 1,
            created_at: self.now,
            updated_at: self.now,
        }
    }

    /// What anybody is told who registers under this offer; `None` where there is nothing to be had.
    fn answer_to(&self, offer: Offer) -> Option<Answer> {
        match offer {
            Offer::Seat => Some(Answer::SeatHeld { hold_minutes: self.hold_minutes }),
            Offer::Waitlist => Some(Answer::OnWaitlist),
            Offer::Nothing => None,
        }
    }
}
