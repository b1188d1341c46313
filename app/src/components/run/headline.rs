//! Where a run stands, large, and why.

use leptos::prelude::*;
use regatta_domain::run::{RunView, Turn};
use regatta_islands::run::{ending_hint, run_clock, run_shown, run_summary};

use crate::components::state_mark::mark;

/// Where a run stands, why, how long it took so far, and while it waits, when its turn comes.
pub fn headline(run: &RunView, turn: Option<Turn>) -> AnyView {
    let reason = run.reason.clone().unwrap_or_default();
    let hint = ending_hint(run.state);
    view! {
        <div class="run-headline">
            <p class="run-state">{mark(Some("run-state".to_owned()), run_shown(run.state))}</p>
            <p class="run-figures">
                <span id="run-summary">{run_summary(run)}</span> " " <span class="run-clock" id="run-clock">{run_clock(run)}</span>
            </p>
            <p class="run-turn" id="run-turn" hidden=turn.is_none()>{turn.map(turn_in_words)}</p>
            <p class="run-reason" id="run-reason" hidden=reason.is_empty()>{reason.clone()}</p>
            <p class="run-hint" id="run-hint" hidden=hint.is_empty()>{hint}</p>
        </div>
    }
    .into_any()
}

/// When a run's turn comes, in words.
pub fn turn_in_words(turn: Turn) -> String {
    let place = match turn.position {
        1 => "It is the next one.".to_owned(),
        position => format!("Place {position} in the line."),
    };
    match turn.wait_ms {
        None | Some(0) => place,
        Some(ms) => format!("{place} It should start in about {}.", about(ms)),
    }
}

/// A time that is only guessed at: in whole seconds, rounded up.
fn about(ms: u64) -> String {
    match ms.div_ceil(1_000) {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds => format!("{} min", seconds.div_ceil(60)),
    }
}

/// What happened to a run through no fault of its pipeline, or before one came to its page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Circumstances {
    /// It is shown in place of a new run; so many milliseconds ago it was accepted.
    pub replay_of: Option<u64>,
    /// The portal went away while it ran.
    pub interrupted: bool,
    /// Its log was deleted because its time was over.
    pub log_deleted: bool,
}

/// What a visitor should know before reading on.
pub fn notices(
    run: &RunView,
    circumstances: Circumstances,
    fresh: Option<AnyView>,
    again: Option<AnyView>,
) -> AnyView {
    let Circumstances { replay_of, interrupted, log_deleted } = circumstances;
    let replay = replay_of.map(|ms| {
        view! {
            <div class="notice notice-run">
                <p class="notice-title">{format!("A replay of a run {}", ago(ms))}</p>
                <p>"All places are taken at the moment, and the same pipeline ran with the same values a short while ago: this is its run."</p>
                {fresh}
            </div>
        }
    });
    let interrupted = (interrupted && run.state.is_final()).then(|| {
        view! {
            <div class="notice notice-run">
                <p class="notice-title">"The portal went away while this ran"</p>
                <p>"It was restarted or stopped, and the sandbox went with it."</p>
                {again}
            </div>
        }
    });
    let deleted = log_deleted.then(|| {
        view! {
            <p class="notice notice-run">
                "The log of this run was deleted: logs are kept for a limited time. How it went is told below."
            </p>
        }
    });
    view! { {replay} {interrupted} {deleted} }.into_any()
}

/// `a moment ago`, `3 minutes ago`.
fn ago(ms: u64) -> String {
    match ms / 60_000 {
        0 => "of less than a minute ago".to_owned(),
        1 => "of a minute ago".to_owned(),
        minutes => format!("of {minutes} minutes ago"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_told_with_what_is_known_of_it() {
        let words = |position, wait_ms| turn_in_words(Turn { position, wait_ms });
        assert_eq!(words(1, None), "It is the next one.");
        assert_eq!(words(3, Some(12_300)), "Place 3 in the line. It should start in about 13 s.");
        assert!(words(9, Some(61_000)).ends_with("in about 2 min."));
        assert_eq!(ago(200_000), "of 3 minutes ago");
    }
}
