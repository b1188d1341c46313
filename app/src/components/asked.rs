//! What a registration form asks beside name and address, in the form to register and in the one to change.

use leptos::prelude::*;
use regatta_domain::event::{Event, Link, RegistrationPolicy};
use regatta_domain::questions::{
    CONSENT_GIVEN, Condition, MAX_TEXT_CHARS, Question, QuestionKind, Questions,
};
use regatta_domain::seats::{Attendance, Seats};
use regatta_domain::slug::Slug;

use super::choices::{Choice, ChoiceField, SelectField, TickField};
use super::fields::{TextArea, TextField, Wrong};
use super::seats::{is_full, kind_seats_words, kind_words, people_words};
use crate::forms::pairs::QUESTION_PREFIX;
use crate::forms::{Asked, Given};

/// The kinds of seats, with what is left of each where that is known. Nothing where there is no choice.
pub fn attendance_field(
    asked: &Asked,
    chosen: Option<Attendance>,
    seats: Option<(&RegistrationPolicy, Seats)>,
    wrong: &Wrong,
) -> Option<AnyView> {
    let choice = |kind: &Attendance| {
        let mut choice = Choice::new(kind.as_str(), kind_words(*kind), chosen == Some(*kind));
        if let Some((policy, seats)) = seats {
            choice.note = Some(kind_note(policy, seats, *kind));
            // Whoever sits there already may stay.
            choice.unavailable = is_full(policy, seats, *kind) && !policy.waitlist && !choice.chosen;
        }
        choice
    };
    let field = ChoiceField {
        name: "attendance",
        legend: "How do you take part?",
        hint: None,
        multiple: false,
        choices: asked.attendances.iter().map(choice).collect(),
        required: true,
    };
    (asked.attendances.len() > 1).then(|| field.render(wrong))
}

fn kind_note(policy: &RegistrationPolicy, seats: Seats, kind: Attendance) -> String {
    let words = kind_seats_words(policy, seats, kind);
    if is_full(policy, seats, kind) && policy.waitlist {
        format!("{words} You can wait for a seat.")
    } else {
        words
    }
}

/// For how many people. Nothing where there is no choice.
pub fn party_field(asked: &Asked, chosen: &str, wrong: &Wrong) -> Option<AnyView> {
    let choice = |party: u32| {
        let value = party.to_string();
        let is_it = value == chosen.trim();
        Choice::new(value, people_words(party), is_it)
    };
    let field = SelectField {
        name: "party",
        label: "For how many people?",
        hint: Some("Yourself included. All get their seats together, or wait together."),
        choices: (1..=asked.party_size).map(choice).collect(),
    };
    (asked.party_size > 1).then(|| field.render(wrong))
}

/// The code of an invitation. Nothing where none is needed.
pub fn invitation_field(asked: &Asked, typed: &str, wrong: &Wrong) -> Option<AnyView> {
    let field = TextField {
        name: "invitation",
        label: "Your invitation code",
        hint: Some("This meetup is for those who were invited."),
        kind: "text",
        autocomplete: "off",
        max_length: crate::forms::register::MAX_INVITATION_CHARS,
        value: typed,
        required: true,
    };
    asked.invitation.then(|| field.render(wrong))
}

/// What one agrees to. Nothing where there is nothing.
pub fn terms_field(terms: &[Link], agreed: bool, wrong: &Wrong) -> Option<AnyView> {
    let link = |(at, link): (usize, &Link)| {
        let before = if at == 0 { "I agree to: " } else { ", " };
        view! { {before} <a href=link.url.clone()>{link.title.clone()}</a> }
    };
    let label = terms.iter().enumerate().map(link).collect_view().into_any();
    let field = TickField { name: "terms", label, hint: None, ticked: agreed, required: true };
    (!terms.is_empty()).then(|| field.render(wrong))
}

/// The name of a question's field.
pub fn question_name(id: &Slug) -> String {
    format!("{QUESTION_PREFIX}{id}")
}

/// The questions in order. One that is asked under a condition says so in words; where scripts run, it is there only
/// while the condition is met.
pub fn question_fields(questions: &Questions, given: &Given, wrong: &Wrong) -> AnyView {
    let one = |question: &Question| {
        let field = question_field(question, given.to(&question.id), wrong);
        match &question.condition {
            Some(condition) => conditional(condition, questions, field),
            None => field,
        }
    };
    questions.iter().map(one).collect_view().into_any()
}

fn question_field(question: &Question, given: &[String], wrong: &Wrong) -> AnyView {
    let name = question_name(&question.id);
    let (hint, required) = (question.hint.as_deref(), question.required);
    let typed = given.first().map_or("", String::as_str);
    match &question.kind {
        QuestionKind::Text { lines: false } => TextField {
            name: &name,
            label: &question.label,
            hint,
            kind: "text",
            autocomplete: "off",
            max_length: MAX_TEXT_CHARS,
            value: typed,
            required,
        }
        .render(wrong),
        QuestionKind::Text { lines: true } => TextArea {
            name: &name,
            label: &question.label,
            hint,
            rows: 4,
            max_length: MAX_TEXT_CHARS,
            value: typed,
            required,
            code: false,
        }
        .render(wrong),
        QuestionKind::Choice(choices) | QuestionKind::MultipleChoice(choices) => ChoiceField {
            name: &name,
            legend: &question.label,
            hint,
            multiple: matches!(question.kind, QuestionKind::MultipleChoice(_)),
            choices: choices
                .iter()
                .map(|choice| Choice::new(choice, choice, given.contains(choice)))
                .collect(),
            required,
        }
        .render(wrong),
        QuestionKind::Consent => TickField {
            name: &name,
            label: question.label.clone().into_any(),
            hint,
            ticked: typed == CONSENT_GIVEN,
            required,
        }
        .render(wrong),
    }
}

fn conditional(condition: &Condition, questions: &Questions, field: AnyView) -> AnyView {
    let on = questions.iter().find(|question| question.id == condition.question);
    let words = on.map(|question| condition_words(question, &condition.answers));
    let answers = serde_json::Value::from(condition.answers.clone()).to_string();
    view! {
        <asked-if question=question_name(&condition.question) answers=answers>
            <p class="asked-if-words">{words}</p>
            {field}
        </asked-if>
    }
    .into_any()
}

fn condition_words(on: &Question, answers: &[String]) -> String {
    if on.kind == QuestionKind::Consent {
        return format!("Only if you ticked “{}”:", on.label);
    }
    let quoted: Vec<String> = answers.iter().map(|answer| format!("“{answer}”")).collect();
    format!("Only if you answered {} to “{}”:", quoted.join(" or "), on.label)
}

/// What somebody answered, question by question, as pairs for a list of facts. A question that is not asked any more is
/// left out.
pub fn answered(event: &Event, answers: &regatta_domain::questions::Answers) -> Vec<(String, String)> {
    let questions = event.registration.iter().flat_map(|policy| &policy.questions);
    let answered = questions.filter(|question| !answers.to(&question.id).is_empty());
    answered
        .map(|question| {
            let words = match question.kind {
                QuestionKind::Consent => "Yes".to_owned(),
                _ => answers.to(&question.id).join(", "),
            };
            (question.label.clone(), words)
        })
        .collect()
}
