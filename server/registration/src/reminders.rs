//! Reminding those who have a seat: a day before the start, and an hour before.
//!
//! Who got the seat after a reminder was due is not reminded, and neither is anybody of an event that was moved so late
//! that its news are younger. The start is part of each mail's key, so that there is one reminder of each kind for it,
//! and a further one only where the event is moved far enough ahead.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use regatta_domain::announcement::EventFacts;
use regatta_domain::event::{Event, EventTime};
use regatta_domain::ids::EventId;
use regatta_domain::registration::{Registration, RegistrationState};
use regatta_store::StoreError;
use regatta_store::herald::Announced;
use regatta_store::outbox::{MailDetail, MailKind, NewMail};

use crate::desk::Desk;

/// A reminder that everybody with a seat gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reminder {
    /// 24 hours before the start.
    Day,
    /// One hour before the start.
    Hour,
}

impl Reminder {
    /// How long before the start it is due, by the time that passes: where clocks are changed in between, they show
    /// another time of the day.
    fn ahead(self) -> SignedDuration {
        match self {
            Self::Day => SignedDuration::from_hours(24),
            Self::Hour => SignedDuration::from_hours(1),
        }
    }

    fn kind(self) -> MailKind {
        match self {
            Self::Day => MailKind::DayBefore,
            Self::Hour => MailKind::HourBefore,
        }
    }

    fn key(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Hour => "hour",
        }
    }

    /// When it is due for what starts then.
    fn due(self, start: Timestamp) -> Timestamp {
        start.checked_sub(self.ahead()).unwrap_or(Timestamp::MIN)
    }

    /// The one to send at `now` for what starts then: the latest that is due, which makes an earlier one moot.
    pub(crate) fn current(start: Timestamp, now: Timestamp) -> Option<Self> {
        if now >= start {
            return None;
        }
        [Self::Hour, Self::Day].into_iter().find(|reminder| reminder.due(start) <= now)
    }
}

/// Which reminders this process has seen to. It spares looking at every seat again each time; forgetting it does no
/// harm, as the store admits each mail once.
#[derive(Debug, Default)]
pub struct SeenTo(BTreeSet<(Timestamp, Reminder, EventId)>);

impl SeenTo {
    /// Forgets what has begun, which nobody is reminded of any more.
    fn forget_before(&mut self, now: Timestamp) {
        self.0.retain(|(start, ..)| *start > now);
    }
}

/// The start of an event of which people can be reminded: it takes place, at a time that is known.
pub(crate) fn start_of(event: &Event) -> Option<Timestamp> {
    match &event.when {
        EventTime::At { start, .. } if event.status.takes_place() => Some(start.timestamp()),
        _ => None,
    }
}

impl Desk {
    /// One pass: owes what is due to be reminded of, where that is not in `seen_to`. Returns how many mails. An event whose
    /// reminders fail keeps no other from its own; the first such error is returned at the end.
    pub async fn remind(&self, seen_to: &mut SeenTo) -> Result<u32, StoreError> {
        let now = self.clock.now();
        seen_to.forget_before(now);
        let mut mails = 0;
        let mut outcome = Ok(());
        for event in self.events_in_view() {
            let Some(start) = start_of(&event) else { continue };
            let Some(reminder) = Reminder::current(start, now) else { continue };
            let round = (start, reminder, event.id.clone());
            if seen_to.0.contains(&round) {
                continue;
            }
            match self.remind_of(&event, start, reminder).await {
                Ok(Some(owed)) => {
                    mails += owed;
                    seen_to.0.insert(round);
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::error!(%error, event = %event.id, "nobody could be reminded of an event");
                    outcome = outcome.and(Err(error));
                }
            }
        }
        outcome.map(|()| mails)
    }

    /// Owes one reminder of one event to everybody with a seat. `None` while people know another start than its file
    /// says: the news come first.
    async fn remind_of(
        &self,
        event: &Event,
        start: Timestamp,
        reminder: Reminder,
    ) -> Result<Option<u32>, StoreError> {
        let mut tx = self.store.begin(std::slice::from_ref(&event.id)).await?;
        let Some(announced) = tx.announced(&event.id).await? else { return Ok(None) };
        if !is_told(&announced, event) {
            return Ok(None);
        }
        let (now, due) = (self.clock.now(), reminder.due(start));
        if announced.told_at > due {
            return Ok(Some(0));
        }
        let mut seated = tx.standing_in(&event.id, &[RegistrationState::Confirmed]).await?;
        seated.retain(|one| one.seated_at.is_some_and(|at| at <= due));
        let mails: Vec<_> = seated.iter().map(|one| self.reminder_mail(one, start, reminder, now)).collect();
        let owed = tx.enqueue(&mails).await?;
        tx.commit().await?;
        self.ring_for(owed);
        Ok(Some(owed))
    }

    fn reminder_mail(
        &self,
        to: &Registration,
        start: Timestamp,
        reminder: Reminder,
        now: Timestamp,
    ) -> NewMail {
        let once = format!("{}:{}:{}", reminder.key(), to.id, start.as_microsecond());
        let detail = Some(MailDetail::Starts(start));
        NewMail { detail, ..self.notice(reminder.kind(), to, once, now) }
    }
}

/// Whether people know of the event what its file says.
pub(crate) fn is_told(announced: &Announced, event: &Event) -> bool {
    EventFacts::of(event).is_some_and(|facts| facts == announced.told)
}
