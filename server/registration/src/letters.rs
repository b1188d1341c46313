//! What each mail has to say, told at the moment it is sent: things may have moved on since it was caused.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use regatta_domain::event::Event;
use regatta_domain::registration::{Registration, RegistrationState as State};
use regatta_mail::{Confirmation, Letter, LetterError, LetterSource, Matter, Site, Standing};
use regatta_store::StoreError;
use regatta_store::outbox::{ClaimedMail, MailKind};

use crate::desk::Desk;
use crate::links::{Link, LinkPurpose};

/// How long after its event a link still works, so that one can look up what became of a registration.
const LINKS_OUTLIVE_EVENT: SignedDuration = SignedDuration::from_hours(90 * 24);

#[async_trait]
impl LetterSource for Desk {
    async fn letter(&self, mail: &ClaimedMail) -> Result<Option<Letter>, LetterError> {
        let mail = &mail.mail;
        let Some(registration) = self.store.registration(&mail.registration).await? else { return Ok(None) };
        let event = self
            .schedule
            .event(&registration.event)
            .ok_or_else(|| LetterError::EventUnreadable(registration.event.clone()))?;
        let Some(matter) = self.matter(mail.kind, &registration, &event).await? else { return Ok(None) };
        Ok(Some(Letter {
            mail: mail.id.clone(),
            recipient: mail.recipient.clone(),
            event: Arc::clone(&event),
            registration: registration.id,
            sequence: registration.sequence,
            site: Site { name: self.site_name.clone(), base_url: self.links.base_url().to_owned() },
            matter,
        }))
    }
}

impl Desk {
    /// What a mail of `kind` says as `registration` stands now; `None` where that is not true any more. What became
    /// true instead has a mail of its own.
    async fn matter(
        &self,
        kind: MailKind,
        registration: &Registration,
        event: &Event,
    ) -> Result<Option<Matter>, StoreError> {
        let name = registration.name.clone();
        let manage_url = self.url(LinkPurpose::Manage, registration, event);
        Ok(match (kind, registration.state) {
            (MailKind::ConfirmSeat, State::Held) => {
                self.confirmation(registration, event).map(Matter::ConfirmSeat)
            }
            (MailKind::ConfirmWaitlist, State::HeldForWaitlist) => {
                self.confirmation(registration, event).map(Matter::ConfirmWaitlist)
            }
            (MailKind::AlreadyRegistered, State::Held | State::HeldForWaitlist) => {
                self.confirmation(registration, event).map(Matter::StillUnconfirmed)
            }
            (MailKind::Confirmed, State::Confirmed) => Some(Matter::Confirmed { name, manage_url }),
            (MailKind::Promoted, State::Confirmed) => Some(Matter::Promoted { name, manage_url }),
            (MailKind::Waitlisted, State::Waitlisted) => self
                .store
                .waitlist_position(&registration.id)
                .await?
                .map(|position| Matter::Waitlisted { name, position, manage_url }),
            (MailKind::AlreadyRegistered, State::Confirmed | State::Waitlisted) => self
                .standing(registration)
                .await?
                .map(|standing| Matter::AlreadyRegistered { name, standing, manage_url }),
            (MailKind::Cancelled, State::Cancelled) => Some(Matter::Cancelled { name: Some(name) }),
            _ => None,
        })
    }

    /// How the address is confirmed, while there is time.
    fn confirmation(&self, registration: &Registration, event: &Event) -> Option<Confirmation> {
        let held_until = registration.held_until;
        let url = self.url(LinkPurpose::Confirm, registration, event);
        (held_until > self.clock.now()).then_some(Confirmation { url, held_until })
    }

    async fn standing(&self, registration: &Registration) -> Result<Option<Standing>, StoreError> {
        if registration.state == State::Confirmed {
            return Ok(Some(Standing::Seat));
        }
        Ok(self.store.waitlist_position(&registration.id).await?.map(Standing::Waitlist))
    }

    fn url(&self, purpose: LinkPurpose, registration: &Registration, event: &Event) -> String {
        let expires = event.when.over_at().checked_add(LINKS_OUTLIVE_EVENT).unwrap_or(Timestamp::MAX);
        self.links.url(&Link {
            purpose,
            registration: registration.id.clone(),
            generation: registration.generation,
            expires,
        })
    }
}
