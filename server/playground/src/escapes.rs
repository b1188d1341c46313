//! Taking terminal escape sequences (ECMA-48) out of a text, character by character. Of "Select Graphic Rendition" the
//! parameters are kept for whoever colours the text.

/// What a character lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passed {
    /// It belongs to an escape sequence.
    Nothing,
    /// The character itself.
    Char(char),
    /// The escape before it began no sequence; both stand for themselves.
    EscapeAnd(char),
    /// It ends a "Select Graphic Rendition" (CSI … m), whose parameters [`EscapeFilter::parameters`] has.
    Rendition,
}

/// Where in an escape sequence the text is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
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

/// Takes escape sequences out of a text.
#[derive(Debug, Default)]
pub(crate) struct EscapeFilter {
    place: Place,
    /// The parameters of the control sequence so far.
    parameters: String,
    /// The control sequence has what a rendition never has: a private marker, an intermediate, endless parameters.
    foreign: bool,
}

const ESC: char = '\u{1b}';
const BEL: char = '\u{7}';
/// Longer than any rendition that means something.
const MAX_PARAMETERS: usize = 256;

impl EscapeFilter {
    /// Takes the next character of the text.
    pub(crate) fn pass(&mut self, c: char) -> Passed {
        let (next, passed) = match self.place {
            Place::Text => plain(c),
            Place::Escape => self.after_escape(c),
            Place::Intermediate => match c {
                ' '..='/' => (Place::Intermediate, Passed::Nothing),
                '0'..='~' => (Place::Text, Passed::Nothing),
                c => plain(c),
            },
            Place::Control => self.in_control(c),
            Place::StringEscape if c == '\\' => (Place::Text, Passed::Nothing),
            Place::String | Place::StringEscape => in_string(c),
        };
        self.place = next;
        passed
    }

    /// The parameters of the rendition that was passed last: digits, colons and semicolons.
    pub(crate) fn parameters(&self) -> &str {
        &self.parameters
    }

    fn after_escape(&mut self, c: char) -> (Place, Passed) {
        match c {
            '[' => {
                self.parameters.clear();
                self.foreign = false;
                (Place::Control, Passed::Nothing)
            }
            ']' | 'P' | 'X' | '^' | '_' => (Place::String, Passed::Nothing),
            ' '..='/' => (Place::Intermediate, Passed::Nothing),
            '0'..='~' => (Place::Text, Passed::Nothing),
            ESC => (Place::Escape, Passed::Nothing),
            c => (Place::Text, Passed::EscapeAnd(c)),
        }
    }

    fn in_control(&mut self, c: char) -> (Place, Passed) {
        match c {
            '0'..=';' if self.parameters.len() < MAX_PARAMETERS => {
                self.parameters.push(c);
                (Place::Control, Passed::Nothing)
            }
            ' '..='?' => {
                self.foreign = true;
                (Place::Control, Passed::Nothing)
            }
            'm' if !self.foreign => (Place::Text, Passed::Rendition),
            '@'..='~' => (Place::Text, Passed::Nothing),
            c => plain(c),
        }
    }
}

fn plain(c: char) -> (Place, Passed) {
    if c == ESC { (Place::Escape, Passed::Nothing) } else { (Place::Text, Passed::Char(c)) }
}

fn in_string(c: char) -> (Place, Passed) {
    match c {
        BEL => (Place::Text, Passed::Nothing),
        '\n' => (Place::Text, Passed::Char(c)),
        ESC => (Place::StringEscape, Passed::Nothing),
        _ => (Place::String, Passed::Nothing),
    }
}
