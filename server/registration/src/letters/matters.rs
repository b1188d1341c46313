//! When each kind of mail to somebody who registered is true, and what it says then.

use std::sync::Arc;

use jiff::Timestamp;
use regatta_domain::event::{Event, EventStatus};
use regatta_domain::ids::BookingId;
use regatta_domain::registration::{Registration, RegistrationState as State};
use regatta_domain::waitlist;
use regatta_mail::{Confirmation, Matter, Standing};
use regatta_store::StoreError;
use regatta_store::outbox::{MailDetail, MailKind, NewMail};

use super::AtHand;
use crate::afterwards::LATEST_AFTERWARDS;
use crate::desk::Desk;
use crate::links::LinkPurpose;
use crate::reminders::{Reminder, start_of};

impl Desk {
    /// What `mail` says as things stand now; `None` where that is not true any more.
    pub(super) async fn matter(
        &self,
        mail: &NewMail,
        at_hand: &AtHand<'_>,
    ) -> Result<Option<Matter>, StoreError> {
        let AtHand { registration, event, .. } = at_hand;
        Ok(match mail.kind {
            MailKind::ConfirmSeat | MailKind::ConfirmWaitlist => {
                self.to_confirm(mail.kind, registration, event).await?
            }
            MailKind::Confirmed
            | MailKind::AwaitingApproval
            | MailKind::Waitlisted
            | MailKind::Promoted
            | MailKind::Approved
            | MailKind::Changed
            | MailKind::AlreadyRegistered => self.standing_matter(mail.kind, registration, event).await?,
            MailKind::Declined => {
                (registration.state == State::Declined).then(|| Matter::Declined { reason: reason(mail) })
            }
            MailKind::Cancelled => (registration.state == State::Cancelled).then_some(Matter::Cancelled),
            MailKind::CancelledByOrganizer => (registration.state == State::Cancelled)
                .then(|| Matter::CancelledByOrganizer { reason: reason(mail) }),
            MailKind::EventChanged | MailKind::EventCancelled => news(mail, at_hand),
            MailKind::DayBefore | MailKind::HourBefore => self.reminder(mail, registration, at_hand.file),
            MailKind::Afterwards => self.thanks(registration, event),
            MailKind::ConfirmFollow | MailKind::EventPublished => None,
        })
    }

    /// Asks to confirm the address, while there is time and something to be had.
    async fn to_confirm(
        &self,
        kind: MailKind,
        registration: &Registration,
        event: &Event,
    ) -> Result<Option<Matter>, StoreError> {
        if let Some(booking) = &registration.booking {
            return self.series_to_confirm(booking, registration, event).await;
        }
        let Some(confirmation) = self.confirmation(registration, event) else { return Ok(None) };
        Ok(match (kind, registration.state) {
            (MailKind::ConfirmSeat, State::Held) => Some(Matter::ConfirmSeat(confirmation)),
            (MailKind::ConfirmWaitlist, State::HeldForWaitlist) => {
                Some(Matter::ConfirmWaitlist(confirmation))
            }
            _ => None,
        })
    }

    /// Asks to confirm all dates of a series that still can be.
    async fn series_to_confirm(
        &self,
        booking: &BookingId,
        registration: &Registration,
        event: &Event,
    ) -> Result<Option<Matter>, StoreError> {
        let mut dates = Vec::new();
        let mut held_until = Timestamp::MIN;
        for one in self.store.booking(booking).await? {
            let Some(date) = self.schedule.event(&one.event) else { continue };
            if self.can_be_confirmed(&one, &date) {
                held_until = held_until.max(one.held_until);
                dates.push(Arc::new(self.as_decided(&date).await?));
            }
        }
        if dates.is_empty() {
            return Ok(None);
        }
        dates.sort_by_key(|date| date.when.begins_at());
        let url = self.url(LinkPurpose::Confirm, registration, event);
        let confirmation = Confirmation { url, held_until };
        Ok(Some(Matter::ConfirmSeries { confirmation, series: self.series_name(event), dates }))
    }

    fn series_name(&self, event: &Event) -> String {
        match &event.series {
            Some(slug) => {
                self.schedule.series(slug).map_or_else(|| slug.to_string(), |series| series.title.clone())
            }
            None => event.title.clone(),
        }
    }

    fn can_be_confirmed(&self, registration: &Registration, event: &Event) -> bool {
        let now = self.clock.now();
        registration.state.is_unconfirmed() && registration.held_until > now && !waitlist::is_over(event, now)
    }

    /// How the address is confirmed, where it still can be.
    fn confirmation(&self, registration: &Registration, event: &Event) -> Option<Confirmation> {
        self.can_be_confirmed(registration, event).then(|| Confirmation {
            url: self.url(LinkPurpose::Confirm, registration, event),
            held_until: registration.held_until,
        })
    }

    /// Says where somebody stands, for as long as the event is ahead. Once they were told that it does not take place,
    /// an entry in their calendar must not come back.
    async fn standing_matter(
        &self,
        kind: MailKind,
        registration: &Registration,
        event: &Event,
    ) -> Result<Option<Matter>, StoreError> {
        if event.status != EventStatus::Postponed && event.is_past(self.clock.now()) {
            return Ok(None);
        }
        if event.status == EventStatus::Cancelled {
            return Ok(None);
        }
        if kind == MailKind::AlreadyRegistered && registration.state.is_unconfirmed() {
            return Ok(self.confirmation(registration, event).map(Matter::StillUnconfirmed));
        }
        Ok(match (kind, self.standing(registration).await?) {
            (MailKind::Confirmed, Some(Standing::Seat)) => Some(Matter::Confirmed),
            (MailKind::Promoted, Some(Standing::Seat)) => Some(Matter::Promoted),
            (MailKind::Approved, Some(Standing::Seat)) => Some(Matter::Approved),
            (MailKind::AwaitingApproval, Some(Standing::AwaitingApproval)) => Some(Matter::AwaitingApproval),
            (MailKind::Waitlisted, Some(Standing::Waitlist(position))) => {
                Some(Matter::Waitlisted { position })
            }
            (MailKind::Changed, Some(standing)) => Some(Matter::Changed { standing }),
            (MailKind::AlreadyRegistered, Some(standing)) => Some(Matter::AlreadyRegistered { standing }),
            _ => None,
        })
    }

    /// Where somebody with a confirmed address stands.
    async fn standing(&self, registration: &Registration) -> Result<Option<Standing>, StoreError> {
        Ok(match registration.state {
            State::Confirmed | State::Attended => Some(Standing::Seat),
            State::AwaitingApproval => Some(Standing::AwaitingApproval),
            State::Waitlisted => {
                self.store.waitlist_position(&registration.id).await?.map(Standing::Waitlist)
            }
            State::Held | State::HeldForWaitlist | State::Cancelled | State::Declined | State::Expired => {
                None
            }
        })
    }

    /// Reminds of a start that is still ahead, by the latest reminder that is due.
    fn reminder(&self, mail: &NewMail, registration: &Registration, event: &Event) -> Option<Matter> {
        let start = start_of(event)?;
        if registration.state != State::Confirmed || mail.detail != Some(MailDetail::Starts(start)) {
            return None;
        }
        match (Reminder::current(start, self.clock.now())?, mail.kind) {
            (Reminder::Day, MailKind::DayBefore) => Some(Matter::DayBefore),
            (Reminder::Hour, MailKind::HourBefore) => Some(Matter::HourBefore),
            _ => None,
        }
    }

    /// Thanks while it is of interest.
    fn thanks(&self, registration: &Registration, event: &Event) -> Option<Matter> {
        let now = self.clock.now();
        let in_time = event.is_past(now) && now.duration_since(event.when.over_at()) < LATEST_AFTERWARDS;
        let was_there = matches!(registration.state, State::Confirmed | State::Attended);
        (in_time && was_there && event.status.takes_place()).then(|| Matter::Afterwards {
            feedback_url: self.url(LinkPurpose::Feedback, registration, event),
        })
    }
}

/// The organizers' words, where the mail carries some.
fn reason(mail: &NewMail) -> Option<String> {
    match &mail.detail {
        Some(MailDetail::Reason(words)) => Some(words.clone()),
        _ => None,
    }
}

/// News of the event. A mail that was overtaken by a later one says nothing.
fn news(mail: &NewMail, at_hand: &AtHand<'_>) -> Option<Matter> {
    let concerns = matches!(
        at_hand.registration.state,
        State::AwaitingApproval | State::Waitlisted | State::Confirmed | State::Attended
    );
    if !concerns || mail.created_at < at_hand.announced?.told_at {
        return None;
    }
    match (mail.kind, &mail.detail) {
        (MailKind::EventCancelled, _) => Some(Matter::EventCancelled),
        (_, Some(MailDetail::EventWas(was))) => Some(Matter::EventChanged { was: was.clone() }),
        _ => None,
    }
}
