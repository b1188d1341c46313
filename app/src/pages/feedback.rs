//! The short form after a meetup, and the thanks for it.

use std::sync::Arc;

use leptos::prelude::*;
use regatta_domain::event::Event;
use regatta_domain::feedback::MAX_COMMENT_CHARS;

use crate::components::cards::links;
use crate::components::choices::{Choice, ChoiceField};
use crate::components::dates::event_when;
use crate::components::fields::{TextArea, Wrong};
use crate::components::layout::{Page, Section, compact_head, problem_title};
use crate::forms::{FeedbackErrors, FeedbackForm};
use crate::paths;
use crate::shell::Shell;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct FeedbackView {
    /// The meetup.
    pub event: Arc<Event>,
    /// Where the form is sent to (POST).
    pub action: String,
    /// What was chosen and typed; [`FeedbackForm::of`] what was said before, else empty.
    pub form: FeedbackForm,
    /// What is wrong with it; empty at first. Where it is not, answer with status 422.
    pub errors: FeedbackErrors,
}

/// The page with the form.
pub fn feedback(shell: &Shell, view: &FeedbackView) -> String {
    let event = &view.event;
    let mut wrong = Wrong::default();
    wrong.note("rating", view.errors.rating);
    wrong.note("comment", view.errors.comment);
    let refusal = view.errors.refusal.map(|words| {
        view! { <div class="notice notice-bad" role="alert" tabindex="-1" autofocus=true><p>{words}</p></div> }
    });
    let main = view! {
        {compact_head("Afterwards", "How was it?", None, event.slug.as_str())}
        <div class="steps-ahead">
            <p class="lede">{format!("You were registered for {}, {}.", event.title, event_when(&event.when))}</p>
            {refusal}
            {wrong.summary()}
            <form method="post" action=view.action.clone() novalidate=true>
                {rating(&view.form).render(&wrong)}
                {comment(&view.form).render(&wrong)}
                <p class="form-actions"><button class="button" type="submit">"Tell the organizers"</button></p>
                <p class="field-hint">
                    "The organizers read it; it is not published. You can change it by the same link. The comment is erased \
                     together with your registration."
                </p>
            </form>
        </div>
    };
    let title = if view.errors.is_empty() { "How was it?".to_owned() } else { problem_title("How was it?") };
    page(title, event, main.into_any()).render(shell)
}

/// The page afterwards.
pub fn feedback_thanks(shell: &Shell, event: &Event) -> String {
    let recordings = links(&event.recordings).map(|links| view! { <h2>"Recordings"</h2> {links} });
    let main = view! {
        {compact_head("Afterwards", "Thank you", None, event.slug.as_str())}
        <div class="steps-ahead">
            <p class="lede">{format!("What you said of {} is with its organizers.", event.title)}</p>
            {recordings}
            <p class="more"><a href=paths::EVENTS>"All meetups"</a></p>
        </div>
    };
    page("Thank you".to_owned(), event, main.into_any()).render(shell)
}

fn rating(form: &FeedbackForm) -> ChoiceField<'static> {
    let words = ["5: very good", "4: good", "3: so-so", "2: poor", "1: a waste of time"];
    let choice = |(number, words): (u8, &str)| {
        let number = number.to_string();
        let chosen = number == form.rating.trim();
        Choice::new(number, words, chosen)
    };
    ChoiceField {
        name: "rating",
        legend: "All in all, it was",
        hint: None,
        multiple: false,
        choices: (1..=5).rev().zip(words).map(choice).collect(),
        required: true,
    }
}

fn comment(form: &FeedbackForm) -> TextArea<'_> {
    TextArea {
        name: "comment",
        label: "What should stay, what should change?",
        hint: None,
        rows: 6,
        max_length: MAX_COMMENT_CHARS,
        value: &form.comment,
        required: false,
        code: false,
    }
}

fn page(title: String, event: &Event, main: AnyView) -> Page {
    Page {
        title: Some(title),
        description: format!("What those who came say of {}.", event.title),
        path: None,
        section: Some(Section::Events),
        structured_data: None,
        main,
    }
}
