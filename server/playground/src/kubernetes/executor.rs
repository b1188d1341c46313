//! The executor: jobs in pods that were proved to isolate.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use regatta_domain::run::ImageState;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::pods::Pods;
use super::settings::PinnedImage;
use crate::executor::{Executor, ImageMeaning, Isolation, JobEvent, JobOutcome, JobSpec, Tool};

/// Its name in the configuration.
pub const NAME: &str = "kubernetes";

/// Runs each job in a pod of its own.
pub struct KubernetesExecutor {
    pods: Arc<Pods>,
    isolation: Isolation,
    images: BTreeMap<String, ImageMeaning>,
}

impl KubernetesExecutor {
    /// An executor over `pods`, of which the probe has shown that they isolate as `isolation` says.
    pub fn new(pods: Arc<Pods>, isolation: Isolation) -> Self {
        let images = &pods.cluster().settings().images;
        let images = images.iter().map(|(alias, image)| (alias.clone(), meaning(image))).collect();
        Self { pods, isolation, images }
    }

    /// The same executor, knowing what tools are in images, by their aliases.
    #[must_use]
    pub fn with_tools(mut self, tools: BTreeMap<String, Vec<Tool>>) -> Self {
        for (alias, tools) in tools {
            if let Some(meaning) = self.images.get_mut(&alias) {
                meaning.tools = tools;
            }
        }
        self
    }
}

/// What an image is, as far as it can be known before a node has it. Whether it has to be fetched is told by each job.
fn meaning(image: &PinnedImage) -> ImageMeaning {
    ImageMeaning {
        description: format!("the image {image}, pinned by its digest"),
        tools: Vec::new(),
        state: ImageState::Cached,
    }
}

#[async_trait]
impl Executor for KubernetesExecutor {
    fn isolation(&self) -> &Isolation {
        &self.isolation
    }

    fn image(&self, alias: &str) -> Result<&ImageMeaning, String> {
        self.images.get(alias).ok_or_else(|| format!("In the cluster there is {}.", self.images().join(", ")))
    }

    fn images(&self) -> Vec<&str> {
        self.images.keys().map(String::as_str).collect()
    }

    fn setup_time(&self) -> Duration {
        self.pods.cluster().settings().setup_time
    }

    fn outlives_portal(&self) -> bool {
        true
    }

    async fn run(
        &self,
        job: &JobSpec,
        events: mpsc::Sender<JobEvent>,
        cancel: CancellationToken,
    ) -> JobOutcome {
        self.pods.conclude(job, events, &cancel).await.outcome
    }

    async fn take_up(
        &self,
        job: &JobSpec,
        events: mpsc::Sender<JobEvent>,
        cancel: CancellationToken,
    ) -> JobOutcome {
        self.pods.take_up(job, events, &cancel).await.outcome
    }
}
