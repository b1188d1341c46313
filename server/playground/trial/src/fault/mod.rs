//! What can go wrong, on demand.

mod active;
mod pod;

use serde::{Deserialize, Serialize};

pub use self::active::{Faults, LogEnd, LogFault, WatchFault};
pub use self::pod::{OomShape, PodFault, When};

/// Something that goes wrong. `times` is how often; each other duration is in milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// Requests are answered with `code`; empty `verb` and `resource` stand for all.
    Refuse {
        /// `get`, `list`, `watch`, `create`, `delete`.
        #[serde(default)]
        verb: String,
        /// `pods`, `pods/log`, …
        #[serde(default)]
        resource: String,
        /// 409, 429, 500, 503 or 504.
        code: u16,
        /// In seconds, as the answer says.
        #[serde(default)]
        retry_after: Option<u32>,
        /// How many requests.
        #[serde(default = "once")]
        times: u32,
    },
    /// Requests are answered late.
    Slow {
        /// As in [`Fault::Refuse`].
        #[serde(default)]
        verb: String,
        /// As in [`Fault::Refuse`].
        #[serde(default)]
        resource: String,
        /// By how much.
        millis: u64,
        /// How many requests.
        #[serde(default = "once")]
        times: u32,
    },
    /// All connections break, and new ones are refused, for so long.
    Away {
        /// How long.
        millis: u64,
    },
    /// Watches, those that are open first, end with 410 Gone.
    WatchGone {
        /// How many.
        #[serde(default = "once")]
        times: u32,
    },
    /// The connections of watches break, those that are open first.
    WatchDropped {
        /// How many.
        #[serde(default = "once")]
        times: u32,
    },
    /// Watches, those that are open first, stay open and say nothing ever again.
    WatchSilent {
        /// How many.
        #[serde(default = "once")]
        times: u32,
    },
    /// Logs that are followed end in the middle of a line.
    LogCut {
        /// After so many bytes.
        after_bytes: u64,
        /// Whether the end looks orderly; else the connection breaks.
        #[serde(default)]
        orderly: bool,
        /// How many requests for logs.
        #[serde(default = "once")]
        times: u32,
    },
    /// Logs that are followed stay open and say nothing more.
    LogStalls {
        /// After so many bytes.
        after_bytes: u64,
        /// How many requests for logs.
        #[serde(default = "once")]
        times: u32,
    },
    /// What containers print is readable only so much later, though a log that is followed ends with its container.
    LogLate {
        /// How much later.
        millis: u64,
    },
    /// Something happens to pods.
    Pod {
        /// What.
        what: PodFault,
        /// When.
        #[serde(default)]
        when: When,
        /// A part of their names; empty for any.
        #[serde(default)]
        name: String,
        /// How many pods.
        #[serde(default = "once")]
        times: u32,
    },
    /// A policy refuses new pods with these words.
    Admission {
        /// What it says.
        message: String,
        /// How many pods.
        #[serde(default = "once")]
        times: u32,
    },
    /// Quotas have no status, and so enforce nothing, for so long.
    QuotaBlind {
        /// How long.
        millis: u64,
    },
    /// New pods have the node's network: they reach the API server, and each other by their addresses.
    NetworkOpen,
    /// Nodes say that their kernel is the one that containers see.
    SameKernel,
    /// A service account's token is mounted in new pods, asked for or not.
    TokenMounted,
}

fn once() -> u32 {
    1
}

impl Fault {
    fn times(&self) -> u32 {
        match self {
            Self::Refuse { times, .. }
            | Self::Slow { times, .. }
            | Self::WatchGone { times }
            | Self::WatchDropped { times }
            | Self::WatchSilent { times }
            | Self::LogCut { times, .. }
            | Self::LogStalls { times, .. }
            | Self::Pod { times, .. }
            | Self::Admission { times, .. } => (*times).max(1),
            _ => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_read_from_json() {
        let text = r#"{"fault":"pod","what":{"out_of_memory":"kata"},"when":{"printed":5}}"#;
        let fault: Fault = serde_json::from_str(text).unwrap();
        let what = PodFault::OutOfMemory(OomShape::Kata);
        assert_eq!(fault, Fault::Pod { what, when: When::Printed(5), name: String::new(), times: 1 });
        assert!(serde_json::from_str::<Fault>(r#"{"fault":"away"}"#).is_err());
    }
}
