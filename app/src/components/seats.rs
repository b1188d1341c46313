//! Seats in words: of which kind, how many are left.

use regatta_domain::event::{Event, Place, RegistrationPolicy};
use regatta_domain::registration::Registration;
use regatta_domain::seats::{Attendance, SeatCount, Seats};

/// How one takes part, as it reads on a page. Whoever registered for the site of a meetup that has moved online since
/// takes part online.
pub fn attendance_words(attendance: Attendance, event: &Event) -> &'static str {
    match attendance {
        Attendance::InPerson if event.place != Some(Place::Online) => "On site",
        Attendance::InPerson | Attendance::Online => "Online",
    }
}

/// Whether this registration is for taking part on the web: by choice, or because everybody does.
pub fn is_online(registration: &Registration, event: &Event) -> bool {
    registration.attendance == Attendance::Online || event.place == Some(Place::Online)
}

/// How one takes part, where the meetup's page cannot be read.
pub fn kind_words(attendance: Attendance) -> &'static str {
    match attendance {
        Attendance::InPerson => "On site",
        Attendance::Online => "Online",
    }
}

/// How many seats whoever comes now can have, or how many wait for one. A seat that came free for those who wait is no
/// seat to be had.
pub fn seats_words(seats: SeatCount, capacity: u32) -> String {
    match (seats.open_to_newcomers(capacity), seats.free(capacity), seats.waiting) {
        (0, _, 0) if capacity == 0 => "There are no seats at the moment.".to_owned(),
        (0, _, 0) if capacity == 1 => "The only seat is taken.".to_owned(),
        (0, _, 0) => format!("All {capacity} seats are taken."),
        (0, 0, waiting) => format!("Full, {waiting} waiting."),
        (0, _, 1) => "Full: 1 waits for the next free seat.".to_owned(),
        (0, _, waiting) => format!("Full: {waiting} wait for the next free seats."),
        (open, _, _) => {
            format!("{open} of {capacity} {} free.", if capacity == 1 { "seat" } else { "seats" })
        }
    }
}

/// The same for one kind of seats of an event, and whether its organizers set their number by hand.
pub fn kind_seats_words(policy: &RegistrationPolicy, seats: Seats, kind: Attendance) -> String {
    let capacity = policy.quotas.capacity(kind).unwrap_or(0);
    let words = seats_words(seats.of(kind), capacity);
    match policy.overrides.capacity(kind) {
        Some(_) => format!("{words} The number of seats was set by the organizers."),
        None => words,
    }
}

/// Whether nobody who comes now can have a seat of this kind.
pub fn is_full(policy: &RegistrationPolicy, seats: Seats, kind: Attendance) -> bool {
    let capacity = policy.quotas.capacity(kind).unwrap_or(0);
    seats.of(kind).open_to_newcomers(capacity) == 0
}

/// A number of people as it is chosen: `2 people`.
pub fn people_words(party: u32) -> String {
    match party {
        1 => "1 person".to_owned(),
        more => format!("{more} people"),
    }
}

/// A number of seats: `2 seats`.
pub fn party_words(party: u32) -> String {
    match party {
        1 => "1 seat".to_owned(),
        more => format!("{more} seats"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seats_read_as_one_would_say_it() {
        let count = |taken, waiting| SeatCount { taken, waiting };
        for (seats, capacity, words) in [
            (count(1, 0), 4, "3 of 4 seats free."),
            (count(0, 0), 1, "1 of 1 seat free."),
            (count(1, 0), 1, "The only seat is taken."),
            (count(4, 0), 4, "All 4 seats are taken."),
            (count(5, 0), 4, "All 4 seats are taken."),
            (count(4, 2), 4, "Full, 2 waiting."),
            (count(3, 1), 4, "Full: 1 waits for the next free seat."),
            (count(3, 2), 4, "Full: 2 wait for the next free seats."),
            (count(0, 0), 0, "There are no seats at the moment."),
        ] {
            assert_eq!(seats_words(seats, capacity), words);
        }
    }
}
