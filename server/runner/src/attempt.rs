//! What `regatta-runner attempt` finds, and how its lines are read.
//!
//! ```text
//! ptrace: Operation not permitted (os error 1)
//! write /etc/passwd: ALLOWED
//! kernel = 6.1.0-25-amd64
//! ```

use std::fmt;
use std::io;

/// The most findings that are read of one text.
pub const MAX_FINDINGS: usize = 1000;
/// The longest line that is read, in bytes.
const MAX_LINE: usize = 4096;
/// What stands for an attempt that succeeded.
const ALLOWED: &str = "ALLOWED";

/// What came of one attempt, or of one look around.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was tried: "ptrace", "connect 10.96.0.1:443"; or what was looked at: "kernel".
    pub name: String,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// What was tried succeeded.
    Allowed,
    /// It did not.
    Refused {
        /// What the kernel said.
        words: String,
        /// The same as a number of errno(3), where it said one.
        error: Option<i32>,
    },
    /// What was looked at is so.
    Told(String),
}

impl Finding {
    /// That an attempt succeeded, or why it did not.
    pub fn tried(name: impl Into<String>, error: Option<&io::Error>) -> Self {
        let refused = |error: &io::Error| Outcome::Refused {
            words: plain(&error.to_string()),
            error: error.raw_os_error(),
        };
        Self { name: plain(&name.into()), outcome: error.map_or(Outcome::Allowed, refused) }
    }

    /// That something is so.
    pub fn told(name: impl Into<String>, value: impl AsRef<str>) -> Self {
        Self { name: plain(&name.into()), outcome: Outcome::Told(plain(value.as_ref())) }
    }

    /// Whether a filter of system calls refused it: it says that the call is not permitted, or that there is none.
    pub fn is_refused_by_filter(&self) -> bool {
        matches!(self.outcome, Outcome::Refused { error: Some(libc::EPERM | libc::ENOSYS), .. })
    }

    /// Whether it was refused in whatever way.
    pub fn is_refused(&self) -> bool {
        matches!(self.outcome, Outcome::Refused { .. })
    }

    fn read(line: &str) -> Option<Self> {
        if line.len() > MAX_LINE {
            return None;
        }
        let (colon, equals) = (line.find(": "), line.find(" = "));
        if let Some(at) = equals.filter(|equals| colon.is_none_or(|colon| *equals < colon)) {
            return Some(Self {
                name: line[..at].to_owned(),
                outcome: Outcome::Told(line[at + 3..].to_owned()),
            });
        }
        let (name, answer) = line.split_once(": ")?;
        let refused = || Outcome::Refused { words: answer.to_owned(), error: error_number(answer) };
        let outcome = if answer == ALLOWED { Outcome::Allowed } else { refused() };
        Some(Self { name: name.to_owned(), outcome })
    }
}

/// As the program prints it.
impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Outcome::Allowed => write!(out, "{}: {ALLOWED}", self.name),
            Outcome::Refused { words, .. } => write!(out, "{}: {words}", self.name),
            Outcome::Told(value) => write!(out, "{} = {value}", self.name),
        }
    }
}

/// The findings in what was printed. Lines of other forms are left out.
pub fn parse(text: &str) -> Vec<Finding> {
    text.lines().filter_map(Finding::read).take(MAX_FINDINGS).collect()
}

/// The number in "… (os error 13)".
fn error_number(answer: &str) -> Option<i32> {
    let (_, number) = answer.strip_suffix(')')?.rsplit_once("(os error ")?;
    number.parse().ok()
}

/// One line, whatever a file system or an image has for names.
fn plain(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { '?' } else { character }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_printed_is_read() {
        let refused = io::Error::from_raw_os_error(libc::EPERM);
        let findings = vec![
            Finding::tried("ptrace", Some(&refused)),
            Finding::tried("connect [fd00::1]:443", Some(&io::Error::from_raw_os_error(libc::ETIMEDOUT))),
            Finding::tried("write /etc/passwd", None),
            Finding::tried("dns 10.0.0.1:53", Some(&io::Error::other("no answer"))),
            Finding::told("mount /a", "tmpfs rw,size = 3: 4"),
            Finding::told("groups", ""),
        ];
        let lines: Vec<String> = findings.iter().map(Finding::to_string).collect();
        let read = parse(&format!("noise\n{}\n\n", lines.join("\n")));
        assert_eq!(read, findings);
        assert!(read[0].is_refused_by_filter() && !read[1].is_refused_by_filter() && read[1].is_refused());
        assert!(!read[2].is_refused());
    }

    #[test]
    fn a_name_cannot_make_lines() {
        let finding = Finding::told("mount /a\nptrace", "x\r\ny");
        assert_eq!(finding.to_string(), "mount /a?ptrace = x??y");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(?s).{0,300}") {
            prop_assert!(parse(&text).len() <= MAX_FINDINGS);
        }
    }
}
