//! How a job gets into its pod: what its runner reads, compressed, as letters, in variables of the init container.

use std::io::{self, Write as _};

use data_encoding::BASE64;
use flate2::Compression;
use flate2::write::GzEncoder;
use k8s_openapi::api::core::v1::EnvVar;
use regatta_runner::RunKey;

use super::volumes::{self, INPUT_BYTES};
use super::{MAX_POD_BYTES, PodError};
use crate::executor::JobSpec;
use crate::frames::specification;
use crate::transcript::bytes_in_words;

/// What the names of the variables begin with; their number follows.
const NAME: &str = "REGATTA_INPUT_";
/// The most characters of one variable. The kernel takes 128 KiB for each, its name included (execve(2)).
const MAX_CHARS: usize = 96 << 10;
/// The most bytes that the runner may find in its file: its folder's file system needs some of it for itself.
const MAX_INPUT_BYTES: usize = (INPUT_BYTES as usize) - (64 << 10);

/// What every step sees unless its pipeline says otherwise. Where programs are, the image knows best.
const ENVIRONMENT: [(&str, &str); 5] = [
    ("HOME", "/workspace"),
    ("USER", "sandbox"),
    ("LANG", "C.UTF-8"),
    ("TERM", "xterm-256color"),
    ("CI", "true"),
];

/// What the runner of `job` reads.
pub fn of(job: &JobSpec, key: &RunKey) -> Result<Vec<u8>, PodError> {
    let mut specification = specification::of(job, &volumes::layout());
    for (name, value) in ENVIRONMENT {
        specification.environment.entry(name.to_owned()).or_insert_with(|| value.to_owned());
    }
    let mut bytes = specification.with_key(key)?;
    let all = job.unpack.iter().fold(bytes.len(), |sum, packed| sum.saturating_add(packed.len()));
    if all > MAX_INPUT_BYTES {
        return Err(too_large(all, MAX_INPUT_BYTES));
    }
    for packed in &job.unpack {
        bytes.extend_from_slice(packed);
    }
    Ok(bytes)
}

/// The variables that bring `input` into the init container.
pub fn variables(input: &[u8]) -> Result<Vec<EnvVar>, PodError> {
    let text = BASE64.encode(&compressed(input).map_err(serde_json::Error::io)?);
    if text.len() > MAX_POD_BYTES {
        return Err(too_large(text.len(), MAX_POD_BYTES));
    }
    Ok((0..).zip(pieces(&text)).map(|(number, piece)| variable(number, piece)).collect())
}

/// The text in pieces of ASCII, each short enough for a variable.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let starts = (0..text.len()).step_by(MAX_CHARS);
    starts.map(move |start| &text[start..text.len().min(start + MAX_CHARS)])
}

fn variable(number: usize, value: &str) -> EnvVar {
    EnvVar { name: format!("{NAME}{number}"), value: Some(value.to_owned()), value_from: None }
}

fn compressed(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// What there is to say of something that does not fit.
pub fn too_large(bytes: usize, most: usize) -> PodError {
    let words = |bytes: usize| bytes_in_words(bytes as u64);
    PodError::TooLarge { what: words(bytes), most: words(most) }
}
