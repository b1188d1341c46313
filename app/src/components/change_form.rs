//! The form by which an owner changes a registration.

use leptos::prelude::*;
use regatta_domain::registration::RegistrationState;
use regatta_domain::waitlist::is_over;

use super::asked::{attendance_field, party_field, question_fields, question_name};
use super::fields::Wrong;
use crate::forms::{Asked, ChangeErrors};
use crate::pages::registration::{Purpose, RegistrationView};

/// The form, behind a line that opens it. Nothing where nothing can be changed.
pub fn change_form(view: &RegistrationView) -> Option<AnyView> {
    let asked = asked(view)?;
    let wrong = wrong(&view.errors);
    let refusal = view.errors.refusal.clone().map(|words| {
        view! { <div class="notice notice-bad" role="alert" tabindex="-1" autofocus=true><p>{words}</p></div> }
    });
    let open = view.purpose == Purpose::Change || !view.errors.is_empty();
    Some(
        view! {
            <details class="change" id="change" open=open>
                <summary>"Change my registration"</summary>
                {refusal}
                {wrong.summary()}
                <form method="post" action=format!("{}/change#change", view.manage_path) novalidate=true>
                    {attendance_field(&asked, view.form.attendance, None, &wrong)}
                    {party_field(&asked, &view.form.party, &wrong)}
                    {question_fields(&asked.questions, &view.form.given, &wrong)}
                    <p class="form-actions"><button class="button" type="submit">"Save the changes"</button></p>
                </form>
            </details>
        }
        .into_any(),
    )
}

/// What can be changed; `None` where nothing can.
fn asked(view: &RegistrationView) -> Option<Asked> {
    let event = view.event.as_ref().filter(|event| !is_over(event, view.now))?;
    let may_change = matches!(
        view.registration.state,
        RegistrationState::AwaitingApproval | RegistrationState::Waitlisted | RegistrationState::Confirmed
    );
    let asked = Asked::by(event.registration.as_ref()?);
    let anything = asked.attendances.len() > 1 || asked.party_size > 1 || !asked.questions.is_empty();
    (may_change && anything).then_some(asked)
}

/// The wrong fields in the order of the form.
fn wrong(errors: &ChangeErrors) -> Wrong {
    let mut wrong = Wrong::default();
    wrong.note("attendance", errors.attendance);
    wrong.note("party", errors.party);
    for (question, error) in &errors.answers {
        wrong.note(question_name(question), Some(error));
    }
    wrong
}
