//! One pod, from its first moment to its last.

mod ending;
mod fetch;

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use k8s_openapi::api::core::v1::{Container, Pod};
use tokio::sync::watch;

use self::ending::{End, ended_by, write_ends};
use super::command::{self, ConfigError};
use super::container::{self, Running};
use super::events::{Note, tell};
use super::overseer::{Overseer, Scene};
use super::report::{self, Ended};
use super::scheduler;
use super::stop::{Orders, Stop, Verdict, ordered};
use super::volumes::Volumes;
use crate::fault::PodFault;
use crate::options::ImageContent;
use crate::store::Key;
use crate::world::World;
use crate::{clock, identity};

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
