//! The form by which one asks for a run.

use regatta_domain::pipeline::MAX_SOURCE_BYTES;
use regatta_domain::slug::Slug;
use serde::Deserialize;

/// The form as it was sent. Without a text the demo is run as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct RunForm {
    /// The demo it came from.
    pub demo: String,
    /// The text of the pipeline, where it was sent along.
    pub pipeline: Option<String>,
}

/// What is to be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRequest {
    /// The demo it came from.
    pub demo: Slug,
    /// The text that was sent along, with plain line feeds.
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
}

impl RunForm {
    /// What is to be run.
    pub fn parse(&self) -> Result<RunRequest, RunFormError> {
        let demo = self.demo.parse().map_err(|_| RunFormError::Demo)?;
        // Browsers send line ends as CR LF (HTML standard, section 4.10.21.8).
        let source = self.pipeline.as_ref().map(|text| text.replace("\r\n", "\n"));
        match &source {
            Some(text) if text.len() > MAX_SOURCE_BYTES => Err(RunFormError::TooLong),
            Some(text) if text.trim().is_empty() => Err(RunFormError::Empty),
            _ => Ok(RunRequest { demo, source }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(pipeline: Option<String>) -> RunForm {
        RunForm { demo: "hello".into(), pipeline }
    }

    #[test]
    fn line_ends_are_those_of_the_content_file() {
        let request = form(Some("jobs:\r\n  main:\r\n".into())).parse().unwrap();
        assert_eq!(request.source.as_deref(), Some("jobs:\n  main:\n"));
        assert_eq!(form(None).parse().unwrap().source, None);
    }

    #[test]
    fn refuses_what_cannot_be_run() {
        assert_eq!(form(Some(" \n".into())).parse(), Err(RunFormError::Empty));
        assert_eq!(form(Some("x".repeat(MAX_SOURCE_BYTES + 1))).parse(), Err(RunFormError::TooLong));
        assert_eq!(RunForm { demo: "../x".into(), pipeline: None }.parse(), Err(RunFormError::Demo));
    }
}
