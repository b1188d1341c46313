//! What runs in a pod: first the portal's own image, which brings the runner and the job; then the job's.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Capabilities, Container, ResourceRequirements, SecurityContext};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use super::volumes::{self, INPUT, PROGRAMS};
use super::{LEAST_MACHINE_MEMORY, PodError, Shape, Work, input};
use crate::executor::Limits;
use crate::kubernetes::quantity;
use crate::kubernetes::settings::{ClusterSettings, PinnedImage};

/// The name of the container that runs the job.
pub const JOB: &str = "job";
/// The name of the init container that brings the runner.
pub const RUNNER: &str = "runner";

/// The runner in the portal's own image.
const SHIPPED_RUNNER: &str = "/regatta-runner";
/// The name under which it is put in its folder.
const INSTALLED_RUNNER: &str = "regatta-runner";
/// The file in which the job comes.
const JOB_FILE: &str = "job";

/// What a pod may use, and what is kept free for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// Memory that it may use, in bytes.
    pub memory_limit: u64,
    /// Memory that is kept free, in bytes.
    pub memory_request: u64,
    /// Thousandths of processors that it may use.
    pub cpu_limit: u32,
    /// Thousandths of processors that are kept free.
    pub cpu_request: u32,
    /// The node's disk, in bytes; all that it may use is kept free.
    pub ephemeral_storage: u64,
}

impl Share {
    /// What a pod of this shape may use for a job with these limits.
    pub fn of(shape: &Shape<'_>, limits: &Limits) -> Self {
        let settings = shape.settings;
        let least = if shape.machine { LEAST_MACHINE_MEMORY } else { 0 };
        let memory_limit = limits.memory_bytes.max(least);
        Self {
            memory_limit,
            memory_request: settings.memory_request_bytes.min(memory_limit),
            cpu_limit: settings.cpu_limit_millis,
            cpu_request: settings.cpu_request_millis.min(settings.cpu_limit_millis),
            ephemeral_storage: settings.ephemeral_storage_bytes,
        }
    }

    fn resources(&self) -> ResourceRequirements {
        let storage = quantity::bytes(self.ephemeral_storage);
        let list = |cpu: u32, memory: u64| -> BTreeMap<String, Quantity> {
            [
                ("cpu".to_owned(), quantity::processors(cpu)),
                ("memory".to_owned(), quantity::bytes(memory)),
                ("ephemeral-storage".to_owned(), storage.clone()),
            ]
            .into()
        };
        ResourceRequirements {
            limits: Some(list(self.cpu_limit, self.memory_limit)),
            requests: Some(list(self.cpu_request, self.memory_request)),
            claims: None,
        }
    }
}

/// The init container. It alone is given the job, in variables, and writes it to a file that the runner takes away.
pub fn runner(settings: &ClusterSettings, share: &Share, work: &Work) -> Result<Container, PodError> {
    let mut command = vec![SHIPPED_RUNNER.to_owned(), "install".to_owned(), PROGRAMS.to_owned()];
    let mut env = None;
    if let Work::Job(bytes) = work {
        command.extend(["--input".to_owned(), job_file()]);
        env = Some(input::variables(bytes)?);
    }
    Ok(Container {
        env,
        volume_mounts: Some(volumes::of_runner()),
        ..container(RUNNER, &settings.runner_image, share, command)
    })
}

/// The container of the job itself.
pub fn job(image: &PinnedImage, share: &Share, work: &Work) -> Container {
    let mut command = vec![format!("{PROGRAMS}/{INSTALLED_RUNNER}")];
    match work {
        Work::Job(_) => command.extend(["run".to_owned(), "--input".to_owned(), job_file()]),
        Work::Program(arguments) => command.extend(arguments.iter().cloned()),
    }
    Container { volume_mounts: Some(volumes::of_job()), ..container(JOB, image, share, command) }
}

fn job_file() -> String {
    format!("{INPUT}/{JOB_FILE}")
}

fn container(name: &str, image: &PinnedImage, share: &Share, command: Vec<String>) -> Container {
    Container {
        name: name.to_owned(),
        image: Some(image.to_string()),
        image_pull_policy: Some("IfNotPresent".to_owned()),
        command: Some(command),
        resources: Some(share.resources()),
        security_context: Some(SecurityContext {
            allow_privilege_escalation: Some(false),
            privileged: Some(false),
            read_only_root_filesystem: Some(true),
            capabilities: Some(Capabilities { drop: Some(vec!["ALL".to_owned()]), add: None }),
            ..SecurityContext::default()
        }),
        termination_message_policy: Some("File".to_owned()),
        ..Container::default()
    }
}
