//! What became of an event.

use jiff::{Timestamp, Zoned};
use regatta_domain::event::{EventStatus, EventTime, Place};

use super::matter::{EventMatter, StatusMatter};
use super::times;
use crate::document::Report;

/// What became of the event.
pub fn read(matter: &EventMatter, place: Option<&Place>, report: &mut Report) -> EventStatus {
    let Some(status) = &matter.status else { return EventStatus::Published };
    if status.value == StatusMatter::MovedOnline && place != Some(&Place::Online) {
        report.wrong_with_hint(
            status,
            "an event that moved online takes place there",
            "write `place: online`",
        );
    }
    status.value.into()
}

/// Whether nothing became of it but what was first announced. What was moved may then be postponed or cancelled, and keeps
/// what its file says of before: were that a mistake, nobody would hear of the cancellation.
pub fn as_announced(matter: &EventMatter) -> bool {
    let status = matter.status.as_ref().map_or(StatusMatter::Published, |status| status.value);
    matches!(status, StatusMatter::Draft | StatusMatter::Published)
}

/// When it was to begin before it was moved.
pub fn previous_start(
    matter: &EventMatter,
    when: Option<&EventTime>,
    started: Timestamp,
    report: &mut Report,
) -> Option<Zoned> {
    let previous = matter.previous_start.as_ref()?;
    if as_announced(matter) {
        report.wrong_with_hint(
            previous,
            "only an event that was moved has an earlier start",
            "write `status: rescheduled`, or remove this",
        );
    }
    let EventTime::At { start, .. } = when? else {
        report.wrong(previous, "this needs a `start` and a `zone` of the event");
        return None;
    };
    let resolved = times::resolve(previous, start.time_zone(), started, report)?;
    if resolved == *start {
        report.wrong(previous, "this is when the event starts now");
    }
    Some(resolved)
}
