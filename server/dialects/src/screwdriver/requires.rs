//! `requires`: what a job waits for.

use std::collections::HashSet;

use regatta_domain::pipeline::NoteKind;

use super::expected;
use crate::findings::{Findings, quoted};
use crate::yaml::{Node, Place, Value};

/// What starts a pipeline in Screwdriver. A run here stands for any of them, whichever a job waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Event {
    /// A commit, or nothing that Screwdriver would have to notice.
    Commit,
    /// A pull request.
    PullRequest,
    /// Something else that happens to a repository.
    Other,
}

/// What a job waits for, by the names of jobs.
#[derive(Clone, Debug, Default)]
pub struct Requires {
    /// Where it is written.
    pub place: Option<Place>,
    /// It starts with the pipeline, because it waits for these events.
    pub starts: Vec<Event>,
    /// The success of all of these.
    pub all: Vec<Named>,
    /// The success of one of these.
    pub any: Vec<Named>,
    /// All of these to be over, in whatever way.
    pub ends: Vec<Named>,
}

/// A name of a job or a stage, without its `~`, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Where it is written.
    pub place: Place,
    /// The name.
    pub name: String,
}

/// Reads `requires`: one name or a list of them.
pub fn read(node: &Node<'_>, findings: &mut Findings) -> Requires {
    let mut reader = Reader::default();
    reader.requires.place = Some(node.place);
    match &node.value {
        Value::Text(name) => reader.read_one(node.place, name, findings),
        Value::List(items) => {
            for item in items {
                match &item.value {
                    Value::Text(name) => reader.read_one(item.place, name, findings),
                    _ => not_a_name(item, findings),
                }
            }
        }
        _ => not_a_name(node, findings),
    }
    reader.conclude(node.place, findings)
}

fn not_a_name(node: &Node<'_>, findings: &mut Findings) {
    let wrong = expected(node, "`requires`", "a job's name or a list of them");
    match node.value {
        // A lone `~` is nothing in YAML.
        Value::Null => {
            findings.wrong_with_hint(node.place, wrong.message, "write `~commit` to start with the pipeline");
        }
        _ => findings.tell(wrong),
    }
}

/// What is read so far.
#[derive(Default)]
struct Reader {
    requires: Requires,
    seen: HashSet<String>,
    /// Jobs of other pipelines, which never run here.
    elsewhere: Vec<Named>,
}

impl Reader {
    fn read_one(&mut self, place: Place, name: &str, findings: &mut Findings) {
        let bare = name.strip_prefix('~').unwrap_or(name);
        if let Some(event) = event(name) {
            self.requires.starts.push(event);
            if let Some((_, filter)) = name.split_once(':') {
                let text =
                    format!("the branch filter {} is ignored: a run here has no branch", quoted(filter));
                findings.note(NoteKind::Ignored, place, text);
            }
            if event == Event::Other {
                let text = format!("{} does not happen here; the job starts with the pipeline", quoted(name));
                findings.note(NoteKind::Explained, place, text);
            }
        } else if bare.starts_with("sd@") {
            self.elsewhere.push(Named { place, name: name.to_owned() });
        } else if self.seen.insert(name.to_owned()) {
            let needs = if bare == name { &mut self.requires.all } else { &mut self.requires.any };
            needs.push(Named { place, name: bare.to_owned() });
        }
    }

    fn conclude(mut self, place: Place, findings: &mut Findings) -> Requires {
        self.settle_elsewhere(findings);
        let requires = &mut self.requires;
        let names_jobs = !requires.all.is_empty() || !requires.any.is_empty();
        if names_jobs && !requires.starts.is_empty() {
            findings.note(
                NoteKind::Explained,
                place,
                "this job starts with the pipeline and runs once; Screwdriver would run it again after the jobs it names",
            );
            requires.all.clear();
            requires.any.clear();
        }
        self.requires
    }

    /// A job of another pipeline that is one way of several to start this job may be passed over; as the only way, or as
    /// a condition, it may not.
    fn settle_elsewhere(&mut self, findings: &mut Findings) {
        let Requires { starts, all, any, .. } = &self.requires;
        let other_ways = !(starts.is_empty() && all.is_empty() && any.is_empty());
        for Named { place, name } in std::mem::take(&mut self.elsewhere) {
            if name.starts_with('~') && other_ways {
                let why = "it is a job of another pipeline and does not run here";
                findings.ignored(place, &name, why);
            } else {
                findings.refused_with_hint(
                    place,
                    format!("{} cannot be run here: it waits for a job of another pipeline", quoted(&name)),
                    "write `~commit` to start with the pipeline",
                );
                // It is told; that it says nothing else about its start is no second surprise.
                self.requires.starts.push(Event::Other);
            }
        }
    }
}

fn event(name: &str) -> Option<Event> {
    let event = name.split_once(':').map_or(name, |(event, _)| event);
    match event {
        "~commit" => Some(Event::Commit),
        "~pr" => Some(Event::PullRequest),
        "~pr-closed" | "~release" | "~subscribe" | "~tag" => Some(Event::Other),
        _ => None,
    }
}

impl Requires {
    /// Whether it says nothing that would start the job.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty() && self.all.is_empty() && self.any.is_empty() && self.ends.is_empty()
    }

    /// The success of `name` alone.
    pub fn success_of(place: Place, name: impl Into<String>) -> Self {
        let all = vec![Named { place, name: name.into() }];
        Self { place: Some(place), all, ..Self::default() }
    }
}
