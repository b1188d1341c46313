//! From the bytes a step prints to the lines of its log.
//!
//! Bytes come in any portions. What comes out depends on the bytes alone: whole lines of printable characters, decoded
//! as UTF-8 (what is not becomes U+FFFD), without terminal escapes, with whatever could deceive a reader made visible.

use crate::escapes::{EscapeFilter, Passed};

/// The longest line, in characters; longer ones are broken.
pub(crate) const MAX_LINE_CHARS: usize = 4096;
/// The distance of tab stops, in characters.
const TAB: usize = 8;

/// Assembles the lines of one stream of one step.
#[derive(Debug, Default)]
pub(crate) struct LineAssembler {
    /// The first bytes of a character whose rest has not come yet.
    undecoded: Vec<u8>,
    escapes: EscapeFilter,
    line: String,
    chars: usize,
    /// A carriage return came: what follows overwrites the line, unless it is the line's end.
    returned: bool,
    /// The line goes on from one that was broken: its end alone makes no line.
    broken: bool,
    done: Vec<String>,
}

impl LineAssembler {
    /// Takes the next bytes; returns the lines they complete.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Vec<String> {
        if self.undecoded.is_empty() {
            self.decode(bytes);
        } else {
            let mut joined = std::mem::take(&mut self.undecoded);
            joined.extend_from_slice(bytes);
            self.decode(&joined);
        }
        std::mem::take(&mut self.done)
    }

    /// Ends the stream; returns the line that had no end, where there is one.
    pub(crate) fn finish(&mut self) -> Vec<String> {
        if !std::mem::take(&mut self.undecoded).is_empty() {
            self.take(char::REPLACEMENT_CHARACTER);
        }
        self.escapes = EscapeFilter::default();
        if self.chars > 0 {
            self.end_line();
        }
        std::mem::take(&mut self.done)
    }

    fn decode(&mut self, mut bytes: &[u8]) {
        loop {
            let error = match std::str::from_utf8(bytes) {
                Ok(text) => return text.chars().for_each(|c| self.take(c)),
                Err(error) => error,
            };
            let (valid, rest) = bytes.split_at(error.valid_up_to());
            String::from_utf8_lossy(valid).chars().for_each(|c| self.take(c));
            let Some(wrong) = error.error_len() else {
                self.undecoded = rest.to_vec();
                return;
            };
            self.take(char::REPLACEMENT_CHARACTER);
            bytes = &rest[wrong..];
        }
    }

    fn take(&mut self, c: char) {
        match self.escapes.pass(c) {
            Passed::Nothing => {}
            Passed::Char(c) => self.print(c),
            Passed::EscapeAnd(c) => {
                self.show('\u{1b}');
                self.print(c);
            }
        }
    }

    fn print(&mut self, c: char) {
        match c {
            '\n' => self.end_line(),
            '\r' => self.returned = true,
            '\t' => {
                self.overwrite();
                for _ in 0..TAB - self.chars % TAB {
                    self.push(' ');
                }
            }
            c => self.show(c),
        }
    }

    /// Adds a character, or what stands for it.
    fn show(&mut self, c: char) {
        self.overwrite();
        match c {
            '\0'..='\u{1f}' => self.push(picture_of(c)),
            '\u{7f}' => self.push('\u{2421}'),
            c if deceives(c) => format!("<U+{:04X}>", u32::from(c)).chars().for_each(|c| self.push(c)),
            c => self.push(c),
        }
    }

    fn overwrite(&mut self) {
        if std::mem::take(&mut self.returned) {
            self.line.clear();
            self.chars = 0;
        }
    }

    fn push(&mut self, c: char) {
        if self.chars == MAX_LINE_CHARS {
            self.end_line();
            self.broken = true;
        }
        self.line.push(c);
        self.chars += 1;
    }

    fn end_line(&mut self) {
        self.returned = false;
        let broken = std::mem::take(&mut self.broken);
        if self.chars > 0 || !broken {
            self.done.push(std::mem::take(&mut self.line));
        }
        self.chars = 0;
    }
}

/// The picture of a control character below U+0020, in the block Control Pictures.
fn picture_of(control: char) -> char {
    char::from_u32(0x2400 + u32::from(control)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// Whether a character is invisible, or changes how its neighbours are read: the second set of control characters,
/// everything bidirectional, separators and blanks without width, annotations and tags.
fn deceives(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{9f}'
        | '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'
        | '\u{200e}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(portions: &[&[u8]]) -> Vec<String> {
        let mut assembler = LineAssembler::default();
        let mut lines: Vec<String> = portions.iter().flat_map(|bytes| assembler.feed(bytes)).collect();
        lines.extend(assembler.finish());
        lines
    }

    fn lines_of(text: &str) -> Vec<String> {
        lines(&[text.as_bytes()])
    }

    #[test]
    fn lines_end_where_they_end() {
        assert_eq!(lines_of("one\ntwo\r\n\nthree"), ["one", "two", "", "three"]);
        assert_eq!(lines_of(""), Vec::<String>::new());
        assert_eq!(lines_of("\n"), [""]);
    }

    #[test]
    fn a_line_comes_as_soon_as_it_is_whole() {
        let mut assembler = LineAssembler::default();
        assert_eq!(assembler.feed(b"on"), Vec::<String>::new());
        assert_eq!(assembler.feed(b"e\ntw"), ["one"]);
        assert_eq!(assembler.finish(), ["tw"]);
    }

    #[test]
    fn characters_survive_being_torn() {
        let ship = "⛵ ahoi".as_bytes();
        assert_eq!(lines(&[&ship[..1], &ship[1..2], &ship[2..]]), ["⛵ ahoi"]);
        assert_eq!(lines(&[b"a\xff\xfeb", b"\xe2\x9b"]), ["a\u{fffd}\u{fffd}b\u{fffd}"]);
    }

    #[test]
    fn of_a_progress_the_last_state_stays() {
        assert_eq!(lines_of("10%\r50%\r100%\ndone\r"), ["100%", "done"]);
    }

    #[test]
    fn terminal_escapes_are_taken_out() {
        assert_eq!(lines_of("\x1b[1;31mred\x1b[0m\n"), ["red"]);
        assert_eq!(lines_of("\x1b]0;title\x07text\x1b]8;;http://x\x1b\\link\n"), ["textlink"]);
        assert_eq!(lines_of("\x1b(Bplain\x1b7\x1bPquery\x1b\\!\n"), ["plain!"]);
    }

    #[test]
    fn an_escape_without_end_hides_no_further_line() {
        assert_eq!(lines_of("a\x1b]0;never closed\nb\n"), ["a", "b"]);
        assert_eq!(lines_of("a\x1b[12\nb\x1b"), ["a", "b"]);
    }

    #[test]
    fn what_deceives_is_shown() {
        assert_eq!(lines_of("a\u{202e}b\0c\x7f\u{9b}31m\x08\n"), ["a<U+202E>b␀c␡<U+009B>31m␈"]);
        assert_eq!(lines_of("\x1bä\n"), ["␛ä"]);
    }

    #[test]
    fn tabs_go_to_the_next_stop() {
        assert_eq!(lines_of("a\tb\n\tc\n"), ["a       b", "        c"]);
    }

    #[test]
    fn long_lines_are_broken_and_nothing_is_lost() {
        let long = "é".repeat(MAX_LINE_CHARS);
        assert_eq!(lines_of(&format!("{long}\nnext")), [long.as_str(), "next"]);
        assert_eq!(lines_of(&format!("{long}xy\n\n")), [long.as_str(), "xy", ""]);
    }

    fn torn() -> impl Strategy<Value = (Vec<u8>, Vec<prop::sample::Index>)> {
        let piece = prop_oneof![
            4 => prop::collection::vec(any::<u8>(), 0..12),
            2 => "[a-z \\t]{0,12}".prop_map(String::into_bytes),
            3 => prop::sample::select(vec![
                "\n", "\r", "\r\n", "\x1b", "\x1b[", "\x1b]0;", "\x07", "\x1b\\", "31m", "⛵", "\u{202e}", "\u{9b}",
            ])
            .prop_map(|text| text.as_bytes().to_vec()),
            1 => Just(vec![b'x'; MAX_LINE_CHARS]),
        ];
        let bytes = prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat());
        (bytes, prop::collection::vec(any::<prop::sample::Index>(), 0..8))
    }

    proptest! {
        #[test]
        fn how_bytes_are_torn_makes_no_difference((bytes, cuts) in torn()) {
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            cuts.sort_unstable();
            let mut portions = Vec::new();
            let mut from = 0;
            for cut in cuts {
                portions.push(&bytes[from..cut]);
                from = cut;
            }
            portions.push(&bytes[from..]);
            prop_assert_eq!(lines(&portions), lines(&[bytes.as_slice()]));
        }

        #[test]
        fn lines_are_short_and_without_controls((bytes, _) in torn()) {
            for line in lines(&[bytes.as_slice()]) {
                prop_assert!(line.chars().count() <= MAX_LINE_CHARS);
                prop_assert!(!line.chars().any(|c| c.is_control() || deceives(c)), "{:?}", line);
            }
        }

        #[test]
        fn plain_text_stays_as_it_is(text in "[ -~äöü漢字\\n]{0,200}") {
            let expected: Vec<&str> = text.lines().collect();
            prop_assert_eq!(lines_of(&text), expected);
        }
    }
}
