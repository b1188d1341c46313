//! What is measured of a cluster's API server, from here.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use regatta_playground::ClusterCall;

/// From an answer out of the server's memory to one that is waited for no longer.
const CALL_SECONDS: [f64; 9] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0];
/// In place of a status, where no answer came.
const NO_ANSWER: &str = "none";

/// How often the API server is asked, and how it answers.
#[derive(Clone, Debug)]
pub(super) struct ClusterMetrics {
    calls: Family<Answered, Counter>,
    took: Family<Asked, Histogram, fn() -> Histogram>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    verb: &'static str,
    code: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Asked {
    verb: &'static str,
}

impl Default for ClusterMetrics {
    fn default() -> Self {
        let took = Family::new_with_constructor((|| Histogram::new(CALL_SECONDS)) as fn() -> Histogram);
        Self { calls: Family::default(), took }
    }
}

impl ClusterMetrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        let registry = registry.sub_registry_with_prefix("kubernetes");
        registry.register(
            "calls",
            "Calls of the cluster's API server, by what was asked for and the status of the answer, none where none came",
            self.calls.clone(),
        );
        registry.register_with_unit(
            "call",
            "From a call of the cluster's API server until its answer began, by what was asked for",
            Unit::Seconds,
            self.took.clone(),
        );
    }

    pub(super) fn called(&self, call: &ClusterCall) {
        let code = call.status.map_or_else(|| NO_ANSWER.to_owned(), |status| status.to_string());
        self.calls.get_or_create(&Answered { verb: call.verb, code }).inc();
        self.took.get_or_create(&Asked { verb: call.verb }).observe(call.took.as_secs_f64());
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use prometheus_client::encoding::text;

    use super::*;

    #[test]
    fn calls_are_told_by_verb_and_answer() {
        let metrics = ClusterMetrics::default();
        for (status, millis) in [(Some(201), 4), (Some(201), 20), (Some(403), 6), (None, 10_000)] {
            metrics.called(&ClusterCall { verb: "create", status, took: Duration::from_millis(millis) });
        }
        let (mut registry, mut told) = (Registry::default(), String::new());
        metrics.register(&mut registry);
        text::encode(&mut told, &registry).unwrap();
        for line in [
            r#"kubernetes_calls_total{verb="create",code="201"} 2"#,
            r#"kubernetes_calls_total{verb="create",code="403"} 1"#,
            r#"kubernetes_calls_total{verb="create",code="none"} 1"#,
            r#"kubernetes_call_seconds_bucket{le="0.01",verb="create"} 2"#,
            r#"kubernetes_call_seconds_count{verb="create"} 4"#,
        ] {
            assert!(told.lines().any(|told| told == line), "{line} in {told}");
        }
    }
}
