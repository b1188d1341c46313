//! Sample runs, and the ways they usually go.

use std::collections::BTreeMap;

use jiff::Timestamp;
use regatta_domain::ids::RunId;
use regatta_domain::pipeline::{
    Accepts, Cell, Condition, Dialect, Exchange, Job, JobLimits, Manner, Need, Needs, Note, NoteKind,
    Operator, Parameter, ParameterKind, Piece, Pipeline, Stage, Step, Template,
};
use regatta_domain::run::{
    Ending, ImageState, IsolationLevel, JobState, Milestone, Placement, RunEvent, RunFact, RunState,
    RunTiming, RunView, Stream,
};
use regatta_store::Store;
use regatta_store::records::AuditEntry;
use regatta_store::runs::{Admission, RunEnd, RunFilter, RunQuota, StoredRun};

use crate::fixtures::{at, bytes};

/// The process of most tests.
pub const PORTAL: &str = "portal-1";

/// A quota that refuses nothing.
pub const ROOM: RunQuota = RunQuota {
    waiting: 10_000,
    unended_per_visitor: 10_000,
    recent_per_visitor: 10_000,
    since: Timestamp::UNIX_EPOCH,
};

pub fn run_id(number: i64) -> RunId {
    RunId::from_bytes(bytes(number))
}

/// A run that somebody asked for `number` seconds after the beginning.
pub fn run(number: i64) -> StoredRun {
    let pipeline = pipeline();
    let given = BTreeMap::from([("who".to_owned(), "周帆 \"quoted\" \\".to_owned())]);
    StoredRun {
        id: run_id(number),
        demo: Some("hello".parse().unwrap()),
        edited: false,
        hidden: false,
        title: format!("Run {number}"),
        dialect: Dialect::Tekton,
        source: "jobs: {}\n".into(),
        arguments: pipeline.arguments(&given).unwrap(),
        pipeline,
        isolation: None,
        visitor: "somebody".into(),
        state: RunState::Queued,
        accepted_at: at(number),
        ended_at: None,
        summary: None,
        log_deleted: false,
    }
}

/// A pipeline in which nothing is left unsaid.
fn pipeline() -> Pipeline {
    let kind = ParameterKind::Choice(vec!["周帆 \"quoted\" \\".into(), "Ada".into()]);
    let who = Parameter { name: "who".into(), description: Some("Whom?".into()), kind, default: None };
    let note = Note { line: Some(3), kind: NoteKind::Simulated, text: "left out".into() };
    let stage = Stage { name: "all".into(), description: None, jobs: vec![0, 1] };
    Pipeline {
        parameters: vec![who],
        jobs: vec![first_job(), second_job()],
        stages: vec![stage],
        notes: vec![note],
    }
}

fn first_job() -> Job {
    let greet =
        Step { manner: Manner::Program, timeout_ms: Some(5_000), ..Step::new("greet", "echo \"hello\"\n") };
    let mut job = Job::new("greet", "shell", vec![greet, Step::new("clean", "rm x").always()]);
    job.environment = BTreeMap::from([("WHO".to_owned(), Template::parameter("who"))]);
    job.limits = JobLimits { time_ms: Some(1), memory_bytes: Some(1 << 40) };
    job.exchange = Exchange {
        results: vec!["size".into()],
        metadata: true,
        gives_workspace: true,
        ..Exchange::default()
    };
    job.cell = Some(Cell { of: "greet".into(), values: vec![("os".into(), "none".into())] });
    job
}

fn second_job() -> Job {
    let output = Template(vec![Piece::Text("<".into()), Piece::Output { job: 0, name: "size".into() }]);
    let condition = Condition {
        input: Template(vec![Piece::Status { job: 0 }]),
        operator: Operator::NotIn,
        values: vec![output],
    };
    let need = Need { job: 0, accepts: Accepts::SuccessOrLeftOut };
    let mut job =
        Job::new("end", "shell", vec![Step { directory: Some("/tmp".into()), ..Step::new("say", "true") }]);
    job.needs = Needs { all: vec![need], any: vec![Need::end(0)] };
    job.conditions = vec![condition];
    job.exchange.takes_workspace_of = vec![0];
    job
}

/// The event number `seq` of a log: a printed line.
pub fn line(seq: u64) -> RunEvent {
    let (stream, text) = (Stream::Out, format!("line {seq}"));
    RunEvent { seq, at_ms: seq * 10, what: RunFact::Line { job: 0, step: 0, stream, text, spans: vec![] } }
}

/// These lines of a log.
pub fn lines(seqs: std::ops::RangeInclusive<u64>) -> Vec<RunEvent> {
    seqs.map(line).collect()
}

/// An end at `seconds`, after some time.
pub fn end(ending: Ending, seconds: i64) -> RunEnd {
    RunEnd {
        state: RunState::Ended(ending),
        at: at(seconds),
        summary: summary(ending),
        timing: Some(timing(u64::try_from(seconds).unwrap())),
    }
}

/// What a log that ends so tells, without its lines.
fn summary(ending: Ending) -> RunView {
    let placement = Placement {
        executor: "gvisor".into(),
        level: IsolationLevel::ApplicationKernel,
        reason: "preferred".into(),
        image: None,
        image_state: ImageState::Cached,
    };
    let (stream, text) = (Stream::Err, "gone".to_owned());
    let facts = [
        RunFact::Placed { job: 0, placement, attempt: 0, outlives: false },
        RunFact::StepStarted { job: 0, step: 0 },
        RunFact::Line { job: 0, step: 0, stream, text, spans: vec![] },
        RunFact::Output { job: 0, name: "size".into(), value: "\u{0}7".into(), exact: None },
        RunFact::Job { job: 1, state: JobState::Skipped, reason: Some("no need".into()) },
        RunFact::Run { state: RunState::Ended(ending), reason: Some("over".into()) },
    ];
    let mut view = RunView::queued(&pipeline().plan());
    for (seq, what) in (1..).zip(facts) {
        view.apply(&RunEvent { seq, at_ms: seq * 3, what });
    }
    view.keep_last_lines(0);
    view
}

/// How long a run took that took `seconds`.
pub fn timing(seconds: u64) -> RunTiming {
    RunTiming {
        executor: "gvisor".into(),
        level: IsolationLevel::ApplicationKernel,
        image_state: ImageState::Fetched,
        queued_ms: seconds,
        setup_ms: seconds * 2,
        total_ms: seconds * 1_000,
        phases: vec![(Milestone::SandboxStarted, seconds), (Milestone::RunnerReady, 0)],
    }
}

/// Stores a run.
pub async fn queue(store: &dyn Store, run: &StoredRun) {
    assert_eq!(store.add_run(run, &ROOM).await.unwrap(), Admission::Accepted);
}

/// Stores a run and takes it for `holder` until `until` seconds.
pub async fn start(store: &dyn Store, run: &StoredRun, holder: &str, until: i64) {
    queue(store, run).await;
    assert!(store.take_run(&run.id, holder, at(until)).await.unwrap().is_some());
}

/// Stores a run and leads it to its success at `ended` seconds.
pub async fn finish(store: &dyn Store, run: &StoredRun, ended: i64) {
    queue(store, run).await;
    assert!(store.end_run(&run.id, None, &end(Ending::Succeeded, ended)).await.unwrap());
}

/// The run as it is stored.
pub async fn stored(store: &dyn Store, number: i64) -> StoredRun {
    store.run(&run_id(number)).await.unwrap().unwrap()
}

/// The runs that pass `filter`, by their numbers.
pub async fn listed(store: &dyn Store, filter: &RunFilter) -> Vec<i64> {
    let number = |id: &RunId| i64::try_from(i128::from_be_bytes(id.to_bytes())).unwrap();
    store.list_runs(filter).await.unwrap().iter().map(|run| number(&run.id)).collect()
}

/// Something that an operator does to `subject`.
pub fn deed(subject: &str) -> AuditEntry {
    AuditEntry {
        at: at(1),
        actor: "eve".into(),
        action: "hide".into(),
        subject: subject.into(),
        reason: "spam".into(),
        detail: String::new(),
    }
}
