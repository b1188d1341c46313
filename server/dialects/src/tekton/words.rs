//! Values as they stand in a script: as text where they are known, else as references to the environment.

use std::collections::{BTreeMap, BTreeSet};

use regatta_domain::pipeline::{Piece, Template};

use super::value::{Value, known};
use crate::substitution::quote;

/// A part of a word of a shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chunk {
    /// Text.
    Text(String),
    /// The value of a variable, by its name.
    Variable(String),
}

/// A word of a shell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Word(pub Vec<Chunk>);

/// The variables of a job that hold what references stand for.
#[derive(Default)]
pub struct Variables {
    values: BTreeMap<String, Template>,
    taken: BTreeSet<String>,
    /// The name that was found for each wanted one with its value.
    names: BTreeMap<String, String>,
    /// The last number that was put behind each wanted name.
    numbers: BTreeMap<String, usize>,
}

impl Word {
    /// Appends `text`.
    pub fn push_text(&mut self, text: &str) {
        match self.0.last_mut() {
            Some(Chunk::Text(before)) => before.push_str(text),
            _ if text.is_empty() => {}
            _ => self.0.push(Chunk::Text(text.to_owned())),
        }
    }

    /// Appends `chunks`.
    pub fn push(&mut self, chunks: Vec<Chunk>) {
        for chunk in chunks {
            match chunk {
                Chunk::Text(text) => self.push_text(&text),
                variable @ Chunk::Variable(_) => self.0.push(variable),
            }
        }
    }

    /// Its text, where no variable is in it.
    pub fn known(&self) -> Option<String> {
        match self.0.as_slice() {
            [] => Some(String::new()),
            [Chunk::Text(text)] => Some(text.clone()),
            _ => None,
        }
    }

    /// It as a shell reads it as one word, whatever is in it.
    pub fn quoted(&self) -> String {
        if self.0.is_empty() {
            return quote("");
        }
        let chunk = |chunk: &Chunk| match chunk {
            Chunk::Text(text) => quote(text),
            Chunk::Variable(name) => format!("\"${{{name}}}\""),
        };
        self.0.iter().map(chunk).collect()
    }
}

impl Variables {
    /// Keeps `name` for something else.
    pub fn reserve(&mut self, name: &str) {
        self.taken.insert(name.to_owned());
    }

    /// The variable that holds `value`, called `wanted` where that is free.
    pub fn holding(&mut self, wanted: &str, value: &Template) -> String {
        let key = format!("{wanted}\0{value:?}");
        if let Some(name) = self.names.get(&key) {
            return name.clone();
        }
        let number = self.numbers.entry(wanted.to_owned()).or_insert(1);
        let mut name = wanted.to_owned();
        while self.taken.contains(&name) {
            *number += 1;
            name = format!("{wanted}_{number}");
        }
        self.names.insert(key, name.clone());
        self.taken.insert(name.clone());
        self.values.insert(name.clone(), value.clone());
        name
    }

    /// What the variable `name` holds.
    pub fn held_by(&self, name: &str) -> Option<&Template> {
        self.values.get(name)
    }

    /// Their names and values.
    pub fn into_values(self) -> BTreeMap<String, Template> {
        self.values
    }

    /// `value` in parts of a word; variables are called `wanted` where that is free. Nothing where it is no text.
    pub fn chunks(&mut self, wanted: &str, value: &Value) -> Option<Vec<Chunk>> {
        match value {
            Value::Text(text) => Some(vec![self.chunk(wanted, text)]),
            Value::Path { folder, below } => {
                let mut chunks = vec![Chunk::Variable((*folder).to_owned())];
                for piece in &below.0 {
                    chunks.push(match piece {
                        Piece::Text(text) => Chunk::Text(text.clone()),
                        other => self.chunk(wanted, &Template(vec![other.clone()])),
                    });
                }
                Some(chunks)
            }
            Value::Unknown => Some(Vec::new()),
            Value::List(_) | Value::Object(_) => None,
        }
    }

    /// `text` as a part of a word.
    pub fn chunk(&mut self, wanted: &str, text: &Template) -> Chunk {
        match known(text) {
            Some(text) => Chunk::Text(text),
            None => Chunk::Variable(self.holding(wanted, text)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_with_one_name_are_kept_apart() {
        let mut variables = Variables::default();
        variables.reserve("PARAM_a_b");
        let (one, other) = (Template::parameter("a.b"), Template::parameter("a-b"));
        assert_eq!(variables.holding("PARAM_a_b", &one), "PARAM_a_b_2");
        assert_eq!(variables.holding("PARAM_a_b", &other), "PARAM_a_b_3");
        assert_eq!(variables.holding("PARAM_x", &other), "PARAM_x");
        assert_eq!(variables.holding("PARAM_x", &other), "PARAM_x");
        assert_eq!(variables.into_values().len(), 3);
    }

    #[test]
    fn words_are_quoted() {
        let mut word = Word::default();
        assert_eq!(word.quoted(), "''");
        word.push_text("it's ");
        assert_eq!(word.known().as_deref(), Some("it's "));
        word.push(vec![Chunk::Variable("X".to_owned()), Chunk::Text("/a".to_owned())]);
        assert_eq!(word.quoted(), r#"'it'\''s '"${X}"/a"#);
        assert_eq!(word.known(), None);
    }
}
