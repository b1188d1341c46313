//! Annotations: what a job asks of the machinery that runs it.

use regatta_domain::pipeline::{JobLimits, NoteKind};

use super::expected;
use crate::findings::{Findings, quoted};
use crate::yaml::{Key, Node, Value};

/// The annotation by which a job hands its workspace on, and the one value it takes.
const WORKSPACE: (&str, &str) = ("regatta/workspace", "hand-on");

/// The sizes of memory that have a name, in gigabytes.
const MEMORY: [(&str, u64); 4] = [("MICRO", 1), ("LOW", 2), ("HIGH", 12), ("TURBO", 16)];

/// Annotations that ask for something else than a run here has, and why it has none.
const IGNORED: [(&str, &str); 9] = [
    ("buildCluster", "there is one cluster of sandboxes here"),
    ("buildPeriodically", "a run here starts when somebody asks for it"),
    ("cpu", "every sandbox here has the same processors"),
    ("disk", "every sandbox here has the same space"),
    ("diskSpeed", "every sandbox here has the same space"),
    ("dockerCpu", "there is no Docker in the sandboxes here"),
    ("dockerRam", "there is no Docker in the sandboxes here"),
    ("mergeSharedSteps", "it concerns the steps of templates, and there are none here"),
    ("repoManifest", "no repository is checked out here"),
];

/// What the annotations of a job ask for.
#[derive(Clone, Debug, Default)]
pub struct Annotations {
    /// Time and memory.
    pub limits: JobLimits,
    /// The executor.
    pub executor: Option<String>,
    /// Its workspace goes to the jobs that need it.
    pub hands_on_workspace: Option<bool>,
    /// Screwdriver takes it as succeeded and runs none of its steps.
    pub is_virtual: Option<bool>,
}

impl Annotations {
    /// These, and where they say nothing, those of `shared`.
    pub fn over(self, shared: &Self) -> Self {
        Self {
            limits: JobLimits {
                time_ms: self.limits.time_ms.or(shared.limits.time_ms),
                memory_bytes: self.limits.memory_bytes.or(shared.limits.memory_bytes),
            },
            executor: self.executor.or_else(|| shared.executor.clone()),
            hands_on_workspace: self.hands_on_workspace.or(shared.hands_on_workspace),
            is_virtual: self.is_virtual.or(shared.is_virtual),
        }
    }
}

/// Reads the annotations of a job; each that asks for what there is not here is noted or refused.
pub fn read(node: &Node<'_>, findings: &mut Findings) -> Annotations {
    let mut annotations = Annotations::default();
    for (key, value) in entries(node, findings) {
        // Screwdriver reads both prefixes.
        match key.name.strip_prefix("beta.").unwrap_or(&key.name).strip_prefix("screwdriver.cd/") {
            Some(name) => annotations.read_one(name, key, value, findings),
            None if key.name == WORKSPACE.0 => annotations.read_workspace(value, findings),
            None => unknown(key, findings),
        }
    }
    annotations
}

/// Reads the annotations of a whole file, none of which a job could see.
pub fn pass_over(node: &Node<'_>, findings: &mut Findings) {
    for (key, _) in entries(node, findings) {
        unknown(key, findings);
    }
}

fn entries<'n, 't>(node: &'n Node<'t>, findings: &mut Findings) -> &'n [(Key, Node<'t>)] {
    match &node.value {
        Value::Map(entries) => return entries,
        Value::Null => {}
        _ => findings.tell(expected(node, "`annotations`", "a mapping")),
    }
    &[]
}

fn unknown(key: &Key, findings: &mut Findings) {
    findings.ignored(key.place, &key.name, "nothing here reads this annotation");
}

impl Annotations {
    fn read_one(&mut self, name: &str, key: &Key, value: &Node<'_>, findings: &mut Findings) {
        let asks = !matches!(value.text().as_deref(), None | Some("false"));
        match name {
            "timeout" => self.limits.time_ms = minutes(value, findings),
            "ram" => self.limits.memory_bytes = memory(value, findings),
            "executor" => self.executor = executor(value, findings),
            "virtualJob" => self.is_virtual = Some(asks),
            "dockerEnabled" if asks => findings.refused(
                key.place,
                format!("`{}` cannot be run here: there is no Docker in the sandboxes", key.name),
            ),
            "dockerEnabled" => {}
            "jobDisabledByDefault" if asks => findings.note(
                NoteKind::Explained,
                key.place,
                "Screwdriver would leave this job out until somebody switches it on; here it runs",
            ),
            _ => match IGNORED.iter().find(|(known, _)| *known == name) {
                Some((_, why)) => findings.ignored(key.place, &key.name, why),
                None => unknown(key, findings),
            },
        }
    }

    fn read_workspace(&mut self, value: &Node<'_>, findings: &mut Findings) {
        let (name, only) = WORKSPACE;
        match value.text().as_deref() {
            Some("false") => self.hands_on_workspace = Some(false),
            Some(text) if text == only => self.hands_on_workspace = Some(true),
            _ => findings.wrong_with_hint(
                value.place,
                format!("`{name}` cannot have this value"),
                format!("`{name}: {only}` gives the workspace to the jobs that require this one"),
            ),
        }
    }
}

fn minutes(value: &Node<'_>, findings: &mut Findings) -> Option<u64> {
    let minutes = value.text().and_then(|text| text.parse::<u32>().ok()).filter(|minutes| *minutes > 0);
    if minutes.is_none() {
        findings.wrong(value.place, "a timeout is a number of minutes");
    }
    minutes.map(|minutes| u64::from(minutes) * 60_000)
}

fn memory(value: &Node<'_>, findings: &mut Findings) -> Option<u64> {
    let text = value.text().unwrap_or_default();
    let named = MEMORY.iter().find(|(name, _)| name.eq_ignore_ascii_case(&text));
    let gigabytes = named.map(|(_, size)| *size).or_else(|| text.parse().ok());
    let bytes = gigabytes.filter(|size| (1..=1024).contains(size)).map(|size| size << 30);
    if bytes.is_none() {
        let sizes = MEMORY.map(|(name, _)| name).join(", ");
        findings.wrong(value.place, format!("memory is one of {sizes}, or a number of gigabytes"));
    }
    bytes
}

fn executor(value: &Node<'_>, findings: &mut Findings) -> Option<String> {
    let name = value.text().filter(|name| super::is_word(name) && name.len() <= super::MAX_NAME);
    if name.is_none() {
        let written = value.text().map_or_else(|| value.value.kind().to_owned(), |name| quoted(&name));
        findings.wrong(value.place, format!("{written} cannot be the name of an executor"));
    }
    name.map(String::from)
}
