//! The mail afterwards: thanks, recordings, and a short form for feedback.

use jiff::{SignedDuration, Timestamp};
use regatta_domain::event::Event;
use regatta_domain::registration::RegistrationState;
use regatta_store::StoreError;
use regatta_store::herald::Announced;
use regatta_store::outbox::MailKind;

use crate::desk::Desk;
use crate::reminders::is_told;

/// How long the mail waits for recordings; then it goes out without.
const WAIT_FOR_RECORDINGS: SignedDuration = SignedDuration::from_hours(3 * 24);

/// How long after the end it is of interest to anybody.
pub(crate) const LATEST_AFTERWARDS: SignedDuration = SignedDuration::from_hours(14 * 24);

/// Those who had a seat; not everywhere somebody checks in at a door.
const WERE_THERE: [RegistrationState; 2] = [RegistrationState::Confirmed, RegistrationState::Attended];

/// Whether it is time at `now` to write to those who were at `event`.
pub(crate) fn is_time(event: &Event, now: Timestamp) -> bool {
    let since_end = now.duration_since(event.when.over_at());
    let ready = !event.recordings.is_empty() || since_end >= WAIT_FOR_RECORDINGS;
    event.status.takes_place() && event.is_past(now) && ready && since_end < LATEST_AFTERWARDS
}

/// Whether nobody was written to yet, and people know, too, that it is over: a mistyped date must not thank anybody for
/// what is still ahead.
fn is_to_wrap_up(announced: &Announced, event: &Event) -> bool {
    announced.wrapped_up_at.is_none() && is_told(announced, event)
}

impl Desk {
    /// One pass: writes to those who were at an event that is over, once. Returns how many mails are owed for it. An event
    /// at which that fails keeps no other from its turn; the first such error is returned at the end.
    pub async fn wrap_up(&self) -> Result<u32, StoreError> {
        let mut mails = 0;
        let mut outcome = Ok(());
        for event in self.events_in_view() {
            match self.wrap_up_in_time(&event).await {
                Ok(owed) => mails += owed,
                Err(error) => {
                    tracing::error!(%error, event = %event.id, "nobody could be thanked for an event");
                    outcome = outcome.and(Err(error));
                }
            }
        }
        outcome.map(|()| mails)
    }

    /// Looks whether it is time without holding anybody up.
    async fn wrap_up_in_time(&self, event: &Event) -> Result<u32, StoreError> {
        if is_time(event, self.clock.now())
            && let Some(announced) = self.store.announced(&event.id).await?
            && is_to_wrap_up(&announced, event)
        {
            return self.wrap_up_event(event).await;
        }
        Ok(0)
    }

    async fn wrap_up_event(&self, event: &Event) -> Result<u32, StoreError> {
        let mut tx = self.store.begin(std::slice::from_ref(&event.id)).await?;
        let now = self.clock.now();
        let announced = tx.announced(&event.id).await?;
        let Some(announced) = announced.filter(|announced| is_to_wrap_up(announced, event)) else {
            return Ok(0);
        };
        let there = tx.standing_in(&event.id, &WERE_THERE).await?;
        let mails: Vec<_> = there
            .iter()
            .map(|one| self.notice(MailKind::Afterwards, one, format!("afterwards:{}", one.id), now))
            .collect();
        let owed = tx.enqueue(&mails).await?;
        tx.set_announced(&event.id, &Announced { wrapped_up_at: Some(now), ..announced }).await?;
        tx.commit().await?;
        self.ring_for(owed);
        Ok(owed)
    }
}
