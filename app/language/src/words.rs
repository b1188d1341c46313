//! The catalogue: one bundle a language, made once.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use regatta_domain::language::Language;

/// What a variable of a message stands for: words, or a number by which a language may choose its form.
pub type Value<'a> = FluentValue<'a>;

type Bundle = FluentBundle<FluentResource>;

/// The files of a language.
pub(crate) fn sources(language: Language) -> [&'static str; 3] {
    match language {
        Language::English => [
            include_str!("../en/mail.ftl"),
            include_str!("../en/time.ftl"),
            include_str!("../en/calendar.ftl"),
        ],
        Language::Chinese => [
            include_str!("../zh/mail.ftl"),
            include_str!("../zh/time.ftl"),
            include_str!("../zh/calendar.ftl"),
        ],
    }
}

static ENGLISH: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::English));
static CHINESE: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::Chinese));

fn bundle(language: Language) -> Bundle {
    let tag = language.tag().parse().unwrap_or_default();
    let mut bundle = Bundle::new_concurrent(vec![tag]);
    // Isolation marks would end up in subjects, calendars and copied addresses; both languages run left to right.
    bundle.set_use_isolating(false);
    for source in sources(language) {
        // What cannot be read is left out; a test holds that there is nothing of the kind.
        let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(readable, _)| readable);
        bundle.add_resource_overriding(resource);
    }
    bundle
}

/// The words of one language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words(Language);

impl Words {
    /// The words of `language`.
    pub fn of(language: Language) -> Self {
        Self(language)
    }

    /// Whose words these are.
    pub fn language(self) -> Language {
        self.0
    }

    /// The message `key`, which has no variables.
    pub fn say(self, key: &str) -> String {
        self.say_with(key, &[])
    }

    /// The message `key` with its variables.
    pub fn say_with(self, key: &str, values: &[(&'static str, Value<'_>)]) -> String {
        let bundle = self.bundle();
        let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
            return key.to_owned();
        };
        let args: FluentArgs<'_> = values.iter().map(|(name, value)| (*name, value.clone())).collect();
        bundle.format_pattern(pattern, Some(&args), &mut Vec::new()).into_owned()
    }

    fn bundle(self) -> &'static Bundle {
        match self.0 {
            Language::English => &ENGLISH,
            Language::Chinese => &CHINESE,
        }
    }
}

pub(crate) fn has(key: &str) -> bool {
    Language::ALL.iter().all(|language| Words::of(*language).bundle().has_message(key))
}

pub(crate) fn keys(prefix: &str) -> Vec<String> {
    let lines = sources(Language::English).into_iter().flat_map(str::lines);
    let keys = lines.filter_map(|line| line.split_once(" =")).map(|(key, _)| key);
    keys.filter(|key| key.starts_with(prefix)).map(str::to_owned).collect()
}
