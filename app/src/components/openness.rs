//! Whether the playground runs anything at this moment, and what it says where it does not.

use jiff::Timestamp;
use leptos::prelude::*;
use regatta_domain::run::IsolationLevel;
use regatta_domain::switches::{PlaygroundMode, Switches};

/// Whether something can be run: what the machine can do, and what operators decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Openness {
    /// Whether and how runs are isolated.
    pub isolation: IsolationStatus,
    /// What operators decided.
    pub switches: Switches,
}

/// Whether runs can be isolated on this machine. Without isolation nothing runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IsolationStatus {
    /// The start-up probe is not done yet.
    Checking,
    /// Runs are isolated, by the first of these unless a job's image or wish leads to another one.
    Ready(Vec<Sandbox>),
    /// Nothing can be run.
    Unavailable {
        /// Why not, and what the operator can do about it.
        reason: String,
    },
}

/// Something that isolates jobs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sandbox {
    /// Its name: `bubblewrap`.
    pub executor: String,
    /// What kind of isolation that is.
    pub level: IsolationLevel,
    /// What the probe showed, one finding a line.
    pub findings: Vec<String>,
    /// When it was probed, where that is known.
    pub probed_at: Option<Timestamp>,
    /// What a job gets there, where there is more to say than of its limits, one thing a line.
    pub sizes: Vec<String>,
}

impl Openness {
    /// Why no run can be asked for at the moment; `None` where one can.
    pub fn closed(&self) -> Option<String> {
        match &self.isolation {
            IsolationStatus::Checking => Some(CHECKING.to_owned()),
            IsolationStatus::Unavailable { reason } => {
                Some(format!("Nothing can be run here: {}.", reason.trim_end_matches('.')))
            }
            IsolationStatus::Ready(_) if !self.switches.mode.takes_runs() => Some(self.mode_words()),
            IsolationStatus::Ready(_) => None,
        }
    }

    /// Why a visitor's own text cannot be run at the moment; `None` where it can.
    pub fn closed_to_own_texts(&self) -> Option<String> {
        let own = || {
            let words = "Own and changed texts are not run at the moment; the demos are, with parameters of your choice.";
            with_reason(words, self.switches.reason.as_deref())
        };
        self.closed().or_else(|| (!self.switches.edited_runs).then(own))
    }

    fn mode_words(&self) -> String {
        with_reason(self.switches.mode.words(), self.switches.reason.as_deref())
    }

    /// What a visitor should know before starting something, where there is anything.
    pub fn notice(&self) -> AnyView {
        match &self.isolation {
            IsolationStatus::Checking => {
                view! { <p class="notice notice-busy" role="status">{CHECKING}</p> }.into_any()
            }
            IsolationStatus::Unavailable { .. } => {
                view! { <p class="notice notice-bad" role="status">{self.closed()}</p> }.into_any()
            }
            IsolationStatus::Ready(_) => self.decided().into_any(),
        }
    }

    /// What operators decided, where it is not the ordinary.
    fn decided(&self) -> Option<AnyView> {
        let words = match (self.switches.mode, self.switches.edited_runs) {
            (PlaygroundMode::Open, true) => return None,
            (PlaygroundMode::Open, false) => self.closed_to_own_texts()?,
            _ => self.mode_words(),
        };
        Some(view! { <p class="notice notice-busy" role="status">{words}</p> }.into_any())
    }

    /// How runs are isolated, in a sentence.
    pub fn isolation_words(&self) -> Option<String> {
        let IsolationStatus::Ready(sandboxes) = &self.isolation else { return None };
        let words = |sandbox: &Sandbox| format!("{} ({})", sandbox.executor, sandbox.level.words());
        let (first, others) = sandboxes.split_first()?;
        let others: Vec<String> = others.iter().map(words).collect();
        let also = if others.is_empty() {
            String::new()
        } else {
            format!(" Also to be had: {}.", others.join(", "))
        };
        Some(format!("Each job runs alone in a sandbox without a network, by {}.{also}", words(first)))
    }
}

const CHECKING: &str = "Checking isolation: runs can be started as soon as the sandbox has shown that it holds. Load this \
                        page again in a moment.";

fn with_reason(words: &str, reason: Option<&str>) -> String {
    reason.map_or_else(|| words.to_owned(), |reason| format!("{words} {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ready(switches: Switches) -> Openness {
        let sandbox = Sandbox {
            executor: "bubblewrap".into(),
            level: IsolationLevel::Process,
            findings: vec![],
            probed_at: None,
            sizes: vec![],
        };
        Openness { isolation: IsolationStatus::Ready(vec![sandbox]), switches }
    }

    #[test]
    fn what_operators_decide_is_told_with_its_reason() {
        let reason = Some("We move to another machine.".to_owned());
        let open = ready(Switches::default());
        assert_eq!((open.closed(), open.closed_to_own_texts()), (None, None));
        let demos_only =
            ready(Switches { edited_runs: false, reason: reason.clone(), ..Switches::default() });
        assert_eq!(demos_only.closed(), None);
        assert!(demos_only.closed_to_own_texts().unwrap().ends_with("We move to another machine."));
        let paused =
            ready(Switches { mode: PlaygroundMode::Paused, reason: reason.clone(), ..Switches::default() });
        assert_eq!(paused.closed(), None, "what is asked for waits");
        assert!(paused.notice().to_html().contains("We move"));
        for mode in [PlaygroundMode::Draining, PlaygroundMode::ReadOnly] {
            let closed =
                ready(Switches { mode, reason: reason.clone(), ..Switches::default() }).closed().unwrap();
            assert!(closed.starts_with(mode.words()), "{closed}");
        }
    }

    #[test]
    fn nothing_runs_without_isolation() {
        let isolation = IsolationStatus::Unavailable { reason: "no <sandbox>".into() };
        let off = Openness { isolation, switches: Switches::default() };
        assert!(off.closed().is_some() && off.isolation_words().is_none());
        assert!(off.notice().to_html().contains("no &lt;sandbox&gt;"));
    }
}
