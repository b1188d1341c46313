//! Key pages as whole documents.

use std::sync::Arc;

use regatta_app::forms::{Asked, RegisterForm};
use regatta_app::pages::error::{Problem, error};
use regatta_app::pages::event::{EventView, event};
use regatta_app::pages::home::{HomeView, home};
use regatta_app::pages::registered::{RegisteredPlace, RegisteredView, registered};
use regatta_app::pages::registration::registration;
use regatta_app::pages::ticket::{TicketView, ticket};
use regatta_domain::registration::RegistrationState;

use crate::registration::owned;
use crate::sample;

/// One element a line, so that a change shows where it is.
fn readable(html: &str) -> String {
    html.replace("><", ">\n<")
}

#[test]
fn the_first_page() {
    let view = HomeView {
        upcoming: vec![Arc::new(sample::meetup())],
        past: vec![Arc::new(sample::past_meetup())],
        posts: vec![Arc::new(sample::post())],
        ambassadors: vec![Arc::new(sample::ambassador())],
        ..HomeView::default()
    };
    insta::assert_snapshot!(readable(&home(&sample::shell(), &view)));
}

#[test]
fn a_meetup_with_its_form() {
    let view = EventView { seats: Some(sample::seats(3, 0)), ..sample::event_view(sample::meetup()) };
    insta::assert_snapshot!(readable(&event(&sample::shell(), &view)));
}

#[test]
fn a_form_that_asks_everything_and_comes_back() {
    let sent =
        [("name", ""), ("email", "ada"), ("attendance", "online"), ("q-meal", "Other"), ("q-notes", "a\nb")];
    let sent = sent.map(|(key, value)| (key.to_owned(), value.to_owned()));
    let form = RegisterForm { token: "handed-out-again".into(), ..RegisterForm::read(&sent) };
    let errors = form.parse(&Asked::by(&sample::everything())).unwrap_err();
    let view = EventView { form, errors, ..sample::event_view(sample::rich_meetup()) };
    let html = readable(&event(&sample::shell(), &view));
    let (_, section) = html.split_once(" class=\"register\">").unwrap();
    let (section, _) = section.split_once("</section>").unwrap();
    insta::assert_snapshot!(section);
}

#[test]
fn a_registration_with_its_history() {
    insta::assert_snapshot!(readable(&registration(&sample::shell(), &owned(RegistrationState::Confirmed))));
}

#[test]
fn a_ticket() {
    let view = TicketView {
        registration: sample::registration(RegistrationState::Confirmed),
        event: Arc::new(sample::meetup()),
        qr_svg: sample::html(
            "<?xml version=\"1.0\"?><svg viewBox=\"0 0 1 1\"><path d=\"M0 0h1v1H0z\"/></svg>",
        ),
        text: "AEBAGBAFAYDQ".into(),
        manage_path: "/registrations/manage/t".into(),
    };
    insta::assert_snapshot!(readable(&ticket(&sample::shell(), &view)));
}

#[test]
fn what_one_reads_after_registering() {
    let view = RegisteredView { event: Arc::new(sample::meetup()), place: RegisteredPlace::Seat };
    insta::assert_snapshot!(readable(&registered(&sample::shell(), &view)));
}

#[test]
fn nothing_here() {
    insta::assert_snapshot!(readable(&error(&sample::shell(), &Problem::NotFound)));
}
