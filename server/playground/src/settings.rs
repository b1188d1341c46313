//! How much the playground may do at once, and for whom.

use std::time::Duration;

use regatta_domain::switches::Switches;

use crate::executor::Limits;

/// What an operator can set. Everything that costs something has a bound here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaygroundSettings {
    /// How many runs this process conducts at once; at least one.
    pub concurrent_runs: usize,
    /// How many jobs of one run are under way at once; at least one.
    pub jobs_per_run: usize,
    /// How many runs may wait for their turn.
    pub max_queued: usize,
    /// How many runs of one visitor may wait or be under way.
    pub unended_per_visitor: u32,
    /// How many runs one visitor may ask for within an hour.
    pub hourly_per_visitor: u32,
    /// What holds until operators decide otherwise in the store.
    pub switches: Switches,
    /// What each job may use.
    pub limits: Limits,
    /// How many lines the log of a run may hold.
    pub log_lines: usize,
    /// How many bytes of lines the log of a run may hold; what is coloured costs a little more.
    pub log_bytes: usize,
    /// How many bytes of packed workspaces are kept for the jobs of one run that still take them.
    pub workspace_bytes: usize,
    /// How long an executor may take to stop a job it was told to stop, or that is past its time, before it is dropped.
    pub stop_grace: Duration,
    /// When a recent run is shown in place of a new one.
    pub replay: Replay,
    /// How old such a run may be.
    pub replay_for: Duration,
    /// How long the log of a run is kept after its end. Its summary stays.
    pub keep_logs: Duration,
    /// How long runs of visitors' own texts, and texts that were shared, are kept.
    pub keep_edited: Duration,
    /// How often what is old is deleted.
    pub sweep_every: Duration,
}

/// When a recent run of an unedited demo, with the same parameters, is shown in place of a new one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Replay {
    /// Never: everybody gets a run of their own.
    Never,
    /// While all slots are taken.
    #[default]
    Busy,
    /// Whenever there is one.
    Always,
}

const DAY: Duration = Duration::from_hours(24);

impl Default for PlaygroundSettings {
    fn default() -> Self {
        Self {
            concurrent_runs: 2,
            jobs_per_run: 2,
            max_queued: 200,
            unended_per_visitor: 3,
            hourly_per_visitor: 20,
            switches: Switches::default(),
            limits: Limits::default(),
            log_lines: 40_000,
            log_bytes: 4 << 20,
            workspace_bytes: 64 << 20,
            stop_grace: Duration::from_secs(5),
            replay: Replay::Busy,
            replay_for: Duration::from_mins(10),
            keep_logs: DAY * 30,
            keep_edited: DAY * 365,
            sweep_every: Duration::from_mins(10),
        }
    }
}
