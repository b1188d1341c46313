//! How a pod gets its images.

use std::time::Duration;

use k8s_openapi::api::core::v1::Container;

use super::{Worker, pause};
use crate::fault::PodFault;
use crate::node::events::Note;
use crate::node::image;
use crate::node::stop::{Orders, Stop};
use crate::options::ImageContent;

/// How long it is said that an image could not be had before it is said that it will be tried again.
const PULL_ERROR: Duration = Duration::from_secs(1);
/// How long until it is tried again.
const PULL_BACK_OFF: Duration = Duration::from_secs(10);

impl Worker<'_> {
    /// Makes sure that the node has the image.
    pub(super) async fn fetch(
        &self,
        container: &Container,
        place: &str,
        orders: &mut Orders,
    ) -> Result<ImageContent, Stop> {
        let reference = container.image.as_deref().unwrap_or_default();
        let is_broken = self.starts_with(&PodFault::ImagePull);
        let Some(found) = image::find(self.world, reference).filter(|_| !is_broken) else {
            return Err(self.fail_to_fetch(container, reference, place, orders).await);
        };
        if image::is_present(self.world, found) {
            let message = format!("Container image \"{reference}\" already present on machine");
            self.tell(Note::normal("Pulled", message).at(place));
            return Ok(found.content);
        }
        self.tell(Note::normal("Pulling", format!("Pulling image \"{reference}\"")).at(place));
        let took = self.world.options.timing.pull;
        if let Some(stop) = pause(took, orders).await {
            return Err(stop);
        }
        image::keep(self.world, found);
        let took = format!("{}ms", took.as_millis());
        let message = format!(
            "Successfully pulled image \"{reference}\" in {took} ({took} including waiting). Image size: 31337420 bytes."
        );
        self.tell(Note::normal("Pulled", message).at(place));
        Ok(found.content)
    }

    /// Tries again and again, until somebody has seen enough.
    async fn fail_to_fetch(
        &self,
        container: &Container,
        reference: &str,
        place: &str,
        orders: &mut Orders,
    ) -> Stop {
        let why = format!(
            "failed to pull and unpack image \"{reference}\": failed to resolve reference \"{reference}\": {reference}: not found"
        );
        loop {
            self.tell(Note::normal("Pulling", format!("Pulling image \"{reference}\"")).at(place));
            if let Some(stop) = pause(self.world.options.timing.pull, orders).await {
                return stop;
            }
            self.tell(
                Note::warning("Failed", format!("Failed to pull image \"{reference}\": {why}")).at(place),
            );
            self.tell(Note::warning("Failed", "Error: ErrImagePull").at(place));
            self.say_waiting(container, "ErrImagePull", &why);
            if let Some(stop) = pause(PULL_ERROR, orders).await {
                return stop;
            }
            let back_off = format!("Back-off pulling image \"{reference}\"");
            self.tell(Note::normal("BackOff", back_off.clone()).at(place));
            self.say_waiting(container, "ImagePullBackOff", &format!("{back_off}: ErrImagePull: {why}"));
            if let Some(stop) = pause(PULL_BACK_OFF, orders).await {
                return stop;
            }
        }
    }
}
