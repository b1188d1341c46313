//! When a form was handed out, signed, so that forms that were never opened cannot be sent in.
//!
//! The token holds the second at which the page was made and a keyed digest of it and of what the form is for
//! (HMAC-SHA256, RFC 2104). Nothing is stored, and nothing in it tells one visitor from another.

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, Mac};
use jiff::{SignedDuration, Timestamp};
use sha2::Sha256;

use crate::config::SecretKey;

/// Keeps these digests apart from all others that are made from the same secret.
const LABEL: &[u8] = b"regatta form tokens 1";
/// How long a form may lie open: whoever comes back the next day gets a fresh one with what they had typed.
const LIFE: SignedDuration = SignedDuration::from_hours(24);
/// Half of the digest, as is advised at least (RFC 2104 section 5).
const DIGEST_LEN: usize = 16;
const SECOND_LEN: usize = 8;

/// Signs the moments at which forms are handed out, and recognises its own.
pub struct FormTokens {
    keyed: Hmac<Sha256>,
}

/// The token is not one of ours for this form, or its time is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the form was not handed out by this portal within the last day")]
pub struct StaleForm;

impl FormTokens {
    /// Signs with a key made from the portal's secret.
    pub fn new(secret: &SecretKey) -> Self {
        let keyed = super::visitor::keyed(secret).chain_update(LABEL);
        Self { keyed }
    }

    /// The token of the form for `purpose` that is handed out at `now`.
    pub fn issue(&self, purpose: &str, now: Timestamp) -> String {
        let second = now.as_second().to_be_bytes();
        let digest = self.digest(purpose, second).finalize().into_bytes();
        let bytes: Vec<u8> = second.into_iter().chain(digest.into_iter().take(DIGEST_LEN)).collect();
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// How long ago the form for `purpose` with this token was handed out.
    pub fn age(&self, purpose: &str, token: &str, now: Timestamp) -> Result<SignedDuration, StaleForm> {
        let mut bytes = [0; SECOND_LEN + DIGEST_LEN];
        if BASE64URL_NOPAD.decode_len(token.len()) != Ok(bytes.len()) {
            return Err(StaleForm);
        }
        BASE64URL_NOPAD.decode_mut(token.as_bytes(), &mut bytes).map_err(|_| StaleForm)?;
        let (second, digest) = bytes.split_first_chunk::<SECOND_LEN>().ok_or(StaleForm)?;
        // Compares in constant time.
        self.digest(purpose, *second).verify_truncated_left(digest).map_err(|_| StaleForm)?;
        let issued = Timestamp::from_second(i64::from_be_bytes(*second)).map_err(|_| StaleForm)?;
        let age = now.duration_since(issued);
        // The clocks of two processes differ a little.
        if age < LIFE { Ok(age.max(SignedDuration::ZERO)) } else { Err(StaleForm) }
    }

    fn digest(&self, purpose: &str, second: [u8; SECOND_LEN]) -> Hmac<Sha256> {
        self.keyed.clone().chain_update(second).chain_update(purpose)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::constant(1_780_315_200, 0);

    fn tokens(first: &str) -> FormTokens {
        let key = format!("{first}112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
        FormTokens::new(&key.parse().unwrap())
    }

    #[test]
    fn a_form_is_good_for_a_day() {
        let token = tokens("00").issue("meetup", NOON);
        let after = |seconds| NOON + SignedDuration::from_secs(seconds);
        let age = |seconds| tokens("00").age("meetup", &token, after(seconds));
        assert_eq!(age(0), Ok(SignedDuration::ZERO));
        assert_eq!(age(90), Ok(SignedDuration::from_secs(90)));
        assert_eq!(age(86_399), Ok(SignedDuration::from_secs(86_399)));
        assert_eq!(age(86_400), Err(StaleForm));
        assert_eq!(age(-2), Ok(SignedDuration::ZERO), "handed out by a process whose clock is ahead");
    }

    #[test]
    fn no_other_text_is_a_token() {
        let token = tokens("00").issue("meetup", NOON);
        assert_eq!(tokens("00").age("another", &token, NOON), Err(StaleForm));
        assert_eq!(tokens("11").age("meetup", &token, NOON), Err(StaleForm));
        for bad in ["", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", &token[1..], &format!("{token}A"), "ä€"] {
            assert_eq!(tokens("00").age("meetup", bad, NOON), Err(StaleForm), "{bad:?}");
        }
        let later = tokens("00").issue("meetup", NOON + SignedDuration::from_secs(1));
        let mixed = format!("{}{}", &later[..11], &token[11..]);
        assert_eq!(tokens("00").age("meetup", &mixed, NOON), Err(StaleForm), "the second is signed too");
    }
}
