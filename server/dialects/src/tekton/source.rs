//! Where in the text something stands that was found in one of its values.

use crate::yaml::Place;

/// A text and where its lines begin.
pub struct Source<'t> {
    text: &'t str,
    lines: Vec<usize>,
}

/// Goes through a value of the text and tells where its words are written.
pub struct Finder<'s> {
    source: &'s Source<'s>,
    place: Place,
    /// From where to look on, in bytes; nothing where the value is written elsewhere.
    from: Option<usize>,
}

impl<'t> Source<'t> {
    pub fn new(text: &'t str) -> Self {
        let begins = text.match_indices('\n').map(|(at, _)| at + 1);
        Self { text, lines: std::iter::once(0).chain(begins).collect() }
    }

    /// Looks for words in the value that stands at `place`.
    pub fn finder(&self, place: Place) -> Finder<'_> {
        // The value of an alias is written where its anchor is.
        let from = self.offset(place).filter(|at| !self.text[*at..].starts_with('*'));
        Finder { source: self, place, from }
    }

    fn offset(&self, place: Place) -> Option<usize> {
        let start = *self.lines.get(place.line.checked_sub(1)?)?;
        let line = self.text.get(start..)?;
        line.char_indices().nth(place.column.checked_sub(1)?).map(|(at, _)| start + at)
    }

    fn place(&self, offset: usize) -> Place {
        let line = self.lines.partition_point(|start| *start <= offset);
        let start = self.lines[line - 1];
        Place { line, column: self.text[start..offset].chars().count() + 1 }
    }
}

impl Finder<'_> {
    /// The place of the next `word`; where it is not found as it is, the place of the value.
    pub fn next(&mut self, word: &str) -> Place {
        let Some(from) = self.from else { return self.place };
        match self.source.text[from..].find(word) {
            Some(found) => {
                self.from = Some(from + found + word.len());
                self.source.place(from + found)
            }
            None => {
                self.from = None;
                self.place
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_words_one_after_the_other() {
        let source = Source::new("a: |\n  ä $(x)\n  $(x) $(y)\nb: *a\n");
        let mut finder = source.finder(Place { line: 1, column: 4 });
        assert_eq!(finder.next("$(x)"), Place { line: 2, column: 5 });
        assert_eq!(finder.next("$(x)"), Place { line: 3, column: 3 });
        assert_eq!(finder.next("$(y)"), Place { line: 3, column: 8 });
        assert_eq!(finder.next("$(z)"), Place { line: 1, column: 4 });
        let alias = Place { line: 4, column: 4 };
        assert_eq!(source.finder(alias).next("$(x)"), alias);
    }
}
