//! Who the mail is from.

use std::fmt;
use std::str::FromStr;

use lettre::message::Mailbox;
use regatta_domain::calendar::Party;

use crate::letter::Site;

/// The mailbox in `mail.from`: an address, or a name and an address in angle brackets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender(Mailbox);

/// Why a text is no [`Sender`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "mail.from: write an address, `regatta@example.org`, or a name and an address, `Regatta <regatta@example.org>`"
)]
pub struct SenderError;

impl Sender {
    /// The address alone.
    pub fn address(&self) -> &lettre::Address {
        &self.0.email
    }

    /// The portal as the organizer in calendars: under its name, at this address.
    pub fn organizer(&self, site: &Site) -> Party {
        Party { name: Some(site.name.clone()), address: self.0.email.to_string() }
    }

    pub(crate) fn mailbox(&self) -> &Mailbox {
        &self.0
    }
}

impl FromStr for Sender {
    type Err = SenderError;

    fn from_str(text: &str) -> Result<Self, SenderError> {
        if text.chars().any(char::is_control) {
            return Err(SenderError);
        }
        text.trim().parse().map(Self).map_err(|_| SenderError)
    }
}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_an_address_with_or_without_a_name() {
        for text in [
            "regatta@example.org",
            "Regatta <regatta@example.org>",
            "\"Regatta, the portal\" <r@example.org>",
        ] {
            let sender: Sender = text.parse().unwrap();
            assert_eq!(sender.to_string().parse::<Sender>().unwrap(), sender);
        }
    }

    #[test]
    fn refuses_the_rest() {
        for text in ["", "regatta", "Regatta <regatta", "a@example.org\r\nBcc: b@example.org"] {
            assert_eq!(text.parse::<Sender>(), Err(SenderError), "{text:?}");
        }
    }
}
