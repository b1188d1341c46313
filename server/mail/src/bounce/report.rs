//! Reports on the delivery of a mail (RFC 3464).

use mail_parser::{MessageParser, MessagePart, MimeHeaders};

use crate::status::Status;

/// What one group of a report says about a recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Recipient {
    /// What became of the mail, in lower case: `failed`, `delayed`, `delivered`, `relayed` or `expanded`.
    pub(super) action: String,
    /// Why.
    pub(super) status: Status,
    /// What the last server said, where that is told.
    pub(super) diagnostic: Option<String>,
}

/// What a report in `message` says about its recipients; `None` where it is no report of this kind.
pub(super) fn recipients(message: &[u8]) -> Option<Vec<Recipient>> {
    let message = MessageParser::default().parse(message)?;
    let kind = message.root_part().content_type()?;
    let is_report = kind.ctype().eq_ignore_ascii_case("multipart")
        && kind.subtype().is_some_and(|subtype| subtype.eq_ignore_ascii_case("report"))
        && kind.attribute("report-type").is_some_and(|of| of.eq_ignore_ascii_case("delivery-status"));
    if !is_report {
        return None;
    }
    let part = message.parts.iter().find(|part| is_status(part))?;
    let text = String::from_utf8_lossy(part.contents()).replace("\r\n", "\n");
    // The first group speaks of the message, the others of one recipient each.
    let groups = text.split("\n\n").map(|group| group.trim_matches('\n')).filter(|group| !group.is_empty());
    Some(groups.skip(1).filter_map(recipient).collect())
}

fn is_status(part: &MessagePart<'_>) -> bool {
    part.is_content_type("message", "delivery-status")
        || part.is_content_type("message", "global-delivery-status")
}

fn recipient(group: &str) -> Option<Recipient> {
    let unfolded = group.replace("\n ", " ").replace("\n\t", " ");
    let field = |wanted: &str| {
        let mut fields = unfolded.lines().filter_map(|line| line.split_once(':'));
        fields.find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim())
    };
    // A comment may follow the status.
    let status = field("Status")?.split([' ', '(']).next()?.parse().ok()?;
    Some(Recipient {
        action: field("Action")?.to_ascii_lowercase(),
        status,
        diagnostic: field("Diagnostic-Code").map(str::to_owned),
    })
}
