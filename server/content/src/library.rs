//! The library: everything that can be shown, in the order in which it is shown.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use regatta_domain::event::Event;
use regatta_domain::ids::EventId;
use regatta_domain::page::StandingPage;
use regatta_domain::people::Ambassador;
use regatta_domain::pipeline::{Dialect, Reading};
use regatta_domain::post::Post;
use regatta_domain::series::Series;
use regatta_domain::site::Site;
use regatta_domain::slug::Slug;

use crate::Problem;
use crate::load;

/// Everything that the content folder held when it was read.
#[derive(Debug, Default)]
pub struct Library {
    pub(crate) site: Site,
    /// Those that the public may see, by the moment they begin, earliest first.
    pub(crate) events: Vec<Arc<Event>>,
    /// Those that it may not see yet, in the same order.
    pub(crate) drafts: Vec<Arc<Event>>,
    /// By title.
    pub(crate) series: Vec<Arc<Series>>,
    /// Slugs that events had before, to the slugs they have now.
    pub(crate) moved_events: HashMap<Slug, Slug>,
    /// By name.
    pub(crate) ambassadors: Vec<Arc<Ambassador>>,
    /// Newest first, those without a date last.
    pub(crate) posts: Vec<Arc<Post>>,
    /// By slug.
    pub(crate) pages: Vec<Arc<StandingPage>>,
    /// By slug.
    pub(crate) pipelines: Vec<Arc<Demo>>,
    /// By file and place.
    pub(crate) problems: Vec<Problem>,
}

/// A demo pipeline as its file tells it.
#[derive(Clone, Debug)]
pub struct Demo {
    /// The last part of its address: the file's name without its ending.
    pub slug: Slug,
    /// The first line of the comment it begins with, else its slug.
    pub title: String,
    /// The rest of that comment as one paragraph; may be empty.
    pub summary: String,
    /// What it is written in.
    pub dialect: Dialect,
    /// The whole file.
    pub source: String,
    /// What the file means. Its diagnostics are also among [`Library::problems`].
    pub reading: Reading,
}

/// What lies at an event's address.
#[derive(Clone, Debug)]
pub enum EventAddress {
    /// The event.
    Here(Arc<Event>),
    /// The event has another slug now: redirect to it.
    Moved(Slug),
}

impl Library {
    /// Reads the content folder. Relative dates of samples count from `started`.
    ///
    /// Never fails as a whole: what cannot be read is left out and is among [`Library::problems`].
    pub fn load(dir: &Path, started: Timestamp) -> Self {
        load::library(dir, started, &Self::default())
    }

    /// Reads the folder again. A file that is there but cannot be read any more keeps what it held in this library, and
    /// is among the problems all the same; a file that is gone is gone.
    pub(crate) fn load_again(&self, dir: &Path, started: Timestamp) -> Self {
        load::library(dir, started, self)
    }

    /// Everything that is wrong with the folder, by file and place; empty when all is well.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The site's name and projects.
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// All events that the public may see, earliest first. Drafts are in none of these lists and at no address.
    pub fn events(&self) -> &[Arc<Event>] {
        &self.events
    }

    /// The events that are not over at `now`, the next one first.
    pub fn upcoming_events(&self, now: Timestamp) -> Vec<Arc<Event>> {
        self.events.iter().filter(|event| !event.is_past(now)).cloned().collect()
    }

    /// The events that are over at `now`, the latest one first.
    pub fn past_events(&self, now: Timestamp) -> Vec<Arc<Event>> {
        self.events.iter().rev().filter(|event| event.is_past(now)).cloned().collect()
    }

    /// The events that nobody may see yet, earliest first. For the desk and the command line only.
    pub fn drafts(&self) -> &[Arc<Event>] {
        &self.drafts
    }

    /// The event or draft in the file of this name.
    pub(crate) fn event_of_file(&self, slug: &Slug) -> Option<Arc<Event>> {
        self.events.iter().chain(&self.drafts).find(|event| event.slug == *slug).cloned()
    }

    /// All series, by title.
    pub fn all_series(&self) -> &[Arc<Series>] {
        &self.series
    }

    /// The series at `/series/<slug>`.
    pub fn series(&self, slug: &str) -> Option<Arc<Series>> {
        find(&self.series, |series| series.slug.as_str() == slug)
    }

    /// The dates of a series that the public may see, earliest first.
    pub fn dates_of(&self, series: &Slug) -> Vec<Arc<Event>> {
        self.events.iter().filter(|event| event.series.as_ref() == Some(series)).cloned().collect()
    }

    /// The event with this identity.
    pub fn event(&self, id: &EventId) -> Option<Arc<Event>> {
        self.events.iter().find(|event| event.id == *id).cloned()
    }

    /// What lies at `/events/<slug>`.
    pub fn event_by_slug(&self, slug: &str) -> Option<EventAddress> {
        if let Some(event) = find(&self.events, |event| event.slug.as_str() == slug) {
            return Some(EventAddress::Here(event));
        }
        let slug = slug.parse::<Slug>().ok()?;
        self.moved_events.get(&slug).cloned().map(EventAddress::Moved)
    }

    /// All ambassadors, by name.
    pub fn ambassadors(&self) -> &[Arc<Ambassador>] {
        &self.ambassadors
    }

    /// The ambassador at `/ambassadors/<slug>`.
    pub fn ambassador(&self, slug: &str) -> Option<Arc<Ambassador>> {
        find(&self.ambassadors, |ambassador| ambassador.slug.as_str() == slug)
    }

    /// All posts, newest first.
    pub fn posts(&self) -> &[Arc<Post>] {
        &self.posts
    }

    /// The post at `/posts/<slug>`.
    pub fn post(&self, slug: &str) -> Option<Arc<Post>> {
        find(&self.posts, |post| post.slug.as_str() == slug)
    }

    /// All standing pages, by slug.
    pub fn pages(&self) -> &[Arc<StandingPage>] {
        &self.pages
    }

    /// The standing page at `/<slug>`.
    pub fn page(&self, slug: &str) -> Option<Arc<StandingPage>> {
        find(&self.pages, |page| page.slug.as_str() == slug)
    }

    /// All demo pipelines, by slug; those that cannot run too, so that their page can say why.
    pub fn pipelines(&self) -> &[Arc<Demo>] {
        &self.pipelines
    }

    /// The demo pipeline with this slug.
    pub fn pipeline(&self, slug: &str) -> Option<Arc<Demo>> {
        find(&self.pipelines, |demo| demo.slug.as_str() == slug)
    }
}

fn find<T>(items: &[Arc<T>], is_it: impl Fn(&T) -> bool) -> Option<Arc<T>> {
    items.iter().find(|item| is_it(item)).cloned()
}
