//! The languages in which the portal speaks to people.

use serde::{Deserialize, Serialize};

/// A language that everything said to people exists in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Language {
    /// English.
    #[default]
    #[serde(rename = "en")]
    English,
    /// Chinese in simplified characters.
    #[serde(rename = "zh")]
    Chinese,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::English, Self::Chinese];

    /// Its tag (BCP 47), under which it is also stored.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh",
        }
    }

    /// Its own name.
    pub fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Chinese => "中文",
        }
    }

    /// The language with this tag, whatever region or script follows: `zh-CN` is `zh`.
    pub fn tagged(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or(tag).trim();
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }

    /// The language that a reader likes best by an `Accept-Language` field (RFC 9110 section 12.5.4): the known one with
    /// the highest weight, the first of those; the default where none is known.
    pub fn preferred(accept_language: &str) -> Self {
        let mut best: Option<(Self, f32)> = None;
        // No browser sends more; whoever does is not worth the time.
        for entry in accept_language.split(',').take(32) {
            let (tag, parameters) = entry.split_once(';').unwrap_or((entry, ""));
            let weight = match parameters.trim().strip_prefix("q=") {
                Some(weight) => weight.trim().parse().unwrap_or(0.0),
                None => 1.0,
            };
            let better = weight > 0.0 && best.is_none_or(|(_, other)| weight > other);
            if let (Some(language), true) = (Self::tagged(tag), better) {
                best = Some((language, weight));
            }
        }
        best.map_or_else(Self::default, |(language, _)| language)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reader_is_understood() {
        for (accept, language) in [
            ("", Language::English),
            ("de, fr;q=0.8", Language::English),
            ("zh-CN,zh;q=0.9,en;q=0.8", Language::Chinese),
            ("en;q=0.5, zh-Hant;q=0.7", Language::Chinese),
            ("zh;q=0, en;q=0.1", Language::English),
            ("fr, zh;q=nonsense", Language::English),
            ("en-GB, zh", Language::English),
        ] {
            assert_eq!(Language::preferred(accept), language, "{accept:?}");
        }
    }
}
