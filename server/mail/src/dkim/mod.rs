//! DKIM signatures (RFC 6376; Ed25519 by RFC 8463): the domain vouches for what its portal writes.
//!
//! Header and body are signed in relaxed form, so that what relays do to white space does not break the signature.

mod canonical;
mod key;

use data_encoding::BASE64;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use canonical::{Fields, relaxed_body, relaxed_field, split};
use key::Pair;
pub use key::{DkimKey, DkimKeyError};

/// What is signed, as far as a mail has it. Each name is listed once more than it occurs: nobody can add another field of
/// that name on the way (RFC 6376 section 8.15). Those of one-click unsubscription must be covered (RFC 8058 section 4).
const SIGNED: [&str; 12] = [
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "reply-to",
    "mime-version",
    "content-type",
    "auto-submitted",
    "list-id",
    "list-unsubscribe",
    "list-unsubscribe-post",
];

/// How much of a long value stands on one line, in characters.
const LINE: usize = 72;

/// Signs mails for one domain.
#[derive(Clone, Debug)]
pub struct DkimSigner {
    domain: String,
    selector: String,
    pair: Pair,
}

impl DkimSigner {
    /// A signer with this key; says what is wrong with it.
    pub fn new(key: &DkimKey) -> Result<Self, DkimKeyError> {
        let name = |text: &str, error: DkimKeyError| {
            if is_dns_name(text) { Ok(text.to_ascii_lowercase()) } else { Err(error) }
        };
        Ok(Self {
            domain: name(&key.domain, DkimKeyError::Domain)?,
            selector: name(&key.selector, DkimKeyError::Selector)?,
            pair: Pair::read(&key.private_key)?,
        })
    }

    /// The name of the TXT record in which receivers look for the public key.
    pub fn record_name(&self) -> String {
        format!("{}._domainkey.{}", self.selector, self.domain)
    }

    /// `message` (lines ending in CRLF) with its signature in front, made at `now`. The same message, time and key give the
    /// same bytes.
    pub fn sign(&self, message: &[u8], now: Timestamp) -> Result<Vec<u8>, DkimKeyError> {
        let (head, body) = split(message);
        let fields = Fields::of(&head);
        let unsigned = self.field(&fields, body, now);
        let mut covered: String = SIGNED.iter().flat_map(|name| fields.relaxed(name)).collect();
        covered.push_str(relaxed_field(&unsigned).trim_end_matches("\r\n"));
        let signature = BASE64.encode(&self.pair.sign(covered.as_bytes())?);
        let mut signed = unsigned.into_bytes();
        for line in signature.as_bytes().chunks(LINE) {
            signed.extend(b"\r\n ");
            signed.extend(line);
        }
        signed.extend(b"\r\n");
        signed.extend(message);
        Ok(signed)
    }

    /// The field up to the signature itself, which stands last.
    fn field(&self, fields: &Fields<'_>, body: &[u8], now: Timestamp) -> String {
        let covered: Vec<&str> =
            SIGNED.iter().flat_map(|name| std::iter::repeat_n(*name, fields.count(name) + 1)).collect();
        let covered = folded(&covered);
        format!(
            "DKIM-Signature: v=1; a={}; c=relaxed/relaxed; d={};\r\n s={}; t={};\r\n h={covered};\r\n bh={};\r\n b=",
            self.pair.algorithm(),
            self.domain,
            self.selector,
            now.as_second(),
            BASE64.encode(&Sha256::digest(relaxed_body(body))),
        )
    }
}

/// Names with colons between them, on lines of bearable length.
fn folded(names: &[&str]) -> String {
    let mut text = String::new();
    let mut line = 0;
    for (at, name) in names.iter().enumerate() {
        let colon = if at == 0 { "" } else { ":" };
        line += colon.len() + name.len();
        let fold = line > LINE;
        if fold {
            line = name.len();
        }
        text.extend([colon, if fold { "\r\n  " } else { "" }, name]);
    }
    text
}

/// Whether a text can stand in DNS: labels of letters, digits and hyphens.
fn is_dns_name(text: &str) -> bool {
    let fits = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(fits)
}

#[cfg(test)]
mod tests;
