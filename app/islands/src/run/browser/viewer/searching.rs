//! Finding one's way in the log: what is searched for, where it went wrong, from step to step.

use leptos::prelude::*;
use regatta_domain::run::{StepState, StepView};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::super::super::log::{Place, Search, error_places};
use super::super::dom::by_id;
use super::Inner;

impl Inner {
    pub(super) fn search(&mut self, query: &str) {
        if query.to_ascii_lowercase() == self.search.query() {
            return;
        }
        self.search = Search::new(query);
        self.search.extend(&self.story.lines);
        self.look.query = self.search.query().to_owned();
        self.refresh();
        if !query.is_empty()
            && let Some(place) = self.search.step(true, self.cursor)
        {
            self.lead_to(place);
        }
        self.show_hits();
    }

    /// Goes to the next line found, or to the one before.
    pub(super) fn next_found(&mut self, forward: bool) {
        let cursor = self.cursor;
        if let Some(place) = self.search.step(forward, cursor) {
            self.lead_to(place);
        }
        self.show_hits();
    }

    pub(super) fn show_hits(&self) {
        if let Some(hits) = by_id("log-hits") {
            let words = self.search.words();
            if hits.text_content().as_deref() != Some(&words) {
                hits.set_text_content(Some(&words));
            }
        }
    }

    pub(super) fn next_error(&mut self) {
        let went_wrong = |step: &StepView| matches!(step.state, StepState::Exited(code) if code != 0);
        let steps: Vec<bool> = self.story.steps().map(|(_, _, step)| went_wrong(step)).collect();
        let places = error_places(&self.story.lines, |step| steps.get(step).copied().unwrap_or(false));
        let next = places.iter().find(|place| self.cursor.is_none_or(|cursor| **place > cursor));
        match next.or(places.first()).copied() {
            Some(place) => self.lead_to(place),
            None => self.said.set("There is no error in the log.".to_owned()),
        }
    }

    pub(super) fn next_step(&mut self, forward: bool) {
        let all = self.pieces.len();
        let next = match self.cursor {
            None => Some(0),
            Some(at) if forward => Some(at.step + 1).filter(|step| *step < all),
            Some(at) => at.step.checked_sub(1),
        };
        let Some(step) = next else { return };
        self.following.set(false);
        self.cursor = Some(Place { step, line: 0 });
        let summary =
            by_id(&self.step_id(step)).and_then(|step| step.query_selector("summary").ok().flatten());
        if let Some(summary) = summary.and_then(|summary| summary.dyn_into::<HtmlElement>().ok()) {
            let _ = summary.focus();
        }
    }

    /// Leads the reader to a line and sets it off.
    fn lead_to(&mut self, place: Place) {
        self.following.set(false);
        self.cursor = Some(place);
        let mark = |seq: Option<u64>, on: bool| {
            if let Some(line) = seq.and_then(|seq| by_id(&format!("l{seq}"))) {
                let _ = line.class_list().toggle_with_force("log-here", on);
            }
        };
        mark(self.look.here, false);
        self.look.here =
            self.story.lines.get(place.step).and_then(|lines| lines.line(place.line)).map(|line| line.seq);
        self.reveal(place);
        mark(self.look.here, true);
    }
}
