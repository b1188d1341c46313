//! Rows as every engine stores them, and what they have in common: moments, identities, numbers, JSON, and what to say
//! when one is broken.
//!
//! The columns have the same names on every engine and hold texts and whole numbers, so that each table has one struct
//! that reads its rows and one place that turns them into what they mean.

pub mod announcement;
pub mod desk;
pub mod follow;
pub mod history;
pub mod lease;
pub mod mail;
pub mod playground;
pub mod record;
pub mod registration;
pub mod run;

use std::fmt::Display;
use std::str::FromStr;

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

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

    /// Reads a moment that may be absent.
    pub fn moment_if_any(self, micros: Option<i64>) -> Result<Option<Timestamp>, StoreError> {
        micros.map(|micros| self.moment(micros)).transpose()
    }

    /// Reads a number that is never negative.
    pub fn number<T: TryFrom<i64, Error: Display>>(self, stored: i64) -> Result<T, StoreError> {
        T::try_from(stored).map_err(|why| self.broken(format!("{stored}: {why}")))
    }

    /// Reads a value that is stored under a name: `named` is the lookup.
    pub fn named<T>(self, name: &str, named: impl FnOnce(&str) -> Option<T>) -> Result<T, StoreError> {
        named(name).ok_or_else(|| self.broken(format!("{name:?} is unknown here")))
    }

    /// Reads JSON.
    pub fn json<T: DeserializeOwned>(self, text: &str) -> Result<T, StoreError> {
        serde_json::from_str(text).map_err(|why| self.broken(why))
    }

    /// Writes JSON. What is stored so has string keys and finite numbers only, which always serialise.
    pub fn to_json(self, value: &impl Serialize) -> Result<String, StoreError> {
        serde_json::to_string(value).map_err(|why| self.broken(why))
    }
}

/// Turns rows into what they mean.
pub fn read_all<R, T>(rows: Vec<R>) -> Result<Vec<T>, StoreError>
where
    T: TryFrom<R, Error = StoreError>,
{
    rows.into_iter().map(T::try_from).collect()
}

/// A count as SQL gives it; no table here can hold more rows than `u32` counts.
pub fn count(stored: i64) -> u32 {
    u32::try_from(stored).unwrap_or(u32::MAX)
}

/// A pattern for LIKE with `escape '\'` that finds `text` anywhere, whatever characters it has.
pub fn containing(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_means_its_letters() {
        assert_eq!(containing(r"50%_a\b"), r"%50\%\_a\\b%");
    }
}
