//! What the reader chose, remembered from run to run.

use leptos::prelude::*;
use web_sys::Storage;

use super::super::log::Times;

const TIMES: &str = "regatta-log-times";
const WRAP: &str = "regatta-log-wrap";
const KEYS: &str = "regatta-log-keys";

/// What the reader chose. Where nothing can be remembered, it holds for this page.
#[derive(Clone, Copy)]
pub struct Choices {
    /// The times beside the lines.
    pub times: Times,
    /// Whether long lines are wrapped.
    pub wrap: bool,
    /// Whether single keys do something.
    pub keys: bool,
}

impl Choices {
    /// What was chosen last.
    pub fn read() -> Self {
        let read = |name: &str| storage().and_then(|storage| storage.get_item(name).ok().flatten());
        let times = match read(TIMES).as_deref() {
            Some("relative") => Times::Relative,
            Some("absolute") => Times::Absolute,
            _ => Times::Off,
        };
        let is_on = |name: &str| read(name).as_deref() != Some("off");
        Self { times, wrap: is_on(WRAP), keys: is_on(KEYS) }
    }

    /// Remembers them.
    pub fn write(self) {
        let switch = |on: bool| if on { "on" } else { "off" };
        let times = match self.times {
            Times::Off => "off",
            Times::Relative => "relative",
            Times::Absolute => "absolute",
        };
        for (name, value) in [(TIMES, times), (WRAP, switch(self.wrap)), (KEYS, switch(self.keys))] {
            if let Some(storage) = storage() {
                // Full or forbidden: then it holds for this page.
                let _ = storage.set_item(name, value);
            }
        }
    }
}

fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}
