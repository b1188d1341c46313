//! What Screwdriver puts around the steps of a job, and what of it there is here: variables and folders.

use std::collections::BTreeSet;

use regatta_domain::pipeline::NoteKind;

use super::commands;
use super::settings::Draft;
use super::steps::Written;
use super::variables;
use crate::findings::Findings;
use crate::substitution;
use crate::yaml::Place;

/// Folders that Screwdriver makes, and where they are here. Nothing is checked out and nothing uploaded.
const FOLDERS: [(&str, &str); 3] = [
    ("SD_ARTIFACTS_DIR", "$WORKSPACE/artifacts"),
    ("SD_ROOT_DIR", "$WORKSPACE"),
    ("SD_SOURCE_DIR", "$WORKSPACE"),
];

/// Where Screwdriver keeps its own files and what it checks out, which some scripts write out.
const ROOT: &str = "/sd/";

/// Variables of Screwdriver that have no meaning outside of it.
const EMPTY: [&str; 22] = [
    "CONFIG_URL",
    "GIT_BRANCH",
    "GIT_URL",
    "SCM_URL",
    "SD_API_URL",
    "SD_BUILD_CLUSTER_NAME",
    "SD_BUILD_ID",
    "SD_BUILD_SHA",
    "SD_BUILD_TIMEOUT",
    "SD_BUILD_URL",
    "SD_CONFIG_DIR",
    "SD_DIND_SHARE_PATH",
    "SD_EVENT_ID",
    "SD_JOB_ID",
    "SD_PARENT_BUILD_ID",
    "SD_PARENT_EVENT_ID",
    "SD_PIPELINE_ID",
    "SD_PIPELINE_NAME",
    "SD_SOURCE_PATH",
    "SD_STORE_URL",
    "SD_TOKEN",
    "SD_UI_URL",
];

/// The variables that every job has, as Screwdriver sets them.
pub fn of_every_job(job: &str) -> [(&'static str, &str); 4] {
    [("CI", "true"), ("CONTINUOUS_INTEGRATION", "true"), ("SCREWDRIVER", "true"), ("SD_JOB_NAME", job)]
}

/// Notes what the steps of `draft` will miss, and gives the lines for its shell that make the folders they count on.
///
/// `fresh` says that its workspace is empty when it starts.
pub fn prepare(draft: &Draft, fresh: bool, findings: &mut Findings) -> Vec<String> {
    let mut folders = BTreeSet::new();
    let own = Mentioned::in_environment(draft);
    own.tell(draft.place, &mut folders, findings);
    for (at, Written { place, step }) in draft.steps.iter().enumerate() {
        Mentioned::in_script(&step.script, draft).tell(*place, &mut folders, findings);
        if let Some(text) = commands::trouble(&step.script, fresh && at == 0) {
            findings.note(NoteKind::Explained, *place, text);
        }
        if substitution::needs_bash(&step.script) {
            let text = "`[[` is bash's, and the `sh` that reads the steps may not know it: `[` does the same in most cases";
            findings.note(NoteKind::Explained, *place, text);
        }
        if step.script.match_indices(ROOT).any(|(at, _)| is_path(&step.script[..at])) {
            let text = "there is no folder `/sd` here: `$WORKSPACE` is the folder that Screwdriver keeps there, and \
                        `$SD_META_PATH` the file";
            findings.note(NoteKind::Explained, *place, text);
        }
    }
    if draft.environment.get("USER_SHELL_BIN").is_some_and(|shell| !matches!(shell, "sh" | "/bin/sh")) {
        findings.ignored(draft.place, "USER_SHELL_BIN", "steps are read by the `sh` of what they run in");
    }
    let exports = folders.iter().map(|(name, path)| format!("export {name}=\"{path}\"\n"));
    let make = (!folders.is_empty()).then(|| "mkdir -p \"$WORKSPACE/artifacts\"\n".to_owned());
    exports.chain(make).collect()
}

/// Whether an absolute path can begin after `before`.
fn is_path(before: &str) -> bool {
    before.chars().next_back().is_none_or(|c| c.is_whitespace() || "\"'=:(<>".contains(c))
}

/// The variables of Screwdriver's own that a text refers to and that a job does not set itself.
struct Mentioned<'t>(BTreeSet<&'t str>);

impl<'t> Mentioned<'t> {
    fn in_environment(draft: &'t Draft) -> Self {
        let names = draft.environment.iter().flat_map(|(_, value)| variables::references(value));
        Self(names.filter(|name| draft.environment.get(name).is_none()).collect())
    }

    fn in_script(script: &'t str, draft: &Draft) -> Self {
        let assigned = |name: &str| {
            let assignment = format!("{name}=");
            draft.steps.iter().any(|written| written.step.script.contains(&assignment))
        };
        let known = |name: &&str| EMPTY.contains(name) || FOLDERS.iter().any(|(folder, _)| folder == name);
        let names: BTreeSet<&str> = variables::references(script).filter(known).collect();
        let missing =
            names.into_iter().filter(|name| draft.environment.get(name).is_none() && !assigned(name));
        Self(missing.collect())
    }

    /// Notes them, and adds those that are folders to `folders`.
    fn tell(
        &self,
        place: Place,
        folders: &mut BTreeSet<(&'static str, &'static str)>,
        findings: &mut Findings,
    ) {
        let empty = EMPTY.iter().filter(|name| self.0.contains(**name)).map(|name| format!("`{name}`"));
        let empty: Vec<String> = empty.collect();
        if !empty.is_empty() {
            let verb = if empty.len() == 1 { "is" } else { "are" };
            let text =
                format!("{} {verb} empty: there is no Screwdriver around a run here", empty.join(", "));
            findings.note(NoteKind::Explained, place, text);
        }
        for (name, path) in FOLDERS.iter().filter(|(name, _)| self.0.contains(name)) {
            let text = format!(
                "`{name}` is the folder `{path}`; nothing is checked out into it or uploaded from it"
            );
            findings.note(NoteKind::Simulated, place, text);
            folders.insert((*name, *path));
        }
    }
}
