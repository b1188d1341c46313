//! Meetups to come and meetups that were.

use std::sync::Arc;

use leptos::prelude::*;
use regatta_domain::event::Event;
use regatta_domain::follow::Topic;

use crate::components::cards::event_entry;
use crate::components::layout::{Page, Section, page_head};
use crate::paths;
use crate::shell::Shell;

/// What the page shows.
#[derive(Clone, Debug, Default)]
pub struct EventsView {
    /// Meetups to come, the next one first.
    pub upcoming: Vec<Arc<Event>>,
    /// Meetups that were, the latest first.
    pub past: Vec<Arc<Event>>,
}

/// The list of meetups.
pub fn events(shell: &Shell, view: &EventsView) -> String {
    let lede = "Talks about delivery, in person and online.";
    let main = view! {
        {page_head("Calendar", "Meetups", Some(lede), "meetups")}
        {list("upcoming", "To come", &view.upcoming, "No meetup is announced at the moment.")}
        <p><a href=paths::follow(&Topic::Portal)>"Get a mail when a meetup is announced"</a></p>
        {list("past", "Past", &view.past, "There was no meetup yet.")}
    };
    let page = Page {
        title: Some("Meetups".to_owned()),
        description: format!("Meetups of {}, to come and past. {lede}", shell.site.name),
        path: Some(paths::EVENTS.to_owned()),
        section: Some(Section::Events),
        structured_data: None,
        main: main.into_any(),
    };
    page.render(shell)
}

fn list(id: &'static str, title: &'static str, events: &[Arc<Event>], none: &'static str) -> AnyView {
    let entries = events.iter().map(|event| event_entry(event)).collect_view();
    let empty = events.is_empty().then(|| view! { <p class="empty">{none}</p> });
    view! {
        <section aria-labelledby=id>
            <h2 id=id class="section-title">{title}</h2>
            {empty}
            <ul class="entries">{entries}</ul>
        </section>
    }
    .into_any()
}
