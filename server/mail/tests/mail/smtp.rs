//! Mail through a real SMTP server: what arrives, and over which connections.

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use crate::support::smtp_server::{Act, Signal, SmtpServer};
use crate::support::world::World;
use jiff::SignedDuration;
use regatta_domain::ports::Clock;
use regatta_mail::{
    DkimKey, DkimSigner, LetterSource, Mailbox, OutboxWorker, SendError, Stationery, WorkerParts,
};
use regatta_store::outbox::{MailKind, MailState, Rates};

const SETTLED: (u32, u32, u32) = (0, 0, 0);

#[tokio::test]
async fn the_whole_mail_arrives() {
    let world = World::new().await;
    let server = SmtpServer::start([]).await;
    let id = world.owe_as(MailKind::Promoted, "ada@example.org").await;
    world.deliver(&world.worker(&server.url())).await;
    let received = server.received();
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].from, "regatta@example.org");
    assert_eq!(received[0].to, ["ada@example.org"]);
    assert_eq!(received[0].message_id(), format!("<{id}@regatta.example.org>"));
    let text = String::from_utf8(received[0].text.clone()).unwrap();
    assert!(text.ends_with(&format!("--mixed-{id}--\r\n")), "{text}");
    assert_eq!(world.standing().await, SETTLED);
}

#[tokio::test]
async fn the_folder_gets_the_same_bytes_as_the_server() {
    let (by_smtp, by_folder) = (World::new().await, World::new().await);
    let server = SmtpServer::start([]).await;
    let folder = by_folder.folder.path().join("mail");
    for (world, url) in [(&by_smtp, server.url()), (&by_folder, format!("folder:{}", folder.display()))] {
        world.owe_as(MailKind::Confirmed, "ada@example.org").await;
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
async fn a_signed_mail_arrives_as_it_was_signed() {
    let world = World::new().await;
    let server = SmtpServer::start([]).await;
    let key = DkimKey {
        domain: "example.org".to_owned(),
        selector: "regatta".to_owned(),
        private_key: "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=".to_owned(),
    };
    let parts = world.parts(&server.url());
    let stationery = Stationery { dkim: Some(DkimSigner::new(&key).unwrap()), ..parts.stationery };
    let id = world.owe_as(MailKind::Confirmed, "ada@example.org").await;
    let worker = OutboxWorker::new(WorkerParts { stationery: stationery.clone(), ..parts });
    world.deliver(&worker).await;
    let received = server.received().remove(0);
    assert!(received.text.starts_with(b"DKIM-Signature: v=1; a=ed25519-sha256;"));
    let claimed = regatta_store::outbox::ClaimedMail { mail: claimed_like(&world, &id).await, attempt: 1 };
    let letter = world.letters.letter(&claimed).await.unwrap().unwrap();
    let rendered = regatta_mail::mime::render(&letter, &stationery, world.clock.now()).unwrap();
    assert_eq!(received.text, rendered.bytes, "nothing may change a mail once it is signed");
}

/// Titles are people's: no line of the head may become longer than programs take (RFC 5322 section 2.1.1), and the reader
/// finds what was written.
#[tokio::test]
async fn a_title_of_any_length_and_script_stands_in_the_subject() {
    for title in ["持续交付".repeat(60), "x".repeat(400), "Ääkköset 🚢 and plain words ".repeat(12)]
    {
        let title = title.trim_end();
        let samples = regatta_mail::samples(regatta_domain::language::Language::Chinese);
        let mut letter = samples.into_iter().find(|sample| sample.name == "confirmed").unwrap().letter;
        if let regatta_mail::About::Registration(about) = &mut letter.about {
            Arc::make_mut(&mut about.event).title = title.to_owned();
        }
        let stationery = Stationery::plain("Regatta <regatta@example.org>".parse().unwrap());
        let now = jiff::Timestamp::UNIX_EPOCH;
        let bytes = regatta_mail::mime::render(&letter, &stationery, now).unwrap().bytes;
        let raw = String::from_utf8(bytes).unwrap();
        let (head, _) = raw.split_once("\r\n\r\n").unwrap();
        let longest = head.lines().map(str::len).max().unwrap();
        assert!(head.is_ascii() && longest <= 998, "{longest}: {head}");
        if !title.is_ascii() {
            assert!(longest <= 78, "{longest}: {head}");
        }
        let message = mail_parser::MessageParser::default().parse(raw.as_bytes()).unwrap();
        assert!(message.subject().unwrap().contains(title), "{head}");
    }
}

/// What was owed, as far as a writer looks at it.
async fn claimed_like(world: &World, id: &regatta_domain::ids::MailId) -> regatta_store::outbox::NewMail {
    let stored = world.mail(id).await;
    regatta_store::outbox::NewMail {
        id: stored.id,
        kind: stored.kind,
        subject: stored.subject,
        recipient: stored.recipient.unwrap(),
        language: regatta_domain::language::Language::English,
        detail: None,
        once: None,
        created_at: stored.created_at,
    }
}

#[tokio::test]
async fn mails_in_a_row_share_a_connection_until_there_is_nothing_to_send() {
    let world = World::new().await;
    let server = SmtpServer::start([]).await;
    let parts = world.parts(&server.url());
    let worker = OutboxWorker::new(parts);
    world.owe_many(3).await;
    assert_eq!(world.deliver(&worker).await, 3);
    assert_eq!((server.received().len(), server.connections()), (3, 1));
    assert_eq!(
        server.commands(),
        ["EHLO", "MAIL", "RCPT", "DATA", "MAIL", "RCPT", "DATA", "MAIL", "RCPT", "DATA"]
    );
}

#[tokio::test]
async fn a_connection_that_is_not_needed_any_more_ends_with_a_goodbye() {
    let world = World::new().await;
    let server = SmtpServer::start([]).await;
    let parts = world.parts(&server.url());
    let mail = outgoing(&world, &parts).await;
    parts.transport.send(&mail).await.unwrap();
    parts.transport.rest(std::time::Duration::from_mins(1)).await;
    assert_eq!(server.commands().last().map(String::as_str), Some("DATA"), "it was used a moment ago");
    parts.transport.rest(std::time::Duration::ZERO).await;
    assert_eq!(server.commands().last().map(String::as_str), Some("QUIT"));
    parts.transport.send(&mail).await.unwrap();
    assert_eq!(server.connections(), 2);
}

async fn outgoing(world: &World, parts: &WorkerParts) -> regatta_mail::mime::Outgoing {
    let id = world.owe().await;
    let claimed = world.store.claim("somebody", Rates::default(), world.clock.now()).await.unwrap().unwrap();
    assert_eq!(claimed.mail.id, id);
    let letter = world.letters.letter(&claimed).await.unwrap().unwrap();
    regatta_mail::mime::render(&letter, &parts.stationery, world.clock.now()).unwrap()
}

#[tokio::test]
async fn a_kept_connection_that_the_server_closed_is_replaced() {
    for act in [Act::AcceptAndLeave, Act::AcceptAndExpire] {
        let world = World::new().await;
        let server = SmtpServer::start([act.clone()]).await;
        let worker = world.worker(&server.url());
        world.owe_many(2).await;
        assert_eq!(world.deliver(&worker).await, 2, "{act:?}");
        assert_eq!((server.received_ids().len(), server.connections()), (2, 2), "{act:?}");
        assert_eq!(world.standing().await, SETTLED, "{act:?}");
    }
}

#[tokio::test]
async fn connections_that_break_in_the_midst_of_a_burst_lose_and_double_nothing() {
    let world = World::new().await;
    let breaking = [
        Act::AcceptAndLeave,
        Act::Accept,
        Act::LeaveAtRecipient,
        Act::AcceptAndExpire,
        Act::LeaveAtData,
        Act::LeaveAtSender,
    ];
    let server = SmtpServer::start(breaking.into_iter().cycle().take(60)).await;
    let worker = world.worker_of(&server.url(), 4);
    let owed = world.owe_many(40).await;
    let mut rounds = 0;
    while world.standing().await.0 > 0 {
        world.deliver(&worker).await;
        world.clock.advance(SignedDuration::from_mins(1));
        rounds += 1;
        assert!(rounds < 200, "{:?}", world.standing().await);
    }
    assert_eq!(world.standing().await, SETTLED);
    let mut expected: Vec<String> = owed.iter().map(|id| format!("<{id}@regatta.example.org>")).collect();
    expected.sort();
    assert_eq!(server.received_ids(), expected);
}

#[tokio::test]
async fn several_mails_are_with_a_slow_server_at_the_same_time() {
    let world = World::new().await;
    let signal = Signal::new();
    let server = SmtpServer::start(vec![Act::Wait(signal.clone()); 8]).await;
    let worker = world.worker_of(&server.url(), 4);
    world.owe_many(8).await;
    let watching = async {
        // Four have their text there before any is answered.
        signal.reached(4).await;
        assert_eq!((server.received().len(), server.connections()), (4, 4));
        signal.go.add_permits(8);
    };
    let (settled, ()) = tokio::join!(world.deliver(&worker), watching);
    assert_eq!(settled, 8);
    assert_eq!((server.received_ids().len(), server.connections()), (8, 4));
}

#[tokio::test]
async fn a_server_silent_after_the_text_is_given_up_on_as_unknown() {
    let world = World::new().await;
    let signal = Signal::new();
    let server = SmtpServer::start([Act::Wait(signal.clone())]).await;
    let parts = world.parts(&server.url());
    let mail = outgoing(&world, &parts).await;
    let waiting = async {
        signal.reached(1).await;
        // From here on nothing happens any more, so that the minutes of patience pass at once.
        tokio::time::pause();
    };
    let (sent, ()) = tokio::join!(parts.transport.send(&mail), waiting);
    assert!(matches!(sent, Err(SendError::Unanswered(_))), "{sent:?}");
}

#[tokio::test]
async fn a_refused_mail_costs_no_connection() {
    let world = World::new().await;
    let server = SmtpServer::start([
        Act::AnswerRecipient("550 5.1.1 no such user"),
        Act::AnswerText("554 5.6.0 looks like spam"),
    ])
    .await;
    let worker = world.worker(&server.url());
    let owed = world.owe_many(3).await;
    assert_eq!(world.deliver(&worker).await, 3);
    assert_eq!(server.connections(), 1);
    let mut states = Vec::new();
    for id in &owed {
        states.push(world.state(id).await);
    }
    assert_eq!(states, [MailState::Failed, MailState::Failed, MailState::Sent]);
}
