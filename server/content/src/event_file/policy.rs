//! The rules of registering for an event.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use regatta_domain::event::{EventTime, RegistrationPolicy};
use serde_saphyr::Spanned;

use super::matter::{EventMatter, RegistrationMatter};
use super::times;
use crate::document::Report;
use crate::moment::Moment;

/// How long a seat is held where the file does not say.
const DEFAULT_HOLD_MINUTES: u32 = 30;
/// The longest hold: a week.
const MAX_HOLD_MINUTES: u32 = 7 * 24 * 60;
/// The largest meetup this is made for.
const MAX_CAPACITY: u32 = 100_000;

/// The rules; `None` where one does not register here, or where the rules are wrong, which the report then says.
pub fn read(
    matter: &EventMatter,
    when: &EventTime,
    started: Timestamp,
    report: &mut Report,
) -> Option<RegistrationPolicy> {
    let registration = &matter.registration.as_ref()?.value;
    let capacity = bounded(&registration.capacity, 1..=MAX_CAPACITY, "seats", report)?;
    let hold_minutes = match &registration.hold_minutes {
        Some(minutes) => bounded(minutes, 1..=MAX_HOLD_MINUTES, "minutes", report)?,
        None => DEFAULT_HOLD_MINUTES,
    };
    let opens = moment(registration.opens.as_ref(), when, started, report);
    let closes = moment(registration.closes.as_ref(), when, started, report);
    check_order(registration, when, opens, closes, report);
    Some(RegistrationPolicy { capacity, opens, closes, waitlist: registration.waitlist, hold_minutes })
}

fn bounded(
    value: &Spanned<u32>,
    range: std::ops::RangeInclusive<u32>,
    unit: &str,
    report: &mut Report,
) -> Option<u32> {
    if range.contains(&value.value) {
        return Some(value.value);
    }
    report.wrong(value, format!("this must be {} to {} {unit}", range.start(), range.end()));
    None
}

fn moment(
    moment: Option<&Spanned<Moment>>,
    when: &EventTime,
    started: Timestamp,
    report: &mut Report,
) -> Option<Timestamp> {
    let moment = moment?;
    let zone: &TimeZone = match when {
        EventTime::At { start, .. } => start.time_zone(),
        EventTime::Day(_) => {
            report.wrong(moment, "this needs a `start` and a `zone` of the event");
            return None;
        }
    };
    times::resolve(moment, zone, started, report).map(|zoned| zoned.timestamp())
}

fn check_order(
    registration: &RegistrationMatter,
    when: &EventTime,
    opens: Option<Timestamp>,
    closes: Option<Timestamp>,
    report: &mut Report,
) {
    let begins = when.begins_at();
    if let (Some(written), Some(closes)) = (&registration.closes, closes) {
        if closes > begins {
            report.wrong(written, "registration closes after the event starts");
        }
        if opens.is_some_and(|opens| opens >= closes) {
            report.wrong(written, "registration closes before it opens");
        }
    }
    if let (Some(written), Some(opens)) = (&registration.opens, opens)
        && opens >= begins
    {
        report.wrong(written, "registration opens after the event starts");
    }
}
