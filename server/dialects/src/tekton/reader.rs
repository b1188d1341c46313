//! What is needed everywhere while a text is read: where things stand, what was found, and how much may still be written out.

use std::collections::BTreeMap;
use std::ops::Range;

use regatta_domain::pipeline::{Diagnostic, NoteKind, Piece, Template};

use super::fields::{Fields, expected, scalar};
use super::reference::{self, Reference};
use super::scope::{Params, Scope};
use super::source::Source;
use super::value::{Value, append, known, push_text};
use crate::MAX_EXPANDED_BYTES;
use crate::findings::{Findings, quoted};
use crate::yaml::{self, Node, Place};

/// What is needed everywhere while a text is read.
pub struct Reader<'t> {
    /// What there is to say about it.
    pub findings: Findings,
    source: Source<'t>,
    /// How many bytes may still be written out.
    room: usize,
    /// What the pipeline's parameters are where nobody chooses something else.
    pub defaults: BTreeMap<String, String>,
}

/// A reference in a text, and what it stands for.
pub struct Hole {
    /// Its bytes in the text.
    pub range: Range<usize>,
    /// Where it is written.
    pub place: Place,
    /// What it refers to.
    pub reference: Reference,
    /// What that is; unknown where that is wrong and was told.
    pub value: Value,
}

impl<'t> Reader<'t> {
    pub fn new(text: &'t str) -> Self {
        Self {
            findings: Findings::default(),
            source: Source::new(text),
            room: MAX_EXPANDED_BYTES,
            defaults: BTreeMap::new(),
        }
    }

    /// Takes `bytes` of what may be written out. Where there is no more, that is told, once.
    pub fn take_room(&mut self, place: Place, bytes: usize) -> bool {
        if bytes <= self.room {
            self.room -= bytes;
            return true;
        }
        if self.room > 0 {
            let limit = MAX_EXPANDED_BYTES / 1024;
            let message =
                format!("with its references written out, this pipeline is longer than {limit} KiB");
            self.findings.wrong(place, message);
        }
        self.room = 0;
        false
    }

    /// The references in `text`, the value at `place`, and what they stand for.
    pub fn holes(&mut self, place: Place, text: &str, scope: &Scope<'_>) -> Vec<Hole> {
        let found = reference::find(text);
        if found.is_empty() || self.room == 0 || self.findings.is_full() {
            return Vec::new();
        }
        let mut finder = self.source.finder(place);
        let found = found.into_iter();
        let placed: Vec<_> = found.map(|found| (finder.next(&text[found.range.clone()]), found)).collect();
        let mut holes = Vec::with_capacity(placed.len());
        for (place, found) in placed {
            // Where no more may be written out or told, nothing more is worth following.
            if self.room == 0 || self.findings.is_full() {
                break;
            }
            let mut value = self.follow(place, &text[found.range.clone()], &found.reference, scope);
            if !self.take_room(place, value.size()) {
                value = Value::Unknown;
            }
            holes.push(Hole { range: found.range, place, reference: found.reference, value });
        }
        holes
    }

    fn follow(&mut self, place: Place, written: &str, reference: &Reference, scope: &Scope<'_>) -> Value {
        let broken = match scope.resolve(reference) {
            Ok(value) => return value,
            Err(broken) => broken,
        };
        match broken.problem {
            None => {
                self.findings.note(NoteKind::Explained, place, broken.message);
                Value::known(written)
            }
            Some(problem) => {
                let diagnostic = place.diagnostic(broken.message);
                self.findings.tell(Diagnostic { problem, hint: broken.hint, ..diagnostic });
                Value::Unknown
            }
        }
    }

    /// `text`, the value at `place`, with its references followed.
    pub fn template(&mut self, place: Place, text: &str, scope: &Scope<'_>) -> Template {
        let holes = self.holes(place, text, scope);
        self.filled(text, 0, &holes)
    }

    /// `text` after its first `at` bytes, with `holes` filled.
    fn filled(&mut self, text: &str, mut at: usize, holes: &[Hole]) -> Template {
        let mut template = Template::default();
        for hole in holes {
            push_text(&mut template, &text[at..hole.range.start]);
            at = hole.range.end;
            match &hole.value {
                Value::Text(value) => append(&mut template, value),
                Value::Unknown => {}
                other => {
                    let (written, kind) = (quoted(&text[hole.range.clone()]), other.kind());
                    let message = format!("{written} is {kind}, which cannot be a part of a text");
                    self.findings.wrong(hole.place, message);
                }
            }
        }
        push_text(&mut template, &text[at..]);
        template
    }

    /// The value of a parameter.
    pub fn value(&mut self, node: &Node<'_>, scope: &Scope<'_>) -> Value {
        match &node.value {
            yaml::Value::List(items) => Value::List(self.items(items, scope)),
            yaml::Value::Map(entries) => {
                let entries = entries.iter().map(|(key, node)| {
                    let text = self.text(node, "a value of an object", scope);
                    (key.name.clone(), text)
                });
                Value::Object(entries.collect())
            }
            _ => {
                let Some(text) = scalar(node) else { return Value::known("") };
                let mut holes = self.holes(node.place, &text, scope);
                match holes.as_slice() {
                    [hole] if hole.range == (0..text.len()) => holes.remove(0).value,
                    [Hole { range, value: Value::Path { folder, below }, .. }, rest @ ..]
                        if range.start == 0 =>
                    {
                        let mut below = below.clone();
                        append(&mut below, &self.filled(&text, range.end, rest));
                        Value::Path { folder, below }
                    }
                    holes => Value::Text(self.filled(&text, 0, holes)),
                }
            }
        }
    }

    /// The text of what has to be known when the pipeline is read: with the parameters' defaults, which is told; nothing
    /// where that does not do.
    pub fn settled(&mut self, template: &Template, place: Place) -> Option<String> {
        if let Some(text) = known(template) {
            return Some(text);
        }
        let lookup = |piece: &Piece| match piece {
            Piece::Parameter(name) => self.defaults.get(name).cloned(),
            _ => None,
        };
        if let Ok(text) = template.resolve(lookup) {
            let message = format!(
                "this is {} whatever is chosen for the parameter: it has to be known when the pipeline is read",
                quoted(&text)
            );
            self.findings.note(NoteKind::Explained, place, message);
            return Some(text);
        }
        let message = "this has to be known when the pipeline is read";
        let hint = "write it, or give the parameter that it comes from a `default`";
        self.findings.refused_with_hint(place, message, hint);
        None
    }

    /// The items of a list; a reference to a list brings in all of its items.
    pub fn items(&mut self, items: &[Node<'_>], scope: &Scope<'_>) -> Vec<Template> {
        let mut all = Vec::new();
        for item in items {
            match self.value(item, scope) {
                Value::List(more) => all.extend(more),
                Value::Text(text) => all.push(text),
                Value::Unknown => {}
                Value::Object(_) | Value::Path { .. } => {
                    self.findings.wrong(item.place, expected(item, "an item of a list", "text"));
                }
            }
        }
        all
    }

    /// The text of `node`, called `what` in messages.
    pub fn text(&mut self, node: &Node<'_>, what: &str, scope: &Scope<'_>) -> Template {
        if let Some(text) = scalar(node) {
            return self.template(node.place, &text, scope);
        }
        self.findings.wrong(node.place, expected(node, what, "text"));
        Template::default()
    }

    /// The parameters that are given a value, by name, below `key`.
    pub fn given(&mut self, fields: &Fields<'_, '_>, key: &str, scope: &Scope<'_>) -> Params {
        let mut given = Params::new();
        for item in fields.list(key, &mut self.findings) {
            let Some(param) = Fields::read(item, "a parameter", super::keys::GIVEN, &mut self.findings)
            else {
                continue;
            };
            let Some(name) = self.name(&param, "a parameter") else { continue };
            let value = match param.get("value") {
                Some(node) => self.value(node, scope),
                None if param.get("valueFrom").is_some() => Value::Unknown,
                None => Value::known(""),
            };
            if given.insert(name.clone(), value).is_some() {
                self.twice(param.place, "a parameter", &name);
            }
        }
        given
    }

    /// The `name` of something.
    pub fn name(&mut self, fields: &Fields<'_, '_>, what: &str) -> Option<String> {
        let name = fields.text("name", &mut self.findings);
        if name.is_none() && fields.get("name").is_none() {
            self.findings.wrong(fields.place, format!("{what} has no `name`"));
        }
        name.map(std::borrow::Cow::into_owned)
    }

    /// Tells that there are two of a kind with the same name.
    pub fn twice(&mut self, place: Place, what: &str, name: &str) {
        self.findings.wrong(place, format!("{what} called {} is there already", quoted(name)));
    }
}
