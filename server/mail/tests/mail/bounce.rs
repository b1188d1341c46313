//! Mail that comes back, from the return address it left with to the address that gets none any more.

use crate::support::smtp_server::SmtpServer;
use crate::support::world::World;
use regatta_domain::ids::MailId;
use regatta_mail::bounce::MAX_BOUNCE_BYTES;
use regatta_mail::{
    BounceOutcome, BounceRefused, Intake, OutboxWorker, ReturnPaths, Stationery, WorkerParts,
};
use regatta_store::outbox::MailState;

fn paths(secret: u8) -> ReturnPaths {
    ReturnPaths::new(&[secret; 32], &"bounces@example.org".parse().unwrap()).unwrap()
}

/// A report (RFC 3464) in which these are the fields about the recipient.
fn report(recipient: &str) -> Vec<u8> {
    let report = format!(
        "From: MAILER-DAEMON@mx.example.net\n\
         To: <bounces@example.org>\n\
         Subject: Undelivered Mail Returned to Sender\n\
         MIME-Version: 1.0\n\
         Content-Type: multipart/report; report-type=delivery-status;\n\tboundary=\"line\"\n\
         \n\
         --line\n\
         Content-Type: text/plain\n\
         \n\
         Status: 5.9.9 is not what to look at\n\
         \n\
         --line\n\
         Content-Type: message/delivery-status\n\
         \n\
         Reporting-MTA: dns; mx.example.net\n\
         Arrival-Date: Tue, 1 Sep 2026 12:00:01 +0000\n\
         \n\
         {recipient}\n\
         \n\
         --line\n\
         Content-Type: text/rfc822-headers\n\
         \n\
         From: Regatta <regatta@example.org>\n\
         \n\
         --line--\n"
    );
    report.replace('\n', "\r\n").into_bytes()
}

fn failed(status: &str) -> Vec<u8> {
    report(&format!(
        "Final-Recipient: rfc822; ada@example.org\n\
         Action: failed\n\
         Status: {status}\n\
         Diagnostic-Code: smtp; 550 {status} <ada@example.org>:\n Recipient address rejected"
    ))
}

/// A mail that was sent with a return address of its own; the address as the server saw it.
async fn sent() -> (World, MailId, String, Intake) {
    let world = World::new().await;
    let server = SmtpServer::start([]).await;
    let parts = world.parts(&server.url());
    let stationery = Stationery { return_paths: Some(paths(1)), ..parts.stationery };
    let id = world.owe_to("Ada@example.org").await;
    world.deliver(&OutboxWorker::new(WorkerParts { stationery, ..parts })).await;
    let received = server.received().remove(0);
    let text = String::from_utf8(received.text).unwrap();
    assert!(text.contains("From: Regatta <regatta@example.org>\r\n"), "only the envelope changes");
    let intake = Intake { outbox: world.store.clone(), paths: paths(1), clock: world.clock.clone() };
    (world, id, received.from, intake)
}

#[tokio::test]
async fn an_address_that_mail_comes_back_from_gets_none_any_more() {
    let (world, id, came_from, intake) = sent().await;
    let outcome = intake.take(&came_from, &failed("5.1.1")).await.unwrap();
    let address = "ada@example.org".to_owned();
    assert_eq!(outcome, BounceOutcome::Suppressed { mail: id.clone(), address: address.clone() });
    let suppression = world.store.suppression(&address).await.unwrap().unwrap();
    assert_eq!(suppression.since, regatta_domain::ports::Clock::now(&*world.clock));
    assert!(suppression.why.contains(id.as_str()), "{}", suppression.why);
    assert!(
        suppression.why.contains("5.1.1 (smtp; 550 5.1.1 <ada@example.org>: Recipient"),
        "{}",
        suppression.why
    );
    assert_eq!(world.state(&id).await, MailState::Sent, "that it was sent stays true");

    let server = SmtpServer::start([]).await;
    let next = world.owe_to("ADA@example.org").await;
    world.deliver(&world.worker(&server.url())).await;
    assert_eq!(world.state(&next).await, MailState::Failed);
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn letters_in_another_case_are_the_same_return_address() {
    let (_, id, came_from, intake) = sent().await;
    let outcome = intake.take(&format!(" {}\n", came_from.to_uppercase()), &failed("5.2.1")).await.unwrap();
    assert!(matches!(outcome, BounceOutcome::Suppressed { mail, .. } if mail == id));
}

#[tokio::test]
async fn what_nobody_can_vouch_for_changes_nothing() {
    let (world, id, came_from, intake) = sent().await;
    let forged = [
        "bounces@example.org".to_owned(),
        "ada@example.org".to_owned(),
        format!("bounces+{id}@example.org"),
        format!("bounces+{id}.aaaaaaaaaaaaaaaa@example.org"),
        paths(2).of(&id),
        came_from.replace("example.org", "example.net"),
    ];
    for address in forged {
        let refused = intake.take(&address, &failed("5.1.1")).await.unwrap_err();
        assert!(matches!(refused, BounceRefused::Foreign), "{address}: {refused}");
    }
    assert_eq!(world.store.suppressions().await.unwrap(), []);
}

#[tokio::test]
async fn what_passes_or_succeeded_changes_nothing() {
    let (world, id, came_from, intake) = sent().await;
    for (action, status) in
        [("delayed", "4.4.1"), ("failed", "4.4.7"), ("delivered", "2.1.5"), ("relayed", "2.0.0")]
    {
        let message =
            report(&format!("Final-Recipient: rfc822; ada@example.org\nAction: {action}\nStatus: {status}"));
        let outcome = intake.take(&came_from, &message).await.unwrap();
        assert_eq!(outcome, BounceOutcome::Underway { mail: id.clone() }, "{action} {status}");
    }
    assert_eq!(world.store.suppressions().await.unwrap(), []);
}

#[tokio::test]
async fn a_refusal_that_does_not_blame_the_address_does_not_cut_it_off() {
    let (world, id, came_from, intake) = sent().await;
    for status in ["5.2.2", "5.3.4", "5.6.0", "5.7.1", "5.7.26"] {
        let outcome = intake.take(&came_from, &failed(status)).await.unwrap();
        let status = status.parse().unwrap();
        assert_eq!(outcome, BounceOutcome::Refused { mail: id.clone(), status });
    }
    assert_eq!(world.store.suppressions().await.unwrap(), []);
}

#[tokio::test]
async fn what_is_no_report_is_refused() {
    let (world, _, came_from, intake) = sent().await;
    let absent =
        b"Subject: Out of office\r\nAuto-Submitted: auto-replied\r\n\r\nStatus: 5.1.1\r\nAction: failed\r\n";
    let other = String::from_utf8(failed("5.1.1"))
        .unwrap()
        .replace("report-type=delivery-status", "report-type=disposition-notification");
    for message in [&b""[..], &absent[..], other.as_bytes(), &report("")[..], &report("Action: failed")[..]] {
        let refused = intake.take(&came_from, message).await.unwrap_err();
        assert!(matches!(refused, BounceRefused::NoReport), "{refused}");
    }
    let mut long = failed("5.1.1");
    long.resize(MAX_BOUNCE_BYTES + 1, b' ');
    assert!(matches!(intake.take(&came_from, &long).await.unwrap_err(), BounceRefused::TooLong));
    long.truncate(MAX_BOUNCE_BYTES);
    assert_eq!(world.store.suppressions().await.unwrap(), []);
    assert!(intake.take(&came_from, &long).await.is_ok());
}

#[tokio::test]
async fn a_mail_that_is_forgotten_or_whose_recipient_was_erased_suppresses_nobody() {
    let (world, id, came_from, intake) = sent().await;
    let never_sent = MailId::from_bytes([200; 16]);
    let refused = intake.take(&paths(1).of(&never_sent), &failed("5.1.1")).await.unwrap_err();
    assert!(matches!(refused, BounceRefused::Forgotten(mail) if mail == never_sent));

    let later = regatta_domain::ports::Clock::now(&*world.clock) + jiff::SignedDuration::from_hours(1);
    let long_ago = jiff::Timestamp::UNIX_EPOCH;
    assert_eq!(world.store.purge_settled(later, long_ago).await.unwrap(), 1);
    let outcome = intake.take(&came_from, &failed("5.1.1")).await.unwrap();
    assert_eq!(outcome, BounceOutcome::Erased { mail: id });
    assert_eq!(world.store.suppressions().await.unwrap(), []);
}
