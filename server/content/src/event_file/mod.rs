//! Meetups: `events/<slug>.md`.

mod codes;
mod matter;
mod policy;
mod questions;
mod status;
mod times;

use jiff::{Timestamp, Zoned};
use regatta_dialects::yaml;
use regatta_domain::event::{AgendaItem, Event, EventTime, Place, Speaker};
use regatta_domain::html::SafeHtml;
use regatta_domain::slug::Slug;
use serde_saphyr::Spanned;

use self::matter::{EventMatter, ItemMatter};
use crate::document::{self, Report};
use crate::fields::{Line, LinkMatter};
use crate::markdown::{self, Within};
use crate::reading::Reading;

/// An event, and where its file names what other files decide on.
#[derive(Debug)]
pub struct EventFile {
    /// The event.
    pub event: Event,
    /// Its identity's place.
    pub id: document::At<()>,
    /// Earlier slugs.
    pub formerly: Vec<document::At<Slug>>,
    /// Ambassadors who speak.
    pub ambassadors: Vec<document::At<Slug>>,
    /// The series it belongs to.
    pub series: Option<document::At<Slug>>,
}

impl EventFile {
    /// An event as it was read before, whose file cannot be read any more and so has no places in it.
    pub fn held(event: &Event) -> Self {
        let at = |slug: &Slug| document::At { value: slug.clone(), place: yaml::Place::START };
        let speakers = event.agenda.iter().flat_map(|item| &item.speakers);
        Self {
            id: document::At { value: (), place: yaml::Place::START },
            formerly: event.formerly.iter().map(at).collect(),
            ambassadors: speakers.filter_map(|speaker| speaker.ambassador.as_ref()).map(at).collect(),
            series: event.series.as_ref().map(at),
            event: event.clone(),
        }
    }
}

/// Reads an event's file. Relative dates count from `started`.
pub fn read(slug: &Slug, text: &str, started: Timestamp) -> Reading<EventFile> {
    let document = match document::read::<EventMatter>(text) {
        Ok(document) => document,
        Err(problems) => return Reading::broken(problems),
    };
    let mut report = Report::default();
    let lang = document.matter.lang.as_ref().map(|lang| lang.0.clone());
    let body = document.render(lang.as_deref(), &mut report);
    let matter = document.matter;

    let place = matter.place.as_ref().map(read_place);
    let when = times::read(&matter, started, &mut report);
    let previous_start = status::previous_start(&matter, when.as_ref(), started, &mut report);
    let status = status::read(&matter, place.as_ref(), &mut report);
    let registration =
        when.as_ref().and_then(|when| policy::read(&matter, place.as_ref(), when, started, &mut report));
    let agenda = read_agenda(&matter.agenda, when.as_ref(), lang.as_deref(), &mut report);
    let ambassadors = matter.agenda.iter().flat_map(|item| &item.speakers);
    let ambassadors =
        ambassadors.filter_map(|speaker| speaker.ambassador.as_ref()).map(document::At::of).collect();
    let id = document::At { value: (), place: document::place(matter.id.referenced) };
    let formerly: Vec<document::At<Slug>> = matter.formerly.iter().map(document::At::of).collect();
    let series = matter.series.as_ref().map(document::At::of);

    let event = when.map(|when| Event {
        id: matter.id.value,
        slug: slug.clone(),
        formerly: formerly.iter().map(|at| at.value.clone()).collect(),
        title: matter.title.0,
        summary: matter.summary.0,
        when,
        previous_start,
        place,
        series: series.as_ref().map(|at| at.value.clone()),
        hosts: Line::all(matter.hosts),
        topics: Line::all(matter.topics),
        links: LinkMatter::all(&matter.links),
        recordings: LinkMatter::all(&matter.recordings),
        contact: matter.contact,
        agenda,
        registration,
        status,
        sample: matter.sample.is_some_and(|sample| sample.value),
        body,
    });
    let file = event.map(|event| EventFile { event, id, formerly, ambassadors, series });
    Reading::of(file, report)
}

fn read_place(place: &Line) -> Place {
    if place.0 == "online" { Place::Online } else { Place::Located(place.0.clone()) }
}

fn read_agenda(
    items: &[ItemMatter],
    when: Option<&EventTime>,
    lang: Option<&str>,
    report: &mut Report,
) -> Vec<AgendaItem> {
    let mut last: Option<Zoned> = None;
    let mut agenda = Vec::with_capacity(items.len());
    for item in items {
        let start = item.start.as_ref().and_then(|start| times::item_start(start, when, &mut last, report));
        let body = item.body.as_ref().map(|body| render_item(body, lang, report)).unwrap_or_default();
        let speakers = item.speakers.iter().map(|speaker| Speaker {
            name: speaker.name.0.clone(),
            affiliation: speaker.affiliation.as_ref().map(|line| line.0.clone()),
            ambassador: speaker.ambassador.as_ref().map(|slug| slug.value.clone()),
        });
        agenda.push(AgendaItem { title: item.title.0.clone(), start, speakers: speakers.collect(), body });
    }
    agenda
}

fn render_item(body: &Spanned<String>, lang: Option<&str>, report: &mut Report) -> SafeHtml {
    let rendered = markdown::render(&body.value, Within::AgendaItem, lang);
    // Where in the text a flaw is cannot be told: the front matter has its own rules for what a line is.
    let place = document::place(body.referenced);
    let told = rendered.flaws.into_iter().map(|flaw| place.diagnostic_with_hint(flaw.message, flaw.hint));
    report.problems.extend(told);
    rendered.html
}
