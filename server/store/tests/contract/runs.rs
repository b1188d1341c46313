//! What the playground relies on.

use std::sync::Arc;

use regatta_domain::ids::RunId;
use regatta_domain::run::RunState::{self, Ended, Queued, Running, Starting};
use regatta_domain::run::{Ending, JobState, RunEvent, RunFact, Stream};
use regatta_store::runs::StoredRun;
use regatta_store::{Store, StoreError};

use crate::fixtures::{at, line, run};

/// Stores a run and leads it to its end at `ended` seconds.
async fn end(store: &dyn Store, run: &StoredRun, ended: i64) {
    store.add_run(run).await.unwrap();
    assert!(store.change_run_state(&run.id, Queued, Ended(Ending::Succeeded), at(ended)).await.unwrap());
}

fn ids(runs: &[StoredRun]) -> Vec<RunId> {
    runs.iter().map(|run| run.id.clone()).collect()
}

pub async fn keeps_a_run_as_it_was(store: Arc<dyn Store>) {
    let own = StoredRun { demo: None, edited: true, isolation: Some("bubblewrap".into()), ..run(2) };
    for kept in [run(1), own] {
        store.add_run(&kept).await.unwrap();
        assert_eq!(store.run(&kept.id).await.unwrap(), Some(kept));
    }
    assert_eq!(store.run(&run(9).id).await.unwrap(), None);
}

pub async fn the_queue_is_first_come_first_served(store: Arc<dyn Store>) {
    for number in [3, 1, 2] {
        store.add_run(&run(number)).await.unwrap();
    }
    assert_eq!(store.queue_length().await.unwrap(), 3);
    assert_eq!(ids(&store.queued_runs(2).await.unwrap()), [run(1).id, run(2).id]);
    store.change_run_state(&run(1).id, Queued, Starting, at(9)).await.unwrap();
    assert_eq!(store.queue_length().await.unwrap(), 2);
    assert_eq!(ids(&store.queued_runs(9).await.unwrap()), [run(2).id, run(3).id]);
}

pub async fn a_state_changes_only_from_the_expected_one(store: Arc<dyn Store>) {
    let one = run(1);
    store.add_run(&one).await.unwrap();
    assert!(!store.change_run_state(&one.id, Starting, Running, at(1)).await.unwrap());
    assert!(store.change_run_state(&one.id, Queued, Starting, at(1)).await.unwrap());
    assert!(!store.change_run_state(&one.id, Queued, Starting, at(1)).await.unwrap());
    assert!(!store.change_run_state(&run(9).id, Queued, Starting, at(1)).await.unwrap());
    let stored = store.run(&one.id).await.unwrap().unwrap();
    assert_eq!((stored.state, stored.ended_at), (Starting, None));
}

pub async fn of_many_who_take_a_run_one_gets_it(store: Arc<dyn Store>) {
    store.add_run(&run(1)).await.unwrap();
    let takers: Vec<_> = (0..8)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.change_run_state(&run(1).id, Queued, Starting, at(1)).await })
        })
        .collect();
    let mut winners = 0;
    for taker in takers {
        winners += i32::from(taker.await.unwrap().unwrap());
    }
    assert_eq!(winners, 1);
}

pub async fn an_end_is_final(store: Arc<dyn Store>) {
    for (number, ending) in (1..).zip(Ending::ALL) {
        let one = run(number);
        store.add_run(&one).await.unwrap();
        assert!(store.change_run_state(&one.id, Queued, Ended(ending), at(5)).await.unwrap());
        for next in [Queued, Starting, Running, Ended(Ending::Succeeded), Ended(Ending::Failed)] {
            assert!(!store.change_run_state(&one.id, Ended(ending), next, at(6)).await.unwrap());
        }
        let stored = store.run(&one.id).await.unwrap().unwrap();
        assert_eq!((stored.state, stored.ended_at), (Ended(ending), Some(at(5))));
    }
}

pub async fn keeps_the_isolation(store: Arc<dyn Store>) {
    store.add_run(&run(1)).await.unwrap();
    store.set_run_isolation(&run(1).id, "gVisor").await.unwrap();
    assert_eq!(store.run(&run(1).id).await.unwrap().unwrap().isolation.as_deref(), Some("gVisor"));
}

pub async fn a_log_has_no_gaps(store: Arc<dyn Store>) {
    let id = run(1).id;
    store.add_run(&run(1)).await.unwrap();
    store.append_events(&id, &[]).await.unwrap();
    for refused in [vec![line(0)], vec![line(2)], vec![line(1), line(3)], vec![line(1), line(1)]] {
        let answer = store.append_events(&id, &refused).await;
        assert!(matches!(answer, Err(StoreError::Stale(_))), "{refused:?}: {answer:?}");
        assert_eq!(store.events_after(&id, 0, 9).await.unwrap(), [], "all or none");
    }
    store.append_events(&id, &[line(1), line(2)]).await.unwrap();
    let again = store.append_events(&id, &[line(2), line(3)]).await;
    assert!(matches!(again, Err(StoreError::Stale(_))), "{again:?}");
    store.append_events(&id, &[line(3)]).await.unwrap();
    assert_eq!(store.events_after(&id, 0, 9).await.unwrap(), [line(1), line(2), line(3)]);
    assert_eq!(store.events_after(&id, 1, 1).await.unwrap(), [line(2)]);
    assert_eq!(store.events_after(&id, 3, 9).await.unwrap(), []);
    assert_eq!(store.events_after(&id, u64::MAX, 9).await.unwrap(), []);
    assert_eq!(store.events_after(&run(2).id, 0, 9).await.unwrap(), []);
}

pub async fn a_log_reads_back_as_it_was(store: Arc<dyn Store>) {
    let facts = [
        RunFact::Run { state: Running, reason: None },
        RunFact::Job { job: 0, state: JobState::Starting, reason: Some("waits for \"a\"".into()) },
        RunFact::StepStarted { job: 0, step: 1 },
        RunFact::Line { job: 0, step: 1, stream: Stream::Err, text: "周帆: 'quotes' \\ and more".into() },
        RunFact::StepEnded { job: 0, step: 1, exit: 137, took_ms: 1 << 40 },
        RunFact::Run { state: RunState::Ended(Ending::OutOfMemory), reason: Some("too much".into()) },
    ];
    let log: Vec<_> = (1..).zip(facts).map(|(seq, what)| RunEvent { seq, at_ms: seq, what }).collect();
    store.add_run(&run(1)).await.unwrap();
    store.append_events(&run(1).id, &log).await.unwrap();
    assert_eq!(store.events_after(&run(1).id, 0, 99).await.unwrap(), log);
}

pub async fn a_log_needs_its_run(store: Arc<dyn Store>) {
    assert!(store.append_events(&run(1).id, &[line(1)]).await.is_err());
}

pub async fn finds_what_was_interrupted(store: Arc<dyn Store>) {
    for number in 1..=4 {
        store.add_run(&run(number)).await.unwrap();
    }
    store.change_run_state(&run(2).id, Queued, Starting, at(9)).await.unwrap();
    store.change_run_state(&run(3).id, Queued, Running, at(9)).await.unwrap();
    store.change_run_state(&run(4).id, Queued, Ended(Ending::Cancelled), at(9)).await.unwrap();
    assert_eq!(ids(&store.unfinished_runs().await.unwrap()), [run(2).id, run(3).id]);
}

pub async fn lists_ended_unedited_demos_newest_first(store: Arc<dyn Store>) {
    end(&*store, &run(1), 30).await;
    end(&*store, &run(2), 10).await;
    end(&*store, &run(3), 20).await;
    end(&*store, &StoredRun { edited: true, ..run(4) }, 40).await;
    end(&*store, &StoredRun { demo: None, ..run(5) }, 40).await;
    store.add_run(&run(6)).await.unwrap();
    assert_eq!(ids(&store.latest_demo_runs(9).await.unwrap()), [run(1).id, run(3).id, run(2).id]);
    assert_eq!(ids(&store.latest_demo_runs(1).await.unwrap()), [run(1).id]);
}

pub async fn counts_a_visitors_runs(store: Arc<dyn Store>) {
    store.add_run(&run(1)).await.unwrap();
    end(&*store, &run(2), 9).await;
    store.add_run(&StoredRun { visitor: "somebody else".into(), ..run(3) }).await.unwrap();
    assert_eq!(store.unended_runs_of("somebody").await.unwrap(), 1);
    assert_eq!(store.runs_of_since("somebody", at(1)).await.unwrap(), 2);
    assert_eq!(store.runs_of_since("somebody", at(2)).await.unwrap(), 1);
    assert_eq!(store.runs_of_since("nobody", at(0)).await.unwrap(), 0);
}

pub async fn deletes_old_runs_with_their_logs(store: Arc<dyn Store>) {
    end(&*store, &run(1), 10).await;
    end(&*store, &run(2), 20).await;
    store.add_run(&run(3)).await.unwrap();
    for number in 1..=3 {
        store.append_events(&run(number).id, &[line(1)]).await.unwrap();
    }
    assert_eq!(store.delete_runs_before(at(20)).await.unwrap(), 1);
    assert_eq!(store.run(&run(1).id).await.unwrap(), None);
    assert_eq!(store.events_after(&run(1).id, 0, 9).await.unwrap(), []);
    for kept in [2, 3] {
        assert_eq!(store.events_after(&run(kept).id, 0, 9).await.unwrap(), [line(1)]);
    }
}
