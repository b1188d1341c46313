//! How the page hears of the run.
//!
//! A long log is fetched in pages (`events.json`). What comes afterwards is streamed (`events`): `event: log` with a JSON
//! array of events each time there is news, `event: turn` with the place of a run that waits, `event: beat` when there was
//! no news for a while, `event: end` when the run is over. A stream that breaks is opened again after the last event that was told. Where streams do not come through, the
//! page asks again and again. While nobody looks at the page, it hears nothing.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use regatta_domain::run::RunEvent;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Event, EventSource, MessageEvent, Response};

use super::dom::{Listener, by_id, listener, on, set};
use super::viewer::Viewer;

/// Silence after which a stream is taken for stuck in a proxy; it has a beat at least every 10 seconds.
const SILENCE_MS: f64 = 20_000.0;
/// How often it is looked whether a stream is silent, and how often the page asks where streams do not come through.
const LOOK: Duration = Duration::from_secs(2);
/// How long the page waits before it opens a stream again, longer after each time that nothing came of it.
const RETRY_MS: u64 = 100;
/// Streams in a row from which nothing came before the page begins to ask.
const TRIES: u32 = 5;
/// How many times the page asks before it tries a stream again.
const ASKS: u32 = 15;
/// Events in one page of a long log.
const PAGE_EVENTS: usize = 4_000;

/// How the page hears of the run.
pub struct Feed {
    /// The run's address.
    run: String,
    viewer: Viewer,
    source: RefCell<Option<EventSource>>,
    react: RefCell<Option<Listener>>,
    /// When something was heard last, in milliseconds.
    heard: Cell<f64>,
    /// Streams in a row from which nothing came.
    failures: Cell<u32>,
    /// How often a stream was taken up again.
    resumed: Cell<u32>,
    /// The stream that is open has said something.
    speaks: Cell<bool>,
    /// The page asks instead of listening, until a stream says something.
    asks: Cell<bool>,
    /// How often it asked since it last tried a stream.
    asked: Cell<u32>,
    /// An answer is awaited.
    is_asking: Cell<bool>,
}

impl Feed {
    /// Hears of the run `run_id` from now on, until it is over.
    pub fn start(run_id: &str, viewer: Viewer) {
        let feed = Rc::new(Self {
            run: format!("/runs/{run_id}"),
            viewer,
            source: RefCell::default(),
            react: RefCell::default(),
            heard: Cell::new(now()),
            failures: Cell::new(0),
            resumed: Cell::new(0),
            speaks: Cell::new(false),
            asks: Cell::new(false),
            asked: Cell::new(0),
            is_asking: Cell::new(false),
        });
        let heard = Rc::clone(&feed);
        *feed.react.borrow_mut() = Some(listener(move |event| heard.hear(&event)));
        let seen = Rc::clone(&feed);
        on(&document(), "visibilitychange", move |_| seen.wake());
        let online = Rc::clone(&feed);
        on(&window(), "online", move |_| online.wake());
        let looking = Rc::clone(&feed);
        set_interval(move || looking.look(), LOOK);
        feed.wake();
    }

    /// Begins to hear where somebody looks, ends where nobody does.
    fn wake(self: &Rc<Self>) {
        if document().hidden() {
            self.close();
            self.say(if self.viewer.is_complete() { "" } else { "Paused while this page is out of sight." });
        } else if self.viewer.is_far_behind() {
            if !self.viewer.is_complete() {
                self.say("Fetching the log.");
                self.ask();
            }
        } else {
            self.open();
        }
    }

    /// Opens a stream after the last event that was told.
    fn open(self: &Rc<Self>) {
        if self.viewer.is_complete() || document().hidden() {
            return;
        }
        self.close();
        self.heard.set(now());
        self.speaks.set(false);
        self.asked.set(0);
        let url = format!("{}/events?after={}", self.run, self.viewer.told());
        let (Ok(source), Some(react)) =
            (EventSource::new(&url), self.react.borrow().as_ref().map(|react| react.as_ref().clone()))
        else {
            self.asks.set(true);
            return;
        };
        for name in ["open", "log", "turn", "beat", "end", "error"] {
            // It fails for no target there is.
            let _ = source.add_event_listener_with_callback(name, react.unchecked_ref());
        }
        *self.source.borrow_mut() = Some(source);
    }

    fn close(&self) {
        if let Some(source) = self.source.borrow_mut().take() {
            source.close();
        }
    }

    fn hear(self: &Rc<Self>, event: &Event) {
        self.heard.set(now());
        if matches!(event.type_().as_str(), "log" | "turn" | "beat") {
            self.speaks.set(true);
            self.asks.set(false);
        }
        match event.type_().as_str() {
            "error" => self.lost(),
            "end" => self.end(),
            "log" => self.take(event),
            "turn" => show_turn(event),
            _ => {}
        }
        if matches!(event.type_().as_str(), "open" | "log" | "turn" | "beat")
            && self.source.borrow().is_some()
            && !self.asks.get()
        {
            self.say(&self.following_words());
        }
    }

    /// The run is over. Where something of it is missing all the same, the page asks for it.
    fn end(&self) {
        self.close();
        self.asks.set(!self.viewer.is_complete());
    }

    fn following_words(&self) -> String {
        match self.resumed.get() {
            0 => "Following the run live.".to_owned(),
            1 => "Following the run live; taken up again once.".to_owned(),
            times => format!("Following the run live; taken up again {times} times."),
        }
    }

    fn take(self: &Rc<Self>, event: &Event) {
        let data = event.dyn_ref::<MessageEvent>().and_then(|message| message.data().as_string());
        match data.and_then(|json| batch(&json)) {
            None => self.misread(),
            Some(events) if self.viewer.tell(&events).is_err() => self.lost(),
            Some(_) => {
                self.failures.set(0);
                self.rest();
            }
        }
    }

    /// What came cannot be read: page and portal are of different builds.
    fn misread(&self) {
        self.close();
        self.say("The portal was renewed meanwhile. Load this page again to go on.");
    }

    /// Ends where all was told.
    fn rest(&self) {
        if self.viewer.is_complete() {
            self.close();
            self.say("");
        }
    }

    /// The stream broke: it is taken up again soon.
    fn lost(self: &Rc<Self>) {
        self.close();
        let failures = self.failures.get() + 1;
        self.failures.set(failures);
        self.resumed.set(self.resumed.get() + 1);
        if failures > TRIES {
            self.asks.set(true);
            return;
        }
        self.say("Connection lost. Trying again by itself.");
        let again = Rc::clone(self);
        let wait = RETRY_MS << failures.min(6);
        set_timeout(
            move || {
                if !again.asks.get() {
                    again.open();
                }
            },
            Duration::from_millis(wait),
        );
    }

    /// Now and then: asks where streams do not come through, or sees that this one does not.
    fn look(self: &Rc<Self>) {
        if document().hidden() || self.viewer.is_complete() {
            return;
        }
        if self.source.borrow().is_some() && now() - self.heard.get() > SILENCE_MS {
            self.fell_silent();
        }
        if self.asks.get() {
            self.say("Asking for news every two seconds.");
            self.ask();
            self.asked.set(self.asked.get() + 1);
            if self.asked.get() > ASKS && self.source.borrow().is_none() {
                self.open();
            }
        }
    }

    /// A stream that spoke before was cut without a word, as when the computer slept: it is taken up again. One that
    /// never did is held back on its way.
    fn fell_silent(self: &Rc<Self>) {
        if self.speaks.get() {
            self.lost();
        } else {
            self.close();
            self.asks.set(true);
        }
    }

    /// Fetches what comes after the last event that was told, page by page.
    fn ask(self: &Rc<Self>) {
        if self.is_asking.replace(true) {
            return;
        }
        let feed = Rc::clone(self);
        spawn_local(async move {
            let more = feed.fetch().await;
            feed.is_asking.set(false);
            match more {
                Some(PAGE_EVENTS..) => feed.ask(),
                Some(_) if feed.viewer.is_complete() => feed.rest(),
                Some(_) if !feed.asks.get() => feed.open(),
                Some(_) => {}
                None => {
                    feed.say("The portal does not answer. Trying again by itself.");
                    feed.asks.set(true);
                }
            }
        });
    }

    /// How many events the next page had; `None` where it did not come.
    async fn fetch(&self) -> Option<usize> {
        let url = format!("{}/events.json?after={}&limit={PAGE_EVENTS}", self.run, self.viewer.told());
        let response = JsFuture::from(window().fetch_with_str(&url)).await.ok()?;
        let response: Response = response.dyn_into().ok().filter(Response::ok)?;
        let json = JsFuture::from(response.text().ok()?).await.ok()?.as_string()?;
        let events = batch(&json)?;
        // Where one is missing, the next answer begins with it.
        let _ = self.viewer.tell(&events);
        Some(events.len())
    }

    /// Says how the page hears of the run.
    fn say(&self, words: &str) {
        if let Some(link) = by_id("run-link")
            && link.text_content().as_deref() != Some(words)
        {
            link.set_text_content(Some(words));
            set(&link, "data-resumed", &self.resumed.get().to_string());
        }
    }
}

/// Says when the turn of a run comes that waits.
fn show_turn(event: &Event) {
    let words = event.dyn_ref::<MessageEvent>().and_then(|message| message.data().as_string());
    if let Some((turn, words)) = by_id("run-turn").zip(words) {
        turn.set_text_content(Some(&words));
    }
}

fn batch(json: &str) -> Option<Vec<RunEvent>> {
    serde_json::from_str(json).ok()
}

/// The time by a clock that is never put back, in milliseconds.
fn now() -> f64 {
    window().performance().map_or(0.0, |clock| clock.now())
}
