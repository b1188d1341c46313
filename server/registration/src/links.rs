//! The links in mails, by which an owner is recognised without an account.
//!
//! A link's last part is a token: what it is for, which registration, of which generation, until when, and a keyed
//! digest of all that (HMAC-SHA256, RFC 2104). Nothing is stored, so that any mail can carry a fresh one; raising the
//! generation of a registration makes all its links invalid.

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, Mac};
use jiff::Timestamp;
use regatta_domain::ids::RegistrationId;
use sha2::Sha256;

/// Keeps these digests apart from all others that are made from the same secret.
const KEY_LABEL: &[u8] = b"regatta registration links 1";

/// Purpose, registration, generation, expiry.
const PAYLOAD_LEN: usize = 1 + 16 + 8 + 8;

/// Half of the digest: no less is advised (RFC 2104 section 5), and each byte makes the link longer.
const DIGEST_LEN: usize = 16;

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkPurpose {
    /// Confirm the address.
    Confirm,
    /// See the registration and give it up.
    Manage,
}

impl LinkPurpose {
    /// Every purpose.
    pub const ALL: [Self; 2] = [Self::Confirm, Self::Manage];

    /// The path on this site under which such links live; the token follows after a slash.
    pub fn path(self) -> &'static str {
        match self {
            Self::Confirm => "/registrations/confirm",
            Self::Manage => "/registrations/manage",
        }
    }

    /// The byte it has in a token; never reused for another purpose.
    fn byte(self) -> u8 {
        match self {
            Self::Confirm => 1,
            Self::Manage => 2,
        }
    }
}

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What it is for.
    pub purpose: LinkPurpose,
    /// Which registration.
    pub registration: RegistrationId,
    /// The registration's generation when it was made.
    pub generation: i64,
    /// From when on it is not valid any more; kept to the second.
    pub expires: Timestamp,
}

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkRefused {
    /// Not made by this portal, or changed since.
    #[error("not a link of this portal")]
    Invalid,
    /// Made by this portal, but its time is over.
    #[error("the time of this link is over")]
    Expired,
}

/// Makes links and recognises its own.
pub struct LinkSigner {
    keyed: Hmac<Sha256>,
    base_url: String,
}

impl LinkSigner {
    /// A signer with the portal's secret. `base_url` is `http.base_url`, the only source of the host in a link: what a
    /// request says of its host is up to whoever sends it.
    pub fn new(secret: &[u8; 32], base_url: &str) -> Self {
        let mut labelled = keyed_by(secret);
        labelled.update(KEY_LABEL);
        let key = labelled.finalize().into_bytes().into();
        Self { keyed: keyed_by(&key), base_url: base_url.trim_end_matches('/').to_owned() }
    }

    /// `http.base_url` without a slash at its end.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The token of `link`.
    pub fn token(&self, link: &Link) -> String {
        let payload = write(link);
        let digest = self.keyed.clone().chain_update(payload).finalize().into_bytes();
        let mut token = payload.to_vec();
        token.extend(digest.iter().take(DIGEST_LEN));
        BASE64URL_NOPAD.encode(&token)
    }

    /// The path of `link` on this site.
    pub fn path(&self, link: &Link) -> String {
        format!("{}/{}", link.purpose.path(), self.token(link))
    }

    /// The whole address of `link`, for mails.
    pub fn url(&self, link: &Link) -> String {
        format!("{}{}", self.base_url, self.path(link))
    }

    /// What `token` says, where it is one of ours and valid at `now`.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Link, LinkRefused> {
        let link = self.authenticate(token).ok_or(LinkRefused::Invalid)?;
        if link.expires <= now { Err(LinkRefused::Expired) } else { Ok(link) }
    }

    fn authenticate(&self, token: &str) -> Option<Link> {
        let mut bytes = [0; PAYLOAD_LEN + DIGEST_LEN];
        if BASE64URL_NOPAD.decode_len(token.len()) != Ok(bytes.len()) {
            return None;
        }
        BASE64URL_NOPAD.decode_mut(token.as_bytes(), &mut bytes).ok()?;
        let (payload, digest) = bytes.split_first_chunk::<PAYLOAD_LEN>()?;
        // Compares in constant time.
        self.keyed.clone().chain_update(payload).verify_truncated_left(digest).ok()?;
        read(payload)
    }
}

/// HMAC takes keys up to its block of 64 bytes; shorter ones are filled up with zeros (RFC 2104 section 2).
fn keyed_by(key: &[u8; 32]) -> Hmac<Sha256> {
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    <Hmac<Sha256> as hmac::digest::KeyInit>::new(&block.into())
}

fn write(link: &Link) -> [u8; PAYLOAD_LEN] {
    let mut payload = [0; PAYLOAD_LEN];
    payload[0] = link.purpose.byte();
    payload[1..17].copy_from_slice(&link.registration.to_bytes());
    payload[17..25].copy_from_slice(&link.generation.to_be_bytes());
    payload[25..].copy_from_slice(&link.expires.as_second().to_be_bytes());
    payload
}

fn read(payload: &[u8; PAYLOAD_LEN]) -> Option<Link> {
    let (&[purpose], rest) = payload.split_first_chunk()?;
    let (&registration, rest) = rest.split_first_chunk()?;
    let (&generation, rest) = rest.split_first_chunk()?;
    let (&expires, _) = rest.split_first_chunk()?;
    Some(Link {
        purpose: LinkPurpose::ALL.into_iter().find(|known| known.byte() == purpose)?,
        registration: RegistrationId::from_bytes(registration),
        generation: i64::from_be_bytes(generation),
        expires: Timestamp::from_second(i64::from_be_bytes(expires)).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn signer() -> LinkSigner {
        LinkSigner::new(&[7; 32], "https://regatta.example/")
    }

    fn link(purpose: LinkPurpose) -> Link {
        Link {
            purpose,
            registration: RegistrationId::from_bytes(*b"one registration"),
            generation: 3,
            expires: Timestamp::from_second(60).unwrap(),
        }
    }

    #[test]
    fn a_token_reads_back_until_its_time_is_over() {
        for purpose in LinkPurpose::ALL {
            let token = signer().token(&link(purpose));
            assert_eq!(signer().verify(&token, NOW), Ok(link(purpose)));
            let just_before = Timestamp::from_millisecond(59_999).unwrap();
            assert_eq!(signer().verify(&token, just_before), Ok(link(purpose)));
            assert_eq!(signer().verify(&token, link(purpose).expires), Err(LinkRefused::Expired));
        }
    }

    #[test]
    fn another_secret_recognises_nothing() {
        let token = LinkSigner::new(&[8; 32], "https://regatta.example").token(&link(LinkPurpose::Manage));
        assert_eq!(signer().verify(&token, NOW), Err(LinkRefused::Invalid));
    }

    /// Computed apart from this code, so that links in mails that are on their way survive an upgrade.
    #[test]
    fn tokens_never_change_their_form() {
        let expected = "AW9uZSByZWdpc3RyYXRpb24AAAAAAAAAAwAAAAAAAAA8jrZitBK9aB3gdMFTwRF7_g";
        assert_eq!(signer().token(&link(LinkPurpose::Confirm)), expected);
    }

    #[test]
    fn the_host_comes_from_the_configuration() {
        let link = link(LinkPurpose::Confirm);
        let token = signer().token(&link);
        assert_eq!(signer().url(&link), format!("https://regatta.example/registrations/confirm/{token}"));
        assert_eq!(signer().path(&link), format!("/registrations/confirm/{token}"));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_change_of_a_token_goes_unnoticed(place in 0..66usize, new in "[ -~]") {
            let token = signer().token(&link(LinkPurpose::Manage));
            let mut changed = token.clone();
            changed.replace_range(place..=place, &new);
            prop_assume!(changed != token);
            prop_assert_eq!(signer().verify(&changed, NOW), Err(LinkRefused::Invalid));
        }

        #[test]
        fn a_token_cut_short_or_lengthened_is_refused(kept in 0..66usize, more in "[A-Za-z0-9_-]{1,80}") {
            let token = signer().token(&link(LinkPurpose::Manage));
            prop_assert_eq!(signer().verify(&token[..kept], NOW), Err(LinkRefused::Invalid));
            prop_assert_eq!(signer().verify(&(token + &more), NOW), Err(LinkRefused::Invalid));
        }

        #[test]
        fn any_text_is_read_without_harm(text in any::<String>(), lookalike in "[A-Za-z0-9_-]{66}") {
            prop_assert_eq!(signer().verify(&text, NOW), Err(LinkRefused::Invalid));
            prop_assert_eq!(signer().verify(&lookalike, NOW), Err(LinkRefused::Invalid));
        }

        #[test]
        fn any_link_reads_back(bytes: [u8; 16], generation: i64, seconds in 1..4_000_000_000i64) {
            let link = Link {
                registration: RegistrationId::from_bytes(bytes),
                generation,
                expires: Timestamp::from_second(seconds).unwrap(),
                ..link(LinkPurpose::Confirm)
            };
            prop_assert_eq!(signer().verify(&signer().token(&link), NOW), Ok(link));
        }
    }
}
