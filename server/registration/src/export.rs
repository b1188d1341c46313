//! Everything that is kept about an address, for its owner to take along.

use regatta_domain::feedback::Feedback;
use regatta_domain::follow::Follow;
use regatta_domain::history::{Actor, HistoryEntry};
use regatta_domain::registration::Registration;
use regatta_store::StoreError;
use regatta_store::outbox::{MailFilter, StoredMail};
use serde_json::{Value, json};

use crate::desk::Desk;
use crate::links::LinkPurpose;
use crate::own::{LinkError, current};

/// The most mails that are told of, the latest.
const MOST_MAILS: u32 = 10_000;

impl Desk {
    /// Everything that is kept about the address to which this link was sent: registrations with answers, history and
    /// feedback, mails, follows, and whether mail does not reach it. Moments are written as RFC 3339 does.
    pub async fn export(&self, token: &str) -> Result<Value, LinkError> {
        let link = self.verify_for(LinkPurpose::Manage, token)?;
        let asking = current(self.store.registration(&link.registration).await?, &link)?;
        let address = asking.email.normalized();
        let mut registrations = Vec::new();
        for registration in self.store.by_address(&address).await? {
            registrations.push(self.export_registration(&registration).await?);
        }
        let follows = self.store.follows_by_address(&address).await?;
        let filter =
            MailFilter { recipient: Some(address.clone()), limit: MOST_MAILS, ..MailFilter::default() };
        let mails = self.store.mails(&filter).await?;
        let unreachable = self.store.suppression(&address).await?;
        Ok(json!({
            "exported_at": self.clock.now(),
            "portal": self.links.base_url(),
            "address": asking.email,
            "registrations": registrations,
            "follows": follows.iter().map(exported_follow).collect::<Vec<_>>(),
            "mails": mails.iter().map(exported_mail).collect::<Vec<_>>(),
            "mail_does_not_arrive": unreachable.map(|it| json!({ "since": it.since, "why": it.why })),
        }))
    }

    async fn export_registration(&self, registration: &Registration) -> Result<Value, StoreError> {
        let history = self.store.history(&registration.id).await?;
        let feedback = self.store.feedback(&registration.id).await?;
        let event = self.schedule.event(&registration.event);
        Ok(json!({
            "id": registration.id,
            "event": registration.event,
            "event_title": event.map(|event| event.title.clone()),
            "name": registration.name.as_str(),
            "email": registration.email,
            "language": registration.language,
            "attendance": registration.attendance,
            "party": registration.party,
            "answers": registration.answers,
            "state": registration.state,
            "place": registration.place,
            "booking": registration.booking,
            "held_until": registration.held_until,
            "seated_at": registration.seated_at,
            "erased_at_the_latest": registration.purge_at,
            "created_at": registration.created_at,
            "updated_at": registration.updated_at,
            "history": history.iter().map(exported_entry).collect::<Vec<_>>(),
            "feedback": feedback.as_ref().map(exported_feedback),
        }))
    }
}

fn exported_entry(entry: &HistoryEntry) -> Value {
    // Which of the organizers it was is about them, not about the owner.
    let by = match entry.actor {
        Actor::Owner => "owner",
        Actor::Organizer(_) => "organizers",
        Actor::Portal => "portal",
    };
    json!({ "at": entry.at, "by": by, "what": entry.what })
}

fn exported_feedback(feedback: &Feedback) -> Value {
    json!({ "given_at": feedback.given_at, "rating": feedback.rating.number(), "comment": feedback.comment })
}

fn exported_follow(follow: &Follow) -> Value {
    json!({
        "topic": follow.topic.to_string(),
        "email": follow.email,
        "language": follow.language,
        "created_at": follow.created_at,
        "confirmed_at": follow.confirmed_at,
    })
}

fn exported_mail(mail: &StoredMail) -> Value {
    json!({
        "id": mail.id,
        "kind": mail.kind.as_str(),
        "state": mail.state.as_str(),
        "created_at": mail.created_at,
        "settled_at": mail.settled_at,
    })
}
