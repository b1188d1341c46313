//! How much the playground may do at once, and for whom.

use std::time::Duration;

use crate::executor::Limits;

/// What an operator can set. Everything that costs something has a bound here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaygroundSettings {
    /// How many runs are under way at once; at least one.
    pub concurrent_runs: usize,
    /// How many jobs of one run are under way at once; at least one.
    pub jobs_per_run: usize,
    /// How many runs may wait for their turn.
    pub max_queued: usize,
    /// How many runs of one visitor may wait or be under way.
    pub unended_per_visitor: u32,
    /// How many runs one visitor may ask for within an hour.
    pub hourly_per_visitor: u32,
    /// What each job may use.
    pub limits: Limits,
    /// How many lines the log of a run may hold.
    pub log_lines: usize,
    /// How many bytes of lines the log of a run may hold.
    pub log_bytes: usize,
    /// How long an executor may take to stop a job it was told to stop, or that is past its time, before it is dropped.
    pub stop_grace: Duration,
    /// How long a run is kept after its end.
    pub keep: Duration,
    /// How often what is over is deleted and what was left behind is put right.
    pub sweep_every: Duration,
}

impl Default for PlaygroundSettings {
    fn default() -> Self {
        Self {
            concurrent_runs: 2,
            jobs_per_run: 2,
            max_queued: 200,
            unended_per_visitor: 3,
            hourly_per_visitor: 20,
            limits: Limits::default(),
            log_lines: 40_000,
            log_bytes: 4 << 20,
            stop_grace: Duration::from_secs(5),
            keep: Duration::from_hours(30 * 24),
            sweep_every: Duration::from_mins(10),
        }
    }
}
