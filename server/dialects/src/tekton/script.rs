//! Scripts: references become text where their value is written in the pipeline, and else references to the environment,
//! so that nothing a visitor chose and nothing a task handed on is ever read as a script.

use std::collections::BTreeSet;
use std::ops::Range;

use regatta_domain::pipeline::NoteKind;

use super::reader::{Hole, Reader};
use super::scope::Scope;
use super::value::Value;
use super::words::{Chunk, Variables, Word};
use crate::findings::quoted;
use crate::substitution::{self, Context, Interpreter};
use crate::yaml::Place;

/// What a step's texts are translated with.
pub struct Translator<'a, 't> {
    /// Where findings go.
    pub reader: &'a mut Reader<'t>,
    /// What can be referred to.
    pub scope: &'a Scope<'a>,
    /// The job's variables.
    pub variables: &'a mut Variables,
    /// The variables that the step itself has.
    pub environment: BTreeSet<String>,
}

impl Translator<'_, '_> {
    /// The script `text`, the value at `place`, for `interpreter`.
    pub fn script(&mut self, place: Place, text: &str, interpreter: &Interpreter) -> String {
        let holes = self.reader.holes(place, text, self.scope);
        let ranges: Vec<Range<usize>> = holes.iter().map(|hole| hole.range.clone()).collect();
        let contexts = match interpreter {
            Interpreter::Shell => substitution::contexts(text, &ranges),
            Interpreter::Other(_) => vec![Context::Quoted; ranges.len()],
        };
        let mut script = String::with_capacity(text.len());
        let mut at = 0;
        for (hole, context) in holes.iter().zip(contexts) {
            script.push_str(&text[at..hole.range.start]);
            at = hole.range.end;
            let written = &text[hole.range.clone()];
            script.push_str(&self.in_script(hole, written, context, interpreter));
        }
        script.push_str(&text[at..]);
        script
    }

    /// What stands in the script in place of `hole`.
    fn in_script(
        &mut self,
        hole: &Hole,
        written: &str,
        context: Context,
        interpreter: &Interpreter,
    ) -> String {
        let shown = quoted(written);
        if context == Context::Comment {
            return written.to_owned();
        }
        let Some(chunks) = self.variables.chunks(&hole.reference.variable(), &hole.value) else {
            let message = format!("{shown} is {}, which cannot be a part of a script", hole.value.kind());
            let hint = "give it to the script below `args`, where each item becomes a word";
            self.reader.findings.wrong_with_hint(hole.place, message, hint);
            return String::new();
        };
        let first = chunks.iter().find_map(|chunk| match chunk {
            Chunk::Variable(name) => Some(name.clone()),
            Chunk::Text(_) => None,
        });
        if let Some(variable) = first {
            match interpreter {
                Interpreter::Other(program) => {
                    self.refuse_elsewhere(hole, &shown, program, &chunks);
                    return written.to_owned();
                }
                Interpreter::Shell if !context.admits_reference() => {
                    self.refuse_quoting(hole, &shown, written, context);
                    return written.to_owned();
                }
                Interpreter::Shell if context == Context::Command => {
                    self.note_command(hole, &shown, &variable);
                }
                Interpreter::Shell => {}
            }
        }
        let chunk = |chunk: &Chunk| match chunk {
            Chunk::Text(text) => text.clone(),
            Chunk::Variable(name) => format!("${{{name}}}"),
        };
        chunks.iter().map(chunk).collect()
    }

    fn note_command(&mut self, hole: &Hole, shown: &str, variable: &str) {
        if matches!(hole.value, Value::Path { .. }) {
            return;
        }
        let text = format!(
            "{shown} comes as the variable {variable} and is run as one command with its words; quotes, `;`, `|` and \
             further lines in it are only text"
        );
        self.reader.findings.note(NoteKind::Explained, hole.place, text);
    }

    fn refuse_quoting(&mut self, hole: &Hole, shown: &str, written: &str, context: Context) {
        let (wherein, hint) = match context {
            Context::SingleQuotes => (
                "in single quotes, where a shell looks for no variables",
                format!("write `'…'\"{written}\"'…'`, or double quotes around all of it"),
            ),
            Context::QuotedHereDocument => (
                "in a here-document whose delimiter is quoted, where a shell looks for no variables",
                "take the quotes off the delimiter, and write `\\$` where a `$` is meant as it is".to_owned(),
            ),
            Context::Escaped => (
                "after a `\\` or a `$`, which would change what follows",
                "remove what stands before it".to_owned(),
            ),
            Context::Name => ("where a shell wants a name, not a value", "write the name itself".to_owned()),
            _ => (
                "in too many quotes and substitutions",
                "take the value into a variable of its own first".to_owned(),
            ),
        };
        let message = format!("{shown} comes from the environment, but stands {wherein}");
        self.reader.findings.refused_with_hint(hole.place, message, hint);
    }

    fn refuse_elsewhere(&mut self, hole: &Hole, shown: &str, program: &str, chunks: &[Chunk]) {
        let message = format!(
            "{shown} comes from the environment, and the script is read by {}, which takes it in its own way",
            quoted(program)
        );
        let parts: Vec<String> = chunks.iter().map(|chunk| in_language(program, chunk)).collect();
        let hint = format!("use `{}`", parts.join(" + "));
        self.reader.findings.refused_with_hint(hole.place, message, hint);
    }

    /// The words that `text`, the value at `place`, is as an argument: one, or as many as the list has that it refers to.
    pub fn arguments(&mut self, place: Place, text: &str) -> Vec<Word> {
        let holes = self.reader.holes(place, text, self.scope);
        if let [Hole { range, reference, value: Value::List(items), .. }] = holes.as_slice()
            && *range == (0..text.len())
        {
            let name = reference.variable();
            let numbered = items.iter().enumerate();
            let words =
                numbered.map(|(at, item)| Word(vec![self.variables.chunk(&format!("{name}_{at}"), item)]));
            return words.collect();
        }
        let mut word = Word::default();
        let mut at = 0;
        for hole in &holes {
            self.push_plain(&mut word, &text[at..hole.range.start]);
            at = hole.range.end;
            if let Some(chunks) = self.variables.chunks(&hole.reference.variable(), &hole.value) {
                word.push(chunks);
                continue;
            }
            let (shown, kind) = (quoted(&text[hole.range.clone()]), hole.value.kind());
            let message = format!("{shown} is {kind}, which cannot be a part of an argument");
            let hint = "as an argument of its own it becomes as many as it has items";
            self.reader.findings.wrong_with_hint(hole.place, message, hint);
        }
        self.push_plain(&mut word, &text[at..]);
        vec![word]
    }

    /// The one word that `text` is, as a value of a variable or the name of a folder.
    pub fn word(&mut self, place: Place, text: &str) -> Word {
        self.arguments(place, text).into_iter().next().unwrap_or_default()
    }

    /// Appends `text`, in which Kubernetes knows `$(NAME)` for variables of the step and `$$` for a `$`.
    fn push_plain(&mut self, word: &mut Word, text: &str) {
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            word.push_text(&rest[..at]);
            rest = &rest[at..];
            let name = rest.strip_prefix("$(").and_then(name_in_parentheses);
            if rest.starts_with("$$(") {
                word.push_text("$(");
                rest = &rest[3..];
            } else if let Some(name) = name.filter(|name| self.environment.contains(*name)) {
                word.0.push(Chunk::Variable(name.to_owned()));
                rest = &rest[name.len() + 3..];
            } else {
                word.push_text("$");
                rest = &rest[1..];
            }
        }
        word.push_text(rest);
    }
}

/// What stands before the `)` that ends it, where that can be the name of a variable.
fn name_in_parentheses(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')?;
    text[end..].starts_with(')').then(|| &text[..end])
}

/// How a program of the language that `program` reads gets at `chunk`.
fn in_language(program: &str, chunk: &Chunk) -> String {
    let name = match chunk {
        Chunk::Text(text) => return format!("\"{text}\""),
        Chunk::Variable(name) => name,
    };
    if program.starts_with("python") {
        format!("os.environ[\"{name}\"]")
    } else if program.starts_with("node") || program.starts_with("deno") {
        format!("process.env.{name}")
    } else if program.starts_with("ruby") {
        format!("ENV[\"{name}\"]")
    } else if program.starts_with("perl") {
        format!("$ENV{{{name}}}")
    } else {
        format!("the environment variable {name}")
    }
}
