//! Where runs, jobs and steps stand, in words.

use regatta_domain::run::{Ending, JobState, JobView, RunState, RunView, StepState, StepView};

use super::duration::duration;
use crate::state_mark::Shown;

/// Where a run stands.
pub fn run_shown(state: RunState) -> Shown {
    Shown::new(state.as_str(), state.words())
}

/// Where a job stands.
pub fn job_shown(state: JobState) -> Shown {
    Shown::new(state.as_str(), state.words())
}

/// Where a step stands.
pub fn step_shown(state: StepState) -> Shown {
    match state {
        StepState::Waiting => Shown::new("queued", "Waiting"),
        StepState::Running => Shown::new("running", "Running"),
        StepState::Exited(code) => {
            let name = if code == 0 { "succeeded" } else { "failed" };
            Shown::new(name, format!("Exit code {code}"))
        }
        StepState::Stopped => Shown::new("cancelled", "Stopped"),
        StepState::Skipped => Shown::new("skipped", "Skipped"),
    }
}

/// How far a run is, in a sentence.
pub fn run_summary(view: &RunView) -> String {
    let all = view.jobs.len();
    let over = view.jobs.iter().filter(|job| job.is_over()).count();
    let jobs = if all == 1 { "job" } else { "jobs" };
    match view.state {
        RunState::Queued => "It waits for its turn.".to_owned(),
        RunState::Starting => {
            what_it_waits_for(view).unwrap_or_else(|| "A sandbox is being made.".to_owned())
        }
        RunState::Running => format!("{over} of {all} {jobs} over."),
        RunState::Ended(_) => {
            let skipped = view
                .jobs
                .iter()
                .filter(|job| matches!(job.state, JobState::Skipped | JobState::LeftOut))
                .count();
            let skips = if skipped == 0 { String::new() } else { format!(", {skipped} of them skipped") };
            format!("{all} {jobs}{skips}.")
        }
    }
}

/// Why there is no sandbox yet, where there is something to say of it.
fn what_it_waits_for(view: &RunView) -> Option<String> {
    let waiting = |job: &JobView| if job.state == JobState::Starting { job.reason.clone() } else { None };
    view.jobs.iter().find_map(|job| Some(format!("{}: {}.", job.name, waiting(job)?.trim_end_matches('.'))))
}

/// What a visitor can do about an ending that the pipeline is not to blame for; empty for any other.
pub fn ending_hint(state: RunState) -> &'static str {
    let RunState::Ended(ending) = state else { return "" };
    match ending {
        Ending::ImagePull => {
            "The cluster could not get the image; the pipeline is not to blame. Run it again: where that does not help, \
             the image is for this portal’s operators to mend."
        }
        Ending::Evicted => {
            "The machine below it could keep it no longer; the pipeline is not to blame. Run it again."
        }
        Ending::NodeLost => {
            "The machine below it is gone; the pipeline is not to blame. Run it again, and it gets another one."
        }
        Ending::Vanished => {
            "Somebody or something took its pod away; the pipeline is not to blame. Run it again."
        }
        Ending::InfraError => "The pipeline is not to blame. Run it again.",
        Ending::Succeeded
        | Ending::Failed
        | Ending::TimedOut
        | Ending::OutOfMemory
        | Ending::OutputLimit
        | Ending::DiskLimit
        | Ending::ProcessLimit
        | Ending::Cancelled => "",
    }
}

/// How long a run took, or has taken so far.
pub fn run_clock(view: &RunView) -> String {
    match (view.at_ms, view.state.is_final()) {
        (0, _) => String::new(),
        (ms, true) => format!("{} in all", duration(ms)),
        (ms, false) => format!("{} so far", duration(ms)),
    }
}

/// How long a step took and what it used.
pub fn step_figures(step: &StepView) -> String {
    let took = step.took_ms.map(duration).unwrap_or_default();
    let Some(usage) = step.usage else { return took };
    let mib = usage.peak_bytes.div_ceil(1 << 20);
    format!("{took} · {} of processor · {mib} MiB at most", duration(usage.cpu_ms))
}

/// Whether a step's log should be open unless the reader closes it: it runs, or it went wrong.
pub fn opens(step: &StepView) -> bool {
    match step.state {
        StepState::Running | StepState::Stopped => true,
        StepState::Exited(code) => code != 0,
        StepState::Waiting | StepState::Skipped => false,
    }
}

#[cfg(test)]
mod tests {
    use regatta_domain::pipeline::{Plan, PlannedJob};
    use regatta_domain::run::{RunEvent, RunFact};

    use super::*;

    #[test]
    fn who_is_not_to_blame_is_told_what_to_do() {
        for ending in Ending::ALL {
            let hint = ending_hint(RunState::Ended(ending));
            assert_eq!(hint.contains("Run it again"), ending.is_infrastructure(), "{ending:?}: {hint}");
        }
        assert_eq!(ending_hint(RunState::Running), "");
    }

    #[test]
    fn a_run_without_room_says_what_it_waits_for() {
        let job = PlannedJob { name: "build".into(), ..PlannedJob::default() };
        let mut view = RunView::queued(&Plan { jobs: vec![job], stages: vec![] });
        view.state = RunState::Starting;
        assert_eq!(run_summary(&view), "A sandbox is being made.");
        let reason = Some("it waits for room in the cluster".to_owned());
        let what = RunFact::Job { job: 0, state: JobState::Starting, reason };
        view.apply(&RunEvent { seq: 1, at_ms: 1, what });
        assert_eq!(run_summary(&view), "build: it waits for room in the cluster.");
    }
}
