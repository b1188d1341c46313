//! What a run looks like: the headline, the jobs and what each needs, and the steps with their logs.
//!
//! What changes is given to the view as a [`Signal`], whose type does not depend on how it is computed: each closure put
//! there directly would bring its own copy of the rendering code into the WebAssembly.

use leptos::prelude::*;
use regatta_domain::run::{JobState, RunState, StepState, Stream};

use super::board::{Board, JobBoard, Line, Piece, StepBoard};
use super::duration::duration;
use crate::state_mark::{Shown, state_mark};

/// The whole run.
#[component]
pub(crate) fn RunPanel(board: Board) -> impl IntoView {
    let overview: Vec<_> = board.jobs.iter().enumerate().map(|(at, job)| overview_of(at, job)).collect();
    let jobs: Vec<_> = board.jobs.iter().enumerate().map(|(at, job)| job_section(at, job)).collect();
    view! {
        <div class="run">
            {headline(&board)}
            <h2 class="visually-hidden">"Jobs"</h2>
            <ol class="run-jobs">{overview}</ol>
            {jobs}
        </div>
    }
}

fn headline(board: &Board) -> impl IntoView + use<> {
    let Board { state, reason, at_ms, jobs, .. } = board.clone();
    let all = board.jobs.len();
    let summary = Signal::derive(move || {
        let over = jobs.iter().filter(|job| is_over(job.state.get())).count();
        summary(state.get(), over, all)
    });
    let clock = Signal::derive(move || format!("{} since it was started", duration(at_ms.get())));
    let no_clock = Signal::derive(move || at_ms.get() == 0);
    view! {
        <div class="run-headline">
            <p class="run-state">{state_mark(run_state(state))}</p>
            // The only part that is announced while the run goes on: a word now and then, never the log.
            <p class="run-summary" role="status">{summary}</p>
            <p class="run-clock" hidden=no_clock>{clock}</p>
            {reason_of(reason)}
        </div>
    }
}

fn run_state(state: RwSignal<RunState>) -> Signal<Shown> {
    Signal::derive(move || Shown::new(state.get().as_str(), state.get().words()))
}

fn job_state(state: RwSignal<JobState>) -> Signal<Shown> {
    Signal::derive(move || Shown::new(state.get().as_str(), state.get().words()))
}

fn step_state(state: RwSignal<StepState>) -> Signal<Shown> {
    Signal::derive(move || match state.get() {
        StepState::Waiting => Shown::new("queued", "Waiting"),
        StepState::Running => Shown::new("running", "Running"),
        StepState::Exited(code) => {
            let name = if code == 0 { "succeeded" } else { "failed" };
            Shown::new(name, format!("Exit code {code}"))
        }
        StepState::Stopped => Shown::new("cancelled", "Stopped"),
        StepState::Skipped => Shown::new("skipped", "Skipped"),
    })
}

fn is_over(state: JobState) -> bool {
    matches!(state, JobState::Ended(_) | JobState::Skipped)
}

fn summary(state: RunState, over: usize, all: usize) -> String {
    let jobs = if all == 1 { "job" } else { "jobs" };
    match state {
        RunState::Queued => "It waits for its turn.".to_owned(),
        RunState::Starting => "A sandbox is being made.".to_owned(),
        RunState::Running => format!("{over} of {all} {jobs} over."),
        RunState::Ended(ending) => format!("{}. {over} of {all} {jobs} over.", ending.words()),
    }
}

fn reason_of(reason: RwSignal<Option<String>>) -> impl IntoView {
    let words = Signal::derive(move || reason.get().unwrap_or_default());
    let none = Signal::derive(move || reason.with(Option::is_none));
    view! { <p class="run-reason" hidden=none>{words}</p> }
}

fn overview_of(at: usize, job: &JobBoard) -> impl IntoView + use<> {
    let state = job.state;
    let needs = (!job.needs.is_empty()).then(|| format!("after {}", job.needs.join(", ")));
    view! {
        <li class="run-job">
            <a href=format!("#job-{}", at + 1)>{job.name.clone()}</a>
            {state_mark(job_state(state))}
            <span class="run-needs">{needs.unwrap_or_else(|| "starts first".to_owned())}</span>
        </li>
    }
}

fn job_section(at: usize, job: &JobBoard) -> impl IntoView + use<> {
    let (state, reason) = (job.state, job.reason);
    let title = format!("job-{}-title", at + 1);
    let steps: Vec<_> = job.steps.iter().map(step_section).collect();
    view! {
        <section class="job" id=format!("job-{}", at + 1) aria-labelledby=title.clone()>
            <header class="job-head">
                <h2 id=title.clone()>{job.name.clone()}</h2>
                {state_mark(job_state(state))}
                <p class="job-image">"Image " <code>{job.image.clone()}</code></p>
            </header>
            {reason_of(reason)}
            {steps}
        </section>
    }
}

fn step_section(step: &StepBoard) -> impl IntoView + use<> {
    let (state, took_ms, log) = (step.state, step.took_ms, step.log);
    let took = Signal::derive(move || took_ms.get().map(duration).unwrap_or_default());
    view! {
        <section class="step">
            <header class="step-head">
                <h3>{step.name.clone()}</h3>
                {state_mark(step_state(state))}
                <span class="step-time">
                    {took}
                </span>
            </header>
            <For each=move || log.get() key=|piece| piece.first children=log_piece />
        </section>
    }
}

fn log_piece(piece: Piece) -> impl IntoView {
    let lines = piece.lines;
    view! {
        <ol class="log" start=piece.first.to_string()>
            <For each=move || lines.get() key=|line| line.seq children=log_line />
        </ol>
    }
}

fn log_line(line: Line) -> impl IntoView {
    let anchor = format!("l{}", line.seq);
    let href = format!("#{anchor}");
    let (stream, label) = match line.stream {
        Stream::Out => ("out", None),
        Stream::Err => ("err", Some(view! { <span class="log-stream">"stderr"</span> })),
    };
    view! {
        <li class="log-line" id=anchor data-stream=stream>
            <a class="log-number" href=href aria-label=format!("Line {}", line.number)>{line.number}</a>
            {label}
            <span class="log-text">{line.text.to_string()}</span>
        </li>
    }
}
