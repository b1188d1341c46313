//! What became of a meetup: as labels on cards, as a notice on its page.

use leptos::prelude::*;
use regatta_domain::event::{Event, EventStatus};

use super::dates::{clock, long_date, zone_short};

/// What must not be overlooked about a meetup: that it is a sample, and what became of it.
pub fn event_labels(event: &Event) -> Option<AnyView> {
    let status = status_label(event.status);
    (event.sample || status.is_some()).then(|| {
        view! {
            <p class="labels">
                {status.map(|(class, words)| view! { <span class=class>{words}</span> })}
                {event.sample.then(|| view! { <span class="label label-sample">"Sample meetup"</span> })}
            </p>
        }
        .into_any()
    })
}

fn status_label(status: EventStatus) -> Option<(&'static str, &'static str)> {
    match status {
        EventStatus::Published => None,
        EventStatus::Draft => Some(("label", "Draft")),
        EventStatus::Rescheduled => Some(("label label-busy", "New date")),
        EventStatus::MovedOnline => Some(("label label-busy", "Moved online")),
        EventStatus::Postponed => Some(("label label-bad", "Postponed")),
        EventStatus::Cancelled => Some(("label label-bad", "Cancelled")),
    }
}

/// What became of a meetup, in a sentence for those who meant to come. Nothing where it is as announced.
pub fn status_notice(event: &Event) -> Option<AnyView> {
    let (class, words) = match event.status {
        EventStatus::Published | EventStatus::Draft => return None,
        EventStatus::Rescheduled => ("notice notice-busy", rescheduled(event)),
        EventStatus::MovedOnline => {
            ("notice notice-busy", "This meetup takes place online, not where it was first announced.".to_owned())
        }
        EventStatus::Postponed => (
            "notice notice-bad",
            "This meetup is postponed: it does not take place at the time given here, and a new one is not known \
             yet. Whoever has a seat keeps it."
                .to_owned(),
        ),
        EventStatus::Cancelled => {
            ("notice notice-bad", "This meetup is cancelled. It does not take place.".to_owned())
        }
    };
    Some(view! { <p class=class>{words}</p> }.into_any())
}

fn rescheduled(event: &Event) -> String {
    match &event.previous_start {
        Some(before) => format!(
            "This meetup has a new date. It was to begin on {}, {} {}.",
            long_date(before.date()),
            clock(before),
            zone_short(before)
        ),
        None => "This meetup has a new date: another one than was first announced.".to_owned(),
    }
}
