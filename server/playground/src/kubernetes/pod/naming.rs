//! What a pod is called, and what it says of whose it is.

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use regatta_domain::ids::RunId;

use super::Plan;

/// The label that says what program made a pod.
pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// The label that says which portal made it.
pub const INSTANCE: &str = "app.kubernetes.io/instance";
/// The label that says what run it belongs to.
pub const RUN: &str = "regatta/run";
/// The label that says which job of the run it is.
pub const JOB_NUMBER: &str = "regatta/job";
/// The label that says how often the job was tried before.
pub const ATTEMPT: &str = "regatta/attempt";
/// The annotation that says until when it may be there at all, as RFC 3339 has it.
pub const DEADLINE: &str = "regatta/deadline";

/// The value of [`MANAGED_BY`].
const PROGRAM: &str = "regatta";

/// What a pod of ours says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whose {
    /// The run it belongs to.
    pub run: RunId,
    /// Which job of the run it is.
    pub job: usize,
    /// How often the job was tried before.
    pub attempt: u32,
    /// Until when it may be there at all.
    pub deadline: Option<Timestamp>,
}

impl Whose {
    /// What `pod` says of itself; `None` where it is not one that the portal named `instance` made.
    pub fn of(pod: &Pod, instance: &str) -> Option<Self> {
        let labels = pod.metadata.labels.as_ref()?;
        let label = |key: &str| labels.get(key).map(String::as_str);
        if label(MANAGED_BY) != Some(PROGRAM) || label(INSTANCE) != Some(instance) {
            return None;
        }
        let run = label(RUN)?.parse().ok()?;
        let (job, attempt) = (label(JOB_NUMBER)?.parse().ok()?, label(ATTEMPT)?.parse().ok()?);
        if pod.metadata.name.as_deref() != Some(name(&run, job, attempt).as_str()) {
            return None;
        }
        let annotations = pod.metadata.annotations.as_ref();
        let deadline = annotations.and_then(|all| all.get(DEADLINE)).and_then(|text| text.parse().ok());
        Some(Self { run, job, attempt, deadline })
    }
}

/// The name of the pod of a job. It follows from the job alone, so that making it twice makes one pod.
pub fn name(run: &RunId, job: usize, attempt: u32) -> String {
    format!("regatta-{run}-{job}-{attempt}")
}

/// Selects the pods of the portal named `instance`.
pub fn selector(instance: &str) -> String {
    format!("{MANAGED_BY}={PROGRAM},{INSTANCE}={instance}")
}

/// The labels and annotations of a pod.
pub fn marks(
    instance: &str,
    plan: &Plan<'_>,
    deadline: Timestamp,
) -> (BTreeMap<String, String>, BTreeMap<String, String>) {
    let labels = [
        (MANAGED_BY, PROGRAM.to_owned()),
        (INSTANCE, instance.to_owned()),
        (RUN, plan.run.to_string()),
        (JOB_NUMBER, plan.job.to_string()),
        (ATTEMPT, plan.attempt.to_string()),
    ];
    let owned = |(key, value): (&str, String)| (key.to_owned(), value);
    (labels.map(owned).into(), [(DEADLINE, deadline.to_string())].map(owned).into())
}
