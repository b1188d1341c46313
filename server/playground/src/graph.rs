//! Which job may start, which never will, and how a run ends that ran them.

use regatta_domain::pipeline::{Needs, Pipeline};
use regatta_domain::run::Ending;

/// Where a job stands.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Standing {
    Waiting,
    UnderWay,
    Over { ending: Ending, reason: Option<String> },
    Skipped,
}

/// Whether the needs of a job are met.
#[derive(Debug, PartialEq, Eq)]
enum Outlook {
    Open,
    Met,
    Hopeless(String),
}

/// The jobs of a run while it is conducted.
pub(crate) struct Graph<'a> {
    pipeline: &'a Pipeline,
    standing: Vec<Standing>,
}

impl<'a> Graph<'a> {
    pub(crate) fn new(pipeline: &'a Pipeline) -> Self {
        Self { pipeline, standing: vec![Standing::Waiting; pipeline.jobs.len()] }
    }

    /// Takes the first waiting job whose needs are met, which is under way from here on.
    pub(crate) fn start_next(&mut self) -> Option<usize> {
        let job = self.waiting().find(|job| self.outlook(*job) == Outlook::Met)?;
        self.standing[job] = Standing::UnderWay;
        Some(job)
    }

    /// Takes the first waiting job whose needs can never be met, with the reason; it is skipped from here on.
    pub(crate) fn skip_next(&mut self) -> Option<(usize, String)> {
        let (job, reason) = self.waiting().find_map(|job| match self.outlook(job) {
            Outlook::Hopeless(reason) => Some((job, reason)),
            Outlook::Open | Outlook::Met => None,
        })?;
        self.standing[job] = Standing::Skipped;
        Some((job, reason))
    }

    /// Notes the end of a job that was under way.
    pub(crate) fn end(&mut self, job: usize, ending: Ending, reason: Option<String>) {
        self.standing[job] = Standing::Over { ending, reason };
    }

    /// The jobs that neither started nor were skipped, in the pipeline's order.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.standing.len()).filter(|job| self.standing[*job] == Standing::Waiting)
    }

    /// How the run ended, as told by its jobs: as the worst of them did, with that job's reason.
    pub(crate) fn ending(&self) -> (Ending, Option<String>) {
        let mut worst = (Ending::Succeeded, None);
        for (job, standing) in self.pipeline.jobs.iter().zip(&self.standing) {
            if let Standing::Over { ending, reason } = standing
                && severity(*ending) > severity(worst.0)
            {
                worst = (*ending, Some(told_of(&job.name, reason.as_deref())));
            }
        }
        worst
    }

    fn outlook(&self, job: usize) -> Outlook {
        let needs = &self.pipeline.jobs[job].needs;
        if needs.is_empty() || self.are_met(needs) {
            return Outlook::Met;
        }
        let lost = |need: &usize| !self.can_still_succeed(*need);
        let all_lost = needs.all.is_empty() || needs.all.iter().any(lost);
        if all_lost && needs.any.iter().all(lost) {
            Outlook::Hopeless(self.reason_to_skip(needs))
        } else {
            Outlook::Open
        }
    }

    fn are_met(&self, needs: &Needs) -> bool {
        let all = !needs.all.is_empty() && needs.all.iter().all(|need| self.succeeded(*need));
        all || needs.any.iter().any(|need| self.succeeded(*need))
    }

    fn reason_to_skip(&self, needs: &Needs) -> String {
        let told = |need: &usize| {
            let name = self.pipeline.jobs.get(*need).map_or("a job that does not exist", |job| &job.name);
            format!("{name}, which {}", self.fate(*need))
        };
        let lost = needs.jobs().filter(|need| !self.can_still_succeed(*need));
        let lost: Vec<String> = lost.map(|need| told(&need)).collect();
        format!("it needs {}", lost.join(", and "))
    }

    fn fate(&self, job: usize) -> &'static str {
        match self.standing.get(job) {
            Some(Standing::Over { ending: Ending::Failed, .. }) => "failed",
            Some(Standing::Over { ending: Ending::Cancelled, .. }) => "was cancelled",
            Some(Standing::Over { ending: Ending::InfraError, .. }) => "the portal could not finish",
            Some(Standing::Over { .. }) => "was stopped by a limit",
            Some(Standing::Skipped) => "was skipped",
            Some(Standing::Waiting | Standing::UnderWay) | None => "never ran",
        }
    }

    fn succeeded(&self, job: usize) -> bool {
        matches!(self.standing.get(job), Some(Standing::Over { ending: Ending::Succeeded, .. }))
    }

    fn can_still_succeed(&self, job: usize) -> bool {
        self.succeeded(job) || matches!(self.standing.get(job), Some(Standing::Waiting | Standing::UnderWay))
    }
}

fn told_of(job: &str, reason: Option<&str>) -> String {
    match reason {
        Some(reason) => format!("job {job}: {reason}"),
        None => format!("in job {job}"),
    }
}

/// How bad an ending is: a portal that failed hides everything else, a cancellation hides what it interrupted.
fn severity(ending: Ending) -> u8 {
    match ending {
        Ending::Succeeded => 0,
        Ending::Failed => 1,
        Ending::DiskLimit => 2,
        Ending::ProcessLimit => 3,
        Ending::OutputLimit => 4,
        Ending::TimedOut => 5,
        Ending::OutOfMemory => 6,
        Ending::Cancelled => 7,
        Ending::InfraError => 8,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use regatta_domain::pipeline::Job;

    use super::*;

    fn pipeline(jobs: &[(&str, &[usize], &[usize])]) -> Pipeline {
        let job = |(name, all, any): &(&str, &[usize], &[usize])| Job {
            name: (*name).into(),
            needs: Needs { all: all.to_vec(), any: any.to_vec() },
            image: "shell".into(),
            environment: BTreeMap::new(),
            steps: vec![],
        };
        Pipeline { jobs: jobs.iter().map(job).collect(), notes: vec![] }
    }

    #[test]
    fn a_join_waits_for_all_it_needs() {
        let pipeline = pipeline(&[("build", &[], &[]), ("lint", &[], &[]), ("ship", &[0, 1], &[])]);
        let mut graph = Graph::new(&pipeline);
        assert_eq!((graph.start_next(), graph.start_next(), graph.start_next()), (Some(0), Some(1), None));
        graph.end(1, Ending::Succeeded, None);
        assert_eq!(graph.start_next(), None);
        graph.end(0, Ending::Succeeded, None);
        assert_eq!(graph.start_next(), Some(2));
        graph.end(2, Ending::Succeeded, None);
        assert_eq!(graph.ending(), (Ending::Succeeded, None));
    }

    #[test]
    fn a_failure_skips_what_needs_it_and_names_it() {
        let pipeline = pipeline(&[("build", &[], &[]), ("test", &[0], &[]), ("ship", &[1], &[])]);
        let mut graph = Graph::new(&pipeline);
        graph.start_next();
        graph.end(0, Ending::Failed, Some("step compile ended with exit code 2".into()));
        assert_eq!(graph.start_next(), None);
        assert_eq!(graph.skip_next(), Some((1, "it needs build, which failed".into())));
        assert_eq!(graph.skip_next(), Some((2, "it needs test, which was skipped".into())));
        assert_eq!(graph.skip_next(), None);
        let reason = "job build: step compile ended with exit code 2".to_owned();
        assert_eq!(graph.ending(), (Ending::Failed, Some(reason)));
    }

    #[test]
    fn one_of_several_is_enough_where_the_pipeline_says_so() {
        let pipeline = pipeline(&[("a", &[], &[]), ("b", &[], &[]), ("c", &[], &[0, 1])]);
        let mut graph = Graph::new(&pipeline);
        graph.start_next();
        graph.start_next();
        graph.end(0, Ending::Failed, None);
        assert_eq!(graph.skip_next(), None, "b may still succeed");
        graph.end(1, Ending::Succeeded, None);
        assert_eq!(graph.start_next(), Some(2));
        graph.end(2, Ending::Succeeded, None);
        assert_eq!(graph.ending().0, Ending::Failed, "a failure is not forgotten");
    }

    #[test]
    fn a_job_is_skipped_when_none_of_several_succeeded() {
        let pipeline = pipeline(&[("a", &[], &[]), ("b", &[], &[]), ("c", &[], &[0, 1])]);
        let mut graph = Graph::new(&pipeline);
        graph.start_next();
        graph.start_next();
        graph.end(0, Ending::Failed, None);
        graph.end(1, Ending::TimedOut, None);
        let reason = "it needs a, which failed, and b, which was stopped by a limit".to_owned();
        assert_eq!(graph.skip_next(), Some((2, reason)));
    }

    #[test]
    fn an_impossible_graph_starts_nothing() {
        let looped = pipeline(&[("a", &[1], &[]), ("b", &[0], &[])]);
        let mut graph = Graph::new(&looped);
        assert_eq!((graph.start_next(), graph.skip_next()), (None, None));
        assert_eq!(graph.waiting().count(), 2);
        let dangling = pipeline(&[("a", &[7], &[])]);
        assert!(Graph::new(&dangling).skip_next().is_some());
    }

    #[test]
    fn the_worst_ending_counts() {
        let pipeline = pipeline(&[("a", &[], &[]), ("b", &[], &[])]);
        for worse in Ending::ALL {
            let mut graph = Graph::new(&pipeline);
            graph.end(0, worse, None);
            graph.end(1, Ending::Succeeded, None);
            assert_eq!(graph.ending().0, worse);
        }
    }
}
