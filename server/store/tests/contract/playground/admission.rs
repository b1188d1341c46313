//! New runs: who may ask for one, and whose turn it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use regatta_domain::run::{Ending, LineUp, Waiting};
use regatta_store::Store;
use regatta_store::runs::Admission::{self, Accepted, QueueFull, TooManyRecent, TooManyUnended};
use regatta_store::runs::{RunQuota, StoredRun};
use tokio::task::JoinSet;

use super::samples::{ROOM, end, finish, queue, run, run_id, start, stored};
use crate::fixtures::at;

/// A run of `visitor`.
fn run_of(number: i64, visitor: &str) -> StoredRun {
    StoredRun { visitor: visitor.into(), ..run(number) }
}

async fn ask(store: &dyn Store, number: i64, quota: RunQuota) -> Admission {
    store.add_run(&run(number), &quota).await.unwrap()
}

pub async fn keeps_a_run_as_it_was(store: Arc<dyn Store>) {
    let own = StoredRun { demo: None, edited: true, title: "O'Neil \"☂\"".into(), ..run(2) };
    for kept in [run(1), own] {
        queue(&*store, &kept).await;
        assert_eq!(store.run(&kept.id).await.unwrap(), Some(kept));
    }
    assert_eq!(store.run(&run_id(9)).await.unwrap(), None);
}

pub async fn a_run_is_added_once(store: Arc<dyn Store>) {
    queue(&*store, &run(1)).await;
    let again = StoredRun { title: "Another".into(), ..run(1) };
    assert!(store.add_run(&again, &ROOM).await.is_err());
    assert_eq!(stored(&*store, 1).await, run(1));
}

pub async fn a_full_queue_takes_no_more(store: Arc<dyn Store>) {
    let quota = RunQuota { waiting: 2, ..ROOM };
    assert_eq!(ask(&*store, 1, quota).await, Accepted);
    assert_eq!(ask(&*store, 2, quota).await, Accepted);
    assert_eq!(ask(&*store, 3, quota).await, QueueFull);
    assert_eq!(store.run(&run_id(3)).await.unwrap(), None, "what is refused is not stored");
    store.take_run(&run_id(1), "portal", at(9)).await.unwrap().unwrap();
    assert_eq!(ask(&*store, 3, quota).await, Accepted, "what is under way does not wait");
    assert_eq!(ask(&*store, 4, RunQuota { waiting: 0, ..ROOM }).await, QueueFull);
}

pub async fn a_visitor_has_so_many_at_a_time(store: Arc<dyn Store>) {
    let quota = RunQuota { unended_per_visitor: 2, ..ROOM };
    start(&*store, &run(1), "portal", 9).await;
    queue(&*store, &run(2)).await;
    queue(&*store, &run_of(3, "somebody else")).await;
    assert_eq!(ask(&*store, 4, quota).await, TooManyUnended);
    assert_eq!(store.add_run(&run_of(5, "a third"), &quota).await.unwrap(), Accepted);
    assert!(store.end_run(&run_id(1), Some("portal"), &end(Ending::Failed, 5)).await.unwrap());
    assert_eq!(ask(&*store, 4, quota).await, Accepted);
}

pub async fn a_visitor_has_so_many_in_a_while(store: Arc<dyn Store>) {
    for number in 1..=3 {
        finish(&*store, &run(number), 10).await;
    }
    queue(&*store, &run_of(4, "somebody else")).await;
    let since = |seconds| RunQuota { recent_per_visitor: 2, since: at(seconds), ..ROOM };
    assert_eq!(ask(&*store, 5, since(1)).await, TooManyRecent { oldest: at(1) });
    assert_eq!(ask(&*store, 5, since(2)).await, TooManyRecent { oldest: at(2) }, "the first of them counts");
    assert_eq!(ask(&*store, 5, since(3)).await, Accepted);
    let never = RunQuota { recent_per_visitor: 0, since: at(90), ..ROOM };
    assert_eq!(ask(&*store, 6, never).await, TooManyRecent { oldest: at(6) });
}

pub async fn a_visitors_own_limits_are_told_first(store: Arc<dyn Store>) {
    queue(&*store, &run(1)).await;
    let all = RunQuota { waiting: 1, unended_per_visitor: 1, recent_per_visitor: 1, since: at(0) };
    assert_eq!(ask(&*store, 2, all).await, TooManyUnended);
    assert_eq!(
        ask(&*store, 2, RunQuota { unended_per_visitor: 2, ..all }).await,
        TooManyRecent { oldest: at(1) }
    );
    assert_eq!(store.add_run(&run_of(2, "somebody else"), &all).await.unwrap(), QueueFull);
}

/// Thirty-two ask at the same time where one more is admitted.
async fn race_for_one_place(
    store: &Arc<dyn Store>,
    quota: RunQuota,
    visitor: impl Fn(i64) -> String,
) -> Vec<Admission> {
    let mut asking = JoinSet::new();
    for number in 100..132 {
        let (store, run) = (Arc::clone(store), run_of(number, &visitor(number)));
        asking.spawn(async move { store.add_run(&run, &quota).await.unwrap() });
    }
    let mut answers = asking.join_all().await;
    answers.retain(|answer| *answer != Accepted);
    answers
}

pub async fn of_many_who_want_the_last_place_one_gets_it(store: Arc<dyn Store>) {
    queue(&*store, &run(1)).await;
    let refused =
        race_for_one_place(&store, RunQuota { waiting: 2, ..ROOM }, |number| number.to_string()).await;
    assert_eq!(refused, [QueueFull; 31]);
    assert_eq!(store.line_up().await.unwrap().waiting.len(), 2);
}

pub async fn a_visitor_in_haste_gets_no_more_than_others(store: Arc<dyn Store>) {
    queue(&*store, &run(1)).await;
    let unended = RunQuota { unended_per_visitor: 2, ..ROOM };
    assert_eq!(race_for_one_place(&store, unended, |_| "somebody".into()).await, [TooManyUnended; 31]);
    queue(&*store, &run_of(2, "another")).await;
    let recent = RunQuota { recent_per_visitor: 2, ..ROOM };
    let mut asking = JoinSet::new();
    for number in 200..232 {
        let store = Arc::clone(&store);
        asking.spawn(async move { store.add_run(&run_of(number, "another"), &recent).await.unwrap() });
    }
    let answers = asking.join_all().await;
    let refused = TooManyRecent { oldest: at(2) };
    assert_eq!(answers.iter().filter(|answer| **answer == refused).count(), 31, "{answers:?}");
}

pub async fn the_line_is_oldest_first_and_knows_who_has_what_under_way(store: Arc<dyn Store>) {
    assert_eq!(store.line_up().await.unwrap(), LineUp::default());
    for number in [3, 1, 4, 2, 5] {
        queue(&*store, &run_of(number, if number % 2 == 0 { "even" } else { "odd" })).await;
    }
    start(&*store, &run_of(6, "even"), "one", 9).await;
    start(&*store, &run_of(7, "even"), "other", 0).await;
    assert!(store.get_under_way(&run_id(6), "one", "process").await.unwrap());
    start(&*store, &run_of(8, "odd"), "one", 9).await;
    finish(&*store, &run_of(9, "odd"), 9).await;
    let waiting = [(1, "odd"), (2, "even"), (3, "odd"), (4, "even"), (5, "odd")]
        .map(|(number, visitor)| Waiting { id: run_id(number), visitor: visitor.into() });
    let under_way = BTreeMap::from([("even".to_owned(), 2), ("odd".to_owned(), 1)]);
    assert_eq!(store.line_up().await.unwrap(), LineUp { waiting: waiting.into(), under_way });
}

/// While runs are taken one by one, whoever reads the line sees each of them once: waiting or under way.
pub async fn the_line_is_one_moment(store: Arc<dyn Store>) {
    for number in 1..=40 {
        queue(&*store, &run(number)).await;
    }
    let taking = {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            for number in 1..=40 {
                store.take_run(&run_id(number), "portal", at(99)).await.unwrap().unwrap();
            }
        })
    };
    let mut reads = 0;
    while reads == 0 || !taking.is_finished() {
        let line = store.line_up().await.unwrap();
        assert_eq!(line.waiting.len() + line.under_way.values().sum::<usize>(), 40);
        reads += 1;
    }
    taking.await.unwrap();
}
