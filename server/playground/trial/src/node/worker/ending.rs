//! How a pod ends, and what is said of that.

use k8s_openapi::api::core::v1::Pod;

use super::Worker;
use crate::fault::OomShape;
use crate::node::events::Note;
use crate::node::report::{self, Ended};
use crate::node::stop::{Stop, Verdict};
use crate::world::NODE;

/// What is said of a pod that ran for too long.
const OVERDUE: &str = "Pod was active on the node longer than the specified deadline";

/// How a pod came to its end: how each of its containers did, and the order where there was one.
pub(super) struct End {
    pub(super) containers: Vec<(String, Ended)>,
    pub(super) stop: Option<Stop>,
}

impl Worker<'_> {
    /// Says what became of the pod.
    pub(super) async fn conclude(&self, end: End) {
        let timing = self.world.options.timing;
        let verdict = end.stop.map(|stop| stop.verdict);
        match &verdict {
            Some(Verdict::Removed) => return,
            Some(Verdict::NodeLost) => return self.lose_node().await,
            Some(Verdict::OutOfMemory(OomShape::Gvisor)) => tokio::time::sleep(timing.late_oom).await,
            _ => {}
        }
        let wanted = self
            .pod
            .spec
            .as_ref()
            .map_or(0, |spec| spec.containers.len() + spec.init_containers.as_ref().map_or(0, Vec::len));
        let succeeded =
            end.containers.len() == wanted && end.containers.iter().all(|(_, ended)| ended.exit == 0);
        self.change(|pod| {
            write_ends(pod, &end.containers);
            match &verdict {
                Some(Verdict::Overdue) => {
                    report::over(pod, "Failed", Some("DeadlineExceeded"), Some(OVERDUE));
                }
                Some(Verdict::Evicted(message)) => {
                    let told = Some("TerminationByKubelet");
                    report::condition(pod, "DisruptionTarget", true, told, Some(message));
                    report::over(pod, "Failed", Some("Evicted"), Some(message));
                }
                _ => report::over(pod, if succeeded { "Succeeded" } else { "Failed" }, None, None),
            }
        });
        match &verdict {
            Some(Verdict::Overdue) => self.tell(Note::normal("DeadlineExceeded", OVERDUE)),
            Some(Verdict::Evicted(message)) => self.tell(Note::warning("Evicted", message.clone())),
            Some(Verdict::Deleted) => self.world.store.remove_pod(self.key, self.uid),
            _ => {}
        }
    }

    /// Nobody hears of the pod any more, and after a while it is given up.
    async fn lose_node(&self) {
        let pod = self.key.name.clone();
        self.world.logs.forget(self.uid);
        self.change(|lost| {
            let message = format!("Node {NODE} which was running pod {pod} is unresponsive");
            report::status(lost).phase = Some("Unknown".to_owned());
            report::status(lost).reason = Some("NodeLost".to_owned());
            report::status(lost).message = Some(message);
            report::condition(lost, "Ready", false, Some("NodeStatusUnknown"), None);
        });
        tokio::time::sleep(self.world.options.timing.node_given_up).await;
        self.change(|pod| {
            let message = "Taint manager: deleting due to NoExecute taint";
            report::condition(pod, "DisruptionTarget", true, Some("DeletionByTaintManager"), Some(message));
        });
        self.world.store.remove_pod(self.key, self.uid);
    }
}

/// What is said of a container that ended with this code because it was ordered to.
pub(super) fn ended_by(stop: &Stop, exit: i32) -> Ended {
    let (exit, reason) = match stop.verdict {
        Verdict::OutOfMemory(OomShape::Runc) => (137, "OOMKilled"),
        Verdict::OutOfMemory(OomShape::Gvisor) => (128, "OOMKilled"),
        Verdict::FalseSuccess => (0, "Completed"),
        _ if exit == 0 => (0, "Completed"),
        _ => (exit, "Error"),
    };
    Ended { exit, reason: reason.to_owned(), message: None, started: None }
}

pub(super) fn write_ends(pod: &mut Pod, ends: &[(String, Ended)]) {
    for (name, ended) in ends {
        report::container(pod, name, |status| {
            let is_told = status.state.as_ref().is_some_and(|state| state.terminated.is_some());
            if !is_told {
                status.state = Some(report::terminated(ended, status.container_id.clone()));
            }
            status.ready = false;
            status.started = Some(false);
        });
    }
}
