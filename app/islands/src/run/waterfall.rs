//! Where a run's time went: a row for each job, a bar for each part of it.

use std::fmt::Write;

use regatta_domain::run::{JobView, Milestone, RunView, StepView};

use super::duration::duration;
use super::log::escape;
use super::words::step_shown;

/// The width of a drawing, in its own units.
const WIDTH: u64 = 1_000;
/// What can still be seen, in the same units.
const SLIVER: u64 = 4;

/// A part of a job's time, in milliseconds since the run was accepted.
struct Bar {
    kind: &'static str,
    words: String,
    from: u64,
    to: u64,
}

/// The rows as HTML for within an `<ol>`; none before the first sandbox was asked for.
pub fn waterfall_html(view: &RunView) -> String {
    let mut html = String::new();
    let end = view.at_ms.max(1);
    let asked = view.jobs.iter().filter_map(|job| job.reached(Milestone::Asked)).min();
    if let Some(asked) = asked {
        let queue = Bar { kind: "queue", words: "until its turn came".to_owned(), from: 0, to: asked };
        row(&mut html, "Queue", &[queue], end);
    }
    for job in &view.jobs {
        let bars = bars_of(job, view.at_ms);
        if !bars.is_empty() {
            row(&mut html, &job.name, &bars, end);
        }
    }
    html
}

fn bars_of(job: &JobView, now: u64) -> Vec<Bar> {
    let mut bars = Vec::new();
    let milestones = [
        (Milestone::Asked, Milestone::SandboxStarted, "sandbox", "sandbox started"),
        (Milestone::SandboxStarted, Milestone::RunnerReady, "runner", "runner ready"),
    ];
    for (from, to, kind, words) in milestones {
        if let Some((from, to)) = job.reached(from).zip(job.reached(to)) {
            bars.push(Bar { kind, words: words.to_owned(), from, to });
        }
    }
    let now = job.ended_ms.unwrap_or(now);
    bars.extend(job.steps.iter().filter_map(|step| bar_of(step, now)));
    bars
}

fn bar_of(step: &StepView, now: u64) -> Option<Bar> {
    let from = step.started_ms?;
    let to = step.took_ms.map_or(now, |took| from + took).max(from);
    Some(Bar { kind: step_shown(step.state).name, words: step.name.clone(), from, to })
}

/// Appends a row. Writing into a string never fails.
fn row(html: &mut String, name: &str, bars: &[Bar], end: u64) {
    html.push_str("<li class=\"waterfall-row\"><span class=\"waterfall-name\">");
    escape(html, name);
    html.push_str("</span>");
    html.push_str(
        "<svg class=\"waterfall-bars\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\" focusable=\"false\">",
    );
    for Bar { kind, from, to, .. } in bars {
        let x = (from * WIDTH / end).min(WIDTH - SLIVER);
        let width = ((to - from) * WIDTH / end).clamp(SLIVER, WIDTH - x);
        let _ = write!(html, "<rect class=\"bar bar-{kind}\" x=\"{x}\" width=\"{width}\" height=\"10\"/>");
    }
    html.push_str("</svg><span class=\"waterfall-time\">");
    let spent =
        bars.last().map_or(0, |last| last.to).saturating_sub(bars.first().map_or(0, |first| first.from));
    let _ = write!(html, "{}</span><span class=\"visually-hidden\">", duration(spent));
    for (at, bar) in bars.iter().enumerate() {
        html.push_str(if at == 0 { ": " } else { ", " });
        escape(html, &bar.words);
        let _ = write!(html, " {}", duration(bar.to.saturating_sub(bar.from)));
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
        let reached = |milestone| RunFact::Reached { job: 0, milestone, reported_ms: None };
        let facts = [
            (20, reached(Milestone::Asked)),
            (40, reached(Milestone::SandboxStarted)),
            (50, reached(Milestone::RunnerReady)),
            (60, RunFact::StepStarted { job: 0, step: 0 }),
            (200, RunFact::StepEnded { job: 0, step: 0, exit: 3, took_ms: 140, usage: None }),
        ];
        for (seq, (at_ms, what)) in (1..).zip(facts) {
            view.apply(&RunEvent { seq, at_ms, what });
        }
        insta::assert_snapshot!(waterfall_html(&view).replace("><", ">\n<"));
    }
}
