//! Keeps the newest line in view until the reader goes elsewhere.

use std::cell::Cell;
use std::rc::Rc;

use leptos::prelude::*;

use super::dom::{by_id, on, scroll_by, set, window_height};

/// How far below the newest line the window ends, in pixels.
const MARGIN: f64 = 24.0;

/// Whether the newest line is kept in view.
#[derive(Clone, Default)]
pub struct Following(Rc<State>);

#[derive(Default)]
struct State {
    on: Cell<bool>,
    place: Cell<f64>,
    height: Cell<i32>,
}

impl Following {
    /// Begins to follow where `on`. Scrolling up by hand ends it.
    pub fn new(on_at_first: bool) -> Self {
        let following = Self::default();
        following.set(on_at_first);
        let released = following.clone();
        on(&window(), "scroll", move |_| released.look_where_the_reader_is());
        following
    }

    /// Whether it does.
    pub fn is_on(&self) -> bool {
        self.0.on.get()
    }

    /// Begins or ends it.
    pub fn set(&self, follows: bool) {
        self.0.on.set(follows);
        self.0.place.set(0.0);
        if let Some(button) = by_id("log-follow") {
            set(&button, "aria-pressed", if follows { "true" } else { "false" });
        }
    }

    /// A page that became shorter moves the reader up, who has done nothing.
    fn look_where_the_reader_is(&self) {
        // Who does not follow scrolls without this looking on: it has the page laid out.
        if !self.is_on() {
            return;
        }
        let now = window().scroll_y().unwrap_or_default();
        let height = document().document_element().map_or(0, |root| root.scroll_height());
        let went_up = now < self.0.place.replace(now) - 2.0;
        let is_shorter = height < self.0.height.replace(height);
        if went_up && !is_shorter {
            self.set(false);
        }
    }

    /// Scrolls down to the line called `id`, where it is below the window. It never scrolls up.
    pub fn show(&self, id: String) {
        if !self.is_on() {
            return;
        }
        let following = self.clone();
        // The line's place is known by the next frame.
        request_animation_frame(move || {
            let below =
                by_id(&id).map(|line| line.get_bounding_client_rect().bottom() + MARGIN - window_height());
            if let Some(below) = below.filter(|below| *below > 0.0 && following.is_on()) {
                scroll_by(below);
            }
        });
    }
}
