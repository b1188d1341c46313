//! The run on the page, and the reader's place in it.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use regatta_domain::run::{RunEvent, RunState, RunView, StepState, StepView};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{
    Element, HtmlElement, IntersectionObserver, IntersectionObserverEntry, IntersectionObserverInit,
    ScrollBehavior, ScrollIntoViewOptions, ScrollLogicalPosition,
};

use super::super::log::{Look, Picked, Place, Search, StepLines, Times, error_places};
use super::super::story::{Gap, Story};
use super::choices::Choices;
use super::dom::{by_id, on, scroll_by, set, set_hidden, window_height};
use super::follow::Following;
use super::pieces::{FEW_LINES, Pieces};
use super::shown::Page;

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
        let page = Page::showing(&title, &view);
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
        let mut inner = self.0.borrow_mut();
        let cursor = inner.cursor;
        if let Some(place) = inner.search.step(forward, cursor) {
            inner.lead_to(place);
        }
        inner.show_hits();
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
        let mut inner = self.0.borrow_mut();
        let first = inner.look.picked.filter(|_| further).map_or(seq, |picked| picked.first);
        let picked = Picked::between(first, seq);
        inner.following.set(false);
        inner.pick(Some(picked), true);
    }

    /// Picks nothing any more.
    pub fn pick_nothing(&self) {
        self.0.borrow_mut().pick(None, true);
    }

    /// What was picked, as text.
    pub fn picked_text(&self) -> String {
        let inner = self.0.borrow();
        let picked = inner.look.picked.and_then(|picked| Some((inner.place_of(picked)?.step, picked)));
        picked.map_or_else(String::new, |(step, picked)| {
            let lines = &inner.story.lines[step];
            lines.text_of(lines.between(picked.first, picked.last)).to_owned()
        })
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

    /// Takes the server's lines off the page, now that all lines are known.
    fn take_over(&mut self) {
        let hosts = self.story.steps().map(|(number, ..)| (number, self.host(number)));
        let pieces = hosts.filter_map(|(number, host)| Some(Pieces::new(number, host?)));
        self.pieces = pieces.collect();
        if let Ok(earlier) = document().query_selector_all(".log-earlier") {
            for node in (0..earlier.length()).filter_map(|at| earlier.item(at)) {
                node.unchecked_ref::<HtmlElement>().set_hidden(true);
            }
        }
    }

    fn step_id(&self, number: usize) -> String {
        let (job, step) = self.story.step_of(number);
        format!("step-{}-{}", job + 1, step + 1)
    }

    fn host(&self, number: usize) -> Option<Element> {
        by_id(&format!("{}-log", self.step_id(number)))
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

    /// Picks lines, of which the first is shown; a link leads to them from now on where `tell` says so.
    fn pick(&mut self, picked: Option<Picked>, tell: bool) {
        let place = picked.and_then(|picked| self.place_of(picked));
        self.set_off(false);
        self.look.picked = picked.filter(|_| place.is_some());
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

    fn search(&mut self, query: &str) {
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

    fn show_hits(&self) {
        if let Some(hits) = by_id("log-hits") {
            let words = self.search.words();
            if hits.text_content().as_deref() != Some(&words) {
                hits.set_text_content(Some(&words));
            }
        }
    }

    fn next_error(&mut self) {
        let went_wrong = |step: &StepView| matches!(step.state, StepState::Exited(code) if code != 0);
        let steps: Vec<bool> = self.story.steps().map(|(_, _, step)| went_wrong(step)).collect();
        let places = error_places(&self.story.lines, |step| steps.get(step).copied().unwrap_or(false));
        let next = places.iter().find(|place| self.cursor.is_none_or(|cursor| **place > cursor));
        match next.or(places.first()).copied() {
            Some(place) => self.lead_to(place),
            None => self.said.set("There is no error in the log.".to_owned()),
        }
    }

    fn next_step(&mut self, forward: bool) {
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

    /// Scrolls so that the line that was in sight before is where it was.
    fn put_back(&mut self, kept: &KeptPlace) {
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
struct KeptPlace {
    seq: u64,
    top: f64,
}

impl KeptPlace {
    fn now() -> Option<Self> {
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

/// The lines that the page's address leads to.
fn address() -> Option<Picked> {
    let fragment = window().location().hash().ok()?;
    fragment.strip_prefix('#')?.parse().ok()
}
