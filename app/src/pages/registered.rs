//! What one reads after registering. It says the same to everyone, whether the address was known before or not.

use std::sync::Arc;

use leptos::prelude::*;
use regatta_domain::event::Event;
use regatta_domain::series::Series;

use crate::components::dates::event_when;
use crate::components::layout::{Page, Section, compact_head};
use crate::paths;
use crate::shell::Shell;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct RegisteredView {
    /// The meetup.
    pub event: Arc<Event>,
    /// What was asked for.
    pub place: RegisteredPlace,
}

/// What one gets by registering, as the seats stood at that moment; for a known address it is what a new one would get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegisteredPlace {
    /// A seat.
    Seat,
    /// A place on the waitlist.
    Waitlist,
}

/// The page after registering.
pub fn registered(shell: &Shell, view: &RegisteredView) -> String {
    let event = &view.event;
    let minutes = event.registration.as_ref().map_or(30, |policy| policy.hold_minutes);
    let kept = match view.place {
        RegisteredPlace::Seat => "A seat is kept for you",
        RegisteredPlace::Waitlist => "Your place on the waitlist is kept",
    };
    let sent = format!(
        "We sent a mail to the address you gave. {kept} for {minutes} minutes: follow the link in the mail to confirm."
    );
    let main = view! {
        {compact_head("One step left", "Look into your mail", None, event.slug.as_str())}
        <div class="steps-ahead">
            <p class="lede">{sent}</p>
            <p>{format!("It is about {}, {}.", event.title, event_when(&event.when))}</p>
            {nothing_arrived(&paths::event(&event.slug))}
            {kept_mail(shell)}
            <p class="more"><a href=paths::event(&event.slug)>"Back to the meetup"</a></p>
        </div>
    };
    page(&event.title, main.into_any()).render(shell)
}

/// The page after registering for all dates of a series.
pub fn registered_for_series(shell: &Shell, series: &Series) -> String {
    let main = view! {
        {compact_head("One step left", "Look into your mail", None, series.slug.as_str())}
        <div class="steps-ahead">
            <p class="lede">
                "We sent one mail to the address you gave. Your places are kept for the time it names: follow the link in it to \
                 confirm them all."
            </p>
            <p>{format!("It is about the dates to come of {}.", series.title)}</p>
            {nothing_arrived(&paths::series(&series.slug))}
            {kept_mail(shell)}
            <p class="more"><a href=paths::series(&series.slug)>"Back to the series"</a></p>
        </div>
    };
    page(&series.title, main.into_any()).render(shell)
}

fn nothing_arrived(form_path: &str) -> AnyView {
    view! {
        <p>
            "Nothing arrived? Look among the spam, or "
            <a href=format!("{form_path}#register")>"register again"</a>
            " with the address written as you meant it."
        </p>
    }
    .into_any()
}

/// Where the mail is to be found, in development mode.
pub fn kept_mail(shell: &Shell) -> Option<AnyView> {
    shell.development.then(|| {
        view! {
            <p class="notice">
                "Development mode: the mail is kept on this machine. " <a href=paths::DEV_MAIL>"Read the mail"</a> "."
            </p>
        }
        .into_any()
    })
}

fn page(about: &str, main: AnyView) -> Page {
    Page {
        title: Some("Look into your mail".to_owned()),
        description: format!("How to go on with registering for {about}."),
        path: None,
        section: Some(Section::Events),
        structured_data: None,
        main,
    }
}
