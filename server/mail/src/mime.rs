//! From a letter to the bytes that are sent (RFC 5322, RFC 2045, RFC 6047).

use jiff::Timestamp;
use lettre::Message;
use lettre::address::Envelope;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, MultiPart, SinglePart};
use regatta_domain::calendar::{Calendar, Entry, Method, Party};
use regatta_domain::ids::MailId;

use crate::layout;
use crate::letter::{Letter, Matter};
use crate::messages::{self, Content};
use crate::sender::Sender;

/// A mail ready to be handed to a transport, which adds nothing to it.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Its identity.
    pub id: MailId,
    /// Its Date.
    pub date: Timestamp,
    /// From which address to which.
    pub envelope: Envelope,
    /// The message, ASCII, lines ending in CRLF.
    pub bytes: Vec<u8>,
}

/// Why a letter cannot become a mail. Trying again would not help.
#[derive(Debug, thiserror::Error)]
pub enum MimeError {
    /// The address cannot be written into an envelope.
    #[error("the address cannot be sent to: {0}")]
    Address(#[from] lettre::address::AddressError),
    /// A part's type cannot be written.
    #[error("the type of a part cannot be written: {0}")]
    ContentType(#[from] lettre::message::header::ContentTypeErr),
    /// The parts do not make a message.
    #[error("the message cannot be put together: {0}")]
    Message(#[from] lettre::error::Error),
}

/// Renders `letter` as a mail from `sender` at `now`. The same letter at the same time gives the same bytes.
pub fn render(letter: &Letter, sender: &Sender, now: Timestamp) -> Result<Outgoing, MimeError> {
    let content = messages::compose(letter, now);
    let calendar = content.calendar.map(|method| calendar(method, letter, sender, now));
    let recipient: lettre::Address = letter.recipient.as_str().parse()?;
    let message = Message::builder()
        .message_id(Some(format!("<{}@{}>", letter.mail, letter.site.host())))
        .date(now.into())
        .from(sender.mailbox().clone())
        .to(recipient.into())
        .subject(content.subject.clone())
        .raw_header(header("Auto-Submitted", "auto-generated"))
        .raw_header(header("X-Auto-Response-Suppress", "OOF, NRN, AutoReply, RN"))
        .multipart(body(letter, &content, calendar.as_ref())?)?;
    let envelope = message.envelope().clone();
    Ok(Outgoing { id: letter.mail.clone(), date: now, envelope, bytes: message.formatted() })
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// Text and HTML; with a calendar also the calendar as an alternative, which mail programs act on, and as a file, which
/// people can save.
fn body(letter: &Letter, content: &Content, calendar: Option<&Calendar>) -> Result<MultiPart, MimeError> {
    let alternative = MultiPart::alternative()
        .boundary(format!("alternative-{}", letter.mail))
        .singlepart(SinglePart::plain(layout::text(&content.blocks)))
        .singlepart(SinglePart::html(layout::html(&content.subject, &content.blocks)));
    let Some(calendar) = calendar else { return Ok(alternative) };
    let ics = calendar.to_ics();
    let method = calendar.method().as_str();
    let part_type = ContentType::parse(&format!("text/calendar; charset=utf-8; method={method}"))?;
    let file_type = ContentType::parse("application/ics; name=\"invite.ics\"")?;
    let alternative = alternative.singlepart(SinglePart::builder().content_type(part_type).body(ics.clone()));
    Ok(MultiPart::mixed()
        .boundary(format!("mixed-{}", letter.mail))
        .multipart(alternative)
        .singlepart(Attachment::new("invite.ics".to_owned()).body(ics, file_type)))
}

fn calendar(method: Method, letter: &Letter, sender: &Sender, now: Timestamp) -> Calendar {
    let uid = format!("{}@{}", letter.registration, letter.site.host());
    let attendee = Party { name: attendee_name(&letter.matter), address: letter.recipient.to_string() };
    let entry = Entry::for_event(&letter.event, uid, now, letter.event_url(), sender.organizer(&letter.site));
    let entry = Entry { sequence: letter.sequence, ..entry };
    match method {
        Method::Publish => Calendar::publish(vec![entry]),
        Method::Request => Calendar::request(entry, attendee),
        Method::Cancel => Calendar::cancel(entry, attendee),
    }
}

fn attendee_name(matter: &Matter) -> Option<String> {
    match matter {
        Matter::ConfirmSeat(_) | Matter::ConfirmWaitlist(_) | Matter::StillUnconfirmed(_) => None,
        Matter::Confirmed { name, .. }
        | Matter::Waitlisted { name, .. }
        | Matter::Promoted { name, .. }
        | Matter::AlreadyRegistered { name, .. } => Some(name.to_string()),
        Matter::Cancelled { name } => name.as_ref().map(ToString::to_string),
    }
}
