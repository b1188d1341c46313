//! From the folder to the library.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use regatta_domain::pipeline::Diagnostic;
use regatta_domain::slug::Slug;

use crate::document::At;
use crate::event_file::EventFile;
use crate::folder::{self, Entry};
use crate::reading::Reading;
use crate::references::Broken;
use crate::{
    Library, Problem, ambassador_file, event_file, page_file, pipeline_file, post_file, references,
    series_file, site_file,
};

/// Reads everything in `dir`. Of a file that cannot be read any more, what `before` has of it stays.
pub fn library(dir: &Path, started: Timestamp, before: &Library) -> Library {
    let listing = folder::list(dir);
    let mut loading = Loading {
        started,
        before,
        library: Library::default(),
        events: Vec::new(),
        broken_ambassadors: HashSet::new(),
        broken_series: HashSet::new(),
        shown_demos: Vec::new(),
    };
    loading.library.problems = listing.problems;
    let mut has_site = false;
    for entry in &listing.entries {
        has_site |= entry.path == Path::new(SITE_FILE);
        loading.file(entry);
    }
    if !has_site {
        loading.problem(
            Path::new(SITE_FILE),
            "this file is missing: it says what the site is called".to_owned(),
        );
    }
    loading.finish()
}

const SITE_FILE: &str = "site.yaml";
/// Notes of the authors to each other; no page.
const NOTES_FILE: &str = "README.md";

struct Loading<'l> {
    started: Timestamp,
    before: &'l Library,
    library: Library,
    events: Vec<(PathBuf, EventFile)>,
    /// Ambassadors whose files are there, but broken.
    broken_ambassadors: HashSet<Slug>,
    /// Series whose files are there, but broken.
    broken_series: HashSet<Slug>,
    /// Demos that texts show, each with the text's file.
    shown_demos: Vec<(PathBuf, At<Slug>)>,
}

impl Loading<'_> {
    fn file(&mut self, entry: &Entry) {
        if entry.path.file_name().is_some_and(|name| name == NOTES_FILE) {
            return;
        }
        let room = entry.path.parent().and_then(Path::to_str).unwrap_or_default();
        let ending = entry.path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        let known = match room {
            "" => entry.path == Path::new(SITE_FILE),
            "ambassadors" | "events" | "pages" | "posts" | "series" => ending == "md",
            "pipelines" => ending == "yaml",
            _ => false,
        };
        if !known {
            let message = "nothing reads this file: content is site.yaml, ambassadors/*.md, events/*.md, pages/*.md, \
                           pipelines/*.yaml, posts/*.md and series/*.md";
            return self.problem(&entry.path, message.to_owned());
        }
        let text = folder::read(entry);
        if room.is_empty() {
            let site = self.take(entry, text, |text| site_file::read(&text));
            self.library.site = site.unwrap_or_else(|| self.before.site.clone());
            return;
        }
        let stem = entry.path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let slug: Slug = match stem.parse() {
            Ok(slug) => slug,
            Err(why) => return self.problem(&entry.path, format!("the file's name is no slug: {why}")),
        };
        self.read(entry, room, &slug, text);
    }

    fn read(&mut self, entry: &Entry, room: &str, slug: &Slug, text: Result<String, Problem>) {
        let before = self.before;
        match room {
            "ambassadors" => {
                let read = self.take(entry, text, |text| ambassador_file::read(slug, &text)).map(Arc::new);
                let ambassador = read.or_else(|| before.ambassador(slug.as_str()));
                if ambassador.is_none() {
                    self.broken_ambassadors.insert(slug.clone());
                }
                self.library.ambassadors.extend(ambassador);
            }
            "events" => {
                let started = self.started;
                let read = self.take(entry, text, |text| event_file::read(slug, &text, started));
                let held = || before.event_of_file(slug).map(|event| EventFile::held(&event));
                self.events.extend(read.or_else(held).map(|file| (entry.path.clone(), file)));
            }
            "pages" => {
                let read = self.take(entry, text, |text| page_file::read(slug, &text)).map(Arc::new);
                self.library.pages.extend(read.or_else(|| before.page(slug.as_str())));
            }
            "posts" => {
                let read = self.take(entry, text, |text| post_file::read(slug, &text)).map(Arc::new);
                self.library.posts.extend(read.or_else(|| before.post(slug.as_str())));
            }
            "series" => {
                let read = self.take(entry, text, |text| series_file::read(slug, &text)).map(Arc::new);
                let series = read.or_else(|| before.series(slug.as_str()));
                if series.is_none() {
                    self.broken_series.insert(slug.clone());
                }
                self.library.series.extend(series);
            }
            _ => {
                let read = self.take(entry, text, |text| pipeline_file::read(slug, text)).map(Arc::new);
                self.library.pipelines.extend(read.or_else(|| before.pipeline(slug.as_str())));
            }
        }
    }

    /// What `read` makes of the text; what is wrong with either goes to the problems.
    fn take<Item>(
        &mut self,
        entry: &Entry,
        text: Result<String, Problem>,
        read: impl FnOnce(String) -> Reading<Item>,
    ) -> Option<Item> {
        let reading = match text {
            Ok(text) => read(text),
            Err(problem) => {
                self.library.problems.push(problem);
                return None;
            }
        };
        let problems = reading.problems.into_iter().map(|problem| Problem::at(&entry.path, problem));
        self.library.problems.extend(problems);
        self.shown_demos.extend(reading.demos.into_iter().map(|demo| (entry.path.clone(), demo)));
        reading.item
    }

    fn problem(&mut self, path: &Path, message: String) {
        self.library.problems.push(Problem::of_file(path, message));
    }

    fn finish(self) -> Library {
        let Self { mut library, events, broken_ambassadors, broken_series, shown_demos, .. } = self;
        references::settle_demos(&shown_demos, &mut library);
        references::settle(
            events,
            &Broken { ambassadors: broken_ambassadors, series: broken_series },
            &mut library,
        );
        for events in [&mut library.events, &mut library.drafts] {
            events.sort_by_key(|event| (event.when.begins_at(), event.slug.clone()));
        }
        library.series.sort_by_key(|series| (series.title.to_lowercase(), series.slug.clone()));
        library
            .ambassadors
            .sort_by_key(|ambassador| (ambassador.name.to_lowercase(), ambassador.slug.clone()));
        // Newest first; those without a date come last because nothing is later than any day.
        library.posts.sort_by(|a, b| b.date.cmp(&a.date).then_with(|| a.slug.cmp(&b.slug)));
        library.pages.sort_by(|a, b| a.slug.cmp(&b.slug));
        library.pipelines.sort_by(|a, b| a.slug.cmp(&b.slug));
        library.problems.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
        library
    }
}

impl Problem {
    fn at(file: &Path, diagnostic: Diagnostic) -> Self {
        let Diagnostic { line, column, message, hint, problem: _ } = diagnostic;
        Self { file: file.to_path_buf(), line, column, message, hint }
    }
}
