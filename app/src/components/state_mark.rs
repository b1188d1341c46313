//! Where a run or a job stands, as word, shape and colour together.

use leptos::prelude::*;
use regatta_domain::run::{Ending, JobState, RunState};

/// The mark of a run's state.
pub fn run_mark(state: RunState) -> AnyView {
    mark(state.as_str(), state.words())
}

/// The mark of a job's state.
pub fn job_mark(state: JobState) -> AnyView {
    mark(state.as_str(), state.words())
}

fn mark(state: &'static str, words: &'static str) -> AnyView {
    view! {
        <span class=format!("state state-{state}")>
            {shape(state)}
            <span class="state-word">{words}</span>
        </span>
    }
    .into_any()
}

/// The shape of a state: hollow, half, striped and full squares on the way, a square in a square for success, a diamond
/// for failure, a cross for what was cancelled, black and yellow where the portal itself failed.
pub fn shape(state: &'static str) -> AnyView {
    view! {
        <svg class="state-shape" viewBox="0 0 20 20" aria-hidden="true" focusable="false" inner_html=drawing(state)></svg>
    }
    .into_any()
}

fn drawing(state: &'static str) -> &'static str {
    const SQUARE: &str = r#"<path class="outline" d="M2 2h16v16H2z"/>"#;
    const HALF: &str = r#"<path class="outline" d="M2 2h16v16H2z"/><path class="solid" d="M2 2h8v16H2z"/>"#;
    const STRIPES: &str = r#"<path class="stripes" d="M3 3h2.5v14H3zM7.5 3h2.5v14H7.5zM12 3h2.5v14H12z"/><path class="outline" d="M2 2h16v16H2z"/>"#;
    const PETER: &str = r#"<path class="solid" d="M1 1h18v18H1z"/><path class="inner" d="M7 7h6v6H7z"/>"#;
    const DIAMOND: &str = r#"<path class="solid" d="M10 0l10 10-10 10L0 10z"/>"#;
    const LIMIT: &str =
        r#"<path class="solid" d="M10 0l10 10-10 10L0 10z"/><path class="inner" d="M5 9h10v2H5z"/>"#;
    const CROSS: &str = r#"<path class="solid" d="M2 0l8 8 8-8 2 2-8 8 8 8-2 2-8-8-8 8-2-2 8-8-8-8z"/>"#;
    const HAZARD: &str = r#"<path class="yellow" d="M1 1h18v18H1z"/><path class="black" d="M1 1h9v9H1zM10 10h9v9h-9z"/><path class="outline" d="M1 1h18v18H1z"/>"#;
    const DASH: &str = r#"<path class="solid" d="M3 9h14v2H3z"/>"#;
    match state {
        "starting" => HALF,
        "running" => STRIPES,
        "succeeded" => PETER,
        "failed" => DIAMOND,
        "timed_out" | "out_of_memory" | "output_limit" | "disk_limit" | "process_limit" => LIMIT,
        "cancelled" => CROSS,
        "infra_error" => HAZARD,
        "skipped" => DASH,
        _ => SQUARE,
    }
}

/// Every state with its mark, for a legend.
pub fn legend() -> AnyView {
    let states = [RunState::Queued, RunState::Starting, RunState::Running].into_iter().chain(
        [Ending::Succeeded, Ending::Failed, Ending::TimedOut, Ending::Cancelled, Ending::InfraError]
            .map(RunState::Ended),
    );
    view! { <ul class="state-legend">{states.map(|state| view! { <li>{run_mark(state)}</li> }).collect_view()}</ul> }
        .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_says_its_word_and_has_a_shape() {
        for state in Ending::ALL.map(RunState::Ended) {
            let html = run_mark(state).to_html();
            assert!(html.contains(state.words()), "{html}");
            assert!(html.contains("<path"), "{html}");
        }
        assert_ne!(drawing("failed"), drawing("timed_out"));
        assert_ne!(drawing("succeeded"), drawing("queued"));
    }
}
