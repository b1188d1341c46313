//! Telling those who follow that a meetup was published.

use regatta_domain::event::Event;
use regatta_domain::follow::{Follow, Topic};
use regatta_domain::ids::MailId;
use regatta_store::StoreError;
use regatta_store::herald::Announced;
use regatta_store::outbox::{MailKind, MailSubject, NewMail};

use crate::desk::Desk;
use crate::herald::Heralded;

impl Desk {
    /// Whether followers are to be told of `event` now: nobody told them yet, one can still go there, and its file has
    /// stayed as it is for the settling time.
    pub(crate) fn is_to_publish(&self, event: &Event, announced: &Announced) -> bool {
        let now = self.clock.now();
        announced.published_at.is_none()
            && announced.pending.is_none()
            && event.status.takes_place()
            && event.when.begins_at() > now
            && now.duration_since(announced.told_at) >= self.settings.settle
    }

    /// Owes a mail to each address that follows anything that `event` belongs to: one, however much of it they follow.
    pub(crate) async fn publish(&self, event: &Event, sum: &mut Heralded) -> Result<(), StoreError> {
        let followers = self.store.followers(&Topic::all_of(event)).await?;
        let mut tx = self.store.begin(std::slice::from_ref(&event.id)).await?;
        let Some(mut announced) = tx.announced(&event.id).await? else { return Ok(()) };
        if !self.is_to_publish(event, &announced) {
            return Ok(());
        }
        let now = self.clock.now();
        let mails: Vec<_> = followers
            .iter()
            .map(|follow| NewMail { created_at: now, ..self.published_mail(follow, event) })
            .collect();
        let owed = tx.enqueue(&mails).await?;
        announced.published_at = Some(now);
        tx.set_announced(&event.id, &announced).await?;
        tx.commit().await?;
        self.ring_for(owed);
        sum.published += 1;
        sum.mails += owed;
        Ok(())
    }

    fn published_mail(&self, follow: &Follow, event: &Event) -> NewMail {
        NewMail {
            id: MailId::random(&*self.entropy),
            kind: MailKind::EventPublished,
            subject: MailSubject::Follow { follow: follow.id.clone(), event: Some(event.id.clone()) },
            recipient: follow.email.clone(),
            language: follow.language,
            detail: None,
            once: Some(format!("published:{}:{}", event.id, follow.id)),
            created_at: self.clock.now(),
        }
    }
}
