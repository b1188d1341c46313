//! What is asked of those who register, and their answers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::slug::Slug;

/// The answer that ticks a consent.
pub const CONSENT_GIVEN: &str = "yes";

/// The longest text that answers a question, in characters.
pub const MAX_TEXT_CHARS: usize = 1000;

/// The questions of one event, in the order in which they are asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Questions(Vec<Question>);

/// One question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Its name for life: answers are stored under it.
    pub id: Slug,
    /// The question itself.
    pub label: String,
    /// What helps to answer it.
    pub hint: Option<String>,
    /// What answers there can be.
    pub kind: QuestionKind,
    /// Whether it must be answered (for a consent: given).
    pub required: bool,
    /// Asked only where this is so.
    pub condition: Option<Condition>,
}

/// What answers a question takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuestionKind {
    /// A text; of several lines where `lines` says so.
    Text {
        /// Whether it may be long.
        lines: bool,
    },
    /// One of these.
    Choice(Vec<String>),
    /// Any of these.
    MultipleChoice(Vec<String>),
    /// Yes, or nothing.
    Consent,
}

/// On what another question's being asked depends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// An earlier question.
    pub question: Slug,
    /// One of its answers must be among these.
    pub answers: Vec<String>,
}

/// Answers by question: one text, one choice, several choices, or [`CONSENT_GIVEN`]. Nothing that was not asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Answers(pub BTreeMap<Slug, Vec<String>>);

/// What is wrong with an answer. The words are for the person who gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// It must be answered.
    #[error("Please answer this.")]
    Missing,
    /// The consent must be given.
    #[error("Please tick this to register.")]
    NotGiven,
    /// The text is too long.
    #[error("This is too long: at most {MAX_TEXT_CHARS} characters.")]
    TooLong,
    /// Not one of the answers there are.
    #[error("Please choose from the answers given.")]
    NotAChoice,
}

/// Why questions cannot be asked so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuestionsError {
    /// Two have the same id.
    #[error("there are two questions with the id {0}")]
    Twice(Slug),
    /// There is nothing to choose from.
    #[error("the question {0} has no answers to choose from")]
    NoChoices(Slug),
    /// It depends on a question that is not asked before it.
    #[error("the question {0} depends on {1}, which is not asked before it")]
    UnknownCondition(Slug, Slug),
}

impl Questions {
    /// The questions, where they can be asked in this order.
    pub fn new(questions: Vec<Question>) -> Result<Self, QuestionsError> {
        for (at, question) in questions.iter().enumerate() {
            let before = &questions[..at];
            if before.iter().any(|other| other.id == question.id) {
                return Err(QuestionsError::Twice(question.id.clone()));
            }
            if question.kind.choices().is_some_and(<[String]>::is_empty) {
                return Err(QuestionsError::NoChoices(question.id.clone()));
            }
            if let Some(condition) = &question.condition
                && !before.iter().any(|other| other.id == condition.question)
            {
                let (id, on) = (question.id.clone(), condition.question.clone());
                return Err(QuestionsError::UnknownCondition(id, on));
            }
        }
        Ok(Self(questions))
    }

    /// The questions in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Question> {
        self.0.iter()
    }

    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads what was given, `given(id)` for each question, into answers or all that is wrong with them. What was not
    /// asked, by its condition, is left out whatever was given.
    pub fn read(&self, given: impl Fn(&Slug) -> Vec<String>) -> Result<Answers, Vec<(Slug, AnswerError)>> {
        let mut answers = Answers::default();
        let mut errors = Vec::new();
        for question in &self.0 {
            if !question.is_asked(&answers) {
                continue;
            }
            match question.read(given(&question.id)) {
                Ok(answer) if answer.is_empty() => {}
                Ok(answer) => {
                    answers.0.insert(question.id.clone(), answer);
                }
                Err(error) => errors.push((question.id.clone(), error)),
            }
        }
        if errors.is_empty() { Ok(answers) } else { Err(errors) }
    }
}

impl<'q> IntoIterator for &'q Questions {
    type Item = &'q Question;
    type IntoIter = std::slice::Iter<'q, Question>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl QuestionKind {
    /// What there is to choose from, where one chooses.
    pub fn choices(&self) -> Option<&[String]> {
        match self {
            Self::Choice(choices) | Self::MultipleChoice(choices) => Some(choices),
            Self::Text { .. } | Self::Consent => None,
        }
    }
}

impl Question {
    /// Whether it is asked of somebody who gave these answers to the questions before it.
    pub fn is_asked(&self, answers: &Answers) -> bool {
        self.condition.as_ref().is_none_or(|condition| {
            let given = answers.to(&condition.question);
            given.iter().any(|answer| condition.answers.contains(answer))
        })
    }

    fn read(&self, given: Vec<String>) -> Result<Vec<String>, AnswerError> {
        let mut given: Vec<String> =
            given.into_iter().map(|answer| answer.trim().to_owned()).filter(|a| !a.is_empty()).collect();
        match &self.kind {
            QuestionKind::Text { .. } => {
                given.truncate(1);
                if given.iter().any(|text| text.chars().count() > MAX_TEXT_CHARS) {
                    return Err(AnswerError::TooLong);
                }
                // Nothing that is typed into a form needs these, and some of them act on whoever prints them.
                for text in &mut given {
                    text.retain(|c| !c.is_control() || matches!(c, '\n' | '\t'));
                }
            }
            QuestionKind::Choice(choices) => {
                given.truncate(1);
                only_choices(&given, choices)?;
            }
            QuestionKind::MultipleChoice(choices) => {
                only_choices(&given, choices)?;
                // In the order of the choices, each once.
                given = choices.iter().filter(|choice| given.contains(choice)).cloned().collect();
            }
            QuestionKind::Consent => {
                let consented = given.iter().any(|answer| answer == CONSENT_GIVEN);
                given = consented.then(|| CONSENT_GIVEN.to_owned()).into_iter().collect();
                if self.required && given.is_empty() {
                    return Err(AnswerError::NotGiven);
                }
            }
        }
        if self.required && given.is_empty() { Err(AnswerError::Missing) } else { Ok(given) }
    }
}

fn only_choices(given: &[String], choices: &[String]) -> Result<(), AnswerError> {
    if given.iter().all(|answer| choices.contains(answer)) { Ok(()) } else { Err(AnswerError::NotAChoice) }
}

impl Answers {
    /// The answers to this question; none where it was not answered.
    pub fn to(&self, question: &Slug) -> &[String] {
        self.0.get(question).map_or(&[], Vec::as_slice)
    }

    /// Whether nothing was answered.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn slug(text: &str) -> Slug {
        text.parse().unwrap()
    }

    fn question(id: &str, kind: QuestionKind, required: bool) -> Question {
        Question { id: slug(id), label: id.to_owned(), hint: None, kind, required, condition: None }
    }

    fn dinner() -> Questions {
        let meals = vec!["Vegan".to_owned(), "Other".to_owned()];
        let which = Question {
            condition: Some(Condition { question: slug("meal"), answers: vec!["Other".into()] }),
            ..question("which", QuestionKind::Text { lines: false }, true)
        };
        Questions::new(vec![
            question("meal", QuestionKind::Choice(meals), true),
            which,
            question("tools", QuestionKind::MultipleChoice(vec!["A".into(), "B".into()]), false),
            question("photos", QuestionKind::Consent, false),
        ])
        .unwrap()
    }

    fn answered(pairs: &[(&str, &[&str])]) -> Result<Answers, Vec<(Slug, AnswerError)>> {
        dinner().read(|id| {
            let found = pairs.iter().find(|(name, _)| *name == id.as_str());
            found.map(|(_, answers)| answers.iter().map(|a| (*a).to_owned()).collect()).unwrap_or_default()
        })
    }

    #[test]
    fn what_was_not_asked_is_neither_required_nor_kept() {
        let answers = answered(&[("meal", &["Vegan"]), ("which", &["ignored"])]).unwrap();
        assert_eq!(answers.to(&slug("meal")), ["Vegan"]);
        assert!(answers.to(&slug("which")).is_empty());
        assert_eq!(answered(&[("meal", &["Other"])]), Err(vec![(slug("which"), AnswerError::Missing)]));
    }

    #[test]
    fn all_mistakes_are_told() {
        let errors = answered(&[("meal", &["Steak"]), ("tools", &["A", "Z"])]).unwrap_err();
        assert_eq!(
            errors,
            [(slug("meal"), AnswerError::NotAChoice), (slug("tools"), AnswerError::NotAChoice)]
        );
    }

    #[test]
    fn choices_are_kept_in_their_order_and_once() {
        let answers = answered(&[("meal", &["Vegan"]), ("tools", &["B", "A", "B"])]).unwrap();
        assert_eq!(answers.to(&slug("tools")), ["A", "B"]);
    }

    #[test]
    fn questions_that_cannot_be_asked_are_refused() {
        let text = || QuestionKind::Text { lines: false };
        let twice = vec![question("a", text(), false), question("a", text(), false)];
        assert_eq!(Questions::new(twice), Err(QuestionsError::Twice(slug("a"))));
        let empty = vec![question("a", QuestionKind::Choice(Vec::new()), false)];
        assert_eq!(Questions::new(empty), Err(QuestionsError::NoChoices(slug("a"))));
        let condition = Some(Condition { question: slug("b"), answers: vec!["x".into()] });
        let early =
            vec![Question { condition, ..question("a", text(), false) }, question("b", text(), false)];
        assert_eq!(Questions::new(early), Err(QuestionsError::UnknownCondition(slug("a"), slug("b"))));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// Whatever is sent, what is kept was asked, is one of the choices, and is short.
        #[test]
        fn nothing_else_is_kept(
            meal in proptest::collection::vec("Vegan|Other|.{0,20}", 0..3),
            which in proptest::collection::vec(".{0,1100}", 0..3),
        ) {
            let read = dinner().read(|id| match id.as_str() {
                "meal" => meal.clone(),
                "which" => which.clone(),
                _ => Vec::new(),
            });
            if let Ok(answers) = read {
                prop_assert!(["Vegan", "Other"].contains(&answers.to(&slug("meal"))[0].as_str()));
                for text in answers.to(&slug("which")) {
                    prop_assert_eq!(answers.to(&slug("meal")), ["Other"]);
                    prop_assert!(text.chars().count() <= MAX_TEXT_CHARS);
                }
            }
        }
    }
}
