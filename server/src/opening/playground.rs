//! What runs pipelines here, and how much of it.

use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesOrdered;
use regatta_domain::ports::Entropy;
use regatta_domain::switches::Switches;
use regatta_playground::executor::{Executor, Limits as JobLimits};
use regatta_playground::gvisor::GvisorExecutor;
use regatta_playground::sandbox::{BubblewrapExecutor, DEFAULT_BASE, SandboxConfig, Unavailable};
use regatta_playground::{Availability, PlaygroundSettings, Router};

use crate::config::{Config, ExecutorChoice, ExecutorName};

/// What the playground may do, as it is configured.
pub fn playground_settings(config: &Config) -> PlaygroundSettings {
    let (limits, playground) = (&config.limits, &config.playground);
    PlaygroundSettings {
        concurrent_runs: limits.runs_at_once,
        max_queued: limits.runs_queued,
        unended_per_visitor: limits.runs_per_visitor,
        hourly_per_visitor: limits.runs_per_hour,
        limits: JobLimits {
            time: limits.run_time,
            memory_bytes: limits.run_memory_bytes,
            processes: limits.run_processes,
            disk_bytes: limits.run_disk_bytes,
            ..JobLimits::default()
        },
        switches: configured_switches(config),
        replay: playground.replay,
        replay_for: playground.replay_for,
        keep_logs: playground.keep_logs,
        keep_edited: playground.keep_edited,
        ..PlaygroundSettings::default()
    }
}

/// What the playground does until an operator decides otherwise.
pub fn configured_switches(config: &Config) -> Switches {
    let (mode, edited_runs) = (config.playground.mode, config.playground.edited_runs);
    Switches { mode, edited_runs, reason: None }
}

/// Finds out what can isolate jobs here: every executor that is wanted is probed, all at the same time, and `tell` hears
/// what is to be had as soon as the preferred one is known, and again with each further one.
pub async fn find_executors(config: &Config, entropy: Arc<dyn Entropy>, tell: impl Fn(Availability)) {
    let playground = &config.playground;
    let wanted = match playground.executor {
        ExecutorChoice::Auto => playground.prefer.clone(),
        ExecutorChoice::Only(name) => vec![name],
        ExecutorChoice::Off => Vec::new(),
    };
    if wanted.is_empty() {
        let reason = "the operator of this portal has switched the playground off".to_owned();
        return tell(Availability::Off { reason });
    }
    let probes = wanted.into_iter().map(|name| probe(name, entropy.clone()));
    // In the order of preference, whichever is done first.
    let mut probes: FuturesOrdered<_> = probes.collect();
    let (mut executors, mut reasons) = (Vec::new(), Vec::new());
    while let Some(probed) = probes.next().await {
        match probed {
            Ok(executor) => {
                executors.push(executor);
                let router =
                    Router::new(executors.clone(), playground.exclude.clone(), playground.stand_ins.clone());
                tell(Availability::Ready(Arc::new(router)));
            }
            Err(reason) => {
                tracing::info!(reason, "an executor is not to be had");
                reasons.push(reason);
            }
        }
    }
    if executors.is_empty() {
        tell(Availability::Off { reason: reasons.join(" ") });
    }
}

async fn probe(name: ExecutorName, entropy: Arc<dyn Entropy>) -> Result<Arc<dyn Executor>, String> {
    let config = SandboxConfig { program: None, first_user_id: DEFAULT_BASE, control_groups: true, entropy };
    let probed: Result<Arc<dyn Executor>, Unavailable> = match name {
        ExecutorName::Bubblewrap => BubblewrapExecutor::probe(config).await.map(|it| Arc::new(it) as _),
        ExecutorName::Gvisor => GvisorExecutor::probe(config).await.map(|it| Arc::new(it) as _),
        ExecutorName::Kubernetes => return Err("no cluster is connected".to_owned()),
    };
    probed.map_err(|unavailable| unavailable.to_string())
}
