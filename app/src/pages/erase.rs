//! Being forgotten: what that means, and that it was done.

use std::sync::Arc;

use leptos::prelude::*;
use regatta_domain::event::Event;
use regatta_domain::registration::Registration;

use crate::components::dates::event_when;
use crate::components::layout::{Page, compact_head};
use crate::paths;
use crate::shell::Shell;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct EraseView {
    /// The registration whose link led here.
    pub registration: Registration,
    /// Every meetup for which this address has a live registration, that can be read; their seats are given up.
    pub seats_given_up: Vec<Arc<Event>>,
    /// The registration's page; `/erase` below it is where it is done (POST).
    pub manage_path: String,
}

/// The page that asks once more.
pub fn erase(shell: &Shell, view: &EraseView) -> String {
    let address = view.registration.email.to_string();
    let main = view! {
        {compact_head("Your data", "Erase everything about me", None, "erase")}
        <div class="steps-ahead">
            <p class="lede">{format!("This erases what the portal keeps about {address}, for good.")}</p>
            <ul class="consequences">
                {given_up(&view.seats_given_up)}
                <li>"Name, address, answers and history of all your registrations are erased, the past ones included."</li>
                <li>"What you follow is forgotten, so that no mail about new meetups comes any more."</li>
                <li>"Comments that you gave after meetups are erased. Ratings stay, without a name."</li>
                <li>"Your links and tickets stop working."</li>
                <li>"Mail that was sent to you stays in your mailbox. We keep a count of seats that says nothing of you."</li>
            </ul>
            <p>"A mail about what is cancelled is sent first. As soon as it has left, everything is erased. This cannot be undone."</p>
            <form method="post" action=format!("{}/erase", view.manage_path)>
                <p class="form-actions">
                    <button class="button button-bad" type="submit">"Erase everything about me"</button>
                    <a class="button button-quiet" href=view.manage_path.clone()>"Keep it"</a>
                </p>
            </form>
            <p><a href=format!("{}/export.json", view.manage_path)>"Download it all first"</a></p>
        </div>
    };
    page("Erase everything about me", main.into_any()).render(shell)
}

/// The page afterwards.
pub fn erased(shell: &Shell) -> String {
    let main = view! {
        {compact_head("Your data", "You are forgotten", None, "erase")}
        <div class="steps-ahead">
            <p class="lede">
                "Your registrations are cancelled. What is kept about your address is erased as soon as the last mail about \
                 that has left."
            </p>
            <p>"You are welcome at any time: a new registration begins from nothing."</p>
            <p class="more"><a href=paths::EVENTS>"All meetups"</a></p>
        </div>
    };
    page("You are forgotten", main.into_any()).render(shell)
}

fn given_up(events: &[Arc<Event>]) -> Option<AnyView> {
    let one = |event: &Arc<Event>| {
        view! { <li>{event.title.clone()} ", " {event_when(&event.when)}</li> }
    };
    (!events.is_empty()).then(|| {
        view! {
            <li>
                "These registrations are cancelled, and their seats or places in line given up:"
                <ul>{events.iter().map(one).collect_view()}</ul>
            </li>
        }
        .into_any()
    })
}

fn page(title: &str, main: AnyView) -> Page {
    Page {
        title: Some(title.to_owned()),
        description: "Erasing what is kept about an address.".to_owned(),
        path: None,
        section: None,
        structured_data: None,
        main,
    }
}
