//! Days, hours and zones in words.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};
use regatta_domain::event::EventTime;

use crate::words::Words;

impl Words {
    /// When it takes place, with its zone named: `Thursday, 18 June 2020, 09:00 PDT (America/Los_Angeles)`.
    pub fn when(self, time: &EventTime) -> String {
        match time {
            EventTime::Day(day) => self.day(*day),
            EventTime::At { start, end: None } => self.in_zone(&self.moment(start), start),
            EventTime::At { start, end: Some(end) } => {
                let first = if short_zone(start) == short_zone(end) {
                    self.moment(start)
                } else {
                    // The clocks change in between: each end says by which one it is told.
                    let time = self.moment(start);
                    self.say_with(
                        "time-zone-short",
                        &[("time", time.into()), ("short", short_zone(start).into())],
                    )
                };
                let last = if start.date() == end.date() { hour(end) } else { self.moment(end) };
                let span = self.say_with("time-span", &[("start", first.into()), ("end", last.into())]);
                self.in_zone(&span, end)
            }
        }
    }

    /// The hour at which it begins, with its zone named shortly: `18:30 CEST`; `None` where only the day is known.
    pub fn start_hour(self, time: &EventTime) -> Option<String> {
        let EventTime::At { start, .. } = time else { return None };
        let values = [("time", hour(start).into()), ("short", short_zone(start).into())];
        Some(self.say_with("time-zone-short", &values))
    }

    /// A day: `Thursday, 18 June 2020`.
    pub fn day(self, day: Date) -> String {
        let values = [
            ("weekday", day.weekday().to_monday_one_offset().into()),
            ("day", day.day().into()),
            ("month", day.month().into()),
            ("year", day.year().into()),
        ];
        self.say_with("time-day", &values)
    }

    /// How much time there is from `now` on, as it reads the same anywhere on earth: `within 30 minutes (until 12:30
    /// UTC)`. The day is named where it is not today's.
    pub fn deadline(self, until: Timestamp, now: Timestamp) -> String {
        let left = self.time_left(until.duration_since(now));
        let (until, now) = (until.to_zoned(TimeZone::UTC), now.to_zoned(TimeZone::UTC));
        let moment = if until.date() == now.date() { hour(&until) } else { self.moment(&until) };
        self.say_with("time-within", &[("left", left.into()), ("moment", moment.into())])
    }

    /// To the minute as long as each one matters, then in whole hours or days: never more than there is, but for the
    /// seconds that a mail was under way.
    fn time_left(self, left: SignedDuration) -> String {
        let minutes = ((left.as_secs() + 30) / 60).max(1);
        let (unit, count) = match minutes {
            ..120 => ("time-minutes", minutes),
            120..2880 => ("time-hours", minutes / 60),
            _ => ("time-days", minutes / (24 * 60)),
        };
        self.say_with(unit, &[("count", count.into())])
    }

    fn moment(self, time: &Zoned) -> String {
        let day = self.day(time.date());
        self.say_with("time-moment", &[("day", day.into()), ("hour", hour(time).into())])
    }

    /// `text` with the abbreviation and, because abbreviations are shared by places far apart, the name of the zone.
    fn in_zone(self, text: &str, time: &Zoned) -> String {
        let short = short_zone(time);
        match time.time_zone().iana_name().filter(|name| *name != short) {
            Some(zone) => {
                let zone = zone.to_owned();
                let values = [("time", text.into()), ("short", short.into()), ("zone", zone.into())];
                self.say_with("time-zone", &values)
            }
            None => self.say_with("time-zone-short", &[("time", text.into()), ("short", short.into())]),
        }
    }
}

fn hour(time: &Zoned) -> String {
    time.strftime("%H:%M").to_string()
}

/// The zone's abbreviation at that moment; where it has none, how far it is from UTC.
fn short_zone(time: &Zoned) -> String {
    let abbreviation = time.strftime("%Z").to_string();
    if abbreviation.starts_with(['+', '-']) { format!("UTC{abbreviation}") } else { abbreviation }
}
