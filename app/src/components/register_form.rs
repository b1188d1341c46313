//! The form by which one registers: for a meetup, or for all dates of a series.

use leptos::prelude::*;
use regatta_domain::email_address::EmailAddress;
use regatta_domain::event::RegistrationPolicy;
use regatta_domain::language::Language;
use regatta_domain::person_name::PersonName;
use regatta_domain::seats::Seats;

use super::asked::{
    attendance_field, invitation_field, party_field, question_fields, question_name, terms_field,
};
use super::choices::{Choice, SelectField};
use super::fields::{TextField, Wrong, token, trap};
use crate::forms::{Asked, RegisterErrors, RegisterForm};

/// What the form is made of.
pub struct RegisterFields<'a> {
    /// Where it is sent to (POST).
    pub action: String,
    /// What it asks.
    pub asked: &'a Asked,
    /// What is left of the seats, where it is for one meetup.
    pub seats: Option<(&'a RegistrationPolicy, Seats)>,
    /// What was typed so far.
    pub form: &'a RegisterForm,
    /// What is wrong with it.
    pub errors: &'a RegisterErrors,
    /// The words on its button.
    pub submit: &'static str,
    /// What happens next, and with what was typed.
    pub notes: Vec<String>,
}

/// The form, with what is wrong above it.
pub fn register_form(fields: &RegisterFields<'_>) -> AnyView {
    let RegisterFields { asked, form, .. } = *fields;
    let wrong = wrong(fields.errors);
    let notes = fields.notes.iter().map(|words| view! { <p class="field-hint">{words.clone()}</p> });
    view! {
        {wrong.summary()}
        // The fragment brings the browser back here, whatever the answer has to say.
        <form method="post" action=format!("{}#register", fields.action) novalidate=true>
            {name_field(form).render(&wrong)}
            {email_field(&form.email, "Used for this registration only, and never shown.").render(&wrong)}
            {attendance_field(asked, form.attendance, fields.seats, &wrong)}
            {party_field(asked, &form.party, &wrong)}
            {invitation_field(asked, &form.invitation, &wrong)}
            {question_fields(&asked.questions, &form.given, &wrong)}
            {language_field(form.language).render(&wrong)}
            {terms_field(&asked.terms, form.terms, &wrong)}
            {trap()}
            {token(&form.token)}
            <p class="form-actions"><button class="button" type="submit">{fields.submit}</button></p>
            {notes.collect_view()}
        </form>
    }
    .into_any()
}

fn name_field(form: &RegisterForm) -> TextField<'_> {
    TextField {
        name: "name",
        label: "Your name",
        hint: Some("As we should greet you."),
        kind: "text",
        autocomplete: "name",
        max_length: PersonName::MAX_CHARS,
        value: &form.name,
        required: true,
    }
}

/// The address, with what happens with it.
pub fn email_field<'a>(typed: &'a str, hint: &'a str) -> TextField<'a> {
    TextField {
        name: "email",
        label: "Your e-mail address",
        hint: Some(hint),
        kind: "email",
        autocomplete: "email",
        max_length: EmailAddress::MAX_LEN,
        value: typed,
        required: true,
    }
}

/// The language in which mails are written.
pub fn language_field(chosen: Language) -> SelectField<'static> {
    let choice = |language: Language| Choice::new(language.tag(), language.name(), language == chosen);
    SelectField {
        name: "language",
        label: "Language of our mails",
        hint: None,
        choices: Language::ALL.map(choice).to_vec(),
    }
}

/// The wrong fields in the order of the form.
fn wrong(errors: &RegisterErrors) -> Wrong {
    let mut wrong = Wrong::default();
    wrong.note("name", errors.name);
    wrong.note("email", errors.email);
    wrong.note("attendance", errors.attendance);
    wrong.note("party", errors.party);
    wrong.note("invitation", errors.invitation);
    for (question, error) in &errors.answers {
        wrong.note(question_name(question), Some(error));
    }
    wrong.note("terms", errors.terms);
    wrong
}

/// What is told below the form of one meetup: how one confirms, that organizers decide, how long data is kept.
pub fn policy_notes(policy: &RegistrationPolicy) -> Vec<String> {
    let confirm = format!(
        "We send one mail with a link to confirm. Follow it within {} minutes; until then your place is kept.",
        policy.hold_minutes
    );
    let approval =
        "The organizers decide on each registration. Your seat is kept until they have, and we write to you.";
    let kept = match policy.retention_days {
        1 => "Your name, address and answers are erased one day after the meetup.".to_owned(),
        days => format!("Your name, address and answers are erased {days} days after the meetup."),
    };
    [Some(confirm), policy.approval.then(|| approval.to_owned()), Some(kept)].into_iter().flatten().collect()
}
