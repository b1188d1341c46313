//! What the command `meta` is told, and what it answers.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::Value;

use super::key::Key;
use super::store;

/// The variable that names the file.
const FILE: &str = "SD_META_PATH";
/// The file's name in a folder that the call names.
const NAME: &str = "meta.json";

const USAGE: &str = "usage: meta get KEY [--json-value] | meta set KEY VALUE [--json-value]";
const EXTERNAL: &str = "--external is not to be had here: a run has the metadata of its own jobs only";

/// A call, understood.
#[derive(Debug, Default, PartialEq, Eq)]
struct Call<'a> {
    words: Vec<&'a str>,
    json: bool,
    folder: Option<&'a str>,
}

/// Answers a call with these arguments.
pub fn run(arguments: &[&str]) -> ExitCode {
    let result = Call::parse(arguments).and_then(|call| {
        let file = call.file()?;
        call.answer(&file)
    });
    match result.and_then(|answer| print(&answer).map_err(|error| error.to_string())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("ERROR: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn print(answer: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(answer.as_bytes())?;
    out.flush()
}

impl<'a> Call<'a> {
    /// Options may stand before and after the words, as people write them.
    fn parse(arguments: &[&'a str]) -> Result<Self, String> {
        let mut call = Self::default();
        let mut rest = arguments.iter().copied();
        while let Some(argument) = rest.next() {
            match argument.split_once('=').map_or((argument, None), |(name, value)| (name, Some(value))) {
                ("--", None) => call.words.extend(rest.by_ref()),
                ("-j" | "--json-value", None) => call.json = true,
                ("--meta-space", value) => {
                    call.folder = Some(value.or_else(|| rest.next()).ok_or_else(|| USAGE.to_owned())?);
                }
                ("-e" | "--external" | "--last-successful", _) => return Err(EXTERNAL.to_owned()),
                _ if is_an_option(argument) => {
                    return Err(format!("the option {argument} is not known here; {USAGE}"));
                }
                _ => call.words.push(argument),
            }
        }
        Ok(call)
    }

    fn file(&self) -> Result<PathBuf, String> {
        let named = self.folder.map(|folder| Path::new(folder).join(NAME));
        let file = named.or_else(|| std::env::var_os(FILE).map(PathBuf::from));
        file.ok_or_else(|| format!("no file of metadata: {FILE} is not set"))
    }

    /// What to print.
    fn answer(&self, file: &Path) -> Result<String, String> {
        let within = |reason| format!("{}: {reason}", file.display());
        match self.words.as_slice() {
            ["get", key] => {
                let key = Key::parse(key)?;
                let metadata = store::read(file).map_err(within)?.unwrap_or_default();
                Ok(shown(key.get(&metadata).unwrap_or(&Value::Null), self.json))
            }
            ["set", key, value] => {
                let key = Key::parse(key)?;
                let value = self.value(value)?;
                let set = |metadata: &mut _| {
                    key.set(metadata, value);
                    Ok(())
                };
                store::change(file, set).map(|()| String::new()).map_err(within)
            }
            _ => Err(USAGE.to_owned()),
        }
    }

    fn value(&self, text: &str) -> Result<Value, String> {
        if self.json {
            return serde_json::from_str(text).map_err(|error| format!("the value is not JSON: {error}"));
        }
        Ok(guessed(text))
    }
}

/// A negative number is none.
fn is_an_option(argument: &str) -> bool {
    argument.starts_with('-') && argument.len() > 1 && argument.parse::<f64>().is_err()
}

/// Text as it is, everything else as JSON.
fn shown(value: &Value, json: bool) -> String {
    match value {
        Value::String(text) if !json => text.clone(),
        value => value.to_string(),
    }
}

/// What a value is when nobody says: a number, a truth value in any of the ways that Screwdriver takes, or text.
fn guessed(text: &str) -> Value {
    if let Ok(number) = text.parse::<i64>() {
        return number.into();
    }
    let numeric = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    if let Some(number) = text.parse::<f64>().ok().filter(|number| numeric && number.is_finite()) {
        return number_value(number);
    }
    match text {
        "t" | "T" | "true" | "True" | "TRUE" => true.into(),
        "f" | "F" | "false" | "False" | "FALSE" => false.into(),
        text => text.into(),
    }
}

/// Whole numbers are written without a fraction.
fn number_value(number: f64) -> Value {
    let text = number.to_string();
    text.parse::<i64>().map_or_else(|_| number.into(), Value::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(file: &Path, arguments: &[&str]) -> Result<String, String> {
        Call::parse(arguments)?.answer(file)
    }

    #[test]
    fn what_is_set_is_got_as_screwdriver_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("meta.json");
        assert_eq!(answer(&file, &["get", "example"]).unwrap(), "null");
        for call in [
            &["set", "example.coverage", "99.95"][..],
            &["set", "foo[2].bar[1]", "baz"],
            &["set", "object", "{\"bar\": \"baz\", \"buz\": 123}", "--json-value"],
            &["set", "-j", "list", "[1,\"two\"]"],
            &["set", "yes", "true"],
            &["set", "whole", "2.0"],
            &["set", "below", "-5"],
            &["set", "dashes", "--", "--x"],
        ] {
            assert_eq!(answer(&file, call).unwrap(), "", "{call:?}");
        }
        for (call, expected) in [
            (&["get", "example.coverage"][..], "99.95"),
            (&["get", "example"], "{\"coverage\":99.95}"),
            (&["get", "foo"], "[null,null,{\"bar\":[null,\"baz\"]}]"),
            (&["get", "foo[2].bar[1]"], "baz"),
            (&["get", "foo[2].bar[1]", "--json-value"], "\"baz\""),
            (&["get", "object.bar"], "baz"),
            (&["get", "object.buz"], "123"),
            (&["get", "list[1]"], "two"),
            (&["get", "yes"], "true"),
            (&["get", "whole"], "2"),
            (&["get", "below"], "-5"),
            (&["get", "dashes"], "--x"),
            (&["get", "missing.key[7]"], "null"),
        ] {
            assert_eq!(answer(&file, call).unwrap(), expected, "{call:?}");
        }
    }

    #[test]
    fn what_is_not_to_be_had_is_refused_with_words() {
        let file = Path::new("/nonexistent/meta.json");
        for call in [
            &["get", "a", "--external", "sd@1:main"][..],
            &["get", "a", "-e", "x"],
            &["get", "--external=x", "a"],
        ] {
            assert_eq!(answer(file, call), Err(EXTERNAL.to_owned()), "{call:?}");
        }
        for call in [&["get"][..], &["set", "a"], &["lua"], &[], &["get", "a", "b"]] {
            assert_eq!(answer(file, call), Err(USAGE.to_owned()), "{call:?}");
        }
        assert!(answer(file, &["get", "a", "-x"]).unwrap_err().contains("-x"));
        assert!(answer(file, &["set", "a", "{", "-j"]).unwrap_err().contains("not JSON"));
        assert!(answer(file, &["set", "a", "b"]).unwrap_err().contains("/nonexistent"));
    }
}
