//! The folder transport and the mailbox that reads it back.

use std::os::unix::fs::symlink;

use crate::support::world::World;
use regatta_mail::{MailFileName, Mailbox};
use regatta_store::outbox::MailKind;

#[tokio::test]
async fn what_was_written_is_listed_newest_first_and_opened() {
    let world = World::new().await;
    let folder = world.folder.path().join("mail");
    let worker = world.worker(&format!("folder:{}", folder.display()));
    world.owe_as(MailKind::ConfirmSeat, "ada@example.org").await;
    world.deliver(&worker).await;
    world.clock.advance(jiff::SignedDuration::from_micros(1));
    world.owe_as(MailKind::Confirmed, "ada@example.org").await;
    world.deliver(&worker).await;

    let mailbox = Mailbox::open(&folder);
    let listed = mailbox.list().unwrap();
    let subjects: Vec<&str> = listed.iter().map(|mail| mail.subject.as_str()).collect();
    assert_eq!(
        subjects,
        ["You have a seat: Pipelines by the harbour", "Confirm your seat: Pipelines by the harbour"]
    );
    assert_eq!(listed[0].to, "ada@example.org");
    assert_eq!(listed[0].date.unwrap().to_string(), "2026-09-01T12:00:00Z");

    let opened = mailbox.read(&listed[0].name).unwrap().unwrap();
    assert_eq!(opened.summary, listed[0]);
    assert!(opened.raw.starts_with("Message-ID: <"));
    assert!(opened.text.starts_with("Hello Ada,"));
    assert!(opened.html.contains("Hello Ada,"));
    assert!(opened.calendar.unwrap().contains("METHOD:REQUEST"));
    assert_eq!(mailbox.read(&listed[1].name).unwrap().unwrap().calendar, None);
}

#[test]
fn a_mailbox_without_a_folder_is_empty() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(Mailbox::open(folder.path().join("none")).list().unwrap(), []);
}

#[test]
fn links_large_files_and_strangers_are_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let name = |second: u8| -> MailFileName {
        format!("20260901T1200{second:02}.000000Z-aaaaaaaaaaaaaaaaaaaaaaaaaa.eml").parse().unwrap()
    };
    std::fs::write(folder.path().join("secret"), "To: eve@example.org\r\n\r\nsecret").unwrap();
    symlink(folder.path().join("secret"), folder.path().join(name(1).as_str())).unwrap();
    std::fs::write(folder.path().join(name(2).as_str()), vec![b'a'; 300 * 1024]).unwrap();
    std::fs::write(folder.path().join("notes.eml"), "To: eve@example.org\r\n\r\nhello").unwrap();
    std::fs::write(folder.path().join(name(3).as_str()), "To: ada@example.org\r\n\r\nhello").unwrap();
    let mailbox = Mailbox::open(folder.path());
    let listed = mailbox.list().unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].to, "ada@example.org");
    assert_eq!(mailbox.read(&name(1)).unwrap(), None);
}
