//! Reminders: a day and an hour before, by the time that passes, once.

use jiff::{SignedDuration, Timestamp, Zoned};
use regatta_domain::event::{EventStatus, EventTime};
use regatta_mail::Matter;
use regatta_registration::SeenTo;
use regatta_store::outbox::MailKind::{DayBefore, HourBefore};

use crate::harbour::{Engine, Harbour, address};
use crate::news::moved_by;

impl Harbour {
    /// A round of a program that was just started.
    async fn remind(&self) -> u32 {
        self.herald().await;
        self.desk.remind(&mut SeenTo::default()).await.unwrap()
    }

    fn start(&self) -> Timestamp {
        self.programme.event_now(&self.event).when.begins_at()
    }

    /// So long before the start.
    fn before_start(&self, by: SignedDuration) {
        self.clock.set(self.start().checked_sub(by).unwrap());
    }
}

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

fn second() -> SignedDuration {
    SignedDuration::from_secs(1)
}

on_each_engine!(each_is_sent_once);

async fn each_is_sent_once(engine: Engine) {
    let harbour = Harbour::on(engine, 2).await;
    harbour.join("ada").await;
    harbour.join("bob").await;
    harbour.join("cyd").await;
    harbour.herald().await;
    for (ahead, kind) in [(hours(24), DayBefore), (hours(1), HourBefore)] {
        harbour.before_start(ahead + second());
        assert_eq!(harbour.remind().await, 0, "{kind:?} is not due");
        harbour.before_start(ahead);
        let (one, other) = (harbour.another_process().await, harbour.another_process().await);
        let (mut seen, mut unseen) = (SeenTo::default(), SeenTo::default());
        let (one, other) = tokio::join!(one.remind(&mut seen), other.remind(&mut unseen));
        assert_eq!(one.unwrap() + other.unwrap(), 2);
        assert_eq!(harbour.kinds().await, [(kind, address("ada")), (kind, address("bob"))]);
        harbour.clock.minutes(1);
        assert_eq!(harbour.remind().await, 0, "after a restart");
    }
    harbour.clock.days(1);
    assert_eq!(harbour.remind().await, 0);
}

#[tokio::test]
async fn what_was_seen_to_is_not_looked_at_again() {
    let harbour = Harbour::with_seats(1).await;
    harbour.join("ada").await;
    harbour.herald().await;
    harbour.before_start(hours(24));
    let mut seen_to = SeenTo::default();
    assert_eq!(harbour.desk.remind(&mut seen_to).await.unwrap(), 1);
    let seen = format!("{seen_to:?}");
    assert!(seen.contains("meetup"), "{seen}");
    assert_eq!(harbour.desk.remind(&mut seen_to).await.unwrap(), 0);
    harbour.before_start(SignedDuration::ZERO);
    harbour.desk.remind(&mut seen_to).await.unwrap();
    assert_eq!(format!("{seen_to:?}"), "SeenTo({})", "what has begun is forgotten");
}

#[tokio::test]
async fn who_got_a_seat_when_it_was_due_is_not_reminded() {
    let harbour = Harbour::with_seats(3).await;
    harbour.herald().await;
    harbour.before_start(hours(24));
    harbour.join("ada").await;
    harbour.clock.advance(second());
    harbour.join("bob").await;
    assert_eq!(harbour.remind().await, 1);
    assert_eq!(harbour.kinds().await, [(DayBefore, address("ada"))]);
    harbour.before_start(hours(1));
    assert_eq!(harbour.remind().await, 2);
}

/// The seat became theirs by promotion, long after they registered.
#[tokio::test]
async fn who_was_promoted_when_it_was_due_is_not_reminded() {
    let harbour = Harbour::with_seats(1).await;
    let ada = harbour.join("ada").await;
    harbour.join("bob").await;
    harbour.herald().await;
    harbour.before_start(hours(23));
    harbour.desk.cancel(&ada).await.unwrap();
    harbour.collect().await;
    assert_eq!(harbour.remind().await, 0);
}

#[tokio::test]
async fn an_hour_before_makes_a_day_before_moot() {
    let harbour = Harbour::with_seats(1).await;
    harbour.join("ada").await;
    harbour.herald().await;
    harbour.before_start(hours(24));
    assert_eq!(harbour.remind().await, 1);
    harbour.before_start(hours(1));
    assert_eq!(harbour.remind().await, 1);
    let said: Vec<_> =
        harbour.collect().await.iter().map(|mail| (mail.kind(), mail.letter.is_some())).collect();
    assert!(said.contains(&(DayBefore, false)) && said.contains(&(HourBefore, true)), "{said:?}");
    let late = Harbour::with_seats(1).await;
    late.join("ada").await;
    late.herald().await;
    late.before_start(hours(1));
    assert_eq!(late.remind().await, 1, "nobody was there when the other was due");
    assert_eq!(late.only_mail().await.kind(), HourBefore);
}

#[tokio::test]
async fn what_has_begun_or_does_not_take_place_is_not_reminded_of() {
    for status in [EventStatus::Cancelled, EventStatus::Postponed, EventStatus::Draft] {
        let harbour = Harbour::with_seats(1).await;
        harbour.join("ada").await;
        harbour.herald().await;
        harbour.before_start(hours(24));
        assert_eq!(harbour.remind().await, 1);
        harbour.edit(|event| event.status = status);
        assert!(harbour.only_mail().await.letter.is_none(), "{status:?}");
        harbour.before_start(hours(1));
        assert_eq!(harbour.desk.remind(&mut SeenTo::default()).await.unwrap(), 0, "{status:?}");
    }
    let harbour = Harbour::with_seats(1).await;
    harbour.join("ada").await;
    harbour.herald().await;
    harbour.before_start(SignedDuration::ZERO);
    assert_eq!(harbour.remind().await, 0);
}

#[tokio::test]
async fn a_reminder_of_a_start_that_moved_says_nothing() {
    let harbour = Harbour::with_seats(1).await;
    harbour.join("ada").await;
    harbour.herald().await;
    harbour.before_start(hours(24));
    assert_eq!(harbour.remind().await, 1);
    harbour.edit(|event| moved_by(event, 48));
    assert!(harbour.only_mail().await.letter.is_none());
    assert_eq!(harbour.settle().await.mails, 1);
    harbour.collect().await;
    harbour.before_start(hours(24));
    assert_eq!(harbour.remind().await, 1, "of the new start");
    assert!(harbour.only_mail().await.letter.is_some());
}

/// The news say it all, and a reminder on top would be one mail too many.
#[tokio::test]
async fn news_younger_than_a_reminder_take_its_place() {
    let harbour = Harbour::with_seats(1).await;
    harbour.join("ada").await;
    harbour.herald().await;
    harbour.before_start(hours(20));
    harbour.edit(|event| moved_by(event, 2));
    assert_eq!(harbour.remind().await, 0, "people know another start");
    assert_eq!(harbour.settle().await.mails, 1);
    harbour.collect().await;
    assert_eq!(harbour.remind().await, 0);
    harbour.before_start(hours(1));
    assert_eq!(harbour.remind().await, 1);
}

/// A night in which clocks are changed: what is due is due by the time that passes, and the letter tells the local time.
struct Night {
    /// When it starts, with the offset where the clock shows this time twice.
    start: &'static str,
    /// What the clock on the wall shows a day before, and an hour before.
    day_before: &'static str,
    hour_before: &'static str,
}

const NIGHTS: [Night; 4] = [
    // In Berlin clocks go back from 3 to 2 on 27 October 2030.
    Night {
        start: "2030-10-27T10:00[Europe/Berlin]",
        day_before: "2030-10-26T11:00:00+02:00[Europe/Berlin]",
        hour_before: "2030-10-27T09:00:00+01:00[Europe/Berlin]",
    },
    Night {
        start: "2030-10-27T02:30+01:00[Europe/Berlin]",
        day_before: "2030-10-26T03:30:00+02:00[Europe/Berlin]",
        hour_before: "2030-10-27T02:30:00+02:00[Europe/Berlin]",
    },
    // In New York clocks go forward from 2 to 3 on 9 March 2031.
    Night {
        start: "2031-03-09T10:00[America/New_York]",
        day_before: "2031-03-08T09:00:00-05:00[America/New_York]",
        hour_before: "2031-03-09T09:00:00-04:00[America/New_York]",
    },
    Night {
        start: "2031-03-09T03:30[America/New_York]",
        day_before: "2031-03-08T02:30:00-05:00[America/New_York]",
        hour_before: "2031-03-09T01:30:00-05:00[America/New_York]",
    },
];

#[tokio::test]
async fn clocks_that_change_at_night_change_nothing() {
    for night in &NIGHTS {
        let harbour = Harbour::with_seats(1).await;
        let start: Zoned = night.start.parse().unwrap();
        let end = start.checked_add(hours(2)).unwrap();
        harbour.edit(|event| event.when = EventTime::At { start: start.clone(), end: Some(end) });
        harbour.join("ada").await;
        harbour.herald().await;
        for (due, matter) in [(night.day_before, Matter::DayBefore), (night.hour_before, Matter::HourBefore)]
        {
            let due: Zoned = due.parse().unwrap();
            harbour.clock.set(due.timestamp() - second());
            assert_eq!(harbour.remind().await, 0, "{due}");
            harbour.clock.set(due.timestamp());
            assert_eq!(harbour.remind().await, 1, "{due}");
            let mail = harbour.only_mail().await;
            assert_eq!(format!("{:?}", mail.matter()), format!("{matter:?}"));
            let EventTime::At { start: told, .. } = &mail.registration_letter().event.when else { panic!() };
            assert_eq!(told.to_string(), start.to_string(), "with its zone and offset");
        }
    }
}
