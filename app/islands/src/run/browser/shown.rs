//! The page's parts that change with the run, each set only when what it shows is new.

use leptos::prelude::*;
use regatta_domain::run::{JobView, RunView, StepView};

use super::super::job_facts::job_facts_html;
use super::super::setup::{setup_html, setup_opens, setup_words};
use super::super::waterfall::{waterfall_html, waterfall_words};
use super::super::words::{
    ending_hint, job_shown, opens, run_clock, run_shown, run_summary, step_figures, step_shown,
};
use super::dom::{by_id, set, set_hidden};
use crate::state_mark::{Shown, drawing};

/// What the page shows: the parts by their place in a fixed order, with what each showed last.
#[derive(Default)]
pub struct Page {
    /// When the run was accepted, in milliseconds of the portal's clock.
    accepted_ms: u64,
    parts: Vec<String>,
    at: usize,
    /// What is to be said of what changed.
    news: Vec<String>,
}

impl Page {
    /// The page as the server made it from `view`: nothing is to be set until something changes.
    pub fn showing(title: &str, accepted_ms: u64, view: &RunView) -> Self {
        let mut page = Self { accepted_ms, ..Self::default() };
        page.walk(title, view, &mut |_| {});
        page.news.clear();
        page
    }

    /// Shows `view`, and says what changed.
    pub fn show(&mut self, title: &str, view: &RunView) -> Vec<String> {
        self.walk(title, view, &mut |change| change.make());
        std::mem::take(&mut self.news)
    }

    fn walk(&mut self, title: &str, view: &RunView, make: &mut dyn FnMut(Change)) {
        self.at = 0;
        let state = run_shown(view.state);
        let in_tab = format!("{}: {title}", state.words);
        self.part(in_tab, |title| make(Change::Title(title)));
        if self.mark("run-state", &state, make) {
            self.news.push(format!("The run: {}.", state.words));
        }
        self.mark("bar-state", &state, make);
        self.text("run-summary", run_summary(view), make);
        self.text("run-clock", run_clock(view), make);
        self.text("run-reason", view.reason.clone().unwrap_or_default(), make);
        self.text("run-hint", ending_hint(view.state).to_owned(), make);
        self.text("waterfall-words", waterfall_words(view), make);
        self.html("waterfall", waterfall_html(view), make);
        for (at, job) in view.jobs.iter().enumerate() {
            self.job(at + 1, job, make);
            self.setup(at, view, make);
        }
    }

    fn setup(&mut self, at: usize, view: &RunView, make: &mut dyn FnMut(Change)) {
        let id = format!("setup-{}", at + 1);
        let words = setup_words(&view.jobs[at]);
        let hidden = words.is_empty();
        if self.part(words, |words| make(Change::Text(&format!("{id}-words"), words))) {
            make(Change::Hide(&id, hidden));
        }
        self.html(&format!("{id}-table"), setup_html(view, at, self.accepted_ms), make);
        self.opening(&id, setup_opens(view, at), make);
    }

    fn job(&mut self, number: usize, job: &JobView, make: &mut dyn FnMut(Change)) {
        let state = job_shown(job.state);
        if self.mark(&format!("job-{number}-state"), &state, make) {
            self.news.push(format!("{}: {}.", job.name, state.words));
        }
        self.mark(&format!("node-{number}"), &state, make);
        self.mark(&format!("entry-{number}"), &state, make);
        self.text(&format!("job-{number}-reason"), job.reason.clone().unwrap_or_default(), make);
        self.html(&format!("job-{number}-facts"), job_facts_html(job), make);
        for (at, step) in job.steps.iter().enumerate() {
            self.step(&format!("step-{number}-{}", at + 1), step, make);
        }
    }

    fn step(&mut self, id: &str, step: &StepView, make: &mut dyn FnMut(Change)) {
        self.mark(&format!("{id}-state"), &step_shown(step.state), make);
        self.text(&format!("{id}-time"), step_figures(step), make);
        self.opening(id, opens(step), make);
    }

    fn opening(&mut self, id: &str, opens: bool, make: &mut dyn FnMut(Change)) {
        let open = if opens { "open" } else { "" };
        self.part(open.to_owned(), |open| {
            if !open.is_empty() {
                make(Change::Open(id));
            }
        });
    }

    /// Whether the part whose turn it is shows something else than `value`; then `change` makes it so.
    fn part(&mut self, value: String, change: impl FnOnce(&str)) -> bool {
        let at = self.at;
        self.at += 1;
        match self.parts.get_mut(at) {
            Some(shown) if *shown == value => return false,
            Some(shown) => *shown = value,
            None => self.parts.push(value),
        }
        change(&self.parts[at]);
        true
    }

    fn text(&mut self, id: &str, text: String, make: &mut dyn FnMut(Change)) {
        self.part(text, |text| make(Change::Text(id, text)));
    }

    fn html(&mut self, id: &str, html: String, make: &mut dyn FnMut(Change)) {
        self.part(html, |html| make(Change::Html(id, html)));
    }

    fn mark(&mut self, id: &str, shown: &Shown, make: &mut dyn FnMut(Change)) -> bool {
        self.part(shown.words.to_string(), |_| make(Change::Mark(id, shown)))
    }
}

/// A change of the page.
enum Change<'a> {
    Title(&'a str),
    Text(&'a str, &'a str),
    Html(&'a str, &'a str),
    Mark(&'a str, &'a Shown),
    Open(&'a str),
    Hide(&'a str, bool),
}

impl Change<'_> {
    fn make(self) {
        match self {
            Self::Title(title) => document().set_title(title),
            Self::Text(id, text) => {
                if let Some(element) = by_id(id) {
                    element.set_text_content(Some(text));
                }
                set_hidden(id, text.is_empty());
            }
            Self::Html(id, html) => {
                if let Some(element) = by_id(id) {
                    element.set_inner_html(html);
                }
            }
            Self::Mark(id, shown) => mark(id, shown),
            Self::Hide(id, hidden) => set_hidden(id, hidden),
            Self::Open(id) => {
                // Whoever closed it by hand wants it closed.
                if let Some(part) = by_id(id).filter(|part| !part.has_attribute("data-touched")) {
                    set(&part, "open", "");
                }
            }
        }
    }
}

/// Changes the class, the shape and the word of a mark, or of a job in the drawing.
fn mark(id: &str, shown: &Shown) {
    let Some(element) = by_id(id) else { return };
    set(&element, "class", &format!("state state-{}", shown.name));
    let part = |class: &str| element.query_selector(class).ok().flatten();
    if let Some(shape) = part(".state-shape") {
        shape.set_inner_html(drawing(shown.name));
    }
    if let Some(word) = part(".state-word") {
        word.set_text_content(Some(&shown.words));
    }
}
