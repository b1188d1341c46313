//! The rules of registering for an event.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use regatta_domain::event::{EventOverride, EventTime, Place, RegistrationPolicy};
use regatta_domain::seats::{Attendance, Quotas};
use serde_saphyr::Spanned;

use super::matter::{EventMatter, QuotasMatter, RegistrationMatter, StatusMatter};
use super::{codes, questions, status, times};
use crate::document::Report;
use crate::fields::LinkMatter;
use crate::moment::Moment;

/// How long a seat is held where the file does not say.
const DEFAULT_HOLD_MINUTES: u32 = 30;
/// The longest hold: a week.
const MAX_HOLD_MINUTES: u32 = 7 * 24 * 60;
/// The largest meetup this is made for.
const MAX_CAPACITY: u32 = 100_000;
/// The largest party.
const MAX_PARTY: u32 = 20;
/// How long names and addresses are kept where the file does not say, and at most: ten years.
const DEFAULT_RETENTION_DAYS: u32 = 90;
const MAX_RETENTION_DAYS: u32 = 3_650;

/// The rules; `None` where one does not register here, or where the rules are wrong, which the report then says.
pub fn read(
    matter: &EventMatter,
    place: Option<&Place>,
    when: &EventTime,
    started: Timestamp,
    report: &mut Report,
) -> Option<RegistrationPolicy> {
    let registration = &matter.registration.as_ref()?.value;
    let opens = moment(registration.opens.as_ref(), when, started, report);
    let closes = moment(registration.closes.as_ref(), when, started, report);
    check_order(registration, when, opens, closes, report);
    // Each of these is read before any is missed, so that all mistakes are told.
    let quotas = read_quotas(matter, place, report);
    let hold_minutes =
        number(registration.hold_minutes.as_ref(), MAX_HOLD_MINUTES, DEFAULT_HOLD_MINUTES, "minutes", report);
    let party_size = number(registration.party_size.as_ref(), MAX_PARTY, 1, "seats", report);
    let retention_days = number(
        registration.retention_days.as_ref(),
        MAX_RETENTION_DAYS,
        DEFAULT_RETENTION_DAYS,
        "days",
        report,
    );
    let invitations = codes::read(registration.invitation_codes.as_ref(), report);
    let questions = questions::read(registration.questions.as_ref(), report);
    Some(RegistrationPolicy {
        quotas: quotas?,
        opens,
        closes,
        waitlist: registration.waitlist,
        hold_minutes: hold_minutes?,
        party_size: party_size?,
        approval: registration.approval,
        invitations: invitations?,
        questions: questions?,
        terms: registration.terms.as_ref().map(LinkMatter::link),
        retention_days: retention_days?,
        overrides: EventOverride::default(),
    })
}

/// How many seats there are: `capacity`, of the kind that the place suggests, or `quotas`.
fn read_quotas(matter: &EventMatter, place: Option<&Place>, report: &mut Report) -> Option<Quotas> {
    let section = matter.registration.as_ref()?;
    match (&section.value.capacity, &section.value.quotas) {
        (Some(capacity), None) => {
            let seats = bounded(capacity, 1..=MAX_CAPACITY, "seats", report)?;
            Some(match suggested(matter, place) {
                Attendance::InPerson => Quotas { in_person: Some(seats), online: None },
                Attendance::Online => Quotas { in_person: None, online: Some(seats) },
            })
        }
        (None, Some(quotas)) => read_each(matter, quotas, place, report),
        (Some(capacity), Some(_)) => {
            report.wrong_with_hint(capacity, "both `capacity` and `quotas`", "keep one of them");
            None
        }
        (None, None) => {
            report.wrong_with_hint(
                section,
                "it is not said how many seats there are",
                "write `capacity: 80`, or `quotas: {in_person: 80, online: 500}`",
            );
            None
        }
    }
}

fn read_each(
    matter: &EventMatter,
    quotas: &Spanned<QuotasMatter>,
    place: Option<&Place>,
    report: &mut Report,
) -> Option<Quotas> {
    let QuotasMatter { in_person, online } = &quotas.value;
    if in_person.is_none() && online.is_none() {
        report.wrong_with_hint(
            quotas,
            "there are no seats here",
            "write `in_person: 80`, `online: 500` or both",
        );
        return None;
    }
    if let Some(in_person) = in_person
        && place == Some(&Place::Online)
        && status::as_announced(matter)
    {
        report.wrong_with_hint(
            in_person,
            "there is no site: the event is online",
            "write `online:` instead, or `status: moved_online` where it once had a site",
        );
        return None;
    }
    let mut seats = |kind: &Option<Spanned<u32>>| {
        kind.as_ref()
            .map(|seats| bounded(seats, 1..=MAX_CAPACITY, "seats", report))
            .map_or(Ok(None), |read| read.map(Some).ok_or(()))
    };
    let (in_person, online) = (seats(in_person), seats(online));
    Some(Quotas { in_person: in_person.ok()?, online: online.ok()? })
}

/// The kind of seats that goes without saying. Who had a seat on site keeps it when the event moves online.
fn suggested(matter: &EventMatter, place: Option<&Place>) -> Attendance {
    let moved = matter.status.as_ref().is_some_and(|status| status.value == StatusMatter::MovedOnline);
    if place == Some(&Place::Online) && !moved { Attendance::Online } else { Attendance::InPerson }
}

/// A number from 1 to `most`, or what it is where the file does not say.
fn number(
    value: Option<&Spanned<u32>>,
    most: u32,
    default: u32,
    unit: &str,
    report: &mut Report,
) -> Option<u32> {
    value.map_or(Some(default), |value| bounded(value, 1..=most, unit, report))
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
