//! What Screwdriver puts around the steps of a job, and what of it there is here: variables, folders, commands, a
//! repository and a network.

use std::collections::BTreeSet;

use regatta_domain::pipeline::NoteKind;

use super::settings::Draft;
use super::steps::Written;
use super::variables;
use crate::findings::{Findings, quoted};
use crate::yaml::Place;

/// Folders that Screwdriver makes, and where they are here. Nothing is checked out and nothing uploaded.
const FOLDERS: [(&str, &str); 3] = [
    ("SD_ARTIFACTS_DIR", "$WORKSPACE/artifacts"),
    ("SD_ROOT_DIR", "$WORKSPACE"),
    ("SD_SOURCE_DIR", "$WORKSPACE"),
];

/// Variables of Screwdriver that have no meaning outside of it.
const EMPTY: [&str; 23] = [
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
    "SD_META_PATH",
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
        if let Some(text) = trouble(&step.script, fresh && at == 0) {
            findings.note(NoteKind::Explained, *place, text);
        }
    }
    if draft.environment.get("USER_SHELL_BIN").is_some() {
        findings.ignored(draft.place, "USER_SHELL_BIN", "steps are read by the `sh` of what they run in");
    }
    let exports = folders.iter().map(|(name, path)| format!("export {name}=\"{path}\"\n"));
    let make = (!folders.is_empty()).then(|| "mkdir -p \"$WORKSPACE/artifacts\"\n".to_owned());
    exports.chain(make).collect()
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

/// What the first command of a step cannot do here, where its words make that certain.
fn trouble(script: &str, on_empty_workspace: bool) -> Option<String> {
    let idle = |line: &&str| line.is_empty() || line.starts_with('#') || line.starts_with("set ");
    let line = script.lines().map(str::trim).find(|line| !idle(line))?;
    let mut words = line.split_whitespace().skip_while(|word| *word == "sudo");
    let command = words.next()?;
    let words: Vec<&str> = words.collect();
    let asks = |verbs: &[&str]| words.iter().any(|word| verbs.contains(word));
    let remote = |word: &&str| {
        let host = word.split_once("://").map(|(_, host)| host.trim_matches(['"', '\'']));
        word.starts_with("git@")
            || host.is_some_and(|host| !host.starts_with("localhost") && !host.starts_with("127."))
    };
    let network = || format!("there is no network in the sandboxes here, and `{command}` cannot do without");
    match command {
        "sd-cmd" | "sd-step" | "store-cli" => {
            Some(format!("there is no `{command}` here: it is a command of Screwdriver's own"))
        }
        "docker" | "docker-compose" => Some("there is no Docker in the sandboxes here".to_owned()),
        "apt" | "apt-get" | "yum" | "dnf" | "apk" if asks(&["add", "install", "update", "upgrade"]) => {
            Some(network())
        }
        "git" if asks(&["clone"]) && words.iter().any(|word| remote(&word)) => Some(network()),
        "curl" | "wget" if words.iter().any(|word| remote(&word)) => Some(network()),
        "bundle" | "gradle" | "mvn" | "npm" | "pnpm" | "tox" | "yarn" if on_empty_workspace => {
            Some(nothing_there(command))
        }
        "make" if on_empty_workspace && !asks(&["-f", "-C"]) => Some(nothing_there(command)),
        _ if on_empty_workspace && is_file_of_workspace(command) => Some(nothing_there(command)),
        _ => None,
    }
}

/// A path below the folder that the step starts in, with nothing in it that the shell would change.
fn is_file_of_workspace(command: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_');
    command.contains('/') && !command.starts_with(['/', '-']) && command.chars().all(plain)
}

fn nothing_there(command: &str) -> String {
    let command = quoted(command);
    format!("no repository is checked out here: {command} finds an empty workspace")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_is_told_only_where_it_is_certain() {
        let told = |script| trouble(script, true).is_some();
        for script in [
            "sd-cmd exec fleet/sail@1",
            "# first\nset -e\nstore-cli get x",
            "git clone https://example.org/a.git",
            "git clone --depth 1 git@example.org:a.git",
            "sudo apt-get -y install jq",
            "curl -sL \"https://example.org/x\"",
            "./gradlew build",
            "ci/build.sh --all",
            "npm ci",
            "docker build .",
        ] {
            assert!(told(script), "{script}");
        }
        for script in [
            "echo sd-cmd",
            "git clone ../other",
            "git status",
            "apt-cache search x",
            "curl http://localhost:8080/",
            "curl --version",
            "./$SCRIPT",
            "~/bin/run",
            "/bin/true",
            "A=b/c true",
            "make -C sub",
            "",
        ] {
            assert!(!told(script), "{script}");
        }
        assert!(trouble("npm ci", false).is_none());
    }
}
