//! One transaction at the desk with what all of them do: change states, keep history, owe mail, expire and promote.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use regatta_domain::event::Event;
use regatta_domain::history::{Actor, Happening, HistoryEntry};
use regatta_domain::hold;
use regatta_domain::ids::{EventId, MailId, RegistrationId};
use regatta_domain::registration::{Registration, RegistrationAction, RegistrationState, Transition};
use regatta_domain::seats::Attendance;
use regatta_domain::waitlist;
use regatta_store::StoreError;
use regatta_store::desk::DeskTransaction;
use regatta_store::outbox::{MailDetail, MailKind, MailSubject, NewMail};

use crate::desk::Desk;
use crate::sweep::Swept;

/// A transaction in which nobody else changes the desks it was begun for. Dropped before [`Session::finish`], it leaves
/// nothing.
pub(crate) struct Session<'d> {
    desk: &'d Desk,
    pub(crate) tx: Box<dyn DeskTransaction>,
    /// The moment at which it all happens.
    pub(crate) now: Timestamp,
    swept: Swept,
    /// Written at the end, in one statement each.
    history: Vec<HistoryEntry>,
    mails: Vec<NewMail>,
}

impl Desk {
    /// Waits for its turn at these desks and begins. The clock is read then: a hold may have lapsed, and registration
    /// closed, while a crowd was ahead.
    pub(crate) async fn session(&self, events: &[EventId]) -> Result<Session<'_>, StoreError> {
        let tx = self.store.begin(events).await?;
        let now = self.clock.now();
        Ok(Session { desk: self, tx, now, swept: Swept::default(), history: Vec::new(), mails: Vec::new() })
    }
}

impl Session<'_> {
    /// The event with what its organizers decided otherwise, as it stays until this transaction ends; `None` where no
    /// readable file declares it.
    pub(crate) async fn event(&mut self, id: &EventId) -> Result<Option<Event>, StoreError> {
        let Some(event) = self.desk.schedule.event(id) else { return Ok(None) };
        Ok(Some(self.tx.overrides(id).await?.applied_to(&event)))
    }

    /// Lets `action` happen to `registration` and stores what follows. Nothing is stored where it leads nowhere.
    pub(crate) async fn apply(
        &mut self,
        registration: &mut Registration,
        action: RegistrationAction,
        actor: &Actor,
    ) -> Result<Transition, StoreError> {
        let from = registration.state;
        let transition = from.after(action);
        if let Transition::To(to) = transition {
            let mut after = Registration { state: to, ..registration.clone() };
            if from.has_calendar_entry() && !to.has_calendar_entry() {
                // The entry has to go, and only a higher number takes it away.
                after.sequence += 1;
            }
            if to == RegistrationState::Confirmed {
                after.seated_at = after.seated_at.or(Some(self.now));
            }
            self.save(registration, after).await?;
            self.note(registration, actor, Happening::Moved { from, to });
        }
        Ok(transition)
    }

    /// Stores `after` in place of `registration`, which is what is stored from then on.
    pub(crate) async fn save(
        &mut self,
        registration: &mut Registration,
        mut after: Registration,
    ) -> Result<(), StoreError> {
        after.updated_at = self.now;
        self.tx.save(registration, &after).await?;
        after.version = registration.version + 1;
        *registration = after;
        Ok(())
    }

    /// Keeps in mind what happened to `registration`.
    pub(crate) fn note(&mut self, registration: &Registration, actor: &Actor, what: Happening) {
        let (at, actor) = (self.now, actor.clone());
        self.history.push(HistoryEntry { registration: registration.id.clone(), at, actor, what });
    }

    /// Owes the owner of `registration` a mail.
    pub(crate) fn owe(&mut self, kind: MailKind, registration: &Registration) {
        self.owe_with(kind, registration, None);
    }

    /// Owes the owner of `registration` a mail that has more to say.
    pub(crate) fn owe_with(
        &mut self,
        kind: MailKind,
        registration: &Registration,
        detail: Option<MailDetail>,
    ) {
        self.mails.push(NewMail {
            id: MailId::random(&*self.desk.entropy),
            kind,
            subject: MailSubject::Registration(registration.id.clone()),
            recipient: registration.email.clone(),
            language: registration.language,
            detail,
            once: None,
            created_at: self.now,
        });
    }

    /// Brings an event up to date: what lapsed is expired, what came free goes to those who wait.
    pub(crate) async fn turn_over(&mut self, id: &EventId, event: Option<&Event>) -> Result<(), StoreError> {
        self.expire_lapsed(id).await?;
        self.promote(event).await
    }

    /// Expires what was not confirmed in time, but for those whose owners could not be asked yet.
    pub(crate) async fn expire_lapsed(&mut self, id: &EventId) -> Result<(), StoreError> {
        let lapsed = self.tx.lapsed_holds(id, self.now).await?;
        let spared = self.still_to_be_asked(&lapsed).await?;
        for mut lapsed in lapsed.into_iter().filter(|one| !spared.contains(&one.id)) {
            self.apply(&mut lapsed, RegistrationAction::Expire, &Actor::Portal).await?;
            self.swept.expired += 1;
        }
        Ok(())
    }

    /// Those of `lapsed` whose owners were told to expect a mail that could not be sent yet.
    async fn still_to_be_asked(
        &mut self,
        lapsed: &[Registration],
    ) -> Result<BTreeSet<RegistrationId>, StoreError> {
        let spared: Vec<_> =
            lapsed.iter().filter(|one| hold::is_spared(one, self.now)).map(|one| one.id.clone()).collect();
        if spared.is_empty() {
            return Ok(BTreeSet::new());
        }
        Ok(self.tx.owing_confirmation(&spared).await?.into_iter().collect())
    }

    /// Gives free seats to those in line whose turn it is. Where no readable file declares the event nobody is promoted,
    /// as its capacity is unknown.
    pub(crate) async fn promote(&mut self, event: Option<&Event>) -> Result<(), StoreError> {
        let Some(event) = event else { return Ok(()) };
        let seats = self.tx.seats(&event.id).await?;
        for attendance in Attendance::ALL {
            let count = seats.of(attendance);
            let free = waitlist::seats_to_give(event, self.now, attendance, count);
            if free > 0 && count.waiting > 0 {
                self.promote_line(event, attendance, free).await?;
            }
        }
        Ok(())
    }

    async fn promote_line(
        &mut self,
        event: &Event,
        attendance: Attendance,
        free: u32,
    ) -> Result<(), StoreError> {
        let approval = event.registration.as_ref().is_some_and(|policy| policy.approval);
        // Each takes one seat at least.
        let line = self.tx.line(&event.id, attendance, free).await?;
        for mut next in waitlist::promoted(line, free) {
            self.apply(&mut next, RegistrationAction::Promote { approval }, &Actor::Portal).await?;
            self.owe(if approval { MailKind::AwaitingApproval } else { MailKind::Promoted }, &next);
            self.swept.promoted += 1;
        }
        Ok(())
    }

    /// Makes it all durable, then tells the mail room. Returns what time alone brought about.
    pub(crate) async fn finish(mut self) -> Result<Swept, StoreError> {
        if !self.history.is_empty() {
            self.tx.note(&self.history).await?;
        }
        if !self.mails.is_empty() {
            self.tx.enqueue(&self.mails).await?;
        }
        self.tx.commit().await?;
        if !self.mails.is_empty() {
            self.desk.bell.notify_one();
        }
        Ok(self.swept)
    }
}

/// When what is kept of a registration for `event` is erased.
pub(crate) fn purge_at(event: &Event, retention_days: u32) -> Timestamp {
    let kept = SignedDuration::from_hours(24 * i64::from(retention_days));
    event.when.over_at().checked_add(kept).unwrap_or(Timestamp::MAX)
}
