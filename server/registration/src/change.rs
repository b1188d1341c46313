//! What owners change by themselves: for how many, on site or on the web, their answers, name and language.

use jiff::Timestamp;
use regatta_domain::event::{Event, RegistrationPolicy};
use regatta_domain::history::{Actor, Happening};
use regatta_domain::language::Language;
use regatta_domain::person_name::PersonName;
use regatta_domain::registration::{Registration, RegistrationState};
use regatta_domain::seats::{Attendance, Seats};
use regatta_domain::waitlist;
use regatta_store::StoreError;
use regatta_store::outbox::MailKind;

use crate::application::{FormError, GivenAnswers, allowed_party, read_answers};
use crate::desk::Desk;
use crate::links::LinkPurpose;
use crate::own::{LinkError, OwnView, current};
use crate::session::Session;

/// What is to be different; whatever is absent stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// For how many, from 1.
    pub party: Option<u32>,
    /// On site or on the web.
    pub attendance: Option<Attendance>,
    /// How to greet them.
    pub name: Option<PersonName>,
    /// In which language to write to them.
    pub language: Option<Language>,
    /// What was given to the event's questions: to all of them, as it came.
    pub answers: Option<GivenAnswers>,
}

/// Why nothing was changed. Everything stays as it was, the seat above all.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// The link leads nowhere.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// What was filled in cannot be taken so: everything that is wrong with it.
    #[error("the form has {} mistakes", .0.len())]
    Form(Vec<FormError>),
    /// There is no room for so many, or none of that kind of seat, that nobody waits for.
    #[error("there is no room for this change")]
    NoRoom,
    /// It cannot be changed as it stands: not confirmed yet, over, or the event has begun or does not take place.
    #[error("the registration cannot be changed any more, or not yet")]
    Settled(Box<OwnView>),
    /// No readable file declares the event at the moment, so that its rules are unknown. Cancelling works all the same.
    #[error("no readable content file declares the event at the moment")]
    EventUnreadable,
}

impl From<StoreError> for ChangeError {
    fn from(error: StoreError) -> Self {
        Self::Link(LinkError::Store(error))
    }
}

impl Desk {
    /// Changes a registration for its owner, all of it or nothing, and tells them by mail how it stands. Seats that come
    /// free by it go to those who wait. Who waits keeps the place in the order of arrival; who has a seat never loses it
    /// to a change that cannot be made.
    pub async fn change(&self, token: &str, change: Change) -> Result<OwnView, ChangeError> {
        let link = self.verify_for(LinkPurpose::Manage, token)?;
        let (mut session, found) = self.session_for(&link).await?;
        let event = session.event(&found.event).await?.ok_or(ChangeError::EventUnreadable)?;
        session.turn_over(&event.id, Some(&event)).await?;
        // Its turn may just have come.
        let mut registration = current(session.tx.registration(&found.id).await?, &link)?;
        let Some(policy) = rules_of_change(&event, &registration, session.now) else {
            drop(session);
            return Err(ChangeError::Settled(Box::new(self.view(registration, &link).await?)));
        };
        let after = changed(&registration, change, policy).map_err(ChangeError::Form)?;
        if after != registration {
            let seats = session.tx.seats(&event.id).await?;
            if !has_room(policy, seats, &registration, &after) {
                return Err(ChangeError::NoRoom);
            }
            session.store_change(&mut registration, after, &event).await?;
        }
        session.finish().await?;
        Ok(self.view(registration, &link).await?)
    }
}

/// The rules under which a registration can be changed at `now`; `None` where it cannot.
fn rules_of_change<'e>(
    event: &'e Event,
    registration: &Registration,
    now: Timestamp,
) -> Option<&'e RegistrationPolicy> {
    use RegistrationState as S;
    let settled = match registration.state {
        S::AwaitingApproval | S::Waitlisted | S::Confirmed => waitlist::is_over(event, now),
        S::Held | S::HeldForWaitlist | S::Attended | S::Cancelled | S::Declined | S::Expired => true,
    };
    event.registration.as_ref().filter(|_| !settled)
}

/// The registration as it is wished to be, or all that is wrong with the wish.
fn changed(
    registration: &Registration,
    change: Change,
    policy: &RegistrationPolicy,
) -> Result<Registration, Vec<FormError>> {
    let mut after = registration.clone();
    let mut errors = Vec::new();
    if let Some(party) = change.party.filter(|party| *party != registration.party) {
        errors.extend(allowed_party(party, most_seats(registration, policy)).err());
        after.party = party;
    }
    if let Some(attendance) = change.attendance.filter(|kind| *kind != registration.attendance) {
        if policy.quotas.capacity(attendance).is_none() {
            errors.push(FormError::Attendance);
        }
        after.attendance = attendance;
    }
    if let Some(given) = &change.answers {
        after.answers = read_answers(policy, given, &mut errors).unwrap_or_default();
    }
    after.name = change.name.unwrap_or(after.name);
    after.language = change.language.unwrap_or(after.language);
    if errors.is_empty() { Ok(after) } else { Err(errors) }
}

/// The most seats it may be for: what organizers decided on is not made more of behind their back, and who has more than
/// one may have by now can give some back without giving all.
fn most_seats(registration: &Registration, policy: &RegistrationPolicy) -> u32 {
    let decided = policy.approval && registration.state == RegistrationState::Confirmed;
    if decided { registration.party } else { policy.party_size.max(registration.party) }
}

/// Whether there is room for the change while the seats of the event are taken so, the registration's own included.
fn has_room(policy: &RegistrationPolicy, seats: Seats, before: &Registration, after: &Registration) -> bool {
    let moves = before.attendance != after.attendance;
    let more = if moves { after.party } else { after.party.saturating_sub(before.party) };
    if more == 0 {
        return true;
    }
    let capacity = policy.quotas.capacity(after.attendance).unwrap_or(0);
    let room_now = waitlist::has_room_for(policy, after.attendance, seats.of(after.attendance), more);
    if before.state.waits() {
        // Who waits may go on waiting, for what there can be some day; nobody joins a line that was closed.
        after.party <= capacity && (room_now || !moves || policy.waitlist)
    } else {
        room_now
    }
}

impl Session<'_> {
    async fn store_change(
        &mut self,
        registration: &mut Registration,
        mut after: Registration,
        event: &Event,
    ) -> Result<(), StoreError> {
        let before = registration.clone();
        if after.attendance != before.attendance && before.state.has_calendar_entry() {
            // Where it takes place for them is part of their calendar entry.
            after.sequence += 1;
        }
        self.save(registration, after).await?;
        self.note_changes(&before, registration);
        self.promote(Some(event)).await?;
        if let Some(now) = self.tx.registration(&registration.id).await? {
            *registration = now;
        }
        // Who came to a seat by it reads of that already, in a mail that says how things stand.
        if registration.state == before.state {
            self.owe(MailKind::Changed, registration);
        }
        Ok(())
    }

    fn note_changes(&mut self, before: &Registration, after: &Registration) {
        if before.party != after.party {
            let what = Happening::PartyChanged { from: before.party, to: after.party };
            self.note(after, &Actor::Owner, what);
        }
        if before.attendance != after.attendance {
            let what = Happening::AttendanceChanged { from: before.attendance, to: after.attendance };
            self.note(after, &Actor::Owner, what);
        }
        if before.answers != after.answers {
            self.note(after, &Actor::Owner, Happening::AnswersChanged);
        }
    }
}
