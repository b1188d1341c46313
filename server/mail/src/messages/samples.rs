//! Letters about everything there is to say, made up: for tests, and for looking at the messages while working on them.

mod event;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use regatta_domain::announcement::{EventFacts, Standing as EventStanding};
use regatta_domain::event::{Event, EventStatus, Place};
use regatta_domain::follow::Topic;
use regatta_domain::ids::{MailId, RegistrationId};
use regatta_domain::language::Language;
use regatta_domain::questions::Answers;
use regatta_domain::registration::{Registration, RegistrationState as State};
use regatta_domain::seats::Attendance;

use self::event::{Words, sample_event};
use crate::letter::{
    About, Confirmation, FollowLetter, FollowMatter, Letter, Matter, RegistrationLetter, Site, Standing,
};

/// Noon of 1 September 2026 in UTC, when the samples are written.
pub const NOW: Timestamp = Timestamp::constant(1_788_264_000, 0);

const BASE_URL: &str = "https://regatta.example.org";

/// A letter to look at.
#[derive(Clone, Debug)]
pub struct Sample {
    /// What it shows: the kind of mail, and what is special about it.
    pub name: &'static str,
    /// The letter.
    pub letter: Letter,
}

/// Letters about everything that a mail can say, in the order in which one may meet them.
pub fn samples(language: Language) -> Vec<Sample> {
    // What the samples are made of is constant and valid, which a test holds; there is no other reason for one to be
    // missing.
    let words = Words::of(language);
    let (Some(event), Some(registration)) = (sample_event(words), sample_registration(words, language))
    else {
        return Vec::new();
    };
    let kit = Kit { words, event, registration };
    let abouts = kit
        .questions()
        .into_iter()
        .chain(kit.seats())
        .chain(kit.changes())
        .chain(kit.endings())
        .chain(kit.follows());
    let letter = |(number, (name, about))| {
        let letter = Letter {
            mail: MailId::from_bytes([number; 16]),
            recipient: kit.registration.email.clone(),
            language,
            site: Site {
                name: "Regatta".to_owned(),
                base_url: BASE_URL.to_owned(),
                identity: "regatta.example.org".to_owned(),
            },
            about,
        };
        Sample { name, letter }
    };
    (1u8..).zip(abouts).map(letter).collect()
}

type Named = (&'static str, About);

/// What the samples are made of.
struct Kit {
    words: Words,
    event: Event,
    registration: Registration,
}

impl Kit {
    /// The first question.
    fn questions(&self) -> Vec<Named> {
        let held_until = NOW.saturating_add(SignedDuration::from_mins(30)).unwrap_or(NOW);
        let how = Confirmation { url: url("registrations/confirm"), held_until };
        let series = self.words.series.to_owned();
        let dates = Matter::ConfirmSeries { confirmation: how.clone(), series, dates: self.dates() };
        let held = |matter| self.about(State::Held, 1, matter);
        vec![
            ("confirm_seat", held(Matter::ConfirmSeat(how.clone()))),
            ("confirm_seats_for_approval", self.with_approval(Matter::ConfirmSeat(how.clone()))),
            ("confirm_waitlist", held(Matter::ConfirmWaitlist(how.clone()))),
            ("confirm_series", held(dates)),
            ("still_unconfirmed", held(Matter::StillUnconfirmed(how))),
        ]
    }

    /// A seat, a place in line, or neither.
    fn seats(&self) -> Vec<Named> {
        let reason = Some(self.words.reason.to_owned());
        vec![
            ("confirmed", self.about(State::Confirmed, 1, Matter::Confirmed)),
            ("confirmed_online", self.online(Matter::Confirmed)),
            ("awaiting_approval", self.about(State::AwaitingApproval, 1, Matter::AwaitingApproval)),
            ("approved", self.about(State::Confirmed, 1, Matter::Approved)),
            ("declined", self.about(State::Declined, 1, Matter::Declined { reason })),
            ("waitlisted", self.about(State::Waitlisted, 2, Matter::Waitlisted { position: 3 })),
            ("promoted", self.about(State::Confirmed, 2, Matter::Promoted)),
        ]
    }

    /// What one changes oneself, and what organizers change.
    fn changes(&self) -> Vec<Named> {
        let (seat, line) = (Standing::Seat, Standing::Waitlist(2));
        vec![
            ("changed", self.about(State::Confirmed, 3, Matter::Changed { standing: seat })),
            ("changed_on_the_waitlist", self.about(State::Waitlisted, 1, Matter::Changed { standing: line })),
            (
                "already_registered",
                self.about(State::Confirmed, 1, Matter::AlreadyRegistered { standing: seat }),
            ),
            (
                "already_registered_on_the_waitlist",
                self.about(State::Waitlisted, 1, Matter::AlreadyRegistered { standing: line }),
            ),
            ("event_changed", self.moved(State::Confirmed)),
            ("event_changed_on_the_waitlist", self.moved(State::Waitlisted)),
            ("event_moved_online", self.moved_online()),
            ("event_postponed", self.postponed()),
        ]
    }

    /// What ends, and what is over.
    fn endings(&self) -> Vec<Named> {
        let reason = Some(self.words.reason.to_owned());
        let cancelled = Event { status: EventStatus::Cancelled, ..self.event.clone() };
        let feedback_url = url("registrations/feedback");
        vec![
            ("cancelled", self.about(State::Cancelled, 1, Matter::Cancelled)),
            (
                "cancelled_by_organizer",
                self.about(State::Cancelled, 1, Matter::CancelledByOrganizer { reason }),
            ),
            ("event_cancelled", self.of(cancelled, State::Confirmed, Matter::EventCancelled)),
            ("day_before", self.about(State::Confirmed, 1, Matter::DayBefore)),
            ("hour_before", self.online(Matter::HourBefore)),
            ("afterwards", self.about(State::Attended, 1, Matter::Afterwards { feedback_url })),
        ]
    }

    fn follows(&self) -> Vec<Named> {
        let event = Arc::new(self.event.clone());
        let letter = |topic, topic_name: &str, matter| {
            let (topic_name, unfollow_url) = (topic_name.to_owned(), url("follow/stop"));
            About::Follow(Box::new(FollowLetter { topic, topic_name, unfollow_url, matter }))
        };
        let confirm = FollowMatter::Confirm { url: url("follow/confirm") };
        let series = self.event.series.clone().map_or(Topic::Portal, Topic::Series);
        let city = Topic::City("hamburg".to_owned());
        vec![
            ("confirm_follow", letter(Topic::Portal, "Regatta", confirm.clone())),
            ("confirm_follow_of_a_series", letter(series, self.words.series, confirm)),
            ("event_published", letter(city, self.words.city, FollowMatter::Published { event })),
        ]
    }

    fn about(&self, state: State, party: u32, matter: Matter) -> About {
        let registration = Registration { state, party, ..self.registration.clone() };
        letter_about(self.event.clone(), registration, matter)
    }

    fn of(&self, event: Event, state: State, matter: Matter) -> About {
        let registration = Registration { state, sequence: 2, ..self.registration.clone() };
        letter_about(event, registration, matter)
    }

    fn online(&self, matter: Matter) -> About {
        let registration = Registration { attendance: Attendance::Online, ..self.registration.clone() };
        letter_about(self.event.clone(), registration, matter)
    }

    fn with_approval(&self, matter: Matter) -> About {
        let mut event = self.event.clone();
        if let Some(policy) = &mut event.registration {
            policy.approval = true;
        }
        let registration = Registration { state: State::Held, party: 3, ..self.registration.clone() };
        letter_about(event, registration, matter)
    }

    /// A day earlier it was, and in another house.
    fn moved(&self, state: State) -> About {
        let place = Some(Place::Located(self.words.former_place.to_owned()));
        let was =
            EventFacts { when: event::a_day_earlier(&self.event.when), place, standing: EventStanding::On };
        let event = Event { status: EventStatus::Rescheduled, ..self.event.clone() };
        self.of(event, state, Matter::EventChanged { was })
    }

    fn moved_online(&self) -> About {
        let was = self.facts();
        let event =
            Event { status: EventStatus::MovedOnline, place: Some(Place::Online), ..self.event.clone() };
        self.of(event, State::Confirmed, Matter::EventChanged { was })
    }

    fn postponed(&self) -> About {
        let was = self.facts();
        let event = Event { status: EventStatus::Postponed, ..self.event.clone() };
        self.of(event, State::Confirmed, Matter::EventChanged { was })
    }

    fn facts(&self) -> EventFacts {
        let (when, place) = (self.event.when.clone(), self.event.place.clone());
        EventFacts { when, place, standing: EventStanding::On }
    }

    /// The dates of a series: the event, and once more a day earlier.
    fn dates(&self) -> Vec<Arc<Event>> {
        let first = Event { when: event::a_day_earlier(&self.event.when), ..self.event.clone() };
        vec![Arc::new(first), Arc::new(self.event.clone())]
    }
}

fn letter_about(event: Event, registration: Registration, matter: Matter) -> About {
    About::Registration(Box::new(RegistrationLetter {
        event: Arc::new(event),
        registration,
        manage_url: url("registrations/manage"),
        ticket_url: format!("{}/ticket", url("registrations/manage")),
        matter,
    }))
}

fn url(path: &str) -> String {
    format!("{BASE_URL}/{path}/sample")
}

fn sample_registration(words: Words, language: Language) -> Option<Registration> {
    Some(Registration {
        id: RegistrationId::from_bytes([100; 16]),
        event: "sample-evening".parse().ok()?,
        name: words.name.parse().ok()?,
        email: "ada@example.org".parse().ok()?,
        language,
        attendance: Attendance::InPerson,
        party: 1,
        answers: Answers::default(),
        state: State::Confirmed,
        place: 7,
        booking: None,
        held_until: NOW,
        seated_at: Some(NOW),
        purge_at: NOW,
        generation: 1,
        sequence: 1,
        version: 1,
        created_at: NOW,
        updated_at: NOW,
    })
}
