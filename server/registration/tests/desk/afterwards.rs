//! The mail afterwards, and the form it leads to.

use regatta_domain::event::{EventStatus, Link};
use regatta_domain::feedback::{MAX_COMMENT_CHARS, Rating};
use regatta_mail::Matter;
use regatta_registration::FeedbackError;
use regatta_store::outbox::MailKind::Afterwards;

use crate::harbour::{BASE_URL, Engine, Harbour, address, last_part, organizer};

impl Harbour {
    async fn wrap_up(&self) -> u32 {
        self.herald().await;
        self.desk.wrap_up().await.unwrap()
    }

    /// To the moment at which the meetup is over.
    fn end(&self) {
        self.clock.set(self.programme.event_now(&self.event).when.over_at());
    }

    fn record(&self) {
        let recording = Link { title: "The evening".into(), url: "https://video.example/1".into() };
        self.edit(|event| event.recordings.push(recording));
    }

    /// The link to the form, as the mail has it.
    async fn feedback_token(&self) -> String {
        self.wrap_up().await;
        let mail = self.only_mail().await;
        let Matter::Afterwards { feedback_url } = mail.matter() else { panic!("{mail:?}") };
        assert!(feedback_url.starts_with(&format!("{BASE_URL}/registrations/feedback/")), "{feedback_url}");
        last_part(feedback_url)
    }
}

on_each_engine!(those_who_were_there_are_thanked_once);

async fn those_who_were_there_are_thanked_once(engine: Engine) {
    let harbour = Harbour::on(engine, 2).await;
    for who in ["ada", "bob", "cyd"] {
        harbour.join(who).await;
    }
    harbour.herald().await;
    let ada = harbour.registration_of("ada").await.id;
    harbour.desk.check_in(&ada, &organizer("")).await.unwrap();
    harbour.record();
    harbour.end();
    harbour.clock.minutes(-1);
    assert_eq!(harbour.wrap_up().await, 0, "it is not over");
    harbour.clock.minutes(1);
    let (one, other) = (harbour.another_process().await, harbour.another_process().await);
    let (one, other) = tokio::join!(one.wrap_up(), other.wrap_up());
    assert_eq!(one.unwrap() + other.unwrap(), 2);
    assert_eq!(harbour.kinds().await, [(Afterwards, address("ada")), (Afterwards, address("bob"))]);
    harbour.clock.days(1);
    assert_eq!(harbour.wrap_up().await, 0);
}

#[tokio::test]
async fn without_recordings_it_waits_for_three_days() {
    let harbour = Harbour::with_seats(1).await;
    harbour.join("ada").await;
    harbour.herald().await;
    harbour.end();
    assert_eq!(harbour.wrap_up().await, 0);
    harbour.clock.days(3);
    assert_eq!(harbour.wrap_up().await, 1);
    harbour.clock.days(11);
    assert!(harbour.only_mail().await.letter.is_none(), "two weeks later nobody wants to know");
}

#[tokio::test]
async fn two_weeks_later_nobody_is_thanked() {
    let harbour = Harbour::with_seats(1).await;
    harbour.join("ada").await;
    harbour.herald().await;
    harbour.end();
    harbour.clock.days(14);
    assert_eq!(harbour.wrap_up().await, 0);
}

#[tokio::test]
async fn nobody_is_thanked_for_what_did_not_take_place() {
    for status in [EventStatus::Cancelled, EventStatus::Postponed] {
        let harbour = Harbour::with_seats(1).await;
        harbour.join("ada").await;
        harbour.edit(|event| event.status = status);
        harbour.settle().await;
        harbour.collect().await;
        harbour.end();
        harbour.clock.days(4);
        assert_eq!(harbour.wrap_up().await, 0, "{status:?}");
    }
}

#[tokio::test]
async fn what_was_over_at_the_first_look_is_left_alone() {
    let harbour = Harbour::with_seats(1).await;
    harbour.join("ada").await;
    harbour.end();
    harbour.record();
    assert_eq!(harbour.wrap_up().await, 0);
}

#[tokio::test]
async fn who_was_there_says_how_it_was_and_may_think_again() {
    let harbour = Harbour::with_seats(1).await;
    harbour.join("ada").await;
    harbour.herald().await;
    harbour.record();
    harbour.end();
    let token = harbour.feedback_token().await;
    let before = harbour.desk.look_feedback(&token).await.unwrap();
    assert_eq!(before.given, None);
    let [five, three] = [5, 3].map(|number| Rating::new(number).unwrap());
    harbour.desk.give_feedback(&token, five, "  Fine.\r\nMore\u{0} of it. ").await.unwrap();
    let given = harbour.desk.look_feedback(&token).await.unwrap().given.unwrap();
    assert_eq!((given.rating, given.comment.as_str()), (five, "Fine.\nMore of it."));
    harbour.desk.give_feedback(&token, three, "").await.unwrap();
    let all = harbour.store.feedback_on(&harbour.event).await.unwrap();
    assert_eq!(all.iter().map(|one| one.rating).collect::<Vec<_>>(), [three], "one each");
}

#[tokio::test]
async fn a_form_is_only_for_who_was_there() {
    let harbour = Harbour::with_seats(1).await;
    let manage = harbour.join("ada").await;
    harbour.herald().await;
    harbour.record();
    harbour.end();
    let token = harbour.feedback_token().await;
    let five = Rating::new(5).unwrap();
    assert!(matches!(harbour.desk.give_feedback(&manage, five, "").await, Err(FeedbackError::Invalid)));
    let long = "é".repeat(MAX_COMMENT_CHARS);
    harbour.desk.give_feedback(&token, five, &long).await.unwrap();
    let longer = long + "é";
    assert!(matches!(harbour.desk.give_feedback(&token, five, &longer).await, Err(FeedbackError::TooLong)));
    harbour.clock.minutes(-10);
    assert!(matches!(harbour.desk.look_feedback(&token).await, Err(FeedbackError::TooEarly)));
    harbour.clock.days(91);
    assert!(matches!(harbour.desk.look_feedback(&token).await, Err(FeedbackError::Expired)));
}
