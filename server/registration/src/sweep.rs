//! What time does by itself: unconfirmed registrations lapse, and their seats go to those who wait.

use std::collections::BTreeSet;
use std::time::Duration;

use regatta_domain::ids::EventId;
use regatta_domain::seats::Attendance;
use regatta_domain::waitlist;
use regatta_store::StoreError;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::desk::Desk;

/// What a sweep brought about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Registrations that were not confirmed in time.
    pub expired: u32,
    /// Registrations that came from the waitlist to a seat.
    pub promoted: u32,
}

impl Desk {
    /// Expires what lapsed and gives free seats to those who wait, at every event that needs it. An event that cannot be
    /// swept keeps no other from its turn; the first such error is returned at the end.
    pub async fn sweep(&self) -> Result<Swept, StoreError> {
        let mut sum = Swept::default();
        let mut outcome = Ok(());
        for id in self.events_to_sweep().await? {
            match self.sweep_event(&id).await {
                Ok(swept) => {
                    sum.expired += swept.expired;
                    sum.promoted += swept.promoted;
                }
                Err(error) => {
                    tracing::error!(%error, event = %id, "an event could not be swept");
                    outcome = outcome.and(Err(error));
                }
            }
        }
        outcome.map(|()| sum)
    }

    async fn sweep_event(&self, id: &EventId) -> Result<Swept, StoreError> {
        let mut session = self.session(std::slice::from_ref(id)).await?;
        let event = session.event(id).await?;
        session.turn_over(id, event.as_ref()).await?;
        session.finish().await
    }

    /// Sweeps `every` so often until `stop`. A sweep that fails is told in the log and made up for by the next one.
    pub async fn keep_swept(&self, every: Duration, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            match self.sweep().await {
                Ok(Swept { expired: 0, promoted: 0 }) => {}
                Ok(Swept { expired, promoted }) => tracing::info!(expired, promoted, "swept the desk"),
                Err(error) => tracing::error!(%error, "the desk could not be swept"),
            }
        }
    }

    /// The events with something to do, found without holding anybody up.
    async fn events_to_sweep(&self) -> Result<BTreeSet<EventId>, StoreError> {
        let now = self.clock.now();
        let mut events: BTreeSet<_> = self.store.events_with_lapsed_holds(now).await?.into_iter().collect();
        for id in self.store.events_with_waiting().await? {
            if self.has_seats_to_give(&id).await? {
                events.insert(id);
            }
        }
        Ok(events)
    }

    async fn has_seats_to_give(&self, id: &EventId) -> Result<bool, StoreError> {
        let Some(event) = self.schedule.event(id) else { return Ok(false) };
        let event = self.as_decided(&event).await?;
        let seats = self.store.seats(id).await?;
        let now = self.clock.now();
        Ok(Attendance::ALL.into_iter().any(|attendance| {
            let count = seats.of(attendance);
            count.waiting > 0 && waitlist::seats_to_give(&event, now, attendance, count) > 0
        }))
    }
}
