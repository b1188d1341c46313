//! Where runs, jobs and steps stand, in words.

use regatta_domain::run::{JobState, RunState, RunView, StepState, StepView};

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
        RunState::Starting => "A sandbox is being made.".to_owned(),
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
