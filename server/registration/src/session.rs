//! One transaction at the desk with what all of them do: change states, owe mail, expire and promote.

use jiff::Timestamp;
use regatta_domain::event::Event;
use regatta_domain::ids::{EventId, MailId};
use regatta_domain::registration::{Registration, RegistrationAction, RegistrationState, Transition};
use regatta_domain::waitlist;
use regatta_store::StoreError;
use regatta_store::desk::DeskTransaction;
use regatta_store::outbox::{MailKind, NewMail};

use crate::desk::Desk;
use crate::sweep::Swept;

/// A transaction in which nobody else changes the desk. Dropped before [`Session::finish`], it leaves nothing.
pub(crate) struct Session<'d> {
    desk: &'d Desk,
    pub(crate) tx: Box<dyn DeskTransaction>,
    /// The moment at which it all happens.
    pub(crate) now: Timestamp,
    swept: Swept,
    mail_owed: bool,
}

impl Desk {
    /// Waits for its turn and begins. The clock is read then: a hold may have lapsed, and registration closed, while a
    /// crowd was ahead.
    pub(crate) async fn session(&self) -> Result<Session<'_>, StoreError> {
        let tx = self.store.begin().await?;
        let now = self.clock.now();
        Ok(Session { desk: self, tx, now, swept: Swept::default(), mail_owed: false })
    }
}

impl Session<'_> {
    /// Lets `action` happen to `registration` and stores what follows. Nothing is stored where it leads nowhere.
    pub(crate) async fn apply(
        &mut self,
        registration: &mut Registration,
        action: RegistrationAction,
    ) -> Result<Transition, StoreError> {
        let transition = registration.state.after(action);
        if let Transition::To(next) = transition {
            if registration.state == RegistrationState::Confirmed {
                // Whoever had a seat has a calendar entry, which now changes.
                registration.sequence += 1;
            }
            registration.state = next;
            registration.updated_at = self.now;
            self.tx.save(registration).await?;
            registration.version += 1;
        }
        Ok(transition)
    }

    /// Owes the owner of `registration` a mail.
    pub(crate) async fn owe(
        &mut self,
        kind: MailKind,
        registration: &Registration,
    ) -> Result<(), StoreError> {
        let mail = NewMail {
            id: MailId::random(&*self.desk.entropy),
            kind,
            registration: registration.id.clone(),
            recipient: registration.email.clone(),
            created_at: self.now,
        };
        self.mail_owed = true;
        self.tx.enqueue(&mail).await
    }

    /// Brings an event up to date: what lapsed is expired, what came free goes to those who wait.
    pub(crate) async fn turn_over(&mut self, id: &EventId, event: Option<&Event>) -> Result<(), StoreError> {
        self.expire_lapsed(id).await?;
        self.promote(event).await
    }

    /// Expires what was not confirmed in time.
    pub(crate) async fn expire_lapsed(&mut self, id: &EventId) -> Result<(), StoreError> {
        for mut lapsed in self.tx.lapsed_holds(id, self.now).await? {
            self.apply(&mut lapsed, RegistrationAction::Expire).await?;
            self.swept.expired += 1;
        }
        Ok(())
    }

    /// Gives free seats to those in line whose turn it is. Where no readable file declares the event nobody is promoted,
    /// as its capacity is unknown.
    pub(crate) async fn promote(&mut self, event: Option<&Event>) -> Result<(), StoreError> {
        let Some(event) = event else { return Ok(()) };
        let seats = waitlist::seats_to_give(event, self.now, self.tx.seats(&event.id).await?);
        if seats == 0 {
            return Ok(());
        }
        for mut next in waitlist::promoted(self.tx.line(&event.id).await?, seats) {
            self.apply(&mut next, RegistrationAction::Promote).await?;
            self.owe(MailKind::Promoted, &next).await?;
            self.swept.promoted += 1;
        }
        Ok(())
    }

    /// Makes it all durable, then tells the mail room. Returns what time alone brought about.
    pub(crate) async fn finish(self) -> Result<Swept, StoreError> {
        self.tx.commit().await?;
        if self.mail_owed {
            self.desk.bell.notify_one();
        }
        Ok(self.swept)
    }
}
