//! A job's set-up: a line that says how long it took and what took longest, which opens to a table of its parts.

use leptos::prelude::*;
use regatta_domain::run::RunView;
use regatta_islands::run::{setup_html, setup_opens, setup_words};

/// The kinds of bars, for a legend: their names in the style sheet, and what they stand for.
const KINDS: [(&str, &str); 6] = [
    ("queue", "waiting for its turn"),
    ("pod_created", "pod and node"),
    ("sandbox_started", "sandbox"),
    ("image_pulled", "image"),
    ("container_started", "container and runner"),
    ("succeeded", "steps"),
];

/// The set-up of the job at `at`. `accepted_ms` is when the run was accepted, in milliseconds of the portal's clock.
pub fn setup(run: &RunView, at: usize, accepted_ms: u64) -> AnyView {
    let id = format!("setup-{}", at + 1);
    let words = setup_words(&run.jobs[at]);
    view! {
        <details class="setup" id=id.clone() hidden=words.is_empty() open=setup_opens(run, at)>
            <summary id=format!("{id}-words")>{words.clone()}</summary>
            <table class="setup-table" id=format!("{id}-table") inner_html=setup_html(run, at, accepted_ms)></table>
            <p class="field-hint">
                "Times of day are in UTC: when this portal heard of it. "
                <span class="setup-clocks">
                    "A pod is what a cluster calls a sandbox, a node one of the cluster’s machines. The cluster’s own clock \
                     counts whole seconds and may differ; the thin line below a bar is the second that it named."
                </span>
            </p>
        </details>
    }
    .into_any()
}

/// What the colours of the bars stand for, with or without those of steps; the words beside the bars and the tables tell the
/// same without them.
pub fn bar_legend(with_steps: bool) -> AnyView {
    let entry = |(kind, words): (&'static str, &'static str)| {
        view! {
            <li>
                <svg viewBox="0 0 12 12" aria-hidden="true" focusable="false">
                    <rect class=format!("bar bar-{kind}") width="12" height="12"></rect>
                </svg>
                {words}
            </li>
        }
    };
    let kinds = KINDS.into_iter().filter(|(kind, _)| with_steps || *kind != "succeeded");
    view! { <ul class="bar-legend">{kinds.map(entry).collect_view()}</ul> }.into_any()
}
