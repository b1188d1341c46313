//! The site's own description: `site.yaml`.

use regatta_dialects::yaml;
use regatta_domain::email_address::EmailAddress;
use regatta_domain::site::{Project, Site};
use serde::Deserialize;

use crate::fields::{Address, Line, LinkMatter, Summary};
use crate::reading::Reading;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SiteMatter {
    name: Line,
    tagline: Line,
    description: Summary,
    contact: Option<EmailAddress>,
    #[serde(default)]
    projects: Vec<ProjectMatter>,
    #[serde(default)]
    links: Vec<LinkMatter>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProjectMatter {
    name: Line,
    summary: Line,
    url: Option<Address>,
}

/// Reads the site's file.
pub fn read(text: &str) -> Reading<Site> {
    let matter: SiteMatter = match yaml::typed(text) {
        Ok(matter) => matter,
        Err(problem) => return Reading::broken(vec![problem]),
    };
    let projects = matter.projects.into_iter().map(|project| Project {
        name: project.name.0,
        summary: project.summary.0,
        url: project.url.map(|address| address.0),
    });
    let site = Site {
        name: matter.name.0,
        tagline: matter.tagline.0,
        description: matter.description.0,
        contact: matter.contact,
        projects: projects.collect(),
        links: LinkMatter::all(&matter.links),
    };
    Reading { item: Some(site), problems: Vec::new(), demos: Vec::new() }
}
