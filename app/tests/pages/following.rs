//! What visitors read of following, of feedback, and of being forgotten.

use std::sync::Arc;

use regatta_app::forms::{FeedbackForm, FollowForm};
use regatta_app::pages::erase::{EraseView, erase, erased};
use regatta_app::pages::feedback::{FeedbackView, feedback, feedback_thanks};
use regatta_app::pages::follow::{
    FollowLinkView, FollowView, TopicChoice, dead_follow_link, follow, follow_asked, follow_confirm, unfollow,
};
use regatta_app::shell::Shell;
use regatta_domain::feedback::{Feedback, Rating};
use regatta_domain::follow::Topic;
use regatta_domain::language::Language;
use regatta_domain::registration::RegistrationState;

use crate::sample;

fn topics() -> Vec<TopicChoice> {
    let choice = |topic: &str, name: &str| TopicChoice { topic: topic.parse().unwrap(), name: name.into() };
    vec![
        choice("portal", "Regatta"),
        choice("city:hamburg", "Hamburg"),
        choice("series:evenings", "Harbour evenings"),
    ]
}

fn follow_page(form: FollowForm) -> String {
    let offered: Vec<Topic> = topics().into_iter().map(|choice| choice.topic).collect();
    let errors = form.parse(&offered).err().filter(|_| !form.email.is_empty()).unwrap_or_default();
    follow(&sample::shell(), &FollowView { topics: topics(), form, errors })
}

#[test]
fn one_follows_the_portal_a_city_or_a_series() {
    let series = "series:evenings".parse().unwrap();
    let html = follow_page(FollowForm::fresh(Language::Chinese, &series, "noon".into()));
    for words in ["All meetups", "Meetups in Hamburg", "The series “Harbour evenings”"] {
        assert!(html.contains(words), "{words}: {html}");
    }
    assert!(html.contains(r#"value="series:evenings" checked"#), "{html}");
    assert!(html.contains(r#"<option value="zh" selected"#), "{html}");
    assert!(html.contains(r#"name="form" value="noon""#) && html.contains(r#"name="website""#), "{html}");
}

#[test]
fn a_wrong_address_is_told_beside_the_field() {
    let form = FollowForm { email: "ada".into(), topic: "city:atlantis".into(), ..FollowForm::default() };
    let html = follow_page(form);
    assert!(html.contains("<title>Problem: Follow"), "{html}");
    assert!(html.contains(r#"id="email-error""#) && html.contains(r#"id="topic-error""#), "{html}");
    assert!(html.contains(r#"value="ada""#), "{html}");
}

#[test]
fn the_answer_names_no_address() {
    assert!(!follow_asked(&sample::shell()).contains('@'));
    let development = Shell { development: true, ..sample::shell() };
    assert!(follow_asked(&development).contains("/dev/mail"));
}

#[test]
fn looking_asks_and_the_button_acts() {
    let view = |done| FollowLinkView { followed: topics().remove(1), action: "/follow/stop/t".into(), done };
    for page in [follow_confirm, unfollow] {
        let asked = page(&sample::shell(), &view(false));
        assert!(asked.contains(r#"<form method="post" action="/follow/stop/t">"#), "{asked}");
        assert!(asked.contains("Meetups in Hamburg"), "{asked}");
        let done = page(&sample::shell(), &view(true));
        assert!(!done.contains("<form") && done.contains("Meetups in Hamburg"), "{done}");
    }
    assert!(dead_follow_link(&sample::shell()).contains("noindex"));
}

#[test]
fn feedback_can_be_given_and_changed() {
    let view = |form: FeedbackForm| FeedbackView {
        event: Arc::new(sample::meetup()),
        action: "/registrations/feedback/t".into(),
        errors: form.parse().err().unwrap_or_default(),
        form,
    };
    let given = Feedback {
        registration: sample::registration(RegistrationState::Attended).id,
        event: sample::meetup().id,
        rating: Rating::new(4).unwrap(),
        comment: "More light.".into(),
        given_at: sample::now(),
    };
    let html = feedback(&sample::shell(), &view(FeedbackForm::of(&given)));
    assert!(html.contains(r#"value="4" checked"#) && html.contains("\nMore light.</textarea>"), "{html}");
    assert_eq!(html.matches(r#"type="radio""#).count(), 5, "{html}");
    let html = feedback(&sample::shell(), &view(FeedbackForm::default()));
    assert!(html.contains("Please choose one.") && html.contains("<title>Problem:"), "{html}");
    assert!(feedback_thanks(&sample::shell(), &sample::meetup()).contains("<h1>Thank you</h1>"));
}

#[test]
fn being_forgotten_has_its_consequences_told_first() {
    let view = EraseView {
        registration: sample::registration(RegistrationState::Confirmed),
        seats_given_up: vec![Arc::new(sample::meetup())],
        manage_path: "/registrations/manage/t".into(),
    };
    let html = erase(&sample::shell(), &view);
    for words in ["ada@example.org", "Harbour evening, Thursday 10 December 2026", "cannot be undone"] {
        assert!(html.contains(words), "{words}: {html}");
    }
    assert!(html.contains(r#"<form method="post" action="/registrations/manage/t/erase">"#), "{html}");
    assert!(!erased(&sample::shell()).contains('@'));
}
