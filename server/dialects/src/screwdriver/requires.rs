//! `requires`: what a job waits for.

use regatta_domain::pipeline::{Diagnostic, NoteKind};

use super::{Findings, expected};
use crate::findings::quoted;
use crate::yaml::{Node, Place, Value};

/// Events that start a pipeline. A run here is such an event, whichever of them a job waits for.
const STARTS: [&str; 2] = ["~commit", "~pr"];
/// Events of a repository that a run here does not have; jobs that wait for them start with it all the same.
const OTHER_STARTS: [&str; 4] = ["~pr-closed", "~release", "~subscribe", "~tag"];

/// What a job waits for, by the names of jobs.
#[derive(Clone, Debug, Default)]
pub struct Requires {
    /// Where it is written.
    pub place: Option<Place>,
    /// It starts with the pipeline, because it says so.
    pub start: bool,
    /// All of these jobs.
    pub all: Vec<(Place, String)>,
    /// One of these jobs.
    pub any: Vec<(Place, String)>,
    /// Or one of these jobs of other pipelines, which never run here.
    elsewhere: Vec<(Place, String)>,
}

/// Reads `requires`: one name or a list of them.
pub fn read(node: &Node<'_>, findings: &mut Findings) -> Requires {
    let mut requires = Requires { place: Some(node.place), ..Requires::default() };
    match &node.value {
        Value::Text(name) => requires.read_one(node.place, name, findings),
        Value::List(items) => {
            for item in items {
                match &item.value {
                    Value::Text(name) => requires.read_one(item.place, name, findings),
                    _ => findings.tell(not_a_name(item)),
                }
            }
        }
        _ => findings.tell(not_a_name(node)),
    }
    requires.settle_elsewhere(findings);
    if requires.start && !(requires.all.is_empty() && requires.any.is_empty()) {
        findings.note(NoteKind::Ignored,
            node.place,
            "this job starts with the pipeline and runs once; Screwdriver would run it again after the jobs it names",
        );
        requires.all.clear();
        requires.any.clear();
    }
    requires
}

fn not_a_name(node: &Node<'_>) -> Diagnostic {
    let wrong = expected(node, "`requires`", "a job's name or a list of them");
    match node.value {
        // A lone `~` is nothing in YAML.
        Value::Null => {
            Diagnostic { hint: Some("write `~commit` to start with the pipeline".into()), ..wrong }
        }
        _ => wrong,
    }
}

impl Requires {
    /// A job of another pipeline that is one way of several to start this job may be passed over; as the only way, or as
    /// a condition, it may not.
    fn settle_elsewhere(&mut self, findings: &mut Findings) {
        for (place, name) in std::mem::take(&mut self.elsewhere) {
            let name = quoted(&name);
            if self.start || !self.any.is_empty() {
                findings.note(
                    NoteKind::Ignored,
                    place,
                    format!("{name} does not happen here: it is a job of another pipeline"),
                );
            } else {
                findings.tell(place.diagnostic(format!(
                    "{name} cannot be run here: it waits for a job of another pipeline"
                )));
            }
        }
    }

    fn read_one(&mut self, place: Place, name: &str, findings: &mut Findings) {
        let (event, filter) = name.split_once(':').map_or((name, None), |(event, rest)| (event, Some(rest)));
        let bare = name.strip_prefix('~').unwrap_or(name);
        if STARTS.contains(&event) {
            self.start = true;
            if let Some(filter) = filter {
                let filter = quoted(filter);
                findings.note(
                    NoteKind::Ignored,
                    place,
                    format!("ignored: the branch filter {filter}, because a run here has no branch"),
                );
            }
        } else if OTHER_STARTS.contains(&event) {
            self.start = true;
            let event = quoted(name);
            findings.note(
                NoteKind::Ignored,
                place,
                format!("{event} does not happen here; the job starts with the pipeline"),
            );
        } else if name.starts_with("~sd@") {
            self.elsewhere.push((place, name.to_owned()));
        } else if bare.starts_with("sd@") {
            findings.tell(place.diagnostic(format!(
                "{} cannot be run here: it waits for a job of another pipeline",
                quoted(name)
            )));
        } else if bare.starts_with("stage@") {
            findings.tell(place.diagnostic_with_hint(
                format!("{} cannot be run here: jobs wait for jobs, not for stages", quoted(name)),
                "name the stage's last jobs instead",
            ));
        } else {
            let needs = if name.starts_with('~') { &mut self.any } else { &mut self.all };
            if !needs.iter().any(|(_, other)| other == bare) {
                needs.push((place, bare.to_owned()));
            }
        }
    }
}
