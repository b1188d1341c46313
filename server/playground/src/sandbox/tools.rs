//! The image that is no image: a listed part of this machine's own tools.

use regatta_domain::run::ImageState;

use crate::executor::{ImageMeaning, Tool};

/// Its alias.
pub const HOST_TOOLS: &str = "host-tools";

/// The tools that are looked for, each with the arguments that make it tell its version.
const WANTED: [(&str, &str); 20] = [
    ("sh", "--version"),
    ("bash", "--version"),
    ("ls", "--version"),
    ("grep", "--version"),
    ("sed", "--version"),
    ("awk", "-W version"),
    ("find", "--version"),
    ("diff", "--version"),
    ("tar", "--version"),
    ("gzip", "--version"),
    ("git", "--version"),
    ("make", "--version"),
    ("gcc", "--version"),
    ("python3", "--version"),
    ("perl", "-e 'print $^V'"),
    ("node", "--version"),
    ("go", "version"),
    ("ruby", "--version"),
    ("jq", "--version"),
    ("openssl", "version"),
];

/// A script that prints a line for each tool that works: its name, the program it is, and what it says of itself.
pub fn script() -> String {
    let line = |(name, arguments): &(&str, &str)| {
        format!(
            "if path=$(command -v {name}); then \
             printf '{name}\\t%s\\t%s\\n' \"$(readlink -f \"$path\")\" \
             \"$({name} {arguments} 2>/dev/null </dev/null | head -n 1 || :)\"; fi\n"
        )
    };
    WANTED.iter().map(line).collect()
}

/// The meaning of the alias, from what the script printed.
pub fn meaning(printed: &str) -> ImageMeaning {
    let tools = printed.lines().filter_map(|line| {
        let mut fields = line.split('\t');
        let (name, program, said) = (fields.next()?, fields.next()?, fields.next()?);
        Some(tool(name, program, said))
    });
    ImageMeaning {
        description: "host tools: the commands below from this machine's /usr, read-only".to_owned(),
        tools: tools.collect(),
        state: ImageState::Local,
    }
}

/// `ls` stands for its package; the version is the first word that looks like one, or the program behind the name.
fn tool(name: &str, program: &str, said: &str) -> Tool {
    let looks_like_one = |word: &&str| {
        let word = word.trim_start_matches(['v', 'V']);
        word.starts_with(|first: char| first.is_ascii_digit()) && word.contains('.')
    };
    let trimmed = |word: &str| word.trim_end_matches([',', ';', ')']).trim_start_matches('v').to_owned();
    let number = said.split([' ', '-', '(']).find(looks_like_one).map(trimmed);
    let behind = program.rsplit('/').next().unwrap_or(program);
    let name = if name == "ls" { "coreutils" } else { name };
    let version = match number {
        Some(number) if matches!(name, "awk" | "sh") && behind != name => format!("{behind} {number}"),
        Some(number) => number,
        None => behind.to_owned(),
    };
    Tool { name: name.to_owned(), version: version.chars().take(40).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_tools_say() {
        let printed = "sh\t/usr/bin/dash\t\n\
            ls\t/usr/bin/ls\tls (GNU coreutils) 9.1\n\
            awk\t/usr/bin/mawk\tmawk 1.3.4 20200120\n\
            git\t/usr/bin/git\tgit version 2.39.5\n\
            jq\t/usr/bin/jq\tjq-1.6\n\
            node\t/usr/bin/node\tv20.11.1\n\
            a line that is none\n";
        let tools = meaning(printed).tools;
        let told: Vec<String> = tools.iter().map(|tool| format!("{} {}", tool.name, tool.version)).collect();
        let expected = ["sh dash", "coreutils 9.1", "awk mawk 1.3.4", "git 2.39.5", "jq 1.6", "node 20.11.1"];
        assert_eq!(told, expected);
    }
}
