//! How long runs take.

use serde::{Deserialize, Serialize};

use super::placement::{ImageState, IsolationLevel, Milestone};
use super::setup::{Phase, SetupPart};
use super::view::{JobView, RunView};

/// How long a run took, and in what. Times in milliseconds since it was accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunTiming {
    /// The executor of its first job.
    pub executor: String,
    /// What kept that job from the machine.
    pub level: IsolationLevel,
    /// Whether that job's image had to be fetched.
    pub image_state: ImageState,
    /// Until it was its turn: when its first job's sandbox was asked for.
    pub queued_ms: u64,
    /// Until its first step began.
    pub setup_ms: u64,
    /// Until it was over.
    pub total_ms: u64,
    /// How long each part of that job's set-up took, from when its sandbox was asked for, named by the milestone that it led
    /// to. Empty where that is not known, or where the job was tried again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub phases: Vec<(Milestone, u64)>,
}

impl RunTiming {
    /// The parts of the set-up, from acceptance to the first step; empty where they are not known.
    pub fn parts(&self) -> Vec<(Phase, u64)> {
        if self.phases.is_empty() {
            return Vec::new();
        }
        let queue = (Phase::To(Milestone::Asked), self.queued_ms);
        let told = self.phases.iter().map(|(milestone, ms)| (Phase::To(*milestone), *ms));
        let mut parts: Vec<_> = std::iter::once(queue).chain(told).collect();
        let known: u64 = parts.iter().map(|(_, ms)| ms).sum();
        parts.push((Phase::ToFirstStep, self.setup_ms.saturating_sub(known)));
        parts
    }
}

/// Half and 95 of 100 of some times are at most this long (nearest rank).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Percentiles {
    /// How many times there were.
    pub count: usize,
    /// Half of them are at most this long.
    pub p50_ms: u64,
    /// 95 of 100 are at most this long.
    pub p95_ms: u64,
}

impl Percentiles {
    /// Of `times` in any order; `None` where there are none.
    pub fn of(mut times: Vec<u64>) -> Option<Self> {
        times.sort_unstable();
        let rank =
            |percent: usize| times.get((times.len() * percent).div_ceil(100).saturating_sub(1)).copied();
        Some(Self { count: times.len(), p50_ms: rank(50)?, p95_ms: rank(95)? })
    }
}

impl RunView {
    /// How long it took, once it is over; `None` where no step of it ever began.
    pub fn timing(&self) -> Option<RunTiming> {
        if !self.state.is_final() {
            return None;
        }
        let began = |job| Some((job, JobView::began_ms(job)?));
        let (job, setup_ms) = self.jobs.iter().filter_map(began).min_by_key(|(_, ms)| *ms)?;
        let placement = job.placement.as_ref()?;
        Some(RunTiming {
            executor: placement.executor.clone(),
            level: placement.level,
            image_state: placement.image_state,
            queued_ms: job.asked_ms().unwrap_or(setup_ms),
            setup_ms,
            total_ms: self.at_ms,
            phases: phases(job),
        })
    }
}

fn phases(job: &JobView) -> Vec<(Milestone, u64)> {
    if job.retry.is_some() {
        return Vec::new();
    }
    let to_milestone = |part: SetupPart| match part.phase {
        Phase::To(milestone) => Some((milestone, part.took_ms())),
        Phase::ToFirstStep => None,
    };
    job.setup().into_iter().filter_map(to_milestone).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_times_that_were_measured() {
        assert_eq!(Percentiles::of(vec![]), None);
        assert_eq!(Percentiles::of(vec![7]), Some(Percentiles { count: 1, p50_ms: 7, p95_ms: 7 }));
        let hundred = (1..=100).rev().collect();
        assert_eq!(Percentiles::of(hundred), Some(Percentiles { count: 100, p50_ms: 50, p95_ms: 95 }));
    }

    #[test]
    fn the_parts_of_a_set_up_are_all_of_it() {
        let timing = RunTiming {
            executor: "kubernetes".into(),
            level: IsolationLevel::VirtualMachine,
            image_state: ImageState::Cached,
            queued_ms: 20,
            setup_ms: 2_000,
            total_ms: 9_000,
            phases: vec![(Milestone::PodCreated, 80), (Milestone::RunnerReady, 1_890)],
        };
        let parts = timing.parts();
        assert_eq!(parts.iter().map(|(_, ms)| ms).sum::<u64>(), timing.setup_ms);
        assert_eq!(parts.last(), Some(&(Phase::ToFirstStep, 10)));
        assert_eq!(RunTiming { phases: vec![], ..timing }.parts(), []);
    }
}
