//! Making the module small, by Binaryen.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The features of WebAssembly that Rust's compiler uses and that browsers have. They are named one by one because
/// `--all-features` lets Binaryen write encodings that browsers do not read yet.
const FEATURES: [&str; 7] = [
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-reference-types",
    "--enable-multivalue",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
];

/// Why the module could not be made small.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ShrinkError {
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("{} could not be started: {source}", tool.display())]
    Start { tool: PathBuf, source: io::Error },
    #[error("{} failed: {message}", tool.display())]
    Tool { tool: PathBuf, message: String },
}

/// Optimises `module` for size with `tool` (wasm-opt), by way of two files in `folder` that are gone afterwards.
pub(crate) fn shrink(tool: &Path, module: &[u8], folder: &Path) -> Result<Vec<u8>, ShrinkError> {
    let before = folder.join("before.wasm");
    let after = folder.join("after.wasm");
    let file = |path: &Path| {
        let path = path.to_owned();
        move |source| ShrinkError::File { path, source }
    };
    fs::write(&before, module).map_err(file(&before))?;
    let ran = Command::new(tool).arg("-Oz").args(FEATURES).arg(&before).arg("-o").arg(&after).output();
    fs::remove_file(&before).map_err(file(&before))?;
    let ran = ran.map_err(|source| ShrinkError::Start { tool: tool.to_owned(), source })?;
    if !ran.status.success() {
        let message = String::from_utf8_lossy(&ran.stderr).trim().to_owned();
        return Err(ShrinkError::Tool { tool: tool.to_owned(), message });
    }
    let small = fs::read(&after).map_err(file(&after))?;
    fs::remove_file(&after).map_err(file(&after))?;
    Ok(small)
}
