//! Reading what a run told.

use crate::support::scripted::{Script, Scripted};
use crate::support::{Ground, job, of_jobs, soon};
use futures_util::StreamExt;
use regatta_domain::ids::RunId;
use regatta_domain::run::Ending;
use regatta_playground::LogScope;
use regatta_playground::executor::JobEvent;

fn numbered(lines: usize) -> String {
    let lines: Vec<String> = (0..lines).map(|number| format!("line {number}\n")).collect();
    lines.concat()
}

/// A run of two jobs, whose first step of the first prints lines 0 to `lines`.
async fn told(lines: usize) -> (Ground, RunId) {
    let ground = Ground::new().await;
    let numbers = numbered(lines);
    let long = Script::ending(Ending::Succeeded)
        .tell(JobEvent::StepStarted { step: 0 })
        .print(0, &numbers)
        .tell(JobEvent::StepEnded { step: 0, exit: 0, took: std::time::Duration::ZERO, usage: None })
        .steps(&[(1, 0)]);
    ground.ready(&Scripted::new([(0, long)]));
    let id = ground.submit(of_jobs(vec![job("build"), job("test")])).await;
    ground.story(&id).await;
    (ground, id)
}

#[tokio::test]
async fn a_page_holds_the_last_lines_and_knows_of_all() {
    let (ground, id) = told(2500).await;
    let (_, view) = ground.playground.view_with_last_lines(&id, 500).await.unwrap().unwrap();
    let step = &view.jobs[0].steps[0];
    assert_eq!((step.printed, step.lines.len()), (2500, 500));
    assert_eq!(step.lines[0].text, "line 2000");
    let (_, whole) = ground.playground.view(&id).await.unwrap().unwrap();
    assert_eq!(whole.jobs[0].steps[0].lines.len(), 2500);
}

#[tokio::test]
async fn lines_are_read_by_their_number() {
    let (ground, id) = told(2500).await;
    let some = ground.playground.lines(&id, 0, 0, 1200, 3).await.unwrap().unwrap();
    let texts: Vec<&str> = some.lines.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(texts, ["line 1200", "line 1201", "line 1202"]);
    assert_eq!((some.from, some.printed), (1200, 2500));
    let beyond = ground.playground.lines(&id, 0, 0, 9000, 3).await.unwrap().unwrap();
    assert_eq!((beyond.lines.len(), beyond.printed), (0, 2500));
    for (job, step) in [(0, 9), (9, 0), (usize::MAX, usize::MAX)] {
        assert_eq!(ground.playground.lines(&id, job, step, 0, 3).await.unwrap(), None);
    }
    let unknown = RunId::from_bytes([9; 16]);
    assert_eq!(ground.playground.lines(&unknown, 0, 0, 0, 3).await.unwrap(), None);
}

async fn raw(ground: &Ground, id: &RunId, scope: LogScope) -> String {
    let run = ground.stored(id).await;
    let pages: Vec<_> = soon(ground.playground.raw_log(&run, scope).collect()).await;
    pages.into_iter().map(Result::unwrap).collect()
}

#[tokio::test]
async fn a_raw_log_says_whose_its_lines_are_as_far_as_that_is_open() {
    let (ground, id) = told(2).await;
    let step = LogScope::Step { job: 0, step: 0 };
    assert_eq!(raw(&ground, &id, step).await, "line 0\nline 1\n");
    assert_eq!(raw(&ground, &id, LogScope::Job(0)).await, "one: line 0\none: line 1\ntwo: step 1\n");
    let all = raw(&ground, &id, LogScope::Run).await;
    for line in ["build/one: line 0\n", "build/two: step 1\n", "test/one: step 0\n"] {
        assert!(all.contains(line), "{all}");
    }
    assert_eq!(raw(&ground, &id, LogScope::Job(7)).await, "");
}

#[tokio::test]
async fn a_raw_log_of_many_pages_is_whole() {
    let (ground, id) = told(5000).await;
    let text = raw(&ground, &id, LogScope::Step { job: 0, step: 0 }).await;
    assert_eq!(text, numbered(5000));
}
