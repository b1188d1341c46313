//! Time to confirm: whoever is asked late has all of it from then on.

use jiff::{SignedDuration, Timestamp};
use regatta_domain::hold;
use regatta_domain::ids::{EventId, RegistrationId};
use regatta_domain::registration::Registration;
use regatta_domain::waitlist;
use regatta_store::StoreError;
use regatta_store::outbox::MailKind;

use crate::desk::Desk;
use crate::session::Session;

impl Desk {
    /// The registration that a letter of this kind is about to speak of. Where that asks its owner to confirm, there is
    /// time to do so.
    pub(super) async fn addressed(
        &self,
        kind: MailKind,
        id: &RegistrationId,
    ) -> Result<Option<Registration>, StoreError> {
        let found = self.store.registration(id).await?;
        match &found {
            Some(registration)
                if matches!(kind, MailKind::ConfirmSeat | MailKind::ConfirmWaitlist)
                    && self.give_time_to_confirm(registration).await? =>
            {
                self.store.registration(id).await
            }
            _ => Ok(found),
        }
    }

    /// Extends the hold of `registration`, and of what was registered together with it, where the mail that asks to confirm
    /// could not be sent in time. Returns whether that was so.
    async fn give_time_to_confirm(&self, registration: &Registration) -> Result<bool, StoreError> {
        let dates = self.booked_together(registration).await?;
        let now = self.clock.now();
        let Some(hold) = self.shortest_hold(&dates, now) else { return Ok(false) };
        let late: Vec<_> =
            dates.into_iter().filter(|date| hold::extended(date, hold, now).is_some()).collect();
        if late.is_empty() {
            return Ok(false);
        }
        let events: Vec<EventId> = late.iter().map(|date| date.event.clone()).collect();
        let mut session = self.session(&events).await?;
        for date in &late {
            session.extend_hold(&date.id, hold).await?;
        }
        session.finish().await?;
        Ok(true)
    }

    /// For how long all of these are held together; `None` where nothing can be confirmed at the moment.
    fn shortest_hold(&self, dates: &[Registration], now: Timestamp) -> Option<SignedDuration> {
        let ahead = dates
            .iter()
            .filter_map(|date| self.schedule.event(&date.event))
            .filter(|event| !waitlist::is_over(event, now));
        let holds = ahead.filter_map(|event| Some(event.registration.as_ref()?.hold_minutes));
        holds.min().map(|minutes| SignedDuration::from_mins(minutes.into()))
    }
}

impl Session<'_> {
    /// Extends a hold, where it still is one and too short.
    async fn extend_hold(&mut self, id: &RegistrationId, hold: SignedDuration) -> Result<(), StoreError> {
        let Some(mut registration) = self.tx.registration(id).await? else { return Ok(()) };
        let Some(held_until) = hold::extended(&registration, hold, self.now) else { return Ok(()) };
        let after = Registration { held_until, ..registration.clone() };
        self.save(&mut registration, after).await
    }
}
