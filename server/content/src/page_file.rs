//! Standing pages: `pages/<slug>.md`.

use regatta_dialects::yaml::Place;
use regatta_domain::page::StandingPage;
use regatta_domain::slug::Slug;
use serde::Deserialize;

use crate::document::{self, Report};
use crate::fields::{Line, Summary};
use crate::reading::Reading;

/// First parts of addresses that the portal's own pages have; a standing page there could never be reached.
const TAKEN: [&str; 14] = [
    "ambassadors",
    "assets",
    "dev",
    "events",
    "follow",
    "healthz",
    "playground",
    "posts",
    "readyz",
    "registrations",
    "runs",
    "series",
    "showcase",
    "tickets",
];

/// What a page's file may say above its text.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PageMatter {
    title: Line,
    summary: Summary,
}

/// Reads a page's file.
pub fn read(slug: &Slug, text: &str) -> Reading<StandingPage> {
    if TAKEN.contains(&slug.as_str()) {
        let message = format!("the address /{slug} belongs to the portal");
        let problem = Place::START.diagnostic_with_hint(message, "choose another file name");
        return Reading::broken(vec![problem]);
    }
    let document = match document::read::<PageMatter>(text) {
        Ok(document) => document,
        Err(problems) => return Reading::broken(problems),
    };
    let mut report = Report::default();
    let body = document.render(None, &mut report);
    let PageMatter { title, summary } = document.matter;
    let page = StandingPage { slug: slug.clone(), title: title.0, summary: summary.0, body };
    Reading::of(Some(page), report)
}
