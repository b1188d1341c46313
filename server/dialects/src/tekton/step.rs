//! Steps: a script, or a command with its arguments.

use std::borrow::Cow;
use std::collections::BTreeSet;

use regatta_domain::pipeline::{Manner, NoteKind, Step, Template};

use super::fields::{Fields, expected, scalar};
use super::params::not_texts;
use super::reader::Reader;
use super::scope::{Scope, choice};
use super::script::Translator;
use super::value::{append, push_text};
use super::words::{Chunk, Variables, Word};
use super::{image, keys, quantity, when};
use crate::findings::quoted;
use crate::substitution::{self, Interpreter};
use crate::yaml::{self, Node, Place};

/// A step as it was read, and what has to be done before it.
pub struct Draft {
    /// The step; its script lacks what has to be done first.
    pub step: Step,
    /// What reads its script.
    pub interpreter: Interpreter,
    /// Where it stands.
    pub place: Place,
    /// The lines that its script needs first.
    pub head: Vec<String>,
    /// The folder it starts in, where that is below the workspace and known now.
    pub below: Option<String>,
    /// What its memory is limited to, in bytes.
    pub memory_bytes: Option<u64>,
}

/// What the steps of a task have in common.
pub struct Common<'c, 'n, 't> {
    /// What can be referred to.
    pub scope: &'c Scope<'c>,
    /// What the task says for all its steps.
    pub template: Option<Fields<'n, 't>>,
    /// Volumes of the task that are empty folders.
    pub empty_folders: &'c BTreeSet<String>,
}

/// Every variable that steps or their template declare.
pub fn declared_variables(fields: &Fields<'_, '_>) -> Vec<String> {
    let Some(Node { value: yaml::Value::List(items), .. }) = fields.get("env") else { return Vec::new() };
    let name = |item: &Node<'_>| match &item.value {
        yaml::Value::Map(entries) => {
            let (_, name) = entries.iter().find(|(key, _)| key.name == "name")?;
            scalar(name).map(Cow::into_owned)
        }
        _ => None,
    };
    items.iter().filter_map(name).collect()
}

/// Reads the step `fields`, called `name`; `None` where it does not run, which is told.
pub fn read(
    reader: &mut Reader<'_>,
    variables: &mut Variables,
    common: &Common<'_, '_, '_>,
    fields: &Fields<'_, '_>,
    name: String,
) -> Option<Draft> {
    let mut environment: BTreeSet<String> = declared_variables(fields).into_iter().collect();
    environment.extend(common.template.iter().flat_map(declared_variables));
    let mut translator = Translator { reader, scope: common.scope, variables, environment };
    if !when::admits_step(translator.reader, fields, common.scope) {
        return None;
    }
    let mut draft = Draft {
        step: Step { name, manner: Manner::Program, ..Step::default() },
        interpreter: Interpreter::Shell,
        place: fields.place,
        head: Vec::new(),
        below: None,
        memory_bytes: None,
    };
    for fields in common.template.iter().chain([fields]) {
        read_environment(&mut translator, fields, &mut draft);
        read_mounts(translator.reader, fields, common.empty_folders, &mut draft);
        read_security(translator.reader, fields);
        let memory = memory(translator.reader, fields);
        draft.memory_bytes = memory.or(draft.memory_bytes);
    }
    read_directory(&mut translator, common, fields, &mut draft);
    read_program(&mut translator, common, fields, &mut draft);
    draft.step.tolerated = is_tolerated(translator.reader, fields, common.scope);
    draft.step.timeout_ms = timeout(translator.reader, fields, common.scope);
    settle(translator.reader, &mut draft);
    Some(draft)
}

fn read_program(
    translator: &mut Translator<'_, '_>,
    common: &Common<'_, '_, '_>,
    fields: &Fields<'_, '_>,
    draft: &mut Draft,
) {
    let script = fields.get("script").and_then(|node| Some((node, scalar(node)?)));
    let command = fields.get("command").or_else(|| common.template.and_then(|fields| fields.get("command")));
    let args = fields.get("args").or_else(|| common.template.and_then(|fields| fields.get("args")));
    if let Some((node, text)) = script.filter(|(_, text)| !text.trim().is_empty()) {
        if fields.get("command").is_some() {
            let message = "a step has a `script` or a `command`, not both";
            translator.reader.findings.wrong(fields.place_of("command"), message);
        }
        draft.interpreter = substitution::interpreter(&text);
        if draft.interpreter == Interpreter::Shell && substitution::needs_bash(&text) {
            let text = "`[[` is bash's, and the `sh` that reads this script may not know it: begin it with `#!/bin/bash`";
            translator.reader.findings.note(NoteKind::Explained, node.place, text);
        }
        let script = translator.script(node.place, &text, &draft.interpreter);
        draft.step.script = substitution::without_ash(&script).into_owned();
        let words = args.map(|args| words(translator, &[args])).unwrap_or_default();
        if !words.is_empty() {
            draft.head.push(format!("set -- {}", words.join(" ")));
        }
    } else if let Some(command) = command {
        let nodes: Vec<&Node<'_>> = [command].into_iter().chain(args).collect();
        draft.step.script = format!("exec {}\n", words(translator, &nodes).join(" "));
    } else if let Some((first, args)) = entrypoint(common, fields).zip(args) {
        let first = first.iter().map(|word| Word(vec![Chunk::Text((*word).to_owned())]));
        let words = words_after(translator, first.collect(), &[args]);
        draft.step.script = format!("exec {}\n", words.join(" "));
    } else if fields.get("ref").is_none() && !is_fetched(common, fields) {
        let message = "this step runs what its image was made to run, which is not known here";
        let hint = "write a `script`, or a `command`";
        translator.reader.findings.refused_with_hint(fields.place, message, hint);
    }
    if draft.step.script.contains('\0') {
        translator.reader.findings.wrong(draft.place, "a script cannot contain the character NUL");
    }
}

fn in_step_or_template<'n, 't>(
    common: &Common<'_, 'n, 't>,
    fields: &Fields<'n, 't>,
    key: &str,
) -> Option<&'n Node<'t>> {
    fields.get(key).or_else(|| common.template.and_then(|fields| fields.get(key)))
}

/// Whether the image says that the step itself is elsewhere (Jenkins X), which is told of the image.
fn is_fetched<'n>(common: &Common<'_, 'n, '_>, fields: &Fields<'n, '_>) -> bool {
    let image = in_step_or_template(common, fields, "image");
    image.and_then(scalar).is_some_and(|image| image.starts_with("uses:"))
}

/// What the image of a step runs with the step's arguments, where that is known: the words before these.
fn entrypoint<'n>(common: &Common<'_, 'n, '_>, fields: &Fields<'n, '_>) -> Option<&'static [&'static str]> {
    let image = in_step_or_template(common, fields, "image").and_then(scalar)?;
    let first = match &in_step_or_template(common, fields, "args")?.value {
        yaml::Value::List(items) => items.first().and_then(scalar)?,
        _ => return None,
    };
    image::entrypoint(image.trim(), &first)
}

/// The lists `nodes` as words of a shell. What a program takes as code after `-c` is translated as that.
fn words(translator: &mut Translator<'_, '_>, nodes: &[&Node<'_>]) -> Vec<String> {
    words_after(translator, Vec::new(), nodes)
}

/// The same, after `words`.
fn words_after(
    translator: &mut Translator<'_, '_>,
    mut words: Vec<Word>,
    nodes: &[&Node<'_>],
) -> Vec<String> {
    for node in nodes {
        let yaml::Value::List(items) = &node.value else {
            not_texts(translator.reader, node, "this");
            continue;
        };
        for item in items {
            let Some(text) = scalar(item) else {
                let message = expected(item, "an argument", "text");
                translator.reader.findings.wrong(item.place, message);
                continue;
            };
            match code_reader(&words) {
                Some(interpreter) => {
                    let code = translator.script(item.place, &text, &interpreter);
                    words.push(Word(vec![Chunk::Text(code)]));
                }
                None => words.extend(translator.arguments(item.place, &text)),
            }
        }
    }
    words.iter().map(Word::quoted).collect()
}

/// Programs, and the option after which they take code.
const CODE: [(&str, &str); 4] = [("python", "c"), ("node", "e"), ("perl", "e"), ("ruby", "e")];

/// What reads the next word as code, where the words so far say so: `sh -c`, `python3 -c`, `node -e`.
fn code_reader(words: &[Word]) -> Option<Interpreter> {
    let [program, .., option] = words else { return None };
    let (program, option) = (program.known()?, option.known()?);
    let letters = option.strip_prefix('-').filter(|rest| rest.bytes().all(|b| b.is_ascii_alphabetic()))?;
    let name = program.rsplit('/').next().unwrap_or_default();
    if substitution::is_shell(name) {
        return letters.ends_with('c').then_some(Interpreter::Shell);
    }
    let takes_code = CODE.iter().any(|(known, option)| name.starts_with(known) && letters == *option);
    takes_code.then(|| Interpreter::Other(name.to_owned()))
}

fn read_environment(translator: &mut Translator<'_, '_>, fields: &Fields<'_, '_>, draft: &mut Draft) {
    for item in fields.list("env", &mut translator.reader.findings) {
        let findings = &mut translator.reader.findings;
        let Some(variable) = Fields::read(item, "a variable", keys::VARIABLE, findings) else { continue };
        let Some(name) = translator.reader.name(&variable, "a variable") else { continue };
        if !is_variable(&name) {
            let message = format!("{} cannot be a variable: letters, digits and `_`", quoted(&name));
            translator.reader.findings.wrong(variable.place, message);
            continue;
        }
        if variable.get("valueFrom").is_some() {
            tell_source(translator.reader, &variable, &name);
            continue;
        }
        let value = match variable.get("value") {
            None => Word::default(),
            Some(node) => {
                let yaml::Value::Text(text) = &node.value else {
                    let message = expected(node, &format!("the variable {}", quoted(&name)), "text");
                    translator.reader.findings.wrong_with_hint(node.place, message, "put it in quotes");
                    continue;
                };
                variable_value(translator, node.place, text, draft)
            }
        };
        set_variable(translator, draft, (name, variable.place), &value);
    }
}

/// The value of a variable, in which what an earlier variable of the step holds may stand.
fn variable_value(translator: &mut Translator<'_, '_>, place: Place, text: &str, draft: &Draft) -> Word {
    let all = std::mem::take(&mut translator.environment);
    let earlier = all.iter().filter(|name| draft.step.environment.contains_key(*name)).cloned();
    translator.environment = earlier.collect();
    let word = translator.word(place, text);
    translator.environment = all;
    word
}

/// Sets the variable by the environment where its value needs no sandbox to be known, else at the top of the script.
fn set_variable(
    translator: &mut Translator<'_, '_>,
    draft: &mut Draft,
    (name, place): (String, Place),
    value: &Word,
) {
    let mut template = Template::default();
    for chunk in &value.0 {
        match chunk {
            Chunk::Text(text) => push_text(&mut template, text),
            Chunk::Variable(other) => {
                let held = draft.step.environment.get(other).or_else(|| translator.variables.held_by(other));
                let Some(held) = held.cloned() else {
                    draft.step.environment.remove(&name);
                    draft.head.push(format!("export {name}={}", value.quoted()));
                    return;
                };
                append(&mut template, &held);
            }
        }
    }
    if translator.reader.take_room(place, super::value::size(&template)) {
        draft.step.environment.insert(name, template);
    }
}

fn tell_source(reader: &mut Reader<'_>, variable: &Fields<'_, '_>, name: &str) {
    let place = variable.place_of("valueFrom");
    let source = variable.get("valueFrom").and_then(|node| match &node.value {
        yaml::Value::Map(entries) => entries.first(),
        _ => None,
    });
    let optional = source.is_some_and(|(_, node)| match &node.value {
        yaml::Value::Map(entries) => entries
            .iter()
            .any(|(key, node)| key.name == "optional" && matches!(node.value, yaml::Value::Bool(true))),
        _ => false,
    });
    let name = quoted(name);
    if optional {
        let text =
            format!("the variable {name} is not set: there are no secrets and no configuration objects here");
        reader.findings.note(NoteKind::Ignored, place, text);
    } else {
        let message =
            format!("the variable {name} comes from a cluster's object, and there is no cluster here");
        reader.findings.refused_with_hint(place, message, "give it a `value`");
    }
}

fn is_variable(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// A volume that is an empty folder can be a plain one, where steps may make folders.
fn read_mounts(
    reader: &mut Reader<'_>,
    fields: &Fields<'_, '_>,
    empty: &BTreeSet<String>,
    draft: &mut Draft,
) {
    for item in fields.list("volumeMounts", &mut reader.findings) {
        let Some(mount) = Fields::unchecked(item, "a mount", &mut reader.findings) else { continue };
        let name = mount.text("name", &mut reader.findings).unwrap_or_default();
        let path = mount.text("mountPath", &mut reader.findings).unwrap_or_default();
        let writable = ["/tmp/", "/workspace/"].iter().any(|folder| path.starts_with(folder));
        if empty.contains(&*name) && writable && !path.contains("$(") {
            draft.head.push(format!("mkdir -p {}", substitution::quote(&path)));
            let text = format!("{} is a plain folder that the steps of this task share", quoted(&path));
            reader.findings.note(NoteKind::Simulated, mount.place, text);
        } else {
            let message =
                format!("the volume {} cannot be mounted: there are no volumes here", quoted(&name));
            let hint = "use a workspace, or an empty folder below `/tmp`";
            reader.findings.refused_with_hint(mount.place, message, hint);
        }
    }
}

fn read_security(reader: &mut Reader<'_>, fields: &Fields<'_, '_>) {
    let Some(node) = fields.get("securityContext") else { return };
    let place = fields.place_of("securityContext");
    let privileged = Fields::unchecked(node, "`securityContext`", &mut reader.findings)
        .is_some_and(|context| context.flag("privileged"));
    if privileged {
        reader.findings.refused(place, "`privileged` cannot be had here: every step runs in a sandbox");
    } else {
        let text = "`securityContext` has no effect here: every step runs as the sandbox's one user";
        reader.findings.note(NoteKind::Ignored, place, text);
    }
}

/// What the resources of a step, or of all of a task's, limit the memory to, in bytes.
pub fn memory(reader: &mut Reader<'_>, fields: &Fields<'_, '_>) -> Option<u64> {
    let key = ["computeResources", "resources"].into_iter().find(|key| fields.get(key).is_some())?;
    let resources = Fields::unchecked(fields.get(key)?, &format!("`{key}`"), &mut reader.findings)?;
    let limits =
        resources.get("limits").and_then(|node| Fields::unchecked(node, "`limits`", &mut reader.findings));
    let only_memory = resources.entries().all(|(key, _)| key.name == "limits")
        && limits.is_some_and(|limits| limits.entries().all(|(key, _)| key.name == "memory"));
    if !only_memory {
        let text = format!("of `{key}`, only the limit of memory has an effect here");
        reader.findings.note(NoteKind::Ignored, fields.place_of(key), text);
    }
    let node = limits?.get("memory")?;
    let bytes = scalar(node).and_then(|text| quantity::bytes(&text));
    if bytes.is_none() {
        let message = "this is no amount of memory";
        reader.findings.wrong_with_hint(node.place, message, "write for example `512Mi`");
    }
    bytes
}

/// The folder in which a step starts.
fn read_directory(
    translator: &mut Translator<'_, '_>,
    common: &Common<'_, '_, '_>,
    fields: &Fields<'_, '_>,
    draft: &mut Draft,
) {
    let node =
        fields.get("workingDir").or_else(|| common.template.and_then(|fields| fields.get("workingDir")));
    let Some(node) = node else { return };
    let Some(text) = scalar(node) else {
        translator.reader.findings.wrong(node.place, expected(node, "`workingDir`", "text"));
        return;
    };
    let word = translator.word(node.place, &text);
    let below = match word.0.as_slice() {
        [Chunk::Variable(folder)] if folder == "WORKSPACE" => Some(String::new()),
        [Chunk::Variable(folder), Chunk::Text(rest)] if folder == "WORKSPACE" => Some(rest.clone()),
        [Chunk::Text(text)] if text == "/workspace" => Some(String::new()),
        [Chunk::Text(text)] if text.starts_with("/workspace/") => Some(text["/workspace".len()..].to_owned()),
        [Chunk::Text(text)] if !text.starts_with('/') => Some(text.clone()),
        _ => None,
    };
    match below.map(|path| path.trim_matches('/').to_owned()) {
        Some(path) if path.is_empty() => {}
        Some(path) if path.split('/').any(|part| part == "..") => {
            let message = "`workingDir` cannot lead out of the workspace";
            translator.reader.findings.refused(node.place, message);
        }
        Some(path) => draft.below = Some(path),
        None => {
            if let Some(path) = word.known().filter(|path| !path.starts_with("/tmp/")) {
                let text = format!(
                    "the step starts in {}, which has to be there: folders can be made below the workspace and `/tmp` alone",
                    quoted(&path)
                );
                if path.starts_with('/') && path != "/tmp" && path != "/" {
                    translator.reader.findings.note(NoteKind::Explained, node.place, text);
                }
                draft.step.directory = Some(path).filter(|path| !path.is_empty());
            } else {
                let folder = word.quoted();
                draft.head.push(format!("mkdir -p {folder} && cd {folder}"));
            }
        }
    }
}

/// Whether `onError` says that the failure of a step, or of a task of the pipeline, is none of the whole.
pub fn is_tolerated(reader: &mut Reader<'_>, fields: &Fields<'_, '_>, scope: &Scope<'_>) -> bool {
    let Some(node) = fields.get("onError") else { return false };
    let text = reader.text(node, "`onError`", scope);
    match reader.settled(&text, node.place).as_deref() {
        Some("continue") => true,
        None | Some("stopAndFail") => false,
        Some(other) => {
            let hint = choice(other, &["continue", "stopAndFail"]);
            reader.findings.wrong_with_hint(
                node.place,
                format!("{} is no way to go on", quoted(other)),
                hint,
            );
            false
        }
    }
}

/// The milliseconds of `timeout`.
pub fn timeout(reader: &mut Reader<'_>, fields: &Fields<'_, '_>, scope: &Scope<'_>) -> Option<u64> {
    let node = fields.get("timeout")?;
    let text = reader.text(node, "`timeout`", scope);
    let text = reader.settled(&text, node.place);
    match text.as_deref().map(quantity::milliseconds) {
        // None at all, which Tekton means by zero.
        None | Some(Some(0)) => None,
        Some(Some(milliseconds)) => Some(milliseconds),
        Some(None) => {
            let message = "this is no length of time";
            reader.findings.wrong_with_hint(node.place, message, "write for example `90s` or `1h30m`");
            None
        }
    }
}

/// Puts what has to be done first at the top of the script, which only a shell's can have.
fn settle(reader: &mut Reader<'_>, draft: &mut Draft) {
    let (Interpreter::Other(program), false) = (&draft.interpreter, draft.head.is_empty()) else { return };
    let message = format!(
        "a script that {} reads cannot have `args`, or folders of the sandbox in `env` or `workingDir`",
        quoted(program)
    );
    let hint = "let the script read them from the variables RESULTS_DIR and WORKSPACE";
    reader.findings.refused_with_hint(draft.place, message, hint);
    draft.head.clear();
}

/// `script` with `lines` at its top, after the line that names its interpreter.
pub fn with_head(script: &str, lines: &[String]) -> String {
    if lines.is_empty() {
        return script.to_owned();
    }
    let (first, rest) = match script.strip_prefix("#!") {
        Some(_) => script.split_at(script.find('\n').map_or(script.len(), |end| end + 1)),
        None => ("", script),
    };
    let line_end = if first.is_empty() || first.ends_with('\n') { "" } else { "\n" };
    let lines: String = lines.iter().flat_map(|line| [line, " || exit\n"]).collect();
    format!("{first}{line_end}{lines}{rest}")
}
