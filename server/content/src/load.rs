//! From the folder to the library.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use regatta_domain::pipeline::Diagnostic;
use regatta_domain::slug::Slug;

use crate::event_file::EventFile;
use crate::folder::{self, Entry};
use crate::reading::Reading;
use crate::{
    Library, Problem, ambassador_file, event_file, page_file, pipeline_file, post_file, references, site_file,
};

/// Reads everything in `dir`.
pub fn library(dir: &Path, started: Timestamp) -> Library {
    let listing = folder::list(dir);
    let mut loading = Loading { started, library: Library::default(), events: Vec::new() };
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

struct Loading {
    started: Timestamp,
    library: Library,
    events: Vec<(Entry, EventFile)>,
}

impl Loading {
    fn file(&mut self, entry: &Entry) {
        if entry.path.file_name().is_some_and(|name| name == NOTES_FILE) {
            return;
        }
        let room = entry.path.parent().and_then(Path::to_str).unwrap_or_default();
        let ending = entry.path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        let known = match room {
            "" => entry.path == Path::new(SITE_FILE),
            "ambassadors" | "events" | "pages" | "posts" => ending == "md",
            "pipelines" => ending == "yaml",
            _ => false,
        };
        if !known {
            let message = "nothing reads this file: content is site.yaml, ambassadors/*.md, events/*.md, pages/*.md, \
                           pipelines/*.yaml and posts/*.md";
            return self.problem(&entry.path, message.to_owned());
        }
        match folder::read(entry) {
            Ok(text) => self.read(entry, room, text),
            Err(problem) => self.library.problems.push(problem),
        }
    }

    fn read(&mut self, entry: &Entry, room: &str, text: String) {
        if room.is_empty() {
            self.library.site = self.take(entry, site_file::read(&text)).unwrap_or_default();
            return;
        }
        let stem = entry.path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let slug: Slug = match stem.parse() {
            Ok(slug) => slug,
            Err(why) => return self.problem(&entry.path, format!("the file's name is no slug: {why}")),
        };
        match room {
            "ambassadors" => {
                let read = self.take(entry, ambassador_file::read(&slug, &text));
                self.library.ambassadors.extend(read.map(Arc::new));
            }
            "events" => {
                let read = self.take(entry, event_file::read(&slug, &text, self.started));
                self.events.extend(read.map(|file| (entry.clone(), file)));
            }
            "pages" => {
                let read = self.take(entry, page_file::read(&slug, &text));
                self.library.pages.extend(read.map(Arc::new));
            }
            "posts" => {
                let read = self.take(entry, post_file::read(&slug, &text));
                self.library.posts.extend(read.map(Arc::new));
            }
            _ => {
                let read = self.take(entry, pipeline_file::read(&slug, text));
                self.library.pipelines.extend(read.map(Arc::new));
            }
        }
    }

    fn take<Item>(&mut self, entry: &Entry, reading: Reading<Item>) -> Option<Item> {
        let problems = reading.problems.into_iter().map(|problem| Problem::at(&entry.path, problem));
        self.library.problems.extend(problems);
        reading.item
    }

    fn problem(&mut self, path: &Path, message: String) {
        self.library.problems.push(Problem::of_file(path, message));
    }

    fn finish(self) -> Library {
        let Self { mut library, events, .. } = self;
        let events = events.into_iter().map(|(entry, file)| (entry.path, file)).collect();
        references::settle(events, &mut library);
        library.events.sort_by_key(|event| (event.when.begins_at(), event.slug.clone()));
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
        let Diagnostic { line, column, message, hint } = diagnostic;
        Self { file: file.to_path_buf(), line, column, message, hint }
    }
}
