//! Reading a run and its log.

use std::sync::Arc;

use futures_util::stream::{self, BoxStream, StreamExt};
use regatta_domain::ids::RunId;
use regatta_domain::pipeline::Plan;
use regatta_domain::run::{LogLine, RunEvent, RunFact, RunView};
use regatta_store::StoreError;
use regatta_store::runs::{RunStore, StoredRun};

use crate::live::{self, Batch};
use crate::service::Playground;

/// How many events are read from the store at once.
const PAGE: u32 = 1000;

/// A part of the lines of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepLines {
    /// The lines.
    pub lines: Vec<LogLine>,
    /// The number of the first of them among the step's, from 0.
    pub from: usize,
    /// How many lines the step has printed so far.
    pub printed: usize,
}

/// What part of a log is wanted as plain text. Each line begins with what the scope leaves open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogScope {
    /// All of it: `build/compile: text`.
    Run,
    /// One job: `compile: text`.
    Job(usize),
    /// One step: `text`.
    Step {
        /// Its job.
        job: usize,
        /// Its place in the job.
        step: usize,
    },
}

impl Playground {
    /// A run as it is stored.
    pub async fn run(&self, id: &RunId) -> Result<Option<StoredRun>, StoreError> {
        self.store.run(id).await
    }

    /// A run as it stands, with everything it told so far; its summary where its log is deleted.
    pub async fn view(&self, id: &RunId) -> Result<Option<(StoredRun, RunView)>, StoreError> {
        self.view_with_last_lines(id, usize::MAX).await
    }

    /// As [`Playground::view`], with no more than the last `most` lines of each step; others are never all held at once.
    pub async fn view_with_last_lines(
        &self,
        id: &RunId,
        most: usize,
    ) -> Result<Option<(StoredRun, RunView)>, StoreError> {
        let Some(run) = self.store.run(id).await? else { return Ok(None) };
        let view = match &run.summary {
            Some(summary) if run.log_deleted => summary.clone(),
            _ => self.folded(&run, most).await?,
        };
        Ok(Some((run, view)))
    }

    async fn folded(&self, run: &StoredRun, most: usize) -> Result<RunView, StoreError> {
        if let Some(view) = self.finished.find(&run.id, most) {
            return Ok(view);
        }
        let view = fold(&*self.store, run, most).await?;
        self.finished.keep(&run.id, most, &view);
        Ok(view)
    }

    /// The events of a run after number `after`, at most `limit`.
    pub async fn events(&self, id: &RunId, after: u64, limit: u32) -> Result<Vec<RunEvent>, StoreError> {
        self.store.events_after(id, after, limit).await
    }

    /// Lines of a step from number `from` (0 for the first), at most `limit`; `None` where there is no such run, job or
    /// step.
    pub async fn lines(
        &self,
        id: &RunId,
        job: usize,
        step: usize,
        from: usize,
        limit: usize,
    ) -> Result<Option<StepLines>, StoreError> {
        let Some(run) = self.store.run(id).await? else { return Ok(None) };
        if run.pipeline.jobs.get(job).and_then(|job| job.steps.get(step)).is_none() {
            return Ok(None);
        }
        let mut found = StepLines { lines: Vec::new(), from, printed: 0 };
        let mut after = 0;
        loop {
            let events = self.store.events_after(id, after, PAGE).await?;
            let Some(last) = events.last() else { return Ok(Some(found)) };
            after = last.seq;
            for event in events {
                if let Some(line) = line_of(event, job, step) {
                    found.take(line, limit);
                }
            }
        }
    }

    /// The log of `run` as plain text, page by page. Colours are left out; what could deceive a reader was made visible
    /// when it was written.
    pub fn raw_log(
        &self,
        run: &StoredRun,
        scope: LogScope,
    ) -> BoxStream<'static, Result<String, StoreError>> {
        let pages =
            Pages { store: Arc::clone(&self.store), id: run.id.clone(), plan: run.pipeline.plan(), scope };
        let read = move |after: Option<u64>| {
            let pages = pages.clone();
            async move {
                let after = after?;
                match pages.read(after).await {
                    Ok((text, next)) => next.map(|next| (Ok(text), Some(next))),
                    Err(error) => Some((Err(error), None)),
                }
            }
        };
        stream::unfold(Some(0), read).boxed()
    }

    /// The events of a run after number `after` (0 for all), in order and without gaps, in batches that all who watch it
    /// share; in the long run at most ten a second. Ends after the final event; an end before it means: come back with the
    /// last number. Of an unknown run there are none.
    pub fn subscribe(&self, id: &RunId, after: u64) -> BoxStream<'static, Arc<Batch>> {
        live::watch(Arc::clone(&self.store), id.clone(), self.channels.take_seat(id), after)
    }
}

impl StepLines {
    fn take(&mut self, line: LogLine, limit: usize) {
        if self.printed >= self.from && self.lines.len() < limit {
            self.lines.push(line);
        }
        self.printed += 1;
    }
}

fn line_of(event: RunEvent, of_job: usize, of_step: usize) -> Option<LogLine> {
    let RunEvent { seq, at_ms, what } = event;
    match what {
        RunFact::Line { job, step, stream, text, spans } if (job, step) == (of_job, of_step) => {
            Some(LogLine { seq, at_ms, stream, text, spans })
        }
        _ => None,
    }
}

/// A run as its stored log tells it, with no more than the last `most` lines of each step.
pub(crate) async fn fold(store: &dyn RunStore, run: &StoredRun, most: usize) -> Result<RunView, StoreError> {
    let mut view = RunView::queued(&run.pipeline.plan());
    loop {
        let events = store.events_after(&run.id, view.seq, PAGE).await?;
        if events.is_empty() {
            return Ok(view);
        }
        for event in &events {
            view.apply(event);
        }
        view.keep_last_lines(most);
    }
}

/// A log that is read as plain text.
#[derive(Clone)]
struct Pages {
    store: Arc<dyn RunStore>,
    id: RunId,
    plan: Plan,
    scope: LogScope,
}

impl Pages {
    /// The text of the events after `after`, and the number of the last of them; `None` where there are none.
    async fn read(&self, after: u64) -> Result<(String, Option<u64>), StoreError> {
        let events = self.store.events_after(&self.id, after, PAGE).await?;
        let mut page = String::new();
        for event in &events {
            if let RunFact::Line { job, step, text, .. } = &event.what
                && let Some(prefix) = self.prefix(*job, *step)
            {
                page.push_str(&prefix);
                page.push_str(text);
                page.push('\n');
            }
        }
        Ok((page, events.last().map(|last| last.seq)))
    }

    /// What stands before the lines of a step; `None` where they are out of scope.
    fn prefix(&self, job: usize, step: usize) -> Option<String> {
        let of_job = self.plan.jobs.get(job)?;
        let of_step = of_job.steps.get(step)?;
        match self.scope {
            LogScope::Run => Some(format!("{}/{of_step}: ", of_job.name)),
            LogScope::Job(wanted) => (wanted == job).then(|| format!("{of_step}: ")),
            LogScope::Step { job: wanted, step: place } => ((wanted, place) == (job, step)).then(String::new),
        }
    }
}
