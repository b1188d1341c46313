//! What each mail has to say, told at the moment it is sent: things may have moved on since it was caused.
//!
//! A letter that is not true any more is not sent; what became true instead has a mail of its own. Where that is not so,
//! it is sent late rather than never.

mod following;
mod holds;
mod matters;

use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use regatta_domain::announcement::{EventFacts, Standing as EventStanding};
use regatta_domain::event::{Event, EventStatus};
use regatta_domain::registration::Registration;
use regatta_mail::{About, Letter, LetterError, LetterSource, RegistrationLetter, Site};
use regatta_store::herald::Announced;
use regatta_store::outbox::{ClaimedMail, MailSubject, NewMail};

use crate::desk::Desk;
use crate::links::{Link, LinkPurpose};

/// How long after its event a link still works, so that one can look up what became of a registration.
const LINKS_OUTLIVE_EVENT: SignedDuration = SignedDuration::from_hours(90 * 24);

/// What a letter to somebody who registered is written from.
struct AtHand<'a> {
    registration: &'a Registration,
    /// The event as people know it, which is what letters tell.
    event: Event,
    /// The event as its file says at the moment.
    file: &'a Event,
    /// What people were told of it.
    announced: Option<&'a Announced>,
}

#[async_trait]
impl LetterSource for Desk {
    async fn letter(&self, mail: &ClaimedMail) -> Result<Option<Letter>, LetterError> {
        let mail = &mail.mail;
        let about = match &mail.subject {
            MailSubject::Registration(id) => {
                let Some(registration) = self.addressed(mail.kind, id).await? else { return Ok(None) };
                self.about_registration(mail, registration).await?.map(Box::new).map(About::Registration)
            }
            MailSubject::Follow { follow, event } => {
                let Some(follow) = self.store.follow(follow).await? else { return Ok(None) };
                self.about_follow(mail.kind, &follow, event.as_ref()).await?.map(Box::new).map(About::Follow)
            }
        };
        Ok(about.map(|about| Letter {
            mail: mail.id.clone(),
            recipient: mail.recipient.clone(),
            language: mail.language,
            site: self.site(),
            about,
        }))
    }
}

impl Desk {
    fn site(&self) -> Site {
        Site {
            name: self.schedule.site_name(),
            base_url: self.links.base_url().to_owned(),
            identity: self.settings.identity.clone(),
        }
    }

    async fn about_registration(
        &self,
        mail: &NewMail,
        registration: Registration,
    ) -> Result<Option<RegistrationLetter>, LetterError> {
        let event = self
            .schedule
            .event(&registration.event)
            .ok_or_else(|| LetterError::EventUnreadable(registration.event.clone()))?;
        // After the registration: so its sequence is never higher than what was told with it.
        let announced = self.store.announced(&event.id).await?;
        let at_hand = AtHand {
            registration: &registration,
            event: as_known(self.as_decided(&event).await?, announced.as_ref()),
            file: &event,
            announced: announced.as_ref(),
        };
        let Some(matter) = self.matter(mail, &at_hand).await? else { return Ok(None) };
        let event = at_hand.event;
        let manage_url = self.url(LinkPurpose::Manage, &registration, &event);
        Ok(Some(RegistrationLetter {
            event: Arc::new(event),
            ticket_url: format!("{manage_url}/ticket"),
            manage_url,
            registration,
            matter,
        }))
    }

    fn url(&self, purpose: LinkPurpose, registration: &Registration, event: &Event) -> String {
        // A postponed event may be long past by its file while its registrations are as alive as ever.
        let last = event.when.over_at().max(self.clock.now());
        self.links.url(&Link {
            purpose,
            registration: registration.id.clone(),
            generation: registration.generation,
            expires: last.checked_add(LINKS_OUTLIVE_EVENT).unwrap_or(Timestamp::MAX),
        })
    }
}

/// `event` as people know it. What its file says otherwise by now has not settled yet, and goes to everybody in a mail of
/// its own once it has. Were it told before, and then taken back, calendars would keep it.
fn as_known(mut event: Event, announced: Option<&Announced>) -> Event {
    let Some(told) = announced.map(|announced| announced.told.clone()) else { return event };
    if EventFacts::of(&event).is_none_or(|facts| facts.standing != told.standing) {
        event.status = match told.standing {
            EventStanding::On => EventStatus::Published,
            EventStanding::Postponed => EventStatus::Postponed,
            EventStanding::Cancelled => EventStatus::Cancelled,
        };
    }
    event.when = told.when;
    event.place = told.place;
    event
}
