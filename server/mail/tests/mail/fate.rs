//! What becomes of a mail, by what the server does at each step.

use crate::support::smtp_server::{Act, Protection, SmtpServer};
use crate::support::world::World;
use jiff::SignedDuration;
use regatta_domain::ids::MailId;
use regatta_store::outbox::MailState;

/// One mail, one attempt at a server that acts so.
async fn after_one_attempt(act: Act) -> (World, SmtpServer, MailId) {
    let world = World::new().await;
    let server = SmtpServer::start([act]).await;
    let id = world.owe().await;
    assert_eq!(world.deliver(&world.worker(&server.url())).await, 1);
    (world, server, id)
}

/// Waits until the mail is due again, and sends it: it arrives, once.
async fn arrives_at_the_next_attempt(world: &World, server: &SmtpServer, id: &MailId) {
    let worker = world.worker(&server.url());
    assert_eq!(world.deliver(&worker).await, 0, "it must not be tried again before its time");
    world.wait_for_next().await;
    assert_eq!(world.deliver(&worker).await, 1);
    assert_eq!(world.state(id).await, MailState::Sent);
    world.clock.advance(SignedDuration::from_hours(24 * 7));
    assert_eq!(world.deliver(&worker).await, 0);
}

#[tokio::test]
async fn what_happens_before_the_text_is_tried_again_and_arrives_once() {
    for act in [
        Act::AnswerSender("451 4.3.0 later"),
        Act::AnswerSender("550 5.7.1 this sender may not send here"),
        Act::AnswerRecipient("450 4.2.0 busy"),
        Act::AnswerRecipient("421 4.7.0 slow down"),
        Act::AnswerRecipient("452 4.5.3 too many recipients"),
        Act::AnswerRecipient("552 5.2.2 mailbox full"),
        Act::AnswerRecipient("554 5.7.1 Relay access denied"),
        Act::AnswerData("451 4.3.0 not now"),
        Act::AnswerText("451 4.3.0 disk full"),
        Act::AnswerText("550 5.7.26 this message is unauthenticated"),
        Act::LeaveAtSender,
        Act::LeaveAtRecipient,
        Act::LeaveAtData,
    ] {
        let taken_up = matches!(act, Act::AnswerText(_));
        let (world, server, id) = after_one_attempt(act.clone()).await;
        assert_eq!(world.state(&id).await, MailState::Retrying, "{act:?}");
        assert!(world.mail(&id).await.why.is_some(), "{act:?}");
        arrives_at_the_next_attempt(&world, &server, &id).await;
        assert_eq!(server.received().len(), 1 + usize::from(taken_up), "{act:?}");
    }
}

#[tokio::test]
async fn a_greylisted_mail_is_tried_again_soon() {
    let (world, server, id) = after_one_attempt(Act::AnswerRecipient("451 4.7.1 come back later")).await;
    let wait = world.wait_for_next().await;
    assert!((60..=66).contains(&wait.as_secs()), "{wait}");
    world.deliver(&world.worker(&server.url())).await;
    assert_eq!(world.state(&id).await, MailState::Sent);
    assert_eq!(server.received().len(), 1);
}

/// Every line of such an answer counts, and none is left to be taken for the answer to the next command.
#[tokio::test]
async fn an_answer_of_several_lines_is_one_answer() {
    let world = World::new().await;
    let dead = "550-5.1.1 The mail account that you tried to reach\r\n550-5.1.1 does not exist.\r\n550 5.1.1 Look again";
    let server = SmtpServer::start([Act::AnswerRecipient(dead)]).await;
    let owed = world.owe_many(2).await;
    assert_eq!(world.deliver(&world.worker(&server.url())).await, 2);
    let refused = world.mail(&owed[0]).await;
    assert_eq!(refused.state, MailState::Failed);
    let why = refused.why.unwrap();
    assert!(why.contains("that you tried to reach") && why.contains("Look again"), "{why}");
    assert_eq!(world.store.suppressions().await.unwrap().len(), 1);
    assert_eq!(world.state(&owed[1]).await, MailState::Sent);
    assert_eq!((server.connections(), server.received().len()), (1, 1));
}

#[tokio::test]
async fn a_full_mailbox_is_given_hours() {
    let (world, ..) = after_one_attempt(Act::AnswerRecipient("452 4.2.2 over quota")).await;
    assert!(world.wait_for_next().await >= SignedDuration::from_hours(1));
}

#[tokio::test]
async fn a_refused_recipient_or_text_fails_for_good() {
    for act in [
        Act::AnswerRecipient("550 5.1.1 no such user"),
        Act::AnswerRecipient("550 no such user"),
        Act::AnswerData("554 5.7.1 no thanks"),
        Act::AnswerText("554 5.7.1 looks like spam"),
    ] {
        let (world, server, id) = after_one_attempt(act.clone()).await;
        assert_eq!(world.state(&id).await, MailState::Failed, "{act:?}");
        world.clock.advance(SignedDuration::from_hours(24 * 7));
        assert_eq!(world.deliver(&world.worker(&server.url())).await, 0);
    }
}

#[tokio::test]
async fn an_address_that_does_not_exist_gets_no_further_mail() {
    let world = World::new().await;
    let server = SmtpServer::start([Act::AnswerRecipient("550 5.1.1 no such user")]).await;
    let worker = world.worker(&server.url());
    world.owe_to("Ada@example.org").await;
    world.deliver(&worker).await;
    let suppression = world.store.suppression("ada@example.org").await.unwrap().unwrap();
    assert_eq!(suppression.why, "550 5.1.1 no such user");

    let next = world.owe_to("ada@Example.org").await;
    let talked = server.commands().len();
    assert_eq!(world.deliver(&worker).await, 1);
    let mail = world.mail(&next).await;
    assert_eq!(mail.state, MailState::Failed);
    assert!(mail.why.unwrap().contains("no such user"));
    assert_eq!(server.commands().len(), talked, "the server must not be asked");

    assert!(world.store.unsuppress("ada@example.org").await.unwrap());
    world.store.retry(&next, regatta_domain::ports::Clock::now(&*world.clock)).await.unwrap();
    world.deliver(&worker).await;
    assert_eq!(world.state(&next).await, MailState::Sent);
}

#[tokio::test]
async fn a_spam_verdict_does_not_cut_an_address_off() {
    let (world, ..) = after_one_attempt(Act::AnswerText("554 5.7.1 looks like spam")).await;
    assert_eq!(world.store.suppressions().await.unwrap(), []);
}

#[tokio::test]
async fn a_connection_lost_with_or_after_the_text_is_never_repeated_by_itself() {
    for act in [Act::LeaveInText, Act::LeaveAfterText] {
        let (world, server, id) = after_one_attempt(act.clone()).await;
        let worker = world.worker(&server.url());
        assert_eq!(world.state(&id).await, MailState::Unknown, "{act:?}");
        assert!(world.mail(&id).await.why.is_some(), "{act:?}");
        let before = server.received().len();
        world.clock.advance(SignedDuration::from_hours(24 * 7));
        assert_eq!(world.deliver(&worker).await, 0);
        assert_eq!(server.received().len(), before, "{act:?}");
    }
}

#[tokio::test]
async fn what_is_unknown_is_for_a_person_to_decide() {
    let (world, server, id) = after_one_attempt(Act::LeaveAfterText).await;
    let worker = world.worker(&server.url());
    let now = regatta_domain::ports::Clock::now(&*world.clock);
    assert_eq!(world.store.retry(&id, now).await.unwrap(), Some(MailState::Unknown));
    assert_eq!(world.deliver(&worker).await, 1);
    assert_eq!(world.state(&id).await, MailState::Sent);
    assert_eq!(server.received().len(), 2);

    let (world, server, id) = after_one_attempt(Act::LeaveAfterText).await;
    let now = regatta_domain::ports::Clock::now(&*world.clock);
    world.store.abort(&id, "they called and have it", now).await.unwrap();
    assert_eq!(world.deliver(&world.worker(&server.url())).await, 0);
    assert_eq!(world.state(&id).await, MailState::Aborted);
}

#[tokio::test]
async fn a_wrong_password_keeps_the_mail_however_long_it_takes_to_correct_it() {
    let world = World::new().await;
    let server = SmtpServer::start([]).await;
    let worker = world.worker(&server.url_for("portal:guess"));
    let id = world.owe().await;
    for _ in 0..30 {
        assert_eq!(world.deliver(&worker).await, 1);
        assert_eq!(world.state(&id).await, MailState::Retrying);
        world.clock.advance(SignedDuration::from_hours(12));
    }
    world.deliver(&world.worker(&server.url_for("portal:s%65cret"))).await;
    assert_eq!(world.state(&id).await, MailState::Sent);
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn without_the_encryption_that_was_asked_for_nothing_is_said() {
    let world = World::new().await;
    let server = SmtpServer::start([]).await;
    let id = world.owe().await;
    world.deliver(&world.worker(&format!("{}?tls=required", server.url()))).await;
    assert_eq!(world.state(&id).await, MailState::Retrying);
    assert_eq!(server.commands()[0], "EHLO");
    assert!(!server.commands().contains(&"MAIL".to_owned()), "{:?}", server.commands());
}

#[tokio::test]
async fn while_the_server_is_away_one_mail_asks_for_all_of_them() {
    let world = World::new().await;
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = nobody.local_addr().unwrap();
    drop(nobody);
    let worker = world.worker(&format!("smtp://{address}"));
    let owed = world.owe_many(3).await;
    assert_eq!(world.deliver(&worker).await, 1, "the others wait");
    assert_eq!(world.deliver(&worker).await, 0, "all mail is held back");
    world.clock.advance(SignedDuration::from_secs(15));
    assert_eq!(world.deliver(&worker).await, 1);
    let mut attempts = Vec::new();
    for id in &owed {
        attempts.push(world.mail(id).await.attempts);
    }
    assert_eq!(attempts, [1, 1, 0], "each asks in turn");

    let server = SmtpServer::start_on(&address.to_string(), [], Protection::Plain).await;
    world.clock.advance(SignedDuration::from_secs(30));
    assert_eq!(world.deliver(&worker).await, 3, "once one got through, all do");
    assert_eq!(server.received_ids().len(), 3);
}

#[tokio::test]
async fn a_server_that_turns_everybody_away_is_left_alone_for_a_while() {
    for greeting in ["421 4.3.2 too many connections", "554 5.7.1 go away"] {
        let world = World::new().await;
        let server = SmtpServer::start([]).await;
        server.turn_away([greeting]);
        let worker = world.worker(&server.url());
        world.owe_many(5).await;
        assert_eq!(world.deliver(&worker).await, 1, "{greeting}");
        assert_eq!(server.connections(), 1);
        world.clock.advance(SignedDuration::from_secs(15));
        assert_eq!(world.deliver(&worker).await, 5);
        assert_eq!(world.standing().await, (0, 0, 0));
    }
}

#[tokio::test]
async fn after_a_weekend_of_attempts_a_mail_is_given_up() {
    let world = World::new().await;
    let server = SmtpServer::start(vec![Act::AnswerRecipient("450 4.2.0 mailbox busy"); 30]).await;
    let worker = world.worker(&server.url());
    let id = world.owe().await;
    let mut waited = SignedDuration::ZERO;
    while world.deliver(&worker).await > 0 && world.state(&id).await == MailState::Retrying {
        waited += world.wait_for_next().await;
    }
    assert_eq!(world.state(&id).await, MailState::Failed);
    assert!((72..=96).contains(&waited.as_hours()), "{waited}");
}
