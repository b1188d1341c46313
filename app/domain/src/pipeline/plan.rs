//! What one learns of a pipeline without its scripts.

use serde::{Deserialize, Serialize};

use super::{Cell, Job, Needs, Pipeline, Stage};

/// Enough of a pipeline to draw it and to follow a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The jobs in the pipeline's order.
    pub jobs: Vec<PlannedJob>,
    /// Its stages.
    #[serde(default)]
    pub stages: Vec<Stage>,
}

/// A job of a [`Plan`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedJob {
    /// Its name.
    pub name: String,
    /// Its needs.
    pub needs: Needs,
    /// Its image's alias.
    pub image: String,
    /// The names of its steps.
    pub steps: Vec<String>,
    /// The cell of the matrix that it is, where it is one.
    #[serde(default)]
    pub cell: Option<Cell>,
}

impl Pipeline {
    /// The plan of this pipeline.
    pub fn plan(&self) -> Plan {
        let planned = |job: &Job| PlannedJob {
            name: job.name.clone(),
            needs: job.needs.clone(),
            image: job.image.clone(),
            steps: job.steps.iter().map(|step| step.name.clone()).collect(),
            cell: job.cell.clone(),
        };
        Plan { jobs: self.jobs.iter().map(planned).collect(), stages: self.stages.clone() }
    }
}
