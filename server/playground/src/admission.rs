//! Who may run what, decided before anything is stored.

use std::time::Duration;

use regatta_domain::pipeline::{MAX_SOURCE_BYTES, Pipeline};
use regatta_domain::slug::Slug;
use regatta_store::StoreError;

use crate::executor::Executor;

/// A run as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRun {
    /// The demo it comes from, also where the visitor edited it.
    pub demo: Option<Slug>,
    /// Whether the visitor changed the text; edited runs are never listed.
    pub edited: bool,
    /// Its name on the page.
    pub title: String,
    /// The text it was read from, at most [`MAX_SOURCE_BYTES`].
    pub source: String,
    /// What to run.
    pub pipeline: Pipeline,
    /// Who asks: a keyed digest of the network, for limits only.
    pub visitor: String,
}

/// Why a run was not accepted. Its text is for the visitor, save for [`SubmitError::Store`].
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// Nothing runs here at the moment.
    #[error("nothing can be run here: {reason}")]
    Unavailable {
        /// Why not.
        reason: String,
    },
    /// A job asks for an image that the sandbox does not have.
    #[error("the job {job} asks for the image {alias}, which is not to be had here. {instead}")]
    Image {
        /// The job's name.
        job: String,
        /// The alias it asks for.
        alias: String,
        /// What is to be had, as the executor tells it.
        instead: String,
    },
    /// The text is longer than [`MAX_SOURCE_BYTES`].
    #[error("a pipeline has at most {} KiB of text", MAX_SOURCE_BYTES >> 10)]
    SourceTooLong,
    /// The visitor's earlier runs have to end first.
    #[error("{}; wait for one to end, or cancel one", runs_under_way(*limit))]
    TooManyUnended {
        /// How many are allowed.
        limit: u32,
    },
    /// The visitor asked for as many runs as an hour allows.
    #[error("you have started {} within an hour, which is as many as one visitor may", runs(*limit))]
    HourlyQuota {
        /// How many are allowed.
        limit: u32,
    },
    /// Too many runs wait already.
    #[error("too many runs are waiting already; try again in a minute")]
    QueueFull,
    /// The store failed; the visitor is not to blame.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn runs(count: u32) -> String {
    if count == 1 { "one run".to_owned() } else { format!("{count} runs") }
}

fn runs_under_way(count: u32) -> String {
    if count == 1 {
        "one of your runs is waiting or under way".to_owned()
    } else {
        format!("{count} of your runs are waiting or under way")
    }
}

impl SubmitError {
    /// When it is worth asking again, where waiting helps: the value of `Retry-After`.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::TooManyUnended { .. } | Self::QueueFull => Some(Duration::from_mins(1)),
            Self::HourlyQuota { .. } => Some(Duration::from_mins(10)),
            Self::Unavailable { .. } | Self::Image { .. } | Self::SourceTooLong | Self::Store(_) => None,
        }
    }
}

/// Refuses a pipeline with a job whose image `executor` does not have.
pub(crate) fn check_images(pipeline: &Pipeline, executor: &dyn Executor) -> Result<(), SubmitError> {
    for job in &pipeline.jobs {
        executor.image(&job.image).map_err(|instead| SubmitError::Image {
            job: job.name.clone(),
            alias: job.image.clone(),
            instead,
        })?;
    }
    Ok(())
}
