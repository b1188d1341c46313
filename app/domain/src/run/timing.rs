//! How long runs take.

use serde::{Deserialize, Serialize};

use super::placement::{ImageState, IsolationLevel, Milestone};
use super::view::RunView;

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
        let began = |at: usize| self.jobs[at].steps.iter().filter_map(|step| step.started_ms).min();
        let (first, setup_ms) =
            (0..self.jobs.len()).filter_map(|at| Some((at, began(at)?))).min_by_key(|(_, ms)| *ms)?;
        let job = &self.jobs[first];
        let placement = job.placement.as_ref()?;
        Some(RunTiming {
            executor: placement.executor.clone(),
            level: placement.level,
            image_state: placement.image_state,
            queued_ms: job.reached(Milestone::Asked).unwrap_or(setup_ms),
            setup_ms,
            total_ms: self.at_ms,
        })
    }
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
}
