//! From a letter to the bytes that are sent (RFC 5322, RFC 2045, RFC 6047).

use jiff::Timestamp;
use lettre::Message;
use lettre::address::Envelope;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MessageBuilder, MultiPart, SinglePart};
use regatta_domain::calendar::Calendar;
use regatta_domain::email_address::EmailAddress;
use regatta_domain::ids::MailId;
use regatta_language::Words;

use crate::dkim::DkimKeyError;
use crate::invitation::invitation;
use crate::layout;
use crate::letter::{About, FollowMatter, Letter};
use crate::messages::{self, Content, List};
use crate::stationery::Stationery;

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
    /// It cannot be signed.
    #[error(transparent)]
    Signature(#[from] DkimKeyError),
}

/// Renders `letter` on `stationery` at `now`. The same letter at the same time gives the same bytes.
pub fn render(letter: &Letter, stationery: &Stationery, now: Timestamp) -> Result<Outgoing, MimeError> {
    let content = messages::compose(letter, now);
    let calendar = invitation(letter, content.calendar, &stationery.sender, now);
    let message =
        head(letter, &content, stationery, now)?.multipart(body(letter, &content, calendar.as_ref())?)?;
    let envelope = stationery.envelope(&letter.mail, mailbox(&letter.recipient)?.email)?;
    let bytes = stationery.seal(message.formatted(), now)?;
    Ok(Outgoing { id: letter.mail.clone(), date: now, envelope, bytes })
}

fn head(
    letter: &Letter,
    content: &Content,
    stationery: &Stationery,
    now: Timestamp,
) -> Result<MessageBuilder, MimeError> {
    let mut head = Message::builder()
        .message_id(Some(format!("<{}@{}>", letter.mail, letter.site.identity)))
        .date(now.into())
        .from(stationery.sender.mailbox().clone())
        .to(mailbox(&letter.recipient)?);
    if let Some(contact) = contact(letter) {
        head = head.reply_to(mailbox(contact)?);
    }
    head = head
        .subject(content.subject.clone())
        .raw_header(header("Content-Language", content.language.tag()))
        // Nobody's absence note is owed to a program (RFC 3834, and what Exchange asks for instead).
        .raw_header(header("Auto-Submitted", "auto-generated"))
        .raw_header(header("X-Auto-Response-Suppress", "OOF, NRN, AutoReply, RN"));
    Ok(content.list.iter().fold(head, |head, list| on_list(head, list, &letter.site.identity)))
}

/// Lets programs file the mail and end its list in one click (RFC 2919, RFC 2369, RFC 8058).
fn on_list(head: MessageBuilder, list: &List, identity: &str) -> MessageBuilder {
    head.raw_header(header("List-Id", &format!("<{}.{identity}>", list.id)))
        .raw_header(header("List-Unsubscribe", &format!("<{}>", list.unsubscribe_url)))
        .raw_header(header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
}

/// Who answers questions about the event that the letter speaks of.
fn contact(letter: &Letter) -> Option<&EmailAddress> {
    let event = match &letter.about {
        About::Registration(about) => &about.event,
        About::Follow(about) => match &about.matter {
            FollowMatter::Published { event } => event,
            FollowMatter::Confirm { .. } => return None,
        },
    };
    event.contact.as_ref()
}

fn mailbox(address: &EmailAddress) -> Result<Mailbox, MimeError> {
    let address: lettre::Address = address.as_str().parse()?;
    Ok(address.into())
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// Text and HTML; with a calendar also the calendar as an alternative, which mail programs act on, and as a file, which
/// people can save.
fn body(letter: &Letter, content: &Content, calendar: Option<&Calendar>) -> Result<MultiPart, MimeError> {
    let text = layout::text(Words::of(content.language), &content.blocks);
    let html = layout::html(content.frame(&letter.site), &content.blocks);
    let alternative = MultiPart::alternative()
        .boundary(format!("alternative-{}", letter.mail))
        .singlepart(SinglePart::plain(text))
        .singlepart(SinglePart::html(html));
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
