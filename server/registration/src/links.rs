//! The links in mails, by which an owner is recognised without an account.
//!
//! A link's last part is a token: what it is for, which registration or follow, of which generation, until when, and a
//! keyed digest of all that (HMAC-SHA256, RFC 2104). Nothing is stored, so that any mail can carry a fresh one; raising
//! the generation of a registration makes all its links invalid.

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, Mac};
use jiff::Timestamp;
use regatta_domain::ids::{FollowId, RegistrationId};
use sha2::Sha256;

use crate::keys;
use sealed::Payload;

/// Keeps these digests apart from all others that are made from the same secret.
const KEY_LABEL: &[u8] = b"regatta registration links 1";

/// Purpose, identity, generation, expiry.
const PAYLOAD_LEN: usize = 1 + 16 + 8 + 8;

/// Half of the digest: no less is advised (RFC 2104 section 5), and each byte makes the link longer.
const DIGEST_LEN: usize = 16;

/// What a link to a registration is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkPurpose {
    /// Confirm the address.
    Confirm,
    /// See the registration, change it and give it up.
    Manage,
    /// Say how it was.
    Feedback,
}

impl LinkPurpose {
    /// Every purpose.
    pub const ALL: [Self; 3] = [Self::Confirm, Self::Manage, Self::Feedback];

    /// The path on this site under which such links live; the token follows after a slash.
    pub fn path(self) -> &'static str {
        match self {
            Self::Confirm => "/registrations/confirm",
            Self::Manage => "/registrations/manage",
            Self::Feedback => "/registrations/feedback",
        }
    }

    /// The byte it has in a token; never reused for another purpose.
    fn byte(self) -> u8 {
        match self {
            Self::Confirm => 1,
            Self::Manage => 2,
            Self::Feedback => 3,
        }
    }
}

/// What a link to a follow is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FollowPurpose {
    /// Confirm that mails are wanted.
    Follow,
    /// Have no more of them.
    Unfollow,
}

impl FollowPurpose {
    /// Every purpose.
    pub const ALL: [Self; 2] = [Self::Follow, Self::Unfollow];

    /// The path on this site under which such links live; the token follows after a slash.
    pub fn path(self) -> &'static str {
        match self {
            Self::Follow => "/follow/confirm",
            Self::Unfollow => "/follow/stop",
        }
    }

    /// The byte it has in a token; never reused for another purpose, of [`LinkPurpose`] included.
    fn byte(self) -> u8 {
        match self {
            Self::Follow => 4,
            Self::Unfollow => 5,
        }
    }
}

/// What the token of a link to a registration says.
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

/// What the token of a link to a follow says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FollowLink {
    /// What it is for.
    pub purpose: FollowPurpose,
    /// Which follow.
    pub follow: FollowId,
    /// From when on it is not valid any more; kept to the second.
    pub expires: Timestamp,
}

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkRefused {
    /// Not made by this portal, changed since, or for something else.
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
        let keyed = keys::keyed_by(&keys::derived(secret, KEY_LABEL));
        Self { keyed, base_url: base_url.trim_end_matches('/').to_owned() }
    }

    /// `http.base_url` without a slash at its end.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The token of `link`, whatever it leads to.
    pub fn token(&self, link: &impl Signed) -> String {
        let payload = link.payload().write();
        let digest = self.keyed.clone().chain_update(payload).finalize().into_bytes();
        let mut token = payload.to_vec();
        token.extend(digest.iter().take(DIGEST_LEN));
        BASE64URL_NOPAD.encode(&token)
    }

    /// The path of `link` on this site.
    pub fn path(&self, link: &impl Signed) -> String {
        format!("{}/{}", link.base_path(), self.token(link))
    }

    /// The whole address of `link`, for mails.
    pub fn url(&self, link: &impl Signed) -> String {
        format!("{}{}", self.base_url, self.path(link))
    }

    /// What `token` says of a registration, where it is one of ours and valid at `now`.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Link, LinkRefused> {
        self.read(token, now)
    }

    /// What `token` says of a follow, where it is one of ours and valid at `now`.
    pub fn verify_follow(&self, token: &str, now: Timestamp) -> Result<FollowLink, LinkRefused> {
        self.read(token, now)
    }

    fn read<L: Signed>(&self, token: &str, now: Timestamp) -> Result<L, LinkRefused> {
        let payload = self.authenticate(token).ok_or(LinkRefused::Invalid)?;
        let link = L::from_payload(&payload).ok_or(LinkRefused::Invalid)?;
        if payload.expires <= now { Err(LinkRefused::Expired) } else { Ok(link) }
    }

    fn authenticate(&self, token: &str) -> Option<Payload> {
        let mut bytes = [0; PAYLOAD_LEN + DIGEST_LEN];
        if BASE64URL_NOPAD.decode_len(token.len()) != Ok(bytes.len()) {
            return None;
        }
        BASE64URL_NOPAD.decode_mut(token.as_bytes(), &mut bytes).ok()?;
        let (payload, digest) = bytes.split_first_chunk::<PAYLOAD_LEN>()?;
        // Compares in constant time.
        self.keyed.clone().chain_update(payload).verify_truncated_left(digest).ok()?;
        Payload::read(payload)
    }
}

/// What a token can say, made only here.
pub trait Signed: Sized + sealed::Claims {}

impl<L: sealed::Claims> Signed for L {}

mod sealed {
    use jiff::Timestamp;

    use super::PAYLOAD_LEN;

    /// How a kind of link is written into a token and read back.
    pub trait Claims: Sized {
        /// The path that the token follows.
        fn base_path(&self) -> &'static str;

        /// What the token says.
        fn payload(&self) -> Payload;

        /// The link that a genuine token says, where it is one of this kind.
        fn from_payload(payload: &Payload) -> Option<Self>;
    }

    /// What a token says, before its digest.
    pub struct Payload {
        pub purpose: u8,
        pub id: [u8; 16],
        pub generation: i64,
        pub expires: Timestamp,
    }

    impl Payload {
        pub fn write(&self) -> [u8; PAYLOAD_LEN] {
            let mut bytes = [0; PAYLOAD_LEN];
            bytes[0] = self.purpose;
            bytes[1..17].copy_from_slice(&self.id);
            bytes[17..25].copy_from_slice(&self.generation.to_be_bytes());
            bytes[25..].copy_from_slice(&self.expires.as_second().to_be_bytes());
            bytes
        }

        pub fn read(bytes: &[u8; PAYLOAD_LEN]) -> Option<Self> {
            let (&[purpose], rest) = bytes.split_first_chunk()?;
            let (&id, rest) = rest.split_first_chunk()?;
            let (&generation, rest) = rest.split_first_chunk()?;
            let (&expires, _) = rest.split_first_chunk()?;
            let expires = Timestamp::from_second(i64::from_be_bytes(expires)).ok()?;
            Some(Self { purpose, id, generation: i64::from_be_bytes(generation), expires })
        }
    }
}

impl sealed::Claims for Link {
    fn base_path(&self) -> &'static str {
        self.purpose.path()
    }

    fn payload(&self) -> Payload {
        Payload {
            purpose: self.purpose.byte(),
            id: self.registration.to_bytes(),
            generation: self.generation,
            expires: self.expires,
        }
    }

    fn from_payload(payload: &Payload) -> Option<Self> {
        Some(Self {
            purpose: LinkPurpose::ALL.into_iter().find(|known| known.byte() == payload.purpose)?,
            registration: RegistrationId::from_bytes(payload.id),
            generation: payload.generation,
            expires: payload.expires,
        })
    }
}

impl sealed::Claims for FollowLink {
    fn base_path(&self) -> &'static str {
        self.purpose.path()
    }

    /// A follow has no generations: one that was stopped is gone, and its links with it.
    fn payload(&self) -> Payload {
        Payload {
            purpose: self.purpose.byte(),
            id: self.follow.to_bytes(),
            generation: 0,
            expires: self.expires,
        }
    }

    fn from_payload(payload: &Payload) -> Option<Self> {
        Some(Self {
            purpose: FollowPurpose::ALL.into_iter().find(|known| known.byte() == payload.purpose)?,
            follow: FollowId::from_bytes(payload.id),
            expires: payload.expires,
        })
    }
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

    fn follow_link(purpose: FollowPurpose) -> FollowLink {
        FollowLink {
            purpose,
            follow: FollowId::from_bytes(*b"one registration"),
            expires: Timestamp::from_second(60).unwrap(),
        }
    }

    #[test]
    fn links_to_follows_read_back_too() {
        for purpose in FollowPurpose::ALL {
            let link = follow_link(purpose);
            let token = signer().token(&link);
            assert_eq!(signer().verify_follow(&token, NOW), Ok(link.clone()));
            assert_eq!(signer().verify_follow(&token, link.expires), Err(LinkRefused::Expired));
        }
    }

    /// The same sixteen bytes name a registration here and a follow there.
    #[test]
    fn a_link_to_one_thing_is_none_to_another() {
        for purpose in FollowPurpose::ALL {
            let token = signer().token(&follow_link(purpose));
            assert_eq!(signer().verify(&token, NOW), Err(LinkRefused::Invalid));
        }
        for purpose in LinkPurpose::ALL {
            let token = signer().token(&link(purpose));
            assert_eq!(signer().verify_follow(&token, NOW), Err(LinkRefused::Invalid));
        }
    }

    #[test]
    fn no_two_purposes_share_a_byte_or_a_path() {
        let mut bytes: Vec<_> = LinkPurpose::ALL.map(LinkPurpose::byte).to_vec();
        bytes.extend(FollowPurpose::ALL.map(FollowPurpose::byte));
        let mut paths: Vec<_> = LinkPurpose::ALL.map(LinkPurpose::path).to_vec();
        paths.extend(FollowPurpose::ALL.map(FollowPurpose::path));
        bytes.sort_unstable();
        bytes.dedup();
        paths.sort_unstable();
        paths.dedup();
        assert_eq!((bytes.len(), paths.len()), (5, 5));
    }

    #[test]
    fn what_has_no_end_has_none() {
        let link = FollowLink { expires: Timestamp::MAX, ..follow_link(FollowPurpose::Unfollow) };
        let token = signer().token(&link);
        let centuries_later = "2300-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(signer().verify_follow(&token, centuries_later).unwrap().follow, link.follow);
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
            prop_assert_eq!(signer().verify_follow(&lookalike, NOW), Err(LinkRefused::Invalid));
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
