//! What is on at an event, in order; with times where they are known.

use leptos::prelude::*;
use regatta_domain::event::{AgendaItem, Speaker};

use super::dates::{clock, with_offset, zone_short};
use super::markdown::prose;
use crate::paths;

/// The agenda, or nothing where there is none. An agenda without times is an order: its entries are numbered. `past`
/// says that the event is over.
pub fn agenda(items: &[AgendaItem], past: bool) -> Option<AnyView> {
    let zone = items.iter().find_map(|item| item.start.as_ref()).map(zone_short);
    let entries = items.iter().zip(1..).map(|(item, place)| entry(item, place)).collect_view();
    (!items.is_empty()).then(|| {
        view! {
            <section class="agenda" aria-labelledby="agenda">
                <h2 id="agenda">"Agenda"</h2>
                <p class="section-note">{order_or_times(zone, past)}</p>
                <ol>{entries}</ol>
            </section>
        }
        .into_any()
    })
}

fn order_or_times(zone: Option<String>, past: bool) -> String {
    match zone {
        Some(zone) => format!("All times are the event’s own, {zone}."),
        None if past => "In this order; the times of the talks are not known.".to_owned(),
        None => "In this order; the times of the talks are not announced.".to_owned(),
    }
}

fn entry(item: &AgendaItem, place: usize) -> AnyView {
    let head = match &item.start {
        Some(start) => {
            view! { <time class="agenda-when" datetime=with_offset(start)>{clock(start)}</time> }.into_any()
        }
        None => view! { <span class="agenda-when" aria-hidden="true">{place}</span> }.into_any(),
    };
    view! {
        <li class="agenda-item">
            {head}
            <div class="agenda-what">
                <h3>{item.title.clone()}</h3>
                {speakers(&item.speakers)}
                {prose(&item.body)}
            </div>
        </li>
    }
    .into_any()
}

fn speakers(speakers: &[Speaker]) -> Option<AnyView> {
    let one = |speaker: &Speaker| {
        let name = match &speaker.ambassador {
            Some(slug) => view! { <a href=paths::ambassador(slug)>{speaker.name.clone()}</a> }.into_any(),
            None => view! { <span>{speaker.name.clone()}</span> }.into_any(),
        };
        let affiliation = speaker.affiliation.clone();
        view! {
            <li>
                <span class="speaker-name">{name}</span>
                {affiliation.map(|words| view! { <span class="speaker-role">{words}</span> })}
            </li>
        }
    };
    (!speakers.is_empty()).then(|| {
        view! {
            <div>
                <span class="visually-hidden">"Speakers"</span>
                <ul class="speakers">{speakers.iter().map(one).collect_view()}</ul>
            </div>
        }
        .into_any()
    })
}
