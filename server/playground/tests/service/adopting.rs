//! What becomes of runs whose jobs live on when the portal goes down.

use std::sync::Arc;
use std::time::Duration;

use crate::support::cluster::{Cluster, Counts};
use crate::support::scripted::{Act, Script, Scripted};
use crate::support::{Ground, assert_whole, events, job, of_jobs, pipeline, single, soon, wish, words};
use futures_util::StreamExt;
use jiff::SignedDuration;
use regatta_domain::ids::RunId;
use regatta_domain::pipeline::{Exchange, Job, Needs, Piece, Pipeline, Template};
use regatta_domain::ports::Clock;
use regatta_domain::run::{Ending, JobState, RunEvent, RunFact, RunState};
use regatta_playground::executor::{Executor, JobEvent};
use regatta_playground::{Availability, Cancellation, NewRun, PlaygroundSettings, Router};
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;

/// Both steps, with a pause in the middle of a line of the first.
fn pausing(gate: &Arc<Semaphore>) -> Script {
    Script::ending(Ending::Succeeded)
        .tell(JobEvent::StepStarted { step: 0 })
        .print(0, "whole\nhal")
        .act(Act::Pass(Arc::clone(gate)))
        .print(0, "ves\n")
        .tell(JobEvent::StepEnded { step: 0, exit: 0, took: Duration::from_millis(7), usage: None })
        .steps(&[(1, 0)])
}

/// The log of a run of one job that follows [`pausing`], whoever conducts it.
const PAUSING: [&str; 16] = [
    "run starting",
    "0 starting",
    "0 on cluster",
    "0 Asked",
    "0 SandboxStarted",
    "0 RunnerReady",
    "run running",
    "0 running",
    "0.0 started",
    "0.0 Out whole",
    "0.0 Out halves",
    "0.0 exit 0",
    "0.1 started",
    "0.1 Out step 1",
    "0.1 exit 0",
    "0 succeeded",
];

/// A process of its own, which can be killed.
struct Doomed {
    runtime: Runtime,
    ground: Ground,
}

impl Doomed {
    /// A process beside `ground`, with this executor.
    async fn beside(ground: &Arc<Ground>, executor: &Arc<impl Executor + 'static>) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (beside, executor) = (Arc::clone(ground), Arc::clone(executor));
        let opened = runtime.spawn(async move {
            let ground = beside.successor_on_reopened().await;
            ground.ready(&executor);
            ground
        });
        Self { ground: opened.await.unwrap(), runtime }
    }

    async fn submit(&self, wanted: NewRun) -> RunId {
        let playground = Arc::clone(&self.ground.playground);
        self.runtime.spawn(async move { playground.submit(wanted).await.unwrap() }).await.unwrap()
    }

    /// Nothing of it runs any more, and nobody said good-bye.
    fn kill(self) {
        self.runtime.shutdown_background();
    }
}

/// Until a line like this is stored.
async fn until_told(ground: &Ground, id: &RunId, word: &str) {
    let look = async {
        loop {
            let log = ground.store.events_after(id, 0, 1000).await.unwrap();
            if words(&log).iter().any(|told| told == word) {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    soon(look).await;
}

fn story(log: &[RunEvent]) -> Vec<String> {
    assert_whole(log);
    words(log)
}

async fn is_left_and_taken_up(ground: Ground) {
    let gate = Arc::new(Semaphore::new(0));
    let cluster = Cluster::new([(0, pausing(&gate))]);
    ground.ready(&cluster);
    let id = ground.playground.submit(single("ada")).await.unwrap();
    until_told(&ground, &id, "0.0 Out whole").await;
    let mut watching = ground.playground.subscribe(&id, 0);
    let seen = soon(watching.next()).await.unwrap().last;
    ground.go_down().await;
    assert!(!soon(events(watching)).await.iter().any(|event| event.what.is_final()), "come back later");
    assert_eq!(ground.stored(&id).await.state, RunState::Running);
    assert_eq!(ground.observer.rest(), ["watcher came", "released", "watcher left"]);
    let [hold] = &ground.store.holds().await.unwrap()[..] else { panic!("it is under way") };
    assert!(hold.is_given_up());

    let next = ground.successor();
    let watching = next.playground.subscribe(&id, seen);
    next.look_often().await;
    assert_eq!(next.stored(&id).await.state, RunState::Running, "its executors may still come");
    next.ready(&cluster);
    cluster.until(|counts| counts.found == 1).await;
    gate.add_permits(1);
    let rest = soon(events(watching)).await;
    assert_eq!(
        rest.first().map(|event| event.seq),
        Some(seen + 1),
        "nothing is missed and nothing comes twice"
    );
    let mut expected = PAUSING.to_vec();
    expected.push("run succeeded");
    assert_eq!(story(&next.log(&id).await), expected);
    assert_eq!(cluster.counts(), Counts { made: 1, found: 1, deleted: 0 });
    let ended = next.ended(&id).await;
    assert_eq!(ended.isolation.unwrap(), "cluster: a virtual machine with a kernel of its own");
    assert!(next.observer.rest().contains(&"adopted".to_owned()));
    let [job] = &next.observer.jobs()[..] else { panic!("it is counted once") };
    assert_eq!((job.executor.as_str(), job.ending, job.attempts), ("cluster", Ending::Succeeded, 1));
    let phases: Vec<&str> = job.phases.iter().map(|(phase, _)| *phase).collect();
    assert_eq!(phases, ["sandbox_started", "runner_ready", "first_step", "ended"]);
    assert_eq!((ground.observer.runs().len(), next.observer.runs().len()), (0, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_goes_down_leaves_what_runs_outside_and_the_next_goes_on_with_it() {
    is_left_and_taken_up(Ground::new().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_goes_down_leaves_what_runs_outside_on_postgres_too() {
    is_left_and_taken_up(Ground::on_postgres().await).await;
}

async fn is_taken_up_after_a_crash(ground: Ground) {
    let ground = Arc::new(ground);
    let gate = Arc::new(Semaphore::new(0));
    let cluster = Cluster::new([(0, pausing(&gate))]);
    let doomed = Doomed::beside(&ground, &cluster).await;
    let id = doomed.submit(single("ada")).await;
    until_told(&ground, &id, "0.0 Out whole").await;
    let watching = ground.playground.subscribe(&id, 0);
    doomed.kill();
    ground.ready(&cluster);
    for _ in 0..3 {
        ground.playground.sweep().await.unwrap();
        assert_eq!(cluster.counts().found, 0, "it may still be somebody's");
    }
    ground.playground.sweep().await.unwrap();
    cluster.until(|counts| counts.found == 1).await;
    gate.add_permits(1);
    let mut expected = PAUSING.to_vec();
    expected.push("run succeeded");
    let seen = soon(events(watching)).await;
    assert_eq!(story(&seen), expected, "who watched noticed nothing but a pause");
    assert_eq!(seen, ground.log(&id).await);
    assert_eq!(cluster.counts(), Counts { made: 1, found: 1, deleted: 0 });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_ran_outside_goes_on_after_a_crash() {
    is_taken_up_after_a_crash(Ground::new().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_ran_outside_goes_on_after_a_crash_on_postgres_too() {
    is_taken_up_after_a_crash(Ground::on_postgres().await).await;
}

/// A run under way in `cluster` whose process was killed after `word` was stored.
async fn left_behind(ground: &Arc<Ground>, cluster: &Arc<Cluster>, wanted: NewRun, word: &str) -> RunId {
    let doomed = Doomed::beside(ground, cluster).await;
    let id = doomed.submit(wanted).await;
    until_told(ground, &id, word).await;
    doomed.kill();
    id
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn executors_that_are_away_are_waited_for_but_not_for_ever() {
    let ground = Arc::new(Ground::new().await);
    let cluster = Cluster::new([(0, Script::endless())]);
    let id = left_behind(&ground, &cluster, single("ada"), "0.0 started").await;
    let off = Availability::Off { reason: "the cluster does not answer".into() };
    for availability in
        [Availability::Checking, off, Availability::Ready(Arc::new(Router::new(vec![], vec![], vec![])))]
    {
        ground.playground.set_availability(availability);
        ground.look_often().await;
        assert_eq!(ground.stored(&id).await.state, RunState::Running);
    }
    ground.clock.advance(SignedDuration::from_mins(7));
    ground.playground.sweep().await.unwrap();
    let last = "run infra_error (interrupted: the portal that ran it stopped answering; run it again)";
    assert_eq!(story(&ground.log(&id).await).last().unwrap(), last);
    assert_eq!(ground.observer.rest()[..1], ["left behind"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wish_to_cancel_what_nobody_holds_is_heeded_by_whoever_takes_it_up() {
    let ground = Arc::new(Ground::new().await);
    let cluster = Cluster::new([(0, Script::endless())]);
    let id = left_behind(&ground, &cluster, single("ada"), "0.0 started").await;
    assert_eq!(ground.playground.cancel(&id).await.unwrap(), Cancellation::Stopping);
    ground.ready(&cluster);
    ground.look_often().await;
    assert_eq!(story(&ground.log(&id).await).last().unwrap(), "run cancelled");
    assert_eq!(cluster.counts(), Counts { made: 1, found: 1, deleted: 1 });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wish_to_cancel_what_cannot_be_taken_up_counts_all_the_same() {
    let ground = Arc::new(Ground::new().await);
    let executor = Scripted::new([(0, Script::endless())]);
    let doomed = Doomed::beside(&ground, &executor).await;
    let id = doomed.submit(single("ada")).await;
    until_told(&ground, &id, "0.0 started").await;
    doomed.kill();
    ground.playground.cancel(&id).await.unwrap();
    ground.look_often().await;
    assert_eq!(story(&ground.log(&id).await).last().unwrap(), "run cancelled");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_cancelled_here_is_cancelled_although_the_portal_is_killed_meanwhile() {
    let ground = Arc::new(Ground::new().await);
    let stubborn = Script::ending(Ending::Failed).tell(JobEvent::StepStarted { step: 0 }).act(Act::Forever);
    let cluster = Cluster::new([(0, stubborn)]);
    let doomed = Doomed::beside(&ground, &cluster).await;
    let id = doomed.submit(single("ada")).await;
    until_told(&ground, &id, "0.0 started").await;
    let (playground, run) = (Arc::clone(&doomed.ground.playground), id.clone());
    doomed.runtime.spawn(async move { playground.cancel(&run).await.unwrap() }).await.unwrap();
    doomed.kill();
    ground.ready(&cluster);
    ground.look_often().await;
    assert_eq!(ground.ended(&id).await.state, RunState::Ended(Ending::Cancelled));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_lost_a_run_drops_it_and_leaves_its_jobs_to_the_heir() {
    let ground = Ground::new().await;
    let gate = Arc::new(Semaphore::new(0));
    let cluster = Cluster::new([(0, pausing(&gate))]);
    ground.ready(&cluster);
    let id = ground.playground.submit(single("ada")).await.unwrap();
    until_told(&ground, &id, "0.0 Out whole").await;
    let heir = ground.successor_on_reopened().await;
    heir.ready(&cluster);
    // As if the first had stood still for long.
    let [hold] = &ground.store.holds().await.unwrap()[..] else { panic!("it is held once") };
    assert!(heir.store.take_over_run(hold, "in between", heir.clock.now()).await.unwrap());
    assert!(heir.store.give_up_run(&id, "in between").await.unwrap());
    heir.playground.sweep().await.unwrap();
    cluster.until(|counts| counts.found == 1).await;
    ground.playground.sweep().await.unwrap();
    gate.add_permits(1);
    let mut expected = PAUSING.to_vec();
    expected.push("run succeeded");
    assert_eq!(story(&heir.log(&id).await), expected);
    assert_eq!(cluster.counts().deleted, 0, "nobody killed the heir's job");
}

/// `build` gives its workspace to `ship`, which also needs `test`.
fn with_workspace() -> Pipeline {
    let mut build = job("build");
    build.exchange.gives_workspace = true;
    let takes = Exchange { takes_workspace_of: vec![0], ..Exchange::default() };
    let ship = Job { needs: Needs::successes(&[0, 1], &[]), exchange: takes, ..job("ship") };
    of_jobs(vec![build, job("test"), ship])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_workspace_that_is_still_needed_cannot_be_left() {
    let ground = Arc::new(Ground::new().await);
    let scripts = || [(0, Script::fine().pack(b"packed")), (1, Script::endless())];
    let cluster = Cluster::new(scripts());
    let id = left_behind(&ground, &cluster, wish(with_workspace(), "ada"), "0 succeeded").await;
    ground.look_often().await;
    let lost = "run infra_error (interrupted: the portal that ran it stopped answering, and the workspace that ship \
                takes from build is lost with it; run it again)";
    assert_eq!(story(&ground.log(&id).await).last().unwrap(), lost);

    let cluster = Cluster::new(scripts());
    ground.ready(&cluster);
    let id = ground.submit(with_workspace()).await;
    until_told(&ground, &id, "0 succeeded").await;
    until_told(&ground, &id, "1.0 started").await;
    ground.go_down().await;
    let restarted = "run infra_error (interrupted: the portal was restarted while it ran; run it again)";
    assert_eq!(story(&ground.successor().log(&id).await).last().unwrap(), restarted);
    assert_eq!(cluster.counts(), Counts { made: 2, found: 0, deleted: 1 }, "what ran is stopped");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_workspace_that_was_handed_over_is_not_missed() {
    let ground = Arc::new(Ground::new().await);
    let gate = Arc::new(Semaphore::new(0));
    let cluster = Cluster::new([(0, Script::fine().pack(b"packed")), (2, pausing(&gate))]);
    let id = left_behind(&ground, &cluster, wish(with_workspace(), "ada"), "2.0 Out whole").await;
    ground.ready(&cluster);
    ground.look_often().await;
    gate.add_permits(1);
    assert_eq!(story(&ground.log(&id).await).last().unwrap(), "run succeeded");
    assert_eq!(cluster.counts(), Counts { made: 3, found: 1, deleted: 0 });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_runs_here_goes_down_with_the_portal_and_takes_the_rest_along() {
    let ground = Ground::new().await;
    let (cluster, local) = (Cluster::new([(0, Script::endless())]), Scripted::new([(1, Script::endless())]));
    let executors: Vec<Arc<dyn Executor>> = vec![cluster.clone(), local];
    let router = Router::new(executors, vec![], vec![]);
    ground.playground.set_availability(Availability::Ready(Arc::new(router)));
    let mut both = pipeline(&[("outside", &[], &[]), ("here", &[], &[])]);
    both.jobs[1].executor = Some("scripted".into());
    let id = ground.submit(both).await;
    until_told(&ground, &id, "0.0 started").await;
    until_told(&ground, &id, "1.0 started").await;
    ground.go_down().await;
    let restarted = "run infra_error (interrupted: the portal was restarted while it ran; run it again)";
    assert_eq!(story(&ground.successor().log(&id).await).last().unwrap(), restarted);
    assert_eq!(cluster.counts().deleted, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_attempt_is_taken_up_as_one_and_no_third_is_made() {
    let ground = Ground::new().await;
    let gate = Arc::new(Semaphore::new(0));
    let lost = Script::ending(Ending::NodeLost);
    let inside =
        Scripted::with_second_attempts([(0, lost.clone())], [(0, lost.act(Act::Pass(Arc::clone(&gate))))]);
    let cluster = Cluster::around(Arc::clone(&inside));
    ground.ready(&cluster);
    let id = ground.playground.submit(single("ada")).await.unwrap();
    until_told(&ground, &id, "0 on cluster (attempt 1)").await;
    inside.has_started(2).await;
    ground.go_down().await;
    let next = ground.replica(&cluster);
    cluster.until(|counts| counts.found == 1).await;
    gate.add_permits(1);
    let words = story(&next.log(&id).await);
    assert_eq!(words.last().unwrap(), "run node_lost (in job build)");
    assert_eq!(words.iter().filter(|word| word.contains("tried again")).count(), 1);
    assert_eq!(cluster.counts().made, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn steps_that_began_are_not_run_twice() {
    let ground = Arc::new(Ground::new().await);
    let cluster = Cluster::new([(0, Script::endless())]);
    let id = left_behind(&ground, &cluster, single("ada"), "0.0 started").await;
    cluster.lose_everything();
    ground.ready(&cluster);
    ground.look_often().await;
    let log = ground.log(&id).await;
    assert_eq!(story(&log).last().unwrap(), "run vanished (job build: its pod is gone)");
    assert!(words(&log).contains(&"0.0 exit 137".to_owned()), "its step does not seem to go on");
    assert_eq!(cluster.counts().made, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sandbox_that_was_lost_before_any_step_is_made_again() {
    let ground = Arc::new(Ground::new().await);
    let gate = Arc::new(Semaphore::new(0));
    let cluster = Cluster::new([(0, Script::fine().behind(&gate))]);
    let id = left_behind(&ground, &cluster, single("ada"), "0 RunnerReady").await;
    cluster.lose_everything();
    gate.add_permits(2);
    ground.ready(&cluster);
    ground.look_often().await;
    assert_eq!(story(&ground.log(&id).await).last().unwrap(), "run succeeded");
    assert_eq!(cluster.counts(), Counts { made: 2, found: 0, deleted: 0 });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn values_reach_later_jobs_exactly_as_they_were_handed_on() {
    let ground = Arc::new(Ground::new().await);
    let gate = Arc::new(Semaphore::new(0));
    let deceiving = "a\u{202e}b\u{0}\n".replace('\0', "\u{1}");
    let first = Script::fine().hand_on("digest", "early").hand_on("digest", &deceiving);
    let inside = Scripted::new([(0, first), (1, pausing(&gate))]);
    let cluster = Cluster::around(Arc::clone(&inside));
    let mut build = job("build");
    build.exchange.results = vec!["digest".into()];
    let test = Job { needs: Needs::successes(&[0], &[]), ..job("test") };
    let mut ship = Job { needs: Needs::successes(&[0, 1], &[]), ..job("ship") };
    let taken = Template(vec![Piece::Output { job: 0, name: "digest".into() }]);
    ship.environment = [("DIGEST".to_owned(), taken)].into();
    let wanted = wish(of_jobs(vec![build, test, ship]), "ada");
    let id = left_behind(&ground, &cluster, wanted, "1.0 Out whole").await;
    ground.ready(&cluster);
    ground.look_often().await;
    gate.add_permits(1);
    assert_eq!(story(&ground.log(&id).await).last().unwrap(), "run succeeded");
    let shipped = inside.specs().into_iter().find(|spec| spec.job == 2).unwrap();
    assert_eq!(shipped.environment["DIGEST"], deceiving);
    let (_, view) = ground.playground.view(&id).await.unwrap().unwrap();
    assert_eq!(view.jobs[0].outputs["digest"], "a<U+202E>b␁\n", "what is shown is harmless");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metadata_is_carried_on() {
    let ground = Arc::new(Ground::new().await);
    let gate = Arc::new(Semaphore::new(0));
    let inside = Scripted::new([
        (0, Script::fine().hand_on("a", r#"{"x":1}"#).hand_on("b", "\"\u{202e}\"")),
        (1, pausing(&gate).hand_on("a", r#"{"y":2}"#)),
    ]);
    let cluster = Cluster::around(Arc::clone(&inside));
    let meta = |needs: &[usize], name: &str| {
        let mut job = Job { needs: Needs::successes(needs, &[]), ..job(name) };
        job.exchange.metadata = true;
        job
    };
    let wanted = wish(of_jobs(vec![meta(&[], "build"), meta(&[0], "test"), meta(&[1], "ship")]), "ada");
    let id = left_behind(&ground, &cluster, wanted, "1.0 Out whole").await;
    ground.ready(&cluster);
    ground.look_often().await;
    gate.add_permits(1);
    assert_eq!(story(&ground.log(&id).await).last().unwrap(), "run succeeded");
    let knew = inside.specs().into_iter().find(|spec| spec.job == 2).unwrap().metadata.unwrap();
    assert_eq!(knew["a"], r#"{"x":1,"y":2}"#);
    assert_eq!(knew["b"], "\"\u{202e}\"");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_was_full_stays_so() {
    let settings = PlaygroundSettings { log_lines: 2, ..Default::default() };
    let ground = Arc::new(Ground::with(settings).await);
    let flood = Script::ending(Ending::Failed)
        .tell(JobEvent::StepStarted { step: 0 })
        .print(0, "1\n2\n3\n")
        .act(Act::Forever);
    let cluster = Cluster::new([(0, flood)]);
    let marker = "0.0 Err The log ends here: a run may write 2 lines or 4 MiB.";
    let id = left_behind(&ground, &cluster, single("ada"), marker).await;
    ground.ready(&cluster);
    ground.look_often().await;
    let words = story(&ground.log(&id).await);
    assert_eq!(words.iter().filter(|word| word.contains("Err")).collect::<Vec<_>>(), [marker]);
    let full = "run output_limit (job build: the log of the run is full: 2 lines or 4 MiB)";
    assert_eq!(words.last().unwrap(), full);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_of_which_only_the_end_is_missing_ends_as_its_jobs_did() {
    let ground = Ground::new().await;
    let id = ground.submit(pipeline(&[("a", &[], &[]), ("b", &[], &[])])).await;
    ground.store.take_run(&id, "gone", ground.clock.now()).await.unwrap().unwrap();
    let over = |job, ending| RunFact::Job { job, state: JobState::Ended(ending), reason: None };
    let facts = [over(0, Ending::Succeeded), over(1, Ending::Failed)];
    let log = (1..).zip(facts).map(|(seq, what)| RunEvent { seq, at_ms: seq, what });
    ground.store.append_events(&id, &log.collect::<Vec<_>>()).await.unwrap();
    ground.look_often().await;
    assert_eq!(story(&ground.log(&id).await).last().unwrap(), "run failed (in job b)");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_database_stops_nothing_that_runs_outside() {
    let ground = Arc::new(Ground::new().await);
    let gate = Arc::new(Semaphore::new(0));
    let cluster = Cluster::new([(0, pausing(&gate))]);
    let doomed = Doomed::beside(&ground, &cluster).await;
    let id = doomed.submit(single("ada")).await;
    until_told(&ground, &id, "0.0 Out whole").await;
    doomed.ground.store.close().await;
    gate.add_permits(1);
    let down = &doomed.ground;
    let settled = async {
        while down.tasks.len() > 4 {
            tokio::task::yield_now().await;
        }
    };
    soon(settled).await;
    ground.ready(&cluster);
    ground.look_often().await;
    let mut expected = PAUSING.to_vec();
    expected.push("run succeeded");
    assert_eq!(story(&ground.log(&id).await), expected);
    assert_eq!(cluster.counts().deleted, 0);
    doomed.kill();
}
