//! The name by which a person wants to be greeted.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// 1 to [`PersonName::MAX_CHARS`] characters of one line, no control or direction-changing characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PersonName(String);

/// Why a text is no [`PersonName`]. The words are for the person who typed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PersonNameError {
    /// The field was left empty.
    #[error("Enter the name we should greet you by.")]
    Empty,
    /// Too many characters.
    #[error("This name is too long: at most {} characters.", PersonName::MAX_CHARS)]
    TooLong,
    /// Control characters, line breaks or characters that change the reading direction.
    #[error("This name contains characters that cannot be printed. Type it again without them.")]
    Unprintable,
}

impl PersonName {
    /// The longest name, in characters.
    pub const MAX_CHARS: usize = 100;

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Characters that reorder the text around them (Unicode Standard Annex 9, section 2).
fn reorders(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

impl FromStr for PersonName {
    type Err = PersonNameError;

    fn from_str(text: &str) -> Result<Self, PersonNameError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(PersonNameError::Empty);
        }
        if text.chars().count() > Self::MAX_CHARS {
            return Err(PersonNameError::TooLong);
        }
        if text.chars().any(|c| c.is_control() || reorders(c) || matches!(c, '\u{2028}' | '\u{2029}')) {
            return Err(PersonNameError::Unprintable);
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for PersonName {
    type Error = PersonNameError;

    fn try_from(text: String) -> Result<Self, PersonNameError> {
        text.parse()
    }
}

impl From<PersonName> for String {
    fn from(name: PersonName) -> Self {
        name.0
    }
}

impl fmt::Display for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_names_of_all_kinds() {
        for good in ["Ada", "周帆", "BMK Lakshminarayanan", "O’Neill-Núñez"] {
            assert_eq!(good.parse::<PersonName>().unwrap().as_str(), good);
        }
    }

    #[test]
    fn refuses_what_would_break_a_line_or_its_direction() {
        assert_eq!(" ".parse::<PersonName>(), Err(PersonNameError::Empty));
        assert_eq!("a\nb".parse::<PersonName>(), Err(PersonNameError::Unprintable));
        assert_eq!("a\u{202e}b".parse::<PersonName>(), Err(PersonNameError::Unprintable));
        assert_eq!("a".repeat(101).parse::<PersonName>(), Err(PersonNameError::TooLong));
    }
}
