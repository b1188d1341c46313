//! How a job gets into its pod: what its runner reads, packed into variables of the init container.

use k8s_openapi::api::core::v1::EnvVar;
use regatta_runner::RunKey;
use regatta_runner::input::{self, InputError};

use super::{PodError, volumes};
use crate::executor::JobSpec;
use crate::frames::specification;

/// What every step sees unless its pipeline says otherwise. Where programs are, the image knows best. Folders of pods are
/// root's, and writable by the pod's group: without its last three, git would call a repository in one somebody else's.
const ENVIRONMENT: [(&str, &str); 8] = [
    ("HOME", "/workspace"),
    ("USER", "sandbox"),
    ("LANG", "C.UTF-8"),
    ("TERM", "xterm-256color"),
    ("CI", "true"),
    ("GIT_CONFIG_COUNT", "1"),
    ("GIT_CONFIG_KEY_0", "safe.directory"),
    ("GIT_CONFIG_VALUE_0", "*"),
];

/// What the runner of `job` reads.
pub fn of(job: &JobSpec, key: &RunKey) -> Result<Vec<u8>, PodError> {
    let mut specification = specification::of(job, &volumes::layout(specification::walls()?));
    for (name, value) in ENVIRONMENT {
        specification.environment.entry(name.to_owned()).or_insert_with(|| value.to_owned());
    }
    let mut bytes = specification.with_key(key)?;
    let all = job.unpack.iter().fold(bytes.len(), |sum, packed| sum.saturating_add(packed.len()));
    if all > input::MAX_BYTES {
        return Err(InputError::TooLong.into());
    }
    for packed in &job.unpack {
        bytes.extend_from_slice(packed);
    }
    Ok(bytes)
}

/// The variables that bring `bytes` into the init container.
pub fn variables(bytes: &[u8]) -> Result<Vec<EnvVar>, PodError> {
    let variable =
        |(number, value)| EnvVar { name: input::name(number), value: Some(value), value_from: None };
    Ok(input::pack(bytes)?.into_iter().enumerate().map(variable).collect())
}
