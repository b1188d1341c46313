//! Tekton's `Pipeline`, `PipelineRun`, `Task` and `TaskRun`.

use regatta_domain::pipeline::{Dialect, Reading};

/// Reads a Tekton document.
pub fn read(text: &str) -> Reading {
    let _ = text;
    Reading { dialect: Dialect::Tekton, ..Reading::default() }
}
