//! Where in a shell script a place stands: whether a reference to a variable means the same there as the text of its value.
//!
//! A dialect whose own system pastes values into scripts before a shell sees them is read by this portal into references to
//! the environment, so that no value ever becomes code. That is the same in double quotes and in here-documents, where a
//! reference gives the value as it is. Without quotes both are split into words; they differ where a value has quotes,
//! `$`, `;` and the like in it: pasted it would be code, referred to it is only text, which is what is wanted here. In
//! single quotes a shell does not look for references, so none can be put there.

mod scanner;

use std::ops::Range;

/// How a shell reads what stands at a place of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// Without quotes: a reference is split into words, as a text without quotes is.
    Bare,
    /// Without quotes, where the name of a command is expected.
    Command,
    /// In double quotes or in a here-document: a reference is replaced by the value as it is.
    Quoted,
    /// In a comment, where nothing has a meaning.
    Comment,
    /// In single quotes, where a reference is no reference.
    SingleQuotes,
    /// In a here-document whose delimiter is quoted, where a reference is no reference either.
    QuotedHereDocument,
    /// After a backslash or a `$`, which would take the reference's own `$` for a part of itself.
    Escaped,
    /// Where a shell wants a name, not a value: of a variable, or the delimiter of a here-document.
    Name,
    /// In quotes and substitutions nested more deeply than anybody writes.
    TooDeep,
}

impl Context {
    /// Whether a reference to a variable means here what the text of its value would.
    pub fn admits_reference(self) -> bool {
        matches!(self, Self::Bare | Self::Command | Self::Quoted | Self::Comment)
    }
}

/// What reads a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Interpreter {
    /// A shell.
    Shell,
    /// Something else, by the name of its program.
    Other(String),
}

/// Programs that read the language of `sh`.
const SHELLS: [&str; 8] = ["sh", "bash", "dash", "ash", "ksh", "mksh", "zsh", "rbash"];

/// The context of each of `holes`: places of `script` where something is to be put, in order and apart from each other.
pub fn contexts(script: &str, holes: &[Range<usize>]) -> Vec<Context> {
    scanner::Scanner::new(script, holes).run()
}

/// What reads `script`: what its first line says, else a shell.
pub fn interpreter(script: &str) -> Interpreter {
    let Some(line) = script.strip_prefix("#!").and_then(|rest| rest.lines().next()) else {
        return Interpreter::Shell;
    };
    let mut words = line.split_whitespace().map(base_name);
    let mut program = words.next().unwrap_or_default();
    if matches!(program, "env" | "busybox") {
        let mut chosen = words.filter(|word| !word.starts_with('-') && !word.contains('='));
        program = chosen.next().unwrap_or(program);
    }
    if is_shell(program) { Interpreter::Shell } else { Interpreter::Other(program.to_owned()) }
}

/// Whether `program`, a name or a path, is a shell.
pub fn is_shell(program: &str) -> bool {
    SHELLS.contains(&base_name(program))
}

/// Whether a `sh` reads `script`, and in it a condition that bash and its like know and a plain `sh` may not.
pub fn needs_bash(script: &str) -> bool {
    let first = script.lines().next().filter(|line| line.starts_with("#!")).unwrap_or_default();
    let says_so = ["bash", "ksh", "zsh"].iter().any(|shell| first.contains(shell));
    !says_so && script.split_whitespace().any(|word| word == "[[")
}

/// `script` with `sh` for its interpreter where it names `ash`, which is the `sh` of its own images and elsewhere not there.
pub fn without_ash(script: &str) -> std::borrow::Cow<'_, str> {
    let line = script.lines().next().unwrap_or_default();
    let program = line
        .strip_prefix("#!")
        .and_then(|rest| rest.split_whitespace().find(|word| base_name(word) == "ash"));
    match program {
        Some(_) => format!("#!/bin/sh{}", &script[line.len()..]).into(),
        None => script.into(),
    }
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// `text` as one word of a shell.
pub fn quote(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_-./:@%+,".contains(&b);
    if !text.is_empty() && text.bytes().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The contexts of the places marked `@@`.
    fn of(script: &str) -> Vec<Context> {
        let holes: Vec<_> = script.match_indices("@@").map(|(at, found)| at..at + found.len()).collect();
        contexts(script, &holes)
    }

    #[test]
    fn knows_quotes_escapes_and_comments() {
        use Context::{Bare, Command, Comment, Escaped, Quoted, SingleQuotes};
        assert_eq!(
            of("echo @@ \"@@\" '@@' a@@b # @@ ' \n@@"),
            [Bare, Quoted, SingleQuotes, Bare, Comment, Command]
        );
        assert_eq!(
            of(r#"echo \@@ "\@@" \\@@ $@@ a#@@ \' @@"#),
            [Escaped, Escaped, Bare, Escaped, Bare, Bare]
        );
        assert_eq!(of(r#"echo $'a\'@@' "it's @@" 'say "'@@"#), [SingleQuotes, Quoted, Bare]);
    }

    #[test]
    fn looks_into_substitutions() {
        use Context::{Bare, Command, Name, Quoted, SingleQuotes};
        assert_eq!(of(r#"x="$(echo @@ '@@' "@@")" @@"#), [Bare, SingleQuotes, Quoted, Command]);
        assert_eq!(of("x=`echo @@ # it's`; echo '@@'"), [Bare, SingleQuotes]);
        assert_eq!(
            of(r#"echo ${x:-@@} "${x:-'@@'}" ${x:-'@@'} "${x#'@@'}" ${@@} ${#@@}"#),
            [Bare, Quoted, SingleQuotes, SingleQuotes, Name, Name]
        );
        assert_eq!(of("n=$((1 << @@)) && (( @@ << 2 )) && echo '@@'"), [Quoted, Quoted, SingleQuotes]);
        assert_eq!(
            of("x=$(case @@ in a) echo '@@';; *) echo @@;; esac) '@@'"),
            [Bare, SingleQuotes, Bare, SingleQuotes]
        );
        assert_eq!(of("diff <(echo '@@') <(echo @@) <<< @@"), [SingleQuotes, Bare, Bare]);
    }

    #[test]
    fn reads_here_documents() {
        use Context::{Bare, Comment, Name, Quoted, QuotedHereDocument, SingleQuotes};
        let script = "cat <<A <<-'B' # @@\nit's @@ $(echo '@@')\nA\n@@\n\tB\necho @@";
        assert_eq!(of(script), [Comment, Quoted, SingleQuotes, QuotedHereDocument, Bare]);
        assert_eq!(of("cat <<@@\nx\n"), [Name]);
        assert_eq!(of("cat << \"EOF\" > x\n@@\n EOF\nEOF\necho '@@'"), [QuotedHereDocument, SingleQuotes]);
        assert_eq!(of("x=\"$(cat <<EOF\n@@ ) \"\nEOF\n)\" && echo '@@'"), [Quoted, SingleQuotes]);
    }

    #[test]
    fn tells_names_from_values() {
        use Context::{Bare, Command, Name, Quoted};
        assert_eq!(of("@@=1\nx_@@=2 export @@=3"), [Name, Name, Bare]);
        assert_eq!(of("if @@; then x=1 @@ a; fi; ! @@ | @@"), [Command, Command, Command, Command]);
        assert_eq!(of("x=@@ y=\"@@\" make @@"), [Bare, Quoted, Bare]);
    }

    #[test]
    fn knows_what_reads_a_script() {
        let other = |name: &str| Interpreter::Other(name.to_owned());
        assert_eq!(interpreter("echo"), Interpreter::Shell);
        assert_eq!(interpreter("#!/bin/bash -e\necho"), Interpreter::Shell);
        assert_eq!(interpreter("#! /usr/bin/env -S bash -e\n"), Interpreter::Shell);
        assert_eq!(interpreter("#!/bin/busybox sh\n"), Interpreter::Shell);
        assert_eq!(interpreter("#!/usr/bin/env python3\n"), other("python3"));
        assert_eq!(interpreter("#!/usr/bin/env\n"), other("env"));
    }

    #[test]
    fn knows_what_a_plain_shell_lacks() {
        assert!(needs_bash("if [[ $a == b ]]; then c; fi"));
        assert!(needs_bash("#!/bin/sh\n[[ -f a ]]"));
        assert!(!needs_bash("#!/usr/bin/env bash\n[[ -f a ]]"));
        assert!(!needs_bash("[ -f a ] && echo '[[:alpha:]]'"));
        assert_eq!(without_ash("#!/usr/bin/env ash\necho"), "#!/bin/sh\necho");
        assert_eq!(without_ash("#!/bin/bash\nash"), "#!/bin/bash\nash");
        assert_eq!(without_ash("echo #!ash"), "echo #!ash");
    }

    #[test]
    fn quotes_words() {
        assert_eq!(quote("a/b:1.2"), "a/b:1.2");
        assert_eq!(quote(""), "''");
        assert_eq!(quote("it's $x"), r"'it'\''s $x'");
    }

    #[test]
    fn what_is_nested_without_end_is_given_up() {
        let deep = "$(".repeat(20_000) + "@@";
        assert_eq!(of(&deep), [Context::TooDeep]);
        let here = "<<A\n$(".repeat(10_000) + "@@";
        assert_eq!(of(&here), [Context::TooDeep]);
    }
}
