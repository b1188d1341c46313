//! The readable part of an address: `second-cicd-meetup-china`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Lower-case ASCII letters, digits and single inner hyphens; 1 to [`Slug::MAX_LEN`] characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Slug(String);

/// Why a text is no [`Slug`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SlugError {
    /// Nothing at all, or too much.
    #[error("a slug has 1 to {} characters", Slug::MAX_LEN)]
    Length,
    /// Something else than `a-z`, `0-9` and single inner hyphens.
    #[error("a slug is written in a-z, 0-9 and single hyphens between them")]
    Character,
}

impl Slug {
    /// The longest slug, in characters.
    pub const MAX_LEN: usize = 80;

    /// The slug as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Slug {
    type Err = SlugError;

    fn from_str(text: &str) -> Result<Self, SlugError> {
        if text.is_empty() || text.len() > Self::MAX_LEN {
            return Err(SlugError::Length);
        }
        let fine = text.split('-').all(|word| {
            !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        });
        if fine { Ok(Self(text.to_owned())) } else { Err(SlugError::Character) }
    }
}

impl TryFrom<String> for Slug {
    type Error = SlugError;

    fn try_from(text: String) -> Result<Self, SlugError> {
        text.parse()
    }
}

impl From<Slug> for String {
    fn from(slug: Slug) -> Self {
        slug.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_words_and_refuses_the_rest() {
        for good in ["a", "spinnaker-live-2020", "2020"] {
            assert_eq!(good.parse::<Slug>().unwrap().as_str(), good);
        }
        for bad in ["", "-a", "a-", "a--b", "A", "a b", "ä", "a/b", "../etc"] {
            assert!(bad.parse::<Slug>().is_err(), "{bad:?} must be refused");
        }
    }
}
