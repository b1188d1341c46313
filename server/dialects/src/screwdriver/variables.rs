//! The variables of a job as its steps see them.
//!
//! Screwdriver puts a job's variables together one after the other, and each may refer to those before it (`$NAME` or
//! `${NAME}`). What is known from the text, or will be when the job starts, is put in here; a variable that refers to
//! something only the sandbox knows (`PATH`) is left to the job's shell.

use std::collections::BTreeMap;

use regatta_domain::pipeline::{Piece, Template};

/// The variables of a job in the order they are written; those that `shared` wrote first stay first.
#[derive(Clone, Debug, Default)]
pub struct Variables(Vec<(String, String)>);

/// The variables of a job, put together.
#[derive(Debug, Default)]
pub struct Evaluated {
    /// What its steps start with.
    pub environment: BTreeMap<String, Template>,
    /// Lines for its shell that set the rest.
    pub lines: Vec<String>,
}

/// A part of a variable's value.
#[derive(Debug, PartialEq, Eq)]
enum Part<'t> {
    Text(&'t str),
    Reference(&'t str),
}

impl Variables {
    /// Sets `name`, in the place where it stands already if it does.
    pub fn set(&mut self, name: &str, value: String) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, before)) => *before = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    /// Sets all of `others`.
    pub fn extend(&mut self, others: &Self) {
        for (name, value) in &others.0 {
            self.set(name, value.clone());
        }
    }

    /// The value of `name` as it is written.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Names and values as they are written, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// These variables put together, after `known`, which they may refer to and override.
    pub fn evaluate(&self, known: BTreeMap<String, Template>) -> Evaluated {
        let mut evaluated = Evaluated { environment: known, lines: Vec::new() };
        for (name, value) in self.iter() {
            let parts = parts(value);
            if let Some(template) = template(&parts, &evaluated.environment) {
                evaluated.environment.insert(name.to_owned(), template);
            } else {
                // What comes later and refers to it is left to the shell as well.
                evaluated.environment.remove(name);
                evaluated.lines.push(format!("export {name}=\"{}\"\n", in_quotes(&parts)));
            }
        }
        evaluated
    }
}

/// The names that `text` refers to.
pub fn references(text: &str) -> impl Iterator<Item = &str> {
    parts(text).into_iter().filter_map(|part| match part {
        Part::Reference(name) => Some(name),
        Part::Text(_) => None,
    })
}

fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    let mut searched = 0;
    while let Some(dollar) = rest[searched..].find('$').map(|at| at + searched) {
        let Some((name, after)) = reference(&rest[dollar + 1..]) else {
            searched = dollar + 1;
            continue;
        };
        parts.extend((dollar > 0).then(|| Part::Text(&rest[..dollar])));
        parts.push(Part::Reference(name));
        rest = after;
        searched = 0;
    }
    parts.extend((!rest.is_empty()).then_some(Part::Text(rest)));
    parts
}

/// The name that stands behind a `$`, with or without braces, and what comes after it.
fn reference(text: &str) -> Option<(&str, &str)> {
    let (text, braces) = text.strip_prefix('{').map_or((text, false), |text| (text, true));
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    let (name, after) = text.split_at(end);
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    Some((name, if braces { after.strip_prefix('}')? } else { after }))
}

/// The value, where all it refers to is known.
fn template(parts: &[Part<'_>], known: &BTreeMap<String, Template>) -> Option<Template> {
    let mut pieces: Vec<Piece> = Vec::new();
    for part in parts {
        let more = match part {
            Part::Text(text) => vec![Piece::Text((*text).to_owned())],
            Part::Reference(name) => known.get(*name)?.0.clone(),
        };
        for piece in more {
            match (pieces.last_mut(), piece) {
                (Some(Piece::Text(text)), Piece::Text(more)) => text.push_str(&more),
                (_, piece) => pieces.push(piece),
            }
        }
    }
    if pieces.is_empty() {
        pieces.push(Piece::Text(String::new()));
    }
    Some(Template(pieces))
}

/// The value as the shell reads it between double quotes.
fn in_quotes(parts: &[Part<'_>]) -> String {
    let mut quoted = String::new();
    for part in parts {
        match part {
            Part::Reference(name) => quoted.extend(["${", *name, "}"]),
            Part::Text(text) => {
                for c in text.chars() {
                    quoted.extend(matches!(c, '\\' | '"' | '`' | '$').then_some('\\'));
                    quoted.push(c);
                }
            }
        }
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evaluated(pairs: &[(&str, &str)]) -> Evaluated {
        let mut variables = Variables::default();
        for (name, value) in pairs {
            variables.set(name, (*value).to_owned());
        }
        variables.evaluate(BTreeMap::from([("region".to_owned(), Template::parameter("region"))]))
    }

    #[test]
    fn variables_refer_to_those_before_them() {
        let Evaluated { environment, lines } =
            evaluated(&[("A", "one"), ("B", "${A}-$A two"), ("C", "$region/${A}"), ("D", "")]);
        assert_eq!(environment["B"], Template::text("one-one two"));
        let pieces = [Piece::Parameter("region".to_owned()), Piece::Text("/one".to_owned())];
        assert_eq!(environment["C"], Template(pieces.to_vec()));
        assert_eq!(environment["D"], Template::text(""));
        assert!(lines.is_empty());
    }

    #[test]
    fn what_only_the_sandbox_knows_is_left_to_the_shell() {
        let Evaluated { environment, lines } =
            evaluated(&[("PATH", "/opt/$0\"`x`\\:$PATH"), ("B", "${PATH}:b"), ("C", "$5 $ ${} ${A")]);
        assert_eq!(lines, ["export PATH=\"/opt/\\$0\\\"\\`x\\`\\\\:${PATH}\"\n", "export B=\"${PATH}:b\"\n"]);
        assert!(!environment.contains_key("PATH") && !environment.contains_key("B"));
        assert_eq!(environment["C"], Template::text("$5 $ ${} ${A"));
    }

    #[test]
    fn a_variable_keeps_its_place_when_it_is_set_again() {
        let mut variables = Variables::default();
        for (name, value) in [("FOO", "shared"), ("MINE", "${FOO}"), ("FOO", "own")] {
            variables.set(name, value.to_owned());
        }
        assert_eq!(variables.evaluate(BTreeMap::new()).environment["MINE"], Template::text("own"));
    }
}
