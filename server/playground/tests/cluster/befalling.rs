//! What befalls pods, and what must come of it.

use libtest_mimic::Trial;
use regatta_domain::run::Ending;
use regatta_trial_cluster::{Fault, OomShape, PodFault, When};

use crate::ground::Ground;
use crate::play::{COUNT, LONG, job, play};
use crate::{Needs, case};

/// Far enough that a step has printed.
const UNDER_WAY: When = When::Printed(500);

/// What befalls a pod, and how the job is then said to have ended.
const ENDINGS: [(&str, PodFault, When, Ending); 12] = [
    ("an image that is not to be had", PodFault::ImagePull, When::Running, Ending::ImagePull),
    ("a container that cannot be made", PodFault::ContainerConfig, When::Running, Ending::InfraError),
    ("a lack of memory under runc", PodFault::OutOfMemory(OomShape::Runc), UNDER_WAY, Ending::OutOfMemory),
    (
        "a lack of memory under gVisor",
        PodFault::OutOfMemory(OomShape::Gvisor),
        UNDER_WAY,
        Ending::OutOfMemory,
    ),
    ("an eviction", PodFault::Evicted, UNDER_WAY, Ending::Evicted),
    ("an eviction before the first word", PodFault::Evicted, When::Running, Ending::Evicted),
    ("a node that is emptied", PodFault::Disrupted, UNDER_WAY, Ending::Evicted),
    ("a pod that vanishes", PodFault::Vanishes, UNDER_WAY, Ending::Vanished),
    ("a pod that vanishes before the first word", PodFault::Vanishes, When::Running, Ending::Vanished),
    ("a node that is lost", PodFault::NodeLost, UNDER_WAY, Ending::NodeLost),
    (
        "a machine that dies and is said to have succeeded",
        PodFault::FalseSuccess,
        UNDER_WAY,
        Ending::InfraError,
    ),
    ("a container that is killed", PodFault::Killed, UNDER_WAY, Ending::InfraError),
];

/// The cases.
pub fn cases() -> Vec<Trial> {
    let mut cases: Vec<Trial> = ENDINGS
        .into_iter()
        .map(|(name, what, when, ending)| {
            case(format!("{name} is told by its name"), Needs::Faults, move |ground| {
                befallen(ground, what, when, ending)
            })
        })
        .collect();
    cases.push(case("a container that starts anew is no success", Needs::Faults, restarted));
    cases.push(case("one pod's misfortune is no other's", Needs::Faults, alone));
    cases
}

async fn befallen(ground: Ground, what: PodFault, when: When, ending: Ending) {
    ground.trial().inject(Fault::Pod { what, when, name: String::new(), times: 1 });
    let over = play(&ground.executor().await, job(&ground, 0, LONG)).over().await;
    assert_eq!(over.outcome.ending, ending, "{:?}", over.outcome);
    let own_fault = ending == Ending::OutOfMemory;
    assert_eq!(over.outcome.ending.is_infrastructure(), !own_fault, "whether it is worth another attempt");
    assert!(over.outcome.reason.is_some_and(|reason| !reason.is_empty()), "why is told");
    ground.until_clean().await;
}

async fn restarted(ground: Ground) {
    let (what, when) = (PodFault::Restarted, UNDER_WAY);
    ground.trial().inject(Fault::Pod { what, when, name: String::new(), times: 1 });
    let over = play(&ground.executor().await, job(&ground, 0, COUNT)).over().await;
    assert!(over.outcome.ending.is_infrastructure(), "{:?}", over.outcome);
    ground.until_clean().await;
}

async fn alone(ground: Ground) {
    let executor = ground.executor().await;
    let unlucky = job(&ground, 1, LONG);
    let name = format!("-{}-", unlucky.run);
    ground.trial().inject(Fault::Pod { what: PodFault::Killed, when: UNDER_WAY, name, times: 1 });
    let (unlucky, lucky) = (play(&executor, unlucky), play(&executor, job(&ground, 2, COUNT)));
    assert_eq!(unlucky.over().await.outcome.ending, Ending::InfraError);
    lucky.over().await.succeeded_with(&crate::play::counted());
    ground.until_clean().await;
}
