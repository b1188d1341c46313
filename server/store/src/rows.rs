//! What every table's rows have in common: moments, identities, numbers, and what to say when one is broken.

use std::fmt::Display;
use std::str::FromStr;

use jiff::Timestamp;

use crate::StoreError;

/// A moment as it is stored: whole microseconds since 1970 in UTC. One number sorts and compares the same on every
/// engine, needs no parsing, and is as fine as PostgreSQL's own timestamps.
pub fn micros(moment: Timestamp) -> i64 {
    moment.as_microsecond()
}

/// Names the row that is being read, so that broken data is reported with its place.
#[derive(Clone, Copy)]
pub struct RowName<'r> {
    /// What kind of thing it is.
    pub what: &'static str,
    /// Its identity.
    pub id: &'r str,
}

impl RowName<'_> {
    /// The row is broken, and why.
    pub fn broken(self, why: impl Display) -> StoreError {
        StoreError::Inconsistent { what: self.what, id: self.id.to_owned(), why: why.to_string() }
    }

    /// Reads a value that its type checks.
    pub fn parse<T: FromStr<Err: Display>>(self, text: &str) -> Result<T, StoreError> {
        text.parse().map_err(|why| self.broken(format!("{text:?}: {why}")))
    }

    /// Reads a moment.
    pub fn moment(self, micros: i64) -> Result<Timestamp, StoreError> {
        Timestamp::from_microsecond(micros).map_err(|why| self.broken(why))
    }

    /// Reads a number that is never negative.
    pub fn number<T: TryFrom<i64, Error: Display>>(self, stored: i64) -> Result<T, StoreError> {
        T::try_from(stored).map_err(|why| self.broken(format!("{stored}: {why}")))
    }
}

/// A count as SQL gives it; no table here can hold more rows than `u32` counts.
pub fn count(stored: i64) -> u32 {
    u32::try_from(stored).unwrap_or(u32::MAX)
}
