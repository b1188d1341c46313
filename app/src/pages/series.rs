//! A series: its dates, and registering for all of them at once.

use std::sync::Arc;

use jiff::Timestamp;
use leptos::prelude::*;
use regatta_domain::event::{Event, RegistrationPolicy, RegistrationWindow};
use regatta_domain::follow::Topic;
use regatta_domain::seats::Seats;
use regatta_domain::series::Series;

use crate::components::cards::{event_entry, event_entry_with};
use crate::components::layout::{Page, Section, page_head, problem_title};
use crate::components::markdown::prose;
use crate::components::register_form::{RegisterFields, register_form};
use crate::components::seats::{attendance_words, kind_seats_words};
use crate::forms::asked::kinds_for_newcomers;
use crate::forms::{Asked, RegisterErrors, RegisterForm};
use crate::paths;
use crate::shell::Shell;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct SeriesView {
    /// The series.
    pub series: Arc<Series>,
    /// Its dates to come, the next one first.
    pub upcoming: Vec<SeriesDate>,
    /// Its dates that were, the latest first.
    pub past: Vec<Arc<Event>>,
    /// Now: it decides for which dates one can register.
    pub now: Timestamp,
    /// What was typed into the form so far; at first a fresh one. It carries the token that is handed out.
    pub form: RegisterForm,
    /// What is wrong with it; empty at first. Where it is not, answer with status 422.
    pub errors: RegisterErrors,
}

/// A date to come.
#[derive(Clone, Debug)]
pub struct SeriesDate {
    /// The meetup, with what its organizers decided otherwise.
    pub event: Arc<Event>,
    /// How its seats are taken; needed where one registers here.
    pub seats: Option<Seats>,
}

impl SeriesDate {
    /// The rules, where one can register for it at `now`.
    fn open_policy(&self, now: Timestamp) -> Option<&RegistrationPolicy> {
        let open = self.event.registration_window(now) == RegistrationWindow::Open;
        self.event.registration.as_ref().filter(|_| open)
    }
}

impl SeriesView {
    /// What the form for all dates asks: of those that are open now. `None` where there are fewer than two, or where
    /// one form cannot ask for all of them.
    pub fn asked(&self) -> Option<Asked> {
        let open: Vec<_> = self.upcoming.iter().filter_map(|date| date.open_policy(self.now)).collect();
        if open.len() < 2 { None } else { Asked::by_all(open) }
    }
}

/// A series' page.
pub fn series(shell: &Shell, view: &SeriesView) -> String {
    let series = &view.series;
    let main = view! {
        {page_head("Series", &series.title, Some(&series.summary), series.slug.as_str())}
        <div class="with-aside">
            <div>
                {prose(&series.body)}
                {upcoming(view)}
                {past(&view.past)}
            </div>
            <aside class="aside" aria-label="Registration">
                {register(view)}
                <p><a href=paths::follow(&Topic::Series(series.slug.clone()))>"Get a mail for each new date"</a></p>
            </aside>
        </div>
        <p class="more"><a href=paths::EVENTS>"All meetups"</a></p>
    };
    let title = series.title.clone();
    // As with its dates, what is made up is shown but not to be found.
    let real = view.upcoming.iter().map(|date| &date.event).chain(&view.past).all(|event| !event.sample);
    let page = Page {
        title: Some(if view.errors.is_empty() { title } else { problem_title(&title) }),
        description: series.summary.clone(),
        path: real.then(|| paths::series(&series.slug)),
        section: Some(Section::Events),
        structured_data: None,
        main: main.into_any(),
    };
    page.render(shell)
}

fn upcoming(view: &SeriesView) -> AnyView {
    let one = |date: &SeriesDate| event_entry_with(&date.event, seats_note(date));
    let empty = view
        .upcoming
        .is_empty()
        .then(|| view! { <p class="empty">"No further date is announced at the moment."</p> });
    view! {
        <section class="series-dates" aria-labelledby="upcoming">
            <h2 id="upcoming" class="section-title">"Dates to come"</h2>
            {empty}
            <ul class="entries">{view.upcoming.iter().map(one).collect_view()}</ul>
        </section>
    }
    .into_any()
}

/// What is left of the seats of one date.
fn seats_note(date: &SeriesDate) -> Option<AnyView> {
    let (policy, seats) = date.event.registration.as_ref().zip(date.seats)?;
    let kinds = kinds_for_newcomers(date.event.place.as_ref(), policy);
    let kind = |kind| {
        let words = kind_seats_words(policy, seats, kind);
        if kinds.len() > 1 { format!("{}: {words}", attendance_words(kind, &date.event)) } else { words }
    };
    let words = kinds.iter().map(|one| kind(*one)).collect::<Vec<_>>().join(" ");
    Some(view! { <p class="meta">{words}</p> }.into_any())
}

fn past(events: &[Arc<Event>]) -> Option<AnyView> {
    let entries = events.iter().map(|event| event_entry(event)).collect_view();
    (!events.is_empty()).then(|| {
        view! {
            <section class="series-dates" aria-labelledby="past">
                <h2 id="past" class="section-title">"Past dates"</h2>
                <ul class="entries">{entries}</ul>
            </section>
        }
        .into_any()
    })
}

fn register(view: &SeriesView) -> Option<AnyView> {
    let refusal = view.errors.refusal.clone().map(|words| {
        view! { <div class="notice notice-bad" role="alert" tabindex="-1" autofocus=true><p>{words}</p></div> }
    });
    let Some(asked) = view.asked() else { return refusal.map(IntoAny::into_any) };
    let open = view.upcoming.iter().filter(|date| date.open_policy(view.now).is_some()).count();
    let fields = RegisterFields {
        action: paths::register_for_series(&view.series.slug),
        asked: &asked,
        seats: None,
        form: &view.form,
        errors: &view.errors,
        submit: "Register for all",
        notes: vec![
            "We send one mail with a link to confirm; until you follow it, your places are kept.".to_owned(),
            "Where a date is full, you wait in its line. Each date then has its own mail, and can be cancelled alone."
                .to_owned(),
        ],
    };
    Some(
        view! {
            <section class="register" id="register" aria-labelledby="register-title">
                <h2 id="register-title">"Register for all dates"</h2>
                {refusal}
                <p class="seats">{format!("{open} dates at once. To come to one only, register on its page.")}</p>
                {register_form(&fields)}
            </section>
        }
        .into_any(),
    )
}
