//! Posts: `posts/<slug>.md`.

use regatta_domain::post::Post;
use regatta_domain::slug::Slug;
use serde::Deserialize;

use crate::document::{self, Report};
use crate::fields::{Day, Language, Line, Summary};
use crate::reading::Reading;

/// What a post's file may say above its text.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PostMatter {
    title: Line,
    summary: Summary,
    date: Option<Day>,
    #[serde(default)]
    authors: Vec<Line>,
    #[serde(default)]
    topics: Vec<Line>,
    lang: Option<Language>,
}

/// Reads a post's file.
pub fn read(slug: &Slug, text: &str) -> Reading<Post> {
    let document = match document::read::<PostMatter>(text) {
        Ok(document) => document,
        Err(problems) => return Reading::broken(problems),
    };
    let mut report = Report::default();
    let lang = document.matter.lang.as_ref().map(|lang| lang.0.as_str());
    let body = document.render(lang, &mut report);
    let matter = document.matter;
    let post = Post {
        slug: slug.clone(),
        title: matter.title.0,
        summary: matter.summary.0,
        date: matter.date.map(|day| day.0),
        authors: Line::all(matter.authors),
        topics: Line::all(matter.topics),
        body,
    };
    Reading::of(Some(post), report)
}
