//! How long runs take here, counted by what ran and isolated them and by whether their image had to be fetched; and what
//! others published of theirs.

mod phases;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use regatta_domain::run::{Ending, ImageState, IsolationLevel, Percentiles, Phase, RunState, RunTiming};

use super::runs::RunSummary;

pub use phases::phase_bars;
pub use table::figure_table;

/// What ran the first job of a run, and how that was isolated.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind {
    /// What kept the job from the machine.
    pub level: IsolationLevel,
    /// The executor's name: `kubernetes`.
    pub executor: String,
    /// Whether the job's image had to be fetched.
    pub image_state: ImageState,
}

/// The times of all runs of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// The kind.
    pub kind: Kind,
    /// From acceptance to the start of the first step, and to the end; absent where there was no such run.
    pub times: Option<Times>,
    /// The median of each part of the set-up in milliseconds, of the runs that tell them, in order.
    pub phases: Vec<(Phase, u64)>,
}

/// Set-up and whole run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// From acceptance to the start of the first step.
    pub setup: Percentiles,
    /// From acceptance to the end.
    pub total: Percentiles,
}

/// A row of the published table, in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// What ran the builds.
    pub system: &'static str,
    /// Whether the image had to be fetched.
    pub image_state: ImageState,
    /// Until the build began.
    pub setup_s: u64,
    /// Until it was over.
    pub total_s: u64,
}

const KATA: &str = "Screwdriver with Kata Containers";
const HYPER: &str = "Screwdriver with Hyper";

/// As published by the Screwdriver team in 2020, for a build that waits for one minute in the image node:12.
pub const PUBLISHED: [Published; 4] = [
    Published { system: KATA, image_state: ImageState::Cached, setup_s: 28, total_s: 92 },
    Published { system: KATA, image_state: ImageState::Fetched, setup_s: 51, total_s: 115 },
    Published { system: HYPER, image_state: ImageState::Cached, setup_s: 50, total_s: 116 },
    Published { system: HYPER, image_state: ImageState::Fetched, setup_s: 92, total_s: 160 },
];

/// The kinds that are told of also where there was no such run: what a portal is made to use. The last two are those that the
/// published figures are of.
const ALWAYS_TOLD: [(IsolationLevel, &str, ImageState); 4] = [
    (IsolationLevel::Process, "bubblewrap", ImageState::Local),
    (IsolationLevel::ApplicationKernel, "gvisor", ImageState::Local),
    (IsolationLevel::VirtualMachine, "kubernetes", ImageState::Cached),
    (IsolationLevel::VirtualMachine, "kubernetes", ImageState::Fetched),
];

impl Kind {
    fn of(timing: &RunTiming) -> Self {
        let RunTiming { level, executor, image_state, .. } = timing.clone();
        Self { level, executor, image_state }
    }

    /// Where, and how it is isolated, as a visitor reads it.
    pub fn words(&self) -> String {
        let what = match (self.executor.as_str(), self.level) {
            ("gvisor", _) => "gVisor",
            ("kubernetes", IsolationLevel::VirtualMachine) => "Kubernetes with Kata Containers",
            ("kubernetes", IsolationLevel::ApplicationKernel) => "Kubernetes with gVisor",
            ("kubernetes", IsolationLevel::Process) => "Kubernetes",
            (name, _) => name,
        };
        format!("{what}: {}", self.level.words())
    }
}

/// The times of runs that count: those that came to their own end. A run that somebody cancelled or that a limit stopped
/// says nothing of how long such a run takes.
pub fn counted_times(runs: &[RunSummary]) -> impl Iterator<Item = (&RunSummary, &RunTiming)> {
    let came_to_its_end =
        |run: &&RunSummary| matches!(run.state, RunState::Ended(Ending::Succeeded | Ending::Failed));
    runs.iter().filter(came_to_its_end).filter_map(|run| Some((run, run.timing.as_ref()?)))
}

/// The figures of `runs`, one for each kind of which there was a run or that is told of in any case.
pub fn figures(runs: &[RunSummary]) -> Vec<Figure> {
    let told = ALWAYS_TOLD.map(|(level, executor, image_state)| Kind {
        level,
        executor: executor.to_owned(),
        image_state,
    });
    let seen = counted_times(runs).map(|(_, timing)| Kind::of(timing));
    let kinds: BTreeSet<Kind> = told.into_iter().chain(seen).collect();
    kinds.into_iter().map(|kind| figure(runs, kind)).collect()
}

fn figure(runs: &[RunSummary], kind: Kind) -> Figure {
    let times = || counted_times(runs).map(|(_, timing)| timing).filter(|timing| Kind::of(timing) == kind);
    let setup = Percentiles::of(times().map(|timing| timing.setup_ms).collect());
    let total = Percentiles::of(times().map(|timing| timing.total_ms).collect());
    let mut parts: BTreeMap<Phase, Vec<u64>> = BTreeMap::new();
    for (phase, ms) in times().flat_map(RunTiming::parts) {
        parts.entry(phase).or_default().push(ms);
    }
    let median = |(phase, ms)| Some((phase, Percentiles::of(ms)?.p50_ms));
    Figure {
        kind,
        times: setup.zip(total).map(|(setup, total)| Times { setup, total }),
        phases: parts.into_iter().filter_map(median).collect(),
    }
}

/// Whether an image had to be fetched, in a cell of a table.
fn image_words(state: ImageState) -> &'static str {
    match state {
        ImageState::Local => "part of the machine",
        ImageState::Cached => "there already",
        ImageState::Fetched => "fetched first",
    }
}

#[cfg(test)]
mod tests {
    use regatta_domain::run::Milestone;

    use super::*;

    pub(super) fn run(executor: &str, level: IsolationLevel, setup_ms: u64, state: RunState) -> RunSummary {
        let image_state = if executor == "kubernetes" { ImageState::Cached } else { ImageState::Local };
        let timing = RunTiming {
            executor: executor.into(),
            level,
            image_state,
            queued_ms: 0,
            setup_ms,
            total_ms: 10 * setup_ms,
            phases: vec![(Milestone::SandboxStarted, setup_ms / 2), (Milestone::RunnerReady, setup_ms / 4)],
        };
        RunSummary {
            id: "aaaaaaaaaaaaaaaaaaaaaaaaaa".parse().unwrap(),
            title: "Demo".into(),
            demo: None,
            state,
            accepted_at: "2026-11-22T12:00:00Z".parse().unwrap(),
            total_ms: Some(10 * setup_ms),
            timing: Some(timing),
        }
    }

    pub(super) const SUCCEEDED: RunState = RunState::Ended(Ending::Succeeded);

    #[test]
    fn only_runs_with_an_end_of_their_own_count_and_what_never_ran_is_told_too() {
        let process = |ms, ending| run("bubblewrap", IsolationLevel::Process, ms, RunState::Ended(ending));
        let runs =
            [process(40, Ending::Succeeded), process(60, Ending::Failed), process(9_000, Ending::Cancelled)];
        let figures = figures(&runs);
        assert_eq!(figures.len(), ALWAYS_TOLD.len());
        let times = figures[0].times.unwrap();
        assert_eq!((times.setup.count, times.setup.p50_ms, times.total.p95_ms), (2, 40, 600));
        let phases = figures[0].phases.iter().map(|(phase, ms)| (phase.as_str(), *ms)).collect::<Vec<_>>();
        let medians = [("asked", 0), ("sandbox_started", 20), ("runner_ready", 10), ("first_step", 10)];
        assert_eq!(phases, medians);
        assert!(figures[1..].iter().all(|figure| figure.times.is_none() && figure.phases.is_empty()));
    }

    #[test]
    fn an_application_kernel_in_a_cluster_is_another_kind_than_one_on_this_machine() {
        let kernel = IsolationLevel::ApplicationKernel;
        let runs = [run("gvisor", kernel, 200, SUCCEEDED), run("kubernetes", kernel, 900, SUCCEEDED)];
        let told: Vec<_> = figures(&runs)
            .into_iter()
            .filter_map(|figure| Some((figure.kind.words(), figure.times?.setup.p50_ms)))
            .collect();
        let words = kernel.words();
        let expected = [(format!("gVisor: {words}"), 200), (format!("Kubernetes with gVisor: {words}"), 900)];
        assert_eq!(told, expected);
    }
}
