//! One meetup: when and where, what is on, and how to register.

use std::sync::Arc;

use jiff::Timestamp;
use leptos::prelude::*;
use regatta_domain::event::{Event, EventStatus, RegistrationPolicy, RegistrationWindow};
use regatta_domain::registration::SeatCount;

use crate::components::agenda::agenda;
use crate::components::cards::{event_labels, links, place_words, topics};
use crate::components::dates::{date_block, event_time, moment_for};
use crate::components::fields::{TextField, error_summary, words};
use crate::components::hoist::{Hoisting, hoist};
use crate::components::layout::{Page, Section, problem_title};
use crate::components::markdown::prose;
use crate::components::structured_data;
use crate::forms::{RegisterErrors, RegisterForm};
use crate::paths;
use crate::shell::Shell;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct EventView {
    /// The meetup.
    pub event: Arc<Event>,
    /// Now: it decides whether one can register.
    pub now: Timestamp,
    /// How its seats are taken; needed where one registers here.
    pub seats: Option<SeatCount>,
    /// What was typed into the form so far; empty at first.
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
        structured_data: real.then(|| structured_data::event(shell, event)),
        main: main(shell, view),
    };
    page.render(shell)
}

fn main(shell: &Shell, view: &EventView) -> AnyView {
    let event = &view.event;
    let elsewhere = links(&event.links).map(|links| view! { <h2>"Elsewhere"</h2> {links} });
    view! {
        <article class="event">
            {head(event, view.now)}
            <div class="with-aside">
                <div>
                    {prose(&event.body)}
                    {agenda(&event.agenda, event.is_past(view.now))}
                </div>
                <aside class="aside" aria-label="Registration and facts">
                    {registration(view)}
                    {hosts(event)}
                    {topics(&event.topics)}
                    {elsewhere}
                    {keep(event, view.now)}
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

/// The entry for one's own calendar, as long as the meetup is to come.
fn keep(event: &Event, now: Timestamp) -> Option<AnyView> {
    let to_come = !event.is_past(now) && event.status == EventStatus::Scheduled;
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
            closed("Registration is closed. Whoever has a seat keeps it.".to_owned())
        }
        RegistrationWindow::Past => closed("This meetup is over, so one can no longer register.".to_owned()),
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

fn form(view: &EventView, policy: &RegistrationPolicy) -> AnyView {
    let seats = view.seats.unwrap_or_default();
    let full = seats.open_to_newcomers(policy.capacity) == 0;
    if full && !policy.waitlist {
        return closed("Every seat is taken, and there is no waitlist for this meetup.".to_owned());
    }
    let submit = if full { "Join the waitlist" } else { "Register" };
    let (name, email) = fields(&view.form, &view.errors);
    view! {
        <p class="seats">{seats_words(seats, policy)}</p>
        {full.then(|| view! {
            <p>"You can join the waitlist. Whoever is first in line gets the next free seat, and we write to you when that is you."</p>
        })}
        {error_summary(&listed(&view.errors))}
        // The fragment brings the browser back here, whatever the answer has to say.
        <form method="post" action=format!("{}#register", paths::register(&view.event.slug)) novalidate=true>
            {name.render()}
            {email.render()}
            <p class="form-actions"><button class="button" type="submit">{submit}</button></p>
            <p class="field-hint">{hold_words(policy)}</p>
        </form>
    }
    .into_any()
}

/// How many seats whoever comes now can have, or how many wait for one. A seat that came free for those who wait is no
/// seat to be had.
pub fn seats_words(seats: SeatCount, policy: &RegistrationPolicy) -> String {
    let capacity = policy.capacity;
    match (seats.open_to_newcomers(capacity), seats.free(capacity), seats.waiting) {
        (0, _, 0) => format!("All {capacity} seats are taken."),
        (0, 0, waiting) => format!("Full, {waiting} waiting."),
        (0, _, 1) => "Full: 1 waits for the next free seat.".to_owned(),
        (0, _, waiting) => format!("Full: {waiting} wait for the next free seats."),
        (open, _, _) => format!("{open} of {capacity} seats free."),
    }
}

fn hold_words(policy: &RegistrationPolicy) -> String {
    format!(
        "We send one mail with a link to confirm. Follow it within {} minutes; until then your place is kept.",
        policy.hold_minutes
    )
}

fn fields<'a>(form: &'a RegisterForm, errors: &RegisterErrors) -> (TextField<'a>, TextField<'a>) {
    let name = TextField {
        name: "name",
        label: "Your name",
        hint: Some("As we should greet you."),
        kind: "text",
        autocomplete: "name",
        max_length: regatta_domain::person_name::PersonName::MAX_CHARS,
        value: &form.name,
        error: words(errors.name),
        focused: errors.name.is_some(),
    };
    let email = TextField {
        name: "email",
        label: "Your e-mail address",
        hint: Some("Used for this meetup only, and never shown."),
        kind: "email",
        autocomplete: "email",
        max_length: regatta_domain::email_address::EmailAddress::MAX_LEN,
        value: &form.email,
        error: words(errors.email),
        focused: errors.name.is_none() && errors.email.is_some(),
    };
    (name, email)
}

fn listed(errors: &RegisterErrors) -> Vec<(&'static str, String)> {
    let name = words(errors.name).map(|words| ("name", words));
    let email = words(errors.email).map(|words| ("email", words));
    [name, email].into_iter().flatten().collect()
}
