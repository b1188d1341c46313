//! What isolates jobs, and what its probes showed.

use regatta_app::pages::health::ExecutorHealth;
use regatta_playground::Availability;
use regatta_playground::executor::Executor;
use regatta_playground::kubernetes::probe::{Finding, ProbeReport};

use super::words::moment;
use crate::opening::{Found, Looked, Missing, OpenCluster, Sighting};
use crate::web::state::Portal;

/// The executors that run jobs, then those that are wanted and not to be had.
pub fn executors(portal: &Portal) -> Vec<ExecutorHealth> {
    let sightings = portal.lookout.sightings();
    let mut shown = Vec::new();
    if let Availability::Ready(router) = portal.playground.availability() {
        shown.extend(router.executors().iter().map(|executor| running(&**executor, &sightings)));
    }
    shown.extend(sightings.iter().filter_map(|sighting| match &sighting.looked {
        Looked::Missing(missing) => Some(absent(sighting, missing)),
        Looked::Checking | Looked::Found(_) => None,
    }));
    shown
}

fn running(executor: &dyn Executor, sightings: &[Sighting]) -> ExecutorHealth {
    let isolation = executor.isolation();
    let mut findings = isolation.findings.clone();
    let found = sightings.iter().find_map(|sighting| match &sighting.looked {
        Looked::Found(found) if sighting.name.as_str() == isolation.executor => Some(found),
        Looked::Found(_) | Looked::Missing(_) | Looked::Checking => None,
    });
    if let Some(Found { at, cluster, .. }) = found {
        findings.insert(0, format!("Probed on {}.", moment(*at)));
        findings.extend(cluster.iter().flat_map(|cluster| of_cluster(cluster)));
    }
    ExecutorHealth { words: isolation.words(), findings }
}

fn of_cluster(open: &OpenCluster) -> Vec<String> {
    let (cluster, watch) = (open.cluster(), open.pods().watch());
    let room = cluster.capacity().map_or_else(
        || "no quota says how many".to_owned(),
        |room| format!("room for {} at once", room.pods),
    );
    let news = if watch.is_current() { "as of now" } else { "as of when the watch of them was cut off" };
    vec![
        format!("Kubernetes {}.", cluster.server_version()),
        format!("{} pods of this portal, {news}; {room}.", watch.all().len()),
    ]
}

fn absent(sighting: &Sighting, missing: &Missing) -> ExecutorHealth {
    let words = format!("{}: not to be had", sighting.name.as_str());
    let first = format!("Looked for on {}: {}", moment(missing.at), missing.reason);
    let report = missing.report.iter().flat_map(of_report);
    ExecutorHealth { words, findings: std::iter::once(first).chain(report).collect() }
}

/// What a probe that failed showed, line by line.
fn of_report(report: &ProbeReport) -> Vec<String> {
    let line = |finding: &Finding| {
        let verdict = if finding.held { "as it should be" } else { "NOT as it should be" };
        format!("{}, {verdict}: {}", finding.what, finding.words)
    };
    report.findings.iter().map(line).collect()
}
