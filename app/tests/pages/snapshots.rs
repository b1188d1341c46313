//! Key pages as whole documents.

use std::sync::Arc;

use regatta_app::forms::{RegisterErrors, RegisterForm};
use regatta_app::pages::error::{Problem, error};
use regatta_app::pages::event::{EventView, event};
use regatta_app::pages::home::{HomeView, home};
use regatta_app::pages::registered::{RegisteredPlace, RegisteredView, registered};
use regatta_domain::registration::SeatCount;

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
    let view = EventView {
        event: Arc::new(sample::meetup()),
        now: sample::now(),
        seats: Some(SeatCount { taken: 3, waiting: 0 }),
        form: RegisterForm::default(),
        errors: RegisterErrors::default(),
    };
    insta::assert_snapshot!(readable(&event(&sample::shell(), &view)));
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
