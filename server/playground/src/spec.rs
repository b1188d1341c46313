//! Making a job ready: whether its conditions hold, and every template filled with what is known now.

use std::collections::BTreeMap;
use std::time::Duration;

use regatta_domain::pipeline::{
    Condition, Job, JobLimits, Known, Operator, Piece, Pipeline, Step, Template, Unresolved,
};
use regatta_store::runs::StoredRun;

use crate::amount::bytes_in_words;
use crate::exchange::Exchange;
use crate::executor::{JobSpec, JobStep, Limits};
use crate::graph::Graph;

/// The most bytes that the variables of a job and its steps have together.
const MAX_ENVIRONMENT_BYTES: usize = 512 << 10;
/// The longest text that a template becomes, in bytes.
const MAX_TEXT_BYTES: usize = 64 << 10;
/// The longest value that is told in a reason, in characters.
const MAX_TOLD_CHARS: usize = 60;

/// Why a job whose turn came does not start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unready {
    /// One of its conditions does not hold.
    LeftOut(String),
    /// It takes what a job that did not succeed never handed on.
    Skipped(String),
    /// It takes what a job that succeeded did not hand on, or too much.
    Failed(String),
}

/// The job at this place, ready to be run.
pub(crate) fn ready(
    run: &StoredRun,
    limits: &Limits,
    exchange: &Exchange,
    graph: &Graph<'_>,
    at: usize,
) -> Result<JobSpec, Unready> {
    let job = &run.pipeline.jobs[at];
    let statuses = graph.statuses();
    let known = Known { arguments: &run.arguments, outputs: exchange.outputs(), statuses: &statuses };
    let texts = Texts { known, pipeline: &run.pipeline, graph };
    for condition in &job.conditions {
        texts.check(condition)?;
    }
    let mut spent = 0;
    let environment = texts.variables(&job.environment, &mut spent)?;
    let steps = job.steps.iter().map(|step| texts.step(step, &mut spent)).collect::<Result<_, _>>()?;
    let metadata = if job.exchange.metadata {
        Some(exchange.metadata_for(job.needs.jobs()).map_err(Unready::Failed)?)
    } else {
        None
    };
    let takes = &job.exchange.takes_workspace_of;
    Ok(JobSpec {
        run: run.id.clone(),
        job: at,
        attempt: 0,
        image: job.image.clone(),
        environment,
        steps,
        limits: lowered(limits, job.limits),
        results: job.exchange.results.clone(),
        metadata,
        unpack: takes.iter().filter_map(|giver| exchange.workspace(*giver)).collect(),
        pack: job.exchange.gives_workspace,
    })
}

/// The portal's limits, lowered to what the job asks for.
pub(crate) fn lowered(limits: &Limits, asked: JobLimits) -> Limits {
    let time = asked.time_ms.map_or(limits.time, |ms| limits.time.min(Duration::from_millis(ms)));
    let memory_bytes = asked.memory_bytes.map_or(limits.memory_bytes, |bytes| limits.memory_bytes.min(bytes));
    Limits { time, memory_bytes, ..limits.clone() }
}

/// Fills templates, and says in words where that cannot be.
struct Texts<'a> {
    known: Known<'a>,
    pipeline: &'a Pipeline,
    graph: &'a Graph<'a>,
}

impl Texts<'_> {
    fn check(&self, condition: &Condition) -> Result<(), Unready> {
        let input = self.text(&condition.input)?;
        let values = condition.values.iter().map(|value| self.text(value)).collect::<Result<Vec<_>, _>>()?;
        if values.contains(&input) == (condition.operator == Operator::In) {
            return Ok(());
        }
        let told: Vec<String> = values.iter().map(|value| quoted(value)).collect();
        let (input, values) = (quoted(&input), told.join(", "));
        Err(Unready::LeftOut(match condition.operator {
            Operator::In => format!("its condition does not hold: {input} is not one of {values}"),
            Operator::NotIn => format!("its condition does not hold: {input} is one of {values}"),
        }))
    }

    fn step(&self, step: &Step, spent: &mut usize) -> Result<JobStep, Unready> {
        Ok(JobStep {
            name: step.name.clone(),
            script: step.script.clone(),
            manner: step.manner,
            always: step.always,
            tolerated: step.tolerated,
            environment: self.variables(&step.environment, spent)?,
            directory: step.directory.clone(),
            timeout: step.timeout_ms.map(Duration::from_millis),
        })
    }

    fn variables(
        &self,
        templates: &BTreeMap<String, Template>,
        spent: &mut usize,
    ) -> Result<BTreeMap<String, String>, Unready> {
        let mut variables = BTreeMap::new();
        for (name, template) in templates {
            let value = self.text(template)?;
            *spent += name.len() + value.len();
            if *spent > MAX_ENVIRONMENT_BYTES {
                let most = bytes_in_words(MAX_ENVIRONMENT_BYTES as u64);
                return Err(Unready::Failed(format!("its variables have more than {most} together")));
            }
            if value.contains('\0') {
                return Err(Unready::Failed(format!("its variable {name} would hold a zero byte")));
            }
            variables.insert(name.clone(), value);
        }
        Ok(variables)
    }

    fn text(&self, template: &Template) -> Result<String, Unready> {
        // Filled piece by piece, so that no short text with many places becomes an endless one.
        let mut text = String::new();
        for piece in &template.0 {
            let one = Template(vec![piece.clone()]);
            text.push_str(&self.known.resolve(&one).map_err(|unresolved| self.without(&unresolved))?);
            if text.len() > MAX_TEXT_BYTES {
                let most = bytes_in_words(MAX_TEXT_BYTES as u64);
                return Err(Unready::Failed(format!("one of its values would have more than {most}")));
            }
        }
        Ok(text)
    }

    /// What becomes of a job for want of a value.
    fn without(&self, Unresolved(piece): &Unresolved) -> Unready {
        let name_of = |job: &usize| self.pipeline.jobs.get(*job).map_or("?", |job: &Job| &job.name);
        match piece {
            Piece::Output { job, name } if self.graph.succeeded(*job) => {
                Unready::Failed(format!("it takes {name} from {}, which did not hand it on", name_of(job)))
            }
            Piece::Output { job, name } => {
                let fate = self.graph.fate(*job);
                Unready::Skipped(format!("it takes {name} from {}, which {fate}", name_of(job)))
            }
            Piece::Status { .. } | Piece::Statuses { .. } => {
                Unready::Failed("it asks how a job ended that is not in the pipeline".to_owned())
            }
            Piece::Parameter(name) | Piece::Text(name) => {
                Unready::Failed(format!("it takes the parameter {name}, which has no value"))
            }
        }
    }
}

/// A value as it is told: what deceives made visible, and not endless.
fn quoted(value: &str) -> String {
    let shown = crate::lines::shown(value).replace('\n', "␊");
    if shown.chars().count() <= MAX_TOLD_CHARS {
        return format!("“{shown}”");
    }
    let start: String = shown.chars().take(MAX_TOLD_CHARS).collect();
    format!("“{start}…”")
}
