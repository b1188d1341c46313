//! The run's event stream (server-sent events), from the browser's side.
//!
//! The stream carries `event: log` with a JSON array of events each time there is news, its `id:` being the last event's
//! place, and `event: end` when the run is over. After a lost connection the browser comes back by itself and says in
//! `Last-Event-ID` what it has; should a batch overlap nevertheless, folding passes over what is known.

use std::cell::RefCell;
use std::rc::Rc;

use leptos::prelude::*;
use regatta_domain::run::RunEvent;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{EventSource, MessageEvent};

use super::board::Telling;

/// How the page hears of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    /// Not at all: the page is as it was loaded.
    None,
    /// By the stream.
    Live,
    /// The stream broke; the browser tries again by itself.
    Lost,
    /// The stream was refused; the browser does not try again.
    Refused,
}

impl Link {
    /// The words a visitor reads.
    pub fn words(self) -> &'static str {
        match self {
            Self::None => "The run as it stood when this page was loaded.",
            Self::Live => "Following the run live.",
            Self::Lost => "Connection lost. Trying again by itself.",
            Self::Refused => "The live log cannot be reached.",
        }
    }

    /// Whether only loading the page again brings news.
    pub fn needs_reload(self) -> bool {
        matches!(self, Self::None | Self::Refused)
    }
}

/// Follows the run whose page is at `page` until it is over. Does nothing on the server.
pub(crate) fn start(page: &str, telling: Telling, link: RwSignal<Link>) {
    let url = format!("{page}/events?after={}", telling.seq());
    let telling = Rc::new(RefCell::new(telling));
    // Effects run in the browser only, once the island is hydrated.
    Effect::new(move || match EventSource::new(&url) {
        Ok(source) => listen(&source, &telling, link),
        Err(_) => link.set(Link::Refused),
    });
}

fn listen(source: &EventSource, telling: &Rc<RefCell<Telling>>, link: RwSignal<Link>) {
    on(source, "open", move |_, _| link.set(Link::Live));
    on(source, "error", move |source, _| {
        let refused = source.ready_state() == EventSource::CLOSED;
        link.set(if refused { Link::Refused } else { Link::Lost });
    });
    on(source, "end", |source, _| source.close());
    let telling = Rc::clone(telling);
    on(source, "log", move |source, message| {
        let Some(events) = batch(message) else { return };
        let mut telling = telling.borrow_mut();
        telling.tell(&events);
        if telling.is_over() {
            source.close();
        }
    });
}

/// The events of a `log` message.
fn batch(message: &web_sys::Event) -> Option<Vec<RunEvent>> {
    let data = message.dyn_ref::<MessageEvent>()?.data().as_string()?;
    serde_json::from_str(&data).ok()
}

/// Calls `react` at each message of the kind `name`. The listener lives as long as the page, as the island does.
fn on(source: &EventSource, name: &str, mut react: impl FnMut(&EventSource, &web_sys::Event) + 'static) {
    let target = source.clone();
    let listener = Closure::<dyn FnMut(web_sys::Event)>::new(move |event| react(&target, &event));
    // It fails for no event target there is; should it ever, the page stands as it was loaded.
    let _ = source.add_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
    listener.forget();
}
