//! Who gets a seat, and who waits for one: every rule of seats and of the waitlist.
//!
//! The desk asks here within the transaction in which it acts, so that the answer is still true when it is stored; pages
//! ask here for what they show. Four questions cover it: what somebody is offered who comes now ([`offer`]), how many
//! seats go to the line ([`seats_to_give`]), to whom in it ([`promoted`]), and when all of that is over ([`is_over`]).

use jiff::Timestamp;

use crate::event::{Event, RegistrationPolicy, RegistrationWindow};
use crate::registration::{Registration, RegistrationAction, SeatCount, Transition};

/// What there is for somebody who comes now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    /// A seat, held until the address is confirmed.
    Seat,
    /// A place on the waitlist, kept until the address is confirmed.
    Waitlist,
    /// Nothing: all seats are taken or awaited, and one cannot wait.
    Nothing,
}

/// What a newcomer is offered while the seats are taken so. Whoever came before and waits, confirmed or not, is served
/// first, also where the waitlist was switched off since.
pub fn offer(policy: &RegistrationPolicy, seats: SeatCount) -> Offer {
    if seats.open_to_newcomers(policy.capacity) > 0 {
        Offer::Seat
    } else if policy.waitlist {
        Offer::Waitlist
    } else {
        Offer::Nothing
    }
}

/// How many seats of `event` those in line can be given at `now`. None once it [`is_over`]. Closed registration only
/// keeps newcomers out: a seat given back is still passed on.
pub fn seats_to_give(event: &Event, now: Timestamp, seats: SeatCount) -> u32 {
    match &event.registration {
        Some(policy) if !is_over(event, now) => seats.free(policy.capacity),
        _ => 0,
    }
}

/// Who in `line` gets one of `seats` free ones: the first by place among those whose address is confirmed. Who has not
/// confirmed yet is passed over for now and keeps the place.
pub fn promoted(mut line: Vec<Registration>, seats: u32) -> Vec<Registration> {
    line.retain(|one| matches!(one.state.after(RegistrationAction::Promote), Transition::To(_)));
    line.sort_by_key(|one| one.place);
    line.truncate(usize::try_from(seats).unwrap_or(usize::MAX));
    line
}

/// Whether `event` has begun or does not take place, so that a seat is of no use any more.
pub fn is_over(event: &Event, now: Timestamp) -> bool {
    matches!(event.registration_window(now), RegistrationWindow::Past | RegistrationWindow::Cancelled)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::event::{EventStatus, EventTime};
    use crate::html::SafeHtml;
    use crate::ids::RegistrationId;
    use crate::registration::RegistrationState as State;

    fn policy(capacity: u32, waitlist: bool) -> RegistrationPolicy {
        RegistrationPolicy { capacity, opens: None, closes: None, waitlist, hold_minutes: 30 }
    }

    fn noon() -> Timestamp {
        "2030-06-01T12:00:00Z".parse().unwrap()
    }

    fn event(policy: RegistrationPolicy) -> Event {
        Event {
            id: "meetup".parse().unwrap(),
            slug: "meetup".parse().unwrap(),
            formerly: Vec::new(),
            title: String::new(),
            summary: String::new(),
            when: EventTime::At { start: "2030-06-02T18:00[Europe/Berlin]".parse().unwrap(), end: None },
            place: None,
            hosts: Vec::new(),
            topics: Vec::new(),
            links: Vec::new(),
            agenda: Vec::new(),
            registration: Some(policy),
            status: EventStatus::Scheduled,
            sample: false,
            body: SafeHtml::default(),
        }
    }

    fn registration(place: u8, state: State) -> Registration {
        Registration {
            id: RegistrationId::from_bytes([place; 16]),
            event: "meetup".parse().unwrap(),
            name: "Ada".parse().unwrap(),
            email: format!("visitor{place}@example.org").parse().unwrap(),
            state,
            place: place.into(),
            held_until: noon(),
            generation: 1,
            sequence: 0,
            version: 1,
            created_at: noon(),
            updated_at: noon(),
        }
    }

    #[test]
    fn a_seat_that_somebody_waits_for_is_not_offered() {
        let free_but_awaited = SeatCount { taken: 1, waiting: 1 };
        assert_eq!(offer(&policy(2, true), free_but_awaited), Offer::Waitlist);
        assert_eq!(offer(&policy(2, false), free_but_awaited), Offer::Nothing);
        assert_eq!(offer(&policy(3, true), free_but_awaited), Offer::Seat);
    }

    #[test]
    fn a_seat_given_back_is_passed_on_as_long_as_it_is_of_use() {
        let one_free = SeatCount { taken: 1, waiting: 1 };
        let mut event = event(RegistrationPolicy { closes: Some(noon()), ..policy(2, true) });
        assert_eq!(seats_to_give(&event, noon(), one_free), 1, "registration is closed");
        assert_eq!(seats_to_give(&event, event.when.begins_at(), one_free), 0, "it has begun");
        event.status = EventStatus::Cancelled;
        assert_eq!(seats_to_give(&event, noon(), one_free), 0, "it does not take place");
        event.status = EventStatus::Scheduled;
        event.registration = None;
        assert_eq!(seats_to_give(&event, noon(), one_free), 0, "nobody registers here");
    }

    fn any_state() -> impl Strategy<Value = State> {
        proptest::sample::select(State::ALL.as_slice())
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// After a newcomer got a seat there is still one for everybody who waited.
        #[test]
        fn no_newcomer_takes_what_others_wait_for(
            capacity in 0..50u32, taken in 0..60u32, waiting in 0..60u32, waitlist: bool,
        ) {
            match offer(&policy(capacity, waitlist), SeatCount { taken, waiting }) {
                Offer::Seat => prop_assert!(taken + 1 + waiting <= capacity),
                Offer::Waitlist => prop_assert!(waitlist && taken + waiting >= capacity),
                Offer::Nothing => prop_assert!(!waitlist && taken + waiting >= capacity),
            }
        }

        #[test]
        fn seats_go_by_place_to_confirmed_addresses_until_none_is_left(
            states in proptest::collection::vec(any_state(), 0..12), seats in 0..6u32,
        ) {
            let mut line: Vec<_> = (1..).zip(&states).map(|(place, state)| registration(place, *state)).collect();
            line.reverse();
            let waiting: BTreeSet<i64> =
                line.iter().filter(|one| one.state == State::Waitlisted).map(|one| one.place).collect();
            let given: Vec<i64> = promoted(line, seats).iter().map(|one| one.place).collect();
            let expected: Vec<i64> = waiting.into_iter().take(seats as usize).collect();
            prop_assert_eq!(given, expected);
        }
    }
}
