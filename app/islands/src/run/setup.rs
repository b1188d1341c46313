//! A job's set-up as a table: what was reached, how long that took, and when it was by both clocks.

use std::fmt::Write;

use regatta_domain::run::{ImageState, JobState, JobView, Milestone, Phase, RunView, SetupPart};

use super::bars::{Bar, Span};
use super::duration::{duration, of_the_clock, to_the_second};
use super::log::escape;
use super::waterfall::{bar_of_what_is_under_way, longest};

/// A row of the table: what was reached at the end of its bar.
struct Row {
    bar: Bar,
    reported_ms: Option<i64>,
}

impl Row {
    fn new(kind: &'static str, words: &str, from: u64, to: u64) -> Self {
        Self { bar: Bar { kind, words: words.to_owned(), from, to }, reported_ms: None }
    }
}

/// A job's set-up in a line; empty before its sandbox was asked for.
pub fn setup_words(job: &JobView) -> String {
    let Some(asked) = job.asked_ms() else { return String::new() };
    let Some(began) = job.began_ms() else {
        return match (job.is_over(), job.ended_ms) {
            (true, Some(ended)) => {
                format!("Set-up: given up after {}", duration(ended.saturating_sub(asked)))
            }
            _ => "Set-up: under way".to_owned(),
        };
    };
    let longest = longest(&job.setup()).map(|words| format!(", the longest part {words}"));
    format!("Set-up: {}{}", duration(began.saturating_sub(asked)), longest.unwrap_or_default())
}

/// Whether a job's set-up should be open unless the reader closes it: it came to nothing, or it is the first one's in a
/// cluster, where there is something to see.
pub fn setup_opens(view: &RunView, at: usize) -> bool {
    let job = &view.jobs[at];
    let is_in_a_cluster = job.reached(Milestone::PodCreated).is_some();
    let came_to_nothing = matches!(job.state, JobState::Ended(_)) && job.began_ms().is_none();
    job.asked_ms().is_some() && (came_to_nothing || (is_in_a_cluster && view.first_asked() == Some(at)))
}

/// The set-up of the job at `at` as HTML for within a `<table>`. `accepted_ms` is when the run was accepted, in milliseconds of
/// the portal's clock.
pub fn setup_html(view: &RunView, at: usize, accepted_ms: u64) -> String {
    let rows = rows(view, at);
    let Some((first, last)) = rows.first().zip(rows.last()) else { return String::new() };
    let span = Span::new(first.bar.from, last.bar.to);
    let has_cluster = rows.iter().any(|row| row.reported_ms.is_some());
    let mut html = String::from("<caption class=\"visually-hidden\">Set-up of ");
    escape(&mut html, &view.jobs[at].name);
    html.push_str(
        "</caption><thead><tr><th scope=\"col\">Reached</th><th scope=\"col\">Took</th><th scope=\"col\">At</th>",
    );
    if has_cluster {
        html.push_str("<th scope=\"col\">By the cluster</th>");
    }
    html.push_str("</tr></thead><tbody>");
    for row in &rows {
        row_html(&mut html, row, span, has_cluster, accepted_ms);
    }
    html.push_str("</tbody>");
    html
}

fn rows(view: &RunView, at: usize) -> Vec<Row> {
    let job = &view.jobs[at];
    let Some(asked) = job.asked_ms() else { return Vec::new() };
    let mut rows = if view.first_asked() == Some(at) {
        let turn = Phase::To(Milestone::Asked).words();
        vec![Row::new("start", "Accepted", 0, 0), Row::new("queue", turn, 0, asked)]
    } else {
        vec![Row::new("start", Milestone::Asked.words(), asked, asked)]
    };
    if let Some(retry) = &job.retry {
        rows.push(Row::new("retry", "Tried again", asked, retry.at_ms));
    }
    let image = job.placement.as_ref().map(|placement| placement.image_state);
    rows.extend(job.setup().into_iter().map(|part| reached(part, image)));
    if let Some(bar) = bar_of_what_is_under_way(job, job.ended_ms.unwrap_or(view.at_ms)) {
        let words = if job.is_over() { job.state.words() } else { "Under way" };
        rows.push(Row::new(bar.kind, words, bar.from, bar.to));
    }
    rows
}

fn reached(part: SetupPart, image: Option<ImageState>) -> Row {
    let SetupPart { phase, from_ms, to_ms, reported_ms } = part;
    let words = match (phase, image) {
        (Phase::To(Milestone::ImagePulled), Some(ImageState::Cached)) => "Image there: cached",
        (Phase::To(Milestone::ImagePulled), Some(ImageState::Fetched)) => "Image there: fetched",
        _ => phase.words(),
    };
    Row { reported_ms, ..Row::new(phase.as_str(), words, from_ms, to_ms) }
}

/// Appends a row. Writing into a string never fails.
fn row_html(html: &mut String, row: &Row, span: Span, has_cluster: bool, accepted_ms: u64) {
    let Row { bar, reported_ms } = row;
    let _ = write!(html, "<tr><th scope=\"row\"><span class=\"setup-row\"><span>{}</span>", bar.words);
    if bar.kind != "start" {
        span.draw(html, std::slice::from_ref(bar), *reported_ms);
    }
    html.push_str("</span></th><td>");
    // How long it goes on is news only when it is over.
    let is_under_way = bar.kind == "running";
    if bar.kind != "start" && !is_under_way {
        html.push_str(&duration(bar.ms()));
    }
    html.push_str("</td><td>");
    if !is_under_way {
        html.push_str(&of_the_clock(accepted_ms + bar.to));
    }
    html.push_str("</td>");
    if has_cluster {
        html.push_str("<td>");
        if let Some(at) = reported_ms.and_then(|ms| accepted_ms.checked_add_signed(ms)) {
            html.push_str(&to_the_second(at));
        }
        html.push_str("</td>");
    }
    html.push_str("</tr>");
}

#[cfg(test)]
mod tests {
    use regatta_domain::pipeline::{Plan, PlannedJob};
    use regatta_domain::run::{Ending, IsolationLevel, Placement, RunEvent, RunFact};

    use super::*;

    /// Noon, and 412 ms.
    const ACCEPTED: u64 = 12 * 3_600_000 + 412;

    fn queued() -> RunView {
        let job = PlannedJob { name: "<build>".into(), steps: vec!["pack".into()], ..PlannedJob::default() };
        RunView::queued(&Plan { jobs: vec![job.clone(), job], stages: vec![] })
    }

    fn told(view: &mut RunView, facts: impl IntoIterator<Item = (u64, RunFact)>) {
        for (at_ms, what) in facts {
            view.apply(&RunEvent { seq: view.seq + 1, at_ms, what });
        }
    }

    fn reached(milestone: Milestone, reported_ms: Option<i64>) -> RunFact {
        RunFact::Reached { job: 0, milestone, reported_ms }
    }

    fn placed(image_state: ImageState, attempt: u32) -> RunFact {
        let placement = Placement {
            executor: "kubernetes".into(),
            level: IsolationLevel::VirtualMachine,
            reason: "it is the preferred one here".into(),
            image: None,
            image_state,
        };
        RunFact::Placed { job: 0, placement, attempt, outlives: false }
    }

    #[test]
    fn a_set_up_in_a_cluster_has_both_clocks() {
        let mut view = queued();
        told(
            &mut view,
            [
                (15, placed(ImageState::Cached, 0)),
                (20, reached(Milestone::Asked, None)),
                (90, reached(Milestone::PodCreated, Some(-412))),
                (130, reached(Milestone::Scheduled, Some(-412))),
                (1_230, reached(Milestone::SandboxStarted, Some(588))),
                (1_240, reached(Milestone::ImagePulled, Some(588))),
                (1_640, reached(Milestone::ContainerStarted, Some(1_588))),
                (1_700, reached(Milestone::RunnerReady, None)),
                (1_712, RunFact::StepStarted { job: 0, step: 0 }),
            ],
        );
        assert_eq!(
            setup_words(&view.jobs[0]),
            "Set-up: 1.6 s, the longest part starting the sandbox (1.1 s)"
        );
        insta::assert_snapshot!(setup_html(&view, 0, ACCEPTED).replace("><", ">\n<"));
        assert!(setup_opens(&view, 0) && !setup_opens(&view, 1));
        assert_eq!(
            (setup_html(&view, 1, ACCEPTED), setup_words(&view.jobs[1])),
            (String::new(), String::new())
        );
    }

    #[test]
    fn a_set_up_under_way_says_so_and_one_that_came_to_nothing_how_it_ended() {
        let mut view = queued();
        told(&mut view, [(20, reached(Milestone::Asked, None)), (90, reached(Milestone::PodCreated, None))]);
        assert!(setup_html(&view, 0, ACCEPTED).contains("<span>Under way</span>"));
        assert_eq!(setup_words(&view.jobs[0]), "Set-up: under way");
        let state = JobState::Ended(Ending::ImagePull);
        told(&mut view, [(20_020, RunFact::Job { job: 0, state, reason: None })]);
        let html = setup_html(&view, 0, ACCEPTED);
        assert!(html.contains("<span>Image not to be had</span>") && html.contains("12:00:20.432"), "{html}");
        assert!(!html.contains("By the cluster"), "no cluster told a time: {html}");
        assert_eq!(setup_words(&view.jobs[0]), "Set-up: given up after 20.0 s");
        assert!(setup_opens(&view, 0));
    }

    #[test]
    fn another_attempt_is_told() {
        let mut view = queued();
        told(
            &mut view,
            [
                (20, reached(Milestone::Asked, None)),
                (400, placed(ImageState::Fetched, 1)),
                (401, reached(Milestone::Asked, None)),
                (900, reached(Milestone::ImagePulled, None)),
            ],
        );
        let html = setup_html(&view, 0, ACCEPTED);
        assert!(html.contains("<span>Tried again</span>") && html.contains("<td>380 ms</td>"), "{html}");
        assert!(html.contains("<span>Image there: fetched</span>"), "{html}");
    }
}
