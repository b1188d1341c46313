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

    /// The way back to a job that was placed before: the executor of this name, where it is here and its jobs outlive the
    /// portal.
    pub(crate) fn back_to(&self, placement: &Placement, image: &str) -> Option<Route> {
        let is_it = |executor: &&Arc<dyn Executor>| {
            executor.isolation().executor == placement.executor && executor.outlives_portal()
        };
        let executor = self.executors.iter().find(is_it)?;
        // What the image means may have been configured anew; what runs already runs with what it meant.
        let alias = self.route_to(executor, image).map_or_else(|_| image.to_owned(), |(alias, ..)| alias);
        Some(Route { executor: Arc::clone(executor), alias, placement: placement.clone() })
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
            Ok(meaning) => {
                // What is a part of this machine is told by its name; an image that came from elsewhere, by what it is.
                let words = (meaning.state != ImageState::Local).then(|| meaning.description.clone());
                return Ok((image.to_owned(), words, meaning.state));
            }
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

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use regatta_domain::run::IsolationLevel;
    use tokio::sync::mpsc;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::executor::{ImageMeaning, JobEvent, JobOutcome, JobSpec};

    /// An executor that knows some images and runs nothing.
    struct Knows(Isolation, Vec<&'static str>, ImageMeaning);

    #[async_trait]
    impl Executor for Knows {
        fn isolation(&self) -> &Isolation {
            &self.0
        }

        fn image(&self, alias: &str) -> Result<&ImageMeaning, String> {
            self.1
                .contains(&alias)
                .then_some(&self.2)
                .ok_or_else(|| format!("There is {}.", self.1.join(", ")))
        }

        fn images(&self) -> Vec<&str> {
            self.1.clone()
        }

        async fn run(&self, _: &JobSpec, _: mpsc::Sender<JobEvent>, _: CancellationToken) -> JobOutcome {
            unreachable!("nothing is run here")
        }
    }

    fn knows(executor: &str, images: &[&'static str]) -> Arc<dyn Executor> {
        let isolation =
            Isolation { executor: executor.to_owned(), level: IsolationLevel::Process, findings: Vec::new() };
        let meaning = ImageMeaning {
            description: "a part of this machine".to_owned(),
            tools: Vec::new(),
            state: ImageState::Local,
        };
        Arc::new(Knows(isolation, images.to_vec(), meaning))
    }

    fn router() -> Router {
        let executors =
            vec![knows("first", &["host-tools", "legacy"]), knows("second", &["host-tools", "legacy"])];
        let image = |text| regex::Regex::new(text).unwrap();
        let exclusion = Exclusion {
            executor: "first".to_owned(),
            image: image("^legacy"),
            reason: "it has no such old kernel".to_owned(),
        };
        let stand_in = StandIn { image: image("^alpine(:|$)"), alias: "host-tools".to_owned() };
        Router::new(executors, vec![exclusion], vec![stand_in])
    }

    fn chosen(image: &str, wish: Option<&str>) -> (String, String) {
        let route = router().route("job", image, wish).unwrap();
        (route.placement.executor, route.placement.reason)
    }

    #[test]
    fn the_preferred_one_comes_first_unless_a_job_wishes_another() {
        assert_eq!(
            chosen("host-tools", None),
            ("first".to_owned(), "it is the preferred one here".to_owned())
        );
        let wished = ("second".to_owned(), "the pipeline asks for it".to_owned());
        assert_eq!(chosen("host-tools", Some("second")), wished);
        let missing = "third, which the pipeline asks for, is not to be had here".to_owned();
        assert_eq!(chosen("host-tools", Some("third")), ("first".to_owned(), missing));
    }

    #[test]
    fn an_exclusion_is_stronger_than_preference_and_wish_and_its_reason_is_told() {
        for wish in [None, Some("first")] {
            let (executor, reason) = chosen("legacy", wish);
            assert_eq!(executor, "second");
            assert!(reason.contains("it has no such old kernel"), "{reason}");
        }
    }

    #[test]
    fn a_stand_in_is_told_as_one() {
        let route = router().route("job", "alpine:3", None).unwrap();
        assert_eq!(route.alias, "host-tools");
        let words = route.placement.image.unwrap();
        assert_eq!(words, "host-tools stands for alpine:3: a part of this machine");
        assert_eq!(router().route("job", "host-tools", None).unwrap().placement.image, None);
    }

    #[test]
    fn an_image_that_nobody_has_is_refused_with_what_there_is() {
        let refused = router().route("job", "node:22", None).map(|route| route.alias).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "the job job asks for the image node:22, which is not to be had here. There is host-tools, legacy."
        );
    }
}
