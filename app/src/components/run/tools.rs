//! The bar above the log: whether the page keeps up, what one can do with the log, and what keys do the same.

use leptos::prelude::*;
use regatta_domain::ids::RunId;
use regatta_domain::run::RunView;
use regatta_islands::run::run_shown;

use crate::components::state_mark::mark;
use crate::paths;

/// What each key does.
const KEYS: [(&str, &str); 10] = [
    ("j", "Next step"),
    ("k", "Previous step"),
    ("e", "Next error"),
    ("/", "Search the log"),
    ("n", "Next line found"),
    ("p", "Previous line found"),
    ("f", "Follow the newest line, or stop to"),
    ("t", "Times: off, since the start, of the clock"),
    ("w", "Wrap long lines, or not"),
    ("?", "This list"),
];

/// What one can do with a run on its way: stop it, and look again where no script keeps the page up to date.
pub fn on_its_way(id: &RunId, run: &RunView) -> AnyView {
    let over = run.state.is_final();
    view! {
        <form class="run-stop" id="run-stop" method="post" action=paths::cancel_run(id) hidden=over>
            <button class="button button-bad" type="submit">"Stop this run"</button>
        </form>
        <p class="run-refresh" id="run-refresh" hidden=over>
            <a href=paths::run(id)>"Refresh this page"</a>
        </p>
    }
    .into_any()
}

/// The bar. What only works with scripts is hidden until they are there.
pub fn tools(run: &RunView) -> AnyView {
    let over = run.state.is_final();
    let standing = if over { "" } else { "The run as it stood when this page was loaded." };
    view! {
        <div class="run-bar">
            <p class="run-link">
                {mark(Some("bar-state".to_owned()), run_shown(run.state))} " " <span id="run-link">{standing}</span>
            </p>
            {log_tools(over)}
            <p class="log-choice" id="log-picked" hidden>
                <span id="log-picked-words"></span>
                <button type="button" data-do="copy-picked">"Copy"</button>
                <button type="button" data-do="copy-link">"Copy the link"</button>
                <button type="button" data-do="pick-nothing">"Done"</button>
            </p>
        </div>
        {help()}
    }
    .into_any()
}

fn log_tools(over: bool) -> AnyView {
    view! {
        <div class="log-tools" id="log-tools" role="group" aria-label="The log" hidden>
            <form class="log-search" id="log-search" role="search">
                <label class="visually-hidden" for="log-query">"Search the log"</label>
                <input
                    id="log-query"
                    type="search"
                    placeholder="Search the log"
                    maxlength="200"
                    autocomplete="off"
                    spellcheck="false"
                />
                <button type="button" data-do="previous" aria-label="Previous line found">"↑"</button>
                <button type="button" data-do="next" aria-label="Next line found">"↓"</button>
                <span class="log-hits" id="log-hits" role="status"></span>
            </form>
            <button type="button" data-do="error">"Next error"</button>
            <button type="button" id="log-follow" data-do="follow" aria-pressed=(!over).to_string() hidden=over>
                "Follow"
            </button>
            <button type="button" id="log-wrap" data-do="wrap" aria-pressed="true">"Wrap"</button>
            <button type="button" id="log-times" data-do="times">"Times: off"</button>
            <button type="button" data-do="help">"Keys"</button>
        </div>
    }
    .into_any()
}

fn help() -> AnyView {
    let keys = KEYS.map(|(key, does)| view! { <div><dt><kbd>{key}</kbd></dt><dd>{does}</dd></div> });
    view! {
        <dialog class="log-help" id="log-help" aria-labelledby="log-help-title">
            <h2 id="log-help-title">"Keys"</h2>
            <dl>{keys.collect_view()}</dl>
            <p>
                "A line’s number links to it; with the shift key held, to all from the one before. Lines with a double rule
                at their side were written to standard error."
            </p>
            <p class="choice">
                <input id="log-keys" type="checkbox" checked=true/>
                <label for="log-keys">"Heed these keys"</label>
            </p>
            <form method="dialog"><button class="button" type="submit">"Close"</button></form>
        </dialog>
    }
    .into_any()
}
