//! Mail through a real SMTP server: what arrives, and what becomes of mail that does not.

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use crate::support::smtp_server::{Act, SmtpServer};
use crate::support::world::World;
use jiff::SignedDuration;
use regatta_mail::Mailbox;
use regatta_store::outbox::{MailKind, OutboxStore};
use tokio::sync::Notify;

const OWED: (u32, u32, u32) = (1, 0, 0);
const FAILED: (u32, u32, u32) = (0, 1, 0);
const UNKNOWN: (u32, u32, u32) = (0, 0, 1);
const SETTLED: (u32, u32, u32) = (0, 0, 0);

/// One mail, one attempt at a server that acts so: where the mail stands then.
async fn after_one_attempt(act: Act) -> (World, SmtpServer, (u32, u32, u32)) {
    let world = World::new().await;
    let server = SmtpServer::start([act]).await;
    let worker = world.worker(&server.url());
    world.owe(MailKind::ConfirmSeat).await;
    assert_eq!(world.deliver(&worker).await, 1);
    let standing = world.standing().await;
    (world, server, standing)
}

#[tokio::test]
async fn the_whole_mail_arrives() {
    let world = World::new().await;
    let server = SmtpServer::start([]).await;
    let worker = world.worker(&server.url());
    world.owe(MailKind::Promoted).await;
    world.deliver(&worker).await;
    let received = server.received();
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].from, "regatta@example.org");
    assert_eq!(received[0].to, ["ada@example.org"]);
    insta::assert_snapshot!(String::from_utf8(received[0].text.clone()).unwrap().replace("\r\n", "\n"));
    assert_eq!(world.standing().await, SETTLED);
}

#[tokio::test]
async fn the_folder_gets_the_same_bytes_as_the_server() {
    let (by_smtp, by_folder) = (World::new().await, World::new().await);
    let server = SmtpServer::start([]).await;
    let folder = by_folder.folder.path().join("mail");
    for (world, url) in [(&by_smtp, server.url()), (&by_folder, format!("folder:{}", folder.display()))] {
        world.owe(MailKind::Confirmed).await;
        world.deliver(&world.worker(&url)).await;
    }
    let listed = Mailbox::open(&folder).list().unwrap();
    assert_eq!(listed.len(), 1);
    let file = folder.join(listed[0].name.as_str());
    assert_eq!(std::fs::read(&file).unwrap(), server.received()[0].text);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
}

#[tokio::test]
async fn mails_in_a_row_share_a_connection_until_there_is_nothing_to_send() {
    let world = World::new().await;
    let server = SmtpServer::start([]).await;
    let worker = world.worker(&server.url());
    for _ in 0..3 {
        world.owe(MailKind::Waitlisted).await;
    }
    assert_eq!(world.deliver(&worker).await, 3);
    assert_eq!((server.received().len(), server.connections()), (3, 1));
    worker.transport.rest().await;
    assert_eq!(server.commands().last().map(String::as_str), Some("QUIT"));
    world.owe(MailKind::Waitlisted).await;
    assert_eq!(world.deliver(&worker).await, 1);
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_kept_connection_that_the_server_closed_is_replaced() {
    let world = World::new().await;
    let server = SmtpServer::start([Act::AcceptAndLeave]).await;
    let worker = world.worker(&server.url());
    world.owe(MailKind::ConfirmSeat).await;
    world.owe(MailKind::ConfirmSeat).await;
    assert_eq!(world.deliver(&worker).await, 2);
    assert_eq!((server.received().len(), server.connections()), (2, 2));
    assert_eq!(world.standing().await, SETTLED);
}

#[tokio::test]
async fn a_greylisted_mail_is_sent_later_and_once() {
    let (world, server, standing) =
        after_one_attempt(Act::AnswerRecipient("451 4.7.1 come back later")).await;
    assert_eq!(standing, OWED);
    let worker = world.worker(&server.url());
    assert_eq!(world.deliver(&worker).await, 0, "it must not be tried again before its time");
    world.clock.advance(SignedDuration::from_secs(30));
    assert_eq!(world.deliver(&worker).await, 1);
    assert_eq!(world.standing().await, SETTLED);
    world.clock.advance(SignedDuration::from_hours(48));
    assert_eq!(world.deliver(&worker).await, 0);
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn a_refused_recipient_or_text_fails_for_good() {
    for act in [Act::AnswerRecipient("550 5.1.1 no such user"), Act::AnswerText("554 5.7.1 looks like spam")]
    {
        let (world, server, standing) = after_one_attempt(act.clone()).await;
        assert_eq!(standing, FAILED, "{act:?}");
        world.clock.advance(SignedDuration::from_hours(48));
        assert_eq!(world.deliver(&world.worker(&server.url())).await, 0);
    }
}

#[tokio::test]
async fn what_may_pass_is_tried_again() {
    for act in [
        Act::AnswerText("451 4.3.0 disk full"),
        Act::AnswerSender("550 5.7.1 this sender may not send here"),
        Act::LeaveAtRecipient,
    ] {
        let (world, server, standing) = after_one_attempt(act.clone()).await;
        assert_eq!(standing, OWED, "{act:?}");
        world.clock.advance(SignedDuration::from_secs(30));
        assert_eq!(world.deliver(&world.worker(&server.url())).await, 1);
        assert_eq!(world.standing().await, SETTLED, "{act:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_loses_nothing() {
    let world = World::new().await;
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", nobody.local_addr().unwrap());
    drop(nobody);
    world.owe(MailKind::Confirmed).await;
    world.deliver(&world.worker(&url)).await;
    assert_eq!(world.standing().await, OWED);
}

#[tokio::test]
async fn a_connection_lost_after_the_text_is_never_repeated() {
    let (world, server, standing) = after_one_attempt(Act::LeaveAfterText).await;
    assert_eq!(standing, UNKNOWN);
    world.clock.advance(SignedDuration::from_hours(48));
    assert_eq!(world.deliver(&world.worker(&server.url())).await, 0);
    assert_eq!(server.received().len(), 1, "the server has it once, whatever it did with it");
}

#[tokio::test]
async fn a_server_silent_after_the_text_is_given_up_on_as_unknown() {
    let world = World::new().await;
    let reached = Arc::new(Notify::new());
    let never = Arc::new(Notify::new());
    let server = SmtpServer::start([Act::Wait { reached: Arc::clone(&reached), go: never }]).await;
    let worker = world.worker(&server.url());
    let mail = world.owe(MailKind::ConfirmSeat).await;
    let claimed = world.store.claim(regatta_domain::ports::Clock::now(&*world.clock)).await.unwrap().unwrap();
    assert_eq!(claimed.mail.id, mail);
    let letter = regatta_mail::LetterSource::letter(&*world.letters, &claimed).await.unwrap().unwrap();
    let outgoing = regatta_mail::mime::render(&letter, &worker.sender, claimed.mail.created_at).unwrap();
    let sending = worker.transport.send(&outgoing);
    let waiting = async {
        reached.notified().await;
        // From here on nothing happens any more, so that the minutes of patience pass at once.
        tokio::time::pause();
    };
    let (sent, ()) = tokio::join!(sending, waiting);
    assert!(matches!(sent, Err(regatta_mail::SendError::Unanswered(_))), "{sent:?}");
}

#[tokio::test]
async fn without_the_encryption_that_was_asked_for_nothing_is_said() {
    let world = World::new().await;
    let server = SmtpServer::start([]).await;
    world.owe(MailKind::ConfirmSeat).await;
    world.deliver(&world.worker(&format!("{}?tls=required", server.url()))).await;
    assert_eq!(world.standing().await, OWED);
    assert_eq!(server.commands(), ["EHLO"]);
}

#[tokio::test]
async fn a_wrong_password_keeps_the_mail_until_it_is_corrected() {
    let world = World::new().await;
    let server = SmtpServer::start([]).await;
    world.owe(MailKind::ConfirmSeat).await;
    world.deliver(&world.worker(&server.url_for("portal:guess"))).await;
    assert_eq!(world.standing().await, OWED);
    world.clock.advance(SignedDuration::from_secs(30));
    world.deliver(&world.worker(&server.url_for("portal:s%65cret"))).await;
    assert_eq!(world.standing().await, SETTLED);
    assert_eq!(server.received().len(), 1);
}
