//! What was registered together: all dates of a series by one form.

use regatta_domain::history::Actor;
use regatta_domain::ids::EventId;
use regatta_domain::registration::Registration;
use regatta_store::StoreError;

use crate::desk::Desk;
use crate::links::LinkPurpose;
use crate::own::{LinkError, OwnView, current};

impl Desk {
    /// Gives up everything that was registered together with what this link leads to, itself included, all at once; each
    /// seat goes to the first in its line. What is over, or began, stays as it is. Each date that had a confirmed address
    /// sends its own mail, because each has its own entry in the calendar.
    pub async fn cancel_booking(&self, token: &str) -> Result<OwnView, LinkError> {
        let link = self.verify_for(LinkPurpose::Manage, token)?;
        let first = current(self.store.registration(&link.registration).await?, &link)?;
        let dates = self.booked_together(&first).await?;
        let events: Vec<EventId> = dates.iter().map(|date| date.event.clone()).collect();
        let mut session = self.session(&events).await?;
        for date in &dates {
            let event = session.event(&date.event).await?;
            let begun = event.as_ref().is_some_and(|event| event.when.begins_at() <= session.now);
            // The one whose link it is is given up in any case, as by its own button.
            if (date.id == first.id || !begun)
                && let Some(mut date) = session.tx.registration(&date.id).await?
            {
                session.cancel(&mut date, &Actor::Owner).await?;
            }
            session.turn_over(&date.event, event.as_ref()).await?;
        }
        session.finish().await?;
        let registration = current(self.store.registration(&link.registration).await?, &link)?;
        Ok(self.view(registration, &link).await?)
    }

    /// What was registered together with `registration`, itself included.
    pub(crate) async fn booked_together(
        &self,
        registration: &Registration,
    ) -> Result<Vec<Registration>, StoreError> {
        match &registration.booking {
            Some(booking) => self.store.booking(booking).await,
            None => Ok(vec![registration.clone()]),
        }
    }
}
