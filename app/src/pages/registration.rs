//! The page behind the links in mails: where a registration stands, and what its owner can do with it.

use std::sync::Arc;

use leptos::prelude::*;
use regatta_domain::event::Event;
use regatta_domain::registration::{Registration, RegistrationState};

use crate::components::dates::{deadline_for, event_when};
use crate::components::layout::{Page, Section, compact_head};
use crate::paths;
use crate::shell::Shell;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct RegistrationView {
    /// The registration.
    pub registration: Registration,
    /// Its meetup; absent where no readable file declares it at the moment.
    pub event: Option<Arc<Event>>,
    /// Its place in the line, where it waits.
    pub waitlist_position: Option<u32>,
    /// Where to confirm (POST).
    pub confirm_action: String,
    /// Where to cancel (POST).
    pub cancel_action: String,
    /// Where the calendar entry can be loaded.
    pub calendar_href: String,
    /// What the link was for.
    pub purpose: Purpose,
}

/// What a link in a mail was for; the page leads with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Purpose {
    /// To see how things stand.
    #[default]
    Overview,
    /// To give the seat up.
    Cancel,
}

/// A registration's page.
pub fn registration(shell: &Shell, view: &RegistrationView) -> String {
    let state = view.registration.state;
    let main = view! {
        {compact_head("Your registration", heading(state), None, &slug(view))}
        <div class="steps-ahead">
            <p class="lede">{standing(view)}</p>
            {facts(view)}
            {state.is_unconfirmed().then(|| confirm(view))}
            {(state == RegistrationState::Confirmed).then(|| calendar(view))}
            {state.is_live().then(|| cancel(view))}
            {again(view)}
        </div>
    };
    let page = Page {
        title: Some(heading(state).to_owned()),
        description: "Where a registration stands.".to_owned(),
        path: None,
        section: Some(Section::Events),
        structured_data: None,
        main: main.into_any(),
    };
    page.render(shell)
}

/// The page of a link that no longer leads anywhere; answer with status 404.
pub fn dead_link(shell: &Shell) -> String {
    let main = view! {
        {compact_head("Your registration", "This link no longer works", None, "registration")}
        <div class="steps-ahead">
            <p class="lede">"It was cut short on the way, or a newer mail has replaced it."</p>
            <p>
                "Use the link in the latest mail from us. If you have none, "
                <a href=paths::EVENTS>"register once more"</a>
                " with the same address: we then send you a link to the registration you have."
            </p>
        </div>
    };
    let page = Page {
        title: Some("This link no longer works".to_owned()),
        description: "A link to a registration that no longer works.".to_owned(),
        path: None,
        section: Some(Section::Events),
        structured_data: None,
        main: main.into_any(),
    };
    page.render(shell)
}

fn heading(state: RegistrationState) -> &'static str {
    match state {
        RegistrationState::Held => "A seat is kept for you",
        RegistrationState::HeldForWaitlist => "A place in line is kept for you",
        RegistrationState::Waitlisted => "You are on the waitlist",
        RegistrationState::Confirmed => "You have a seat",
        RegistrationState::Cancelled => "Your registration is cancelled",
        RegistrationState::Expired => "The time to confirm is over",
    }
}

fn standing(view: &RegistrationView) -> String {
    let registration = &view.registration;
    let name = registration.name.as_str();
    let until = || match &view.event {
        Some(event) => deadline_for(registration.held_until, &event.when),
        None => crate::components::dates::moment(registration.held_until),
    };
    match registration.state {
        RegistrationState::Held => {
            format!("{name}, confirm until {} that you want to come. Then the seat is yours.", until())
        }
        RegistrationState::HeldForWaitlist => {
            format!("{name}, every seat is taken. Confirm until {} to wait for one.", until())
        }
        RegistrationState::Waitlisted => waiting(name, view.waitlist_position),
        RegistrationState::Confirmed => {
            format!("See you there, {name}. We sent a calendar entry to {}.", registration.email)
        }
        RegistrationState::Cancelled => {
            format!("Thank you for telling us, {name}. Your place is free for someone else.")
        }
        RegistrationState::Expired => {
            format!("{name}, nobody confirmed this registration in time, so its place was given up.")
        }
    }
}

fn waiting(name: &str, position: Option<u32>) -> String {
    let line = match position {
        Some(1) => "you are first in line".to_owned(),
        Some(position) => format!("you are number {position} in line"),
        None => "you are in line".to_owned(),
    };
    format!("{name}, {line}. When a seat comes free for you, we write to you at once.")
}

fn facts(view: &RegistrationView) -> AnyView {
    let Some(event) = &view.event else {
        return view! { <p>"The page of this meetup cannot be read at the moment. Your registration is not affected."</p> }
            .into_any();
    };
    view! {
        <dl class="facts">
            <div><dt>"Meetup"</dt><dd><a href=paths::event(&event.slug)>{event.title.clone()}</a></dd></div>
            <div><dt>"When"</dt><dd>{event_when(&event.when)}</dd></div>
            <div><dt>"Name"</dt><dd>{view.registration.name.to_string()}</dd></div>
            <div><dt>"E-mail"</dt><dd>{view.registration.email.to_string()}</dd></div>
        </dl>
    }
    .into_any()
}

fn confirm(view: &RegistrationView) -> AnyView {
    let words = match view.registration.state {
        RegistrationState::HeldForWaitlist => "Yes, put me on the waitlist",
        _ => "Yes, I will come",
    };
    view! {
        <form method="post" action=view.confirm_action.clone()>
            <p class="form-actions"><button class="button" type="submit">{words}</button></p>
        </form>
    }
    .into_any()
}

fn calendar(view: &RegistrationView) -> AnyView {
    view! { <p><a class="button" href=view.calendar_href.clone()>"Add it to your calendar"</a></p> }
        .into_any()
}

/// Cancelling takes two steps: opening this part, and the button in it. A link meant for it comes with it open.
fn cancel(view: &RegistrationView) -> AnyView {
    let gives_up = match view.registration.state {
        RegistrationState::Held | RegistrationState::Confirmed if has_waitlist(view) => {
            "Your seat goes to the first in line, should anybody wait for one. This cannot be undone."
        }
        RegistrationState::Held | RegistrationState::Confirmed => {
            "Your seat is then free for someone else. This cannot be undone."
        }
        _ => "You lose your place in line. This cannot be undone.",
    };
    view! {
        <details class="cancel" open=view.purpose == Purpose::Cancel>
            <summary>"I cannot come"</summary>
            <p>{gives_up}</p>
            <form method="post" action=view.cancel_action.clone()>
                <p class="form-actions">
                    <button class="button button-bad" type="submit">"Cancel my registration"</button>
                </p>
            </form>
        </details>
    }
    .into_any()
}

fn has_waitlist(view: &RegistrationView) -> bool {
    let policy = view.event.as_ref().and_then(|event| event.registration.as_ref());
    policy.is_some_and(|policy| policy.waitlist)
}

fn again(view: &RegistrationView) -> Option<AnyView> {
    let event = view.event.as_ref()?;
    (!view.registration.state.is_live()).then(|| {
        let href = format!("{}#register", paths::event(&event.slug));
        view! { <p>"If you want to come after all, " <a href=href>"register again"</a> "."</p> }.into_any()
    })
}

fn slug(view: &RegistrationView) -> String {
    view.event.as_ref().map_or_else(|| view.registration.event.to_string(), |event| event.slug.to_string())
}
