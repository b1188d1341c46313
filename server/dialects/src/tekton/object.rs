//! The objects of a text: what they are and how they are called.

use regatta_domain::pipeline::NoteKind;

use super::fields::Fields;
use super::keys;
use super::reader::Reader;
use super::scope::choice;
use crate::findings::quoted;
use crate::yaml::{Node, Place, Value};

/// An object of a kind that is read here.
pub struct Object<'n, 't> {
    /// Its kind.
    pub kind: Kind,
    /// Its name; of a run that is to get one, what that begins with.
    pub name: String,
    /// Where it begins.
    pub place: Place,
    /// Its `spec`.
    pub spec: &'n Node<'t>,
}

/// The kinds that are read here. A run comes before what it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    PipelineRun,
    Pipeline,
    TaskRun,
    Task,
}

impl Kind {
    const ALL: [(&'static str, Self); 4] = [
        ("PipelineRun", Self::PipelineRun),
        ("Pipeline", Self::Pipeline),
        ("TaskRun", Self::TaskRun),
        ("Task", Self::Task),
    ];

    /// As it is written.
    pub fn words(self) -> &'static str {
        Self::ALL.iter().find(|(_, kind)| *kind == self).map_or("", |(words, _)| words)
    }
}

/// Reads a document; `None` where it is of another kind, which is told.
pub fn read<'n, 't>(reader: &mut Reader<'_>, node: &'n Node<'t>) -> Option<Object<'n, 't>> {
    let fields = Fields::unchecked(node, "a document", &mut reader.findings)?;
    let version = fields.text("apiVersion", &mut reader.findings).unwrap_or_default().into_owned();
    let Some(written) = fields.text("kind", &mut reader.findings) else {
        reader.findings.wrong_with_hint(node.place, "this document has no `kind`", "write `kind: Pipeline`");
        return None;
    };
    if version.is_empty() {
        let hint = "write `apiVersion: tekton.dev/v1`";
        reader.findings.wrong_with_hint(node.place, "this document has no `apiVersion`", hint);
    } else if !version.starts_with("tekton.dev/") {
        let text =
            format!("{} is no part of a pipeline, and there is no cluster here for it", quoted(&written));
        reader.findings.note(NoteKind::Ignored, fields.place_of("kind"), text);
        return None;
    } else if !matches!(version.as_str(), "tekton.dev/v1" | "tekton.dev/v1beta1") {
        let message = format!("{} is not read here", quoted(&version));
        reader.findings.refused_with_hint(fields.place_of("apiVersion"), message, "write `tekton.dev/v1`");
    }
    let Some((_, kind)) = Kind::ALL.iter().find(|(known, _)| *known == written) else {
        tell_kind(reader, &fields, &written);
        return None;
    };
    let fields = Fields::read(node, "a document", keys::DOCUMENT, &mut reader.findings)?;
    let metadata = fields
        .get("metadata")
        .and_then(|node| Fields::read(node, "`metadata`", keys::METADATA, &mut reader.findings));
    if let Some(fields) = &metadata {
        note_pipelines_as_code(reader, fields);
    }
    let mut name = |key: &str| metadata.and_then(|fields| fields.text(key, &mut reader.findings));
    let generated = name("generateName").map(|name| name.trim_end_matches('-').to_owned());
    let name = name("name").map(Into::into).or(generated).unwrap_or_default();
    let Some(spec) = fields.get("spec") else {
        reader.findings.wrong(node.place, format!("this {} has no `spec`", kind.words()));
        return None;
    };
    Some(Object { kind: *kind, name, place: node.place, spec })
}

/// A run that another controller fills in and starts.
fn note_pipelines_as_code(reader: &mut Reader<'_>, metadata: &Fields<'_, '_>) {
    let Some(Node { value: Value::Map(annotations), .. }) = metadata.get("annotations") else { return };
    if let Some((key, _)) =
        annotations.iter().find(|(key, _)| key.name.starts_with("pipelinesascode.tekton.dev/"))
    {
        let text = "Pipelines as Code is not here: it starts when somebody asks for it, and `{{…}}` stays as it is written";
        reader.findings.note(NoteKind::Explained, key.place, text);
    }
}

fn tell_kind(reader: &mut Reader<'_>, fields: &Fields<'_, '_>, kind: &str) {
    const FETCHED: [&str; 6] =
        ["ClusterTask", "StepAction", "CustomRun", "Run", "Condition", "PipelineResource"];
    let place = fields.place_of("kind");
    if FETCHED.contains(&kind) {
        let text = format!("a {kind} is not run here; what needs it is refused where it is named");
        reader.findings.note(NoteKind::Ignored, place, text);
        return;
    }
    let known: Vec<&str> = Kind::ALL.iter().map(|(words, _)| *words).collect();
    reader.findings.wrong_with_hint(
        place,
        format!("{} is no kind of Tekton's", quoted(kind)),
        choice(kind, &known),
    );
}
