//! The pod of a job, for operators who want to see it before there is one.

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use regatta_domain::ids::RunId;
use regatta_domain::pipeline::{ArgumentError, Arguments, Job, Piece, Pipeline, Step, Template};
use regatta_domain::ports::Entropy;
use regatta_domain::run::IsolationLevel;
use regatta_runner::RunKey;

use super::cluster::level_of;
use super::pod::{self, PodError, Shape};
use super::settings::ClusterSettings;
use crate::executor::{JobSpec, JobStep, Limits};
use crate::router::StandIn;
use crate::spec;

/// What pods are described by.
#[derive(Clone, Copy)]
pub struct Describing<'a> {
    /// What the operator decided of the cluster.
    pub settings: &'a ClusterSettings,
    /// What jobs may use.
    pub limits: &'a Limits,
    /// The images that are run as others.
    pub stand_ins: &'a [StandIn],
    /// Makes the name of a run that there is not, and a key that seals nothing.
    pub entropy: &'a dyn Entropy,
    /// When the pod would be made.
    pub now: Timestamp,
}

/// Why a pod cannot be described.
#[derive(Debug, thiserror::Error)]
pub enum DescribeError {
    /// The pipeline has no such job.
    #[error("the pipeline has no job {job}; it has {there}")]
    NoJob {
        /// The name that was asked for.
        job: String,
        /// The names there are.
        there: String,
    },
    /// Parameters have no values of their own.
    #[error("{0}")]
    Arguments(String),
    /// There can be no pod for the job.
    #[error(transparent)]
    Pod(#[from] PodError),
}

impl Describing<'_> {
    /// The pod of the job named `job`, every parameter having its default. What other jobs would hand on is said in words.
    pub fn pod(&self, pipeline: &Pipeline, job: &str) -> Result<Pod, DescribeError> {
        let Some(at) = pipeline.jobs.iter().position(|known| known.name == job) else {
            let there = pipeline.jobs.iter().map(|job| job.name.as_str()).collect::<Vec<_>>().join(", ");
            return Err(DescribeError::NoJob { job: job.to_owned(), there });
        };
        let arguments = pipeline.arguments(&BTreeMap::new()).map_err(|errors| in_words(&errors))?;
        let spec = self.filled(&pipeline.jobs[at], at, &Texts { pipeline, arguments: &arguments });
        let mut key = [0; RunKey::LENGTH];
        self.entropy.fill(&mut key);
        let class = self.settings.runtime_class.as_deref();
        let shape = Shape {
            settings: self.settings,
            instance: self.settings.instance.as_deref().unwrap_or("described"),
            machine: class.map(level_of) == Some(IsolationLevel::VirtualMachine),
        };
        Ok(pod::of_job(&shape, &spec, &RunKey::new(key), self.now)?)
    }

    fn filled(&self, job: &Job, at: usize, texts: &Texts<'_>) -> JobSpec {
        let stands_for = |rule: &&StandIn| rule.image.is_match(&job.image);
        let known = self.settings.images.contains_key(&job.image);
        let alias = self.stand_ins.iter().find(stands_for).filter(|_| !known).map(|rule| &rule.alias);
        JobSpec {
            run: RunId::random(self.entropy),
            job: at,
            attempt: 0,
            image: alias.unwrap_or(&job.image).clone(),
            environment: texts.variables(&job.environment),
            steps: job.steps.iter().map(|step| texts.step(step)).collect(),
            limits: spec::lowered(self.limits, job.limits),
            results: job.exchange.results.clone(),
            metadata: job.exchange.metadata.then(BTreeMap::new),
            unpack: Vec::new(),
            pack: job.exchange.gives_workspace,
        }
    }
}

fn in_words(errors: &[ArgumentError]) -> DescribeError {
    DescribeError::Arguments(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
}

/// A pod as YAML, which `kubectl create --filename -` takes.
pub fn yaml(pod: &Pod) -> Result<String, serde_saphyr::SerializeError> {
    // One line for each value, as kubectl writes it.
    let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
    serde_saphyr::to_string_with_options(pod, options)
}

/// Fills templates with what is known without a run.
struct Texts<'a> {
    pipeline: &'a Pipeline,
    arguments: &'a Arguments,
}

impl Texts<'_> {
    fn step(&self, step: &Step) -> JobStep {
        JobStep {
            name: step.name.clone(),
            script: step.script.clone(),
            manner: step.manner,
            always: step.always,
            tolerated: step.tolerated,
            environment: self.variables(&step.environment),
            directory: step.directory.clone(),
            timeout: step.timeout_ms.map(std::time::Duration::from_millis),
        }
    }

    fn variables(&self, templates: &BTreeMap<String, Template>) -> BTreeMap<String, String> {
        templates.iter().map(|(name, template)| (name.clone(), self.text(template))).collect()
    }

    fn text(&self, template: &Template) -> String {
        template.0.iter().map(|piece| self.piece(piece)).collect()
    }

    fn piece(&self, piece: &Piece) -> String {
        let named = |job: &usize| self.pipeline.jobs.get(*job).map_or("?", |job| &job.name);
        match piece {
            Piece::Text(text) => text.clone(),
            Piece::Parameter(name) => self.arguments.get(name).unwrap_or_default().to_owned(),
            Piece::Output { job, name } => format!("({name} of {})", named(job)),
            Piece::Status { .. } | Piece::Statuses { .. } => "Succeeded".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::{EnvVar, PodSpec};
    use regatta_domain::pipeline::{Parameter, ParameterKind};

    use super::*;
    use crate::kubernetes::pod::tests::kata;

    struct Counting;

    impl Entropy for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            (1..).zip(bytes).for_each(|(count, byte)| *byte = count);
        }
    }

    fn pipeline() -> Pipeline {
        let job = |name: &str, image: &str| Job {
            name: name.to_owned(),
            image: image.to_owned(),
            environment: [("SHIP".to_owned(), Template::parameter("ship"))].into(),
            steps: vec![Step { name: "one".to_owned(), script: "echo $SHIP".to_owned(), ..Step::default() }],
            ..Job::default()
        };
        let ship = Parameter {
            name: "ship".to_owned(),
            default: Some("Patience".to_owned()),
            description: None,
            kind: ParameterKind::Text,
        };
        Pipeline {
            parameters: vec![ship],
            jobs: vec![job("test", "host-tools"), job("build", "alpine:3")],
            ..Pipeline::default()
        }
    }

    fn described(job: &str) -> Result<Pod, DescribeError> {
        let stand_ins =
            [StandIn { image: regex::Regex::new("^alpine").unwrap(), alias: "host-tools".to_owned() }];
        let (settings, limits) = (kata(), Limits::default());
        let now = "2026-11-23T06:00:00Z".parse().unwrap();
        Describing { settings: &settings, limits: &limits, stand_ins: &stand_ins, entropy: &Counting, now }
            .pod(&pipeline(), job)
    }

    #[test]
    fn a_described_pod_reads_back_from_yaml_with_all_of_its_input() {
        let pod = described("build").unwrap();
        let read: Pod = serde_saphyr::from_str(&yaml(&pod).unwrap()).unwrap();
        assert_eq!(read, pod);
        let PodSpec { containers, init_containers, .. } = read.spec.unwrap();
        assert!(containers[0].image.as_ref().unwrap().starts_with("registry.example/regatta-tools@"));
        let input: Vec<EnvVar> = init_containers.unwrap().remove(0).env.unwrap();
        assert_eq!(input[0].name, "REGATTA_INPUT_0");
    }

    #[test]
    fn a_job_that_there_is_not_is_answered_with_those_that_there_are() {
        let refused = described("deploy").unwrap_err().to_string();
        assert_eq!(refused, "the pipeline has no job deploy; it has test, build");
    }
}
