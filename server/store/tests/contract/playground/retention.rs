//! What is deleted when its time is over, and what stays.

use std::sync::Arc;

use regatta_domain::run::Ending;
use regatta_store::Store;
use regatta_store::runs::{RunFilter, RunQuota, StoredRun};

use super::samples::{PORTAL, ROOM, end, line, lines, listed, run, run_id, start, stored};
use super::shares::{share_id, shared};
use crate::fixtures::at;

/// A run with three lines that ended at `ended` seconds.
async fn ended(store: &dyn Store, run: &StoredRun, ended: i64) {
    start(store, run, PORTAL, 9).await;
    store.append_events(&run.id, &lines(1..=3)).await.unwrap();
    assert!(store.end_run(&run.id, Some(PORTAL), &end(Ending::Failed, ended)).await.unwrap());
}

async fn log_length(store: &dyn Store, number: i64) -> usize {
    store.events_after(&run_id(number), 0, 99).await.unwrap().len()
}

pub async fn old_logs_go_and_summaries_stay(store: Arc<dyn Store>) {
    ended(&*store, &run(1), 10).await;
    ended(&*store, &StoredRun { demo: None, edited: true, ..run(2) }, 19).await;
    ended(&*store, &run(3), 20).await;
    start(&*store, &run(4), PORTAL, 9).await;
    store.append_events(&run_id(4), &[line(1)]).await.unwrap();
    let before = stored(&*store, 1).await;
    assert!(before.summary.is_some());
    assert_eq!(store.delete_logs_before(at(20)).await.unwrap(), 2);
    assert_eq!(store.delete_logs_before(at(20)).await.unwrap(), 0, "once");
    for (number, left) in [(1, 0), (2, 0), (3, 3), (4, 1)] {
        assert_eq!(log_length(&*store, number).await, left, "{number}");
        assert_eq!(stored(&*store, number).await.log_deleted, left == 0, "{number}");
    }
    assert_eq!(stored(&*store, 1).await, StoredRun { log_deleted: true, visitor: String::new(), ..before });
    assert_eq!(stored(&*store, 3).await.visitor, "somebody");
    let all = RunFilter { limit: 9, ..RunFilter::default() };
    assert_eq!(listed(&*store, &all).await, [4, 3, 2, 1]);
    assert!(store.list_runs(&all).await.unwrap()[3].timing.is_some(), "the showcase still counts it");
}

/// The digest of a network is kept for limits alone.
pub async fn who_asked_is_forgotten_with_the_log(store: Arc<dyn Store>) {
    for number in 1..=3 {
        ended(&*store, &run(number), 10).await;
        assert!(store.share_text(&shared(number), 9, at(0)).await.unwrap());
    }
    store.delete_logs_before(at(2)).await.unwrap();
    assert_eq!(store.shared_text(&share_id(1)).await.unwrap().unwrap().visitor, "");
    assert_eq!(store.shared_text(&share_id(2)).await.unwrap(), Some(shared(2)));
    store.delete_logs_before(at(11)).await.unwrap();
    let quota = RunQuota { recent_per_visitor: 1, ..ROOM };
    let admission = store.add_run(&run(4), &quota).await.unwrap();
    assert_eq!(admission, regatta_store::runs::Admission::Accepted, "nothing is counted of them any more");
}

pub async fn old_texts_of_visitors_go_with_all_that_is_kept_of_them(store: Arc<dyn Store>) {
    let edited = |number| StoredRun { edited: true, ..run(number) };
    ended(&*store, &edited(1), 10).await;
    ended(&*store, &edited(2), 20).await;
    ended(&*store, &run(3), 10).await;
    start(&*store, &edited(4), PORTAL, 9).await;
    for number in [5, 30] {
        assert!(store.share_text(&shared(number), 9, at(0)).await.unwrap());
    }
    assert_eq!(store.delete_edited_before(at(20)).await.unwrap(), 2, "a run and a text");
    assert_eq!(store.run(&run_id(1)).await.unwrap(), None);
    assert_eq!(log_length(&*store, 1).await, 0);
    assert_eq!(store.shared_text(&share_id(5)).await.unwrap(), None);
    for kept in [2, 3, 4] {
        stored(&*store, kept).await;
    }
    assert_eq!((log_length(&*store, 2).await, log_length(&*store, 3).await), (3, 3));
    assert_eq!(store.shared_text(&share_id(30)).await.unwrap(), Some(shared(30)));
    assert_eq!(store.delete_edited_before(at(20)).await.unwrap(), 0);
}

/// More than go at a time.
pub async fn however_much_is_old_all_of_it_goes(store: Arc<dyn Store>) {
    for number in 1..=70 {
        ended(&*store, &StoredRun { edited: true, ..run(number) }, number).await;
    }
    assert_eq!(store.delete_logs_before(at(70)).await.unwrap(), 69);
    assert_eq!((log_length(&*store, 69).await, log_length(&*store, 70).await), (0, 3));
    assert_eq!(store.delete_edited_before(at(99)).await.unwrap(), 70);
}
