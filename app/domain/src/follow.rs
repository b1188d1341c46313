//! Following: a mail whenever a meetup is published.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

use crate::email_address::EmailAddress;
use crate::event::Event;
use crate::ids::FollowId;
use crate::language::Language;
use crate::slug::Slug;

/// What one follows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// Everything.
    Portal,
    /// Meetups in this city; its name in lower case.
    City(String),
    /// Meetups of this series.
    Series(Slug),
}

/// Why a text is no [`Topic`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a topic reads portal, city:NAME or series:SLUG")]
pub struct TopicError;

/// The longest name of a city, in bytes.
const MAX_CITY: usize = 120;

impl Topic {
    /// The topic of a city, however its name is written.
    pub fn city(name: &str) -> Option<Self> {
        let name = name.trim().to_lowercase();
        let fine = !name.is_empty() && name.len() <= MAX_CITY && !name.chars().any(char::is_control);
        fine.then_some(Self::City(name))
    }

    /// Whoever follows one of these is told of `event`.
    pub fn all_of(event: &Event) -> Vec<Self> {
        let city = event.place.as_ref().and_then(|place| place.city()).and_then(Self::city);
        let series = event.series.clone().map(Self::Series);
        [Some(Self::Portal), city, series].into_iter().flatten().collect()
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Portal => f.write_str("portal"),
            Self::City(name) => write!(f, "city:{name}"),
            Self::Series(slug) => write!(f, "series:{slug}"),
        }
    }
}

impl FromStr for Topic {
    type Err = TopicError;

    fn from_str(text: &str) -> Result<Self, TopicError> {
        match text.split_once(':') {
            None if text == "portal" => Ok(Self::Portal),
            Some(("city", name)) => Self::city(name).ok_or(TopicError),
            Some(("series", slug)) => slug.parse().map(Self::Series).map_err(|_| TopicError),
            _ => Err(TopicError),
        }
    }
}

/// One address that follows one topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Follow {
    /// Its identity.
    pub id: FollowId,
    /// Where to write to.
    pub email: EmailAddress,
    /// In which language.
    pub language: Language,
    /// What is followed.
    pub topic: Topic,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When the owner of the address confirmed it; nothing is sent before but the question whether they want it.
    pub confirmed_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_read_back() {
        for text in ["portal", "city:hamburg", "city:上海", "series:cicd-china"] {
            assert_eq!(text.parse::<Topic>().unwrap().to_string(), text);
        }
        assert_eq!("city: Hamburg ".parse(), Ok(Topic::City("hamburg".into())));
        for bad in ["", "city:", "series:No Slug", "everything", "city:\u{7}"] {
            assert_eq!(bad.parse::<Topic>(), Err(TopicError), "{bad:?}");
        }
    }
}
