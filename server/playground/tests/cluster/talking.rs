//! What can come between a portal and its cluster: whatever it is, each line is told once, and the end is the job's own.

use libtest_mimic::Trial;
use regatta_domain::run::Ending;
use regatta_trial_cluster::Fault;

use crate::ground::Ground;
use crate::play::{COUNT, counted, job, play};
use crate::{Needs, case};

fn refused(verb: &str, resource: &str, code: u16, times: u32) -> Fault {
    let (verb, resource) = (verb.to_owned(), resource.to_owned());
    Fault::Refuse { verb, resource, code, retry_after: (code == 429).then_some(1), times }
}

fn slow(verb: &str, resource: &str) -> Fault {
    Fault::Slow { verb: verb.to_owned(), resource: resource.to_owned(), millis: 2000, times: 2 }
}

/// What is there when a job begins, and is lived through.
fn disturbances() -> Vec<(&'static str, Fault)> {
    vec![
        ("a watch that is gone", Fault::WatchGone { times: 2 }),
        ("a watch that breaks", Fault::WatchDropped { times: 3 }),
        ("a watch that falls silent", Fault::WatchSilent { times: 1 }),
        (
            "a log that breaks in the middle of a line",
            Fault::LogCut { after_bytes: 777, orderly: false, times: 3 },
        ),
        (
            "a log that ends in the middle of a line",
            Fault::LogCut { after_bytes: 777, orderly: true, times: 3 },
        ),
        ("a log that stalls", Fault::LogStalls { after_bytes: 777, times: 1 }),
        ("a log that comes late", Fault::LogLate { millis: 1500 }),
        ("a create that conflicts", refused("create", "pods", 409, 2)),
        ("too many requests", refused("create", "pods", 429, 2)),
        ("a server error at the create", refused("create", "pods", 500, 2)),
        ("server errors at the log", refused("get", "pods/log", 500, 3)),
        ("server errors at the delete", refused("delete", "pods", 503, 3)),
        ("server errors everywhere", refused("", "", 503, 6)),
        ("a slow create", slow("create", "pods")),
        ("a slow log", slow("get", "pods/log")),
        ("a quota that nobody has looked at", Fault::QuotaBlind { millis: 3000 }),
    ]
}

/// The cases.
pub fn cases() -> Vec<Trial> {
    let mut cases: Vec<Trial> = disturbances()
        .into_iter()
        .map(|(name, fault)| {
            case(format!("{name} is lived through"), Needs::Faults, |ground| disturbed(ground, fault))
        })
        .collect();
    cases.push(case("an API server that is away is waited for, before", Needs::Faults, away_before));
    cases.push(case("an API server that is away is waited for, meanwhile", Needs::Faults, away_meanwhile));
    cases.push(case("what a policy refuses is told at once", Needs::Faults, refused_by_policy));
    cases.push(case("at rest little is asked", Needs::Faults, at_rest));
    cases
}

async fn disturbed(ground: Ground, fault: Fault) {
    let executor = ground.executor().await;
    ground.trial().inject(fault);
    play(&executor, job(&ground, 0, COUNT)).over().await.succeeded_with(&counted());
    ground.trial().heal();
    ground.until_clean().await;
}

async fn away_before(ground: Ground) {
    let executor = ground.executor().await;
    ground.trial().inject(Fault::Away { millis: 4000 });
    play(&executor, job(&ground, 0, COUNT)).over().await.succeeded_with(&counted());
    ground.until_clean().await;
}

async fn away_meanwhile(ground: Ground) {
    let mut job = play(&ground.executor().await, job(&ground, 0, COUNT));
    job.until_it_prints().await;
    // It ends while nobody can hear of it.
    ground.trial().inject(Fault::Away { millis: 6000 });
    job.over().await.succeeded_with(&counted());
    ground.until_clean().await;
}

async fn refused_by_policy(ground: Ground) {
    let executor = ground.executor().await;
    let message = "ValidatingAdmissionPolicy 'pins' with binding 'pins' denied request: no".to_owned();
    ground.trial().inject(Fault::Admission { message, times: 1 });
    let over = play(&executor, job(&ground, 0, COUNT)).over().await;
    assert_eq!(over.outcome.ending, Ending::InfraError, "{:?}", over.outcome);
    assert_eq!(ground.trial().pods().len(), 0);
}

async fn at_rest(ground: Ground) {
    /// In seconds.
    const WHILE: u64 = 6;
    let executor = ground.executor().await;
    let mut quiet = play(&executor, job(&ground, 0, crate::play::LONG));
    quiet.until_it_prints().await;
    let before = ground.trial().calls();
    crate::play::a_moment(WHILE * 1000).await;
    let calls = ground.trial().calls().since(&before);
    assert!(calls.total() <= 2 * WHILE, "{calls:?}");
    quiet.cancel.cancel();
    quiet.over().await;
    ground.until_clean().await;
}
