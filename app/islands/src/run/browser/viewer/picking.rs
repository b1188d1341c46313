//! Lines that a link leads to: picked by the address or by hand, set off, and named in the bar below.

use leptos::prelude::*;

use super::super::super::log::{Picked, Place};
use super::super::dom::{by_id, set_hidden};
use super::Inner;

impl Inner {
    /// Picks the line that the event `seq` brought, or with `further` all from those that were picked to it, where they
    /// are of the same step.
    pub(super) fn pick_line(&mut self, seq: u64, further: bool) {
        let step = |seq| self.place_of(Picked::between(seq, seq)).map(|place| place.step);
        let first = self.look.picked.map(|picked| picked.first);
        let first = first.filter(|first| further && step(*first) == step(seq)).unwrap_or(seq);
        self.following.set(false);
        self.pick(Some(Picked::between(first, seq)), true);
    }

    /// Picks lines, of which the first is shown; a link leads to them from now on where `tell` says so.
    pub(super) fn pick(&mut self, picked: Option<Picked>, tell: bool) {
        let place = picked.and_then(|picked| self.place_of(picked));
        self.set_off(false);
        self.look.picked = picked.filter(|_| place.is_some());
        self.look.picked_in = place.map(|place| place.step);
        if let Some(place) = place {
            self.cursor = Some(place);
            if !tell {
                self.following.set(false);
                self.reveal(place);
            }
        }
        self.set_off(true);
        if tell && let Ok(history) = window().history() {
            let path = window().location().pathname().unwrap_or_default();
            let address = picked.map_or(path, |picked| format!("#{picked}"));
            // It fails only for other sites' addresses.
            let _ = history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&address));
        }
        self.show_picked(place);
    }

    /// Sets off the lines that are picked and on the page, or takes that back.
    fn set_off(&self, on: bool) {
        let Some(picked) = self.look.picked else { return };
        let Some(lines) = self.place_of(picked).and_then(|place| self.story.lines.get(place.step)) else {
            return;
        };
        for line in lines.between(picked.first, picked.last).filter_map(|at| lines.line(at)) {
            if let Some(line) = by_id(&format!("l{}", line.seq)) {
                let _ = line.class_list().toggle_with_force("log-picked", on);
            }
        }
    }

    fn show_picked(&self, place: Option<Place>) {
        set_hidden("log-picked", place.is_none());
        let Some((place, picked)) = place.zip(self.look.picked) else { return };
        let lines = &self.story.lines[place.step];
        let range = lines.between(picked.first, picked.last);
        let (job, step) = self.story.step_of(place.step);
        let job = &self.story.view.jobs[job];
        let numbers = if range.len() == 1 {
            format!("Line {}", range.start + 1)
        } else {
            format!("Lines {} to {}", range.start + 1, range.end)
        };
        if let Some(words) = by_id("log-picked-words") {
            words.set_text_content(Some(&format!("{numbers} of {}, {}", job.name, job.steps[step].name)));
        }
    }

    /// What was picked, as text.
    pub(super) fn picked_text(&self) -> String {
        let picked = self.look.picked.and_then(|picked| Some((self.place_of(picked)?.step, picked)));
        picked.map_or_else(String::new, |(step, picked)| {
            let lines = &self.story.lines[step];
            lines.text_of(lines.between(picked.first, picked.last)).to_owned()
        })
    }
}

/// The lines that the page's address leads to.
pub(super) fn address() -> Option<Picked> {
    let fragment = window().location().hash().ok()?;
    fragment.strip_prefix('#')?.parse().ok()
}
