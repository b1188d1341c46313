//! The form by which one changes a registration.

use regatta_domain::questions::{AnswerError, Answers};
use regatta_domain::registration::Registration;
use regatta_domain::seats::Attendance;
use regatta_domain::slug::Slug;

use super::asked::{Asked, ChoiceError};
use super::pairs::{Given, Pairs};

/// The form as it was sent; an absent field is an empty one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangeForm {
    /// How they want to take part.
    pub attendance: Option<Attendance>,
    /// For how many people.
    pub party: String,
    /// What was given to the questions.
    pub given: Given,
}

/// How a registration is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// On site or on the web.
    pub attendance: Attendance,
    /// For how many people, from 1.
    pub party: u32,
    /// The answers.
    pub answers: Answers,
}

/// What is wrong with a [`ChangeForm`], all of it at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangeErrors {
    /// With the way of taking part.
    pub attendance: Option<ChoiceError>,
    /// With the number of people.
    pub party: Option<ChoiceError>,
    /// With the answers, in the order of the questions.
    pub answers: Vec<(Slug, AnswerError)>,
    /// With the whole: why nothing was changed though every field is right, in words for the owner.
    pub refusal: Option<String>,
}

impl ChangeForm {
    /// The form as it is at first: how the registration stands.
    pub fn of(registration: &Registration) -> Self {
        Self {
            attendance: Some(registration.attendance),
            party: registration.party.to_string(),
            given: Given::from(&registration.answers),
        }
    }

    /// The form as its fields were sent. Fields that it does not have are passed over.
    pub fn read(pairs: &[(String, String)]) -> Self {
        let pairs = Pairs(pairs);
        Self {
            attendance: Attendance::named(&pairs.text("attendance", 20)),
            party: pairs.text("party", 10),
            given: pairs.given(),
        }
    }

    /// How the registration is to be, or everything that is wrong.
    pub fn parse(&self, asked: &Asked) -> Result<Change, ChangeErrors> {
        let attendance = asked.attendance(self.attendance);
        let party = asked.party(&self.party);
        match (attendance, party, asked.answers(&self.given)) {
            (Ok(attendance), Ok(party), Ok(answers)) => Ok(Change { attendance, party, answers }),
            (attendance, party, answers) => Err(ChangeErrors {
                attendance: attendance.err(),
                party: party.err(),
                answers: answers.err().unwrap_or_default(),
                refusal: None,
            }),
        }
    }
}

impl ChangeErrors {
    /// Nothing is wrong with the fields, but the whole is refused for this reason.
    pub fn refused(reason: impl Into<String>) -> Self {
        Self { refusal: Some(reason.into()), ..Self::default() }
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What is wrong with the answer to this question.
    pub fn answer(&self, question: &Slug) -> Option<AnswerError> {
        self.answers.iter().find(|(id, _)| id == question).map(|(_, error)| *error)
    }
}
