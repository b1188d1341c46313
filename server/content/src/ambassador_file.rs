//! Profiles: `ambassadors/<slug>.md`.

use regatta_domain::people::Ambassador;
use regatta_domain::slug::Slug;
use serde::Deserialize;

use crate::document::{self, Report};
use crate::fields::{Language, Line, LinkMatter, Summary};
use crate::reading::Reading;

/// What a profile's file may say above its text.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AmbassadorMatter {
    name: Line,
    affiliation: Option<Line>,
    location: Option<Line>,
    summary: Summary,
    #[serde(default)]
    interests: Vec<Line>,
    #[serde(default)]
    links: Vec<LinkMatter>,
    lang: Option<Language>,
}

/// Reads a profile's file.
pub fn read(slug: &Slug, text: &str) -> Reading<Ambassador> {
    let document = match document::read::<AmbassadorMatter>(text) {
        Ok(document) => document,
        Err(problems) => return Reading::broken(problems),
    };
    let mut report = Report::default();
    let lang = document.matter.lang.as_ref().map(|lang| lang.0.as_str());
    let body = document.render(lang, &mut report);
    let matter = document.matter;
    let ambassador = Ambassador {
        slug: slug.clone(),
        name: matter.name.0,
        affiliation: matter.affiliation.map(|line| line.0),
        location: matter.location.map(|line| line.0),
        summary: matter.summary.0,
        interests: Line::all(matter.interests),
        links: LinkMatter::all(&matter.links),
        body,
    };
    Reading::of(Some(ambassador), report)
}
