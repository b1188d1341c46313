//! Series of meetups: `series/<slug>.md`.

use regatta_domain::series::Series;
use regatta_domain::slug::Slug;
use serde::Deserialize;

use crate::document::{self, Report};
use crate::fields::{Language, Line, Summary};
use crate::reading::Reading;

/// What a series' file may say above its text.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeriesMatter {
    title: Line,
    summary: Summary,
    lang: Option<Language>,
}

/// Reads a series' file.
pub fn read(slug: &Slug, text: &str) -> Reading<Series> {
    let document = match document::read::<SeriesMatter>(text) {
        Ok(document) => document,
        Err(problems) => return Reading::broken(problems),
    };
    let mut report = Report::default();
    let body = document.render(document.matter.lang.as_ref().map(|lang| lang.0.as_str()), &mut report);
    let SeriesMatter { title, summary, .. } = document.matter;
    Reading::of(Some(Series { slug: slug.clone(), title: title.0, summary: summary.0, body }), report)
}
