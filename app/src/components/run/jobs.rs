//! The jobs of a run: where each ran and why, its steps with times and codes, and their logs.

use leptos::prelude::*;
use regatta_domain::ids::RunId;
use regatta_domain::run::{RunView, StepView};
use regatta_islands::run::{job_facts_html, job_shown, log_html, opens, step_figures, step_shown};

use super::setup::setup;
use crate::components::graph::needs_in_words;
use crate::components::state_mark::mark;
use crate::paths;

/// With no more lines than this in all, no step is folded at first.
const FEW_LINES: usize = 300;

/// All jobs with their steps. `accepted_ms` is when the run was accepted, in milliseconds of the portal's clock; `with_log` is
/// false where the log was deleted.
pub fn jobs(id: &RunId, run: &RunView, accepted_ms: u64, with_log: bool) -> AnyView {
    let printed: usize = steps(run).map(|step| step.printed).sum();
    let last = steps(run).filter(|step| step.printed > 0).count();
    let log =
        Log { id, is_kept: with_log, all_open: printed <= FEW_LINES, nothing_opens: !steps(run).any(opens) };
    let mut number = 0;
    let mut with_lines = 0;
    let mut sections = Vec::with_capacity(run.jobs.len());
    for (at, job) in run.jobs.iter().enumerate() {
        let mut rendered = Vec::with_capacity(job.steps.len());
        for (step_at, step) in job.steps.iter().enumerate() {
            with_lines += usize::from(step.printed > 0);
            let is_last = log.nothing_opens && with_lines == last && step.printed > 0;
            rendered.push(log.step(Place { job: at + 1, step: step_at + 1, number }, step, is_last));
            number += 1;
        }
        sections.push(section(at, run, accepted_ms, rendered));
    }
    view! { <div class="run-log" id="run-log">{sections}</div> }.into_any()
}

fn steps(run: &RunView) -> impl Iterator<Item = &StepView> {
    run.jobs.iter().flat_map(|job| &job.steps)
}

fn section(at: usize, run: &RunView, accepted_ms: u64, steps: Vec<AnyView>) -> AnyView {
    let (number, job) = (at + 1, &run.jobs[at]);
    let title = format!("job-{number}-title");
    let reason = job.reason.clone().unwrap_or_default();
    view! {
        <section class="job" id=format!("job-{number}") aria-labelledby=title.clone()>
            <header class="job-head">
                <h2 id=title.clone()>{job.name.clone()}</h2>
                {mark(Some(format!("job-{number}-state")), job_shown(job.state))}
                <p class="job-needs">{needs_in_words(run, job)}</p>
            </header>
            <p class="run-reason" id=format!("job-{number}-reason") hidden=reason.is_empty()>{reason.clone()}</p>
            {setup(run, at, accepted_ms)}
            {steps}
            <dl class="job-facts" id=format!("job-{number}-facts") inner_html=job_facts_html(job)></dl>
        </section>
    }
    .into_any()
}

/// Where a step stands: in its job, counted from 1, and among the steps of all jobs, from 0.
#[derive(Clone, Copy)]
struct Place {
    job: usize,
    step: usize,
    number: usize,
}

/// How logs are shown.
struct Log<'a> {
    id: &'a RunId,
    is_kept: bool,
    all_open: bool,
    nothing_opens: bool,
}

impl Log<'_> {
    fn step(&self, place: Place, step: &StepView, is_last: bool) -> AnyView {
        let id = format!("step-{}-{}", place.job, place.step);
        let head = view! {
            <h3>{step.name.clone()}</h3>
            {mark(Some(format!("{id}-state")), step_shown(step.state))}
            <span class="step-time" id=format!("{id}-time")>{step_figures(step)}</span>
        };
        if !self.is_kept {
            return view! { <div class="step step-head" id=id>{head}</div> }.into_any();
        }
        let open = opens(step) || is_last || (self.all_open && step.printed > 0);
        view! {
            <details class="step" id=id.clone() open=open>
                <summary class="step-head">{head}</summary>
                {self.links(place, &id)}
                {self.earlier(place, step)}
                <div
                    class="log"
                    id=format!("{id}-log")
                    role="group"
                    aria-label=format!("Log of {}", step.name)
                    tabindex="0"
                    inner_html=log_html(step.printed, &step.lines)
                ></div>
            </details>
            <span class="log-end" id=format!("{id}-end") tabindex="-1"></span>
        }
        .into_any()
    }

    /// Each line is a stop for those who go from link to link, hence there is a way past them.
    fn links(&self, place: Place, id: &str) -> AnyView {
        let raw = paths::step_log(self.id, place.job, place.step);
        view! {
            <p class="step-tools">
                <a class="log-skip" href=format!("#{id}-end")>"Skip this log"</a>
                <button type="button" class="only-live" data-do="copy-step" data-step=place.number.to_string()>"Copy"</button>
                <a href=raw.clone()>"Raw"</a>
                <a href=format!("{raw}&download=yes")>"Download"</a>
            </p>
        }
        .into_any()
    }

    /// The way to the lines that are not on the page.
    fn earlier(&self, place: Place, step: &StepView) -> Option<AnyView> {
        let earlier = step.printed.saturating_sub(step.lines.len());
        let words =
            if earlier == 1 { "1 earlier line".to_owned() } else { format!("{earlier} earlier lines") };
        let from = paths::run_lines(self.id, place.job, place.step, 1);
        (earlier > 0).then(|| view! { <p class="log-earlier"><a href=from>{words}</a></p> }.into_any())
    }
}
