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
