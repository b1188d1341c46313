//! The messages: what each kind of mail says. One file per kind; what several say stands in [`registration_page`] and
//! [`follow_page`].

mod afterwards;
mod already_registered;
mod approved;
mod awaiting_approval;
mod cancelled;
mod cancelled_by_organizer;
mod changed;
mod confirm_seat;
mod confirm_series;
mod confirm_waitlist;
mod confirmed;
mod content;
mod day_before;
mod declined;
mod event_cancelled;
mod event_changed;
mod follow_confirm;
mod follow_page;
mod follow_published;
mod hour_before;
mod promoted;
mod registration_page;
pub mod samples;
mod small_print;
mod still_unconfirmed;
mod waitlisted;

use jiff::Timestamp;
use regatta_language::Words;

pub use self::content::{Content, List};
use self::follow_page::FollowPage;
use self::registration_page::RegistrationPage;
use crate::letter::{About, FollowMatter, Letter, Matter};

/// Puts `letter` into words, to be read from `now` on.
pub fn compose(letter: &Letter, now: Timestamp) -> Content {
    let (words, site) = (Words::of(letter.language), &letter.site);
    match &letter.about {
        About::Registration(about) => {
            to_registered(&RegistrationPage { words, site, letter: about, now }, &about.matter)
        }
        About::Follow(about) => to_follower(&FollowPage { words, site, letter: about }, &about.matter),
    }
}

fn to_registered(page: &RegistrationPage<'_>, matter: &Matter) -> Content {
    match matter {
        Matter::ConfirmSeat(confirmation) => confirm_seat::message(page, confirmation),
        Matter::ConfirmWaitlist(confirmation) => confirm_waitlist::message(page, confirmation),
        Matter::ConfirmSeries { confirmation, series, dates } => {
            confirm_series::message(page, confirmation, series, dates)
        }
        Matter::StillUnconfirmed(confirmation) => still_unconfirmed::message(page, confirmation),
        Matter::Confirmed => confirmed::message(page),
        Matter::AwaitingApproval => awaiting_approval::message(page),
        Matter::Waitlisted { position } => waitlisted::message(page, *position),
        Matter::Promoted => promoted::message(page),
        Matter::Approved => approved::message(page),
        Matter::Declined { reason } => declined::message(page, reason.as_ref()),
        Matter::Changed { standing } => changed::message(page, *standing),
        Matter::Cancelled => cancelled::message(page),
        Matter::CancelledByOrganizer { reason } => cancelled_by_organizer::message(page, reason.as_ref()),
        Matter::AlreadyRegistered { standing } => already_registered::message(page, *standing),
        Matter::EventChanged { was } => event_changed::message(page, was),
        Matter::EventCancelled => event_cancelled::message(page),
        Matter::DayBefore => day_before::message(page),
        Matter::HourBefore => hour_before::message(page),
        Matter::Afterwards { feedback_url } => afterwards::message(page, feedback_url),
    }
}

fn to_follower(page: &FollowPage<'_>, matter: &FollowMatter) -> Content {
    match matter {
        FollowMatter::Confirm { url } => follow_confirm::message(page, url),
        FollowMatter::Published { event } => follow_published::message(page, event),
    }
}
