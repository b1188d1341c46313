//! What one learns of a job beside its steps: why it is where it is, and what it handed on.

use regatta_domain::run::{ImageState, JobView, Milestone};

use super::log::escape;

/// The most characters of a value that are shown.
const SHOWN_CHARS: usize = 400;

/// The facts of a job as HTML for within a `<dl>`.
pub fn job_facts_html(job: &JobView) -> String {
    let mut html = String::new();
    if let Some(placement) = &job.placement {
        fact(&mut html, "Runs in", &format!("{}: {}", placement.executor, placement.level.words()));
        fact(&mut html, "Chosen because", &placement.reason);
        let meaning = placement.image.as_deref().map(|meaning| format!(" ({meaning})")).unwrap_or_default();
        let state = placement.image_state;
        let state = if image_is_known(job, state) { format!(", {}", state.words()) } else { String::new() };
        fact(&mut html, "Image", &format!("{}{meaning}{state}", job.image));
    } else {
        fact(&mut html, "Image", &job.image);
    }
    if let Some(retry) = &job.retry {
        let why = retry.reason.as_deref().unwrap_or("tried again");
        fact(&mut html, "Attempts", &format!("{}, {why}", job.attempt + 1));
    }
    for (name, value) in &job.outputs {
        let mut shown: String = value.trim_end().chars().take(SHOWN_CHARS).collect();
        if shown.len() < value.trim_end().len() {
            shown.push('…');
        }
        html.push_str("<div class=\"job-output\"><dt>Handed on <code>");
        escape(&mut html, name);
        html.push_str("</code></dt><dd><code>");
        escape(&mut html, &shown);
        html.push_str("</code></dd></div>");
    }
    html
}

/// Whether it is known by now how the image came: before a cluster has it, nobody can tell.
fn image_is_known(job: &JobView, state: ImageState) -> bool {
    state == ImageState::Local || job.reached(Milestone::ImagePulled).is_some() || job.began_ms().is_some()
}

fn fact(html: &mut String, name: &str, value: &str) {
    html.push_str("<div><dt>");
    html.push_str(name);
    html.push_str("</dt><dd>");
    escape(html, value);
    html.push_str("</dd></div>");
}

#[cfg(test)]
mod tests {
    use regatta_domain::pipeline::{Plan, PlannedJob};
    use regatta_domain::run::{IsolationLevel, Placement, RunView};

    use super::*;

    #[test]
    fn isolation_and_images_are_named_truthfully_and_values_stay_text() {
        let planned = PlannedJob { name: "build".into(), image: "alpine:3".into(), ..PlannedJob::default() };
        let mut job = RunView::queued(&Plan { jobs: vec![planned], stages: vec![] }).jobs.remove(0);
        job.placement = Some(Placement {
            executor: "bubblewrap".into(),
            level: IsolationLevel::Process,
            reason: "it comes first".into(),
            image: Some("stands for host-tools".into()),
            image_state: ImageState::Local,
        });
        job.outputs.insert("digest".into(), "<b>".into());
        let html = job_facts_html(&job);
        for part in [
            "bubblewrap: process isolation, shared kernel",
            "it comes first",
            "alpine:3 (stands for host-tools), image: a part of the machine",
            "<code>digest</code></dt><dd><code>&lt;b&gt;</code>",
        ] {
            assert!(html.contains(part), "{part} is missing: {html}");
        }
    }

    #[test]
    fn nothing_is_told_of_an_image_that_is_not_there_yet() {
        let planned =
            PlannedJob { name: "build".into(), image: "host-tools".into(), ..PlannedJob::default() };
        let mut job = RunView::queued(&Plan { jobs: vec![planned], stages: vec![] }).jobs.remove(0);
        job.placement = Some(Placement {
            executor: "kubernetes".into(),
            level: IsolationLevel::VirtualMachine,
            reason: "it comes first".into(),
            image: None,
            image_state: ImageState::Cached,
        });
        assert!(job_facts_html(&job).contains("<dd>host-tools</dd>"));
        job.milestones.push((Milestone::ImagePulled, 900));
        assert!(job_facts_html(&job).contains("<dd>host-tools, image cached</dd>"));
    }
}
