//! Whether a run can go on in another process than the one that conducted it so far.
//!
//! It can where everything of it that runs outlives the portal and can be found again, and nothing that is still to come
//! needs what only the old process had. Whoever goes down asks this of what it holds, whoever comes after of what the log
//! tells: both by the same rule.

use regatta_domain::pipeline::Pipeline;

use crate::graph::Graph;
use crate::past::{JobPast, Past};
use crate::router::Router;

/// Why a run cannot go on elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Obstacle {
    /// Something of it ran in the old process's own sandboxes, or nothing ever ran.
    Bound,
    /// A job takes a workspace that only the old process had.
    Workspace {
        /// The name of the job that takes it.
        taker: String,
        /// The name of the job that gave it.
        giver: String,
    },
}

impl Obstacle {
    /// The reason of a run that ends because of it.
    pub(crate) fn words(&self) -> String {
        const GONE: &str = "interrupted: the portal that ran it stopped answering";
        match self {
            Self::Bound => format!("{GONE}; run it again"),
            Self::Workspace { taker, giver } => {
                format!(
                    "{GONE}, and the workspace that {taker} takes from {giver} is lost with it; run it again"
                )
            }
        }
    }
}

/// Where the sandbox of a job is, as far as that is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Whereabouts {
    /// None was asked for.
    #[default]
    Nowhere,
    /// With the process that conducts the run.
    Here,
    /// Where it outlives that process.
    Outside,
}

/// What keeps a run from going on elsewhere whose jobs stand like this and are there.
pub(crate) fn obstacle(pipeline: &Pipeline, graph: &Graph<'_>, places: &[Whereabouts]) -> Option<Obstacle> {
    let place = |job: usize| places.get(job).copied().unwrap_or_default();
    let is_outside = places.contains(&Whereabouts::Outside);
    if graph.under_way().any(|job| place(job) == Whereabouts::Here) || !(is_outside || graph.is_complete()) {
        return Some(Obstacle::Bound);
    }
    let to_come = graph.under_way().filter(|job| place(*job) == Whereabouts::Nowhere).chain(graph.waiting());
    to_come.flat_map(|taker| graph.given_workspaces(taker).map(move |giver| (taker, giver))).next().map(
        |(taker, giver)| {
            let name = |job: usize| pipeline.jobs[job].name.clone();
            Obstacle::Workspace { taker: name(taker), giver: name(giver) }
        },
    )
}

impl JobPast {
    /// Where its sandbox is.
    pub(crate) fn whereabouts(&self) -> Whereabouts {
        match &self.placement {
            None => Whereabouts::Nowhere,
            Some(_) if self.outlives => Whereabouts::Outside,
            Some(_) => Whereabouts::Here,
        }
    }
}

impl Past<'_> {
    /// What keeps the run from being taken up by anybody.
    pub(crate) fn obstacle(&self) -> Option<Obstacle> {
        let is_ready = |job: usize| self.jobs[job].spec.is_some();
        if !self.graph.under_way().all(is_ready) {
            return Some(Obstacle::Bound);
        }
        let places: Vec<Whereabouts> = self.jobs.iter().map(JobPast::whereabouts).collect();
        obstacle(&self.run.pipeline, &self.graph, &places)
    }

    /// Whether all of its jobs are over.
    pub(crate) fn is_complete(&self) -> bool {
        self.graph.is_complete()
    }

    /// Whether everything that runs can be reached by `router`.
    pub(crate) fn is_in_reach(&self, router: &Router) -> bool {
        let mut placed = self.graph.under_way().filter_map(|job| self.jobs[job].placement.as_ref());
        placed.all(|placement| router.back_to(placement, "").is_some())
    }
}

#[cfg(test)]
mod tests;
