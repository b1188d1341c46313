//! One meetup: when and where, what is on, and how to register.

use std::sync::Arc;

use jiff::Timestamp;
use leptos::prelude::*;
use regatta_domain::event::{Event, RegistrationPolicy, RegistrationWindow};
use regatta_domain::follow::Topic;
use regatta_domain::seats::{Attendance, Seats};
use regatta_domain::series::Series;

use crate::components::agenda::agenda;
use crate::components::cards::{links, place_words, topics};
use crate::components::dates::{date_block, event_time, moment_for};
use crate::components::hoist::{Hoisting, hoist};
use crate::components::layout::{Page, Section, problem_title};
use crate::components::markdown::prose;
use crate::components::register_form::{RegisterFields, policy_notes, register_form};
use crate::components::seats::{is_full, kind_seats_words};
use crate::components::status::{event_labels, status_notice};
use crate::components::structured_data;
use crate::forms::asked::kinds_for_newcomers;
use crate::forms::{Asked, RegisterErrors, RegisterForm};
use crate::paths;
use crate::shell::Shell;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct EventView {
    /// The meetup, with what its organizers decided otherwise.
    pub event: Arc<Event>,
    /// The series it belongs to, where that can be read.
    pub series: Option<Arc<Series>>,
    /// Now: it decides whether one can register.
    pub now: Timestamp,
    /// How its seats are taken; needed where one registers here.
    pub seats: Option<Seats>,
    /// What was typed into the form so far; at first a fresh one. It carries the token that is handed out.
    pub form: RegisterForm,
    /// What is wrong with it; empty at first. Where it is not, answer with status 422.
    pub errors: RegisterErrors,
}

/// A meetup's page.
pub fn event(shell: &Shell, view: &EventView) -> String {
    let event = &view.event;
    // What is made up is shown, but neither indexed nor told to machines as an event that takes place.
    let real = !event.sample;
    let page = Page {
        title: Some(if view.errors.is_empty() { event.title.clone() } else { problem_title(&event.title) }),
        description: event.summary.clone(),
        path: real.then(|| paths::event(&event.slug)),
        section: Some(Section::Events),
        structured_data: real.then(|| structured_data::event(shell, event, view.seats, view.now)),
        main: main(shell, view),
    };
    page.render(shell)
}

fn main(shell: &Shell, view: &EventView) -> AnyView {
    let event = &view.event;
    let elsewhere = links(&event.links).map(|links| view! { <h2>"Elsewhere"</h2> {links} });
    let recordings = links(&event.recordings).map(|links| {
        view! { <section class="recordings" aria-labelledby="recordings"><h2 id="recordings">"Recordings"</h2> {links}</section> }
    });
    view! {
        <article class="event">
            {head(event, view.now)}
            {status_notice(event)}
            <div class="with-aside">
                <div>
                    {recordings}
                    {prose(&event.body)}
                    {agenda(&event.agenda, event.is_past(view.now))}
                </div>
                <aside class="aside" aria-label="Registration and facts">
                    {registration(view)}
                    {hosts(event)}
                    {series(view)}
                    {topics(&event.topics)}
                    {elsewhere}
                    {keep(event, view.now)}
                    {contact(event)}
                    <copy-link href=shell.absolute(&paths::event(&event.slug))></copy-link>
                </aside>
            </div>
        </article>
        <p class="more"><a href=paths::EVENTS>"All meetups"</a></p>
    }
    .into_any()
}

fn head(event: &Event, now: Timestamp) -> AnyView {
    let open = event.registration_window(now) == RegistrationWindow::Open;
    let kind = if event.is_past(now) { "Past meetup" } else { "Meetup" };
    let place = event.place.as_ref().map(|place| view! { <p class="event-place">{place_words(place)}</p> });
    view! {
        <header class="event-head">
            <div class="event-head-words">
                <p class="kicker">{kind}</p>
                {event_labels(event)}
                <h1>{event.title.clone()}</h1>
                <p class="lede">{event.summary.clone()}</p>
            </div>
            <div class="event-head-hoist">{hoist(event.slug.as_str(), Hoisting::Column)}</div>
            <div class="event-head-when">
                {date_block(&event.when)}
                <div>
                    {place}
                    {event_time(&event.when, event.is_past(now))}
                </div>
                {open.then(|| view! { <a class="button to-register" href="#register">"Register"</a> })}
            </div>
        </header>
    }
    .into_any()
}

fn hosts(event: &Event) -> Option<AnyView> {
    (!event.hosts.is_empty())
        .then(|| view! { <p class="meta">"Hosted by " {event.hosts.join(", ")}</p> }.into_any())
}

/// The series it belongs to, and the way to be told of its next dates; else the way to be told of meetups at all.
fn series(view: &EventView) -> AnyView {
    match &view.series {
        Some(series) => view! {
            <p>
                "Part of the series " <a href=paths::series(&series.slug)>{series.title.clone()}</a> ". "
                <a href=paths::follow(&Topic::Series(series.slug.clone()))>"Get a mail for each new date"</a>
            </p>
        }
        .into_any(),
        None => {
            view! { <p><a href=paths::follow(&Topic::Portal)>"Get a mail when a meetup is announced"</a></p> }
                .into_any()
        }
    }
}

/// Whom to ask.
fn contact(event: &Event) -> Option<AnyView> {
    let contact = event.contact.as_ref()?;
    Some(
        view! { <p class="meta">"Questions? Write to " <a href=format!("mailto:{contact}")>{contact.to_string()}</a></p> }
            .into_any(),
    )
}

/// The entry for one's own calendar, as long as the meetup is to come.
fn keep(event: &Event, now: Timestamp) -> Option<AnyView> {
    let to_come = !event.is_past(now) && event.status.takes_place();
    to_come.then(|| {
        view! { <p><a href=paths::event_calendar(&event.slug)>"Put it into your calendar"</a></p> }.into_any()
    })
}

/// The form where registration is open, else words that say why it is not. Nothing where one does not register here.
fn registration(view: &EventView) -> Option<AnyView> {
    let event = &view.event;
    let Some(policy) = &event.registration else { return refusal(view) };
    let body = match event.registration_window(view.now) {
        RegistrationWindow::Open => form(view, policy),
        RegistrationWindow::NotYet(opens) => {
            closed(format!("Registration opens on {}. Come back then.", moment_for(opens, &event.when)))
        }
        RegistrationWindow::Closed => {
            closed(format!("{} Whoever has a seat keeps it.", closed_words(policy)))
        }
        RegistrationWindow::Past => closed("This meetup is over, so one can no longer register.".to_owned()),
        RegistrationWindow::Postponed => {
            closed("This meetup is postponed. One can register again once its new date is known.".to_owned())
        }
        RegistrationWindow::Cancelled => {
            closed("This meetup was cancelled, so one can no longer register.".to_owned())
        }
        RegistrationWindow::None => return refusal(view),
    };
    let refusal = refusal(view);
    Some(
        view! {
            <section class="register" id="register" aria-labelledby="register-title">
                <h2 id="register-title">{register_title(event, view.now)}</h2>
                {refusal}
                {body}
            </section>
        }
        .into_any(),
    )
}

/// Why what was sent was not stored.
fn refusal(view: &EventView) -> Option<AnyView> {
    let words = view.errors.refusal.clone()?;
    Some(
        view! {
            <div class="notice notice-bad" role="alert" tabindex="-1" autofocus=true>
                <p>{words}</p>
                {typed(view)}
            </div>
        }
        .into_any(),
    )
}

/// What was typed, where there is no form any more to keep it.
fn typed(view: &EventView) -> Option<AnyView> {
    let gone = view.event.registration_window(view.now) != RegistrationWindow::Open;
    let typed = [view.form.name.as_str(), view.form.email.as_str()].map(str::trim);
    let typed = typed.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", ");
    (gone && !typed.is_empty()).then(|| view! { <p>"You had entered: " {typed}</p> }.into_any())
}

fn register_title(event: &Event, now: Timestamp) -> &'static str {
    match event.registration_window(now) {
        RegistrationWindow::Open => "Register",
        _ => "Registration",
    }
}

/// Words in place of the form.
fn closed(words: String) -> AnyView {
    view! { <p class="register-closed">{words}</p> }.into_any()
}

/// That registration is closed, and by whom where that was not by itself.
fn closed_words(policy: &RegistrationPolicy) -> &'static str {
    match policy.overrides.window {
        Some(_) => "Registration was closed by the organizers.",
        None => "Registration is closed.",
    }
}

fn form(view: &EventView, policy: &RegistrationPolicy) -> AnyView {
    let seats = view.seats.unwrap_or_default();
    let asked =
        Asked { attendances: kinds_for_newcomers(view.event.place.as_ref(), policy), ..Asked::by(policy) };
    let full = asked.attendances.iter().all(|kind| is_full(policy, seats, *kind));
    if full && !policy.waitlist {
        return closed("Every seat is taken, and there is no waitlist for this meetup.".to_owned());
    }
    let fields = RegisterFields {
        action: paths::register(&view.event.slug),
        asked: &asked,
        seats: Some((policy, seats)),
        form: &view.form,
        errors: &view.errors,
        submit: if full { "Join the waitlist" } else { "Register" },
        notes: policy_notes(policy),
    };
    view! {
        {open_words(policy)}
        {seats_left(policy, seats, &asked.attendances)}
        {full.then(|| view! {
            <p>"You can join the waitlist. Whoever is first in line gets the next free seat, and we write to you when that is you."</p>
        })}
        {register_form(&fields)}
    }
    .into_any()
}

/// That registration is open beyond its times.
fn open_words(policy: &RegistrationPolicy) -> Option<AnyView> {
    policy.overrides.window.map(|_| {
        view! { <p class="register-by-hand">"Registration was opened by the organizers."</p> }.into_any()
    })
}

/// What is left of the seats; where there are two kinds, it stands beside the choice between them.
fn seats_left(policy: &RegistrationPolicy, seats: Seats, kinds: &[Attendance]) -> Option<AnyView> {
    let [only] = kinds else { return None };
    Some(view! { <p class="seats">{kind_seats_words(policy, seats, *only)}</p> }.into_any())
}
