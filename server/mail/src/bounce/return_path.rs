//! Addresses that mail comes back to: one per mail, which nobody else can make up.

use data_encoding::{Encoding, Specification};
use hmac::digest::KeyInit;
use hmac::{Hmac, Mac};
use regatta_domain::email_address::EmailAddress;
use regatta_domain::ids::MailId;
use sha2::Sha256;

/// Keeps these digests apart from all others that are made from the same secret.
const KEY_LABEL: &[u8] = b"regatta return paths 1";
/// How much of a digest stands in an address, in bytes: no less is advised (RFC 2104 section 5: 80 bits), and a local part
/// has little room.
const DIGEST_LEN: usize = 10;
/// The longest local part (RFC 5321 section 4.5.3.1.1).
const MAX_LOCAL_PART: usize = 64;
/// How long the local part may be that is configured: `+`, the identity, `.` and the digest follow it.
const MAX_CONFIGURED: usize = MAX_LOCAL_PART - 1 - 26 - 1 - 16;

/// Makes return addresses and recognises its own.
#[derive(Clone)]
pub struct ReturnPaths {
    keyed: Hmac<Sha256>,
    local_part: String,
    domain: String,
}

/// Why an address cannot be made into return addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReturnPathError {
    /// Too long.
    #[error(
        "mail.bounces: what stands before the @ may have {MAX_CONFIGURED} characters at most, as each mail's identity is added to it"
    )]
    TooLong,
    /// The `+` is needed.
    #[error("mail.bounces: leave out the +; each mail's identity is added behind one")]
    Plus,
}

impl ReturnPaths {
    /// Return addresses below `address`, told from others by the portal's secret: mail to `bounces+….…@example.org` has to
    /// reach whoever reads `bounces@example.org`.
    pub fn new(secret: &[u8; 32], address: &EmailAddress) -> Result<Self, ReturnPathError> {
        let (local_part, domain) = address.as_str().rsplit_once('@').unwrap_or_default();
        if local_part.len() > MAX_CONFIGURED {
            return Err(ReturnPathError::TooLong);
        }
        if local_part.contains('+') {
            return Err(ReturnPathError::Plus);
        }
        let mut labelled = keyed_by(secret);
        labelled.update(KEY_LABEL);
        let key = labelled.finalize().into_bytes().into();
        Ok(Self { keyed: keyed_by(&key), local_part: local_part.to_owned(), domain: domain.to_owned() })
    }

    /// The return address of a mail.
    pub fn of(&self, mail: &MailId) -> String {
        let digest = self.keyed.clone().chain_update(mail.as_str()).finalize().into_bytes();
        let digest = base32().encode(digest.get(..DIGEST_LEN).unwrap_or_default());
        format!("{}+{mail}.{digest}@{}", self.local_part, self.domain)
    }

    /// The mail whose return address this is; `None` where it is not one of ours. Letters may have changed their case on
    /// the way.
    pub fn authenticate(&self, address: &str) -> Option<MailId> {
        let (local_part, domain) = address.rsplit_once('@')?;
        let (base, tag) = local_part.rsplit_once('+')?;
        let (mail, digest) = tag.split_once('.')?;
        if !(domain.eq_ignore_ascii_case(&self.domain) && base.eq_ignore_ascii_case(&self.local_part)) {
            return None;
        }
        let mail: MailId = mail.to_ascii_lowercase().parse().ok()?;
        let digest = base32().decode(digest.to_ascii_lowercase().as_bytes()).ok()?;
        if digest.len() != DIGEST_LEN {
            return None;
        }
        let keyed = self.keyed.clone().chain_update(mail.as_str());
        keyed.verify_truncated_left(&digest).is_ok().then_some(mail)
    }
}

fn keyed_by(key: &[u8; 32]) -> Hmac<Sha256> {
    // A key shorter than a block is filled up with zeros (RFC 2104 section 2).
    let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
    block.iter_mut().zip(key).for_each(|(byte, of_key)| *byte = *of_key);
    KeyInit::new(&block)
}

/// Lower-case base32 without padding, as identities are written: mail servers may change the case of an address.
fn base32() -> Encoding {
    let mut spec = Specification::new();
    spec.symbols.push_str("abcdefghijklmnopqrstuvwxyz234567");
    // The specification is a constant of ours: it always builds.
    spec.encoding().unwrap_or(data_encoding::BASE32_NOPAD)
}

impl std::fmt::Debug for ReturnPaths {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ReturnPaths({}+…@{})", self.local_part, self.domain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(secret: u8) -> ReturnPaths {
        ReturnPaths::new(&[secret; 32], &"bounces@example.org".parse().unwrap()).unwrap()
    }

    fn mail() -> MailId {
        MailId::from_bytes([7; 16])
    }

    #[test]
    fn a_return_address_leads_back_to_its_mail_whatever_the_case() {
        let address = paths(1).of(&mail());
        assert!(address.parse::<EmailAddress>().is_ok(), "{address}");
        assert!(address.split_once('@').unwrap().0.len() <= MAX_LOCAL_PART);
        for written in [address.clone(), address.to_uppercase()] {
            assert_eq!(paths(1).authenticate(&written), Some(mail()), "{written}");
        }
    }

    #[test]
    fn nobody_else_can_make_one_up() {
        let address = paths(1).of(&mail());
        let other = MailId::from_bytes([8; 16]);
        let foreign = [
            address.replacen(mail().as_str(), other.as_str(), 1),
            address.replace("example.org", "example.net"),
            address.replace("bounces", "returns"),
            address.replacen('.', "..", 1),
            format!("bounces+{}@example.org", mail()),
            format!("bounces+{}.@example.org", mail()),
            format!("bounces+{}.aaaa@example.org", mail()),
            format!("bounces+{}.aaaaaaaaaaaaaaaa@example.org", mail()),
            "bounces@example.org".to_owned(),
            String::new(),
        ];
        for forged in foreign {
            assert_eq!(paths(1).authenticate(&forged), None, "{forged}");
        }
        assert_eq!(paths(2).authenticate(&address), None, "another portal's");
    }

    #[test]
    fn an_address_without_room_is_refused() {
        let with = |local: &str| ReturnPaths::new(&[0; 32], &format!("{local}@example.org").parse().unwrap());
        let longest = "b".repeat(MAX_CONFIGURED);
        assert_eq!(with(&longest).unwrap().of(&mail()).find('@'), Some(MAX_LOCAL_PART));
        assert_eq!(with(&format!("{longest}b")).unwrap_err(), ReturnPathError::TooLong);
        assert_eq!(with("bounces+x").unwrap_err(), ReturnPathError::Plus);
    }
}
