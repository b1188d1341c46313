//! Several portals on one database.

use std::sync::Arc;

use jiff::Timestamp;
use regatta_domain::ids::{RunId, ShareId};
use regatta_domain::pipeline::{Arguments, Dialect, Pipeline};
use regatta_domain::run::{Ending, RunState, RunView};
use regatta_store::Store;
use regatta_store::runs::{Admission, RunEnd, RunQuota, SharedText, StoredRun};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

fn moment(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn run(number: u8) -> StoredRun {
    StoredRun {
        id: RunId::from_bytes([number; 16]),
        demo: None,
        edited: true,
        hidden: false,
        title: String::new(),
        dialect: Dialect::Tekton,
        source: String::new(),
        arguments: Arguments::default(),
        pipeline: Pipeline::default(),
        isolation: None,
        visitor: "somebody".into(),
        state: RunState::Queued,
        accepted_at: moment(1),
        ended_at: None,
        summary: None,
        log_deleted: false,
    }
}

/// What eight attempts came to that the portals make at the same time, numbered from 1.
async fn race<T, F>(portals: &[Arc<dyn Store>], attempt: impl Fn(Arc<dyn Store>, u8) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let together = Arc::new(Barrier::new(8));
    let mut racing = JoinSet::new();
    for (number, portal) in (1..=8).zip(portals.iter().cycle()) {
        let (together, attempt) = (Arc::clone(&together), attempt(Arc::clone(portal), number));
        racing.spawn(async move {
            together.wait().await;
            attempt.await
        });
    }
    racing.join_all().await
}

/// The last place is given once, a run is taken once, a lapsed one is taken over once, and it has one end.
pub async fn share_the_line(portals: &[Arc<dyn Store>]) {
    let one = RunQuota { waiting: 1, unended_per_visitor: 9, recent_per_visitor: 9, since: moment(0) };
    let admit = move |portal: Arc<dyn Store>, number| async move {
        portal.add_run(&run(number), &one).await.unwrap()
    };
    let admissions = race(portals, admit).await;
    assert_eq!(admissions.iter().filter(|admission| **admission == Admission::Accepted).count(), 1);
    assert_eq!(admissions.iter().filter(|admission| **admission == Admission::QueueFull).count(), 7);
    let id = portals[0].line_up().await.unwrap().waiting[0].id.clone();

    let taken = race(portals, |portal, number| {
        let id = id.clone();
        async move { portal.take_run(&id, &number.to_string(), moment(10)).await.unwrap() }
    });
    assert_eq!(taken.await.into_iter().flatten().count(), 1);

    let holds = portals[0].holds().await.unwrap();
    let taken_over = race(portals, |portal, number| {
        let (hold, holder) = (holds[0].clone(), format!("heir {number}"));
        async move {
            let taken = portal.take_over_run(&hold, &holder, moment(20)).await.unwrap();
            taken.then_some(holder)
        }
    });
    let heirs: Vec<String> = taken_over.await.into_iter().flatten().collect();
    assert_eq!(heirs.len(), 1);

    let ended = race(portals, |portal, _| {
        let (id, heir) = (id.clone(), heirs[0].clone());
        async move { portal.end_run(&id, Some(&heir), &interrupted()).await.unwrap() }
    });
    assert_eq!(ended.await.into_iter().filter(|ended| *ended).count(), 1);
}

fn interrupted() -> RunEnd {
    let summary = RunView::queued(&Pipeline::default().plan());
    RunEnd { state: RunState::Ended(Ending::InfraError), at: moment(12), summary, timing: None }
}

/// A visitor shares no more than allowed, however many portals they ask.
pub async fn count_shared_texts_together(portals: &[Arc<dyn Store>]) {
    let shared = race(portals, |portal, number| async move {
        let text = SharedText {
            id: ShareId::from_bytes([number; 16]),
            demo: None,
            dialect: Dialect::Tekton,
            source: String::new(),
            visitor: "somebody".into(),
            shared_at: moment(1),
            hidden: false,
        };
        portal.share_text(&text, 3, moment(0)).await.unwrap()
    });
    assert_eq!(shared.await.into_iter().filter(|shared| *shared).count(), 3);
}
