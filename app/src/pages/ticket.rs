//! The ticket: what is shown at the door, on a screen or on paper.

use std::sync::Arc;

use leptos::prelude::*;
use regatta_domain::event::Event;
use regatta_domain::html::SafeHtml;
use regatta_domain::registration::Registration;

use crate::components::cards::place_words;
use crate::components::dates::{date_block, event_time};
use crate::components::hoist::{Hoisting, hoist};
use crate::components::layout::{Page, Section};
use crate::components::seats::{attendance_words, party_words};
use crate::components::status::event_labels;
use crate::shell::Shell;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct TicketView {
    /// The registration, which has a seat.
    pub registration: Registration,
    /// Its meetup.
    pub event: Arc<Event>,
    /// The ticket as a QR code: an `svg` element that the portal itself has drawn.
    pub qr_svg: SafeHtml,
    /// What the code says, for when it cannot be read.
    pub text: String,
    /// The registration's page.
    pub manage_path: String,
}

/// The ticket's page.
pub fn ticket(shell: &Shell, view: &TicketView) -> String {
    let event = &view.event;
    let TicketView { registration, .. } = view;
    let place = event.place.as_ref().map(|place| view! { <p class="event-place">{place_words(place)}</p> });
    let main = view! {
        <article class="ticket">
            <header class="ticket-head">
                <p class="kicker">{format!("{}: ticket", shell.site.name)}</p>
                {event_labels(event)}
                <h1>{event.title.clone()}</h1>
                {hoist(event.slug.as_str(), Hoisting::Row)}
            </header>
            <div class="ticket-when">
                {date_block(&event.when)}
                <div>
                    {place}
                    {event_time(&event.when, false)}
                </div>
            </div>
            <dl class="ticket-who">
                <div><dt>"Name"</dt><dd>{registration.name.to_string()}</dd></div>
                <div><dt>"Seats"</dt><dd>{party_words(registration.party)}</dd></div>
                <div><dt>"How"</dt><dd>{attendance_words(registration.attendance, event)}</dd></div>
            </dl>
            <figure class="ticket-code">
                <div class="ticket-qr" role="img" aria-label="The ticket as a QR code" inner_html=element(&view.qr_svg)></div>
                <figcaption>
                    <span class="visually-hidden">"The ticket in letters: "</span>
                    <code>{groups(&view.text)}</code>
                </figcaption>
            </figure>
            <p class="ticket-note">
                "Show this at the door, on your screen or printed. Whoever has it can use it: do not publish it."
            </p>
        </article>
        <p class="more not-printed"><a href=view.manage_path.clone()>"Back to your registration"</a></p>
    };
    let page = Page {
        title: Some(format!("Ticket: {}", event.title)),
        description: "A ticket for a meetup.".to_owned(),
        path: None,
        section: Some(Section::Events),
        structured_data: None,
        main: main.into_any(),
    };
    page.render(shell)
}

/// The element alone: within a page an XML declaration has no place.
fn element(svg: &SafeHtml) -> String {
    let svg = svg.as_str();
    svg.find("<svg").map_or(svg, |at| &svg[at..]).to_owned()
}

/// In groups of four, as people read long numbers to each other; what is copied has no gaps.
fn groups(text: &str) -> AnyView {
    let letters: Vec<char> = text.chars().collect();
    let group = |group: &[char]| view! { <span>{group.iter().collect::<String>()}</span> };
    letters.chunks(4).map(group).collect_view().into_any()
}
