//! One pod, from its first moment to its last.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use k8s_openapi::api::core::v1::{Container, Pod};
use tokio::sync::watch;

use super::command::{self, ConfigError};
use super::container::{self, Running};
use super::events::{Note, tell};
use super::overseer::{Overseer, Scene};
use super::report::{self, Ended};
use super::stop::{Orders, Stop, Verdict, ordered};
use super::volumes::Volumes;
use super::{image, scheduler};
use crate::fault::{OomShape, PodFault};
use crate::options::ImageContent;
use crate::store::Key;
use crate::world::{NODE, World};
use crate::{clock, identity};

/// What is said of a pod that ran for too long.
const OVERDUE: &str = "Pod was active on the node longer than the specified deadline";
/// How long it is said that an image could not be had before it is said that it will be tried again.
const PULL_ERROR: Duration = Duration::from_secs(1);
/// How long until it is tried again.
const PULL_BACK_OFF: Duration = Duration::from_secs(10);

/// Tends a pod until it is no more.
pub async fn tend(world: Arc<World>, key: Key, uid: String) {
    if let Some(pod) = scheduler::place(&world, &key, &uid).await
        && let Err(why) = live(&world, &key, &uid, &pod).await
    {
        let message = format!("Failed to create pod sandbox: {why}");
        tell(&world, &pod, Note::warning("FailedCreatePodSandBox", message));
    }
    removed(&world, &key, &uid).await;
    world.logs.forget(&uid);
}

/// Waits until the pod is no more.
async fn removed(world: &World, key: &Key, uid: &str) {
    let mut versions = world.store.subscribe();
    while world.store.pod(key).is_some_and(|pod| pod.metadata.uid.as_deref() == Some(uid)) {
        if versions.changed().await.is_err() {
            return;
        }
    }
}

async fn live(world: &Arc<World>, key: &Key, uid: &str, pod: &Pod) -> io::Result<()> {
    let pod = world.store.change_pod(key, uid, report::taken_on).unwrap_or_else(|| pod.clone());
    let volumes = Volumes::make(world, &pod).await?;
    let (orders, order) = watch::channel(None);
    let scene = Mutex::new(None);
    let worker = Worker {
        world,
        key,
        uid,
        pod: &pod,
        address: world.new_address(),
        volumes: &volumes,
        scene: &scene,
        orders: &orders,
    };
    let overseer = Overseer { world, key, uid, volumes: &volumes, scene: &scene, orders: &orders };
    tokio::select! {
        end = worker.story(order) => worker.conclude(end).await,
        () = overseer.oversee(&pod) => {}
    }
    volumes.remove().await;
    Ok(())
}

struct Worker<'a> {
    world: &'a Arc<World>,
    key: &'a Key,
    uid: &'a str,
    pod: &'a Pod,
    address: String,
    volumes: &'a Volumes,
    scene: &'a Mutex<Option<Scene>>,
    orders: &'a watch::Sender<Option<Stop>>,
}

/// How a pod came to its end: how each of its containers did, and the order where there was one.
struct End {
    containers: Vec<(String, Ended)>,
    stop: Option<Stop>,
}

/// How a container came to its end.
struct Exit {
    ended: Option<Ended>,
    stop: Option<Stop>,
}

impl Worker<'_> {
    fn change(&self, change: impl FnOnce(&mut Pod)) {
        self.world.store.change_pod(self.key, self.uid, change);
    }

    fn tell(&self, note: Note<'_>) {
        tell(self.world, self.pod, note);
    }

    async fn story(&self, mut orders: Orders) -> End {
        let mut end = End { containers: Vec::new(), stop: None };
        if let Some(stop) = pause(self.world.options.timing.sandbox, &mut orders).await {
            end.stop = Some(stop);
            return end;
        }
        self.change(|pod| report::sandbox_ready(pod, &self.address));
        let spec = self.pod.spec.clone().unwrap_or_default();
        for first in spec.init_containers.iter().flatten() {
            let exit = self.run(first, "initContainers", orders.clone()).await;
            let failed = exit.ended.as_ref().is_none_or(|ended| ended.exit != 0);
            end.containers.extend(exit.ended.map(|ended| (first.name.clone(), ended)));
            end.stop = exit.stop;
            if failed || end.stop.is_some() {
                return end;
            }
            let done = end.containers.clone();
            self.change(|pod| write_ends(pod, &done));
        }
        if spec.init_containers.is_some() {
            self.change(report::initialized);
        }
        let all = spec.containers.iter().map(|one| self.run(one, "containers", orders.clone()));
        for (exit, container) in join_all(all).await.into_iter().zip(&spec.containers) {
            end.containers.extend(exit.ended.map(|ended| (container.name.clone(), ended)));
            end.stop = end.stop.or(exit.stop);
        }
        end
    }

    /// Runs a container to its end.
    async fn run(&self, container: &Container, list: &str, mut orders: Orders) -> Exit {
        let place = format!("spec.{list}{{{}}}", container.name);
        let is_main = list == "containers";
        loop {
            let content = match self.fetch(container, &place, &mut orders).await {
                Ok(content) => content,
                Err(stop) => return Exit { ended: None, stop: Some(stop) },
            };
            let exit = match self.prepare(container, content) {
                Ok(plan) => self.perform(container, &place, &plan, is_main, &mut orders).await,
                Err(ConfigError(why)) => {
                    self.say_waiting(container, "CreateContainerConfigError", &why);
                    self.tell(Note::warning("Failed", format!("Error: {why}")).at(&place));
                    Exit { ended: None, stop: Some(ordered(&mut orders).await) }
                }
            };
            if !exit.stop.clone().is_some_and(|mut stop| is_restart(&mut stop)) {
                return exit;
            }
            // An order that came meanwhile stands.
            self.orders.send_if_modified(|order| order.take_if(is_restart).is_some());
            self.change(|pod| {
                report::container(pod, &container.name, |status| {
                    status.restart_count += 1;
                    status.last_state = exit.ended.map(|ended| report::terminated(&ended, None));
                });
            });
        }
    }

    fn prepare(&self, container: &Container, content: ImageContent) -> Result<command::Plan, ConfigError> {
        if self.starts_with(&PodFault::ContainerConfig) {
            return Err(ConfigError("configmap \"missing\" not found".to_owned()));
        }
        command::plan(self.world, self.pod, container, content, self.volumes, &self.address)
    }

    fn starts_with(&self, fault: &PodFault) -> bool {
        self.world.faults.pod_starts_with(&self.key.name, fault)
    }

    /// Makes sure that the node has the image.
    async fn fetch(
        &self,
        container: &Container,
        place: &str,
        orders: &mut Orders,
    ) -> Result<ImageContent, Stop> {
        let reference = container.image.as_deref().unwrap_or_default();
        let is_broken = self.starts_with(&PodFault::ImagePull);
        let Some(found) = image::find(self.world, reference).filter(|_| !is_broken) else {
            return Err(self.fail_to_fetch(container, reference, place, orders).await);
        };
        if image::is_present(self.world, found) {
            let message = format!("Container image \"{reference}\" already present on machine");
            self.tell(Note::normal("Pulled", message).at(place));
            return Ok(found.content);
        }
        self.tell(Note::normal("Pulling", format!("Pulling image \"{reference}\"")).at(place));
        let took = self.world.options.timing.pull;
        if let Some(stop) = pause(took, orders).await {
            return Err(stop);
        }
        image::keep(self.world, found);
        let took = format!("{}ms", took.as_millis());
        let message = format!(
            "Successfully pulled image \"{reference}\" in {took} ({took} including waiting). Image size: 31337420 bytes."
        );
        self.tell(Note::normal("Pulled", message).at(place));
        Ok(found.content)
    }

    /// Tries again and again, until somebody has seen enough.
    async fn fail_to_fetch(
        &self,
        container: &Container,
        reference: &str,
        place: &str,
        orders: &mut Orders,
    ) -> Stop {
        let why = format!(
            "failed to pull and unpack image \"{reference}\": failed to resolve reference \"{reference}\": {reference}: not found"
        );
        loop {
            self.tell(Note::normal("Pulling", format!("Pulling image \"{reference}\"")).at(place));
            if let Some(stop) = pause(self.world.options.timing.pull, orders).await {
                return stop;
            }
            self.tell(
                Note::warning("Failed", format!("Failed to pull image \"{reference}\": {why}")).at(place),
            );
            self.tell(Note::warning("Failed", "Error: ErrImagePull").at(place));
            self.say_waiting(container, "ErrImagePull", &why);
            if let Some(stop) = pause(PULL_ERROR, orders).await {
                return stop;
            }
            let back_off = format!("Back-off pulling image \"{reference}\"");
            self.tell(Note::normal("BackOff", back_off.clone()).at(place));
            self.say_waiting(container, "ImagePullBackOff", &format!("{back_off}: ErrImagePull: {why}"));
            if let Some(stop) = pause(PULL_BACK_OFF, orders).await {
                return stop;
            }
        }
    }

    fn say_waiting(&self, container: &Container, reason: &str, message: &str) {
        self.change(|pod| {
            report::container(pod, &container.name, |status| {
                status.state = Some(report::waiting(reason, Some(message)));
            });
        });
    }

    async fn perform(
        &self,
        container: &Container,
        place: &str,
        plan: &command::Plan,
        is_main: bool,
        orders: &mut Orders,
    ) -> Exit {
        if let Some(stop) = pause(self.world.options.timing.start, orders).await {
            return Exit { ended: None, stop: Some(stop) };
        }
        let log = self.world.logs.begin(self.uid, &container.name);
        self.tell(Note::normal("Created", format!("Created container: {}", container.name)).at(place));
        let mut running = match container::start(self.world, plan, log.clone()).await {
            Ok(running) => running,
            Err(why) => {
                self.tell(Note::warning("Failed", format!("Error: {why}")).at(place));
                let message = Some(format!("failed to create containerd task: {why}"));
                let ended = Ended { exit: 128, reason: "StartError".to_owned(), message, started: None };
                return Exit { ended: Some(ended), stop: None };
            }
        };
        self.tell(Note::normal("Started", format!("Started container {}", container.name)).at(place));
        let since = clock::stamp();
        self.change(|pod| {
            report::container(pod, &container.name, |status| {
                status.container_id = Some(format!("containerd://{}", identity::new_uid().replace('-', "")));
                status.image_id = container.image.clone().unwrap_or_default();
                status.state = Some(report::running(since.clone()));
                status.ready = is_main;
                status.started = Some(true);
            });
            if is_main {
                report::runs(pod);
            }
        });
        *self.scene.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(Scene { root: running.root(), log, is_main });
        let (exit, stop) = self.attend(&mut running, orders).await;
        *self.scene.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let ended = stop.as_ref().map_or_else(|| Ended::by_itself(exit, None), |stop| ended_by(stop, exit));
        Exit { ended: Some(Ended { started: Some(since), ..ended }), stop }
    }

    /// Waits for a container's end, and brings it about where that is ordered.
    async fn attend(&self, running: &mut Running, orders: &mut Orders) -> (i32, Option<Stop>) {
        let stop = tokio::select! {
            exit = running.wait() => return (exit, None),
            stop = ordered(orders) => stop,
        };
        self.tell(Note::normal("Killing", "Stopping container"));
        if !stop.grace.is_zero() {
            running.terminate();
            let enough = async {
                tokio::select! {
                    () = tokio::time::sleep(stop.grace) => {}
                    () = removed(self.world, self.key, self.uid) => {}
                }
            };
            tokio::select! {
                exit = running.wait() => return (exit, Some(stop)),
                () = enough => {}
            }
        }
        running.kill();
        (running.wait().await, Some(stop))
    }

    /// Says what became of the pod.
    async fn conclude(&self, end: End) {
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

/// Whether the container is to be started again; told as [`Option::take_if`] asks it.
fn is_restart(stop: &mut Stop) -> bool {
    matches!(stop.verdict, Verdict::Restarted)
}

/// Waits, unless an order comes.
async fn pause(time: Duration, orders: &mut Orders) -> Option<Stop> {
    tokio::select! {
        () = tokio::time::sleep(time) => None,
        stop = ordered(orders) => Some(stop),
    }
}

/// What is said of a container that ended with this code because it was ordered to.
fn ended_by(stop: &Stop, exit: i32) -> Ended {
    let (exit, reason) = match stop.verdict {
        Verdict::OutOfMemory(OomShape::Runc) => (137, "OOMKilled"),
        Verdict::OutOfMemory(OomShape::Gvisor) => (128, "OOMKilled"),
        Verdict::FalseSuccess => (0, "Completed"),
        _ if exit == 0 => (0, "Completed"),
        _ => (exit, "Error"),
    };
    Ended { exit, reason: reason.to_owned(), message: None, started: None }
}

fn write_ends(pod: &mut Pod, ends: &[(String, Ended)]) {
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
