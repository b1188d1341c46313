//! More jobs than there is room for.

use futures_util::future::join_all;
use libtest_mimic::Trial;
use regatta_playground::executor::JobEvent;
use regatta_playground::kubernetes::pod;

use crate::ground::Ground;
use crate::play::{job, overheard};
use crate::{Needs, case};

/// How many wait for the twelve places of the quota.
const JOBS: usize = 60;

/// The cases.
pub fn cases() -> Vec<Trial> {
    vec![case("sixty jobs pass through a quota of twelve pods in their order", Needs::Faults, in_order)]
}

async fn in_order(ground: Ground) {
    let executor = ground.executor().await;
    let before = ground.trial().calls();
    // Asked one after the other, as they are by one conductor.
    let plays = (0..JOBS).map(|number| overheard(&executor, job(&ground, number, "echo mine; sleep 0.2")));
    let mut waited = 0;
    for over in join_all(plays).await {
        over.succeeded_with("mine\n");
        waited += usize::from(over.events.iter().any(|event| matches!(event, JobEvent::Waiting { .. })));
    }
    assert!(waited >= JOBS - 24, "{waited} waited for room");
    let pods: Vec<String> = (0..JOBS).map(|number| pod::name(&job(&ground, number, "").run, 0, 0)).collect();
    assert_eq!(ground.trial().pods_made(), pods, "in the order in which they came");
    let calls = ground.trial().calls().since(&before);
    let refused = calls.of("create", "pods") - JOBS as u64;
    assert!(refused <= 2 * JOBS as u64, "no storm of refusals: {calls:?}");
    ground.until_clean().await;
}
