//! Mail that comes back.
//!
//! Every mail leaves with a return address of its own, which holds the mail's identity and a digest that only this portal
//! can make ([`ReturnPaths`]). What comes back to any other address changes nothing: or else anybody could cut anybody off
//! from their mail by sending in a report.

mod report;
mod return_path;

use std::sync::Arc;

use regatta_domain::ids::MailId;
use regatta_domain::ports::Clock;
use regatta_store::StoreError;
use regatta_store::outbox::{OutboxStore, Suppression};

use crate::status::Status;
use report::Recipient;
pub use return_path::{ReturnPathError, ReturnPaths};

/// The longest message that is read, in bytes; reports are a few kilobytes, and may quote the whole mail.
pub const MAX_BOUNCE_BYTES: usize = 1024 * 1024;
/// How much of a report's words is kept, in characters.
const MAX_WORDS: usize = 300;

/// Takes in what mail servers send back.
pub struct Intake {
    /// The outbox.
    pub outbox: Arc<dyn OutboxStore>,
    /// Our return addresses.
    pub paths: ReturnPaths,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// What came of a message that reached one of our return addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BounceOutcome {
    /// The address does not work; it gets no mail any more.
    Suppressed {
        /// Which mail came back.
        mail: MailId,
        /// To whom it was, in normal form.
        address: String,
    },
    /// The mail was refused for good, though not because of its address (the mailbox is full, or the text or this portal's
    /// standing was not to that server's liking): later mails may well arrive.
    Refused {
        /// Which mail came back.
        mail: MailId,
        /// Why.
        status: Status,
    },
    /// The mail is on its way or was delivered.
    Underway {
        /// Which one.
        mail: MailId,
    },
    /// The mail came back, but its recipient was erased meanwhile.
    Erased {
        /// Which one.
        mail: MailId,
    },
}

/// Why a message is not taken in. Nothing changed.
#[derive(Debug, thiserror::Error)]
pub enum BounceRefused {
    /// Longer than [`MAX_BOUNCE_BYTES`].
    #[error("the message is longer than {MAX_BOUNCE_BYTES} bytes")]
    TooLong,
    /// Not sent to one of our return addresses.
    #[error("not sent to a return address of this portal: anybody could have written it")]
    Foreign,
    /// No such mail any more.
    #[error("there is no mail {0} any more")]
    Forgotten(MailId),
    /// An answer out of office, or something else that is no report.
    #[error("the message is no report on a delivery (RFC 3464)")]
    NoReport,
    /// The store failed; try again later.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Intake {
    /// Takes in `message`, which was sent to `recipient`. The address is authenticated before anything of the message is
    /// read.
    pub async fn take(&self, recipient: &str, message: &[u8]) -> Result<BounceOutcome, BounceRefused> {
        let mail = self.paths.authenticate(recipient.trim()).ok_or(BounceRefused::Foreign)?;
        if message.len() > MAX_BOUNCE_BYTES {
            return Err(BounceRefused::TooLong);
        }
        let recipients = report::recipients(message).ok_or(BounceRefused::NoReport)?;
        if recipients.is_empty() {
            return Err(BounceRefused::NoReport);
        }
        let stored = self.outbox.mail(&mail).await?.ok_or(BounceRefused::Forgotten(mail.clone()))?;
        let refused: Vec<&Recipient> = recipients.iter().filter(|of| of.is_refused()).collect();
        let Some(first) = refused.first() else { return Ok(BounceOutcome::Underway { mail }) };
        let Some(bad) = refused.iter().find(|of| of.blames_address()) else {
            return Ok(BounceOutcome::Refused { mail, status: first.status });
        };
        let Some(address) = stored.recipient else { return Ok(BounceOutcome::Erased { mail }) };
        let address = address.normalized();
        let suppression = Suppression {
            address: address.clone(),
            since: self.clock.now(),
            why: format!("mail {mail} came back: {}", bad.words()),
        };
        self.outbox.suppress(&suppression).await?;
        tracing::warn!(mail = mail.as_str(), status = %bad.status, "a mail came back; its address gets none any more");
        Ok(BounceOutcome::Suppressed { mail, address })
    }
}

impl Recipient {
    fn is_refused(&self) -> bool {
        self.action == "failed" && self.status.class == 5
    }

    /// Whether the address is at fault: everything that is not about a full mailbox or one that takes no long mail (5.2.2,
    /// 5.2.3), the system or its limits (5.3), the text (5.6) or this portal's standing (5.7).
    fn blames_address(&self) -> bool {
        !matches!((self.status.subject, self.status.detail), (2, 2 | 3) | (3 | 6 | 7, _))
    }

    fn words(&self) -> String {
        let words = match &self.diagnostic {
            Some(diagnostic) => format!("{} ({diagnostic})", self.status),
            None => self.status.to_string(),
        };
        words.chars().filter(|c| !c.is_control()).take(MAX_WORDS).collect()
    }
}
