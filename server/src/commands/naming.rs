//! Finding what somebody means by the few letters they typed.

use std::sync::Arc;

use regatta_content::Library;
use regatta_dialects::hint;
use regatta_domain::event::Event;
use regatta_domain::ids::{MailId, RegistrationId};
use regatta_domain::registration::{Registration, RegistrationState};
use regatta_store::desk::RegistrationFilter;
use regatta_store::outbox::{MailFilter, MailState, StoredMail};
use regatta_store::{Store, StoreError};

/// How many registrations are looked through at once.
const PAGE: u32 = 1000;
/// In how many of the latest mails the beginning of an identity is looked for.
const LATEST_MAILS: u32 = 100_000;
/// A shorter beginning fits too many by chance.
const SHORTEST: usize = 4;
/// How many are named where a beginning fits several.
const NAMED: usize = 5;

/// Why nothing is found under a name.
#[derive(Debug, thiserror::Error)]
pub enum NamingError {
    /// No such thing.
    #[error("there is no {what} {name:?}{}", hint_words(.nearest.as_deref()))]
    Unknown {
        /// What was looked for.
        what: &'static str,
        /// As it was typed.
        name: String,
        /// What was perhaps meant.
        nearest: Option<String>,
    },
    /// Several things begin so.
    #[error("{name:?} is the beginning of several {what}s: {}", .fitting.join(", "))]
    Ambiguous {
        /// What was looked for.
        what: &'static str,
        /// As it was typed.
        name: String,
        /// Some of them.
        fitting: Vec<String>,
    },
    /// Too few letters to mean something.
    #[error("{name:?} is too short for a {what}: give at least {SHORTEST} characters of its identity")]
    TooShort {
        /// What was looked for.
        what: &'static str,
        /// As it was typed.
        name: String,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn hint_words(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |near| format!("; did you mean {near:?}?"))
}

/// The event with this id or slug, present or former, or the only one whose id or slug begins so. Drafts are events too.
pub fn event(library: &Library, name: &str) -> Result<Arc<Event>, NamingError> {
    let events: Vec<Arc<Event>> = library.events().iter().chain(library.drafts()).cloned().collect();
    let is_it = |event: &&Arc<Event>| {
        let slugs = || std::iter::once(&event.slug).chain(&event.formerly);
        event.id.as_str() == name || slugs().any(|slug| slug.as_str() == name)
    };
    if let Some(found) = events.iter().find(is_it) {
        return Ok(found.clone());
    }
    let begins = |event: &&Arc<Event>| {
        !name.is_empty() && (event.id.as_str().starts_with(name) || event.slug.as_str().starts_with(name))
    };
    let fitting: Vec<_> = events.iter().filter(begins).collect();
    if let [only] = fitting[..] {
        return Ok(only.clone());
    }
    if fitting.is_empty() {
        let names: Vec<&str> = events.iter().flat_map(|e| [e.id.as_str(), e.slug.as_str()]).collect();
        let nearest = hint::nearest(name, &names).map(ToOwned::to_owned);
        return Err(NamingError::Unknown { what: "event", name: name.to_owned(), nearest });
    }
    let fitting = fitting.iter().take(NAMED).map(|event| event.slug.to_string()).collect();
    Err(NamingError::Ambiguous { what: "event", name: name.to_owned(), fitting })
}

/// The registration with this identity, or the only one whose identity begins so.
pub async fn registration(store: &dyn Store, name: &str) -> Result<Registration, NamingError> {
    let (what, name) = ("registration", name.to_lowercase());
    if let Ok(id) = name.parse::<RegistrationId>() {
        let found = store.registration(&id).await?;
        return found.ok_or(NamingError::Unknown { what, name, nearest: None });
    }
    long_enough(what, &name)?;
    let mut fitting = Vec::new();
    let mut filter = RegistrationFilter { limit: PAGE, ..RegistrationFilter::default() };
    loop {
        let page = store.list(&filter).await?;
        filter.after = page.last().map(|last| (last.event.clone(), last.place));
        let is_last = page.len() < PAGE as usize;
        fitting.extend(page.into_iter().filter(|one| one.id.as_str().starts_with(&name)));
        if is_last {
            return the_only(what, name, fitting, |one| one.id.to_string());
        }
    }
}

/// The mail with this identity, or the only one of the latest whose identity begins so.
pub async fn mail(store: &dyn Store, name: &str) -> Result<StoredMail, NamingError> {
    let (what, name) = ("mail", name.to_lowercase());
    if let Ok(id) = name.parse::<MailId>() {
        let found = store.mail(&id).await?;
        return found.ok_or(NamingError::Unknown { what, name, nearest: None });
    }
    long_enough(what, &name)?;
    let mut fitting = store.mails(&MailFilter { limit: LATEST_MAILS, ..MailFilter::default() }).await?;
    fitting.retain(|mail| mail.id.as_str().starts_with(&name));
    the_only(what, name, fitting, |mail| mail.id.to_string())
}

fn long_enough(what: &'static str, name: &str) -> Result<(), NamingError> {
    let too_short = || NamingError::TooShort { what, name: name.to_owned() };
    if name.chars().count() < SHORTEST { Err(too_short()) } else { Ok(()) }
}

fn the_only<T>(
    what: &'static str,
    name: String,
    mut fitting: Vec<T>,
    shown: impl Fn(&T) -> String,
) -> Result<T, NamingError> {
    match (fitting.pop(), fitting.is_empty()) {
        (Some(only), true) => Ok(only),
        (None, _) => Err(NamingError::Unknown { what, name, nearest: None }),
        (Some(last), false) => {
            fitting.push(last);
            let fitting = fitting.iter().take(NAMED).map(shown).collect();
            Err(NamingError::Ambiguous { what, name, fitting })
        }
    }
}

/// A state of registrations, by its name.
pub fn state(name: &str) -> Result<RegistrationState, String> {
    let names = RegistrationState::ALL.map(RegistrationState::as_str);
    RegistrationState::named(&name.replace('-', "_")).ok_or_else(|| one_of(name, &names))
}

/// A state of mails, by its name.
pub fn mail_state(name: &str) -> Result<MailState, String> {
    let names = MailState::ALL.map(MailState::as_str);
    MailState::named(name).ok_or_else(|| one_of(name, &names))
}

fn one_of(name: &str, names: &[&str]) -> String {
    let hint = hint_words(hint::nearest(name, names));
    format!("give one of {}{hint}", names.join(", "))
}
