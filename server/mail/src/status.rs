//! Enhanced status codes (RFC 3463): what a server thinks is the matter, in three numbers.

use std::fmt;
use std::str::FromStr;

/// A status as in `5.1.1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// 2 for success, 4 for a failure that may pass, 5 for one that will not.
    pub class: u8,
    /// What it is about: 1 addresses, 2 the mailbox, 3 the system, 4 the network, 5 the protocol, 6 the text, 7 policy.
    pub subject: u16,
    /// What exactly, by subject.
    pub detail: u16,
}

/// Why a text is no [`Status`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a status reads like 5.1.1: a class of 2, 4 or 5, a subject and a detail of up to three digits")]
pub struct StatusError;

impl Status {
    /// The status that a server's words begin with (RFC 2034 section 4).
    pub fn leading(words: &str) -> Option<Self> {
        words.split_whitespace().next()?.parse().ok()
    }

    /// Whether it says that nobody reads mail at the address: the mailbox or its domain does not exist (5.1.1, 5.1.2, 5.1.3,
    /// 5.1.6, and 5.1.10 of RFC 7505 section 4.2), or the mailbox is closed (5.2.1).
    pub fn is_dead_address(self) -> bool {
        self.class == 5 && matches!((self.subject, self.detail), (1, 1 | 2 | 3 | 6 | 10) | (2, 1))
    }

    /// Whether it says that the mailbox is full (RFC 3463 section 3.3), which passes even where it is called permanent.
    pub fn is_full_mailbox(self) -> bool {
        self.class != 2 && (self.subject, self.detail) == (2, 2)
    }

    /// Whether it says that what proves the sender does not: DKIM, SPF, reverse names (RFC 7372 section 3).
    pub fn is_unproven_sender(self) -> bool {
        self.class == 5 && self.subject == 7 && (20..=27).contains(&self.detail)
    }
}

impl FromStr for Status {
    type Err = StatusError;

    fn from_str(text: &str) -> Result<Self, StatusError> {
        let number = |part: Option<&str>| -> Option<u16> {
            part.filter(|part| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()))
                .and_then(|part| part.parse().ok())
        };
        let mut parts = text.split('.');
        let class = match parts.next() {
            Some("2") => 2,
            Some("4") => 4,
            Some("5") => 5,
            _ => return Err(StatusError),
        };
        let (subject, detail) = (number(parts.next()), number(parts.next()));
        match (subject, detail, parts.next()) {
            (Some(subject), Some(detail), None) => Ok(Self { class, subject, detail }),
            _ => Err(StatusError),
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_reads_back() {
        for text in ["2.0.0", "4.2.2", "5.1.10", "5.7.509"] {
            assert_eq!(text.parse::<Status>().unwrap().to_string(), text);
        }
        for bad in ["", "5", "5.1", "5.1.1.1", "3.1.1", "5.1.1000", "5..1", "5.+1.1", "5.1.1,"] {
            assert_eq!(bad.parse::<Status>(), Err(StatusError), "{bad:?}");
        }
    }

    #[test]
    fn it_is_looked_for_at_the_beginning_only() {
        assert_eq!(Status::leading("5.1.1 no 4.2.2 here").unwrap().to_string(), "5.1.1");
        assert_eq!(Status::leading("no such user 5.1.1"), None);
        assert_eq!(Status::leading(""), None);
    }

    #[test]
    fn what_is_said_of_an_address_is_told_from_what_is_said_of_the_rest() {
        let status = |text: &str| text.parse::<Status>().unwrap();
        for dead in ["5.1.1", "5.1.2", "5.1.10", "5.2.1"] {
            assert!(status(dead).is_dead_address(), "{dead}");
        }
        for alive in ["4.1.1", "5.2.2", "5.7.1", "5.3.4", "5.1.8", "2.1.1"] {
            assert!(!status(alive).is_dead_address(), "{alive}");
        }
        assert!(status("5.2.2").is_full_mailbox() && status("4.2.2").is_full_mailbox());
        assert!(status("5.7.26").is_unproven_sender() && !status("5.7.1").is_unproven_sender());
    }
}
