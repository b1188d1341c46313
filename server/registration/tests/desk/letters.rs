//! What mails say at the moment they are sent.

use regatta_domain::registration::RegistrationState::{Cancelled, Confirmed};
use regatta_mail::{LetterError, LetterSource, Matter, Standing};
use regatta_store::outbox::{MailKind, OutboxStore};

use crate::harbour::{BASE_URL, Harbour};

#[tokio::test]
async fn every_link_begins_with_the_configured_address() {
    let harbour = Harbour::with_seats(1).await;
    harbour.register("ada").await.unwrap();
    let mail = harbour.only_mail().await;
    assert!(mail.url().starts_with(&format!("{BASE_URL}/registrations/confirm/")), "{}", mail.url());
    harbour.desk.confirm(&mail.token()).await.unwrap();
    let mail = harbour.only_mail().await;
    assert!(mail.url().starts_with(&format!("{BASE_URL}/registrations/manage/")), "{}", mail.url());
    assert_eq!(harbour.desk.look(&mail.token()).await.unwrap().registration.state, Confirmed);
    assert_eq!(mail.letter.unwrap().site.base_url, BASE_URL);
}

#[tokio::test]
async fn a_confirmed_owner_is_greeted_by_name() {
    let harbour = Harbour::with_seats(1).await;
    let confirm = harbour.register_and_read("ada").await;
    harbour.desk.confirm(&confirm).await.unwrap();
    let mail = harbour.only_mail().await;
    assert!(matches!(mail.matter(), Matter::Confirmed { name, .. } if name.as_str() == "ada"), "{mail:?}");
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
            matches!(mail.matter(), Matter::AlreadyRegistered { standing, .. } if *standing == expected),
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

#[tokio::test]
async fn nobody_is_asked_to_confirm_what_is_over() {
    let harbour = Harbour::with_seats(1).await;
    harbour.register("ada").await.unwrap();
    harbour.register("bob").await.unwrap();
    harbour.register("bob").await.unwrap();
    harbour.clock.minutes(30);
    let posted = harbour.collect().await;
    assert_eq!(posted.len(), 3);
    assert!(posted.iter().all(|mail| mail.letter.is_none()), "{posted:?}");
}

#[tokio::test]
async fn an_unreadable_event_is_tried_again_later() {
    let harbour = Harbour::with_seats(1).await;
    harbour.register("ada").await.unwrap();
    let claimed = harbour.store.claim(crate::harbour::beginning()).await.unwrap().unwrap();
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
    let letter = harbour.only_mail().await.letter.unwrap();
    assert_eq!(letter.sequence, 0);
    assert!(matches!(letter.matter, Matter::Cancelled { name: Some(_) }));
}
