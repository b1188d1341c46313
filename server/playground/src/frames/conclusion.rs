//! What became of a job: from how following it ended, the limits that were reached, and what its runner vouches for.

use std::sync::Arc;

use regatta_domain::run::Ending;
use regatta_runner::{End, StepResult, Stop};

use crate::executor::{JobOutcome, JobSpec};

/// Why following a job ended.
pub enum Cut {
    /// The runner's report is over.
    Closed,
    /// A limit was reached or somebody stopped it.
    Stopped(Ending),
    /// What came cannot be believed.
    Unbelievable(String),
}

/// What a runner has reported, beside events.
#[derive(Debug, Default)]
pub struct Report {
    /// Its authentic end, once that has come.
    pub end: Option<End>,
    /// Its packed workspace, as far as it has come.
    pub workspace: Vec<u8>,
}

/// Draws conclusions for a job.
pub struct Conclusions<'a> {
    /// The job.
    pub job: &'a JobSpec,
    /// How many files each of its file systems may hold.
    pub files: u64,
}

/// An outcome that the portal or its sandbox is to blame for.
pub fn infra(reason: String) -> JobOutcome {
    JobOutcome::new(Ending::InfraError, Some(reason))
}

impl Conclusions<'_> {
    /// What became of the job. `exceeded` is the limit that was reached at last look. A job that was killed for its memory
    /// may have met any other end in consequence.
    pub fn of(&self, cut: Cut, exceeded: Option<Ending>, report: Report) -> JobOutcome {
        match (cut, exceeded, report.end) {
            (Cut::Stopped(Ending::Cancelled), ..) => self.reached(Ending::Cancelled),
            (_, Some(Ending::OutOfMemory), _) => self.reached(Ending::OutOfMemory),
            (Cut::Unbelievable(reason), ..) => {
                infra(format!("the runner's report is not to be believed: {reason}"))
            }
            (Cut::Stopped(ending), ..) | (Cut::Closed, Some(ending), _) => self.reached(ending),
            (Cut::Closed, None, Some(end)) => self.ended(&end, report.workspace),
            (Cut::Closed, None, None) => infra("the sandbox ended without an authentic report".to_owned()),
        }
    }

    /// The outcome of a job that was stopped from outside.
    fn reached(&self, ending: Ending) -> JobOutcome {
        let limits = &self.job.limits;
        let reason = match ending {
            Ending::TimedOut => Some(format!("more than {} s", limits.time.as_secs_f32())),
            Ending::OutOfMemory => Some(format!("more than {} MiB of memory", limits.memory_bytes >> 20)),
            Ending::ProcessLimit => Some(format!("more than {} processes at once", limits.processes)),
            Ending::OutputLimit => Some(format!("more than {} KiB of output", limits.output_bytes >> 10)),
            Ending::DiskLimit => Some(format!(
                "the workspace ({} MiB) or /tmp was full, or held more than {} files",
                limits.disk_bytes >> 20,
                self.files
            )),
            _ => None,
        };
        JobOutcome::new(ending, reason)
    }

    /// The outcome of a job whose runner reported its authentic end.
    fn ended(&self, end: &End, workspace: Vec<u8>) -> JobOutcome {
        let why = || end.reason.clone().unwrap_or_default();
        let failed = |reason: String| JobOutcome::new(Ending::Failed, Some(reason));
        match end.stopped {
            Some(Stop::Disk) => self.reached(Ending::DiskLimit),
            Some(Stop::Processes) => self.reached(Ending::ProcessLimit),
            Some(Stop::Signal) => infra("the runner was asked to end from outside".to_owned()),
            Some(Stop::Wall) => infra(format!("no wall can be put up around its steps: {}", why())),
            Some(Stop::Unpacking) => {
                failed(format!("the workspace handed to it cannot be unpacked: {}", why()))
            }
            Some(Stop::Packing) => failed(format!("its workspace cannot be handed on: {}", why())),
            None => match end.results.iter().find(|result| self.counts_as_failure(result)) {
                Some(failure) => failed(self.failure(failure)),
                None => self.succeeded(end, workspace),
            },
        }
    }

    fn succeeded(&self, end: &End, workspace: Vec<u8>) -> JobOutcome {
        if !end.results.iter().map(|result| result.step).eq(0..self.job.steps.len()) {
            return infra("the runner left out a step without saying why".to_owned());
        }
        if self.job.pack && end.packed.is_none() {
            return infra("the runner did not hand on the workspace".to_owned());
        }
        let workspace = self.job.pack.then(|| Arc::from(workspace));
        JobOutcome { ending: Ending::Succeeded, reason: None, workspace }
    }

    fn counts_as_failure(&self, result: &StepResult) -> bool {
        let tolerated = self.job.steps.get(result.step).is_some_and(|step| step.tolerated);
        result.exit != 0 && !tolerated
    }

    fn failure(&self, result: &StepResult) -> String {
        let step = self.job.steps.get(result.step);
        let name = step.map_or("?", |step| step.name.as_str());
        match step.and_then(|step| step.timeout).filter(|_| result.timed_out) {
            Some(most) => format!("step {name} took more than {} s", most.as_secs_f32()),
            None => format!("step {name} ended with exit code {}", result.exit),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use regatta_domain::ids::RunId;

    use super::*;
    use crate::executor::{JobStep, Limits};

    fn job(steps: Vec<JobStep>) -> JobSpec {
        JobSpec {
            run: "aaaaaaaaaaaaaaaaaaaaaaaaaa".parse::<RunId>().unwrap(),
            job: 0,
            attempt: 0,
            image: "host-tools".into(),
            environment: BTreeMap::new(),
            steps,
            limits: Limits::default(),
            results: Vec::new(),
            metadata: None,
            unpack: Vec::new(),
            pack: false,
        }
    }

    fn step(name: &str) -> JobStep {
        JobStep { name: name.into(), ..JobStep::default() }
    }

    fn result(step: usize, exit: i32) -> StepResult {
        StepResult { step, exit, ..StepResult::default() }
    }

    fn concluded(job: &JobSpec, end: End) -> JobOutcome {
        let report = Report { end: Some(end), workspace: b"packed".to_vec() };
        Conclusions { job, files: 7 }.of(Cut::Closed, None, report)
    }

    fn end(results: Vec<StepResult>) -> End {
        End { results, ..End::default() }
    }

    #[test]
    fn success_needs_every_step() {
        let job = job(vec![step("one"), step("two")]);
        assert_eq!(concluded(&job, end(vec![result(0, 0), result(1, 0)])).ending, Ending::Succeeded);
        assert_eq!(concluded(&job, end(vec![result(0, 0)])).ending, Ending::InfraError);
        assert_eq!(concluded(&job, end(vec![])).ending, Ending::InfraError);
        let silent = Conclusions { job: &job, files: 7 }.of(Cut::Closed, None, Report::default());
        assert_eq!(silent.ending, Ending::InfraError);
    }

    #[test]
    fn a_tolerated_failure_is_none_and_a_step_out_of_time_is_named() {
        let tolerated = JobStep { tolerated: true, ..step("one") };
        let timed = JobStep { timeout: Some(Duration::from_millis(1500)), ..step("two") };
        let job = job(vec![tolerated, timed]);
        assert_eq!(concluded(&job, end(vec![result(0, 3), result(1, 0)])).ending, Ending::Succeeded);
        let late = StepResult { timed_out: true, ..result(1, 124) };
        let outcome = concluded(&job, end(vec![result(0, 3), late]));
        assert_eq!(outcome.ending, Ending::Failed);
        assert_eq!(outcome.reason.unwrap(), "step two took more than 1.5 s");
        let by_itself = concluded(&job, end(vec![result(0, 0), result(1, 124)]));
        assert_eq!(by_itself.reason.unwrap(), "step two ended with exit code 124");
    }

    #[test]
    fn a_workspace_is_handed_on_only_whole_and_only_where_it_was_asked_for() {
        let mut job = job(vec![step("one")]);
        let whole = || End { packed: Some(6), ..end(vec![result(0, 0)]) };
        assert_eq!(concluded(&job, whole()).workspace, None);
        job.pack = true;
        assert_eq!(concluded(&job, whole()).workspace.as_deref(), Some(&b"packed"[..]));
        assert_eq!(concluded(&job, end(vec![result(0, 0)])).ending, Ending::InfraError);
        let reason = Some("it is larger than 16 MiB".to_owned());
        let stopped = End { stopped: Some(Stop::Packing), reason, ..end(vec![result(0, 0)]) };
        let outcome = concluded(&job, stopped);
        assert_eq!((outcome.ending, outcome.workspace), (Ending::Failed, None));
        assert!(outcome.reason.unwrap().ends_with("it is larger than 16 MiB"));
    }
}
