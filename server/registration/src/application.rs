//! What somebody fills in to register, and what is made of it under an event's rules.

use std::collections::BTreeMap;

use regatta_domain::email_address::EmailAddress;
use regatta_domain::event::RegistrationPolicy;
use regatta_domain::language::Language;
use regatta_domain::person_name::PersonName;
use regatta_domain::questions::{AnswerError, Answers};
use regatta_domain::seats::{Attendance, Quotas};
use regatta_domain::slug::Slug;

use crate::invitations;

/// What was given to each question, as it came: nothing of it is stored before the event's questions have read it.
pub type GivenAnswers = BTreeMap<Slug, Vec<String>>;

/// What somebody fills in to register.
#[derive(Clone, Debug)]
pub struct Application {
    /// How to greet them.
    pub name: PersonName,
    /// Where to write to.
    pub email: EmailAddress,
    /// In which language.
    pub language: Language,
    /// On site or on the web; need not be said where there is no choice.
    pub attendance: Option<Attendance>,
    /// For how many, from 1.
    pub party: u32,
    /// What was given to the event's questions.
    pub answers: GivenAnswers,
    /// The code of their invitation.
    pub invitation: Option<String>,
    /// Whether they agree to the event's terms.
    pub terms_accepted: bool,
}

/// What is wrong with a form. The words are for the person who filled it in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// On site or on the web was not chosen, or is not offered.
    #[error("Please choose how you take part.")]
    Attendance,
    /// Nobody, or more than one registration may bring.
    #[error("Please choose for how many, at most {most}.")]
    Party {
        /// The most seats for one registration.
        most: u32,
    },
    /// No code, or not one of those that were given out.
    #[error("Please enter the code of your invitation.")]
    Invitation,
    /// The terms were not accepted.
    #[error("Please agree to the terms to register.")]
    Terms,
    /// An answer to this question.
    #[error("{1}")]
    Answer(Slug, AnswerError),
}

/// What of an application depends on the event, read under its rules.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    pub(crate) attendance: Attendance,
    pub(crate) party: u32,
    pub(crate) answers: Answers,
}

impl Application {
    /// Reads the form under these rules: what is wished for, or all that is wrong with it.
    pub(crate) fn read(&self, policy: &RegistrationPolicy) -> Result<Wish, Vec<FormError>> {
        let mut errors = Vec::new();
        let attendance = keep_error(chosen(policy.quotas, self.attendance), &mut errors);
        keep_error(allowed_party(self.party, policy.party_size), &mut errors);
        let answers = read_answers(policy, &self.answers, &mut errors);
        if !policy.invitations.is_empty()
            && !invitations::admit(&policy.invitations, self.invitation.as_deref().unwrap_or_default())
        {
            errors.push(FormError::Invitation);
        }
        if policy.terms.is_some() && !self.terms_accepted {
            errors.push(FormError::Terms);
        }
        match (attendance, answers) {
            (Some(attendance), Some(answers)) if errors.is_empty() => {
                Ok(Wish { attendance, party: self.party, answers })
            }
            _ => Err(errors),
        }
    }
}

/// The kind of seat that was chosen, or the one there is no choice about.
fn chosen(quotas: Quotas, attendance: Option<Attendance>) -> Result<Attendance, FormError> {
    attendance.or(quotas.only()).filter(|kind| quotas.capacity(*kind).is_some()).ok_or(FormError::Attendance)
}

/// Whether so many seats may be had by one registration, whatever is free.
pub(crate) fn allowed_party(party: u32, most: u32) -> Result<(), FormError> {
    if (1..=most).contains(&party) { Ok(()) } else { Err(FormError::Party { most }) }
}

/// The answers to what is asked; `None` where something is wrong with them, which is added to `errors`.
pub(crate) fn read_answers(
    policy: &RegistrationPolicy,
    given: &GivenAnswers,
    errors: &mut Vec<FormError>,
) -> Option<Answers> {
    let read = policy.questions.read(|question| given.get(question).cloned().unwrap_or_default());
    match read {
        Ok(answers) => Some(answers),
        Err(wrong) => {
            errors.extend(wrong.into_iter().map(|(question, error)| FormError::Answer(question, error)));
            None
        }
    }
}

fn keep_error<T>(read: Result<T, FormError>, errors: &mut Vec<FormError>) -> Option<T> {
    read.map_err(|error| errors.push(error)).ok()
}
