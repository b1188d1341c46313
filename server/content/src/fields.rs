//! Values of front matter that are checked where they are read.

use jiff::civil::Date;
use regatta_domain::event::Link;
use serde::Deserialize;

use crate::address;

/// One line of text: a title, a name; 1 to 200 characters.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Line(pub String);

/// A few sentences for lists and previews: 1 to 600 characters, on one line or several.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Summary(pub String);

/// An address that a link may have: `https:`, `http:` or a path of this site.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Address(pub String);

/// A day: `2020-06-18`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Day(pub Date);

/// A language tag (BCP 47): `zh`, `pt-BR`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Language(pub String);

/// A link with its words.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkMatter {
    title: Line,
    url: Address,
}

impl LinkMatter {
    /// The links as the domain has them.
    pub fn all(links: &[Self]) -> Vec<Link> {
        links.iter().map(Self::link).collect()
    }

    /// The link as the domain has it.
    pub fn link(&self) -> Link {
        Link { title: self.title.0.clone(), url: self.url.0.clone() }
    }
}

impl Line {
    const MAX_CHARS: usize = 200;

    /// The texts of several lines.
    pub fn all(lines: Vec<Self>) -> Vec<String> {
        lines.into_iter().map(|line| line.0).collect()
    }
}

impl TryFrom<String> for Line {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err("this is empty".to_owned());
        }
        if text.chars().any(char::is_control) {
            return Err("this must be one line without control characters".to_owned());
        }
        if text.chars().count() > Self::MAX_CHARS {
            return Err(format!("this is longer than {} characters", Self::MAX_CHARS));
        }
        Ok(Self(text.to_owned()))
    }
}

impl Summary {
    const MAX_CHARS: usize = 600;
}

impl TryFrom<String> for Summary {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.is_empty() {
            return Err("this is empty".to_owned());
        }
        if text.chars().count() > Self::MAX_CHARS {
            return Err(format!("this is longer than {} characters", Self::MAX_CHARS));
        }
        Ok(Self(text))
    }
}

impl TryFrom<String> for Address {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let path = text.starts_with('/') && address::is_local(&text);
        if path || address::is_external(&text) {
            Ok(Self(text))
        } else {
            Err("this is no address for a link: write https://…, http://… or a path of this site, /…"
                .to_owned())
        }
    }
}

impl TryFrom<String> for Day {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map(Self).map_err(|_| "this is no day: write it like 2020-06-18".to_owned())
    }
}

impl TryFrom<String> for Language {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let fine =
            |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
        if text.len() <= 35 && text.split('-').all(fine) {
            Ok(Self(text))
        } else {
            Err("this is no language tag: write it like zh or pt-BR".to_owned())
        }
    }
}
