//! Where a run stands, as word, shape and colour together: the marks of [`regatta_islands::state_mark`], standing still.

use leptos::prelude::*;
use regatta_domain::run::{Ending, RunState};
use regatta_islands::run::run_shown;
use regatta_islands::state_mark::{Shown, drawing};

/// The mark of a run's state.
pub fn run_mark(state: RunState) -> AnyView {
    mark(None, run_shown(state))
}

/// A mark, under the name `id` where it changes while one looks.
pub fn mark(id: Option<String>, shown: Shown) -> AnyView {
    let Shown { name, words } = shown;
    view! {
        <span id=id class=format!("state state-{name}")>
            <svg class="state-shape" viewBox="0 0 20 20" aria-hidden="true" focusable="false" inner_html=drawing(name)></svg>
            <span class="state-word">{words.into_owned()}</span>
        </span>
    }
    .into_any()
}

/// Every kind of state with its mark, for a legend; one limit stands for all.
pub fn legend() -> AnyView {
    let endings =
        [Ending::Succeeded, Ending::Failed, Ending::TimedOut, Ending::Cancelled, Ending::InfraError];
    let states = [RunState::Queued, RunState::Starting, RunState::Running]
        .into_iter()
        .chain(endings.map(RunState::Ended));
    let entries = states.map(|state| view! { <li>{run_mark(state)}</li> }).collect_view();
    view! { <ul class="state-legend">{entries}</ul> }.into_any()
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
    }
}
