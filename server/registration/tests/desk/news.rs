//! An event changes, and everybody concerned is told once.

use jiff::SignedDuration;
use regatta_domain::event::{Event, EventStatus, EventTime, Place};
use regatta_domain::history::Happening;
use regatta_domain::registration::RegistrationState as State;
use regatta_mail::Matter;
use regatta_registration::Heralded;
use regatta_store::outbox::MailKind::{self, EventCancelled, EventChanged};

use crate::harbour::{Engine, Harbour, Posted, address, organizer};

/// How long a change has to stay, in minutes.
const SETTLE: i64 = 10;

/// Moves the whole event by so many hours.
pub fn moved_by(event: &mut Event, hours: i64) {
    let EventTime::At { start, end } = &mut event.when else { panic!("it has a time") };
    let by = SignedDuration::from_hours(hours);
    *start = start.checked_add(by).unwrap();
    *end = end.as_ref().map(|end| end.checked_add(by).unwrap());
}

impl Harbour {
    pub async fn herald(&self) -> Heralded {
        self.desk.herald().await.unwrap()
    }

    /// Lets the file be seen as it is now, and lets that settle.
    pub async fn settle(&self) -> Heralded {
        self.herald().await;
        self.clock.minutes(SETTLE);
        self.herald().await
    }

    /// Edits the file of the meetup, as an organizer would.
    pub fn edit(&self, change: impl FnOnce(&mut Event)) {
        self.programme.edit(&self.event, change);
    }

    async fn sequence(&self, who: &str) -> i64 {
        self.registration_of(who).await.sequence
    }
}

fn changed(changes: u32, mails: u32) -> Heralded {
    Heralded { changes, published: 0, mails }
}

/// Everybody's news: to whom, of what kind, whether there is anything to say.
fn news(posted: &[Posted]) -> Vec<(String, MailKind, bool)> {
    let mut news: Vec<_> =
        posted.iter().map(|mail| (mail.to().to_owned(), mail.kind(), mail.letter.is_some())).collect();
    news.sort();
    news
}

on_each_engine!(
    a_change_is_told_once,
    two_heralds_tell_once,
    a_mistyped_date_in_the_past_is_never_told,
    what_was_postponed_is_cancelled_after_its_date,
    shortly_before_the_start_news_cannot_wait,
    samples_that_another_start_moved_are_no_news,
);

async fn a_change_is_told_once(engine: Engine) {
    let harbour = Harbour::on(engine, 1).await;
    harbour.join("ada").await;
    harbour.join("bob").await;
    assert_eq!(harbour.settle().await, changed(0, 0), "as it was first seen");
    let before = harbour.programme.event_now(&harbour.event);
    harbour.edit(|event| moved_by(event, 24));
    assert_eq!(harbour.herald().await, changed(0, 0), "it settles first");
    harbour.clock.minutes(SETTLE - 1);
    assert_eq!(harbour.herald().await, changed(0, 0), "it settles first");
    harbour.clock.minutes(1);
    assert_eq!(harbour.herald().await, changed(1, 2));
    let posted = harbour.collect().await;
    assert_eq!(news(&posted), [(address("ada"), EventChanged, true), (address("bob"), EventChanged, true)]);
    for mail in &posted {
        let Matter::EventChanged { was } = mail.matter() else { panic!("{mail:?}") };
        assert_eq!(was.when, before.when);
        assert_ne!(mail.registration_letter().event.when, before.when);
    }
    assert_eq!((harbour.sequence("ada").await, harbour.sequence("bob").await), (1, 0));
    for _ in 0..3 {
        harbour.clock.minutes(SETTLE);
        assert_eq!(harbour.herald().await, changed(0, 0), "nothing is told twice");
    }
    let history = harbour.store.history(&harbour.registration_of("ada").await.id).await.unwrap();
    let told = history.iter().filter(|entry| entry.what == Happening::EventChanged).count();
    assert_eq!(told, 1, "{history:?}");
}

/// Each believes to lead, all the time, and each was started anew.
async fn two_heralds_tell_once(engine: Engine) {
    let harbour = Harbour::on(engine, 3).await;
    for who in ["ada", "bob", "cyd"] {
        harbour.join(who).await;
    }
    harbour.settle().await;
    harbour.edit(|event| event.place = Some(Place::Online));
    let mut told = changed(0, 0);
    for _ in 0..4 {
        let (one, other) = (harbour.another_process().await, harbour.another_process().await);
        let (one, other, third) = tokio::join!(one.herald(), other.herald(), harbour.desk.herald());
        for done in [one.unwrap(), other.unwrap(), third.unwrap()] {
            told.changes += done.changes;
            told.mails += done.mails;
        }
        harbour.clock.minutes(SETTLE);
    }
    assert_eq!(told, changed(1, 3));
    assert_eq!(harbour.collect().await.len(), 3);
    for who in ["ada", "bob", "cyd"] {
        assert_eq!(harbour.sequence(who).await, 1, "{who}");
    }
}

#[tokio::test]
async fn corrections_while_it_settles_go_out_in_one_mail() {
    let harbour = Harbour::with_seats(1).await;
    harbour.join("ada").await;
    harbour.settle().await;
    let before = harbour.programme.event_now(&harbour.event);
    for hours in [24, 1, 1] {
        harbour.edit(|event| moved_by(event, hours));
        assert_eq!(harbour.herald().await, changed(0, 0));
        harbour.clock.minutes(SETTLE - 1);
        assert_eq!(harbour.herald().await, changed(0, 0), "it begins to settle anew");
    }
    harbour.clock.minutes(1);
    assert_eq!(harbour.herald().await, changed(1, 1));
    let mail = harbour.only_mail().await;
    let Matter::EventChanged { was } = mail.matter() else { panic!("{mail:?}") };
    assert_eq!(was.when, before.when, "what people knew");
    assert_eq!(harbour.sequence("ada").await, 1);
}

#[tokio::test]
async fn what_was_changed_back_is_never_told() {
    let harbour = Harbour::with_seats(1).await;
    harbour.join("ada").await;
    harbour.settle().await;
    harbour.edit(|event| moved_by(event, 24));
    harbour.herald().await;
    harbour.clock.minutes(SETTLE - 1);
    harbour.edit(|event| moved_by(event, -24));
    assert_eq!(harbour.settle().await, changed(0, 0));
    assert_eq!(harbour.settle().await, changed(0, 0));
    assert!(harbour.collect().await.is_empty());
    assert_eq!(harbour.sequence("ada").await, 0);
}

/// The number only rises, as calendars believe the highest (RFC 5546 section 2.1.4).
#[tokio::test]
async fn a_life_of_changes_reaches_the_calendar_in_order() {
    let harbour = Harbour::with_seats(1).await;
    harbour.join("ada").await;
    harbour.settle().await;
    let life: [(EventStatus, MailKind); 5] = [
        (EventStatus::Postponed, EventChanged),
        (EventStatus::Cancelled, EventCancelled),
        (EventStatus::Rescheduled, EventChanged),
        (EventStatus::Cancelled, EventCancelled),
        (EventStatus::Published, EventChanged),
    ];
    for (sequence, (status, kind)) in (1..).zip(life) {
        harbour.edit(|event| event.status = status);
        assert_eq!(harbour.settle().await, changed(1, 1), "{status:?}");
        let mail = harbour.only_mail().await;
        assert_eq!(mail.kind(), kind);
        let letter = mail.registration_letter();
        assert_eq!(letter.registration.sequence, sequence);
        assert_eq!(letter.registration.state, State::Confirmed);
        assert_eq!(letter.event.status, status);
    }
}

/// Only `status: cancelled` cancels.
#[tokio::test]
async fn a_file_that_is_lost_or_turned_into_a_draft_says_nothing() {
    let harbour = Harbour::with_seats(1).await;
    harbour.join("ada").await;
    harbour.settle().await;
    let event = harbour.programme.event_now(&harbour.event);
    harbour.programme.lose(&harbour.event);
    assert_eq!(harbour.settle().await, changed(0, 0));
    harbour.programme.declare(Event { status: EventStatus::Draft, ..event.clone() });
    assert_eq!(harbour.settle().await, changed(0, 0));
    harbour.programme.declare(event);
    assert_eq!(harbour.settle().await, changed(0, 0));
    assert!(harbour.collect().await.is_empty());
}

#[tokio::test]
async fn only_those_concerned_are_told() {
    let harbour = Harbour::with_seats(2).await;
    harbour.edit_policy(|policy| policy.approval = true);
    harbour.join("ada").await;
    harbour.desk.approve(&harbour.registration_of("ada").await.id, &organizer("")).await.unwrap();
    harbour.collect().await;
    harbour.join("bob").await;
    harbour.join("cyd").await;
    let eve = harbour.join("eve").await;
    harbour.desk.cancel(&eve).await.unwrap();
    harbour.register("dan").await.unwrap();
    harbour.settle().await;
    harbour.collect().await;
    harbour.edit(|event| moved_by(event, 24));
    assert_eq!(harbour.settle().await, changed(1, 3));
    let told: Vec<_> = harbour.collect().await.iter().map(|mail| mail.to().to_owned()).collect();
    for (who, state, sequence, is_told) in [
        ("ada", State::Confirmed, 1, true),
        ("bob", State::AwaitingApproval, 0, true),
        ("cyd", State::Waitlisted, 0, true),
        ("dan", State::HeldForWaitlist, 0, false),
        ("eve", State::Cancelled, 0, false),
    ] {
        let registration = harbour.registration_of(who).await;
        assert_eq!((registration.state, registration.sequence), (state, sequence), "{who}");
        assert_eq!(told.contains(&address(who)), is_told, "{who} in {told:?}");
    }
}

/// Whether the change stays or is taken back, their calendar is right in the end.
#[tokio::test]
async fn who_comes_while_it_settles_is_told_what_everybody_knows() {
    for stays in [true, false] {
        let harbour = Harbour::with_seats(2).await;
        harbour.settle().await;
        let before = harbour.programme.event_now(&harbour.event);
        harbour.edit(|event| moved_by(event, 24));
        harbour.herald().await;
        let confirm = harbour.register_and_read("ada").await;
        harbour.desk.confirm(&confirm).await.unwrap();
        let letter = harbour.only_mail().await;
        assert_eq!(letter.registration_letter().event.when, before.when);
        if !stays {
            harbour.edit(|event| moved_by(event, -24));
        }
        let told = u32::from(stays);
        assert_eq!(harbour.settle().await, changed(told, told));
    }
}

#[tokio::test]
async fn what_is_over_is_corrected_in_silence() {
    let harbour = Harbour::with_seats(1).await;
    harbour.join("ada").await;
    harbour.settle().await;
    harbour.clock.days(8);
    harbour.edit(|event| event.place = Some(Place::Located("Hamburg, Germany".into())));
    assert_eq!(harbour.settle().await, changed(0, 0));
    harbour.edit(|event| event.status = EventStatus::Cancelled);
    assert_eq!(harbour.settle().await, changed(0, 0));
    assert!(harbour.collect().await.is_empty());
    harbour.edit(|event| {
        event.status = EventStatus::Rescheduled;
        moved_by(event, 30 * 24);
    });
    assert_eq!(harbour.settle().await, changed(1, 1), "it comes again");
}

#[tokio::test]
async fn another_title_is_no_news() {
    let harbour = Harbour::with_seats(1).await;
    harbour.join("ada").await;
    harbour.settle().await;
    harbour.edit(|event| event.title = "Another title".into());
    assert_eq!(harbour.settle().await, changed(0, 0));
}

#[tokio::test]
async fn news_overtaken_by_later_news_say_nothing() {
    let harbour = Harbour::with_seats(1).await;
    harbour.join("ada").await;
    harbour.settle().await;
    harbour.edit(|event| moved_by(event, 24));
    harbour.settle().await;
    harbour.edit(|event| event.status = EventStatus::Cancelled);
    harbour.settle().await;
    let expected = [(address("ada"), EventChanged, false), (address("ada"), EventCancelled, true)];
    assert_eq!(news(&harbour.collect().await), expected);
}

/// What the file says by now settles first, and has a mail of its own.
#[tokio::test]
async fn news_tell_what_was_decided_to_tell() {
    let harbour = Harbour::with_seats(1).await;
    harbour.join("ada").await;
    harbour.settle().await;
    harbour.edit(|event| moved_by(event, 24));
    let told = harbour.programme.event_now(&harbour.event);
    harbour.settle().await;
    harbour.edit(|event| {
        moved_by(event, 24);
        event.status = EventStatus::Cancelled;
    });
    harbour.herald().await;
    let mail = harbour.only_mail().await;
    let event = &mail.registration_letter().event;
    assert_eq!((event.when.clone(), event.status), (told.when, EventStatus::Published));
}

/// A calendar entry that was taken away must not come back by a mail that was late.
#[tokio::test]
async fn a_seat_at_what_was_cancelled_is_not_announced_late() {
    let harbour = Harbour::with_seats(1).await;
    let confirm = harbour.register_and_read("ada").await;
    harbour.settle().await;
    harbour.desk.confirm(&confirm).await.unwrap();
    harbour.edit(|event| event.status = EventStatus::Cancelled);
    harbour.settle().await;
    let expected = [(address("ada"), MailKind::Confirmed, false), (address("ada"), EventCancelled, true)];
    assert_eq!(news(&harbour.collect().await), expected);
}

#[tokio::test]
async fn data_is_kept_until_its_time_after_the_new_end() {
    let harbour = Harbour::with_seats(1).await;
    harbour.join("ada").await;
    harbour.settle().await;
    let before = harbour.registration_of("ada").await.purge_at;
    harbour.edit(|event| moved_by(event, 24));
    harbour.settle().await;
    let after = harbour.registration_of("ada").await.purge_at;
    assert_eq!(after.duration_since(before), SignedDuration::from_hours(24));
}

/// The wrong year, month or day, until somebody sees it.
async fn a_mistyped_date_in_the_past_is_never_told(engine: Engine) {
    for days_back in [7, 8, 12, 365] {
        let harbour = Harbour::on(engine, 1).await;
        harbour.join("ada").await;
        harbour.settle().await;
        harbour.edit(|event| moved_by(event, -(days_back * 24 + 12)));
        assert_eq!(harbour.settle().await, changed(0, 0));
        assert_eq!(harbour.settle().await, changed(0, 0));
        assert_eq!(harbour.desk.wrap_up().await.unwrap(), 0, "nobody is thanked for what is ahead");
        harbour.edit(|event| moved_by(event, days_back * 24 + 12));
        assert_eq!(harbour.settle().await, changed(0, 0));
        assert!(harbour.collect().await.is_empty());
        assert_eq!(harbour.sequence("ada").await, 0);
        harbour.clock.set(harbour.programme.event_now(&harbour.event).when.over_at());
        harbour.clock.days(3);
        assert_eq!(harbour.desk.wrap_up().await.unwrap(), 1, "and everybody for what was");
    }
}

/// Whoever has a seat still waits for another date then.
async fn what_was_postponed_is_cancelled_after_its_date(engine: Engine) {
    for days_later in [1, 100] {
        let harbour = Harbour::on(engine, 1).await;
        harbour.join("ada").await;
        harbour.settle().await;
        harbour.edit(|event| event.status = EventStatus::Postponed);
        assert_eq!(harbour.settle().await, changed(1, 1));
        harbour.collect().await;
        harbour.clock.days(7 + days_later);
        harbour.edit(|event| event.status = EventStatus::Cancelled);
        assert_eq!(harbour.settle().await, changed(1, 1), "{days_later} days later");
        let mail = harbour.only_mail().await;
        assert!(matches!(mail.matter(), Matter::EventCancelled), "{mail:?}");
        assert_eq!(harbour.sequence("ada").await, 2);
    }
}

async fn shortly_before_the_start_news_cannot_wait(engine: Engine) {
    let to_the_start = |harbour: &Harbour, minutes: i64| {
        let start = harbour.programme.event_now(&harbour.event).when.begins_at();
        harbour.clock.set(start - SignedDuration::from_mins(minutes));
    };
    // Cancelled before the start, by what people know; and brought forward to be soon.
    for (minutes, hours) in [(60, None), (2, None), (150, Some(-2))] {
        let harbour = Harbour::on(engine, 1).await;
        harbour.join("ada").await;
        harbour.settle().await;
        to_the_start(&harbour, minutes);
        harbour.edit(|event| match hours {
            Some(hours) => moved_by(event, hours),
            None => event.status = EventStatus::Cancelled,
        });
        assert_eq!(harbour.herald().await, changed(0, 0), "a slip of the pen is not told");
        harbour.clock.minutes(1);
        assert_eq!(harbour.herald().await, changed(1, 1), "{minutes} minutes before");
        let said = harbour.collect().await;
        assert!(said.last().unwrap().letter.is_some());
    }
    let harbour = Harbour::on(engine, 1).await;
    harbour.join("ada").await;
    harbour.settle().await;
    to_the_start(&harbour, 80);
    harbour.edit(|event| event.status = EventStatus::Cancelled);
    harbour.herald().await;
    harbour.clock.minutes(SETTLE - 1);
    assert_eq!(harbour.herald().await, changed(0, 0), "there is time");
}

/// Their dates count from the start of the program.
async fn samples_that_another_start_moved_are_no_news(engine: Engine) {
    let harbour = Harbour::on(engine, 1).await;
    harbour.edit(|event| event.sample = true);
    harbour.join("ada").await;
    harbour.settle().await;
    harbour.clock.days(1);
    harbour.edit(|event| moved_by(event, 24));
    let after_restart = harbour.another_process().await;
    for _ in 0..3 {
        assert_eq!(after_restart.herald().await.unwrap(), changed(0, 0));
        harbour.clock.minutes(SETTLE);
    }
    let event = harbour.programme.event_now(&harbour.event);
    let known = harbour.store.announced(&harbour.event).await.unwrap().unwrap();
    assert_eq!((known.told.when, known.sequence), (event.when, 1), "known once");
    assert!(harbour.collect().await.is_empty());
    // Whoever tries out what a change does changes the file of a program that runs.
    harbour.edit(|event| moved_by(event, 24));
    after_restart.herald().await.unwrap();
    harbour.clock.minutes(SETTLE);
    assert_eq!(after_restart.herald().await.unwrap(), changed(1, 1));
    // What is cancelled while it does not run is cancelled.
    harbour.edit(|event| event.status = EventStatus::Cancelled);
    let after_restart = harbour.another_process().await;
    after_restart.herald().await.unwrap();
    harbour.clock.minutes(SETTLE);
    assert_eq!(after_restart.herald().await.unwrap(), changed(1, 1));
}

#[tokio::test]
async fn what_is_cancelled_is_not_cancelled_again() {
    let harbour = Harbour::with_seats(1).await;
    harbour.join("ada").await;
    harbour.settle().await;
    let before = harbour.programme.event_now(&harbour.event);
    harbour.edit(|event| event.status = EventStatus::Cancelled);
    assert_eq!(harbour.settle().await, changed(1, 1));
    harbour.collect().await;
    harbour.edit(|event| moved_by(event, 24));
    assert_eq!(harbour.settle().await, changed(0, 0), "when it does not take place is no news");
    harbour.edit(|event| event.status = EventStatus::Published);
    assert_eq!(harbour.settle().await, changed(1, 1));
    let mail = harbour.only_mail().await;
    let Matter::EventChanged { was } = mail.matter() else { panic!("{mail:?}") };
    assert_eq!(was.when, before.when, "what people knew");
}
