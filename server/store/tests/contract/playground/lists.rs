//! Lists of runs: for the public, for the showcase, for operators.

use std::sync::Arc;

use regatta_domain::run::{Ending, RunState};
use regatta_store::Store;
use regatta_store::runs::{ListedRun, RunFilter, StoredRun};

use super::samples::{PORTAL, deed, end, finish, listed, queue, run, run_id, start, timing};
use crate::fixtures::at;

fn all() -> RunFilter {
    RunFilter { limit: 99, ..RunFilter::default() }
}

/// Runs of each kind, numbered in the order they were asked for: two of a demo, one of another, an edited one, one of no
/// demo, one that failed, one under way, one that waits.
async fn one_of_each(store: &dyn Store) {
    finish(store, &run(1), 90).await;
    finish(store, &run(2), 80).await;
    finish(store, &StoredRun { demo: Some("other".parse().unwrap()), ..run(3) }, 85).await;
    finish(store, &StoredRun { edited: true, ..run(4) }, 85).await;
    finish(store, &StoredRun { demo: None, edited: true, ..run(5) }, 85).await;
    start(store, &run(6), PORTAL, 9).await;
    assert!(store.end_run(&run_id(6), Some(PORTAL), &end(Ending::Failed, 95)).await.unwrap());
    start(store, &run(7), PORTAL, 9).await;
    queue(store, &run(8)).await;
}

pub async fn runs_are_listed_newest_first(store: Arc<dyn Store>) {
    assert_eq!(listed(&*store, &all()).await, [] as [i64; 0]);
    one_of_each(&*store).await;
    assert_eq!(listed(&*store, &all()).await, [8, 7, 6, 5, 4, 3, 2, 1]);
    assert_eq!(listed(&*store, &RunFilter { limit: 3, ..all() }).await, [8, 7, 6]);
    assert_eq!(listed(&*store, &RunFilter { limit: 0, ..all() }).await, [] as [i64; 0]);
}

pub async fn the_public_sees_ended_runs_of_demos(store: Arc<dyn Store>) {
    one_of_each(&*store).await;
    let public = RunFilter { public: true, ..all() };
    assert_eq!(listed(&*store, &public).await, [6, 3, 2, 1]);
    assert!(store.hide_run(&run_id(2), true, &deed("2")).await.unwrap());
    assert_eq!(listed(&*store, &public).await, [6, 3, 1]);
    assert_eq!(listed(&*store, &all()).await, [8, 7, 6, 5, 4, 3, 2, 1], "operators see everything");
    assert!(store.hide_run(&run_id(2), false, &deed("2")).await.unwrap());
    assert_eq!(listed(&*store, &public).await, [6, 3, 2, 1]);
}

pub async fn every_filter_narrows_the_list(store: Arc<dyn Store>) {
    one_of_each(&*store).await;
    let demo = Some("hello".parse().unwrap());
    let state = Some(RunState::Ended(Ending::Succeeded));
    let narrowed = async |filter: RunFilter| listed(&*store, &filter).await;
    assert_eq!(narrowed(RunFilter { demo: demo.clone(), ..all() }).await, [8, 7, 6, 4, 2, 1]);
    assert_eq!(narrowed(RunFilter { state, ..all() }).await, [5, 4, 3, 2, 1]);
    assert_eq!(narrowed(RunFilter { state: Some(RunState::Queued), ..all() }).await, [8]);
    assert_eq!(narrowed(RunFilter { state: Some(RunState::Starting), ..all() }).await, [7]);
    assert_eq!(narrowed(RunFilter { since: Some(at(6)), ..all() }).await, [8, 7, 6]);
    let everything = RunFilter { public: true, demo, state, since: Some(at(2)), limit: 99 };
    assert_eq!(narrowed(everything.clone()).await, [2]);
    assert_eq!(
        narrowed(RunFilter { since: None, limit: 1, ..everything }).await,
        [2],
        "the latest of a demo"
    );
}

pub async fn a_list_tells_all_but_the_texts(store: Arc<dyn Store>) {
    finish(&*store, &StoredRun { demo: None, edited: true, ..run(1) }, 9).await;
    queue(&*store, &run(2)).await;
    let waits = ListedRun {
        id: run_id(2),
        demo: Some("hello".parse().unwrap()),
        edited: false,
        hidden: false,
        title: "Run 2".into(),
        state: RunState::Queued,
        accepted_at: at(2),
        ended_at: None,
        timing: None,
    };
    let ended = ListedRun {
        id: run_id(1),
        demo: None,
        edited: true,
        title: "Run 1".into(),
        state: RunState::Ended(Ending::Succeeded),
        accepted_at: at(1),
        ended_at: Some(at(9)),
        timing: Some(timing(9)),
        ..waits.clone()
    };
    assert_eq!(store.list_runs(&all()).await.unwrap(), [waits, ended]);
}
