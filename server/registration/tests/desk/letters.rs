//! What mails say at the moment they are sent.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use regatta_domain::event::{Event, EventStatus, Link};
use regatta_domain::follow::Topic;
use regatta_domain::ids::{EventId, RegistrationId};
use regatta_domain::language::Language;
use regatta_domain::registration::RegistrationState::{Cancelled, Confirmed};
use regatta_domain::seats::Attendance;
use regatta_mail::{LetterError, LetterSource, Matter, Standing};
use regatta_registration::{Change, LinkError, SeenTo};
use regatta_store::outbox::{MailKind, MailSubject};

use crate::harbour::{BASE_URL, Harbour, application, meetup_after, organizer};
use crate::news::moved_by;

#[tokio::test]
async fn every_link_begins_with_the_configured_address() {
    let harbour = Harbour::with_seats(1).await;
    harbour.register("ada").await.unwrap();
    let mail = harbour.only_mail().await;
    assert!(mail.url().starts_with(&format!("{BASE_URL}/registrations/confirm/")), "{}", mail.url());
    harbour.desk.confirm(&mail.token()).await.unwrap();
    let mail = harbour.only_mail().await;
    assert!(mail.url().starts_with(&format!("{BASE_URL}/registrations/manage/")), "{}", mail.url());
    assert_eq!(mail.registration_letter().ticket_url, format!("{}/ticket", mail.url()));
    assert_eq!(harbour.desk.look(&mail.token()).await.unwrap().registration.state, Confirmed);
    let site = mail.letter.unwrap().site;
    assert_eq!((site.base_url.as_str(), site.identity.as_str()), (BASE_URL, "regatta.example"));
}

#[tokio::test]
async fn links_work_for_a_season_after_the_event() {
    let harbour = Harbour::with_seats(1).await;
    let manage = harbour.join("ada").await;
    harbour.clock.set(harbour.programme.event_now(&harbour.event).when.over_at());
    harbour.clock.days(90);
    harbour.clock.minutes(-1);
    assert!(harbour.desk.look(&manage).await.is_ok());
    harbour.clock.minutes(1);
    assert!(matches!(harbour.desk.look(&manage).await, Err(LinkError::Expired)));
}

/// Or anybody could make the portal send words of theirs to a stranger.
#[tokio::test]
async fn only_a_confirmed_owner_is_greeted_by_name() {
    let harbour = Harbour::with_seats(1).await;
    harbour.register("ada").await.unwrap();
    harbour.register("ada").await.unwrap();
    let mut confirm = String::new();
    for mail in harbour.collect().await {
        assert!(!mail.matter().greets(), "{mail:?}");
        confirm = mail.token();
    }
    harbour.desk.confirm(&confirm).await.unwrap();
    assert!(harbour.only_mail().await.matter().greets());
}

#[tokio::test]
async fn a_repeat_tells_where_the_owner_stands() {
    let harbour = Harbour::with_seats(1).await;
    harbour.join("ada").await;
    harbour.join("bob").await;
    harbour.join("eve").await;
    for (who, expected) in
        [("ada", Standing::Seat), ("bob", Standing::Waitlist(1)), ("eve", Standing::Waitlist(2))]
    {
        harbour.register(who).await.unwrap();
        let mail = harbour.only_mail().await;
        assert!(
            matches!(mail.matter(), Matter::AlreadyRegistered { standing } if *standing == expected),
            "{mail:?}"
        );
    }
}

/// What became true instead has a mail of its own.
#[tokio::test]
async fn what_is_not_true_any_more_is_not_said() {
    let harbour = Harbour::with_seats(1).await;
    let ada = harbour.join("ada").await;
    let bob = harbour.register_and_read("bob").await;
    harbour.desk.confirm(&bob).await.unwrap();
    harbour.desk.cancel(&ada).await.unwrap();
    let said: Vec<_> =
        harbour.collect().await.into_iter().map(|mail| (mail.kind(), mail.letter.is_some())).collect();
    let expected = [(MailKind::Waitlisted, false), (MailKind::Cancelled, true), (MailKind::Promoted, true)];
    for mail in expected {
        assert!(said.contains(&mail), "{mail:?} in {said:?}");
    }
    assert_eq!(said.len(), 3);
}

/// Confirmed or promoted, and given up before the mail was sent.
#[tokio::test]
async fn a_seat_that_was_given_up_is_not_announced() {
    let harbour = Harbour::with_seats(1).await;
    let ada = harbour.join("ada").await;
    let bob = harbour.join("bob").await;
    harbour.desk.cancel(&ada).await.unwrap();
    harbour.desk.cancel(&bob).await.unwrap();
    let said: Vec<_> = harbour.collect().await.iter().map(|m| (m.kind(), m.letter.is_some())).collect();
    assert!(said.contains(&(MailKind::Promoted, false)), "{said:?}");
}

#[tokio::test]
async fn nobody_is_asked_to_confirm_what_is_over() {
    let harbour = Harbour::with_seats(1).await;
    harbour.register("ada").await.unwrap();
    harbour.register("bob").await.unwrap();
    harbour.register("bob").await.unwrap();
    harbour.clock.days(1);
    let posted = harbour.collect().await;
    assert_eq!(posted.len(), 3);
    assert!(posted.iter().all(|mail| mail.letter.is_none()), "{posted:?}");
}

#[tokio::test]
async fn nobody_is_asked_to_confirm_what_does_not_take_place() {
    let harbour = Harbour::with_seats(1).await;
    harbour.register("ada").await.unwrap();
    harbour.edit(|event| event.status = EventStatus::Cancelled);
    assert!(harbour.only_mail().await.letter.is_none());
}

#[tokio::test]
async fn nobody_hears_of_a_seat_when_it_is_over() {
    let harbour = Harbour::with_seats(1).await;
    let confirm = harbour.register_and_read("ada").await;
    harbour.desk.confirm(&confirm).await.unwrap();
    harbour.clock.days(8);
    assert!(harbour.only_mail().await.letter.is_none());
}

#[tokio::test]
async fn an_unreadable_event_is_tried_again_later() {
    let harbour = Harbour::with_seats(1).await;
    harbour.register("ada").await.unwrap();
    let claimed = harbour.claim().await.unwrap();
    let event = harbour.programme.event_now(&harbour.event);
    harbour.programme.lose(&harbour.event);
    let error = harbour.desk.letter(&claimed).await.unwrap_err();
    assert!(matches!(&error, LetterError::EventUnreadable(id) if *id == harbour.event), "{error:?}");
    harbour.programme.declare(event);
    assert!(harbour.desk.letter(&claimed).await.unwrap().is_some());
}

#[tokio::test]
async fn leaving_the_line_takes_no_calendar_entry_away() {
    let harbour = Harbour::with_seats(1).await;
    harbour.join("ada").await;
    let bob = harbour.join("bob").await;
    assert_eq!(harbour.desk.cancel(&bob).await.unwrap().registration.state, Cancelled);
    let mail = harbour.only_mail().await;
    assert_eq!(mail.registration_letter().registration.sequence, 0);
    assert!(matches!(mail.matter(), Matter::Cancelled));
}

#[tokio::test]
async fn letters_know_what_organizers_decided_otherwise() {
    let harbour = Harbour::with_seats(1).await;
    harbour
        .desk
        .set_capacity(&harbour.event, Attendance::InPerson, 7, &organizer("a larger room"))
        .await
        .unwrap();
    harbour.register("ada").await.unwrap();
    let mail = harbour.only_mail().await;
    let policy = mail.registration_letter().event.registration.clone().unwrap();
    assert_eq!(policy.quotas.in_person, Some(7));
}

/// A series of three evenings, of which the second has no free seat.
async fn evenings() -> Harbour {
    let harbour = Harbour::with_seats(1).await;
    harbour.programme.declare_series("evenings");
    for (id, days) in [("third", 21), ("first", 9), ("second", 14)] {
        let seats = if id == "second" { 1 } else { 5 };
        let series = Some("evenings".parse().unwrap());
        harbour.programme.declare(Event { series, ..meetup_after(id, seats, days) });
    }
    harbour.desk.register(&"second".parse().unwrap(), application("bob")).await.unwrap();
    harbour.collect().await;
    harbour
}

fn dates(matter: &Matter) -> Vec<&str> {
    let Matter::ConfirmSeries { dates, .. } = matter else { panic!("{matter:?}") };
    dates.iter().map(|date| date.id.as_str()).collect()
}

#[tokio::test]
async fn a_series_is_confirmed_with_one_letter_that_lists_its_dates() {
    let harbour = evenings().await;
    harbour.desk.register_series(&"evenings".parse().unwrap(), application("ada")).await.unwrap();
    let mail = harbour.only_mail().await;
    assert_eq!(dates(mail.matter()), ["first", "second", "third"]);
    let Matter::ConfirmSeries { series, .. } = mail.matter() else { panic!() };
    assert_eq!(series, "The series evenings");
    harbour.desk.confirm(&mail.token()).await.unwrap();
    let kinds: Vec<_> = harbour.kinds().await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, [MailKind::Confirmed, MailKind::Confirmed, MailKind::Waitlisted]);
}

#[tokio::test]
async fn a_date_that_does_not_take_place_is_left_out_of_the_letter() {
    let harbour = evenings().await;
    harbour.desk.register_series(&"evenings".parse().unwrap(), application("ada")).await.unwrap();
    harbour.programme.edit(&"first".parse().unwrap(), |event| event.status = EventStatus::Cancelled);
    harbour.programme.lose(&"third".parse().unwrap());
    assert_eq!(dates(harbour.only_mail().await.matter()), ["second"]);
}

/// Reads every mail, and keeps in mind which kinds had something to say.
struct Reader {
    harbour: Harbour,
    said: BTreeSet<MailKind>,
}

impl Reader {
    /// Reads what is owed; hands out the token of the last mail about a registration.
    async fn read(&mut self) -> String {
        let mut token = String::new();
        for mail in self.harbour.collect().await {
            assert!(mail.letter.is_some(), "{mail:?}");
            self.said.insert(mail.kind());
            if matches!(mail.claimed.mail.subject, MailSubject::Registration(_)) {
                token = mail.token();
            }
        }
        token
    }

    /// Registers, registers again and confirms; hands out the token that manages.
    async fn join(&mut self, who: &str) -> String {
        self.harbour.register(who).await.unwrap();
        self.harbour.register(who).await.unwrap();
        let confirm = self.read().await;
        self.harbour.desk.confirm(&confirm).await.unwrap();
        self.read().await
    }

    async fn id(&self, who: &str) -> RegistrationId {
        self.harbour.registration_of(who).await.id
    }

    /// What owners do: join, wait, change, cancel, be promoted.
    async fn live_as_owners(&mut self) {
        let ada = self.join("ada").await;
        self.join("bob").await;
        let change = Change { party: None, attendance: None, name: None, language: None, answers: None };
        let change = Change { name: Some("Ada L.".parse().unwrap()), ..change };
        self.harbour.desk.change(&ada, change).await.unwrap();
        self.read().await;
        self.harbour.desk.cancel(&ada).await.unwrap();
        self.read().await;
    }

    /// What organizers do: approve, decline, cancel.
    async fn live_under_organizers(&mut self) {
        self.harbour.edit_policy(|policy| policy.quotas.in_person = Some(3));
        self.harbour.edit_policy(|policy| policy.approval = true);
        self.join("cyd").await;
        self.join("dan").await;
        let by = organizer("we talked");
        self.harbour.desk.approve(&self.id("cyd").await, &by).await.unwrap();
        self.harbour.desk.decline(&self.id("dan").await, &by).await.unwrap();
        self.read().await;
        self.harbour.desk.cancel_for(&self.id("cyd").await, &by).await.unwrap();
        self.read().await;
    }

    /// What time does: news, reminders, thanks.
    async fn live_through_time(&mut self) {
        self.harbour.settle().await;
        self.harbour.edit(|event| moved_by(event, 24));
        self.harbour.settle().await;
        self.read().await;
        let start = self.harbour.programme.event_now(&self.harbour.event).when.begins_at();
        for ahead in [24, 1] {
            self.harbour.clock.set(start - SignedDuration::from_hours(ahead));
            self.harbour.desk.remind(&mut SeenTo::default()).await.unwrap();
            self.read().await;
        }
        self.harbour.clock.days(1);
        let recording = Link { title: "The evening".into(), url: "/recording".into() };
        self.harbour.edit(|event| event.recordings.push(recording));
        self.harbour.desk.wrap_up().await.unwrap();
        self.read().await;
    }

    /// Follow, hear of another meetup, join it, and hear that it does not take place.
    async fn live_as_follower(&mut self) {
        let address = crate::harbour::address("eve").parse().unwrap();
        self.harbour.desk.follow(address, Topic::Portal, Language::English).await.unwrap();
        self.read().await;
        self.harbour.clock.minutes(61);
        self.harbour.follow("eve", "portal").await;
        let another: EventId = "another".parse().unwrap();
        self.harbour.programme.declare(meetup_after("another", 1, 21));
        self.harbour.settle().await;
        self.read().await;
        self.harbour.desk.register(&another, application("ada")).await.unwrap();
        let confirm = self.read().await;
        self.harbour.desk.confirm(&confirm).await.unwrap();
        self.read().await;
        self.harbour.programme.edit(&another, |event| event.status = EventStatus::Cancelled);
        self.harbour.settle().await;
        self.read().await;
    }
}

#[tokio::test]
async fn every_kind_of_mail_has_something_to_say() {
    let mut reader = Reader { harbour: Harbour::with_seats(1).await, said: BTreeSet::new() };
    reader.live_as_owners().await;
    reader.live_under_organizers().await;
    reader.live_through_time().await;
    reader.live_as_follower().await;
    assert_eq!(reader.said, BTreeSet::from(MailKind::ALL));
}
