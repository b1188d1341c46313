//! How much the playground may do.

use regatta_domain::switches::Switches;
use regatta_playground::PlaygroundSettings;
use regatta_playground::executor::Limits as JobLimits;

use crate::config::Config;

/// What the playground may do, as it is configured.
pub fn playground_settings(config: &Config) -> PlaygroundSettings {
    let (limits, playground) = (&config.limits, &config.playground);
    PlaygroundSettings {
        concurrent_runs: limits.runs_at_once,
        max_queued: limits.runs_queued,
        unended_per_visitor: limits.runs_per_visitor,
        hourly_per_visitor: limits.runs_per_hour,
        limits: job_limits(config),
        switches: configured_switches(config),
        replay: playground.replay,
        replay_for: playground.replay_for,
        keep_logs: playground.keep_logs,
        keep_edited: playground.keep_edited,
        ..PlaygroundSettings::default()
    }
}

/// What a job may use, as it is configured.
pub fn job_limits(config: &Config) -> JobLimits {
    let limits = &config.limits;
    JobLimits {
        time: limits.run_time,
        memory_bytes: limits.run_memory_bytes,
        processes: limits.run_processes,
        disk_bytes: limits.run_disk_bytes,
        ..JobLimits::default()
    }
}

/// What the playground does until an operator decides otherwise.
pub fn configured_switches(config: &Config) -> Switches {
    let (mode, edited_runs) = (config.playground.mode, config.playground.edited_runs);
    Switches { mode, edited_runs, reason: None }
}
