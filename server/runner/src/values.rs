//! The values that a job hands on: its files of results, and its metadata by first key.
//!
//! [`gather`] reads them, as a helper; [`Gathered`] is what it prints of each, a line of JSON.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use regatta_runner::frame::{MAX_NAME, MAX_VALUE, MAX_VALUES};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::meta;
use crate::surroundings::{METADATA, RESULTS};
use crate::system;

/// What there is to say of a value.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gathered {
    /// It is handed on.
    Value {
        /// Its name.
        name: String,
        /// What it is.
        value: String,
    },
    /// It is not, and why: a line.
    LeftOut(String),
}

/// Prints the results of these names, and the metadata where there is any.
pub fn gather(state: &Path, names: &[&str]) -> Result<(), String> {
    let mut gathered = results(&state.join(RESULTS), names);
    gathered.extend(metadata(&state.join(METADATA)));
    print(within_limits(gathered)).map_err(|error| format!("cannot tell of values: {error}"))
}

fn print(gathered: Vec<Gathered>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for gathered in gathered {
        serde_json::to_writer(&mut out, &gathered)?;
        out.write_all(b"\n")?;
    }
    out.flush()
}

/// A result that no step wrote is none.
fn results(folder: &Path, names: &[&str]) -> Vec<Gathered> {
    names
        .iter()
        .filter_map(|name| result(folder, name).transpose())
        .map(|read| read.unwrap_or_else(Gathered::LeftOut))
        .collect()
}

fn result(folder: &Path, name: &str) -> Result<Option<Gathered>, String> {
    let left_out = |why: &str| format!("the result {name} is not handed on: {why}");
    let file = match system::open_plain_file(&folder.join(name)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(left_out(&error.to_string())),
    };
    let bytes = at_most(file, MAX_VALUE + 1).map_err(|error| left_out(&error.to_string()))?;
    if bytes.len() > MAX_VALUE {
        return Err(left_out(&format!("it is longer than {MAX_VALUE} bytes")));
    }
    let value = String::from_utf8(bytes).map_err(|_| left_out("it is not text"))?;
    Ok(Some(Gathered::Value { name: name.to_owned(), value }))
}

fn at_most(file: File, bytes: usize) -> io::Result<Vec<u8>> {
    let mut read = Vec::new();
    file.take(bytes as u64).read_to_end(&mut read)?;
    Ok(read)
}

fn metadata(file: &Path) -> Vec<Gathered> {
    match meta::store::read(file) {
        Ok(metadata) => metadata.map_or_else(Vec::new, by_first_key),
        Err(why) => vec![Gathered::LeftOut(format!("metadata is not handed on: {why}"))],
    }
}

fn by_first_key(metadata: Map<String, Value>) -> Vec<Gathered> {
    let value = |(name, value): (String, Value)| Gathered::Value { name, value: value.to_string() };
    metadata.into_iter().map(value).collect()
}

/// The same, without what is too long or too much.
fn within_limits(gathered: Vec<Gathered>) -> Vec<Gathered> {
    let mut values = 0;
    let judge = |gathered| match gathered {
        Gathered::Value { name, .. } if name.len() > MAX_NAME => {
            Gathered::LeftOut(format!("a value is not handed on: its name is longer than {MAX_NAME} bytes"))
        }
        Gathered::Value { name, value } if value.len() > MAX_VALUE => {
            Gathered::LeftOut(format!("{name} is not handed on: it is longer than {MAX_VALUE} bytes"))
        }
        Gathered::Value { name, value } => {
            values += 1;
            if values <= MAX_VALUES {
                Gathered::Value { name, value }
            } else {
                Gathered::LeftOut(format!("{name} is not handed on: more than {MAX_VALUES} values"))
            }
        }
        left_out @ Gathered::LeftOut(_) => left_out,
    };
    gathered.into_iter().map(judge).collect()
}
