//! Reads a script as far as one must to know in which quotes a place stands. It follows POSIX, and bash where that has more
//! quotes: `$'…'`, `((…))`, `<(…)`, `<<<`.

use std::collections::VecDeque;
use std::ops::Range;

use super::Context;

/// How deeply quotes and substitutions may stand in each other.
const MAX_DEPTH: usize = 64;

/// Words after which the name of a command is expected.
const BEFORE_COMMANDS: [&str; 12] =
    ["if", "then", "else", "elif", "do", "while", "until", "!", "{", "}", "time", "exec"];

/// Reads a script from its beginning to its end.
pub struct Scanner<'s> {
    script: &'s [u8],
    at: usize,
    holes: &'s [Range<usize>],
    found: Vec<Context>,
    frames: Vec<Frame>,
    pending: VecDeque<HereDocument>,
}

/// What the place that is being read stands in.
#[derive(Clone, Copy)]
enum Frame {
    Code(Code),
    DoubleQuotes,
    /// `${…}`: whether it stands in double quotes, whether single quotes quote in it, and where its name begins.
    Braces {
        quoted: bool,
        single: bool,
        name: usize,
    },
    /// `$((…))` or `((…))`, and how many parentheses are open.
    Arithmetic {
        open: usize,
    },
    /// The text of a here-document, where it ends, and where the line after its delimiter begins.
    Here {
        end: usize,
        after: usize,
    },
}

/// Commands.
#[derive(Clone, Copy)]
struct Code {
    /// What ends them.
    close: Close,
    /// How many `case`s are open, in which a `)` ends a pattern.
    cases: usize,
    /// The word that is being read, or the next one, may be the name of a command.
    first: bool,
    /// Where the word that is being read begins.
    word: Option<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Close {
    End,
    Parenthesis,
    Backquote,
}

/// A here-document whose text begins on the next line.
struct HereDocument {
    delimiter: Vec<u8>,
    /// Tabs before its lines do not count.
    tabs: bool,
    quoted: bool,
}

impl Code {
    fn new(close: Close) -> Self {
        Self { close, cases: 0, first: true, word: None }
    }
}

impl<'s> Scanner<'s> {
    pub fn new(script: &'s str, holes: &'s [Range<usize>]) -> Self {
        let frames = vec![Frame::Code(Code::new(Close::End))];
        let (found, pending) = (Vec::with_capacity(holes.len()), VecDeque::new());
        Self { script: script.as_bytes(), at: 0, holes, found, frames, pending }
    }

    pub fn run(mut self) -> Vec<Context> {
        while self.at < self.script.len() && self.found.len() < self.holes.len() {
            self.leave_here_documents();
            self.pass_by();
            if self.frames.len() > MAX_DEPTH {
                self.pass(self.script.len(), Context::TooDeep);
            } else if self.hole_at(self.at) {
                self.take_hole();
            } else {
                self.step();
            }
        }
        self.found.resize(self.holes.len(), Context::Bare);
        self.found
    }

    fn step(&mut self) {
        match self.frames.last().copied() {
            Some(Frame::Code(code)) => self.code(code),
            Some(Frame::DoubleQuotes) => self.double_quotes(),
            Some(Frame::Braces { quoted, single, .. }) => self.braces(quoted, single),
            Some(Frame::Arithmetic { open }) => self.arithmetic(open),
            Some(Frame::Here { .. }) => self.expanding(false),
            None => self.frames.push(Frame::Code(Code::new(Close::End))),
        }
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.script.get(self.at + ahead).copied()
    }

    fn looking_at(&self, what: &[u8]) -> bool {
        self.script[self.at..].starts_with(what)
    }

    fn hole(&self) -> Option<Range<usize>> {
        self.holes.get(self.found.len()).cloned()
    }

    fn hole_at(&self, at: usize) -> bool {
        self.hole().is_some_and(|hole| hole.start == at)
    }

    /// Goes to `end`, and says of all holes before it that they stand in `context`.
    fn pass(&mut self, end: usize, context: Context) {
        self.at = end;
        while let Some(hole) = self.hole().filter(|hole| hole.start < end) {
            self.found.push(context);
            self.at = self.at.max(hole.end);
        }
    }

    /// Should a hole begin in the middle of something that was read as one, nothing can be put there.
    fn pass_by(&mut self) {
        while self.hole().is_some_and(|hole| hole.start < self.at) {
            self.found.push(Context::Escaped);
        }
    }

    fn take_hole(&mut self) {
        let Some(hole) = self.hole() else { return };
        let context = match self.frames.last_mut() {
            Some(Frame::Code(code)) => {
                let begins = *code.word.get_or_insert(hole.start) == hole.start;
                let first = code.first;
                if first && self.names_a_variable(hole.end) {
                    Context::Name
                } else if first && begins {
                    Context::Command
                } else {
                    Context::Bare
                }
            }
            Some(Frame::Braces { name, .. }) if *name == hole.start => Context::Name,
            Some(Frame::Braces { quoted: false, .. }) => Context::Bare,
            _ => Context::Quoted,
        };
        self.found.push(context);
        self.at = hole.end;
    }

    /// Whether what stands at `from` goes on as the name of a variable up to a `=`, in the word that is being read.
    fn names_a_variable(&self, from: usize) -> bool {
        let word = match self.frames.last() {
            Some(Frame::Code(Code { word: Some(word), .. })) => *word,
            _ => return false,
        };
        let is_name = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
        let hole = self.hole().map_or(from, |hole| hole.start);
        let before = self.script[word..hole].iter().all(is_name);
        let after = &self.script[from.min(self.script.len())..];
        before && after.iter().find(|b| !is_name(b)) == Some(&b'=')
    }

    fn code(&mut self, code: Code) {
        match self.byte(0).unwrap_or_default() {
            b'\\' => self.escape(),
            b'\'' => {
                self.begin_word();
                let end = self.find(b'\'', self.at + 1);
                self.pass(end + 1, Context::SingleQuotes);
            }
            b'"' => self.open(1, Frame::DoubleQuotes),
            b'`' => self.backquote(),
            b'$' => {
                self.begin_word();
                self.dollar(false);
            }
            b'#' if code.word.is_none() => self.comment(),
            b'\n' => self.line_end(),
            b' ' | b'\t' | b'\r' => {
                self.end_word();
                self.at += 1;
            }
            b';' | b'&' | b'|' => self.begin_command(),
            b'(' => self.parenthesis(code),
            b')' => self.close_parenthesis(),
            b'<' | b'>' => self.redirection(),
            _ => {
                self.begin_word();
                self.at += 1;
            }
        }
    }

    fn double_quotes(&mut self) {
        if self.byte(0) == Some(b'"') {
            self.close(1);
        } else {
            self.expanding(true);
        }
    }

    fn braces(&mut self, quoted: bool, single: bool) {
        match self.byte(0) {
            Some(b'}') => self.close(1),
            Some(b'"') => self.open(1, Frame::DoubleQuotes),
            Some(b'\'') if single => {
                let end = self.find(b'\'', self.at + 1);
                self.pass(end + 1, Context::SingleQuotes);
            }
            _ => self.expanding(quoted),
        }
    }

    fn arithmetic(&mut self, open: usize) {
        let open = match self.byte(0) {
            Some(b'(') => open + 1,
            Some(b')') => open - 1,
            _ => return self.expanding(true),
        };
        self.at += 1;
        if open == 0 {
            self.frames.pop();
        } else if let Some(Frame::Arithmetic { open: now }) = self.frames.last_mut() {
            *now = open;
        }
    }

    /// A place where backslashes, `$` and backquotes have their meaning, and nothing else has.
    fn expanding(&mut self, quoted: bool) {
        match self.byte(0) {
            Some(b'\\') => self.escape(),
            Some(b'$') => self.dollar(quoted),
            Some(b'`') => self.backquote(),
            _ => self.at += 1,
        }
    }

    fn escape(&mut self) {
        self.begin_word();
        if self.hole_at(self.at + 1) {
            self.pass(self.at + 2, Context::Escaped);
        } else {
            self.at += 2;
        }
    }

    /// `$`, in double quotes or the like where `quoted`.
    fn dollar(&mut self, quoted: bool) {
        let in_code = matches!(self.frames.last(), Some(Frame::Code(_)));
        if self.hole_at(self.at + 1) {
            self.pass(self.at + 2, Context::Escaped);
        } else if self.looking_at(b"$((") {
            self.open(3, Frame::Arithmetic { open: 2 });
        } else if self.looking_at(b"$(") {
            self.open(2, Frame::Code(Code::new(Close::Parenthesis)));
        } else if self.looking_at(b"${") {
            self.open_braces(quoted);
        } else if in_code && self.looking_at(b"$'") {
            let end = self.find_escaped(b'\'', self.at + 2);
            self.pass(end + 1, Context::SingleQuotes);
        } else {
            self.at += 1;
        }
    }

    fn open_braces(&mut self, quoted: bool) {
        let quoted = quoted || matches!(self.frames.last(), Some(Frame::Here { .. }));
        let rest = &self.script[self.at + 2..];
        let marks = usize::from(matches!(rest.first(), Some(b'#' | b'!')));
        let is_name = |b: &&u8| b.is_ascii_alphanumeric() || **b == b'_';
        let operator = rest[marks..].iter().find(|b| !is_name(b));
        // A pattern may be quoted in single quotes even where the whole stands in double ones.
        let pattern = matches!(operator, Some(b'#' | b'%' | b'/' | b'^' | b','));
        let name = self.at + 2 + marks;
        self.open(2 + marks, Frame::Braces { quoted, single: !quoted || pattern, name });
    }

    fn backquote(&mut self) {
        let ends = |frame: &Frame| matches!(frame, Frame::Code(Code { close: Close::Backquote, .. }));
        match self.frames.iter().rposition(ends) {
            Some(opened) => {
                self.frames.truncate(opened);
                self.at += 1;
            }
            None => self.open(1, Frame::Code(Code::new(Close::Backquote))),
        }
    }

    fn comment(&mut self) {
        let ends = |frame: &Frame| matches!(frame, Frame::Code(Code { close: Close::Backquote, .. }));
        let mut end = self.find(b'\n', self.at);
        if self.frames.iter().any(ends) {
            end = self.search(self.at..end, b'`', None);
        }
        self.pass(end, Context::Comment);
    }

    fn parenthesis(&mut self, code: Code) {
        if code.word.is_none() && code.first && self.looking_at(b"((") {
            return self.open(2, Frame::Arithmetic { open: 2 });
        }
        self.end_word();
        self.open(1, Frame::Code(Code::new(Close::Parenthesis)));
    }

    fn close_parenthesis(&mut self) {
        self.end_word();
        match self.frames.last_mut() {
            Some(Frame::Code(code)) if code.cases > 0 => code.first = true,
            Some(Frame::Code(Code { close: Close::Parenthesis, .. })) => _ = self.frames.pop(),
            _ => {}
        }
        self.at += 1;
    }

    fn redirection(&mut self) {
        if self.looking_at(b"<<<") {
            self.end_word();
            self.at += 3;
        } else if self.looking_at(b"<<") {
            self.end_word();
            self.here_document();
        } else if self.byte(1) == Some(b'(') {
            self.begin_word();
            self.open(2, Frame::Code(Code::new(Close::Parenthesis)));
        } else {
            self.end_word();
            self.at += 1;
            // What follows is a file, and after it the command goes on.
            self.at += usize::from(matches!(self.byte(0), Some(b'>' | b'&' | b'|')));
        }
    }

    /// Reads the delimiter of a here-document.
    fn here_document(&mut self) {
        self.at += 2;
        let tabs = self.byte(0) == Some(b'-');
        self.at += usize::from(tabs);
        while matches!(self.byte(0), Some(b' ' | b'\t')) {
            self.at += 1;
        }
        let mut document = HereDocument { delimiter: Vec::new(), tabs, quoted: false };
        let mut quote = None;
        while let Some(byte) = self.byte(0) {
            if self.hole_at(self.at) {
                self.pass(self.at + 1, Context::Name);
                continue;
            }
            match (byte, quote) {
                (b'\n', _) | (b' ' | b'\t' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')', None) => break,
                (b'\'' | b'"', None) => (quote, document.quoted) = (Some(byte), true),
                (_, Some(open)) if open == byte => quote = None,
                (b'\\', None) => document.quoted = true,
                _ => document.delimiter.push(byte),
            }
            self.at += 1;
        }
        self.pending.push_back(document);
    }

    fn line_end(&mut self) {
        self.begin_command();
        self.enter_here_document();
    }

    /// Begins the next here-document that was announced, at the beginning of a line.
    fn enter_here_document(&mut self) {
        while let Some(document) = self.pending.pop_front() {
            let (end, after) = self.end_of(&document);
            if document.quoted {
                self.pass(end, Context::QuotedHereDocument);
                self.at = after;
            } else {
                self.frames.push(Frame::Here { end, after });
                return;
            }
        }
    }

    /// Where the line with the delimiter begins, and where the line after it does.
    fn end_of(&self, document: &HereDocument) -> (usize, usize) {
        let mut start = self.at;
        while start < self.script.len() {
            let rest = &self.script[start..];
            let length = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
            let mut line = &rest[..length];
            while document.tabs && line.first() == Some(&b'\t') {
                line = &line[1..];
            }
            let next = start + length + 1;
            if line == document.delimiter {
                return (start, next.min(self.script.len()));
            }
            start = next;
        }
        (self.script.len(), self.script.len())
    }

    fn leave_here_documents(&mut self) {
        let at = self.at;
        let over = |frame: &Frame| matches!(frame, Frame::Here { end, .. } if *end <= at);
        let Some(outermost) = self.frames.iter().position(over) else { return };
        if let Frame::Here { after, .. } = self.frames[outermost] {
            self.at = self.at.max(after);
        }
        self.frames.truncate(outermost);
        self.enter_here_document();
    }

    fn open(&mut self, length: usize, frame: Frame) {
        self.begin_word();
        self.at += length;
        self.frames.push(frame);
    }

    fn close(&mut self, length: usize) {
        self.at += length;
        self.frames.pop();
    }

    fn begin_word(&mut self) {
        let at = self.at;
        if let Some(Frame::Code(code)) = self.frames.last_mut() {
            code.word.get_or_insert(at);
        }
    }

    fn begin_command(&mut self) {
        self.end_word();
        if let Some(Frame::Code(code)) = self.frames.last_mut() {
            code.first = true;
        }
        self.at += 1;
    }

    fn end_word(&mut self) {
        let (script, at) = (self.script, self.at);
        let Some(Frame::Code(code)) = self.frames.last_mut() else { return };
        let Some(start) = code.word.take() else { return };
        let word = script.get(start..at).unwrap_or_default();
        if !code.first {
            return;
        }
        match word {
            b"case" => (code.cases, code.first) = (code.cases + 1, false),
            b"esac" => (code.cases, code.first) = (code.cases.saturating_sub(1), false),
            _ => code.first = is_assignment(word) || BEFORE_COMMANDS.iter().any(|w| w.as_bytes() == word),
        }
    }

    /// The place of the next `byte` that stands in no hole, or the end.
    fn find(&self, byte: u8, from: usize) -> usize {
        self.search(from..self.script.len(), byte, None)
    }

    /// The same, where a backslash takes away the meaning of what follows it.
    fn find_escaped(&self, byte: u8, from: usize) -> usize {
        self.search(from..self.script.len(), byte, Some(b'\\'))
    }

    fn search(&self, within: Range<usize>, wanted: u8, escape: Option<u8>) -> usize {
        let mut holes = self.holes[self.found.len()..].iter().peekable();
        let mut at = within.start;
        while at < within.end {
            while holes.next_if(|hole| hole.end <= at).is_some() {}
            match holes.peek() {
                Some(hole) if hole.contains(&at) => at = hole.end,
                _ if Some(self.script[at]) == escape => at += 2,
                _ if self.script[at] == wanted => return at,
                _ => at += 1,
            }
        }
        within.end
    }
}

fn is_assignment(word: &[u8]) -> bool {
    let name = word.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    name > 0 && !word[0].is_ascii_digit() && matches!(word[name..], [b'=', ..] | [b'+', b'=', ..])
}
