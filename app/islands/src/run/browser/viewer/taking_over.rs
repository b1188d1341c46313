//! Taking the log over from the server, whose lines are on the page already, without moving what the reader reads.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::super::super::log::Picked;
use super::super::dom::{by_id, scroll_by, window_height};
use super::super::pieces::Pieces;
use super::Inner;

impl Inner {
    /// Takes the server's lines off the page, now that all lines are known.
    pub(super) fn take_over(&mut self) {
        let hosts = self.story.steps().map(|(number, ..)| (number, self.host(number)));
        let pieces = hosts.filter_map(|(number, host)| Some(Pieces::new(number, host?)));
        self.pieces = pieces.collect();
        if let Ok(earlier) = document().query_selector_all(".log-earlier") {
            for node in (0..earlier.length()).filter_map(|at| earlier.item(at)) {
                node.unchecked_ref::<HtmlElement>().set_hidden(true);
            }
        }
    }

    fn host(&self, number: usize) -> Option<Element> {
        by_id(&format!("{}-log", self.step_id(number)))
    }

    /// Scrolls so that the line that was in sight before is where it was.
    pub(super) fn put_back(&mut self, kept: &KeptPlace) {
        let place = self.place_of(Picked::between(kept.seq, kept.seq));
        let Some(place) = place else { return };
        let (Some(pieces), Some(lines)) = (self.pieces.get_mut(place.step), self.story.lines.get(place.step))
        else {
            return;
        };
        pieces.show_line(place.line, lines, &self.look);
        if let Some(line) = by_id(&format!("l{}", kept.seq)) {
            scroll_by(line.get_bounding_client_rect().top() - kept.top);
        }
    }
}

/// The line at the top of the window, and how far from it.
pub(super) struct KeptPlace {
    seq: u64,
    top: f64,
}

impl KeptPlace {
    /// The place where the reader is; `None` where no line is in the window.
    pub(super) fn now() -> Option<Self> {
        let lines = document().query_selector_all(".log-line").ok()?;
        let in_sight = (0..lines.length()).filter_map(|at| lines.item(at)?.dyn_into::<Element>().ok());
        in_sight
            .map(|line| (line.get_bounding_client_rect(), line))
            .find(|(place, _)| place.bottom() > 0.0 && place.height() > 0.0)
            .filter(|(place, _)| place.top() < window_height())
            .and_then(|(place, line)| {
                Some(Self { seq: line.id().strip_prefix('l')?.parse().ok()?, top: place.top() })
            })
    }
}
