//! E-mail addresses: kept for sending exactly as typed, compared for duplicates in a normal form.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An address that can be written into an envelope (RFC 5321 section 4.1.2, without quoted local parts and address
/// literals, which no visitor has and which invite tricks); at most 254 characters (RFC 5321 section 4.5.3.1.3).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

/// Why a text is no [`EmailAddress`]. The words are for the person who typed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmailAddressError {
    /// The field was left empty.
    #[error("Enter your e-mail address.")]
    Empty,
    /// More than 254 characters.
    #[error("This address is too long: at most {} characters.", EmailAddress::MAX_LEN)]
    TooLong,
    /// Not of the form `name@example.org`.
    #[error("This does not look like an e-mail address. It should read like ada@example.org.")]
    Form,
}

impl EmailAddress {
    /// The longest address, in bytes.
    pub const MAX_LEN: usize = 254;

    /// The address as it was typed: send to this.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which two spellings of one mailbox are equal: lower case. Compare by this, never send to it.
    pub fn normalized(&self) -> String {
        self.0.to_lowercase()
    }
}

impl FromStr for EmailAddress {
    type Err = EmailAddressError;

    fn from_str(text: &str) -> Result<Self, EmailAddressError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(EmailAddressError::Empty);
        }
        if text.len() > Self::MAX_LEN {
            return Err(EmailAddressError::TooLong);
        }
        let options = email_address::Options::default()
            .without_display_text()
            .without_domain_literal()
            .with_required_tld();
        let parsed = email_address::EmailAddress::parse_with_options(text, options)
            .map_err(|_| EmailAddressError::Form)?;
        let plain = text.is_ascii() && !text.contains(['"', '\\', '(', ')']);
        if plain && parsed.local_part().len() <= 64 {
            Ok(Self(text.to_owned()))
        } else {
            Err(EmailAddressError::Form)
        }
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = EmailAddressError;

    fn try_from(text: String) -> Result<Self, EmailAddressError> {
        text.parse()
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.0
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_typed_form_and_compares_the_normal_one() {
        let address: EmailAddress = "  Ada.Lovelace+ci@Example.ORG ".parse().unwrap();
        assert_eq!(address.as_str(), "Ada.Lovelace+ci@Example.ORG");
        assert_eq!(address.normalized(), "ada.lovelace+ci@example.org");
    }

    #[test]
    fn refuses_what_cannot_be_sent_to() {
        for bad in [
            "ada",
            "ada@",
            "@example.org",
            "ada@localhost",
            "a b@example.org",
            "ada@example.org\r\nBcc: x@example.org",
            "\"a b\"@example.org",
            "ada@[127.0.0.1]",
            "Ada <ada@example.org>",
            "ada@example..org",
            "ada@exa\u{202e}mple.org",
        ] {
            assert_eq!(bad.parse::<EmailAddress>(), Err(EmailAddressError::Form), "{bad:?}");
        }
        assert_eq!("".parse::<EmailAddress>(), Err(EmailAddressError::Empty));
        assert_eq!(
            format!("{}@example.org", "a".repeat(300)).parse::<EmailAddress>(),
            Err(EmailAddressError::TooLong)
        );
    }
}
