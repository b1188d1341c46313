use std::sync::Arc;

use jiff::Timestamp;
use mail_parser::{Message, MessageParser, MimeHeaders};
use regatta_domain::event::EventTime;
use regatta_store::outbox::MailKind;

use super::*;
use crate::mime::{Outgoing, render};
use crate::samples;
use crate::sender::Sender;

fn now() -> Timestamp {
    "2026-09-01T12:00:00Z".parse().unwrap()
}

fn sender() -> Sender {
    "Regatta <regatta@example.org>".parse().unwrap()
}

fn mail(letter: &Letter) -> Outgoing {
    render(letter, &sender(), now()).unwrap()
}

fn parsed(bytes: &[u8]) -> Message<'_> {
    MessageParser::default().parse(bytes).unwrap()
}

fn sample(kind: MailKind) -> Letter {
    samples().into_iter().find(|letter| letter.matter.kind() == kind).unwrap()
}

/// The whole mail as a snapshot shows it: every line must end in CRLF, then the ends are made readable.
fn shown(outgoing: &Outgoing) -> String {
    let text = String::from_utf8(outgoing.bytes.clone()).unwrap();
    assert!(text.is_ascii());
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
    assert!(text.lines().all(|line| line.len() <= 998));
    text.replace("\r\n", "\n")
}

#[test]
fn whole_mails() {
    let samples = samples();
    for kind in MailKind::ALL {
        assert!(samples.iter().any(|letter| letter.matter.kind() == kind), "no sample of {kind:?}");
    }
    for (at, letter) in samples.iter().enumerate() {
        let name = format!("{at}_{}", letter.matter.kind().as_str());
        insta::assert_snapshot!(name, shown(&mail(letter)));
    }
}

#[test]
fn a_bare_day_is_told_and_entered_as_a_day() {
    let mut letter = sample(MailKind::Confirmed);
    Arc::make_mut(&mut letter.event).when = EventTime::Day("2020-06-19".parse().unwrap());
    let outgoing = mail(&letter);
    let message = parsed(&outgoing.bytes);
    assert!(message.body_text(0).unwrap().contains("When: Friday, 19 June 2020\r\n"));
    assert!(calendar_of(&message).contains("DTSTART;VALUE=DATE:20200619\r\n"));
}

fn calendar_of(message: &Message<'_>) -> String {
    let part = message.parts.iter().find(|part| part.is_content_type("text", "calendar")).unwrap();
    String::from_utf8(part.contents().to_vec()).unwrap()
}

#[test]
fn another_reader_finds_what_was_written() {
    for letter in samples() {
        let content = compose(&letter, now());
        let outgoing = mail(&letter);
        let message = parsed(&outgoing.bytes);
        assert_eq!(message.subject(), Some(content.subject.as_str()));
        assert_eq!(message.message_id().unwrap(), format!("{}@regatta.example.org", letter.mail));
        assert_eq!(message.date().unwrap().to_timestamp(), now().as_second());
        assert_eq!(message.header_raw("Auto-Submitted").unwrap().trim(), "auto-generated");
        assert_eq!(message.to().unwrap().first().unwrap().address(), Some("ada@example.org"));
        let text = message.body_text(0).unwrap().replace("\r\n", "\n");
        assert_eq!(text.trim_end(), crate::layout::text(&content.blocks).trim_end());
        let html = message.body_html(0).unwrap().replace("\r\n", "\n");
        assert_eq!(html.trim_end(), crate::layout::html(&content.subject, &content.blocks).trim_end());
    }
}

#[test]
fn a_portal_without_a_name_still_has_proper_identities() {
    let mut letter = sample(MailKind::Confirmed);
    letter.site.base_url = "http://127.0.0.1:3000".into();
    let outgoing = mail(&letter);
    let message = parsed(&outgoing.bytes);
    assert_eq!(message.message_id().unwrap(), format!("{}@[127.0.0.1]", letter.mail));
    let uid = format!("UID:{}@[127.0.0.1]\r\n", letter.registration);
    assert!(calendar_of(&message).contains(&uid));
}

#[test]
fn the_mime_method_is_the_method_of_the_calendar() {
    for (kind, method) in
        [(MailKind::Confirmed, "REQUEST"), (MailKind::Promoted, "REQUEST"), (MailKind::Cancelled, "CANCEL")]
    {
        let outgoing = mail(&sample(kind));
        let message = parsed(&outgoing.bytes);
        let part = message.parts.iter().find(|part| part.is_content_type("text", "calendar")).unwrap();
        assert_eq!(part.content_type().unwrap().attribute("method"), Some(method));
        assert!(calendar_of(&message).contains(&format!("METHOD:{method}\r\n")));
        let file = message.attachments().find(|part| part.attachment_name() == Some("invite.ics")).unwrap();
        assert_eq!(file.contents(), part.contents());
    }
}

#[test]
fn who_never_had_a_seat_gets_no_cancelled_entry() {
    let letter = Letter { sequence: 0, ..sample(MailKind::Cancelled) };
    let content = compose(&letter, now());
    assert_eq!(content.calendar, None);
    assert!(!crate::layout::text(&content.blocks).contains("calendar"));
}

#[test]
fn no_title_and_no_name_becomes_a_header() {
    for mut letter in samples() {
        let hostile = "Evening\r\nBcc: eve@example.org\r\n\r\n<script>alert(1)</script>";
        Arc::make_mut(&mut letter.event).title = hostile.to_owned();
        letter.site.name = hostile.to_owned();
        let outgoing = mail(&letter);
        let message = parsed(&outgoing.bytes);
        assert!(message.bcc().is_none());
        assert_eq!(outgoing.envelope.to().len(), 1);
        let names: Vec<&str> = message.headers().iter().map(|header| header.name.as_str()).collect();
        let expected = [
            "Message-ID",
            "Date",
            "From",
            "To",
            "Subject",
            "Auto-Submitted",
            "X-Auto-Response-Suppress",
            "MIME-Version",
            "Content-Type",
        ];
        assert_eq!(names, expected);
        assert!(message.subject().unwrap().contains("Evening Bcc: eve@example.org <script>"));
        assert!(!message.body_html(0).unwrap().contains("<script"));
    }
}

#[test]
fn a_name_is_text_wherever_it_stands() {
    let mut letter = sample(MailKind::Confirmed);
    let name: PersonName = "周帆 <img src=x onerror=alert(1)>\";X=\"".parse().unwrap();
    letter.matter = Matter::Confirmed { name, manage_url: "https://regatta.example.org/r".into() };
    let outgoing = mail(&letter);
    let message = parsed(&outgoing.bytes);
    assert!(message.body_text(0).unwrap().contains("Hello 周帆 <img src=x onerror=alert(1)>\";X=\","));
    assert!(
        message
            .body_html(0)
            .unwrap()
            .contains("Hello 周帆 &lt;img src=x onerror=alert(1)&gt;&quot;;X=&quot;,")
    );
    let ics = calendar_of(&message).replace("\r\n ", "");
    assert!(ics.contains(";CN=\"周帆 <img src=x onerror=alert(1)>^';X=^'\":mailto:ada@example.org"), "{ics}");
}
