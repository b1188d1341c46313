//! The run on the page, and the reader's place in it.

mod picking;
mod searching;
mod taking_over;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use regatta_domain::run::{RunEvent, RunState, RunView, StepState};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{
    IntersectionObserver, IntersectionObserverEntry, IntersectionObserverInit, ScrollBehavior,
    ScrollIntoViewOptions, ScrollLogicalPosition,
};

use super::super::log::{Look, Picked, Place, Search, StepLines, Times};
use super::super::story::{Gap, Story};
use super::choices::Choices;
use super::dom::{by_id, on, set, set_hidden};
use super::follow::Following;
use super::pieces::{FEW_LINES, Pieces};
use super::shown::Page;
use picking::address;
use taking_over::KeptPlace;

/// How far around the window lines are kept on the page.
const AROUND: &str = "1500px 0px";
/// How long news are gathered before they are said, so that nobody is talked to without a pause.
const PAUSE: Duration = Duration::from_secs(4);

/// The run on the page; clones share it.
#[derive(Clone)]
pub struct Viewer(Rc<RefCell<Inner>>);

struct Inner {
    title: String,
    story: Story,
    page: Page,
    /// The log of each step, once all lines are here that the server's page has.
    pieces: Vec<Pieces>,
    watch: Option<IntersectionObserver>,
    choices: Choices,
    look: Look,
    search: Search,
    /// Where the reader was led last.
    cursor: Option<Place>,
    following: Following,
    /// The step whose lines are followed, until it is over.
    followed: Option<usize>,
    said: RwSignal<String>,
    news: Vec<String>,
}

impl Viewer {
    /// The page as the server made it from `view`.
    pub fn open(title: String, accepted_ms: u64, view: RunView, said: RwSignal<String>) -> Self {
        let choices = Choices::read();
        let look = Look { times: choices.times, accepted_ms, picked: address(), ..Look::default() };
        let follows = !view.state.is_final() && look.picked.is_none();
        let page = Page::showing(&title, accepted_ms, &view);
        let inner = Inner {
            title,
            page,
            story: Story::new(view),
            pieces: Vec::new(),
            watch: None,
            choices,
            look,
            search: Search::default(),
            cursor: None,
            following: Following::new(follows),
            followed: None,
            said,
            news: Vec::new(),
        };
        let viewer = Self(Rc::new(RefCell::new(inner)));
        viewer.0.borrow_mut().watch = viewer.watch();
        viewer.0.borrow().show_choices();
        let led = viewer.clone();
        on(&window(), "hashchange", move |_| led.0.borrow_mut().pick(address(), false));
        viewer
    }

    /// Fills the pieces near the window and empties those far from it.
    fn watch(&self) -> Option<IntersectionObserver> {
        let viewer = self.clone();
        let near = Closure::<dyn FnMut(js_sys::Array)>::new(move |entries: js_sys::Array| {
            let mut inner = viewer.0.borrow_mut();
            for entry in entries.iter() {
                inner.came_near(entry.unchecked_ref());
            }
        });
        let options = IntersectionObserverInit::new();
        options.set_root_margin(AROUND);
        let watch = IntersectionObserver::new_with_options(near.as_ref().unchecked_ref(), &options).ok();
        near.forget();
        watch
    }

    /// The last event that was told.
    pub fn told(&self) -> u64 {
        self.0.borrow().story.told()
    }

    /// Whether the run is over and all of it was told.
    pub fn is_complete(&self) -> bool {
        let inner = self.0.borrow();
        inner.story.view.state.is_final() && inner.story.is_caught_up()
    }

    /// Whether so much is still to come that it is better fetched than streamed.
    pub fn is_far_behind(&self) -> bool {
        const MANY: u64 = 500;
        let inner = self.0.borrow();
        inner.story.view.state.is_final() || inner.story.view.seq > inner.story.told() + MANY
    }

    /// Takes the next events and shows them, as soon as all is known that is on the page already.
    pub fn tell(&self, events: &[RunEvent]) -> Result<(), Gap> {
        let mut inner = self.0.borrow_mut();
        let told = inner.story.tell(events);
        if inner.story.is_caught_up() {
            inner.keep_up();
            self.say(&mut inner);
        }
        told
    }

    /// Says what happened, now and then.
    fn say(&self, inner: &mut Inner) {
        let news = inner.page.show(&inner.title, &inner.story.view);
        let is_silent = inner.news.is_empty();
        inner.news.extend(news);
        if is_silent && !inner.news.is_empty() {
            let viewer = self.clone();
            set_timeout(
                move || {
                    let mut inner = viewer.0.borrow_mut();
                    let news = std::mem::take(&mut inner.news);
                    inner.said.set(news.join(" "));
                },
                PAUSE,
            );
        }
    }

    /// Searches for `query` from where the reader is.
    pub fn search(&self, query: &str) {
        self.0.borrow_mut().search(query);
    }

    /// Goes to the next line found, or to the one before.
    pub fn next_found(&self, forward: bool) {
        self.0.borrow_mut().next_found(forward);
    }

    /// Goes to where trouble begins next, around the end; says so where there is none.
    pub fn next_error(&self) {
        self.0.borrow_mut().next_error();
    }

    /// Goes to the step after the one the reader was led to, or to the one before.
    pub fn next_step(&self, forward: bool) {
        self.0.borrow_mut().next_step(forward);
    }

    /// The next way to show times.
    pub fn turn_times(&self) {
        let mut inner = self.0.borrow_mut();
        inner.choices.times = match inner.choices.times {
            Times::Off => Times::Relative,
            Times::Relative => Times::Absolute,
            Times::Absolute => Times::Off,
        };
        inner.look.times = inner.choices.times;
        inner.choose();
        inner.refresh();
    }

    /// Wraps long lines, or no longer.
    pub fn turn_wrap(&self) {
        let mut inner = self.0.borrow_mut();
        inner.choices.wrap = !inner.choices.wrap;
        inner.choose();
    }

    /// Follows the newest line, or no longer.
    pub fn follow(&self, follows: bool) {
        let inner = self.0.borrow();
        inner.following.set(follows);
        inner.follow();
    }

    /// Whether the newest line is followed.
    pub fn is_following(&self) -> bool {
        self.0.borrow().following.is_on()
    }

    /// Whether single keys do something.
    pub fn heeds_keys(&self) -> bool {
        self.0.borrow().choices.keys
    }

    /// Heeds single keys, or no longer.
    pub fn heed_keys(&self, heed: bool) {
        let mut inner = self.0.borrow_mut();
        inner.choices.keys = heed;
        inner.choose();
    }

    /// Picks the line that the event `seq` brought, or with `further` all from those that were picked to it.
    pub fn pick(&self, seq: u64, further: bool) {
        self.0.borrow_mut().pick_line(seq, further);
    }

    /// Picks nothing any more.
    pub fn pick_nothing(&self) {
        self.0.borrow_mut().pick(None, true);
    }

    /// What was picked, as text.
    pub fn picked_text(&self) -> String {
        self.0.borrow().picked_text()
    }

    /// The whole log of a step as text.
    pub fn step_text(&self, step: usize) -> String {
        self.0.borrow().story.lines.get(step).map_or_else(String::new, |lines| lines.text_from(0).to_owned())
    }
}

impl Inner {
    /// Shows all that came.
    fn keep_up(&mut self) {
        let is_first = self.pieces.is_empty();
        let kept = if is_first { KeptPlace::now() } else { None };
        if is_first {
            self.take_over();
        }
        let few = self.has_few_lines();
        if let Some(watch) = &self.watch {
            for (pieces, lines) in self.pieces.iter_mut().zip(&self.story.lines) {
                pieces.grow(lines, &self.look, watch, few);
            }
        }
        if let Some(kept) = kept {
            self.put_back(&kept);
        }
        if is_first {
            self.pick(self.look.picked, false);
        }
        self.search.extend(&self.story.lines);
        self.show_hits();
        let state = self.story.view.state;
        set_hidden("run-turn", state != RunState::Queued);
        set_hidden("run-stop", state.is_final());
        set_hidden("log-follow", state.is_final());
        self.choose_followed();
        self.follow();
    }

    fn step_id(&self, number: usize) -> String {
        let (job, step) = self.story.step_of(number);
        format!("step-{}-{}", job + 1, step + 1)
    }

    fn has_few_lines(&self) -> bool {
        self.story.lines.iter().map(StepLines::len).sum::<usize>() <= FEW_LINES
    }

    fn came_near(&mut self, entry: &IntersectionObserverEntry) {
        let known = entry.target().get_attribute("data-piece").unwrap_or_default();
        let Some((step, at)) = known.split_once(' ') else { return };
        let (Ok(step), Ok(at)) = (step.parse::<usize>(), at.parse()) else { return };
        let few = self.has_few_lines();
        let (Some(pieces), Some(lines)) = (self.pieces.get_mut(step), self.story.lines.get(step)) else {
            return;
        };
        if entry.is_intersecting() {
            pieces.fill(at, lines, &self.look);
        } else if !few {
            pieces.empty(at);
        }
    }

    fn refresh(&mut self) {
        for (pieces, lines) in self.pieces.iter_mut().zip(&self.story.lines) {
            pieces.refresh(lines, &self.look);
        }
    }

    /// Where the first line is that `picked` holds.
    fn place_of(&self, picked: Picked) -> Option<Place> {
        let found = self.story.lines.iter().enumerate().filter_map(|(step, lines)| {
            let range = lines.between(picked.first, picked.last);
            Some((
                lines.line(range.start).filter(|_| !range.is_empty())?.seq,
                Place { step, line: range.start },
            ))
        });
        found.min_by_key(|(seq, _)| *seq).map(|(_, place)| place)
    }

    /// Opens the step of a place, puts its line on the page and scrolls to it.
    fn reveal(&mut self, place: Place) {
        if let Some(step) = by_id(&self.step_id(place.step)) {
            set(&step, "open", "");
        }
        let (Some(pieces), Some(lines)) = (self.pieces.get_mut(place.step), self.story.lines.get(place.step))
        else {
            return;
        };
        pieces.show_line(place.line, lines, &self.look);
        if let Some(line) = lines.line(place.line).and_then(|line| by_id(&format!("l{}", line.seq))) {
            let options = ScrollIntoViewOptions::new();
            options.set_block(ScrollLogicalPosition::Center);
            options.set_behavior(ScrollBehavior::Instant);
            line.scroll_into_view_with_scroll_into_view_options(&options);
        }
    }

    /// A step is followed until it is over, so that two that run at once do not tear the reader to and fro.
    fn choose_followed(&mut self) {
        let running = |step: usize| {
            let (job, at) = self.story.step_of(step);
            let step = self.story.view.jobs.get(job).and_then(|job| job.steps.get(at));
            step.is_some_and(|step| step.state == StepState::Running)
        };
        if self.followed.is_none_or(|step| !running(step)) {
            let newest = |lines: &StepLines| lines.line(lines.len().checked_sub(1)?).map(|line| line.seq);
            let steps = self.story.lines.iter().enumerate();
            self.followed =
                steps.filter_map(|(step, lines)| Some((newest(lines)?, step))).max().map(|(_, step)| step);
        }
    }

    fn follow(&self) {
        let lines = self.followed.and_then(|step| self.story.lines.get(step));
        let newest = lines.and_then(|lines| lines.line(lines.len().checked_sub(1)?)).map(|line| line.seq);
        if let Some(seq) = newest {
            self.following.show(format!("l{seq}"));
        }
    }

    fn choose(&self) {
        self.choices.write();
        self.show_choices();
    }

    fn show_choices(&self) {
        let words = match self.choices.times {
            Times::Off => "Times: off",
            Times::Relative => "Times: from start",
            Times::Absolute => "Times: UTC",
        };
        if let Some(button) = by_id("log-times") {
            button.set_text_content(Some(words));
        }
        if let Some(button) = by_id("log-wrap") {
            set(&button, "aria-pressed", if self.choices.wrap { "true" } else { "false" });
        }
        if let Some(log) = by_id("run-log") {
            let _ = log.class_list().toggle_with_force("log-nowrap", !self.choices.wrap);
        }
    }
}
