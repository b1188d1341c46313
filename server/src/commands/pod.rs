//! `regatta playground pod`: the pod that a job would run in, before it ever does.

use std::path::Path;

use regatta_domain::pipeline::Pipeline;
use regatta_domain::ports::Clock as _;
use regatta_playground::kubernetes::describe::{Describing, yaml};

use super::office::{CommandError, say};
use super::run;
use crate::cli::PodOf;
use crate::config::Config;
use crate::opening;
use crate::world::{SystemEntropy, WallClock};

/// Prints the pod as YAML.
pub fn print(config: Option<&Path>, asked: &PodOf) -> Result<(), CommandError> {
    let config = Config::load(config, std::env::vars())?;
    let cluster = config.playground.cluster.as_ref().ok_or_else(|| {
        let fix = "pods are made where playground.executor = \"kubernetes\", or where playground.prefer names it; \
                   README.md lists what else is needed";
        CommandError::Refused(fix.to_owned())
    })?;
    let (_, pipeline) = run::read(&asked.file, asked.dialect)?;
    let job = job(&pipeline, asked.job.as_deref())?;
    let describing = Describing {
        settings: cluster,
        limits: &opening::job_limits(&config),
        stand_ins: &config.playground.stand_ins,
        entropy: &SystemEntropy,
        now: WallClock.now(),
    };
    let refused = |error: &dyn std::fmt::Display| CommandError::Refused(error.to_string());
    let pod = describing.pod(&pipeline, job).map_err(|error| refused(&error))?;
    say(yaml(&pod).map_err(|error| refused(&error))?.trim_end())
}

/// The job that is meant: the one that was named, or the only one.
fn job<'a>(pipeline: &'a Pipeline, name: Option<&'a str>) -> Result<&'a str, CommandError> {
    match (name, pipeline.jobs.as_slice()) {
        (Some(name), _) => Ok(name),
        (None, [only]) => Ok(&only.name),
        (None, jobs) => {
            let names: Vec<&str> = jobs.iter().map(|job| job.name.as_str()).collect();
            let several = format!("it has several jobs; say which with --job: {}", names.join(", "));
            Err(CommandError::Refused(several))
        }
    }
}
