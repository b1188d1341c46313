//! Jobs that outlive their portal, and pods of others.

use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, DeleteParams, ObjectMeta, PostParams};
use libtest_mimic::Trial;
use regatta_domain::run::Ending;
use regatta_playground::kubernetes::pod;

use crate::ground::Ground;
use crate::play::{COUNT, LONG, counted, job, play};
use crate::{Needs, case};

/// The cases.
pub fn cases() -> Vec<Trial> {
    vec![
        case("a job that was left is taken up and heard from the first", Needs::Pods, taken_up),
        case("a job that ended while nobody listened is heard all the same", Needs::Pods, heard_later),
        case("a pod of others that has the name is left alone", Needs::Pods, of_others),
    ]
}

async fn taken_up(ground: Ground) {
    let mut first = play(&ground.executor().await, job(&ground, 0, COUNT));
    first.until_it_prints().await;
    first.abandon().await;
    let over = play(&ground.executor().await, job(&ground, 0, COUNT)).over().await;
    over.succeeded_with(&counted());
    ground.until_clean().await;
}

async fn heard_later(ground: Ground) {
    let mut first = play(&ground.executor().await, job(&ground, 0, COUNT));
    first.until_it_prints().await;
    first.abandon().await;
    let pods = ground.cluster().await.pods();
    let name = pod::name(&job(&ground, 0, COUNT).run, 0, 0);
    let is_over = |pod: Option<&Pod>| {
        pod.and_then(|pod| pod.status.as_ref()?.phase.as_deref()).is_some_and(|phase| phase == "Succeeded")
    };
    kube::runtime::wait::await_condition(pods, &name, is_over).await.unwrap();
    play(&ground.executor().await, job(&ground, 0, COUNT)).over().await.succeeded_with(&counted());
    ground.until_clean().await;
}

async fn of_others(ground: Ground) {
    let cluster = ground.cluster().await;
    let mine = job(&ground, 0, LONG);
    let mut other = cluster.pod(&mine, cluster.now()).unwrap();
    other.metadata = ObjectMeta { name: other.metadata.name, ..ObjectMeta::default() };
    let pods: Api<Pod> = cluster.pods();
    let other = pods.create(&PostParams::default(), &other).await.unwrap();
    let over = play(&ground.executor().await, mine).over().await;
    assert_eq!(over.outcome.ending, Ending::InfraError, "{:?}", over.outcome);
    let name = other.metadata.name.unwrap();
    let there = pods.get(&name).await.unwrap();
    assert_eq!(there.metadata.uid, other.metadata.uid);
    assert!(there.metadata.deletion_timestamp.is_none(), "nobody touched it");
    pods.delete(&name, &DeleteParams::default().grace_period(0)).await.unwrap();
    ground.until_clean().await;
}
