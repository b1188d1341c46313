//! The form by which one follows the portal, a city or a series.

use regatta_domain::email_address::{EmailAddress, EmailAddressError};
use regatta_domain::follow::Topic;
use regatta_domain::language::Language;

use super::pairs::Pairs;
use super::register::MAX_TOKEN_CHARS;

/// The longest topic, in characters.
const MAX_TOPIC_CHARS: usize = 200;

/// The form as it was sent; an absent field is an empty one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FollowForm {
    /// Where to write to.
    pub email: String,
    /// In which language.
    pub language: Language,
    /// What to follow, as [`Topic`] writes it.
    pub topic: String,
    /// A field that nobody sees; whoever fills it in is a machine.
    pub website: String,
    /// The signed moment at which the form was handed out. Checked by whoever signed it.
    pub token: String,
}

/// Who wants to follow what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Follower {
    /// Where to write to.
    pub email: EmailAddress,
    /// In which language.
    pub language: Language,
    /// What is followed.
    pub topic: Topic,
}

/// What is wrong with a [`FollowForm`], all of it at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FollowErrors {
    /// With the address.
    pub email: Option<EmailAddressError>,
    /// With what is to be followed.
    pub topic: Option<UnknownTopic>,
    /// With the whole: why nothing was stored though every field is right, in words for the visitor.
    pub refusal: Option<String>,
}

/// What is to be followed is not offered. The words are for the person who chose it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Please choose what you want to follow.")]
pub struct UnknownTopic;

impl FollowForm {
    /// An empty form for a visitor who reads `language`, with what they came to follow chosen.
    pub fn fresh(language: Language, topic: &Topic, token: String) -> Self {
        Self { language, topic: topic.to_string(), token, ..Self::default() }
    }

    /// The form as its fields were sent. Fields that it does not have are passed over.
    pub fn read(pairs: &[(String, String)]) -> Self {
        let pairs = Pairs(pairs);
        Self {
            email: pairs.text("email", EmailAddress::MAX_LEN),
            language: Language::tagged(&pairs.text("language", 35)).unwrap_or_default(),
            topic: pairs.text("topic", MAX_TOPIC_CHARS),
            website: pairs.text("website", 100),
            token: pairs.text("form", MAX_TOKEN_CHARS),
        }
    }

    /// Whether the field that nobody sees was filled in.
    pub fn is_filled_in_by_a_machine(&self) -> bool {
        !self.website.trim().is_empty()
    }

    /// Who wants to follow what among the `offered` topics, or everything that is wrong.
    pub fn parse(&self, offered: &[Topic]) -> Result<Follower, FollowErrors> {
        let topic = self.topic.parse().ok().filter(|topic| offered.contains(topic)).ok_or(UnknownTopic);
        match (self.email.parse(), topic) {
            (Ok(email), Ok(topic)) => Ok(Follower { email, language: self.language, topic }),
            (email, topic) => {
                Err(FollowErrors { email: email.err(), topic: topic.err(), ..FollowErrors::default() })
            }
        }
    }
}

impl FollowErrors {
    /// Nothing is wrong with the fields, but the whole is refused for this reason.
    pub fn refused(reason: impl Into<String>) -> Self {
        Self { refusal: Some(reason.into()), ..Self::default() }
    }

    /// The form was open for too long, or does not come from here: hand it out again with a fresh token.
    pub fn stale() -> Self {
        Self::refused("This form was open for a long time. Your address is still here: send it once more.")
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_offered_can_be_followed() {
        let series = Topic::Series("cicd".parse().unwrap());
        let form = FollowForm { email: "ada@example.org".to_owned(), ..FollowForm::default() };
        let form = |topic: &str| FollowForm { topic: topic.to_owned(), ..form.clone() };
        let offered = [Topic::Portal, series.clone()];
        assert_eq!(form("series:cicd").parse(&offered).unwrap().topic, series);
        for bad in ["", "series:other", "city:hamburg", "nonsense"] {
            assert_eq!(form(bad).parse(&offered).unwrap_err().topic, Some(UnknownTopic), "{bad:?}");
        }
    }
}
