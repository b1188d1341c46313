//! What Screwdriver puts around the steps of a job, and what of it there is here: variables, folders, commands, a
//! repository and a network.

use std::collections::BTreeSet;

use regatta_domain::pipeline::{NoteKind, Step};

use super::settings::Draft;
use super::steps::Written;
use crate::findings::Findings;

/// Folders that Screwdriver makes, and where they are here. Nothing is checked out and nothing uploaded.
const FOLDERS: [(&str, &str); 3] = [
    ("SD_ARTIFACTS_DIR", "$WORKSPACE/artifacts"),
    ("SD_ROOT_DIR", "$WORKSPACE"),
    ("SD_SOURCE_DIR", "$WORKSPACE"),
];

/// The step that makes them.
const FOLDERS_STEP: &str = "sd-setup-folders";

/// Variables of Screwdriver that have no meaning outside of it.
const EMPTY: [&str; 19] = [
    "CONFIG_URL",
    "GIT_BRANCH",
    "GIT_URL",
    "SCM_URL",
    "SD_API_URL",
    "SD_BUILD_CLUSTER_NAME",
    "SD_BUILD_ID",
    "SD_BUILD_SHA",
    "SD_BUILD_URL",
    "SD_CONFIG_DIR",
    "SD_EVENT_ID",
    "SD_JOB_ID",
    "SD_META_PATH",
    "SD_PIPELINE_ID",
    "SD_PIPELINE_NAME",
    "SD_SOURCE_PATH",
    "SD_STORE_URL",
    "SD_TOKEN",
    "SD_UI_URL",
];

/// The variables that every job has, as Screwdriver sets them.
pub fn variables(job: &str) -> [(&'static str, &str); 4] {
    [("CI", "true"), ("CONTINUOUS_INTEGRATION", "true"), ("SCREWDRIVER", "true"), ("SD_JOB_NAME", job)]
}

/// Notes what the steps of `draft` will miss, and gives a step that makes the folders they count on, where they do.
///
/// `fresh` says that its workspace is empty when it starts.
pub fn prepare(draft: &Draft, fresh: bool, findings: &mut Findings) -> Option<Step> {
    let set: BTreeSet<&str> = draft.environment.keys().map(String::as_str).collect();
    let assigned = |name: &str| {
        let assignment = format!("{name}=");
        draft.steps.iter().any(|written| written.step.script.contains(&assignment))
    };
    let mut folders = BTreeSet::new();
    for (at, Written { place, step }) in draft.steps.iter().enumerate() {
        let mentioned: BTreeSet<&str> = mentioned(&step.script).difference(&set).copied().collect();
        let missing: Vec<String> = EMPTY
            .iter()
            .filter(|name| mentioned.contains(**name) && !assigned(name))
            .map(|name| format!("`{name}`"))
            .collect();
        if !missing.is_empty() {
            let verb = if missing.len() == 1 { "is" } else { "are" };
            let text =
                format!("{} {verb} empty: there is no Screwdriver around a run here", missing.join(", "));
            findings.note(NoteKind::Explained, *place, text);
        }
        for (name, path) in FOLDERS.iter().filter(|(name, _)| mentioned.contains(name)) {
            let text = format!(
                "`{name}` is the folder `{path}`; nothing is checked out into it or uploaded from it"
            );
            findings.note(NoteKind::Simulated, *place, text);
            folders.insert((*name, *path));
        }
        if let Some(text) = trouble(&step.script, fresh && at == 0) {
            findings.note(NoteKind::Explained, *place, text);
        }
    }
    if set.contains("USER_SHELL_BIN") {
        findings.ignored(draft.place, "USER_SHELL_BIN", "steps are read by the `sh` of what they run in");
    }
    (!folders.is_empty()).then(|| {
        let exports: Vec<String> =
            folders.iter().map(|(name, path)| format!("export {name}=\"{path}\"\n")).collect();
        Step::new(FOLDERS_STEP, exports.concat() + "mkdir -p \"$WORKSPACE/artifacts\"\n")
    })
}

/// The names that follow a `$` or `${`.
fn mentioned(script: &str) -> BTreeSet<&str> {
    let name =
        |rest: &'_ str| rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
    script
        .split('$')
        .skip(1)
        .map(|rest| rest.strip_prefix('{').unwrap_or(rest))
        .map(|rest| &rest[..name(rest)])
        .collect()
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
        _ if on_empty_workspace && command.starts_with("./") && !command.contains(['$', ';', '&', '|']) => {
            Some(nothing_there(command))
        }
        _ => None,
    }
}

fn nothing_there(command: &str) -> String {
    let command = crate::findings::quoted(command);
    format!("no repository is checked out here: {command} finds an empty workspace")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_after_a_dollar_are_found() {
        let found = mentioned("cp $A \"${B_1:-x}\" '$$' $ ${} $é $1 end$LAST");
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["", "1", "A", "B_1", "LAST"]);
    }

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
            "make -C sub",
            "",
        ] {
            assert!(!told(script), "{script}");
        }
        assert!(trouble("npm ci", false).is_none());
    }
}
