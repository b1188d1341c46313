//! Telling people once that an event changed, and followers that there is a new one.
//!
//! Each pass compares what content files say with what people were told. A difference is noted first and told only when it
//! stayed for the settling time, because corrections tend to follow; shortly before the start there is less of it
//! (`step` decides). Telling is one transaction: what was told, the sequence of each calendar entry, and the mails.
//! Whatever comes twice, the store refuses: two processes that both believe to lead find the facts told already, and a
//! mail has a key of which there is one.

use std::sync::{Arc, PoisonError};

use jiff::Timestamp;
use regatta_domain::announcement::{EventFacts, Standing};
use regatta_domain::event::Event;
use regatta_domain::history::{Actor, Happening, HistoryEntry};
use regatta_domain::ids::{EventId, MailId};
use regatta_domain::registration::{Registration, RegistrationState as State};
use regatta_store::StoreError;
use regatta_store::desk::DeskTransaction;
use regatta_store::herald::Announced;
use regatta_store::outbox::{MailDetail, MailKind, MailSubject, NewMail};

use crate::afterwards::LATEST_AFTERWARDS;
use crate::desk::Desk;
use crate::session::purge_at;
use crate::step::{Step, only_redated};

/// What a pass of the herald brought about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heralded {
    /// Events whose change was told.
    pub changes: u32,
    /// Events that followers were told of.
    pub published: u32,
    /// Mails owed because of both.
    pub mails: u32,
}

/// Whom a change of the event concerns: they have a seat, may get one, or wait for one.
const CONCERNED: [State; 3] = [State::AwaitingApproval, State::Waitlisted, State::Confirmed];

/// Under this name the store keeps for life which events there were when the herald first looked: nobody has to be told
/// that those were published.
const KNOWN_FROM_THE_START: &str = "events known from the start";

impl Desk {
    /// One pass: looks at every event that is not long over, notes what changed, and tells what settled. An event that
    /// cannot be seen to keeps no other from its turn; the first such error is returned at the end.
    pub async fn herald(&self) -> Result<Heralded, StoreError> {
        let mut sum = Heralded::default();
        let mut outcome = Ok(());
        for event in self.events_in_view() {
            if let Err(error) = self.herald_event(&event, &mut sum).await {
                tracing::error!(%error, event = %event.id, "the herald could not see to an event");
                outcome = outcome.and(Err(error));
            }
        }
        outcome.map(|()| sum)
    }

    /// The events at which something can still be told: those ahead, those just over, and those that do not take place
    /// at the time in their file, which may be long past while people wait for another one.
    pub(crate) fn events_in_view(&self) -> Vec<Arc<Event>> {
        let horizon = self.clock.now().checked_sub(LATEST_AFTERWARDS).unwrap_or(Timestamp::MIN);
        let mut events = self.schedule.events();
        events.retain(|event| event.when.over_at() > horizon || !event.status.takes_place());
        events
    }

    async fn herald_event(&self, event: &Event, sum: &mut Heralded) -> Result<(), StoreError> {
        let Some(facts) = EventFacts::of(event) else { return Ok(()) };
        let announced = self.store.announced(&event.id).await?;
        if self.is_first_look_at_sample(event)
            && announced.as_ref().is_some_and(|announced| only_redated(&announced.told, &facts))
        {
            return self.take_sample_as_told(event, &facts).await;
        }
        // Looked at without holding anybody up; done only where it is still so in the transaction.
        if Step::next(announced.as_ref(), &facts, self.clock.now(), self.settings.settle) != Step::Wait {
            // Asked before the transaction begins, which may have the only connection that writes.
            let known = announced.is_none() && self.is_known_from_the_start(&event.id).await?;
            self.take_step(event, &facts, known, sum).await?;
        }
        if announced.is_some_and(|announced| self.is_to_publish(event, &announced)) {
            self.publish(event, sum).await?;
        }
        Ok(())
    }

    /// Whether `event` is a sample that this process has not looked at before.
    fn is_first_look_at_sample(&self, event: &Event) -> bool {
        let mut seen = self.samples_seen.lock().unwrap_or_else(PoisonError::into_inner);
        event.sample && seen.insert(event.id.clone())
    }

    /// The dates of samples count from the start of the program, so that another start moves them. That is nobody's
    /// decision, and no news; whatever is changed in a sample while the program runs is told as of any other event.
    async fn take_sample_as_told(&self, event: &Event, facts: &EventFacts) -> Result<(), StoreError> {
        let mut tx = self.store.begin(std::slice::from_ref(&event.id)).await?;
        let Some(announced) = tx.announced(&event.id).await? else { return Ok(()) };
        tx.set_announced(&event.id, &taken_as_told(&announced, facts, self.clock.now())).await?;
        keep_data_until_its_time(&mut *tx, event).await?;
        tx.commit().await
    }

    async fn take_step(
        &self,
        event: &Event,
        facts: &EventFacts,
        known: bool,
        sum: &mut Heralded,
    ) -> Result<(), StoreError> {
        let mut tx = self.store.begin(std::slice::from_ref(&event.id)).await?;
        let now = self.clock.now();
        let announced = tx.announced(&event.id).await?;
        let step = Step::next(announced.as_ref(), facts, now, self.settings.settle);
        let Some(mut announced) = announced else {
            tx.set_announced(&event.id, &first_sight(event, facts, now, known)).await?;
            return tx.commit().await;
        };
        let mut mails = 0;
        match step {
            Step::Wait | Step::Meet => return Ok(()),
            Step::Note => announced.pending = Some((facts.clone(), now)),
            Step::Forget => announced.pending = None,
            Step::TakeAsTold | Step::Tell => {
                if step == Step::Tell {
                    mails = self.tell_concerned(&mut *tx, event, facts, &announced, now).await?;
                    sum.changes += 1;
                }
                keep_data_until_its_time(&mut *tx, event).await?;
                announced = taken_as_told(&announced, facts, now);
            }
        }
        tx.set_announced(&event.id, &announced).await?;
        tx.commit().await?;
        self.ring_for(mails);
        sum.mails += mails;
        Ok(())
    }

    /// Raises calendar entries and owes everybody concerned a mail. Also who registered while it settled: their mails
    /// told what everybody knew.
    async fn tell_concerned(
        &self,
        tx: &mut dyn DeskTransaction,
        event: &Event,
        facts: &EventFacts,
        announced: &Announced,
        now: Timestamp,
    ) -> Result<u32, StoreError> {
        let concerned = tx.standing_in(&event.id, &CONCERNED).await?;
        let entries: Vec<_> =
            concerned.iter().filter(|one| one.state.has_calendar_entry()).map(|one| one.id.clone()).collect();
        tx.raise_sequences(&entries, now).await?;
        let mails: Vec<_> = concerned.iter().map(|one| self.news_mail(one, facts, announced, now)).collect();
        let history: Vec<_> = concerned.iter().map(|one| told_entry(one, now)).collect();
        tx.note(&history).await?;
        tx.enqueue(&mails).await
    }

    fn news_mail(
        &self,
        to: &Registration,
        facts: &EventFacts,
        announced: &Announced,
        now: Timestamp,
    ) -> NewMail {
        let (kind, detail) = match facts.standing {
            Standing::Cancelled => (MailKind::EventCancelled, None),
            Standing::On | Standing::Postponed => {
                (MailKind::EventChanged, Some(MailDetail::EventWas(announced.told.clone())))
            }
        };
        let once = format!("event:{}:{}", announced.sequence + 1, to.id);
        NewMail { detail, ..self.notice(kind, to, once, now) }
    }

    /// A mail that is owed to the owner of a registration without anything they did; there is one with this key.
    pub(crate) fn notice(&self, kind: MailKind, to: &Registration, once: String, now: Timestamp) -> NewMail {
        NewMail {
            id: MailId::random(&*self.entropy),
            kind,
            subject: MailSubject::Registration(to.id.clone()),
            recipient: to.email.clone(),
            language: to.language,
            detail: None,
            once: Some(once),
            created_at: now,
        }
    }

    /// Tells the mail room of mail that was committed.
    pub(crate) fn ring_for(&self, mails: u32) {
        if mails > 0 {
            self.bell.notify_one();
        }
    }

    /// Whether it was there when the herald first looked. Decided once, for all processes and for life.
    async fn is_known_from_the_start(&self, event: &EventId) -> Result<bool, StoreError> {
        let there_now: Vec<_> = self.schedule.events().iter().map(|event| event.id.to_string()).collect();
        let known = self.store.kept(KNOWN_FROM_THE_START, &there_now.join(" ")).await?;
        Ok(known.split(' ').any(|known| known == event.as_str()))
    }
}

fn first_sight(event: &Event, facts: &EventFacts, now: Timestamp, known: bool) -> Announced {
    Announced {
        told: facts.clone(),
        told_at: now,
        sequence: 0,
        pending: None,
        published_at: known.then_some(now),
        // What is over before anybody looked has nobody to thank.
        wrapped_up_at: event.is_past(now).then_some(now),
    }
}

/// What is known from `now` on.
fn taken_as_told(before: &Announced, facts: &EventFacts, now: Timestamp) -> Announced {
    let sequence = before.sequence + 1;
    Announced { told: facts.clone(), told_at: now, sequence, pending: None, ..*before }
}

/// Data is kept for so long after the end, which may have moved.
async fn keep_data_until_its_time(tx: &mut dyn DeskTransaction, event: &Event) -> Result<(), StoreError> {
    match &event.registration {
        Some(policy) => tx.set_purge_at(&event.id, purge_at(event, policy.retention_days)).await,
        None => Ok(()),
    }
}

fn told_entry(one: &Registration, at: Timestamp) -> HistoryEntry {
    HistoryEntry { registration: one.id.clone(), at, actor: Actor::Portal, what: Happening::EventChanged }
}
