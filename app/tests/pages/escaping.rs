//! What authors and visitors write arrives as text on every page, never as markup.

use std::sync::Arc;

use regatta_app::forms::{
    ChangeErrors, ChangeForm, FeedbackErrors, FeedbackForm, FollowErrors, FollowForm, RegisterErrors,
    RegisterForm,
};
use regatta_app::pages::ambassador::{AmbassadorView, ambassador};
use regatta_app::pages::dev_mail::{DevMailEntry, DevMailView, dev_mail};
use regatta_app::pages::dev_mail_samples::{
    MailSample, MailSampleView, MailSamplesView, mail_sample, mail_samples,
};
use regatta_app::pages::erase::{EraseView, erase};
use regatta_app::pages::error::{Problem, error};
use regatta_app::pages::event::{EventView, event};
use regatta_app::pages::feedback::{FeedbackView, feedback, feedback_thanks};
use regatta_app::pages::follow::{FollowLinkView, FollowView, TopicChoice, follow, follow_confirm, unfollow};
use regatta_app::pages::home::{HomeView, home};
use regatta_app::pages::post::{PostView, post};
use regatta_app::pages::registered::registered_for_series;
use regatta_app::pages::registration::{RegistrationView, registration};
use regatta_app::pages::series::{SeriesDate, SeriesView, series};
use regatta_app::pages::standing::{StandingView, standing};
use regatta_app::pages::ticket::{TicketView, ticket};
use regatta_domain::event::{Event, Link, Place, RegistrationPolicy};
use regatta_domain::follow::Topic;
use regatta_domain::language::Language;
use regatta_domain::page::StandingPage;
use regatta_domain::people::Ambassador;
use regatta_domain::post::Post;
use regatta_domain::questions::{Answers, Question, QuestionKind, Questions};
use regatta_domain::registration::{Registration, RegistrationState};
use regatta_domain::series::Series;

use crate::playground;
use crate::running;
use crate::sample::{self, HOSTILE};

/// The hostile text is there, but neither its script nor what ends the element around it.
pub fn assert_harmless(html: &str) {
    assert!(html.contains("&lt;script&gt;alert("), "the text is missing: {html}");
    assert!(!html.contains("<script>alert("), "a script got through: {html}");
    assert_eq!(html.matches("</title>").count(), 1, "the title was ended early: {html}");
    assert!(html.contains("&amp;amp;"), "an ampersand was taken for an escape: {html}");
}

/// A form in which every field carries markup.
fn hostile_form() -> RegisterForm {
    let fields =
        ["name", "email", "language", "attendance", "party", "invitation", "website", "form", "terms"];
    let questions = ["q-meal", "q-which", "q-tools", "q-notes", "q-photos", "q-unknown"];
    let sent: Vec<_> =
        fields.into_iter().chain(questions).map(|name| (name.to_owned(), HOSTILE.to_owned())).collect();
    RegisterForm::read(&sent)
}

fn hostile_series() -> Series {
    Series { title: HOSTILE.into(), summary: HOSTILE.into(), ..sample::series() }
}

/// Rules in which every text carries markup.
fn hostile_policy() -> RegistrationPolicy {
    let hostile = |question: &Question| {
        let mut question = question.clone();
        HOSTILE.clone_into(&mut question.label);
        question.hint = Some(HOSTILE.into());
        if let QuestionKind::Choice(choices) | QuestionKind::MultipleChoice(choices) = &mut question.kind {
            choices.fill(HOSTILE.into());
        }
        if let Some(condition) = &mut question.condition {
            condition.answers.fill(HOSTILE.into());
        }
        question
    };
    let questions = sample::everything().questions.iter().map(hostile).collect();
    RegistrationPolicy {
        questions: Questions::new(questions).unwrap(),
        terms: Some(Link { title: HOSTILE.into(), url: format!("https://example.org/{HOSTILE}") }),
        ..sample::everything()
    }
}

/// A registration whose owner typed markup wherever one can type.
fn hostile_registration(state: RegistrationState) -> Registration {
    let answers = |id: &str| (id.parse().unwrap(), vec![HOSTILE.to_owned()]);
    Registration {
        name: HOSTILE.parse().unwrap(),
        answers: Answers(["meal", "which", "tools", "notes", "photos"].map(answers).into()),
        ..sample::registration(state)
    }
}

fn hostile_event() -> Event {
    let mut meetup = Event { registration: Some(hostile_policy()), ..sample::meetup() };
    for text in [&mut meetup.title, &mut meetup.summary] {
        HOSTILE.clone_into(text);
    }
    meetup.place = Some(Place::Located(HOSTILE.into()));
    meetup.hosts = vec![HOSTILE.into()];
    meetup.topics = vec![HOSTILE.into()];
    let link = Link { title: HOSTILE.into(), url: format!("https://example.org/{HOSTILE}") };
    meetup.links = vec![link.clone()];
    meetup.recordings = vec![link];
    HOSTILE.clone_into(&mut meetup.agenda[0].title);
    HOSTILE.clone_into(&mut meetup.agenda[0].speakers[0].name);
    meetup.agenda[0].speakers[0].affiliation = Some(HOSTILE.into());
    meetup
}

#[test]
fn a_meetup() {
    let view = EventView {
        series: Some(Arc::new(hostile_series())),
        form: hostile_form(),
        errors: RegisterErrors::refused(HOSTILE),
        ..sample::event_view(hostile_event())
    };
    let html = event(&sample::shell(), &view);
    assert_harmless(&html);
    assert!(html.contains(r#"value="&lt;/title&gt;&lt;/textarea&gt;"#), "the typed value is missing: {html}");
}

#[test]
fn what_owners_typed() {
    for state in RegistrationState::ALL {
        let event = Arc::new(hostile_event());
        let view = RegistrationView {
            form: ChangeForm::of(&hostile_registration(state)),
            errors: ChangeErrors::refused(HOSTILE),
            booking: vec![(Arc::clone(&event), state)],
            ..RegistrationView::of(hostile_registration(state), Some(event), sample::now(), "/m".into())
        };
        assert_harmless(&registration(&sample::shell(), &view));
    }
    let with_seat = || hostile_registration(RegistrationState::Confirmed);
    let event = Arc::new(hostile_event());
    let view = TicketView {
        registration: with_seat(),
        event: Arc::clone(&event),
        qr_svg: sample::html("<svg></svg>"),
        text: "<i>".into(),
        manage_path: "/m".into(),
    };
    let html = ticket(&sample::shell(), &view);
    assert_harmless(&html);
    assert!(html.contains("<code><span>&lt;i&gt;</span></code>"), "{html}");
    let view = EraseView {
        registration: with_seat(),
        seats_given_up: vec![Arc::clone(&event)],
        manage_path: "/m".into(),
    };
    assert_harmless(&erase(&sample::shell(), &view));
    let view = FeedbackView {
        event: Arc::clone(&event),
        action: "/f".into(),
        form: FeedbackForm { rating: HOSTILE.into(), comment: HOSTILE.into() },
        errors: FeedbackErrors::default(),
    };
    let html = feedback(&sample::shell(), &view);
    assert_harmless(&html);
    assert_eq!(html.matches("</textarea>").count(), 1, "the text area was ended early: {html}");
    assert_harmless(&feedback_thanks(&sample::shell(), &event));
}

#[test]
fn series_and_follows() {
    let date = SeriesDate { event: Arc::new(hostile_event()), seats: Some(sample::seats(1, 0)) };
    let view = SeriesView {
        series: Arc::new(hostile_series()),
        upcoming: vec![date.clone(), date],
        past: vec![Arc::new(hostile_event())],
        now: sample::now(),
        form: hostile_form(),
        errors: RegisterErrors::refused(HOSTILE),
    };
    assert_harmless(&series(&sample::shell(), &view));
    assert_harmless(&registered_for_series(&sample::shell(), &hostile_series()));

    let city = TopicChoice { topic: Topic::City("x".into()), name: HOSTILE.into() };
    let form = FollowForm {
        email: HOSTILE.into(),
        topic: HOSTILE.into(),
        website: HOSTILE.into(),
        token: HOSTILE.into(),
        ..FollowForm::default()
    };
    let errors = FollowErrors::refused(HOSTILE);
    assert_harmless(&follow(&sample::shell(), &FollowView { topics: vec![city.clone()], form, errors }));
    for done in [false, true] {
        let view = FollowLinkView { followed: city.clone(), action: "/a".into(), done };
        assert_harmless(&follow_confirm(&sample::shell(), &view));
        assert_harmless(&unfollow(&sample::shell(), &view));
    }
}

#[test]
fn a_sample_mail() {
    let sample =
        MailSample { name: "confirm-seat".into(), language: Language::Chinese, subject: HOSTILE.into() };
    let view = MailSamplesView { samples: vec![sample.clone()] };
    assert_harmless(&mail_samples(&sample::shell(), &view));
    assert_harmless(&mail_sample(&sample::shell(), &MailSampleView { sample, text: HOSTILE.into() }));
}

#[test]
fn structured_data_stays_inside_its_script_and_keeps_the_text() {
    let view = sample::event_view(Event { sample: false, ..hostile_event() });
    let html = event(&sample::shell(), &view);
    let (_, rest) = html.split_once(r#"<script type="application/ld+json">"#).unwrap();
    let (json, _) = rest.split_once("</script>").unwrap();
    let data: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!(data["name"], HOSTILE);
    assert_eq!(data["startDate"], "2026-12-10T18:00:00+01:00");
    assert_eq!(data["endDate"], "2026-12-10T20:00:00+01:00");
    assert_eq!(data["eventStatus"], "https://schema.org/EventScheduled");
    assert_eq!(data["offers"]["availability"], "https://schema.org/InStock");
    assert_eq!(data["offers"]["price"], serde_json::Value::Null, "no price is known");
    assert_eq!(data["eventAttendanceMode"], "https://schema.org/MixedEventAttendanceMode");
    assert_eq!(data["maximumAttendeeCapacity"], 54);
}

#[test]
fn the_first_page() {
    let view = HomeView {
        upcoming: vec![Arc::new(hostile_event()), Arc::new(hostile_event())],
        demo: Some(playground::hostile_demo()),
        latest_runs: vec![playground::hostile_run()],
        ..HomeView::default()
    };
    assert_harmless(&home(&sample::shell(), &view));
}

#[test]
fn people_posts_and_standing_pages() {
    let person = Ambassador {
        name: HOSTILE.into(),
        summary: HOSTILE.into(),
        affiliation: Some(HOSTILE.into()),
        ..sample::ambassador()
    };
    let view = AmbassadorView { ambassador: Arc::new(person), events: vec![] };
    assert_harmless(&ambassador(&sample::shell(), &view));

    let article = Post {
        title: HOSTILE.into(),
        summary: HOSTILE.into(),
        authors: vec![HOSTILE.into()],
        ..sample::post()
    };
    assert_harmless(&post(&sample::shell(), &PostView { post: Arc::new(article) }));

    let page = StandingPage { title: HOSTILE.into(), summary: HOSTILE.into(), ..sample::standing_page() };
    assert_harmless(&standing(&sample::shell(), &StandingView { page: Arc::new(page) }));
}

#[test]
fn a_run_in_every_form() {
    for html in &running::hostile_pages() {
        assert_harmless(html);
    }
}

#[test]
fn a_kept_mail_and_a_problem() {
    let view = DevMailView {
        entry: DevMailEntry { name: "1.eml".into(), subject: HOSTILE.into(), to: HOSTILE.into(), at: None },
        text: format!("{HOSTILE} http://127.0.0.1/a?b=1&c=2\nend"),
        raw: HOSTILE.into(),
    };
    let html = dev_mail(&sample::shell(), &view);
    assert_harmless(&html);
    assert!(html.contains(r#"<a href="http://127.0.0.1/a?b=1&amp;c=2">"#), "{html}");

    assert_harmless(&error(&sample::shell(), &Problem::Unprocessable(HOSTILE.into())));
}
