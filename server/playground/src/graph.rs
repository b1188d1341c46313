//! Which job may start, which never will, and how a run ends that ran them.

use regatta_domain::pipeline::{Accepts, Job, Need, Needs, Pipeline};
use regatta_domain::run::Ending;

/// Where a job stands.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Standing {
    Waiting,
    UnderWay,
    Over {
        ending: Ending,
        reason: Option<String>,
    },
    /// Its own conditions did not hold.
    LeftOut,
    /// It never starts, because of a job it needs.
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
        self.begin(job);
        Some(job)
    }

    /// Notes that a job whose turn came is under way.
    pub(crate) fn begin(&mut self, job: usize) {
        self.standing[job] = Standing::UnderWay;
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

    /// Notes that a job whose turn came is left out by its own conditions.
    pub(crate) fn leave_out(&mut self, job: usize) {
        self.standing[job] = Standing::LeftOut;
    }

    /// Notes that a job whose turn came cannot run for want of what another did not hand on.
    pub(crate) fn skip(&mut self, job: usize) {
        self.standing[job] = Standing::Skipped;
    }

    /// The jobs that neither started nor were skipped, in the pipeline's order.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.standing.len()).filter(|job| self.standing[*job] == Standing::Waiting)
    }

    /// The jobs under way, in the pipeline's order.
    pub(crate) fn under_way(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.standing.len()).filter(|job| self.standing[*job] == Standing::UnderWay)
    }

    /// Whether nothing can happen to a job any more.
    pub(crate) fn is_over(&self, job: usize) -> bool {
        !matches!(self.standing[job], Standing::Waiting | Standing::UnderWay)
    }

    /// Whether nothing can happen to any job any more.
    pub(crate) fn is_complete(&self) -> bool {
        (0..self.standing.len()).all(|job| self.is_over(job))
    }

    /// Whether a job's turn has not come yet.
    pub(crate) fn is_waiting(&self, job: usize) -> bool {
        self.standing.get(job) == Some(&Standing::Waiting)
    }

    /// The jobs that handed on a workspace which this one takes.
    pub(crate) fn given_workspaces(&self, job: usize) -> impl Iterator<Item = usize> + '_ {
        let takes = &self.pipeline.jobs[job].exchange.takes_workspace_of;
        let gives =
            |giver: &usize| self.succeeded(*giver) && self.pipeline.jobs[*giver].exchange.gives_workspace;
        takes.iter().copied().filter(gives)
    }

    /// Whether a job ran and succeeded.
    pub(crate) fn succeeded(&self, job: usize) -> bool {
        matches!(self.standing.get(job), Some(Standing::Over { ending: Ending::Succeeded, .. }))
    }

    /// How each job ended, in Tekton's words: `None` where it has not, or never ran.
    pub(crate) fn statuses(&self) -> Vec<&'static str> {
        let status = |standing: &Standing| match standing {
            Standing::Over { ending: Ending::Succeeded, .. } => "Succeeded",
            Standing::Over { .. } => "Failed",
            Standing::Waiting | Standing::UnderWay | Standing::LeftOut | Standing::Skipped => "None",
        };
        self.standing.iter().map(status).collect()
    }

    /// How the run ended, as told by its jobs: as the worst of them did, with that job's reason. Failures that are
    /// tolerated do not count.
    pub(crate) fn ending(&self) -> (Ending, Option<String>) {
        let mut worst = (Ending::Succeeded, None);
        for (job, standing) in self.pipeline.jobs.iter().zip(&self.standing) {
            if let Standing::Over { ending, reason } = standing
                && !is_tolerated(job, *ending)
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
        let lost = |need: &Need| self.is_lost(*need);
        let all_lost = needs.all.is_empty() || needs.all.iter().any(lost);
        if all_lost && needs.any.iter().all(lost) {
            Outlook::Hopeless(self.reason_to_skip(needs))
        } else {
            Outlook::Open
        }
    }

    fn are_met(&self, needs: &Needs) -> bool {
        let all = !needs.all.is_empty() && needs.all.iter().all(|need| self.is_met(*need));
        all || needs.any.iter().any(|need| self.is_met(*need))
    }

    fn is_met(&self, need: Need) -> bool {
        let (Some(standing), Some(job)) = (self.standing.get(need.job), self.pipeline.jobs.get(need.job))
        else {
            return false;
        };
        match (standing, need.accepts) {
            (Standing::Waiting | Standing::UnderWay, _) => false,
            (_, Accepts::AnyEnd) => true,
            (Standing::Over { ending, .. }, _) => *ending == Ending::Succeeded || is_tolerated(job, *ending),
            (Standing::LeftOut, accepts) => accepts == Accepts::SuccessOrLeftOut,
            (Standing::Skipped, _) => false,
        }
    }

    /// Whether a need can never be met any more.
    fn is_lost(&self, need: Need) -> bool {
        let may_come = matches!(self.standing.get(need.job), Some(Standing::Waiting | Standing::UnderWay));
        !may_come && !self.is_met(need)
    }

    fn reason_to_skip(&self, needs: &Needs) -> String {
        let told = |need: Need| {
            let job = self.pipeline.jobs.get(need.job);
            let name = job.map_or("a job that does not exist", |job| &job.name);
            format!("{name}, which {}", self.fate(need.job))
        };
        let lost: Vec<String> = needs.iter().filter(|need| self.is_lost(*need)).map(told).collect();
        format!("it needs {}", lost.join(", and "))
    }

    /// What became of a job, after "which".
    pub(crate) fn fate(&self, job: usize) -> &'static str {
        match self.standing.get(job) {
            Some(Standing::Over { ending: Ending::Succeeded, .. }) => "succeeded",
            Some(Standing::Over { ending: Ending::Failed, .. }) => "failed",
            Some(Standing::Over { ending: Ending::Cancelled, .. }) => "was cancelled",
            Some(Standing::Over { ending, .. }) if ending.is_infrastructure() => {
                "the portal could not finish"
            }
            Some(Standing::Over { .. }) => "was stopped by a limit",
            Some(Standing::LeftOut) => "was left out",
            Some(Standing::Skipped) => "was skipped",
            Some(Standing::Waiting | Standing::UnderWay) | None => "never ran",
        }
    }
}

/// Whether a job's ending is none of the run's. What came from outside the pipeline always is.
fn is_tolerated(job: &Job, ending: Ending) -> bool {
    job.tolerated && ending != Ending::Cancelled && !ending.is_infrastructure()
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
        Ending::ImagePull | Ending::Evicted | Ending::NodeLost | Ending::Vanished | Ending::InfraError => 8,
    }
}

#[cfg(test)]
mod tests;
