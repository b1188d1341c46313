//! A step's log on the page: pieces of a hundred lines, of which only those near the reader are filled.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, IntersectionObserver};

use super::super::log::{Look, StepLines, lines_html};
use super::dom::set;

/// Lines in one piece.
const PIECE_LINES: usize = 100;
/// With no more lines than this in all, every piece stays filled, so that the browser's own search finds all of them.
pub const FEW_LINES: usize = 2_000;

/// A step's log on the page.
pub struct Pieces {
    /// The step's number, by which its pieces are known.
    step: usize,
    host: Element,
    all: Vec<Piece>,
    /// How many lines the pieces stand for.
    shown: usize,
}

struct Piece {
    element: HtmlElement,
    filled: bool,
}

impl Pieces {
    /// Takes over from the lines that the server put into `host`.
    pub fn new(step: usize, host: Element) -> Self {
        host.set_inner_html("");
        Self { step, host, all: Vec::new(), shown: 0 }
    }

    /// Shows the lines that came since it last did. A piece that was filled stays so; of new ones, the last is, or all
    /// where there are `few` lines.
    pub fn grow(&mut self, lines: &StepLines, look: &Look, watch: &IntersectionObserver, few: bool) {
        let count = lines.len();
        if self.shown == count {
            return;
        }
        if let Some(open) = self.all.len().checked_sub(1) {
            let end = count.min((open + 1) * PIECE_LINES);
            if self.all[open].filled {
                let more = lines_html(lines, self.shown..end, &look.of_step(self.step));
                let _ = self.all[open].element.insert_adjacent_html("beforeend", &more);
            } else {
                self.reserve(open, end);
            }
        }
        let first_new = self.all.len();
        for at in first_new..count.div_ceil(PIECE_LINES) {
            let Some(piece) = self.add(at) else { return };
            watch.observe(&piece);
            self.reserve(at, count);
        }
        self.shown = count;
        let first_filled = if few { first_new } else { first_new.max(self.all.len().saturating_sub(1)) };
        for at in first_filled..self.all.len() {
            self.fill(at, lines, look);
        }
    }

    fn add(&mut self, at: usize) -> Option<HtmlElement> {
        let element: HtmlElement = document().create_element("div").ok()?.unchecked_into();
        set(&element, "class", "log-piece");
        set(&element, "data-piece", &format!("{} {at}", self.step));
        self.host.append_child(&element).ok()?;
        self.all.push(Piece { element: element.clone(), filled: false });
        Some(element)
    }

    /// Gives an empty piece the height its lines will have if none is wrapped. The style sheet sets a line's height.
    fn reserve(&self, at: usize, all: usize) {
        let lines = all.min((at + 1) * PIECE_LINES) - at * PIECE_LINES;
        let _ = self.all[at].element.style().set_property("height", &format!("calc({lines} * 1.5em)"));
    }

    /// Puts a piece's lines on the page.
    pub fn fill(&mut self, at: usize, lines: &StepLines, look: &Look) {
        let Some(piece) = self.all.get_mut(at).filter(|piece| !piece.filled) else { return };
        piece.filled = true;
        let range = at * PIECE_LINES..self.shown.min((at + 1) * PIECE_LINES);
        piece.element.set_inner_html(&lines_html(lines, range, &look.of_step(self.step)));
        let _ = piece.element.style().remove_property("height");
    }

    /// Takes a piece's lines off the page; it keeps its height.
    pub fn empty(&mut self, at: usize) {
        let Some(piece) = self.all.get_mut(at).filter(|piece| piece.filled) else { return };
        // In a step that is folded nothing has a height, and nothing costs anything.
        let height = piece.element.get_bounding_client_rect().height();
        if height > 0.0 {
            piece.filled = false;
            let _ = piece.element.style().set_property("height", &format!("{height}px"));
            piece.element.set_inner_html("");
        }
    }

    /// Puts the line at `line` on the page, wherever the reader is.
    pub fn show_line(&mut self, line: usize, lines: &StepLines, look: &Look) {
        self.fill(line / PIECE_LINES, lines, look);
    }

    /// Shows what is filled in another look; pieces of another height are measured again when they are filled.
    pub fn refresh(&mut self, lines: &StepLines, look: &Look) {
        for at in 0..self.all.len() {
            if std::mem::take(&mut self.all[at].filled) {
                self.fill(at, lines, look);
            } else {
                self.reserve(at, self.shown);
            }
        }
    }
}
