//! The form by which one asks for a run, has a text checked, or shares it.

use std::collections::BTreeMap;

use regatta_domain::pipeline::{Dialect, MAX_ARGUMENT_BYTES, MAX_SOURCE_BYTES};
use regatta_domain::slug::Slug;

/// Before the name of a parameter's field stands this; the parameter's name follows.
pub const PARAMETER_PREFIX: &str = "p-";

/// More parameters than any pipeline has.
const MAX_PARAMETERS: usize = 128;

/// The form as it was sent, with plain line feeds. Without a text the demo is run as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunForm {
    /// The demo it came from, where it came from one; as it was sent.
    pub demo: Option<String>,
    /// What the text is written in, where that was said.
    pub dialect: Option<Dialect>,
    /// The text of the pipeline, where it was sent along.
    pub pipeline: Option<String>,
    /// What was chosen for parameters, by name.
    pub parameters: BTreeMap<String, String>,
    /// Whether a replay of an earlier run will not do.
    pub fresh: bool,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRequest {
    /// The demo it came from.
    pub demo: Option<Slug>,
    /// The text that was sent along.
    pub source: Option<String>,
}

/// Why a [`RunForm`] asks for nothing that can be run. The words are for the person who sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RunFormError {
    /// No demo has this name.
    #[error("There is no such demo.")]
    Demo,
    /// There is nothing in it.
    #[error("The pipeline is empty. Write at least one job with one step.")]
    Empty,
    /// More than [`MAX_SOURCE_BYTES`].
    #[error("The pipeline is too long: at most {} KiB.", MAX_SOURCE_BYTES / 1024)]
    TooLong,
    /// The character U+0000 is in it, which YAML has no place for, and databases neither.
    #[error("There is a zero byte in line {line} of the pipeline, which no text has: take it out.")]
    Zero {
        /// The line that holds the first of them, from 1.
        line: usize,
    },
}

impl RunForm {
    /// The form from its fields in the order in which they were sent. Of several values for a parameter the last counts: a
    /// box to tick sends `false` before it.
    pub fn read(sent: &[(String, String)]) -> Self {
        let mut form = Self::default();
        for (name, value) in sent {
            // Browsers send line ends as CR LF (HTML standard, section 4.10.21.8).
            let value = value.replace("\r\n", "\n");
            match name.as_str() {
                "demo" if !value.is_empty() => form.demo = Some(value),
                "dialect" => form.dialect = Dialect::named(&value),
                "pipeline" => form.pipeline = Some(value),
                "fresh" => form.fresh = value == "yes",
                _ => form.choose(name, value),
            }
        }
        form
    }

    fn choose(&mut self, field: &str, mut value: String) {
        let Some(name) = field.strip_prefix(PARAMETER_PREFIX) else { return };
        let known = self.parameters.contains_key(name);
        if known || self.parameters.len() < MAX_PARAMETERS {
            // Cut right behind the limit: it stays noticeably too long, and is no burden.
            value.truncate(value.floor_char_boundary(2 * MAX_ARGUMENT_BYTES));
            self.parameters.insert(name.to_owned(), value);
        }
    }

    /// What is asked for.
    pub fn parse(&self) -> Result<RunRequest, RunFormError> {
        let demo = self.demo.as_ref().map(|demo| demo.parse().map_err(|_| RunFormError::Demo)).transpose()?;
        match &self.pipeline {
            Some(text) if text.len() > MAX_SOURCE_BYTES => Err(RunFormError::TooLong),
            Some(text) if text.trim().is_empty() => Err(RunFormError::Empty),
            Some(text) if text.contains('\0') => Err(RunFormError::Zero { line: line_of_zero(text) }),
            None if demo.is_none() => Err(RunFormError::Empty),
            source => Ok(RunRequest { demo, source: source.clone() }),
        }
    }
}

fn line_of_zero(text: &str) -> usize {
    1 + text.chars().take_while(|c| *c != '\0').filter(|c| *c == '\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(fields: &[(&str, &str)]) -> RunForm {
        let fields: Vec<_> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        RunForm::read(&fields)
    }

    #[test]
    fn line_ends_are_those_of_the_content_file() {
        let request = form(&[("demo", "hello"), ("pipeline", "jobs:\r\n  main:\r\n")]).parse().unwrap();
        assert_eq!(request.source.as_deref(), Some("jobs:\n  main:\n"));
        assert_eq!(form(&[("demo", "hello")]).parse().unwrap().source, None);
    }

    #[test]
    fn refuses_what_cannot_be_run() {
        assert_eq!(form(&[("pipeline", " \n")]).parse(), Err(RunFormError::Empty));
        assert_eq!(form(&[("fresh", "yes")]).parse(), Err(RunFormError::Empty), "neither a text nor a demo");
        let long = "x".repeat(MAX_SOURCE_BYTES + 1);
        assert_eq!(form(&[("pipeline", &long)]).parse(), Err(RunFormError::TooLong));
        assert_eq!(form(&[("demo", "../x")]).parse(), Err(RunFormError::Demo));
        let zero = form(&[("pipeline", "jobs:\r\n  a: \0\r\n\0")]).parse();
        assert_eq!(zero, Err(RunFormError::Zero { line: 2 }));
    }

    #[test]
    fn of_a_box_to_tick_the_last_value_counts() {
        let ticked = form(&[("p-loud", "false"), ("p-loud", "true"), ("p-ship", "Patience"), ("other", "x")]);
        let chosen: Vec<_> =
            ticked.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(chosen, [("loud", "true"), ("ship", "Patience")]);
        assert!(!ticked.fresh && form(&[("fresh", "yes")]).fresh);
    }

    #[test]
    fn more_than_any_pipeline_asks_for_is_no_burden() {
        let mut fields: Vec<(String, String)> =
            (0..1000).map(|at| (format!("p-{at}"), "é".repeat(MAX_ARGUMENT_BYTES))).collect();
        fields.push(("dialect".into(), "tekton".into()));
        let form = RunForm::read(&fields);
        assert_eq!(form.parameters.len(), MAX_PARAMETERS);
        assert!(form.parameters.values().all(|value| value.len() <= 2 * MAX_ARGUMENT_BYTES));
        assert_eq!(form.dialect, Some(Dialect::Tekton));
    }
}
