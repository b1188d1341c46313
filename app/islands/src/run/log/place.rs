//! Places in a log, and the links that lead to them.

use std::fmt;
use std::str::FromStr;

/// A line of a step: both by their place, from 0. The steps of all jobs are counted through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub step: usize,
    pub line: usize,
}

/// The lines that a link leads to, by the events that brought them: `l120` one, `l120-l140` these and all of the same
/// step between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Picked {
    /// The first.
    pub first: u64,
    /// The last, not before the first.
    pub last: u64,
}

/// A fragment that leads to no line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a line is l120, a range of lines is l120-l140")]
pub struct NoLine;

impl Picked {
    /// From one line to another, in either order.
    pub fn between(one: u64, other: u64) -> Self {
        Self { first: one.min(other), last: one.max(other) }
    }

    /// Whether the line that the event `seq` brought is one of them.
    pub fn holds(self, seq: u64) -> bool {
        (self.first..=self.last).contains(&seq)
    }
}

impl FromStr for Picked {
    type Err = NoLine;

    fn from_str(fragment: &str) -> Result<Self, NoLine> {
        let line = |text: &str| text.strip_prefix('l')?.parse().ok();
        match fragment.split_once('-') {
            None => line(fragment).map(|seq| Self::between(seq, seq)),
            Some((one, other)) => line(one).zip(line(other)).map(|(one, other)| Self::between(one, other)),
        }
        .ok_or(NoLine)
    }
}

impl fmt::Display for Picked {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { first, last } = self;
        if first == last { write!(out, "l{first}") } else { write!(out, "l{first}-l{last}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_read_back() {
        for (fragment, picked) in [("l7", Picked::between(7, 7)), ("l7-l12", Picked::between(12, 7))] {
            assert_eq!(fragment.parse(), Ok(picked));
            assert_eq!(picked.to_string(), fragment);
        }
        assert_eq!("l12-l7".parse(), Ok(Picked::between(7, 12)));
        for other in ["", "l", "7", "job-1", "l7-", "l7-l8-l9", "l-1", "l99999999999999999999"] {
            assert_eq!(other.parse::<Picked>(), Err(NoLine), "{other}");
        }
    }
}
