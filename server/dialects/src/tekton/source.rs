//! Where in the text something stands that was found in one of its values.

use crate::yaml::{self, Place};

/// A text and where its lines begin.
pub struct Source<'t> {
    text: &'t str,
    lines: Vec<usize>,
    /// How many characters begin before each chunk of the text, so that none has to be counted often in long lines.
    characters: Vec<usize>,
}

/// Bytes of a chunk.
const CHUNK: usize = 512;

/// Goes through a value of the text and tells where its words are written.
pub struct Finder<'s> {
    source: &'s Source<'s>,
    place: Place,
    /// From where to look on, in bytes; nothing where the value is written elsewhere.
    from: Option<usize>,
}

impl<'t> Source<'t> {
    pub fn new(text: &'t str) -> Self {
        let ends = yaml::lines(text).scan(0, |end, line| {
            *end += line.len();
            Some(*end)
        });
        let chunks = text.as_bytes().chunks(CHUNK).scan(0, |before, chunk| {
            *before += begun(chunk);
            Some(*before)
        });
        Self {
            text,
            lines: std::iter::once(0).chain(ends).collect(),
            characters: std::iter::once(0).chain(chunks).collect(),
        }
    }

    /// Looks for words in the value that stands at `place`.
    pub fn finder(&self, place: Place) -> Finder<'_> {
        // The value of an alias is written where its anchor is.
        let from = self.offset(place).filter(|at| !self.text[*at..].starts_with('*'));
        Finder { source: self, place, from }
    }

    fn offset(&self, place: Place) -> Option<usize> {
        let start = *self.lines.get(place.line.checked_sub(1)?)?;
        let wanted = self.characters_before(start) + place.column.checked_sub(1)?;
        let chunk = self.characters.partition_point(|before| *before <= wanted) - 1;
        let mut offset = (chunk * CHUNK..=self.text.len()).find(|at| self.text.is_char_boundary(*at))?;
        let left = wanted - self.characters_before(offset);
        offset += self.text[offset..].char_indices().nth(left)?.0;
        Some(offset)
    }

    fn place(&self, offset: usize) -> Place {
        let line = self.lines.partition_point(|start| *start <= offset);
        let start = self.lines[line - 1];
        Place { line, column: self.characters_before(offset) - self.characters_before(start) + 1 }
    }

    fn characters_before(&self, offset: usize) -> usize {
        let chunk = offset / CHUNK;
        self.characters[chunk] + begun(&self.text.as_bytes()[chunk * CHUNK..offset])
    }
}

/// How many characters begin in `bytes`.
fn begun(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0b1100_0000 != 0b1000_0000).count()
}

impl Finder<'_> {
    /// The place of the next `word`; where it is not found as it is, the place of the value.
    pub fn next(&mut self, word: &str) -> Place {
        let Some(from) = self.from else { return self.place };
        if let Some(found) = self.source.text[from..].find(word) {
            self.from = Some(from + found + word.len());
            return self.source.place(from + found);
        }
        self.from = None;
        self.place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_offsets_agree_in_long_lines() {
        let text = "ä€x".repeat(CHUNK);
        let source = Source::new(&text);
        for (number, (offset, _)) in text.char_indices().enumerate() {
            let place = Place { line: 1, column: number + 1 };
            assert_eq!((source.offset(place), source.place(offset)), (Some(offset), place));
        }
    }

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
