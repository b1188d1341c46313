//! Every key that Screwdriver knows, and what becomes of it here.

use crate::findings::{Findings, quoted};
use crate::hint;
use crate::yaml::Key;

/// What becomes of a key.
#[derive(Clone, Copy)]
enum Fate {
    /// It is read.
    Read,
    /// It is passed over, which changes nothing that a run here could show; the words say why.
    Ignored(&'static str),
    /// Passing it over would show something else than Screwdriver does; the words say why it cannot be done.
    Refused(&'static str),
    /// Screwdriver itself has it no more; the words say what to do.
    Gone(&'static str),
}

use Fate::{Gone, Ignored, Read, Refused};

const NO_TEMPLATES: &str = "templates would have to be fetched, and runs here have no network";
const NO_CACHE: &str = "nothing is kept from one run to the next here";
const NO_SOURCES: &str = "there is no repository here whose changes could be filtered";

/// The keys of a file.
pub const FILE: Table = Table(&[
    ("annotations", Read),
    ("cache", Ignored(NO_CACHE)),
    ("childPipelines", Ignored("a run here is one pipeline and starts no others")),
    ("jobs", Read),
    ("parameters", Read),
    ("shared", Read),
    ("stages", Read),
    ("subscribe", Ignored("a run here starts when somebody asks for it, not through another repository")),
    ("template", Refused(NO_TEMPLATES)),
    ("version", Read),
    ("workflow", Gone("say in each job what it `requires`")),
]);

/// The keys of a job, of `shared`, and of the setup and teardown of a stage.
pub const JOB: Table = Table(&[
    ("annotations", Read),
    ("blockedBy", Ignored("every run here has sandboxes of its own, so nothing is in the way of anything")),
    ("cache", Ignored(NO_CACHE)),
    ("description", Read),
    ("environment", Read),
    ("freezeWindows", Ignored("a run here starts when somebody asks for it")),
    ("image", Read),
    ("matrix", Read),
    ("order", Ignored("it arranges the steps of templates, and there are none here")),
    ("parameters", Read),
    ("provider", Refused("runs here use this portal's own sandboxes")),
    ("requires", Read),
    ("secrets", Read),
    ("settings", Ignored("runs here send no notifications")),
    ("sourcePaths", Ignored(NO_SOURCES)),
    ("steps", Read),
    ("template", Refused(NO_TEMPLATES)),
]);

/// The keys of a stage.
pub const STAGE: Table = Table(&[
    ("annotations", Ignored("nothing here reads annotations of a stage")),
    ("color", Ignored("stages have no colours here")),
    ("description", Read),
    ("jobs", Read),
    ("requires", Read),
    ("setup", Read),
    ("sourcePaths", Ignored(NO_SOURCES)),
    ("teardown", Read),
]);

/// A table of keys.
pub struct Table(&'static [(&'static str, Fate)]);

impl Table {
    /// Whether `key` is to be read. Otherwise what becomes of it is told in `findings`.
    pub fn admits(&self, key: &Key, findings: &mut Findings) -> bool {
        let (place, name) = (key.place, &key.name);
        match self.0.iter().find(|(known, _)| *known == *name).map(|(_, fate)| *fate) {
            Some(Read) => return true,
            Some(Ignored(why)) => findings.ignored(place, name, why),
            Some(Refused(why)) => findings.refused(place, format!("`{name}` cannot be run here: {why}")),
            Some(Gone(way_out)) => findings.wrong_with_hint(
                place,
                format!("`{name}` belongs to an older form, which Screwdriver has no more"),
                way_out,
            ),
            None if findings.is_full() => findings.wrong(place, "unknown key"),
            None => {
                findings.wrong_with_hint(place, format!("unknown key {}", quoted(name)), self.offer(name));
            }
        }
        false
    }

    /// The key of this table that `name` is, or most likely a slip of.
    pub fn meant(&self, name: &str) -> Option<&'static str> {
        let names: Vec<&'static str> = self.0.iter().map(|(name, _)| *name).collect();
        hint::nearest(name, &names)
    }

    /// What to offer instead of `name`: what it is a slip of, else whatever would be read.
    fn offer(&self, name: &str) -> String {
        if let Some(meant) = self.meant(name) {
            return hint::did_you_mean(meant);
        }
        let read = self.0.iter().filter(|(_, fate)| matches!(fate, Read)).map(|(name, _)| *name);
        hint::one_of(&read.collect::<Vec<_>>())
    }
}
