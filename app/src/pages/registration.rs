//! The page behind the links in mails: where a registration stands, and what its owner can do with it.

use std::sync::Arc;

use jiff::Timestamp;
use leptos::prelude::*;
use regatta_domain::event::Event;
use regatta_domain::history::HistoryEntry;
use regatta_domain::registration::{Registration, RegistrationAction, RegistrationState, Transition};
use regatta_domain::waitlist::is_over;

use crate::components::asked::answered;
use crate::components::cards::place_words;
use crate::components::change_form::change_form;
use crate::components::dates::event_when;
use crate::components::history::history;
use crate::components::layout::{Page, Section, compact_head, problem_title};
use crate::components::registration_state::{gives_up, heading, next_words, standing};
use crate::components::seats::{attendance_words, is_online, kind_words, party_words};
use crate::components::status::status_notice;
use crate::forms::{ChangeErrors, ChangeForm};
use crate::paths;
use crate::shell::Shell;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct RegistrationView {
    /// The registration.
    pub registration: Registration,
    /// Its meetup, with what the organizers decided otherwise; absent where no readable file declares it at the moment.
    pub event: Option<Arc<Event>>,
    /// Now: it decides what can still be changed.
    pub now: Timestamp,
    /// Its place in the line, where it waits.
    pub waitlist_position: Option<u32>,
    /// What happened to it, first things first.
    pub history: Vec<HistoryEntry>,
    /// What was registered together with it: the other dates of a series that can be read, by their start.
    pub booking: Vec<(Arc<Event>, RegistrationState)>,
    /// Its page, `paths::manage(token)`: what one can do is found below it.
    pub manage_path: String,
    /// Where to confirm (POST), where the page was opened by the link that does.
    pub confirm_path: Option<String>,
    /// What the link was for.
    pub purpose: Purpose,
    /// What was just done, where the page answers that.
    pub done: Option<Done>,
    /// What was typed into the form to change it; [`ChangeForm::of`] the registration at first.
    pub form: ChangeForm,
    /// What is wrong with it; empty at first. Where it is not, answer with status 422.
    pub errors: ChangeErrors,
}

/// What a link was for; the page leads with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Purpose {
    /// To see how things stand.
    #[default]
    Overview,
    /// To change it.
    Change,
    /// To give the seat up.
    Cancel,
}

/// What the owner just did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// Changed it.
    Changed,
}

impl Done {
    /// The name by which an address tells it: `?done=changed`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Changed => "changed",
        }
    }

    /// What an address tells by this name.
    pub fn named(name: &str) -> Option<Self> {
        (name == Self::Changed.as_str()).then_some(Self::Changed)
    }
}

impl RegistrationView {
    /// The registration as it stands, for its owner to look at: no history, nothing typed, nothing wrong.
    pub fn of(
        registration: Registration,
        event: Option<Arc<Event>>,
        now: Timestamp,
        manage_path: String,
    ) -> Self {
        Self {
            form: ChangeForm::of(&registration),
            registration,
            event,
            now,
            waitlist_position: None,
            history: Vec::new(),
            booking: Vec::new(),
            manage_path,
            confirm_path: None,
            purpose: Purpose::Overview,
            done: None,
            errors: ChangeErrors::default(),
        }
    }

    fn is_over(&self) -> bool {
        self.event.as_ref().is_some_and(|event| is_over(event, self.now))
    }

    fn has_seat(&self) -> bool {
        self.registration.state == RegistrationState::Confirmed && !self.is_over()
    }

    fn can_be_cancelled(&self) -> bool {
        let cancelled = self.registration.state.after(RegistrationAction::Cancel);
        matches!(cancelled, Transition::To(_)) && !self.is_over()
    }
}

/// A registration's page.
pub fn registration(shell: &Shell, view: &RegistrationView) -> String {
    let state = view.registration.state;
    let event = view.event.as_deref();
    let main = view! {
        {compact_head("Your registration", heading(state), None, &slug(view))}
        <div class="steps-ahead">
            {view.done.map(|Done::Changed| view! { <p class="notice" role="status">"Your registration was changed. This is how it stands now."</p> })}
            {event.and_then(status_notice)}
            <p class="lede">{standing(&view.registration, event, view.waitlist_position)}</p>
            {next_words(&view.registration, event).filter(|_| !view.is_over()).map(|words| view! { <p>{words}</p> })}
            {confirm(view)}
            {view.has_seat().then(|| to_take_along(view))}
            {facts(view)}
            {booking(view)}
            {change_form(view)}
            {view.can_be_cancelled().then(|| cancel(view))}
            {again(view)}
            {history(&view.history, event.map(|event| &event.when))}
            {own_data(view)}
        </div>
    };
    let title = heading(state);
    let page = Page {
        title: Some(if view.errors.is_empty() { title.to_owned() } else { problem_title(title) }),
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
            <p class="lede">
                "It was cut short on the way, a newer mail has replaced it, or what it led to was erased."
            </p>
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

fn facts(view: &RegistrationView) -> AnyView {
    let registration = &view.registration;
    let mut facts: Vec<(String, AnyView)> = Vec::new();
    let mut put = |what: &str, fact: AnyView| facts.push((what.to_owned(), fact));
    match &view.event {
        Some(event) => {
            put("Meetup", view! { <a href=paths::event(&event.slug)>{event.title.clone()}</a> }.into_any());
            put("When", event_when(&event.when).into_any());
            if let Some(place) = &event.place {
                put("Where", place_words(place).into_any());
            }
            put("How", attendance_words(registration.attendance, event).into_any());
        }
        None => put("How", kind_words(registration.attendance).into_any()),
    }
    put("Seats", party_words(registration.party).into_any());
    put("Name", registration.name.to_string().into_any());
    put("E-mail", registration.email.to_string().into_any());
    put("Our mails", registration.language.name().into_any());
    let answers = view.event.iter().flat_map(|event| answered(event, &registration.answers));
    facts.extend(answers.map(|(question, answer)| (question, answer.into_any())));
    let unreadable = view.event.is_none().then(|| {
        view! { <p>"The page of this meetup cannot be read at the moment. Your registration is not affected."</p> }
    });
    let facts = facts.into_iter().map(|(what, fact)| view! { <div><dt>{what}</dt><dd>{fact}</dd></div> });
    view! { {unreadable} <dl class="facts">{facts.collect_view()}</dl> }.into_any()
}

/// The other dates that were registered together with this one.
fn booking(view: &RegistrationView) -> Option<AnyView> {
    let one = |(event, state): &(Arc<Event>, RegistrationState)| {
        view! {
            <li>
                <a href=paths::event(&event.slug)>{event.title.clone()}</a>
                ", " {event_when(&event.when)} ". " {short_state(*state)}
            </li>
        }
    };
    (!view.booking.is_empty()).then(|| {
        view! {
            <section aria-labelledby="booking">
                <h2 id="booking">"Registered together with it"</h2>
                <p class="section-note">"Each date has its own mail, with a link to change or cancel that date."</p>
                <ul class="booking">{view.booking.iter().map(one).collect_view()}</ul>
            </section>
        }
        .into_any()
    })
}

/// Where a registration stands, in a few words.
fn short_state(state: RegistrationState) -> &'static str {
    match state {
        RegistrationState::Held => "A seat is kept until you confirm.",
        RegistrationState::HeldForWaitlist => "A place in line is kept until you confirm.",
        RegistrationState::AwaitingApproval => "The organizers decide.",
        RegistrationState::Waitlisted => "On the waitlist.",
        RegistrationState::Confirmed => "You have a seat.",
        RegistrationState::Attended => "You were there.",
        RegistrationState::Cancelled => "Cancelled.",
        RegistrationState::Declined => "Declined by the organizers.",
        RegistrationState::Expired => "Not confirmed in time.",
    }
}

fn confirm(view: &RegistrationView) -> Option<AnyView> {
    let action = view.confirm_path.clone().filter(|_| view.registration.state.is_unconfirmed())?;
    let words = match view.registration.state {
        _ if !view.booking.is_empty() => "Yes, I want to come to all of these",
        RegistrationState::HeldForWaitlist => "Yes, put me on the waitlist",
        _ => "Yes, I will come",
    };
    Some(
        view! {
            <form method="post" action=action>
                <p class="form-actions"><button class="button" type="submit">{words}</button></p>
            </form>
        }
        .into_any(),
    )
}

/// The ticket, and the entry for the calendar.
fn to_take_along(view: &RegistrationView) -> AnyView {
    let ticket = format!("{}/ticket", view.manage_path);
    // Nobody is asked for a ticket on the web; the way in is what one looks for there.
    let first = match view.event.as_ref().filter(|event| is_online(&view.registration, event)) {
        Some(event) => {
            view! { <a class="button" href=paths::event(&event.slug)>"How to join"</a> }.into_any()
        }
        None => view! { <a class="button" href=ticket>"Show the ticket"</a> }.into_any(),
    };
    view! {
        <p class="form-actions">
            {first}
            <a class="button button-quiet" href=format!("{}/calendar.ics", view.manage_path)>"Add it to your calendar"</a>
        </p>
    }
    .into_any()
}

/// Cancelling takes two steps: opening this part, and the button in it. A link meant for it comes with it open.
fn cancel(view: &RegistrationView) -> AnyView {
    view! {
        <details class="cancel" open=view.purpose == Purpose::Cancel>
            <summary>"I cannot come"</summary>
            <p>{gives_up(&view.registration, view.event.as_deref())}</p>
            <form method="post" action=format!("{}/cancel", view.manage_path)>
                <p class="form-actions">
                    <button class="button button-bad" type="submit">"Cancel my registration"</button>
                </p>
            </form>
            {view.booking.iter().any(|(_, state)| state.is_live()).then(|| cancel_all(view))}
        </details>
    }
    .into_any()
}

/// The whole series at once, for whoever registered for it so.
fn cancel_all(view: &RegistrationView) -> AnyView {
    view! {
        <form method="post" action=format!("{}/cancel-all", view.manage_path)>
            <p>"You registered for other dates together with this one. You can give all of them up at once, too."</p>
            <p class="form-actions">
                <button class="button button-bad" type="submit">"Cancel all dates"</button>
            </p>
        </form>
    }
    .into_any()
}

fn again(view: &RegistrationView) -> Option<AnyView> {
    let event = view.event.as_ref().filter(|event| !is_over(event, view.now))?;
    let may_return =
        matches!(view.registration.state, RegistrationState::Cancelled | RegistrationState::Expired);
    may_return.then(|| {
        let href = format!("{}#register", paths::event(&event.slug));
        view! { <p>"If you want to come after all, " <a href=href>"register again"</a> "."</p> }.into_any()
    })
}

/// What is kept, and the way to have it or to be rid of it.
fn own_data(view: &RegistrationView) -> AnyView {
    let kept = view.registration.purge_at.strftime("%-d %B %Y").to_string();
    view! {
        <section aria-labelledby="own-data">
            <h2 id="own-data">"Your data"</h2>
            <p>{format!("Name, address and answers are erased by themselves on {kept}.")}</p>
            <ul class="links">
                <li><a href=format!("{}/export.json", view.manage_path)>"Download everything kept about your address"</a></li>
                <li><a href=format!("{}/erase", view.manage_path)>"Erase everything kept about your address"</a></li>
            </ul>
        </section>
    }
    .into_any()
}

fn slug(view: &RegistrationView) -> String {
    view.event.as_ref().map_or_else(|| view.registration.event.to_string(), |event| event.slug.to_string())
}
