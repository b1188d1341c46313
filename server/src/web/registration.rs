//! Registering for a meetup: the form's way to the desk, and what one reads afterwards.

use std::sync::Arc;
use std::time::Duration;

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use regatta_app::forms::{Asked, Attendee, ChoiceError, RegisterErrors, RegisterForm};
use regatta_app::pages::registered::{RegisteredPlace, RegisteredView, registered as registered_page};
use regatta_app::paths;
use regatta_content::EventAddress;
use regatta_domain::event::{Event, RegistrationWindow};
use regatta_domain::slug::Slug;
use regatta_registration::{Answer, Application, FormError, RegisterError};
use serde::Deserialize;

use super::errors::Refusal;
use super::guard::{Objection, Sent, seems_human, spend};
use super::site::{PageResult, page, see_other, shell, too_many, unprocessable};
use super::state::Portal;
use super::visitor::VisitorNetwork;
use super::website::event_document;
use crate::telemetry::metrics::FormOutcome;

/// The fields of a form, as they were sent.
pub type Fields = Vec<(String, String)>;

/// How long whoever is turned away for the crowd's sake should wait.
const WAIT_IN_A_CROWD: Duration = Duration::from_secs(30);

/// How long whoever met a hitch of the portal should wait.
const WAIT_AFTER_INTERRUPTION: Duration = Duration::from_secs(5);

/// Why nobody was registered.
pub enum NotRegistered {
    /// The form is shown again, with what is wrong with it.
    Form {
        /// What is wrong.
        errors: Box<RegisterErrors>,
        /// How long to wait before it is sent again, where waiting helps.
        wait: Option<Duration>,
    },
    /// The portal failed.
    Failed(Refusal),
}

impl From<RegisterErrors> for NotRegistered {
    fn from(errors: RegisterErrors) -> Self {
        Self::Form { errors: Box::new(errors), wait: None }
    }
}

impl From<Objection> for NotRegistered {
    fn from(objection: Objection) -> Self {
        let errors = objection.words().map_or_else(RegisterErrors::stale, RegisterErrors::refused);
        Self::Form { errors: Box::new(errors), wait: objection.wait() }
    }
}

impl From<RegisterError> for NotRegistered {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::Store(error) => Self::Failed(error.into()),
            RegisterError::Form(wrong) => told_at_their_fields(wrong).into(),
            RegisterError::NotOpen(window) => RegisterErrors::refused(closed_words(window)).into(),
            RegisterError::UnknownEvent => {
                RegisterErrors::refused("This cannot be read at the moment. Nothing was stored.").into()
            }
            RegisterError::Full => RegisterErrors::refused(
                "There are not enough free seats for this, and no waitlist. Nothing was stored.",
            )
            .into(),
            RegisterError::TooMany => Self::Form {
                errors: Box::new(RegisterErrors::refused(
                    "Too many people are registering at this moment. Nothing was stored: please send the form again in a \
                     moment.",
                )),
                wait: Some(WAIT_IN_A_CROWD),
            },
            RegisterError::Interrupted => Self::Form {
                errors: Box::new(RegisterErrors::refused(
                    "The portal was interrupted, and nothing was stored: please send the form again in a moment.",
                )),
                wait: Some(WAIT_AFTER_INTERRUPTION),
            },
        }
    }
}

/// `GET /events/{slug}/register`: what stands in the address bar after a mistake in the form.
pub async fn to_the_form(Path(slug): Path<Slug>) -> Response {
    see_other(&format!("{}#register", paths::event(&slug)))
}

/// `POST /events/{slug}/register`
pub async fn register(
    State(portal): State<Portal>,
    Path(slug): Path<String>,
    network: VisitorNetwork,
    Form(fields): Form<Fields>,
) -> PageResult {
    let event = event_at(&portal, &slug).ok_or_else(|| {
        Refusal::unprocessable("There is no meetup at this address any more. Nothing was stored.")
    })?;
    let event = Arc::new(portal.desk.as_decided(&event).await?);
    let form = RegisterForm::read(&fields);
    let path = paths::registered(&event.slug);
    let answer = admitted(&portal, &event, &form, &network).await;
    portal.telemetry.metrics.registrations.answered(outcome(&answer));
    match answer {
        Ok(Answer::SeatHeld { .. }) => Ok(see_other(&format!("{path}?place=seat"))),
        Ok(Answer::OnWaitlist) => Ok(see_other(&format!("{path}?place=waitlist"))),
        Err(NotRegistered::Failed(refusal)) => Err(refusal),
        Err(NotRegistered::Form { errors, wait }) => {
            let form = handed_out_again(&portal, &purpose(&event), form);
            let document = event_document(&portal, event, form, *errors).await?;
            Ok(form_again(document, wait))
        }
    }
}

/// What the form of this event is handed out for.
pub fn purpose(event: &Event) -> String {
    format!("event {}", event.id)
}

/// The document of a form that was not taken, with the status that says so.
pub fn form_again(document: String, wait: Option<Duration>) -> Response {
    match wait {
        Some(wait) => too_many(document, wait),
        None => unprocessable(document),
    }
}

/// The form with what was typed, ready to be sent once more.
pub fn handed_out_again(portal: &Portal, purpose: &str, form: RegisterForm) -> RegisterForm {
    let now = portal.clock.now();
    let is_good = portal.form_tokens.age(purpose, &form.token, now).is_ok();
    let token = if is_good { form.token } else { portal.form_tokens.issue(purpose, now) };
    RegisterForm { token, website: String::new(), ..form }
}

/// What became of a form that was not taken, for who counts them.
pub fn refusal(not: &NotRegistered) -> FormOutcome {
    match not {
        NotRegistered::Form { wait: None, .. } => FormOutcome::ShownAgain,
        NotRegistered::Form { wait: Some(_), .. } => FormOutcome::AskedToWait,
        NotRegistered::Failed(_) => FormOutcome::Failed,
    }
}

fn outcome(answer: &Result<Answer, NotRegistered>) -> FormOutcome {
    match answer {
        Ok(Answer::SeatHeld { .. }) => FormOutcome::SeatHeld,
        Ok(Answer::OnWaitlist) => FormOutcome::OnWaitlist,
        Err(not) => refusal(not),
    }
}

async fn admitted(
    portal: &Portal,
    event: &Event,
    form: &RegisterForm,
    network: &VisitorNetwork,
) -> Result<Answer, NotRegistered> {
    let window = event.registration_window(portal.clock.now());
    let (RegistrationWindow::Open, Some(asked)) = (window, Asked::of(event)) else {
        return Err(RegisterError::NotOpen(window).into());
    };
    let attendee = vouched_for(portal, &purpose(event), form, &asked, network)?;
    Ok(portal.desk.register(&event.id, application(attendee, form.terms)).await?)
}

/// Who wants to come, where the form was sent by a person as it seems, is complete, and within the limits.
pub fn vouched_for(
    portal: &Portal,
    purpose: &str,
    form: &RegisterForm,
    asked: &Asked,
    network: &VisitorNetwork,
) -> Result<Attendee, NotRegistered> {
    let budget = &portal.budgets.registrations;
    let sent = Sent { purpose, token: &form.token, by_a_machine: form.is_filled_in_by_a_machine() };
    seems_human(portal, &sent, network, budget)?;
    let attendee = form.parse(asked)?;
    spend(portal, budget, network, &attendee.email)?;
    Ok(attendee)
}

/// What the desk is asked for.
pub fn application(attendee: Attendee, terms_accepted: bool) -> Application {
    let Attendee { name, email, language, attendance, party, invitation, answers } = attendee;
    Application {
        name,
        email,
        language,
        attendance: Some(attendance),
        party,
        answers: answers.0,
        invitation,
        terms_accepted,
    }
}

/// What the desk found wrong with the form, beside the fields: the code of an invitation, or what has changed since the
/// form was handed out.
fn told_at_their_fields(wrong: Vec<FormError>) -> RegisterErrors {
    let mut errors = RegisterErrors::default();
    for one in wrong {
        match one {
            FormError::Attendance => errors.attendance = Some(ChoiceError::Attendance),
            FormError::Party { .. } => errors.party = Some(ChoiceError::Party),
            FormError::Invitation => errors.invitation = Some(ChoiceError::UnknownInvitation),
            FormError::Terms => errors.terms = Some(ChoiceError::Terms),
            FormError::Answer(question, error) => errors.answers.push((question, error)),
        }
    }
    errors
}

/// Why one cannot register, in words for whoever tried.
fn closed_words(window: RegistrationWindow) -> &'static str {
    match window {
        RegistrationWindow::NotYet(_) => "Registration is not open yet. Nothing was stored.",
        RegistrationWindow::Closed => "Registration has closed. Nothing was stored.",
        RegistrationWindow::Past => {
            "This meetup has begun or is over, so one cannot register any more. Nothing was stored."
        }
        RegistrationWindow::Postponed => {
            "This meetup is postponed, so one cannot register at the moment. Nothing was stored."
        }
        RegistrationWindow::Cancelled => {
            "This meetup was cancelled, so one cannot register. Nothing was stored."
        }
        RegistrationWindow::None | RegistrationWindow::Open => {
            "One does not register here for this. Nothing was stored."
        }
    }
}

/// The event with this slug, or that had it before, where the public may see it.
pub fn event_at(portal: &Portal, slug: &str) -> Option<Arc<Event>> {
    let library = portal.shelf.library();
    match library.event_by_slug(slug)? {
        EventAddress::Here(event) => Some(event),
        EventAddress::Moved(slug) => match library.event_by_slug(slug.as_str())? {
            EventAddress::Here(event) => Some(event),
            EventAddress::Moved(_) => None,
        },
    }
}

/// What the address of the answer says: the event's public state and nothing of the visitor.
#[derive(Deserialize)]
pub struct Registered {
    #[serde(default)]
    place: String,
}

/// `GET /events/{slug}/registered`: what happens next.
pub async fn registered(
    State(portal): State<Portal>,
    Path(slug): Path<String>,
    Query(registered): Query<Registered>,
) -> PageResult {
    let event = event_at(&portal, &slug).ok_or(Refusal::NotFound)?;
    let place = match registered.place.as_str() {
        "seat" => RegisteredPlace::Seat,
        "waitlist" => RegisteredPlace::Waitlist,
        _ => return Ok(see_other(&paths::event(&event.slug))),
    };
    let shell = shell(&portal, &portal.shelf.library());
    Ok(page(registered_page(&shell, &RegisteredView { event, place })))
}
