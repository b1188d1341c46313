//! Every key that Screwdriver knows, and what becomes of it here.

use super::Findings;
use crate::findings::quoted;
use crate::hint;
use crate::yaml::Key;
use regatta_domain::pipeline::NoteKind;

/// What becomes of a key.
#[derive(Clone, Copy)]
enum Fate {
    /// It is read.
    Read,
    /// It is passed over, which changes nothing that a run here could show; the words say why.
    Ignored(&'static str),
    /// Passing it over would show something else than Screwdriver does; the words say why it cannot be done.
    Refused(&'static str),
}

use Fate::{Ignored, Read, Refused};

/// The keys of a file.
pub const FILE: Table = Table(&[
    ("annotations", Read),
    ("cache", Ignored("nothing is kept from one run to the next here")),
    ("childPipelines", Refused("a run here is one pipeline and starts no others")),
    ("jobs", Read),
    (
        "parameters",
        Ignored("a run here starts without parameters, and there is no `meta` command to read them"),
    ),
    ("shared", Read),
    ("stages", Read),
    ("subscribe", Refused("a run here starts when somebody asks for it, not through another repository")),
    ("template", Refused("templates would have to be fetched, and runs here have no network")),
    ("version", Read),
    ("workflow", Refused("it is how Screwdriver once ordered jobs; say in each job what it `requires`")),
]);

/// The keys of a job, and of `shared`.
pub const JOB: Table = Table(&[
    ("annotations", Read),
    ("blockedBy", Ignored("every run here has sandboxes of its own, so nothing is in the way of anything")),
    ("cache", Ignored("nothing is kept from one run to the next here")),
    ("description", Ignored("job descriptions are not shown here")),
    ("environment", Read),
    ("freezeWindows", Ignored("a run here starts when somebody asks for it")),
    ("image", Read),
    ("matrix", Refused("a matrix would make several jobs of this one; write them as jobs")),
    ("order", Ignored("it arranges the steps of templates, and there are none here")),
    (
        "parameters",
        Ignored("a run here starts without parameters, and there is no `meta` command to read them"),
    ),
    ("provider", Refused("runs here use this portal's own sandboxes")),
    ("requires", Read),
    ("secrets", Refused("there are no secrets here, and steps that need one could not do their work")),
    ("settings", Ignored("runs here send no notifications")),
    ("sourcePaths", Ignored("there is no source repository here whose changes could be filtered")),
    ("steps", Read),
    ("template", Refused("templates would have to be fetched, and runs here have no network")),
]);

/// The keys of a stage.
pub const STAGE: Table = Table(&[
    ("description", Ignored("stages are not shown here")),
    ("jobs", Ignored("stages are not shown here; the jobs run as they require each other")),
    ("requires", Refused("jobs of a stage start as they require each other; write it at the jobs")),
    (
        "setup",
        Refused("a stage's setup would be a job of its own; write it as a job that the others require"),
    ),
    ("sourcePaths", Ignored("there is no source repository here whose changes could be filtered")),
    ("teardown", Refused("a stage's teardown would be a job of its own; write it as a job")),
]);

/// A table of keys.
pub struct Table(&'static [(&'static str, Fate)]);

impl Table {
    /// Whether `key` is to be read. Otherwise what becomes of it is told in `findings`.
    pub fn admits(&self, key: &Key, findings: &mut Findings) -> bool {
        match self.0.iter().find(|(name, _)| *name == key.name).map(|(_, fate)| *fate) {
            Some(Read) => return true,
            Some(Ignored(why)) => {
                findings.note(
                    NoteKind::Ignored,
                    key.place,
                    format!("ignored: `{}`, because {why}", key.name),
                );
            }
            Some(Refused(why)) => {
                findings.tell(key.place.diagnostic(format!("`{}` cannot be run here: {why}", key.name)));
            }
            None => findings.tell(key.place.diagnostic_with_hint(
                format!("unknown key {}", quoted(&key.name)),
                hint::choice(&key.name, &self.offered(&key.name)),
            )),
        }
        false
    }

    /// The key of this table that `name` is, or most likely a slip of.
    pub fn meant(&self, name: &str) -> Option<&'static str> {
        let names: Vec<&'static str> = self.0.iter().map(|(name, _)| *name).collect();
        hint::nearest(name, &names)
    }

    /// What to offer instead of `name`: what it is a slip of, else whatever would not be refused next.
    fn offered(&self, name: &str) -> Vec<&'static str> {
        if let Some(meant) = self.meant(name) {
            return vec![meant];
        }
        self.0.iter().filter(|(_, fate)| !matches!(fate, Refused(_))).map(|(name, _)| *name).collect()
    }
}
