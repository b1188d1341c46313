//! Where something stands, as word, shape and colour together.

use std::borrow::Cow;

/// What a mark shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The name by which the style sheet and [`drawing`] know the state.
    pub name: &'static str,
    /// The words that one reads.
    pub words: Cow<'static, str>,
}

impl Shown {
    /// The state called `name`, in `words`.
    pub fn new(name: &'static str, words: impl Into<Cow<'static, str>>) -> Self {
        Self { name, words: words.into() }
    }
}

/// The shape of a state as the inside of an SVG of 20 by 20: hollow, half and striped squares on the way, a square in a
/// square for success, a diamond for failure, a cross for what was cancelled, black and yellow where the portal failed.
pub fn drawing(state: &'static str) -> &'static str {
    const SQUARE: &str = r#"<path class="outline" d="M2 2h16v16H2z"/>"#;
    const HALF: &str = r#"<path class="outline" d="M2 2h16v16H2z"/><path class="solid" d="M2 2h8v16H2z"/>"#;
    const STRIPES: &str = r#"<path class="stripes" d="M3 10h14"/><path class="outline" d="M2 2h16v16H2z"/>"#;
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
        "infra_error" | "image_pull" | "evicted" | "node_lost" | "vanished" => HAZARD,
        "skipped" => DASH,
        _ => SQUARE,
    }
}

#[cfg(test)]
mod tests {
    use regatta_domain::run::{Ending, RunState};

    use super::drawing;

    #[test]
    fn no_two_kinds_of_outcome_share_a_shape() {
        let kinds = [
            RunState::Queued,
            RunState::Starting,
            RunState::Running,
            RunState::Ended(Ending::Succeeded),
            RunState::Ended(Ending::Failed),
            RunState::Ended(Ending::TimedOut),
            RunState::Ended(Ending::Cancelled),
            RunState::Ended(Ending::InfraError),
        ];
        for (at, one) in kinds.iter().enumerate() {
            for other in &kinds[at + 1..] {
                assert_ne!(drawing(one.as_str()), drawing(other.as_str()), "{one:?} and {other:?}");
            }
        }
    }
}
