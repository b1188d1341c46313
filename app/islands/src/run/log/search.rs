//! Finding words in a log.

use super::lines::StepLines;
use super::place::Place;

/// The most hits that are kept; a search that finds more is too wide to be walked through.
pub(crate) const MAX_HITS: usize = 10_000;

/// A search through all steps, which goes on as lines come.
#[derive(Clone, Debug, Default)]
pub(crate) struct Search {
    query: String,
    /// The lines in which it was found, in the order of the page.
    hits: Vec<Place>,
    /// How many lines of each step were looked at.
    seen: Vec<usize>,
    /// The hit one stands at.
    at: Option<usize>,
}

impl Search {
    /// A search for `query`, regardless of case; for nothing where it is empty.
    pub fn new(query: &str) -> Self {
        Self { query: query.to_ascii_lowercase(), ..Self::default() }
    }

    /// What is searched for, in lower case.
    pub fn query(&self) -> &str {
        &self.query
    }

    /// Looks through the lines that came since it last did.
    pub fn extend(&mut self, steps: &[StepLines]) {
        if self.query.is_empty() {
            return;
        }
        let current = self.current();
        let known = self.hits.len();
        self.seen.resize(steps.len(), 0);
        for (step, lines) in steps.iter().enumerate() {
            let mut line = self.seen[step];
            for text in lines.text_from(line).split_terminator('\n') {
                if self.hits.len() < MAX_HITS && matches_in(text, &self.query).next().is_some() {
                    self.hits.push(Place { step, line });
                }
                line += 1;
            }
            self.seen[step] = line;
        }
        if self.hits.len() > known {
            self.hits.sort_unstable();
            self.at = current.and_then(|place| self.hits.binary_search(&place).ok());
        }
    }

    /// Goes to the next hit after `from`, or to the one before, around the ends.
    pub fn step(&mut self, forward: bool, from: Option<Place>) -> Option<Place> {
        let last = self.hits.len().checked_sub(1)?;
        let next = match (self.at, from) {
            (Some(at), _) if forward => {
                if at == last {
                    0
                } else {
                    at + 1
                }
            }
            (Some(at), _) => at.checked_sub(1).unwrap_or(last),
            (None, Some(from)) if forward => self.hits.iter().position(|hit| *hit >= from).unwrap_or(0),
            (None, Some(from)) => self.hits.iter().rposition(|hit| *hit <= from).unwrap_or(last),
            (None, None) => {
                if forward {
                    0
                } else {
                    last
                }
            }
        };
        self.at = Some(next);
        self.current()
    }

    /// The hit one stands at.
    pub fn current(&self) -> Option<Place> {
        self.at.and_then(|at| self.hits.get(at)).copied()
    }

    /// How far it came, in words.
    pub fn words(&self) -> String {
        let more = if self.hits.len() == MAX_HITS { "+" } else { "" };
        match (self.query.is_empty(), self.hits.len(), self.at) {
            (true, ..) => String::new(),
            (_, 0, _) => "Not found".to_owned(),
            (_, 1, None) => "1 line".to_owned(),
            (_, all, None) => format!("{all}{more} lines"),
            (_, all, Some(at)) => format!("{} of {all}{more}", at + 1),
        }
    }
}

/// Where `query`, which is in lower case and not empty, is in `text`: the bytes of each match, one after the other. Only
/// letters of ASCII are alike in both cases.
pub(crate) fn matches_in<'a>(text: &'a str, query: &'a str) -> impl Iterator<Item = (usize, usize)> + 'a {
    let (text, query) = (text.as_bytes(), query.as_bytes());
    let mut from = 0;
    std::iter::from_fn(move || {
        let first = *query.first()?;
        while from + query.len() <= text.len() {
            let at = from;
            from += 1;
            if text[at].to_ascii_lowercase() == first
                && text[at..at + query.len()].eq_ignore_ascii_case(query)
            {
                from = at + query.len();
                return Some((at, from));
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regatta_domain::run::Stream;

    use super::*;

    fn steps(texts: &[&[&str]]) -> Vec<StepLines> {
        let mut seq = 0;
        let step = |texts: &&[&str]| {
            let mut lines = StepLines::default();
            for text in *texts {
                seq += 1;
                lines.push(seq, 0, Stream::Out, text, &[]);
            }
            lines
        };
        texts.iter().map(step).collect()
    }

    #[test]
    fn hits_are_walked_in_the_order_of_the_page_and_around() {
        let mut steps = steps(&[&["a Sail", "none"], &["sail, SAIL"]]);
        let mut search = Search::new("SAIL");
        search.extend(&steps);
        assert_eq!(search.words(), "2 lines");
        let (first, second) = (Place { step: 0, line: 0 }, Place { step: 1, line: 0 });
        assert_eq!(search.step(true, None), Some(first));
        assert_eq!(search.step(true, None), Some(second));
        assert_eq!(search.words(), "2 of 2");
        assert_eq!(search.step(true, None), Some(first));
        assert_eq!(search.step(false, None), Some(second));
        steps[0].push(9, 0, Stream::Out, "another sail", &[]);
        search.extend(&steps);
        assert_eq!((search.current(), search.words().as_str()), (Some(second), "3 of 3"));
    }

    #[test]
    fn a_search_begins_where_the_reader_is() {
        let steps = steps(&[&["x", "x", "y"], &["x"]]);
        let mut search = Search::new("x");
        search.extend(&steps);
        let from = Some(Place { step: 0, line: 2 });
        assert_eq!(search.clone().step(true, from), Some(Place { step: 1, line: 0 }));
        assert_eq!(search.step(false, from), Some(Place { step: 0, line: 1 }));
        assert_eq!(Search::new("").words(), "");
    }

    proptest! {
        #[test]
        fn nothing_is_missed_and_matches_are_what_was_asked_for(text in "[aAbB é\u{4e0a}]{0,30}", query in "[abé]{1,3}") {
            let found: Vec<_> = matches_in(&text, &query).collect();
            for (from, to) in &found {
                prop_assert_eq!(text[*from..*to].to_ascii_lowercase(), query.clone());
            }
            prop_assert_eq!(found.len(), text.to_ascii_lowercase().matches(&query).count());
        }

        #[test]
        fn lines_that_come_later_are_found_as_those_before(texts in prop::collection::vec("[ab]{0,3}", 1..30), cut in 0_usize..30) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let cut = cut.min(texts.len());
            let mut early = Search::new("ab");
            early.extend(&steps(&[&texts[..cut]]));
            early.extend(&steps(&[&texts]));
            let mut late = Search::new("ab");
            late.extend(&steps(&[&texts]));
            prop_assert_eq!(early.hits, late.hits);
        }
    }
}
