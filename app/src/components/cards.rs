//! Entries of lists: meetups, posts, people, and the small labels on them.

use leptos::prelude::*;
use regatta_domain::event::{Event, EventTime, Link, Place};
use regatta_domain::people::Ambassador;
use regatta_domain::post::Post;

use super::dates::{clock, date_block, short_date, zone_short};
use super::hoist::{Hoisting, hoist};
use super::status::event_labels;
use crate::paths;

/// The rank of the titles in a list: one below the heading that the list stands under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rank {
    /// Under the page's own heading.
    Second,
    /// Under the heading of a section.
    Third,
}

/// The title of an entry, which leads to its page.
fn entry_title(rank: Rank, href: String, title: &str) -> AnyView {
    let link = view! { <a href=href>{title.to_owned()}</a> };
    match rank {
        Rank::Second => view! { <h2 class="entry-title">{link}</h2> }.into_any(),
        Rank::Third => view! { <h3 class="entry-title">{link}</h3> }.into_any(),
    }
}

/// A meetup in a section's list: its date set large, its title, where it is.
pub fn event_entry(event: &Event) -> AnyView {
    event_entry_with(event, None)
}

/// The same, with something more to say below.
pub fn event_entry_with(event: &Event, note: Option<AnyView>) -> AnyView {
    view! {
        <li class="event-entry">
            {date_block(&event.when)}
            <div class="event-entry-words">
                {event_labels(event)}
                {entry_title(Rank::Third, paths::event(&event.slug), &event.title)}
                <p>{event.summary.clone()}</p>
                {time_and_place(event)}
                {note}
            </div>
            {hoist(event.slug.as_str(), Hoisting::Row)}
        </li>
    }
    .into_any()
}

/// On which day of the week, at what time and where, as far as that is known: `Thursday, 09:00 PDT · Online`.
pub fn time_and_place(event: &Event) -> AnyView {
    let weekday = event.when.day().strftime("%A");
    let time = match &event.when {
        EventTime::At { start, .. } => format!("{weekday}, {} {}", clock(start), zone_short(start)),
        EventTime::Day(_) => weekday.to_string(),
    };
    side_by_side([Some(time), event.place.as_ref().map(place_words)])
}

/// Small facts on one line with points between them; where the line breaks, the point there goes.
fn side_by_side(facts: [Option<String>; 2]) -> AnyView {
    let facts = facts.into_iter().flatten().map(|fact| view! { <span>{fact}</span> " " }).collect_view();
    view! { <p class="meta meta-parts">{facts}</p> }.into_any()
}

/// A place as it reads on a page.
pub fn place_words(place: &Place) -> String {
    match place {
        Place::Online => "Online".to_owned(),
        Place::Located(words) => words.clone(),
    }
}

/// A post in a list.
pub fn post_entry(post: &Post, rank: Rank) -> AnyView {
    view! {
        <li class="post-entry">
            {hoist(post.slug.as_str(), Hoisting::Row)}
            {entry_title(rank, paths::post(&post.slug), &post.title)}
            <p>{post.summary.clone()}</p>
            {byline(post)}
        </li>
    }
    .into_any()
}

/// When a post was published and by whom, as far as that is known.
pub fn byline(post: &Post) -> Option<AnyView> {
    let date = post.date.map(|day| view! { <time datetime=day.to_string()>{short_date(day)}</time> });
    let authors = (!post.authors.is_empty()).then(|| format!("by {}", post.authors.join(", ")));
    (date.is_some() || authors.is_some()).then(|| {
        view! { <p class="meta byline">{date}{authors.map(|words| view! { <span>{words}</span> })}</p> }
            .into_any()
    })
}

/// An ambassador in a list: the hoist where others show a photo, the name, who they are.
pub fn person_entry(person: &Ambassador, rank: Rank) -> AnyView {
    view! {
        <li class="person-entry">
            {hoist(person.slug.as_str(), Hoisting::Column)}
            <div>
                {entry_title(rank, paths::ambassador(&person.slug), &person.name)}
                {person_meta(person)}
                <p>{person.summary.clone()}</p>
            </div>
        </li>
    }
    .into_any()
}

/// What a person does and where, as far as that is known.
pub fn person_meta(person: &Ambassador) -> Option<AnyView> {
    let known = [person.affiliation.clone(), person.location.clone()];
    known.iter().any(Option::is_some).then(|| side_by_side(known))
}

/// Words that say what something is about.
pub fn topics(words: &[String]) -> Option<AnyView> {
    (!words.is_empty()).then(|| {
        let each = |word: &String| view! { <li>{word.clone()}</li> };
        view! {
            <div class="topics">
                <span class="visually-hidden">"Topics"</span>
                <ul>{words.iter().map(each).collect_view()}</ul>
            </div>
        }
        .into_any()
    })
}

/// Links to pages elsewhere.
pub fn links(links: &[Link]) -> Option<AnyView> {
    (!links.is_empty()).then(|| {
        let each = |link: &Link| view! { <li><a href=link.url.clone()>{link.title.clone()}</a></li> };
        view! { <ul class="links">{links.iter().map(each).collect_view()}</ul> }.into_any()
    })
}
