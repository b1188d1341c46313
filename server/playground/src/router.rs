//! Which executor runs a job: exclusions first, then wishes, then the order of preference.
//!
//! The rule is Screwdriver's (`screwdriver-cd/executor-router`): an executor that excludes an image by a regular expression
//! is never asked for it; of the others the one that the job's annotation names comes first, then the operator's order.

use std::fmt;
use std::sync::Arc;

use regatta_domain::pipeline::Pipeline;
use regatta_domain::run::{ImageState, Placement};

use crate::executor::{Executor, Isolation};

/// Images that an executor must not be asked for, and why.
#[derive(Clone, Debug)]
pub struct Exclusion {
    /// The executor's name.
    pub executor: String,
    /// Matched against the image as the pipeline names it.
    pub image: regex::Regex,
    /// Why not, in words for the visitor: "the guest kernel runs no 32-bit programs".
    pub reason: String,
}

/// An image that is run as another one, which is told wherever it is.
#[derive(Clone, Debug)]
pub struct StandIn {
    /// Matched against the image as the pipeline names it.
    pub image: regex::Regex,
    /// The alias that is run in its place.
    pub alias: String,
}

/// The executors that stood their probe, in the operator's order of preference.
pub struct Router {
    executors: Vec<Arc<dyn Executor>>,
    exclusions: Vec<Exclusion>,
    stand_ins: Vec<StandIn>,
}

/// Where a job runs.
#[derive(Clone)]
pub struct Route {
    /// The executor.
    pub executor: Arc<dyn Executor>,
    /// The alias that it runs.
    pub alias: String,
    /// The decision, as it is told.
    pub placement: Placement,
}

/// Why a job runs nowhere here. Its text is for the visitor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the job {job} asks for the image {image}, which is not to be had here. {instead}")]
pub struct NoRoute {
    /// The job's name.
    pub job: String,
    /// The image it asks for.
    pub image: String,
    /// What each executor said, and what is to be had; whole sentences.
    pub instead: String,
}

impl fmt::Debug for Router {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.executors.iter().map(|executor| &executor.isolation().executor);
        out.debug_list().entries(names).finish()
    }
}

impl Router {
    /// A router over `executors`, the preferred one first.
    pub fn new(
        executors: Vec<Arc<dyn Executor>>,
        exclusions: Vec<Exclusion>,
        stand_ins: Vec<StandIn>,
    ) -> Self {
        Self { executors, exclusions, stand_ins }
    }

    /// The executors, the preferred one first.
    pub fn executors(&self) -> &[Arc<dyn Executor>] {
        &self.executors
    }

    /// Where each job of `pipeline` would run; the first that would not is told.
    pub fn check(&self, pipeline: &Pipeline) -> Result<(), NoRoute> {
        for job in &pipeline.jobs {
            self.route(&job.name, &job.image, job.executor.as_deref())?;
        }
        Ok(())
    }

    /// Where a job with this image runs, `wish` being the executor that its author named.
    pub fn route(&self, job: &str, image: &str, wish: Option<&str>) -> Result<Route, NoRoute> {
        let mut passed_over = Vec::new();
        for executor in self.in_order(wish) {
            match self.route_to(executor, image) {
                Ok((alias, words, state)) => {
                    let Isolation { executor: name, level, .. } = executor.isolation().clone();
                    let reason = reason(&name, wish, &passed_over);
                    let placement =
                        Placement { executor: name, level, reason, image: words, image_state: state };
                    return Ok(Route { executor: Arc::clone(executor), alias, placement });
                }
                Err(why) => passed_over.push(why),
            }
        }
        passed_over.dedup();
        Err(NoRoute { job: job.to_owned(), image: image.to_owned(), instead: passed_over.join(" ") })
    }

    /// The wish first, then the others as they are preferred.
    fn in_order(&self, wish: Option<&str>) -> impl Iterator<Item = &Arc<dyn Executor>> {
        let wished =
            move |executor: &&Arc<dyn Executor>| Some(executor.isolation().executor.as_str()) == wish;
        let first = self.executors.iter().filter(wished);
        first.chain(self.executors.iter().filter(move |executor| !wished(executor)))
    }

    /// The alias that `executor` runs for `image`, with what there is to say of it; or why it does not.
    fn route_to(
        &self,
        executor: &Arc<dyn Executor>,
        image: &str,
    ) -> Result<(String, Option<String>, ImageState), String> {
        let name = &executor.isolation().executor;
        let excludes = |rule: &&Exclusion| rule.executor == *name && rule.image.is_match(image);
        if let Some(rule) = self.exclusions.iter().find(excludes) {
            return Err(format!("It does not run on {name}: {}.", rule.reason));
        }
        let instead = match executor.image(image) {
            Ok(meaning) => return Ok((image.to_owned(), None, meaning.state)),
            Err(instead) => instead,
        };
        let alias = self.stand_ins.iter().find(|rule| rule.image.is_match(image)).map(|rule| &rule.alias);
        let alias = alias.ok_or(instead)?;
        let meaning = executor.image(alias)?;
        let words = format!("{alias} stands for {image}: {}", meaning.description);
        Ok((alias.clone(), Some(words), meaning.state))
    }
}

fn reason(name: &str, wish: Option<&str>, passed_over: &[String]) -> String {
    match (wish, passed_over) {
        (Some(wish), _) if wish == name => "the pipeline asks for it".to_owned(),
        (Some(wish), []) => format!("{wish}, which the pipeline asks for, is not to be had here"),
        (_, []) => "it is the preferred one here".to_owned(),
        (_, reasons) => {
            format!("the preferred one was passed over. {}", reasons.join(" ").trim_end_matches('.'))
        }
    }
}
