//! What is asked of those who register.

use std::collections::BTreeMap;
use std::fmt;

use regatta_dialects::hint;
use regatta_domain::questions::{
    CONSENT_GIVEN, Condition, Question, QuestionKind, Questions, QuestionsError,
};
use regatta_domain::slug::Slug;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use crate::document::Report;
use crate::fields::{Line, Summary};

/// How many questions an event may ask. Who is asked more goes away.
const MAX_QUESTIONS: usize = 30;
/// How many answers there may be to choose from.
const MAX_CHOICES: usize = 50;

/// A question.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuestionMatter {
    /// Its name for life.
    id: Spanned<Slug>,
    /// The question itself.
    ask: Line,
    /// What helps to answer it.
    hint: Option<Summary>,
    /// What answers it takes; one line of text if absent.
    #[serde(default, rename = "type")]
    kind: KindMatter,
    /// What there is to choose from.
    choices: Option<Spanned<Vec<Spanned<Line>>>>,
    /// Whether it must be answered.
    #[serde(default)]
    required: bool,
    /// An earlier question, and the answers to it after which this one is asked.
    when: Option<Spanned<BTreeMap<Slug, Answers>>>,
}

/// What answers a question takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum KindMatter {
    #[default]
    Text,
    Lines,
    Choice,
    MultipleChoice,
    Consent,
}

/// One answer or several: `Other`, `[Vegan, Other]`. A bare `yes` is what a consent is answered by.
#[derive(Debug)]
struct Answers(Vec<String>);

impl<'de> Deserialize<'de> for Answers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnswersVisitor)
    }
}

struct AnswersVisitor;

impl<'de> Visitor<'de> for AnswersVisitor {
    type Value = Answers;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an answer or a list of answers")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Answers, E> {
        Ok(Answers(vec![text.to_owned()]))
    }

    fn visit_bool<E: serde::de::Error>(self, yes: bool) -> Result<Answers, E> {
        if yes {
            self.visit_str(CONSENT_GIVEN)
        } else {
            Err(E::custom("write `yes`, or an answer in quotes"))
        }
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Answers, E> {
        Ok(Answers(vec![number.to_string()]))
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Answers, E> {
        Ok(Answers(vec![number.to_string()]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Answers, A::Error> {
        let mut answers = Vec::new();
        while let Some(answer) = list.next_element::<String>()? {
            if answers.len() == MAX_CHOICES {
                return Err(A::Error::custom(format!("more than {MAX_CHOICES} answers")));
            }
            answers.push(answer);
        }
        Ok(Answers(answers))
    }
}

/// The questions; `None` where they cannot be asked so, which the report then says.
pub fn read(matter: Option<&Spanned<Vec<QuestionMatter>>>, report: &mut Report) -> Option<Questions> {
    let Some(matter) = matter else { return Some(Questions::default()) };
    if matter.value.len() > MAX_QUESTIONS {
        report.wrong(matter, format!("more than {MAX_QUESTIONS} questions"));
        return None;
    }
    let mut questions: Vec<Question> = Vec::with_capacity(matter.value.len());
    for (at, one) in matter.value.iter().enumerate() {
        if let Some(question) = read_one(one, &matter.value[..at], &questions, report) {
            questions.push(question);
        }
    }
    Questions::new(questions)
        .map_err(|why| report.wrong(&told_at(&matter.value, &why).id, why.to_string()))
        .ok()
}

/// The question that an error is about.
fn told_at<'m>(matter: &'m [QuestionMatter], error: &QuestionsError) -> &'m QuestionMatter {
    let (QuestionsError::Twice(id) | QuestionsError::NoChoices(id) | QuestionsError::UnknownCondition(id, _)) =
        error;
    // The last one of this name: where there are two, the first is not to blame.
    matter.iter().rev().find(|one| one.id.value == *id).unwrap_or(&matter[0])
}

/// One question; `written` are those above it, `before` those of them that could be read.
fn read_one(
    matter: &QuestionMatter,
    written: &[QuestionMatter],
    before: &[Question],
    report: &mut Report,
) -> Option<Question> {
    let kind = read_kind(matter, report);
    let condition = match &matter.when {
        Some(when) => Some(read_condition(when, written, before, report)?),
        None => None,
    };
    Some(Question {
        id: matter.id.value.clone(),
        label: matter.ask.0.clone(),
        hint: matter.hint.as_ref().map(|hint| hint.0.clone()),
        kind: kind?,
        required: matter.required,
        condition,
    })
}

fn read_kind(matter: &QuestionMatter, report: &mut Report) -> Option<QuestionKind> {
    let chosen = matches!(matter.kind, KindMatter::Choice | KindMatter::MultipleChoice);
    let choices = match &matter.choices {
        Some(choices) if !chosen => {
            let hint = "write `type: choice` or `type: multiple_choice`, or remove this";
            report.wrong_with_hint(choices, "there is nothing to choose here", hint);
            return None;
        }
        Some(choices) => read_choices(choices, report)?,
        None if chosen => {
            report.wrong_with_hint(
                &matter.id,
                "there is nothing to choose from",
                "write `choices: [One, Another]`",
            );
            return None;
        }
        None => Vec::new(),
    };
    Some(match matter.kind {
        KindMatter::Text => QuestionKind::Text { lines: false },
        KindMatter::Lines => QuestionKind::Text { lines: true },
        KindMatter::Choice => QuestionKind::Choice(choices),
        KindMatter::MultipleChoice => QuestionKind::MultipleChoice(choices),
        KindMatter::Consent => QuestionKind::Consent,
    })
}

fn read_choices(choices: &Spanned<Vec<Spanned<Line>>>, report: &mut Report) -> Option<Vec<String>> {
    if choices.value.is_empty() || choices.value.len() > MAX_CHOICES {
        report.wrong(choices, format!("there must be 1 to {MAX_CHOICES} answers to choose from"));
        return None;
    }
    let mut read: Vec<String> = Vec::with_capacity(choices.value.len());
    for choice in &choices.value {
        if read.contains(&choice.value.0) {
            report.wrong(choice, "this answer is there already");
            return None;
        }
        read.push(choice.value.0.clone());
    }
    Some(read)
}

fn read_condition(
    when: &Spanned<BTreeMap<Slug, Answers>>,
    written: &[QuestionMatter],
    before: &[Question],
    report: &mut Report,
) -> Option<Condition> {
    let mut conditions = when.value.iter();
    let (Some((question, Answers(answers))), None) = (conditions.next(), conditions.next()) else {
        report.wrong_with_hint(
            when,
            "a condition is about one question",
            "write `when: {meal: Other}` or `when: {meal: [Vegan, Other]}`",
        );
        return None;
    };
    let Some(on) = before.iter().find(|other| other.id == *question) else {
        // What is wrong with one that stands there was told already.
        if !written.iter().any(|other| other.id.value == *question) {
            report.wrong(when, format!("the question `{question}` is not asked before this one"));
        }
        return None;
    };
    check_answers(when, on, answers, report)?;
    Some(Condition { question: question.clone(), answers: answers.clone() })
}

/// Whether a question can be answered so.
fn check_answers<T>(when: &Spanned<T>, on: &Question, answers: &[String], report: &mut Report) -> Option<()> {
    let possible: Vec<&str> = match &on.kind {
        QuestionKind::Choice(choices) | QuestionKind::MultipleChoice(choices) => {
            choices.iter().map(String::as_str).collect()
        }
        QuestionKind::Consent => vec![CONSENT_GIVEN],
        QuestionKind::Text { .. } => {
            report.wrong(when, "a condition needs a question with answers to choose from, or a consent");
            return None;
        }
    };
    if answers.is_empty() {
        report.wrong(when, "this question would never be asked");
        return None;
    }
    let Some(unknown) = answers.iter().find(|answer| !possible.contains(&answer.as_str())) else {
        return Some(());
    };
    let hint = hint::choice(unknown, &possible);
    report.wrong_with_hint(when, format!("`{unknown}` is no answer to `{}`", on.id), hint);
    None
}
