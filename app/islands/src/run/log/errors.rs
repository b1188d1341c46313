//! Where it went wrong: what "next error" leads to.

use regatta_domain::run::Stream;

use super::lines::StepLines;
use super::place::Place;
use super::search::matches_in;

/// The lines at which trouble begins, in the order of the page: the first of lines in a row that went to standard error
/// or speak of an error; and in a step that failed the last line, where none before it tells why.
pub(crate) fn error_places(steps: &[StepLines], failed: impl Fn(usize) -> bool) -> Vec<Place> {
    let mut places = Vec::new();
    for (step, lines) in steps.iter().enumerate() {
        let known = places.len();
        let mut goes_on = false;
        for line in 0..lines.len() {
            let is_trouble =
                lines.line(line).is_some_and(|line| line.stream == Stream::Err || names_an_error(line.text));
            if is_trouble && !goes_on {
                places.push(Place { step, line });
            }
            goes_on = is_trouble;
        }
        if failed(step) && places.len() == known {
            places.push(Place { step, line: lines.len().saturating_sub(1) });
        }
    }
    places
}

/// Whether a line speaks of an error: `error`, `errors`, `ERROR:`, but not `terror` and not `0 errors`.
fn names_an_error(text: &str) -> bool {
    matches_in(text, "error").any(|(at, _)| {
        let before = &text[..at];
        !before.ends_with(|c: char| c.is_alphanumeric()) && !ends_with_none(before)
    })
}

fn ends_with_none(before: &str) -> bool {
    let word = before.trim_end().rsplit(' ').next().unwrap_or_default();
    word == "0" || word.eq_ignore_ascii_case("no")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(lines: &[(Stream, &str)]) -> StepLines {
        let mut kept = StepLines::default();
        for (seq, (stream, text)) in (1..).zip(lines) {
            kept.push(seq, 0, *stream, text, &[]);
        }
        kept
    }

    #[test]
    fn trouble_is_met_where_it_begins() {
        let steps = [
            step(&[(Stream::Out, "fine"), (Stream::Err, "a"), (Stream::Err, "b"), (Stream::Out, "fine")]),
            step(&[(Stream::Out, "ERROR: no wind"), (Stream::Out, "fine"), (Stream::Out, "2 errors")]),
            step(&[(Stream::Out, "one"), (Stream::Out, "two")]),
            step(&[]),
        ];
        let found: Vec<_> = error_places(&steps, |at| at >= 2).iter().map(|at| (at.step, at.line)).collect();
        assert_eq!(found, [(0, 1), (1, 0), (1, 2), (2, 1), (3, 0)]);
    }

    #[test]
    fn only_words_of_errors_count() {
        for text in ["error", "Error: x", "[error] x", "3 errors", "an error"] {
            assert!(names_an_error(text), "{text}");
        }
        for text in ["terror", "0 errors", "no errors found", "err", ""] {
            assert!(!names_an_error(text), "{text}");
        }
    }
}
