//! Taking terminal escape sequences (ECMA-48) out of a text, character by character.

/// What a character lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passed {
    /// It belongs to an escape sequence.
    Nothing,
    /// The character itself.
    Char(char),
    /// The escape before it began no sequence; both stand for themselves.
    EscapeAnd(char),
}

/// Where in an escape sequence the text is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum EscapeFilter {
    /// In none.
    #[default]
    Text,
    /// After ESC.
    Escape,
    /// After ESC and at least one intermediate character.
    Intermediate,
    /// In a control sequence (CSI): parameters, intermediates, one final character.
    Control,
    /// In a string (OSC, DCS, SOS, PM, APC), which ends with ST or BEL, and here with its line too.
    String,
    /// In a string, after the ESC that may begin ST.
    StringEscape,
}

const ESC: char = '\u{1b}';
const BEL: char = '\u{7}';

impl EscapeFilter {
    /// Takes the next character of the text.
    pub(crate) fn pass(&mut self, c: char) -> Passed {
        let (next, passed) = match *self {
            Self::Text => plain(c),
            Self::Escape => after_escape(c),
            Self::Intermediate => match c {
                ' '..='/' => (Self::Intermediate, Passed::Nothing),
                '0'..='~' => (Self::Text, Passed::Nothing),
                c => plain(c),
            },
            Self::Control => match c {
                ' '..='?' => (Self::Control, Passed::Nothing),
                '@'..='~' => (Self::Text, Passed::Nothing),
                c => plain(c),
            },
            Self::StringEscape if c == '\\' => (Self::Text, Passed::Nothing),
            Self::String | Self::StringEscape => in_string(c),
        };
        *self = next;
        passed
    }
}

fn plain(c: char) -> (EscapeFilter, Passed) {
    if c == ESC { (EscapeFilter::Escape, Passed::Nothing) } else { (EscapeFilter::Text, Passed::Char(c)) }
}

fn after_escape(c: char) -> (EscapeFilter, Passed) {
    match c {
        '[' => (EscapeFilter::Control, Passed::Nothing),
        ']' | 'P' | 'X' | '^' | '_' => (EscapeFilter::String, Passed::Nothing),
        ' '..='/' => (EscapeFilter::Intermediate, Passed::Nothing),
        '0'..='~' => (EscapeFilter::Text, Passed::Nothing),
        ESC => (EscapeFilter::Escape, Passed::Nothing),
        c => (EscapeFilter::Text, Passed::EscapeAnd(c)),
    }
}

fn in_string(c: char) -> (EscapeFilter, Passed) {
    match c {
        BEL => (EscapeFilter::Text, Passed::Nothing),
        '\n' => (EscapeFilter::Text, Passed::Char(c)),
        ESC => (EscapeFilter::StringEscape, Passed::Nothing),
        _ => (EscapeFilter::String, Passed::Nothing),
    }
}
