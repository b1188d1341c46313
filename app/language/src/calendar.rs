//! Calendar entries in words.

use regatta_domain::calendar::Entry;
use regatta_domain::event::{Event, EventStatus, Place};
use regatta_domain::seats::Attendance;

use crate::words::Words;

impl Words {
    /// Where one takes part: for whoever takes part on the web that is the web, wherever the others meet.
    pub fn place(self, place: Option<&Place>, attendance: Option<Attendance>) -> Option<String> {
        match (attendance, place) {
            (Some(Attendance::Online), _) | (_, Some(Place::Online)) => Some(self.say("calendar-online")),
            (_, Some(Place::Located(at))) => Some(at.clone()),
            (_, None) => None,
        }
    }

    /// `entry`, which is about `event`, in these words: where it is for someone who takes part by `attendance`, and that
    /// it is postponed where it is.
    pub fn entry(self, entry: Entry, event: &Event, attendance: Option<Attendance>) -> Entry {
        let entry = Entry { location: self.place(event.place.as_ref(), attendance), ..entry };
        if event.status != EventStatus::Postponed {
            return entry;
        }
        let note = self.say("calendar-postponed-note");
        Entry {
            summary: self.say_with("calendar-postponed", &[("title", entry.summary.as_str().into())]),
            description: Some(entry.description.map_or(note.clone(), |words| format!("{note}\n\n{words}"))),
            ..entry
        }
    }
}
