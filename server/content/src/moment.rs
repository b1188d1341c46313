//! Points in time as event files write them.

use std::fmt;

use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};

/// A date and time in the event's zone: `2020-06-18 09:00`, or, in samples, so many days after the program started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// That date and time.
    Fixed(DateTime),
    /// That time of the day so many days after the day on which the program started.
    Relative(Relative),
}

/// A moment of a sample: `{in_days: 21, at: "18:00"}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relative {
    in_days: i32,
    at: ClockTime,
}

/// A time of day: `18:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ClockTime(pub Time);

/// When an agenda item starts: `18:30` on the event's first day, or a date and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum ItemStart {
    /// On the event's first day.
    Clock(Time),
    /// On any day.
    Fixed(DateTime),
}

impl Moment {
    /// Whether it counts from the start of the program.
    pub fn is_relative(&self) -> bool {
        matches!(self, Self::Relative(_))
    }

    /// The moment in `zone`, or why there is none.
    pub fn resolve(self, zone: &TimeZone, started: Timestamp) -> Result<Zoned, String> {
        match self {
            Self::Fixed(moment) => in_zone(moment, zone),
            Self::Relative(Relative { in_days, at }) => {
                let day = started.to_zoned(zone.clone()).date();
                let day =
                    day.checked_add(in_days.days()).map_err(|_| "this day is too far away".to_owned())?;
                in_zone(day.to_datetime(at.0), zone)
            }
        }
    }
}

impl ItemStart {
    /// The moment, given the event's start, or why there is none.
    pub fn resolve(self, event_start: &Zoned) -> Result<Zoned, String> {
        let moment = match self {
            Self::Clock(time) => event_start.date().to_datetime(time),
            Self::Fixed(moment) => moment,
        };
        in_zone(moment, event_start.time_zone())
    }
}

/// Where clocks are put forward some times do not exist, and where they are put back some exist twice.
fn in_zone(moment: DateTime, zone: &TimeZone) -> Result<Zoned, String> {
    zone.to_ambiguous_zoned(moment).unambiguous().map_err(|_| {
        "clocks are changed at this time, so that it does not exist once; choose another".to_owned()
    })
}

const FORM: &str = "this is no date and time: write it like 2020-06-18 09:00";

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MomentVisitor)
    }
}

struct MomentVisitor;

impl<'de> Visitor<'de> for MomentVisitor {
    type Value = Moment;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a date and time like 2020-06-18 09:00")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Moment, E> {
        date_and_time(text).map(Moment::Fixed).ok_or_else(|| E::custom(FORM))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Moment, A::Error> {
        let relative = Relative::deserialize(MapAccessDeserializer::new(map))?;
        if relative.in_days.unsigned_abs() > 3_650 {
            return Err(A::Error::custom("a sample lies within ten years"));
        }
        Ok(Moment::Relative(relative))
    }
}

impl TryFrom<String> for ClockTime {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        clock(&text).map(Self).ok_or_else(|| "this is no time of day: write it like 18:30".to_owned())
    }
}

impl TryFrom<String> for ItemStart {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if let Some(time) = clock(&text) {
            return Ok(Self::Clock(time));
        }
        let form = "this is no time: write it like 18:30 or 2020-06-18 18:30";
        date_and_time(&text).map(Self::Fixed).ok_or_else(|| form.to_owned())
    }
}

/// A day alone is no moment: midnight is not to be made up.
fn date_and_time(text: &str) -> Option<DateTime> {
    DateTime::strptime("%Y-%m-%d %H:%M", text).ok()
}

fn clock(text: &str) -> Option<Time> {
    Time::strptime("%H:%M", text).ok()
}
