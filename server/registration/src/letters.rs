//! What each mail has to say, told at the moment it is sent: things may have moved on since it was caused.
//!
//! A letter that is not true any more is not sent; what became true instead has a mail of its own. Where that is not so,
//! it is sent late rather than never.

mod following;
mod matters;

use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use regatta_domain::event::Event;
use regatta_domain::registration::Registration;
use regatta_mail::{
    About, Confirmation, Letter, LetterError, LetterSource, Matter, RegistrationLetter, Site, Standing,
};
use regatta_store::StoreError;
use regatta_store::outbox::{ClaimedMail, MailSubject, NewMail};

use crate::desk::Desk;
use crate::links::{Link, LinkPurpose};

/// How long after its event a link still works, so that one can look up what became of a registration.
const LINKS_OUTLIVE_EVENT: SignedDuration = SignedDuration::from_hours(90 * 24);

#[async_trait]
impl LetterSource for Desk {
    async fn letter(&self, mail: &ClaimedMail) -> Result<Option<Letter>, LetterError> {
        let mail = &mail.mail;
        let about = match &mail.subject {
            MailSubject::Registration(id) => {
                let Some(registration) = self.store.registration(id).await? else { return Ok(None) };
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
        let event = self.as_decided(&event).await?;
        let Some((matter, event)) = self.matter(mail, &registration, event).await? else { return Ok(None) };
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
