//! What a form sent, field by field, within limits.

use std::collections::BTreeMap;

use regatta_domain::questions::MAX_TEXT_CHARS;
use regatta_domain::slug::Slug;

/// Before the name of a question's field stands this; the question's id follows.
pub const QUESTION_PREFIX: &str = "q-";

/// More questions than any event asks, and more answers than any of them has.
const MAX_QUESTIONS: usize = 64;
const MAX_ANSWERS: usize = 64;

/// The fields of a form in the order in which they were sent (`application/x-www-form-urlencoded`, decoded). A name may
/// come several times.
#[derive(Clone, Copy, Debug)]
pub struct Pairs<'p>(pub &'p [(String, String)]);

impl Pairs<'_> {
    /// The first value of this field, with plain line feeds, cut right behind `max_chars`: what is too long stays
    /// noticeably so, and is no burden. An absent field is an empty one.
    pub fn text(self, name: &str, max_chars: usize) -> String {
        let found = self.0.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| bounded(value, max_chars)).unwrap_or_default()
    }

    /// What was given to questions.
    pub fn given(self) -> Given {
        let mut given: BTreeMap<Slug, Vec<String>> = BTreeMap::new();
        for (key, value) in self.0 {
            let Some(id) = key.strip_prefix(QUESTION_PREFIX).and_then(|id| id.parse::<Slug>().ok()) else {
                continue;
            };
            if given.len() >= MAX_QUESTIONS && !given.contains_key(&id) {
                continue;
            }
            let answers = given.entry(id).or_default();
            if answers.len() < MAX_ANSWERS {
                answers.push(bounded(value, MAX_TEXT_CHARS));
            }
        }
        Given(given)
    }
}

/// Browsers send line ends as CR LF (HTML standard, section 4.10.21.8).
fn bounded(value: &str, max_chars: usize) -> String {
    value.replace("\r\n", "\n").chars().take(max_chars + 1).collect()
}

/// What was typed or ticked for each question, asked or not, right or wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given(BTreeMap<Slug, Vec<String>>);

impl Given {
    /// What was given to this question; nothing where it was left alone.
    pub fn to(&self, question: &Slug) -> &[String] {
        self.0.get(question).map_or(&[], Vec::as_slice)
    }
}

impl From<&regatta_domain::questions::Answers> for Given {
    fn from(answers: &regatta_domain::questions::Answers) -> Self {
        Self(answers.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_field_is_read_once_and_cut_behind_its_limit() {
        let sent = pairs(&[("name", "Ada\r\nL"), ("name", "Eve"), ("email", "abcdef")]);
        assert_eq!(Pairs(&sent).text("name", 100), "Ada\nL");
        assert_eq!(Pairs(&sent).text("email", 3), "abcd");
        assert_eq!(Pairs(&sent).text("website", 3), "");
    }

    #[test]
    fn questions_gather_their_answers_within_limits() {
        let mut sent = pairs(&[("q-tools", "A"), ("q-tools", "B"), ("q-No Slug", "x"), ("tools", "C")]);
        assert_eq!(Pairs(&sent).given().to(&"tools".parse().unwrap()), ["A", "B"]);
        for at in 0..200 {
            sent.push((format!("q-{at}"), "x".repeat(2 * MAX_TEXT_CHARS)));
            sent.push(("q-tools".to_owned(), "A".to_owned()));
        }
        let Given(given) = Pairs(&sent).given();
        assert_eq!(given.len(), MAX_QUESTIONS);
        assert!(given.values().all(|answers| answers.len() <= MAX_ANSWERS));
        assert!(given.values().flatten().all(|answer| answer.chars().count() <= MAX_TEXT_CHARS + 1));
    }
}
