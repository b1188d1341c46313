//! What one reads after registering. It says the same to everyone, whether the address was known before or not.

use std::sync::Arc;

use leptos::prelude::*;
use regatta_domain::event::Event;

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
    let main = view! {
        {compact_head("One step left", "Look into your mail", None, event.slug.as_str())}
        <div class="steps-ahead">
            <p class="lede">
                {format!("We sent a mail to the address you gave. {kept} for {minutes} minutes: follow the link in the mail to confirm.")}
            </p>
            <p>{format!("It is about {}, {}.", event.title, event_when(&event.when))}</p>
            <p>
                "Nothing arrived? Look among the spam, or "
                <a href=format!("{}#register", paths::event(&event.slug))>"register again"</a>
                " with the address written as you meant it."
            </p>
            {shell.development.then(|| view! {
                <p class="notice">
                    "Development mode: the mail is kept on this machine. " <a href=paths::DEV_MAIL>"Read the mail"</a> "."
                </p>
            })}
            <p class="more"><a href=paths::event(&event.slug)>"Back to the meetup"</a></p>
        </div>
    };
    let page = Page {
        title: Some("Look into your mail".to_owned()),
        description: format!("How to go on with registering for {}.", event.title),
        path: None,
        section: Some(Section::Events),
        structured_data: None,
        main: main.into_any(),
    };
    page.render(shell)
}
