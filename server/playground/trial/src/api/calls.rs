//! What was asked of the API server, counted.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use super::access::User;
use super::request::Request;

/// How often what was asked, by verb and resource, without what administrators asked. A watch counts once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Calls(BTreeMap<String, u64>);

impl Calls {
    /// All together.
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// How often `verb` was asked of `resource`: `of("get", "pods/log")`.
    pub fn of(&self, verb: &str, resource: &str) -> u64 {
        self.0.get(&format!("{verb} {resource}")).copied().unwrap_or(0)
    }

    /// What came after `earlier`.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let later = |(name, count): (&String, &u64)| {
            let more = count - earlier.0.get(name).copied().unwrap_or(0);
            (more > 0).then(|| (name.clone(), more))
        };
        Self(self.0.iter().filter_map(later).collect())
    }
}

/// Counts.
#[derive(Debug, Default)]
pub struct Counter(Mutex<Calls>);

impl Counter {
    /// Counts a request.
    pub fn count(&self, user: User, request: &Request) {
        if user != User::Admin {
            let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            *calls.0.entry(format!("{} {}", request.verb, request.resource())).or_default() += 1;
        }
    }

    /// The counts up to now.
    pub fn calls(&self) -> Calls {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
