//! From the bytes a step prints to the lines of its log.
//!
//! Bytes come in any portions. What comes out depends on the bytes alone: whole lines of printable characters, decoded
//! as UTF-8 (what is not becomes U+FFFD), without terminal escapes but with the colours these set, with whatever could
//! deceive a reader made visible.

use regatta_domain::run::Span;

use crate::colours::Rendition;
use crate::escapes::{EscapeFilter, Passed};

/// The longest line, in characters; longer ones are broken.
pub(crate) const MAX_LINE_CHARS: usize = 4096;
/// How many parts of a line may look different; what follows looks like any other text.
pub(crate) const MAX_SPANS: usize = 64;
/// How many marks may stand on one character: more than any language writes. Heaped up, they cover the lines around.
const MAX_MARKS: usize = 8;
/// The distance of tab stops, in characters.
const TAB: usize = 8;

/// A line of output, as it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    /// Printable characters only.
    pub(crate) text: String,
    /// Which parts of it are coloured or set off; in order, without overlap, at most [`MAX_SPANS`].
    pub(crate) spans: Vec<Span>,
}

/// Assembles the lines of one stream of one step.
#[derive(Debug, Default)]
pub(crate) struct LineAssembler {
    /// The first bytes of a character whose rest has not come yet.
    undecoded: Vec<u8>,
    escapes: EscapeFilter,
    /// How what is printed next looks; carried from line to line.
    rendition: Rendition,
    line: Line,
    chars: usize,
    /// How many marks stand on the last character.
    marks: usize,
    /// A carriage return came: what follows overwrites the line, unless it is the line's end.
    returned: bool,
    /// The line goes on from one that was broken: its end alone makes no line.
    broken: bool,
    done: Vec<Line>,
}

impl LineAssembler {
    /// Takes the next bytes; returns the lines they complete.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Vec<Line> {
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
    pub(crate) fn finish(&mut self) -> Vec<Line> {
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
            Passed::Rendition => self.rendition.select(self.escapes.parameters()),
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
        self.marks = if is_mark(c) { self.marks + 1 } else { 0 };
        if self.marks > MAX_MARKS {
            return spelled(c).chars().for_each(|c| self.push(c));
        }
        show(c, |c| self.push(c));
    }

    fn overwrite(&mut self) {
        if std::mem::take(&mut self.returned) {
            self.line.text.clear();
            self.line.spans.clear();
            self.chars = 0;
        }
    }

    fn push(&mut self, c: char) {
        if self.chars == MAX_LINE_CHARS {
            self.end_line();
            self.broken = true;
        }
        self.colour();
        self.line.text.push(c);
        self.chars += 1;
    }

    /// Notes how the next character looks.
    fn colour(&mut self) {
        let style = self.rendition.style();
        if style.is_plain() {
            return;
        }
        // A line has at most `MAX_LINE_CHARS` characters.
        let at = u32::try_from(self.chars).unwrap_or(u32::MAX);
        let spans = &mut self.line.spans;
        let goes_on = |last: &&mut Span| last.style == style && last.at + last.len == at;
        if let Some(last) = spans.last_mut().filter(goes_on) {
            last.len += 1;
        } else if spans.len() < MAX_SPANS {
            spans.push(Span { at, len: 1, style });
        }
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

/// `text` with everything that could deceive a reader made visible; its line ends and tabs stay.
pub(crate) fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => shown.push(c),
            c => show(c, |c| shown.push(c)),
        }
    }
    shown
}

/// Gives `push` a character, or what stands for it.
fn show(c: char, mut push: impl FnMut(char)) {
    match c {
        '\0'..='\u{1f}' => push(picture_of(c)),
        '\u{7f}' => push('\u{2421}'),
        c if deceives(c) => spelled(c).chars().for_each(push),
        c => push(c),
    }
}

/// A character by its number.
fn spelled(c: char) -> String {
    format!("<U+{:04X}>", u32::from(c))
}

/// Whether a character is drawn on the one before it, and can be heaped up: the blocks that exist for such marks, and the
/// vowels and tones of Thai and Lao.
fn is_mark(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36f}'
        | '\u{483}'..='\u{489}'
        | '\u{591}'..='\u{5c7}'
        | '\u{610}'..='\u{61a}'
        | '\u{64b}'..='\u{65f}'
        | '\u{6d6}'..='\u{6ed}'
        | '\u{e31}'
        | '\u{e34}'..='\u{e3a}'
        | '\u{e47}'..='\u{e4e}'
        | '\u{eb1}'
        | '\u{eb4}'..='\u{ebc}'
        | '\u{ec8}'..='\u{ece}'
        | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}'
        | '\u{fe20}'..='\u{fe2f}')
}

/// The picture of a control character below U+0020, in the block Control Pictures.
fn picture_of(control: char) -> char {
    char::from_u32(0x2400 + u32::from(control)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// Whether a character is invisible, or changes how its neighbours are read: the second set of control characters,
/// everything bidirectional, separators, blanks and fillers without width, annotations, tags and selectors of variants.
fn deceives(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{9f}'
        | '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180e}'
        | '\u{200b}'
        | '\u{200e}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e01ef}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn whole(portions: &[&[u8]]) -> Vec<Line> {
        let mut assembler = LineAssembler::default();
        let mut lines: Vec<Line> = portions.iter().flat_map(|bytes| assembler.feed(bytes)).collect();
        lines.extend(assembler.finish());
        lines
    }

    fn texts(lines: Vec<Line>) -> Vec<String> {
        lines.into_iter().map(|line| line.text).collect()
    }

    fn lines(portions: &[&[u8]]) -> Vec<String> {
        texts(whole(portions))
    }

    fn lines_of(text: &str) -> Vec<String> {
        lines(&[text.as_bytes()])
    }

    /// The lines with their spans as `[at+len classes]`.
    fn coloured(text: &str) -> Vec<String> {
        let span = |span: &Span| format!("[{}+{} {}]", span.at, span.len, span.style);
        let told = |line: Line| format!("{}{}", line.text, line.spans.iter().map(span).collect::<String>());
        whole(&[text.as_bytes()]).into_iter().map(told).collect()
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
        assert_eq!(assembler.feed(b"on"), []);
        assert_eq!(texts(assembler.feed(b"e\ntw")), ["one"]);
        assert_eq!(texts(assembler.finish()), ["tw"]);
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
    fn colours_are_told_by_place_and_carried_from_line_to_line() {
        assert_eq!(coloured("a\x1b[1;31mred\x1b[0mb\n"), ["aredb[1+3 c1 b]"]);
        assert_eq!(coloured("\x1b[32mone\n\ntwo\x1b[m three"), ["one[0+3 c2]", "", "two three[0+3 c2]"]);
        assert_eq!(coloured("\x1b[31mé\x1b[32m⛵\x1b[1m\x1b[32m!"), ["é⛵![0+1 c1][1+1 c2][2+1 c2 b]"]);
        assert_eq!(
            coloured("\x1b[31ma\x1b[0m\x1b[31mb"),
            ["ab[0+2 c1]"],
            "neighbours that look alike are one"
        );
    }

    #[test]
    fn what_is_overwritten_takes_its_colours_along() {
        assert_eq!(coloured("\x1b[31m50%\r\x1b[32mdone\n"), ["done[0+4 c2]"]);
        assert_eq!(coloured("\x1b[31mred\x1b[0m\r\n"), ["red[0+3 c1]"]);
    }

    #[test]
    fn only_renditions_colour() {
        assert_eq!(coloured("\x1b[?31ma\x1b[>4;1mb\x1b[31 mc\x1b[31Kd"), ["abcd"]);
        assert_eq!(
            coloured(&format!("\x1b[{}31ma", "1;".repeat(300))),
            ["a"],
            "endless parameters mean nothing"
        );
        assert_eq!(coloured("\x1b]8;;https://example.org\x1b\\link\x1b]8;;\x07!"), ["link!"]);
    }

    #[test]
    fn a_line_has_so_many_colours_and_all_of_its_text() {
        let rainbow = "\x1b[31mr\x1b[32mg".repeat(MAX_SPANS);
        let lines = whole(&[rainbow.as_bytes()]);
        assert_eq!((lines[0].text.len(), lines[0].spans.len()), (2 * MAX_SPANS, MAX_SPANS));
    }

    #[test]
    fn values_keep_their_lines_and_show_what_deceives() {
        assert_eq!(shown("a\n\tb\r\x1b\u{202e}"), "a\n\tb␍␛<U+202E>");
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
        assert_eq!(lines_of("a\u{3164}b\u{e0101}\n"), ["a<U+3164>b<U+E0101>"]);
    }

    #[test]
    fn marks_are_not_heaped_up() {
        let honest = format!("e{}\n", "\u{301}".repeat(MAX_MARKS));
        assert_eq!(lines_of(&honest), [honest.trim_end()]);
        let heap = format!("e{}x\n", "\u{489}".repeat(MAX_MARKS + 2));
        let shown = format!("e{}<U+0489><U+0489>x", "\u{489}".repeat(MAX_MARKS));
        assert_eq!(lines_of(&heap), [shown]);
        assert_eq!(lines_of("\u{e19}\u{e49}\u{e33}\n"), ["\u{e19}\u{e49}\u{e33}"], "Thai is left alone");
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
                "\n", "\r", "\r\n", "\x1b", "\x1b[", "\x1b]0;", "\x1b[1;31m", "\x1b[0m", "\x1b[38;5;200m", "\x1b[7m", ";", "\x07", "\x1b\\", "31m", "⛵", "\u{202e}", "\u{9b}",
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
            prop_assert_eq!(whole(&portions), whole(&[bytes.as_slice()]));
        }

        #[test]
        fn colours_change_no_text(pieces in prop::collection::vec(("[a-z é\\t\\r\\n]{0,20}", "[0-9;:]{0,12}"), 0..20)) {
            let plain: String = pieces.iter().map(|(text, _)| text.as_str()).collect();
            let coloured: Vec<String> =
                pieces.iter().map(|(text, sgr)| format!("{text}\x1b[{sgr}m")).collect();
            let coloured = coloured.concat();
            prop_assert_eq!(lines_of(&coloured), lines_of(&plain));
        }

        #[test]
        fn colours_are_in_order_in_range_and_apart((bytes, _) in torn()) {
            for line in whole(&[bytes.as_slice()]) {
                let chars = line.text.chars().count();
                prop_assert!(line.spans.len() <= MAX_SPANS);
                let mut reached = 0;
                for span in &line.spans {
                    prop_assert!(span.at >= reached && span.len > 0 && !span.style.is_plain());
                    reached = span.at + span.len;
                }
                prop_assert!(reached as usize <= chars);
            }
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
