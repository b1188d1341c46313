//! Commands that cannot work here, where their words make that certain: there is no network, no repository, no Docker, and
//! nothing of Screwdriver's own.

use crate::findings::quoted;

/// Package managers, and what they do that needs a network.
const PACKAGES: ([&str; 5], [&str; 4]) =
    (["apk", "apt", "apt-get", "dnf", "yum"], ["add", "install", "update", "upgrade"]);

/// Build tools that do nothing without the files of a repository.
const BUILDS: [&str; 4] = ["bundle", "gradle", "mvn", "tox"];

/// The first command of a step.
struct Command<'s> {
    name: &'s str,
    words: Vec<&'s str>,
}

/// What the first command of `script` cannot do here, where that is certain.
pub fn trouble(script: &str, on_empty_workspace: bool) -> Option<String> {
    let command = Command::first_of(script)?;
    let name = command.name;
    match name {
        "sd-cmd" | "sd-step" | "store-cli" => {
            return Some(format!("there is no `{name}` here: it is a command of Screwdriver's own"));
        }
        "docker" | "docker-compose" => return Some("there is no Docker in the sandboxes here".to_owned()),
        _ => {}
    }
    if command.needs_network() {
        return Some(format!("there is no network in the sandboxes here, and `{name}` cannot do without"));
    }
    let lost = on_empty_workspace && command.needs_repository();
    lost.then(|| format!("no repository is checked out here: {} finds an empty workspace", quoted(name)))
}

impl<'s> Command<'s> {
    fn first_of(script: &'s str) -> Option<Self> {
        let idle = |line: &&str| line.is_empty() || line.starts_with('#') || line.starts_with("set ");
        let line = script.lines().map(str::trim).find(|line| !idle(line))?;
        let mut words = line.split_whitespace().skip_while(|word| *word == "sudo");
        let name = words.next()?;
        Some(Self { name, words: words.take_while(|word| !word.starts_with(['&', '|', ';', '#'])).collect() })
    }

    fn has(&self, wanted: &[&str]) -> bool {
        self.words.iter().any(|word| wanted.contains(word))
    }

    fn needs_network(&self) -> bool {
        let (managers, verbs) = PACKAGES;
        match self.name {
            "git" => self.has(&["clone"]) && self.words.iter().any(|word| is_remote(word)),
            "curl" | "wget" => self.words.iter().any(|word| is_remote(word)),
            // Packages that are named have to be fetched.
            "npm" => match self.words.as_slice() {
                ["i" | "install", others @ ..] => others.iter().any(|word| !word.starts_with('-')),
                _ => false,
            },
            name => managers.contains(&name) && self.has(&verbs),
        }
    }

    fn needs_repository(&self) -> bool {
        match self.name {
            "npm" | "pnpm" | "yarn" => self.has(&["ci", "install", "run", "test"]),
            "make" => !self.has(&["-f", "-C"]),
            name => BUILDS.contains(&name) || is_file_of_workspace(name),
        }
    }
}

fn is_remote(word: &str) -> bool {
    let host = word.split_once("://").map(|(_, host)| host.trim_matches(['"', '\'']));
    let elsewhere = |host: &str| !host.starts_with("localhost") && !host.starts_with("127.");
    word.starts_with("git@") || host.is_some_and(elsewhere)
}

/// A path below the folder that the step starts in, with nothing in it that the shell would change.
fn is_file_of_workspace(command: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_');
    command.contains('/') && !command.starts_with(['/', '-']) && command.chars().all(plain)
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
            "npm install",
            "npm install -g tool",
            "docker build .",
        ] {
            assert!(told(script), "{script}");
        }
        for script in [
            "echo sd-cmd",
            "git clone ../other",
            "git status",
            "npm --version",
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
        assert!(trouble("npm install --no-save && npm test", false).is_none());
        assert!(trouble("npm install tool", false).is_some());
    }
}
