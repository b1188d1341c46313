//! Who gets a seat, and who waits for one: every rule of seats and of the waitlist.
//!
//! The desk asks here within the transaction in which it acts, so that the answer is still true when it is stored; pages
//! ask here for what they show. What somebody is offered who comes now ([`offer`]) or wants more ([`has_room_for`]), how
//! many seats go to the line ([`seats_to_give`]), to whom in it ([`promoted`]), and when all of that is over
//! ([`is_over`]). Each kind of seats has its own quota and its own line.

use jiff::Timestamp;

use crate::event::{Event, RegistrationPolicy, RegistrationWindow};
use crate::registration::{Registration, RegistrationAction, Transition};
use crate::seats::{Attendance, SeatCount};

/// What there is for somebody who comes now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    /// Seats, held until the address is confirmed.
    Seat,
    /// A place on the waitlist, kept until the address is confirmed.
    Waitlist,
    /// Nothing: all seats are taken or awaited and one cannot wait, or so many seats there never are.
    Nothing,
}

/// What a newcomer who wants `party` seats is offered while the seats of this kind are taken so. Whoever came before and
/// waits, confirmed or not, is served first, also where the waitlist was switched off since.
pub fn offer(policy: &RegistrationPolicy, attendance: Attendance, seats: SeatCount, party: u32) -> Offer {
    let capacity = policy.quotas.capacity(attendance).unwrap_or(0);
    if party > capacity {
        Offer::Nothing
    } else if seats.open_to_newcomers(capacity) >= party {
        Offer::Seat
    } else if policy.waitlist {
        Offer::Waitlist
    } else {
        Offer::Nothing
    }
}

/// Whether somebody who has seats can have `more` of this kind: only what nobody waits for.
pub fn has_room_for(
    policy: &RegistrationPolicy,
    attendance: Attendance,
    seats: SeatCount,
    more: u32,
) -> bool {
    let capacity = policy.quotas.capacity(attendance).unwrap_or(0);
    seats.open_to_newcomers(capacity) >= more
}

/// How many seats of this kind those in line for `event` can be given at `now`. None once it [`is_over`]. Closed
/// registration only keeps newcomers out: a seat given back is still passed on.
pub fn seats_to_give(event: &Event, now: Timestamp, attendance: Attendance, seats: SeatCount) -> u32 {
    match &event.registration {
        Some(policy) if !is_over(event, now) => seats.free(policy.quotas.capacity(attendance).unwrap_or(0)),
        _ => 0,
    }
}

/// Who in `line`, all of one kind, gets some of `seats` free ones: by place, among those whose address is confirmed, as
/// long as each whole party finds room. Who has not confirmed yet is passed over for now and keeps the place; who needs
/// more seats than are free is not passed over, and those behind wait too.
pub fn promoted(mut line: Vec<Registration>, seats: u32) -> Vec<Registration> {
    let promote = RegistrationAction::Promote { approval: false };
    line.retain(|one| matches!(one.state.after(promote), Transition::To(_)));
    line.sort_by_key(|one| one.place);
    let mut left = seats;
    line.into_iter()
        .take_while(|one| {
            let rest = left.checked_sub(one.party);
            left = rest.unwrap_or(left);
            rest.is_some()
        })
        .collect()
}

/// Whether `event` has begun or does not take place, so that a seat is of no use any more. A postponed one is not over:
/// who has a seat keeps it.
pub fn is_over(event: &Event, now: Timestamp) -> bool {
    matches!(event.registration_window(now), RegistrationWindow::Past | RegistrationWindow::Cancelled)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::event::EventStatus;
    use crate::fixtures::{event, registration};
    use crate::registration::RegistrationState as State;
    use crate::seats::Quotas;

    const SITE: Attendance = Attendance::InPerson;

    fn policy(capacity: u32, waitlist: bool) -> RegistrationPolicy {
        RegistrationPolicy { waitlist, ..RegistrationPolicy::plain(Quotas::in_person(capacity)) }
    }

    fn noon() -> Timestamp {
        "2030-06-01T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_seat_that_somebody_waits_for_is_not_offered() {
        let free_but_awaited = SeatCount { taken: 1, waiting: 1 };
        assert_eq!(offer(&policy(2, true), SITE, free_but_awaited, 1), Offer::Waitlist);
        assert_eq!(offer(&policy(2, false), SITE, free_but_awaited, 1), Offer::Nothing);
        assert_eq!(offer(&policy(3, true), SITE, free_but_awaited, 1), Offer::Seat);
        assert_eq!(offer(&policy(3, true), SITE, free_but_awaited, 2), Offer::Waitlist);
    }

    #[test]
    fn nobody_waits_for_what_can_never_be() {
        let all_free = SeatCount::default();
        assert_eq!(offer(&policy(3, true), SITE, all_free, 4), Offer::Nothing);
        assert_eq!(offer(&policy(3, true), Attendance::Online, all_free, 1), Offer::Nothing);
    }

    #[test]
    fn a_party_of_four_waits_for_four_seats_and_nobody_overtakes() {
        let four = Registration { party: 4, ..registration(1, State::Waitlisted) };
        let one = registration(2, State::Waitlisted);
        let line = || vec![one.clone(), four.clone()];
        assert_eq!(promoted(line(), 3), []);
        assert_eq!(promoted(line(), 4), std::slice::from_ref(&four));
        assert_eq!(promoted(line(), 5), [four.clone(), one.clone()]);
    }

    #[test]
    fn a_seat_given_back_is_passed_on_as_long_as_it_is_of_use() {
        let one_free = SeatCount { taken: 1, waiting: 1 };
        let mut event = event(RegistrationPolicy { closes: Some(noon()), ..policy(2, true) });
        let give = |event: &Event, now| seats_to_give(event, now, SITE, one_free);
        assert_eq!(give(&event, noon()), 1, "registration is closed");
        assert_eq!(give(&event, event.when.begins_at()), 0, "it has begun");
        event.status = EventStatus::Cancelled;
        assert_eq!(give(&event, noon()), 0, "it does not take place");
        event.status = EventStatus::Postponed;
        assert_eq!(give(&event, noon()), 1, "it will take place");
        event.status = EventStatus::Published;
        event.registration = None;
        assert_eq!(give(&event, noon()), 0, "nobody registers here");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// After a newcomer got seats there are still some for everybody who waited.
        #[test]
        fn no_newcomer_takes_what_others_wait_for(
            capacity in 0..50u32, taken in 0..60u32, waiting in 0..60u32, party in 1..6u32, waitlist: bool,
        ) {
            match offer(&policy(capacity, waitlist), SITE, SeatCount { taken, waiting }, party) {
                Offer::Seat => prop_assert!(taken + party + waiting <= capacity),
                Offer::Waitlist => prop_assert!(waitlist && taken + party + waiting > capacity && party <= capacity),
                Offer::Nothing => prop_assert!(party > capacity || (!waitlist && taken + party + waiting > capacity)),
            }
        }

        /// Who is given seats is the head of the confirmed line, whole parties only, and the next one does not fit.
        #[test]
        fn seats_go_by_place_to_confirmed_addresses_until_the_next_does_not_fit(
            line in proptest::collection::vec((proptest::sample::select(&State::ALL[..]), 1..5u32), 0..12),
            seats in 0..12u32,
        ) {
            let mut line: Vec<_> = (1..)
                .zip(&line)
                .map(|(place, (state, party))| Registration { party: *party, ..registration(place, *state) })
                .collect();
            let waiting: Vec<_> = line.iter().filter(|one| one.state == State::Waitlisted).cloned().collect();
            line.reverse();
            let given = promoted(line, seats);
            prop_assert_eq!(&given[..], &waiting[..given.len()]);
            let used: u32 = given.iter().map(|one| one.party).sum();
            prop_assert!(used <= seats);
            if let Some(next) = waiting.get(given.len()) {
                prop_assert!(used + next.party > seats);
            }
        }
    }
}
