//! Runs as the version of the program wrote them that knew no clusters, in SQL that both engines understand, and how they
//! read now.

use jiff::Timestamp;
use regatta_domain::ids::RunId;
use regatta_domain::run::{
    Ending, ImageState, IsolationLevel, RunEvent, RunFact, RunState, RunTiming, RunView, Stream,
};
use regatta_store::Store;
use regatta_store::runs::{Hold, RunEnd, RunFilter};

/// The first letter of a run's identity, and the state it was in.
const STATES: [(char, RunState); 12] = [
    ('a', RunState::Queued),
    ('b', RunState::Starting),
    ('c', RunState::Running),
    ('d', RunState::Ended(Ending::Succeeded)),
    ('e', RunState::Ended(Ending::Failed)),
    ('f', RunState::Ended(Ending::TimedOut)),
    ('g', RunState::Ended(Ending::OutOfMemory)),
    ('h', RunState::Ended(Ending::OutputLimit)),
    ('i', RunState::Ended(Ending::DiskLimit)),
    ('j', RunState::Ended(Ending::ProcessLimit)),
    ('k', RunState::Ended(Ending::Cancelled)),
    ('l', RunState::Ended(Ending::InfraError)),
];

/// A run in each state; those that ended with a summary and a timing, two with a log.
pub const FILL: [&str; 5] = [
    "insert into runs
         (id, demo, edited, hidden, title, dialect, source, arguments, pipeline, isolation, visitor, state, accepted_at,
          ended_at, summary, log_deleted, holder, held_until, cancel_asked, executor, level, image_state, queued_ms,
          setup_ms, total_ms)
     values ('aaaaaaaaaaaaaaaaaaaaaaaaaa', 'hello', false, false, 'Waits 周', 'tekton', 'jobs:', '{\"who\":\"周\"}', '{\"jobs\":[],\"notes\":[]}',
             null, 'v', 'queued', 1, null, null, false, null, null, false, null, null, null, null, null, null),
            ('baaaaaaaaaaaaaaaaaaaaaaaaa', null, true, false, 'Starts', 'screwdriver', 'jobs:', '{}', '{\"jobs\":[],\"notes\":[]}',
             null, 'w', 'starting', 2, null, null, false, 'one', 70, false, null, null, null, null, null, null),
            ('caaaaaaaaaaaaaaaaaaaaaaaaa', null, true, true, 'Runs', 'screwdriver', 'jobs:', '{}', '{\"jobs\":[],\"notes\":[]}',
             'gvisor', 'w', 'running', 3, null, null, false, 'two', 80, true, null, null, null, null, null, null)",
    "insert into runs
         (id, demo, edited, hidden, title, dialect, source, arguments, pipeline, isolation, visitor, state, accepted_at,
          ended_at, summary, log_deleted, holder, held_until, cancel_asked, executor, level, image_state, queued_ms,
          setup_ms, total_ms)
     select id, 'hello', false, false, 'Over', 'tekton', 'jobs:', '{}', '{\"jobs\":[],\"notes\":[]}', 'gvisor', 'v', state, at, at + 50,
            '{\"state\":{\"ended\":\"' || state || '\"},\"reason\":\"why\",\"seq\":7,\"at_ms\":5,\"jobs\":[]}', false, null, null,
            false, 'gvisor', 'application_kernel', 'cached', 3, 4, 5
     from (select 'daaaaaaaaaaaaaaaaaaaaaaaaa' as id, 'succeeded' as state, 4 as at
           union all select 'eaaaaaaaaaaaaaaaaaaaaaaaaa', 'failed', 5
           union all select 'faaaaaaaaaaaaaaaaaaaaaaaaa', 'timed_out', 6
           union all select 'gaaaaaaaaaaaaaaaaaaaaaaaaa', 'out_of_memory', 7
           union all select 'haaaaaaaaaaaaaaaaaaaaaaaaa', 'output_limit', 8
           union all select 'iaaaaaaaaaaaaaaaaaaaaaaaaa', 'disk_limit', 9
           union all select 'jaaaaaaaaaaaaaaaaaaaaaaaaa', 'process_limit', 10
           union all select 'kaaaaaaaaaaaaaaaaaaaaaaaaa', 'cancelled', 11
           union all select 'laaaaaaaaaaaaaaaaaaaaaaaaa', 'infra_error', 12) ended",
    "insert into run_events
     values ('caaaaaaaaaaaaaaaaaaaaaaaaa', 1, 2, '{\"kind\":\"line\",\"job\":0,\"step\":0,\"stream\":\"out\",\"text\":\"ahoy 周\"}'),
            ('caaaaaaaaaaaaaaaaaaaaaaaaa', 2, 3, '{\"kind\":\"step_ended\",\"job\":0,\"step\":0,\"exit\":0,\"took_ms\":1}')",
    "insert into run_events
     values ('daaaaaaaaaaaaaaaaaaaaaaaaa', 1, 4, '{\"kind\":\"run\",\"state\":{\"ended\":\"succeeded\"},\"reason\":null}')",
    "update runs set log_deleted = true, visitor = '' where state = 'failed'",
];

fn id(first: char) -> RunId {
    format!("{first}{}", "a".repeat(25)).parse().unwrap()
}

fn moment(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap()
}

fn timing() -> RunTiming {
    RunTiming {
        executor: "gvisor".into(),
        level: IsolationLevel::ApplicationKernel,
        image_state: ImageState::Cached,
        queued_ms: 3,
        setup_ms: 4,
        total_ms: 5,
        phases: vec![],
    }
}

/// Every run reads as it was written, is held by whom it was, and can end in a way that was unknown then.
pub async fn are_all_there(store: &dyn Store) {
    for (accepted, (first, state)) in (1..).zip(STATES) {
        let run = store.run(&id(first)).await.unwrap().unwrap();
        assert_eq!((run.state, run.accepted_at), (state, moment(accepted)));
        assert_eq!(run.ended_at, state.is_final().then(|| moment(accepted + 50)));
        let left = run.summary.map(|summary| (summary.state, summary.seq, summary.reason));
        assert_eq!(left, state.is_final().then(|| (state, 7, Some("why".to_owned()))));
        assert_eq!(run.log_deleted, state == RunState::Ended(Ending::Failed));
    }
    let waits = store.run(&id('a')).await.unwrap().unwrap();
    assert_eq!((waits.title.as_str(), waits.visitor.as_str(), waits.edited), ("Waits 周", "v", false));
    assert_eq!(waits.arguments.iter().collect::<Vec<_>>(), [("who", "周")]);
    let shown =
        store.list_runs(&RunFilter { public: true, limit: 99, ..RunFilter::default() }).await.unwrap();
    assert_eq!(shown.len(), 9);
    assert!(shown.iter().all(|run| run.timing == Some(timing())));

    let held =
        |first, holder: &str, until| Hold { run: id(first), holder: holder.into(), until: moment(until) };
    assert_eq!(store.holds().await.unwrap(), [held('b', "one", 70), held('c', "two", 80)]);
    assert_eq!(store.asked_to_cancel("two").await.unwrap(), [id('c')]);

    let line = RunFact::Line { job: 0, step: 0, stream: Stream::Out, text: "ahoy 周".into(), spans: vec![] };
    let step = RunFact::StepEnded { job: 0, step: 0, exit: 0, took_ms: 1, usage: None };
    let log = [(1, line), (2, step)].map(|(seq, what)| RunEvent { seq, at_ms: seq + 1, what });
    assert_eq!(store.events_after(&id('c'), 0, 9).await.unwrap(), log);
    let last = RunFact::Run { state: RunState::Ended(Ending::Vanished), reason: None };
    store.append_events(&id('c'), &[RunEvent { seq: 3, at_ms: 9, what: last }]).await.unwrap();
    let summary = RunView::queued(&waits.pipeline.plan());
    let end = RunEnd { state: RunState::Ended(Ending::Vanished), at: moment(90), summary, timing: None };
    assert!(store.end_run(&id('c'), Some("two"), &end).await.unwrap());
    assert_eq!(store.run(&id('c')).await.unwrap().unwrap().state, end.state);
    assert_eq!(store.delete_logs_before(moment(60)).await.unwrap(), 5, "also the log of a run of then");
    assert_eq!(store.last_event(&id('d')).await.unwrap(), 0);
}
