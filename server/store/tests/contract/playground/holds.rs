//! Who is at a run: taken once, kept, lost and taken over, and ended once.

use std::sync::Arc;

use regatta_domain::ids::RunId;
use regatta_domain::run::Ending::{self, Cancelled, Failed, InfraError, Succeeded};
use regatta_domain::run::RunState::{self, Ended, Queued, Running, Starting};
use regatta_store::Store;
use regatta_store::runs::{Hold, RunEnd, RunFilter, StoredRun};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::samples::{PORTAL, end, finish, queue, run, run_id, start, stored, timing};
use crate::fixtures::at;

async fn keep(store: &dyn Store, holder: &str, until: i64) -> Vec<RunId> {
    let mut cancelled = store.keep_hold(holder, at(until)).await.unwrap();
    cancelled.sort();
    cancelled
}

fn hold(number: i64, holder: &str, until: i64) -> Hold {
    Hold { run: run_id(number), holder: holder.into(), until: at(until) }
}

async fn take_over(store: &dyn Store, from: &Hold, holder: &str, until: i64) -> bool {
    store.take_over_run(from, holder, at(until)).await.unwrap()
}

async fn end_for(store: &dyn Store, number: i64, holder: Option<&str>, ending: Ending) -> bool {
    store.end_run(&run_id(number), holder, &end(ending, 50)).await.unwrap()
}

pub async fn a_run_that_is_taken_waits_no_more(store: Arc<dyn Store>) {
    queue(&*store, &run(1)).await;
    let taken = store.take_run(&run_id(1), PORTAL, at(9)).await.unwrap();
    assert_eq!(taken, Some(StoredRun { state: Starting, ..run(1) }));
    assert_eq!(stored(&*store, 1).await.state, Starting);
    for holder in [PORTAL, "another"] {
        assert_eq!(store.take_run(&run_id(1), holder, at(9)).await.unwrap(), None);
    }
    finish(&*store, &run(2), 5).await;
    assert_eq!(store.take_run(&run_id(2), PORTAL, at(9)).await.unwrap(), None, "it is over");
    assert_eq!(store.take_run(&run_id(9), PORTAL, at(9)).await.unwrap(), None);
}

pub async fn of_many_who_take_a_run_one_gets_it(store: Arc<dyn Store>) {
    for number in 1..=8 {
        queue(&*store, &run(number)).await;
        let together = Arc::new(Barrier::new(8));
        let mut taking = JoinSet::new();
        for portal in 0..8 {
            let (store, together) = (Arc::clone(&store), Arc::clone(&together));
            taking.spawn(async move {
                together.wait().await;
                store.take_run(&run_id(number), &format!("portal-{portal}"), at(9)).await.unwrap()
            });
        }
        assert_eq!(taking.join_all().await.into_iter().flatten().count(), 1);
    }
}

pub async fn only_its_holder_gets_a_run_under_way(store: Arc<dyn Store>) {
    queue(&*store, &run(1)).await;
    assert!(!store.get_under_way(&run_id(1), PORTAL, "x").await.unwrap(), "it waits");
    store.take_run(&run_id(1), PORTAL, at(9)).await.unwrap().unwrap();
    assert!(!store.get_under_way(&run_id(1), "another", "x").await.unwrap());
    assert!(store.get_under_way(&run_id(1), PORTAL, "process isolation").await.unwrap());
    assert!(!store.get_under_way(&run_id(1), PORTAL, "x").await.unwrap(), "it is running");
    let isolation = Some("process isolation".to_owned());
    assert_eq!(stored(&*store, 1).await, StoredRun { state: Running, isolation, ..run(1) });
    assert!(!store.get_under_way(&run_id(9), PORTAL, "x").await.unwrap());
}

pub async fn holds_tell_whether_they_are_kept(store: Arc<dyn Store>) {
    for number in [2, 1] {
        start(&*store, &run(number), PORTAL, 15).await;
    }
    start(&*store, &run(3), "another", 15).await;
    queue(&*store, &run(4)).await;
    let held = [hold(3, "another", 15), hold(1, PORTAL, 15), hold(2, PORTAL, 15)];
    assert_eq!(store.holds().await.unwrap(), held);
    // A clock that is set back gives earlier moments.
    for until in [30, 5] {
        assert_eq!(keep(&*store, PORTAL, until).await, []);
        let kept = [hold(3, "another", 15), hold(1, PORTAL, until), hold(2, PORTAL, until)];
        assert_eq!(store.holds().await.unwrap(), kept);
    }
    assert!(end_for(&*store, 3, Some("another"), Failed).await);
    let held = [hold(1, PORTAL, 5), hold(2, PORTAL, 5)];
    assert_eq!(store.holds().await.unwrap(), held, "what is over is held by nobody");
    assert_eq!(keep(&*store, "nobody", 99).await, []);
}

pub async fn a_run_is_taken_over_once_from_the_hold_that_was_seen(store: Arc<dyn Store>) {
    start(&*store, &run(1), PORTAL, 15).await;
    assert!(store.get_under_way(&run_id(1), PORTAL, "x").await.unwrap());
    let seen = hold(1, PORTAL, 15);
    keep(&*store, PORTAL, 16).await;
    assert!(!take_over(&*store, &seen, "another", 31).await, "it was kept since");
    let seen = hold(1, PORTAL, 16);
    assert!(!take_over(&*store, &hold(1, "else", 16), "another", 31).await, "it is not theirs");
    assert!(take_over(&*store, &seen, "another", 31).await);
    assert!(!take_over(&*store, &seen, "third", 31).await, "somebody was faster");
    assert_eq!(stored(&*store, 1).await.state, Running);
    assert!(!end_for(&*store, 1, Some(PORTAL), Succeeded).await, "whoever lost it cannot end it");
    assert!(end_for(&*store, 1, Some("another"), InfraError).await);
    assert!(!take_over(&*store, &hold(1, "another", 31), "third", 99).await, "it is over");
    queue(&*store, &run(2)).await;
    assert!(!take_over(&*store, &hold(2, PORTAL, 15), "third", 99).await, "it waits");
    assert!(!take_over(&*store, &hold(9, PORTAL, 15), "third", 99).await);
}

/// Either the hold was kept in time, or it is lost: never both.
pub async fn a_hold_is_kept_or_lost(store: Arc<dyn Store>) {
    for number in 1..=20 {
        let holder = format!("portal-{number}");
        start(&*store, &run(number), &holder, 10).await;
        let keeping = {
            let (store, holder) = (Arc::clone(&store), holder.clone());
            tokio::spawn(async move { store.keep_hold(&holder, at(99)).await.unwrap() })
        };
        let taking = {
            let store = Arc::clone(&store);
            let seen = hold(number, &holder, 10);
            tokio::spawn(async move { take_over(&*store, &seen, "another", 20).await })
        };
        keeping.await.unwrap();
        let taken = taking.await.unwrap();
        assert_eq!(end_for(&*store, number, Some("another"), InfraError).await, taken);
        assert_eq!(end_for(&*store, number, Some(&holder), Succeeded).await, !taken);
    }
}

pub async fn a_run_that_is_given_up_is_whoever_comes_firsts(store: Arc<dyn Store>) {
    for number in [1, 2] {
        start(&*store, &run(number), PORTAL, 15).await;
    }
    assert!(store.get_under_way(&run_id(1), PORTAL, "x").await.unwrap());
    for stranger in ["another", ""] {
        assert!(!store.give_up_run(&run_id(1), stranger).await.unwrap(), "{stranger:?}");
    }
    assert!(store.give_up_run(&run_id(1), PORTAL).await.unwrap());
    assert!(!store.give_up_run(&run_id(1), PORTAL).await.unwrap(), "it is not theirs any more");
    keep(&*store, PORTAL, 30).await;
    let holds = store.holds().await.unwrap();
    let (given_up, kept): (Vec<&Hold>, _) = holds.iter().partition(|hold| hold.is_given_up());
    assert_eq!((given_up.len(), kept), (1, vec![&hold(2, PORTAL, 30)]), "it is kept no longer");
    assert_eq!((given_up[0].run.clone(), stored(&*store, 1).await.state), (run_id(1), Running));
    for stranger in [Some(PORTAL), None] {
        assert!(!end_for(&*store, 1, stranger, Succeeded).await, "{stranger:?}");
    }
    assert!(store.ask_to_cancel(&run_id(1)).await.unwrap(), "whoever comes will hear it");
    assert!(take_over(&*store, given_up[0], "another", 31).await);
    assert!(!take_over(&*store, given_up[0], "third", 31).await, "somebody was faster");
    assert_eq!(keep(&*store, "another", 40).await, [run_id(1)]);
    assert!(end_for(&*store, 1, Some("another"), Cancelled).await);
    assert!(!store.give_up_run(&run_id(1), "another").await.unwrap(), "it is over");
    queue(&*store, &run(3)).await;
    assert!(!store.give_up_run(&run_id(3), PORTAL).await.unwrap(), "it waits");
}

pub async fn an_end_is_final_and_all_of_it_is_kept(store: Arc<dyn Store>) {
    for (number, ending) in (1..).zip(Ending::ALL) {
        start(&*store, &run(number), PORTAL, 9).await;
        let end = end(ending, 50);
        assert!(store.end_run(&run_id(number), Some(PORTAL), &end).await.unwrap());
        let ended = StoredRun {
            state: Ended(ending),
            ended_at: Some(at(50)),
            summary: Some(end.summary.clone()),
            ..run(number)
        };
        for holder in [Some(PORTAL), None] {
            let later = RunEnd { at: at(60), state: Ended(Failed), timing: None, ..end.clone() };
            assert!(!store.end_run(&run_id(number), holder, &later).await.unwrap());
        }
        assert!(!store.get_under_way(&run_id(number), PORTAL, "x").await.unwrap());
        assert!(!store.ask_to_cancel(&run_id(number)).await.unwrap());
        assert_eq!(stored(&*store, number).await, ended);
    }
    assert_eq!(keep(&*store, PORTAL, 99).await, []);
}

pub async fn an_end_comes_from_whoever_holds_the_run(store: Arc<dyn Store>) {
    start(&*store, &run(1), PORTAL, 9).await;
    for stranger in [None, Some("another"), Some("")] {
        assert!(!end_for(&*store, 1, stranger, Cancelled).await, "{stranger:?}");
    }
    queue(&*store, &run(2)).await;
    assert!(!end_for(&*store, 2, Some(PORTAL), Cancelled).await, "nobody holds it");
    assert!(end_for(&*store, 2, None, Cancelled).await);
    assert!(!end_for(&*store, 9, None, Cancelled).await);
    for unended in [Queued, Starting, Running] {
        let no_end = RunEnd { state: unended, ..end(Failed, 5) };
        assert!(!store.end_run(&run_id(1), Some(PORTAL), &no_end).await.unwrap(), "{unended:?}");
    }
    assert_eq!(stored(&*store, 1).await.state, Starting);
}

pub async fn a_run_may_end_before_any_step(store: Arc<dyn Store>) {
    queue(&*store, &run(1)).await;
    assert!(store.end_run(&run_id(1), None, &RunEnd { timing: None, ..end(Cancelled, 5) }).await.unwrap());
    finish(&*store, &run(2), 7).await;
    let all = RunFilter { limit: 9, ..RunFilter::default() };
    let timings = store.list_runs(&all).await.unwrap().into_iter().map(|run| run.timing);
    assert_eq!(timings.collect::<Vec<_>>(), [Some(timing(7)), None]);
}

pub async fn whoever_holds_a_run_hears_that_it_is_to_be_cancelled(store: Arc<dyn Store>) {
    queue(&*store, &run(1)).await;
    assert!(!store.ask_to_cancel(&run_id(1)).await.unwrap(), "it waits");
    assert!(!store.ask_to_cancel(&run_id(9)).await.unwrap());
    store.take_run(&run_id(1), PORTAL, at(9)).await.unwrap().unwrap();
    start(&*store, &run(2), PORTAL, 9).await;
    start(&*store, &run(3), "another", 9).await;
    for number in [1, 1, 3] {
        assert!(store.ask_to_cancel(&run_id(number)).await.unwrap());
    }
    assert_eq!(keep(&*store, PORTAL, 20).await, [run_id(1)]);
    assert_eq!(keep(&*store, PORTAL, 20).await, [run_id(1)], "until it is over");
    assert_eq!(store.asked_to_cancel(PORTAL).await.unwrap(), [run_id(1)], "also to who only asks");
    assert_eq!(store.asked_to_cancel("nobody").await.unwrap(), []);
    assert_eq!(store.asked_to_cancel(PORTAL).await.unwrap(), [run_id(1)], "also without keeping the hold");
    assert_eq!(store.asked_to_cancel("nobody").await.unwrap(), []);
    assert_eq!(keep(&*store, "another", 20).await, [run_id(3)]);
    assert!(take_over(&*store, &hold(3, "another", 20), PORTAL, 21).await);
    assert_eq!(keep(&*store, PORTAL, 40).await, [run_id(1), run_id(3)], "also by whoever took it over");
    assert!(end_for(&*store, 1, Some(PORTAL), Cancelled).await);
    assert_eq!(keep(&*store, PORTAL, 40).await, [run_id(3)]);
    assert_eq!(store.asked_to_cancel(PORTAL).await.unwrap(), [run_id(3)]);
}

/// Whatever is wished of a run at once, it has one end, and after it nobody is asked to cancel it.
pub async fn a_run_has_one_end(store: Arc<dyn Store>) {
    for number in 1..=20 {
        start(&*store, &run(number), PORTAL, 9).await;
        let together = Arc::new(Barrier::new(3));
        let mut ending = JoinSet::new();
        for wish in [Succeeded, Failed] {
            let (store, together) = (Arc::clone(&store), Arc::clone(&together));
            ending.spawn(async move {
                together.wait().await;
                end_for(&*store, number, Some(PORTAL), wish).await.then_some(wish)
            });
        }
        together.wait().await;
        store.ask_to_cancel(&run_id(number)).await.unwrap();
        let ends: Vec<Ending> = ending.join_all().await.into_iter().flatten().collect();
        assert_eq!(ends.len(), 1);
        let ended = stored(&*store, number).await;
        assert_eq!((ended.state, ended.summary), (Ended(ends[0]), Some(end(ends[0], 50).summary)));
        assert_eq!(keep(&*store, PORTAL, 20).await, []);
        assert!(!store.ask_to_cancel(&run_id(number)).await.unwrap());
    }
}

/// Somebody cancels a run that waits at the moment at which it is taken: it is cancelled, or it is under way.
pub async fn a_waiting_run_is_cancelled_or_taken(store: Arc<dyn Store>) {
    for number in 1..=20 {
        queue(&*store, &run(number)).await;
        let together = Arc::new(Barrier::new(2));
        let taking = {
            let (store, together) = (Arc::clone(&store), Arc::clone(&together));
            tokio::spawn(async move {
                together.wait().await;
                store.take_run(&run_id(number), PORTAL, at(9)).await.unwrap().is_some()
            })
        };
        together.wait().await;
        let cancelled = end_for(&*store, number, None, Cancelled).await;
        assert_ne!(taking.await.unwrap(), cancelled);
        let expected: RunState = if cancelled { Ended(Cancelled) } else { Starting };
        assert_eq!(stored(&*store, number).await.state, expected);
    }
}
