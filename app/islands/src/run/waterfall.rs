//! Where a run's time went: a row for each job, a bar for each part of it.

use std::fmt::Write;

use regatta_domain::run::{ImageState, JobState, JobView, Milestone, Phase, RunView, SetupPart, StepView};

use super::bars::{Bar, Span};
use super::duration::duration;
use super::log::escape;
use super::words::step_shown;

/// The rows as HTML for within an `<ol>`; none before the first sandbox was asked for.
pub fn waterfall_html(view: &RunView) -> String {
    let mut html = String::new();
    let span = Span::new(0, view.at_ms);
    if let Some(asked) = view.first_asked().and_then(|first| view.jobs[first].asked_ms()) {
        let queue = Bar { kind: "queue", words: "until its turn came".to_owned(), from: 0, to: asked };
        row(&mut html, "Queue", &[queue], span);
    }
    for job in &view.jobs {
        let bars = bars_of(job, view.at_ms);
        if !bars.is_empty() {
            row(&mut html, &job.name, &bars, span);
        }
    }
    html
}

/// What took longest until the first step, in sentences; before that, when this will be told.
pub fn waterfall_words(view: &RunView) -> String {
    let began = |job| Some((job, JobView::began_ms(job)?));
    let Some((job, began)) = view.jobs.iter().filter_map(began).min_by_key(|(_, ms)| *ms) else {
        let ahead =
            if view.state.is_final() { "" } else { "What takes longest is told with the first step." };
        return ahead.to_owned();
    };
    let mut parts = job.setup();
    parts.push(SetupPart { phase: QUEUE, from_ms: 0, to_ms: job.asked_ms().unwrap_or(0), reported_ms: None });
    let mut words = format!("From acceptance to the first step it took {}", duration(began));
    if let Some(longest) = longest(&parts) {
        let _ = write!(words, "; the longest part was {longest}");
    }
    words.push_str(match job.placement.as_ref().map(|placement| placement.image_state) {
        Some(ImageState::Cached) => ". The image was there already.",
        Some(ImageState::Fetched) => ". The image had to be fetched first.",
        Some(ImageState::Local) | None => ".",
    });
    words
}

/// The wait for one's turn.
const QUEUE: Phase = Phase::To(Milestone::Asked);

/// The longest of these parts: `starting the sandbox (1.1 s)`.
pub fn longest(parts: &[SetupPart]) -> Option<String> {
    let part = parts.iter().max_by_key(|part| part.took_ms())?;
    Some(format!("{} ({})", part.phase.doing(), duration(part.took_ms())))
}

fn bars_of(job: &JobView, now: u64) -> Vec<Bar> {
    let mut bars = Vec::new();
    if let Some(retry) = &job.retry {
        let words = "an attempt of which nothing came".to_owned();
        bars.push(Bar { kind: "retry", words, from: retry.asked_ms, to: retry.at_ms });
    }
    for part in job.setup() {
        let SetupPart { phase, from_ms: from, to_ms: to, .. } = part;
        bars.push(Bar { kind: phase.as_str(), words: phase.words().to_ascii_lowercase(), from, to });
    }
    let now = job.ended_ms.unwrap_or(now);
    bars.extend(bar_of_what_is_under_way(job, now));
    bars.extend(job.steps.iter().filter_map(|step| bar_of(step, now)));
    bars
}

/// The set-up since the last milestone, where there was no first step yet.
pub fn bar_of_what_is_under_way(job: &JobView, now: u64) -> Option<Bar> {
    if job.began_ms().is_some() {
        return None;
    }
    let (_, from) = *job.milestones.last()?;
    let to = now.max(from);
    let (kind, words) = match job.state {
        JobState::Ended(ending) if ending.is_infrastructure() => ("given-up", "given up"),
        _ if job.is_over() => ("failed", "given up"),
        _ => ("running", "under way"),
    };
    Some(Bar { kind, words: words.to_owned(), from, to })
}

fn bar_of(step: &StepView, now: u64) -> Option<Bar> {
    let from = step.started_ms?;
    let to = step.took_ms.map_or(now, |took| from + took).max(from);
    Some(Bar { kind: step_shown(step.state).name, words: step.name.clone(), from, to })
}

/// Appends a row. Writing into a string never fails.
fn row(html: &mut String, name: &str, bars: &[Bar], span: Span) {
    html.push_str("<li class=\"waterfall-row\"><span class=\"waterfall-name\">");
    escape(html, name);
    html.push_str("</span>");
    span.draw(html, bars, None);
    html.push_str("<span class=\"waterfall-time\">");
    let spent =
        bars.last().map_or(0, |last| last.to).saturating_sub(bars.first().map_or(0, |first| first.from));
    let _ = write!(html, "{}</span><span class=\"visually-hidden\">", duration(spent));
    for (at, bar) in bars.iter().enumerate() {
        html.push_str(if at == 0 { ": " } else { ", " });
        escape(html, &bar.words);
        let _ = write!(html, " {}", duration(bar.ms()));
    }
    html.push_str("</span></li>");
}

#[cfg(test)]
mod tests {
    use regatta_domain::pipeline::{Plan, PlannedJob};
    use regatta_domain::run::{RunEvent, RunFact};

    use super::*;

    #[test]
    fn every_part_of_the_time_has_its_bar() {
        let job = PlannedJob {
            name: "<build>".into(),
            steps: vec!["pack".into(), "later".into()],
            ..PlannedJob::default()
        };
        let mut view = RunView::queued(&Plan { jobs: vec![job], stages: vec![] });
        assert_eq!(waterfall_html(&view), "");
        assert_eq!(waterfall_words(&view), "What takes longest is told with the first step.");
        let reached = |milestone| RunFact::Reached { job: 0, milestone, reported_ms: None };
        let facts = [
            (20, reached(Milestone::Asked)),
            (41, reached(Milestone::SandboxStarted)),
            (50, reached(Milestone::RunnerReady)),
            (60, RunFact::StepStarted { job: 0, step: 0 }),
            (200, RunFact::StepEnded { job: 0, step: 0, exit: 3, took_ms: 140, usage: None }),
        ];
        for (seq, (at_ms, what)) in (1..).zip(facts) {
            view.apply(&RunEvent { seq, at_ms, what });
        }
        insta::assert_snapshot!(waterfall_html(&view).replace("><", ">\n<"));
        let words = "From acceptance to the first step it took 60 ms; the longest part was starting the sandbox (21 ms).";
        assert_eq!(waterfall_words(&view), words);
    }
}
