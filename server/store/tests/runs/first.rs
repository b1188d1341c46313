//! Runs as the first version of the program wrote them, in SQL that both engines understand, and how they read now.

use jiff::Timestamp;
use regatta_domain::ids::RunId;
use regatta_domain::pipeline::{Arguments, Dialect, Job, Needs, Note, NoteKind, Pipeline, Step};
use regatta_domain::run::{Ending, RunEvent, RunFact, RunState, RunView, Stream};
use regatta_store::Store;
use regatta_store::runs::{Hold, RunEnd, RunFilter, StoredRun};

const ENDED: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaa";
const STARTING: &str = "baaaaaaaaaaaaaaaaaaaaaaaaa";
const RUNNING: &str = "caaaaaaaaaaaaaaaaaaaaaaaaa";
const QUEUED: &str = "daaaaaaaaaaaaaaaaaaaaaaaaa";

/// A run in each kind of state, and the log of the one that ended.
pub const FILL: [&str; 2] = [
    r#"insert into runs
       select 'aaaaaaaaaaaaaaaaaaaaaaaaaa', 'hello', 1 = 0, 'Ended', 'jobs: {}',
              '{"jobs":[{"name":"build","needs":{"all":[],"any":[]},"image":"shell","environment":{"GREETING":"ahoy 周"},
                         "steps":[{"name":"make","script":"make\n","always":false}]},
                        {"name":"ship","needs":{"all":[0],"any":[]},"image":"shell","environment":{},
                         "steps":[{"name":"clean","script":"rm x","always":true}]}],
                "notes":[{"line":3,"text":"left out"}]}',
              'bubblewrap', 'x', 'succeeded', 1, 9
       union all select 'baaaaaaaaaaaaaaaaaaaaaaaaa', null, 1 = 1, 'Starting', '', '{"jobs":[],"notes":[]}', null, 'x',
                        'starting', 2, null
       union all select 'caaaaaaaaaaaaaaaaaaaaaaaaa', null, 1 = 1, 'Running', '', '{"jobs":[],"notes":[]}', 'x', 'x',
                        'running', 3, null
       union all select 'daaaaaaaaaaaaaaaaaaaaaaaaa', null, 1 = 1, 'Queued', '', '{"jobs":[],"notes":[]}', null, 'x',
                        'queued', 4, null"#,
    r#"insert into run_events
       values ('aaaaaaaaaaaaaaaaaaaaaaaaaa', 1, 2, '{"kind":"line","job":0,"step":0,"stream":"out","text":"ahoy"}'),
              ('aaaaaaaaaaaaaaaaaaaaaaaaaa', 2, 3, '{"kind":"step_ended","job":0,"step":0,"exit":0,"took_ms":1}'),
              ('aaaaaaaaaaaaaaaaaaaaaaaaaa', 3, 4, '{"kind":"run","state":{"ended":"succeeded"},"reason":null}')"#,
];

fn id(text: &str) -> RunId {
    text.parse().unwrap()
}

fn moment(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap()
}

fn ended() -> StoredRun {
    let mut build = Job::new("build", "shell", vec![Step::new("make", "make\n")]);
    build.environment = [("GREETING".to_owned(), "ahoy 周".into())].into();
    let mut ship = Job::new("ship", "shell", vec![Step::new("clean", "rm x").always()]);
    ship.needs = Needs::successes(&[0], &[]);
    let note = Note { line: Some(3), kind: NoteKind::Ignored, text: "left out".into() };
    StoredRun {
        id: id(ENDED),
        demo: Some("hello".parse().unwrap()),
        edited: false,
        hidden: false,
        title: "Ended".into(),
        dialect: Dialect::Screwdriver,
        source: "jobs: {}".into(),
        arguments: Arguments::default(),
        pipeline: Pipeline { jobs: vec![build, ship], notes: vec![note], ..Pipeline::default() },
        isolation: Some("bubblewrap".into()),
        visitor: "x".into(),
        state: RunState::Ended(Ending::Succeeded),
        accepted_at: moment(1),
        ended_at: Some(moment(9)),
        summary: None,
        log_deleted: false,
    }
}

fn log() -> [RunEvent; 3] {
    let line = RunFact::Line { job: 0, step: 0, stream: Stream::Out, text: "ahoy".into(), spans: vec![] };
    let step = RunFact::StepEnded { job: 0, step: 0, exit: 0, took_ms: 1, usage: None };
    let end = RunFact::Run { state: RunState::Ended(Ending::Succeeded), reason: None };
    [(1, line), (2, step), (3, end)].map(|(seq, what)| RunEvent { seq, at_ms: seq + 1, what })
}

/// Runs that ended open as they were; one that waits has its turn; nobody is at those that were under way.
pub async fn are_all_there(store: &dyn Store) {
    assert_eq!(store.run(&id(ENDED)).await.unwrap(), Some(ended()));
    assert_eq!(store.events_after(&id(ENDED), 0, 9).await.unwrap(), log());
    let shown = store.list_runs(&RunFilter { public: true, limit: 9, ..RunFilter::default() }).await.unwrap();
    assert_eq!(shown.into_iter().map(|run| (run.id, run.timing)).collect::<Vec<_>>(), [(id(ENDED), None)]);
    let line = store.line_up().await.unwrap();
    assert_eq!((line.waiting[0].id.clone(), line.under_way["x"]), (id(QUEUED), 2));
    assert!(store.take_run(&id(QUEUED), "portal", moment(90)).await.unwrap().is_some());
    let held = store.holds().await.unwrap();
    let mut left: Vec<&Hold> = held.iter().filter(|hold| hold.run != id(QUEUED)).collect();
    left.sort_by_key(|hold| hold.run != id(STARTING));
    assert_eq!(left.iter().map(|hold| hold.run.as_str()).collect::<Vec<_>>(), [STARTING, RUNNING]);
    for hold in left {
        assert!(store.take_over_run(hold, "portal", moment(90)).await.unwrap());
        let run = store.run(&hold.run).await.unwrap().unwrap();
        let summary = RunView::queued(&run.pipeline.plan());
        let end =
            RunEnd { state: RunState::Ended(Ending::InfraError), at: moment(20), summary, timing: None };
        assert!(store.end_run(&run.id, Some("portal"), &end).await.unwrap());
    }
    assert_eq!(store.delete_logs_before(moment(10)).await.unwrap(), 1);
    assert_eq!(store.last_event(&id(ENDED)).await.unwrap(), 0);
}
