//! Jobs that nothing befalls.

use libtest_mimic::Trial;
use regatta_domain::run::{Ending, Milestone};
use regatta_playground::executor::{Executor as _, JobEvent};
use tokio::time::{Duration, Instant};

use crate::ground::Ground;
use crate::play::{LONG, job, play};
use crate::{Needs, case};

/// The cases.
pub fn cases() -> Vec<Trial> {
    vec![
        case("a job is told from its first milestone to its end", Needs::Pods, told),
        case("a step that fails is the job's failure, not the cluster's", Needs::Pods, failed),
        case("a job that is stopped is over within seconds and leaves nothing", Needs::Pods, stopped),
        case("a job ends at its time", Needs::Pods, overdue),
        case("a job that takes all memory is said to have", Needs::Pods, greedy),
        case("what a job is given does not fit in a pod", Needs::Pods, too_large),
        case("steps see neither the cluster nor a token", Needs::Pods, blind),
    ]
}

async fn told(ground: Ground) {
    let executor = ground.executor().await;
    assert!(executor.outlives_portal());
    let over = play(&executor, job(&ground, 0, "echo hello; echo world >&2; echo again")).over().await;
    over.succeeded_with("hello\nagain\n");
    let reached = |wanted: Milestone| {
        over.events.iter().any(
            |event| matches!(event, JobEvent::Reached(one) | JobEvent::Reported(one, _) if *one == wanted),
        )
    };
    for milestone in Milestone::ALL {
        assert!(reached(milestone), "{milestone:?} is missing: {:?}", over.events);
    }
    ground.until_clean().await;
}

async fn failed(ground: Ground) {
    let over = play(&ground.executor().await, job(&ground, 0, "echo so far; exit 3")).over().await;
    assert_eq!(over.outcome.ending, Ending::Failed, "{:?}", over.outcome);
    assert_eq!(over.printed(), "so far\n");
    ground.until_clean().await;
}

async fn stopped(ground: Ground) {
    let executor = ground.executor().await;
    let mut one = play(&executor, job(&ground, 0, LONG));
    let mut other = play(&executor, job(&ground, 1, LONG));
    one.until_it_prints().await;
    other.until_it_prints().await;
    let asked = Instant::now();
    one.cancel.cancel();
    assert_eq!(one.over().await.outcome.ending, Ending::Cancelled);
    assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
    other.cancel.cancel();
    assert_eq!(other.over().await.outcome.ending, Ending::Cancelled);
    ground.until_clean().await;
}

async fn overdue(ground: Ground) {
    let mut job = job(&ground, 0, LONG);
    job.limits.time = Duration::from_secs(3);
    let over = play(&ground.executor().await, job).over().await;
    assert_eq!(over.outcome.ending, Ending::TimedOut, "{:?}", over.outcome);
    assert_eq!(over.printed(), "under way\n");
    ground.until_clean().await;
}

async fn greedy(ground: Ground) {
    let hog = "echo begins; head -c 2000m /dev/zero | tail";
    let over = play(&ground.executor().await, job(&ground, 0, hog)).over().await;
    assert_eq!(over.outcome.ending, Ending::OutOfMemory, "{:?}", over.outcome);
    ground.until_clean().await;
}

async fn too_large(ground: Ground) {
    let mut job = job(&ground, 0, "true");
    let incompressible: Vec<u8> =
        (0_u32..1 << 19).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    job.unpack = vec![incompressible.into()];
    let over = play(&ground.executor().await, job).over().await;
    assert_ne!(over.outcome.ending, Ending::Succeeded);
    assert!(over.outcome.reason.is_some(), "the limit is told");
    ground.until_clean().await;
}

async fn blind(ground: Ground) {
    let look = "env | grep KUBERNETES || true; ls /var/run/secrets/kubernetes.io 2>/dev/null || true; \
        grep -v -e lo: -e face -e Inter /proc/net/dev || echo nobody";
    let over = play(&ground.executor().await, job(&ground, 0, look)).over().await;
    over.succeeded_with("nobody\n");
    ground.until_clean().await;
}
