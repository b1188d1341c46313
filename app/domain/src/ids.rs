//! Typed identities. Random ones carry 128 bits, so that they cannot be guessed.

use std::fmt;
use std::str::FromStr;

use data_encoding::{Encoding, Specification};
use serde::{Deserialize, Serialize};

use crate::ports::Entropy;
use crate::slug::{Slug, SlugError};

/// Why a text is no identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an identity is 26 characters of lower-case base32")]
pub struct IdError;

/// Lower-case base32 without padding (RFC 4648 section 6, in lower case): safe in addresses, file names and host names.
fn base32() -> Encoding {
    let mut spec = Specification::new();
    spec.symbols.push_str("abcdefghijklmnopqrstuvwxyz234567");
    // The specification is a constant of ours: it always builds.
    spec.encoding().unwrap_or(data_encoding::BASE32_NOPAD)
}

macro_rules! random_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// A new identity that nobody can guess.
            pub fn random(entropy: &dyn Entropy) -> Self {
                let mut bytes = [0u8; 16];
                entropy.fill(&mut bytes);
                Self::from_bytes(bytes)
            }

            /// The identity made of these bytes.
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(base32().encode(&bytes))
            }

            /// The bytes it is made of: what to write where 26 characters are too many.
            pub fn to_bytes(&self) -> [u8; 16] {
                // Every identity was encoded from 16 bytes or checked to decode to as many.
                let bytes = base32().decode(self.0.as_bytes()).unwrap_or_default();
                bytes.try_into().unwrap_or_default()
            }

            /// The identity as text: 26 characters of lower-case base32.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let bytes = base32().decode(text.as_bytes()).map_err(|_| IdError)?;
                if bytes.len() == 16 { Ok(Self(text.to_owned())) } else { Err(IdError) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

random_id! {
    /// One registration of one address for one event.
    RegistrationId
}
random_id! {
    /// What was registered together: several dates of a series.
    BookingId
}
random_id! {
    /// One address that follows one topic.
    FollowId
}
random_id! {
    /// One run of one pipeline; whoever knows it may watch.
    RunId
}
random_id! {
    /// A pipeline's text that somebody shared; whoever knows it may read it.
    ShareId
}
random_id! {
    /// One mail in the outbox; also the left half of its Message-ID.
    MailId
}

/// An event's identity for life, written once in its front matter; renaming the file or the slug does not change it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(Slug);

impl EventId {
    /// The identity as text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl FromStr for EventId {
    type Err = SlugError;

    fn from_str(text: &str) -> Result<Self, SlugError> {
        text.parse().map(Self)
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Zeros;
    impl Entropy for Zeros {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0);
        }
    }

    #[test]
    fn random_ids_read_back() {
        let id = RunId::random(&Zeros);
        assert_eq!(id.as_str(), "aaaaaaaaaaaaaaaaaaaaaaaaaa");
        assert_eq!(id.as_str().parse::<RunId>(), Ok(id));
    }

    #[test]
    fn bytes_read_back() {
        let bytes = *b"sixteen bytes ok";
        assert_eq!(RunId::from_bytes(bytes).to_bytes(), bytes);
    }

    #[test]
    fn anything_else_is_refused() {
        for bad in ["", "a", "AAAAAAAAAAAAAAAAAAAAAAAAAA", "../../etc/passwd", "aaaaaaaaaaaaaaaaaaaaaaaaa1"] {
            assert_eq!(bad.parse::<RunId>(), Err(IdError), "{bad:?} must be refused");
        }
    }
}
