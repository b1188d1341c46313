//! Every sample, from its headers to its last line.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use regatta_mail::{FollowLetter, Matter};
use regatta_store::outbox::MailKind;

use super::*;

/// The kind of mail under which a letter is stored.
fn kind(letter: &Letter) -> MailKind {
    match &letter.about {
        About::Registration(about) => match about.matter {
            Matter::ConfirmSeat(_) | Matter::ConfirmSeries { .. } => MailKind::ConfirmSeat,
            Matter::ConfirmWaitlist(_) => MailKind::ConfirmWaitlist,
            Matter::StillUnconfirmed(_) | Matter::AlreadyRegistered { .. } => MailKind::AlreadyRegistered,
            Matter::Confirmed => MailKind::Confirmed,
            Matter::AwaitingApproval => MailKind::AwaitingApproval,
            Matter::Waitlisted { .. } => MailKind::Waitlisted,
            Matter::Promoted => MailKind::Promoted,
            Matter::Approved => MailKind::Approved,
            Matter::Declined { .. } => MailKind::Declined,
            Matter::Changed { .. } => MailKind::Changed,
            Matter::Cancelled => MailKind::Cancelled,
            Matter::CancelledByOrganizer { .. } => MailKind::CancelledByOrganizer,
            Matter::EventChanged { .. } => MailKind::EventChanged,
            Matter::EventCancelled => MailKind::EventCancelled,
            Matter::DayBefore => MailKind::DayBefore,
            Matter::HourBefore => MailKind::HourBefore,
            Matter::Afterwards { .. } => MailKind::Afterwards,
        },
        About::Follow(about) => match about.matter {
            FollowMatter::Confirm { .. } => MailKind::ConfirmFollow,
            FollowMatter::Published { .. } => MailKind::EventPublished,
        },
    }
}

/// The whole mail as a snapshot shows it: every line must end in CRLF and be short enough for any server; then the ends are
/// made readable, and the parts that are not readable as they are sent follow as their reader sees them.
fn shown(outgoing: &Outgoing) -> String {
    let raw = String::from_utf8(outgoing.bytes.clone()).unwrap();
    assert!(raw.is_ascii());
    assert_eq!(raw.matches('\n').count(), raw.matches("\r\n").count());
    assert!(raw.lines().all(|line| line.len() <= 998));
    let message = parsed(&outgoing.bytes);
    let (head, _) = raw.split_once("\r\n\r\n").unwrap();
    let mut shown = format!("{head}\n\nSubject reads: {}\n", message.subject().unwrap());
    for part in message.parts.iter().filter(|part| !part.is_multipart()) {
        let head = part.headers.iter().map(|header| {
            let value = &raw[header.offset_start as usize..header.offset_end as usize];
            format!("{}:{}", header.name.as_str(), value.trim_end())
        });
        let head = head.collect::<Vec<_>>().join("\n");
        let body = String::from_utf8(part.contents().to_vec()).unwrap();
        writeln!(shown, "\n======== part\n{head}\n\n{}", body.trim_end()).unwrap();
    }
    shown.replace("\r\n", "\n")
}

#[test]
fn every_mail_as_it_is_sent() {
    for language in Language::ALL {
        for sample in samples(language) {
            let name = format!("{}_{}", sample.name, language.tag());
            insta::assert_snapshot!(name, shown(&mail(&sample.letter)));
        }
    }
}

#[test]
fn there_is_a_sample_of_everything() {
    for language in Language::ALL {
        let samples = samples(language);
        let kinds: BTreeSet<MailKind> = samples.iter().map(|sample| kind(&sample.letter)).collect();
        assert_eq!(kinds, MailKind::ALL.into_iter().collect());
        let names: BTreeSet<&str> = samples.iter().map(|sample| sample.name).collect();
        assert_eq!(names.len(), samples.len());
    }
}

#[test]
fn another_reader_finds_what_was_written() {
    for letter in all_samples() {
        let content = compose(&letter, NOW);
        let outgoing = mail(&letter);
        let message = parsed(&outgoing.bytes);
        assert_eq!(message.subject(), Some(content.subject.as_str()));
        assert_eq!(message.message_id().unwrap(), format!("{}@regatta.example.org", letter.mail));
        assert_eq!(message.date().unwrap().to_timestamp(), NOW.as_second());
        for (name, value) in [
            ("Auto-Submitted", "auto-generated"),
            ("X-Auto-Response-Suppress", "OOF, NRN, AutoReply, RN"),
            ("Content-Language", letter.language.tag()),
        ] {
            assert_eq!(message.header_raw(name).unwrap().trim(), value);
        }
        assert_eq!(message.to().unwrap().first().unwrap().address(), Some("ada@example.org"));
        let text = message.body_text(0).unwrap().replace("\r\n", "\n");
        assert_eq!(text.trim_end(), text_of(&letter).trim_end());
        let html = message.body_html(0).unwrap().replace("\r\n", "\n");
        let written = regatta_mail::layout::html(content.frame(&letter.site), &content.blocks);
        assert_eq!(html.trim_end(), written.trim_end());
    }
}

#[test]
fn answers_go_to_who_answers_questions_about_the_event() {
    for mut letter in all_samples() {
        let reply_to = |letter: &Letter| {
            let outgoing = mail(letter);
            let message = parsed(&outgoing.bytes);
            message.reply_to().map(|to| to.first().unwrap().address().unwrap().to_owned())
        };
        if matches!(&letter.about, About::Follow(about) if matches!(about.matter, FollowMatter::Confirm { .. }))
        {
            assert_eq!(reply_to(&letter), None);
            continue;
        }
        assert_eq!(reply_to(&letter).as_deref(), Some("harbour@example.org"));
        event_of(&mut letter).contact = None;
        assert_eq!(reply_to(&letter), None);
        assert!(!text_of(&letter).contains("harbour@example.org"));
    }
}

#[test]
fn only_mail_that_one_wanted_all_of_can_be_ended_in_one_click() {
    for letter in all_samples() {
        let outgoing = mail(&letter);
        let message = parsed(&outgoing.bytes);
        let value = |name| message.header_raw(name).map(str::trim);
        if kind(&letter) == MailKind::EventPublished {
            assert_eq!(value("List-Unsubscribe"), Some("<https://regatta.example.org/follow/stop/sample>"));
            assert_eq!(value("List-Unsubscribe-Post"), Some("List-Unsubscribe=One-Click"));
            assert_eq!(value("List-Id"), Some("<city-hamburg.follow.regatta.example.org>"));
        } else {
            assert!(
                ["List-Unsubscribe", "List-Unsubscribe-Post", "List-Id"]
                    .into_iter()
                    .all(|n| value(n).is_none())
            );
        }
    }
}

#[test]
fn a_long_address_of_a_link_stays_whole_in_its_header() {
    let mut letter = sample("event_published");
    let long = format!("https://regatta.example.org/follow/stop/{}", "k".repeat(300));
    let About::Follow(about) = &mut letter.about else { panic!() };
    let about: &mut FollowLetter = about;
    about.unfollow_url.clone_from(&long);
    let raw = String::from_utf8(mail(&letter).bytes).unwrap().replace("\r\n ", " ");
    assert!(
        raw.contains(&format!("List-Unsubscribe: <{long}>\r\n"))
            || raw.contains(&format!("List-Unsubscribe:  <{long}>\r\n"))
    );
}
