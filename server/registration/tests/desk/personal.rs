//! Everything that is kept about an address: taken along, and erased.

use regatta_domain::follow::{Follow, Topic};
use regatta_domain::ids::{FollowId, MailId};
use regatta_domain::language::Language;
use regatta_domain::registration::RegistrationState::{Attended, Cancelled, Confirmed};
use regatta_registration::{Erasure, LinkError};
use regatta_store::outbox::{MailKind, MailSubject, NewMail, Suppression};

use crate::harbour::{Engine, Harbour, address, application, beginning, last_part, meetup_after, organizer};

on_each_engine!(erasing_takes_everything_of_the_address_and_nothing_of_others);

async fn follow(harbour: &Harbour, who: &str) {
    let email = address(who).parse::<regatta_domain::email_address::EmailAddress>().unwrap();
    let id = FollowId::from_bytes([who.len().try_into().unwrap(); 16]);
    let subject = MailSubject::Follow { follow: id.clone(), event: None };
    let follow = Follow {
        id: id.clone(),
        email: email.clone(),
        language: Language::English,
        topic: Topic::Portal,
        created_at: beginning(),
        confirmed_at: Some(beginning()),
    };
    let mail = NewMail {
        id: MailId::from_bytes(id.to_bytes()),
        kind: MailKind::ConfirmFollow,
        subject,
        recipient: email,
        language: Language::English,
        detail: None,
        once: None,
        created_at: beginning(),
    };
    harbour.store.add_follow(&follow, &mail).await.unwrap();
}

/// Registers for another event, a week after the first one, and confirms.
async fn join_another(harbour: &Harbour, who: &str) {
    harbour.programme.declare(meetup_after("another", 5, 14));
    harbour.desk.register(&"another".parse().unwrap(), application(who)).await.unwrap();
    let token = harbour.only_mail().await.token();
    harbour.desk.confirm(&token).await.unwrap();
    harbour.collect().await;
}

async fn erasing_takes_everything_of_the_address_and_nothing_of_others(engine: Engine) {
    let harbour = Harbour::on(engine, 1).await;
    let ada = harbour.join("ada").await;
    let bob = harbour.join("bob").await;
    join_another(&harbour, "ada").await;
    follow(&harbour, "ada").await;
    follow(&harbour, "bobby").await;
    let erasure = harbour.desk.erase(&ada).await.unwrap();
    assert_eq!(erasure, Erasure { registrations: 2, follows: 1 });
    let now = harbour.desk.look(&bob).await.unwrap();
    assert_eq!(now.registration.state, Confirmed, "the seat went on");
    assert!(harbour.store.follows_by_address(&address("ada")).await.unwrap().is_empty());
    assert_eq!(harbour.store.follows_by_address(&address("bobby")).await.unwrap().len(), 1);
    let due = harbour.store.due_for_purge(harbour.now(), 10).await.unwrap();
    assert!(due.is_empty(), "the last word is still owed");
    for one in harbour.store.by_address(&address("ada")).await.unwrap() {
        assert_eq!((one.state, one.purge_at), (Cancelled, beginning()));
    }
    let mut kinds = harbour.store.mails(&owed()).await.unwrap();
    kinds.retain(|mail| mail.recipient.as_ref().is_some_and(|to| to.as_str() == address("ada")));
    assert!(kinds.iter().all(|mail| mail.kind == MailKind::Cancelled), "{kinds:?}");
    assert_eq!(kinds.len(), 2);
}

fn owed() -> regatta_store::outbox::MailFilter {
    let states = vec![regatta_store::outbox::MailState::Queued];
    regatta_store::outbox::MailFilter { states, limit: 100, ..Default::default() }
}

#[tokio::test]
async fn what_is_to_be_erased_is_due_once_its_last_mail_is_out() {
    let harbour = Harbour::with_seats(1).await;
    let ada = harbour.join("ada").await;
    harbour.desk.erase(&ada).await.unwrap();
    let id = harbour.registration_of("ada").await.id;
    assert_eq!(harbour.only_mail().await.kind(), MailKind::Cancelled);
    let due = harbour.store.due_for_purge(harbour.now(), 10).await.unwrap();
    assert_eq!(due, [id]);
    harbour.store.erase(&due, harbour.now()).await.unwrap();
    assert!(matches!(harbour.desk.look(&ada).await, Err(LinkError::Gone)));
    assert!(matches!(harbour.desk.erase(&ada).await, Err(LinkError::Gone)));
    harbour.register("ada").await.unwrap();
}

#[tokio::test]
async fn who_came_is_forgotten_and_still_counted() {
    let harbour = Harbour::with_seats(1).await;
    let ada = harbour.join("ada").await;
    let id = harbour.registration_of("ada").await.id;
    harbour.desk.check_in(&id, &organizer("")).await.unwrap();
    harbour.clock.days(8);
    harbour.desk.erase(&ada).await.unwrap();
    assert_eq!(harbour.registration_of("ada").await.state, Attended);
    assert_eq!(harbour.store.due_for_purge(harbour.now(), 10).await.unwrap(), [id]);
    assert_eq!(harbour.seats().await, (1, 0));
}

/// At the door one is checked in while the event is to come, or has just begun.
#[tokio::test]
async fn who_came_need_not_wait_for_the_end_to_be_forgotten() {
    let harbour = Harbour::with_seats(1).await;
    let ada = harbour.join("ada").await;
    let id = harbour.registration_of("ada").await.id;
    harbour.desk.check_in(&id, &organizer("")).await.unwrap();
    harbour.clock.minutes(1);
    harbour.desk.erase(&ada).await.unwrap();
    harbour.clock.minutes(1);
    assert_eq!(harbour.desk.purge().await.unwrap().registrations, 1);
    assert!(matches!(harbour.desk.look(&ada).await, Err(LinkError::Gone)));
    assert!(harbour.store.by_address(&address("ada")).await.unwrap().is_empty());
    assert_eq!(harbour.seats().await, (1, 0), "the seat is taken all the same");
}

#[tokio::test]
async fn a_second_wish_to_be_erased_does_no_harm() {
    let harbour = Harbour::with_seats(1).await;
    let ada = harbour.join("ada").await;
    harbour.desk.erase(&ada).await.unwrap();
    harbour.desk.erase(&ada).await.unwrap();
    assert_eq!(harbour.only_mail().await.kind(), MailKind::Cancelled);
}

#[tokio::test]
async fn everything_that_is_kept_can_be_taken_along() {
    let harbour = Harbour::with_seats(1).await;
    let ada = harbour.join("ada").await;
    join_another(&harbour, "ada").await;
    follow(&harbour, "ada").await;
    let suppression = Suppression { address: address("ada"), since: beginning(), why: "mailbox full".into() };
    harbour.store.suppress(&suppression).await.unwrap();
    let all = harbour.desk.export(&ada).await.unwrap();
    assert_eq!(all["address"], address("ada"));
    let registrations = all["registrations"].as_array().unwrap();
    let events: Vec<_> = registrations.iter().map(|one| one["event"].as_str().unwrap()).collect();
    assert_eq!(events.len(), 2);
    assert!(events.contains(&"meetup") && events.contains(&"another"));
    for registration in registrations {
        assert_eq!(registration["state"], "confirmed");
        assert_eq!(registration["name"], "ada");
        assert_eq!(registration["history"].as_array().unwrap().len(), 2);
        assert_eq!(registration["history"][0]["by"], "owner");
    }
    assert_eq!(all["follows"][0]["topic"], "portal");
    assert_eq!(all["mails"].as_array().unwrap().len(), 5);
    assert_eq!(all["mail_does_not_arrive"]["why"], "mailbox full");
}

/// Whose link it is decides what is told: nothing of anybody else.
#[tokio::test]
async fn nobody_takes_along_what_is_kept_of_others() {
    let harbour = Harbour::with_seats(5).await;
    let ada = harbour.join("ada").await;
    let confirm = harbour.register_and_read("bob").await;
    assert!(!harbour.desk.export(&ada).await.unwrap().to_string().contains("bob"));
    assert!(
        matches!(harbour.desk.export(&confirm).await, Err(LinkError::Invalid)),
        "to confirm is not to manage"
    );
    assert!(matches!(harbour.desk.erase(&confirm).await, Err(LinkError::Invalid)));
    let manage = last_part(&harbour.desk.look(&confirm).await.unwrap().manage_path);
    assert!(!harbour.desk.export(&manage).await.unwrap().to_string().contains("ada@"));
}
