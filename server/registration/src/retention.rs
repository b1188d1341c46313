//! Keeping nobody's data longer than needed: what is due is erased, and counted.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use regatta_domain::event::{Event, EventStatus};
use regatta_domain::ids::RegistrationId;
use regatta_domain::registration::Registration;
use regatta_store::StoreError;
use regatta_store::records::AuditEntry;

use crate::desk::Desk;
use crate::session::purge_at;

/// How many registrations are erased in one transaction, so that nobody waits long behind it.
const AT_ONCE: u32 = 200;

/// How long a follow may stay unconfirmed.
pub(crate) const FOLLOW_UNCONFIRMED: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How long after a mail came to its end its recipient is kept, for questions where it went.
const RECIPIENTS: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How long after a mail came to its end anything of it is kept.
const MAILS: SignedDuration = SignedDuration::from_hours(180 * 24);

/// For how long data is kept further whose time is over while its event is still to come.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What was erased because its time was over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Purged {
    /// Registrations: names, addresses, answers.
    pub registrations: u32,
    /// Recipients of mails.
    pub recipients: u32,
    /// Follows that nobody confirmed.
    pub follows: u32,
}

impl Desk {
    /// One pass: erases what is due and writes into the audit log how much that was, where it was anything.
    pub async fn purge(&self) -> Result<Purged, StoreError> {
        let now = self.clock.now();
        let before = |kept: SignedDuration| now.checked_sub(kept).unwrap_or(Timestamp::MIN);
        let mut purged = self.purge_registrations(now).await?;
        purged.recipients += self.store.purge_settled(before(RECIPIENTS), before(MAILS)).await?;
        purged.follows = self.store.forget_unconfirmed(before(FOLLOW_UNCONFIRMED)).await?;
        if purged != Purged::default() {
            self.store.audit_alone(&report(purged, now)).await?;
        }
        Ok(purged)
    }

    async fn purge_registrations(&self, now: Timestamp) -> Result<Purged, StoreError> {
        let mut purged = Purged::default();
        loop {
            let due = self.store.due_for_purge(now, AT_ONCE).await?;
            let over = self.only_over(&due, now).await?;
            let erased = self.store.erase(&over, now).await?;
            purged.registrations += erased.registrations;
            purged.recipients += erased.mails;
            // Where nothing was erased, what is due now cannot be, and asking again would find the same.
            if erased.registrations == 0 || due.len() < AT_ONCE as usize {
                return Ok(purged);
            }
        }
    }

    /// Those of no use any more. Live ones are kept while their event is still to come, unless their owners wish
    /// otherwise (whoever came keeps the seat when they ask to be forgotten); where no readable file tells of
    /// the event, what it told last is kept to.
    async fn only_over(
        &self,
        due: &[RegistrationId],
        now: Timestamp,
    ) -> Result<Vec<RegistrationId>, StoreError> {
        let mut over = Vec::new();
        let mut to_come = BTreeMap::new();
        for id in due {
            let Some(registration) = self.store.registration(id).await? else { continue };
            match self.schedule.event(&registration.event) {
                Some(event) if is_of_use(&registration) && is_to_come(&event, now) => {
                    to_come.insert(registration.event, event);
                }
                _ => over.push(id.clone()),
            }
        }
        for event in to_come.values() {
            self.keep_on(event, now).await?;
        }
        Ok(over)
    }

    /// Keeps the data of everybody registered for `event` until the time that its file tells now.
    async fn keep_on(&self, event: &Event, now: Timestamp) -> Result<(), StoreError> {
        let days = event.registration.as_ref().map_or(0, |policy| policy.retention_days);
        let again = now.checked_add(LOOK_AGAIN).unwrap_or(Timestamp::MAX);
        let mut tx = self.store.begin(std::slice::from_ref(&event.id)).await?;
        tx.set_purge_at(&event.id, purge_at(event, days).max(again)).await?;
        tx.commit().await
    }
}

/// Whether a registration is of use while its event is to come: it is live, and its owner did not ask to be forgotten. A
/// wish is due since the very change by which it was made.
fn is_of_use(registration: &Registration) -> bool {
    registration.state.is_live() && registration.purge_at > registration.updated_at
}

/// Whether a seat at `event` is still of use. A postponed one comes at a time that nobody knows yet.
fn is_to_come(event: &Event, now: Timestamp) -> bool {
    match event.status {
        EventStatus::Postponed => true,
        EventStatus::Cancelled => false,
        _ => !event.is_past(now),
    }
}

fn report(purged: Purged, at: Timestamp) -> AuditEntry {
    let Purged { registrations, recipients, follows } = purged;
    AuditEntry {
        at,
        actor: "portal".to_owned(),
        action: "purged".to_owned(),
        subject: "portal".to_owned(),
        reason: "kept long enough".to_owned(),
        detail: format!("registrations={registrations} recipients={recipients} follows={follows}"),
    }
}
