//! The frames: one JSON object a line.
//!
//! ```text
//! {"seq":1,"ms":0,"kind":"hello","version":3,"run":"r1","job":0,"attempt":0,"steps":1}
//! {"seq":2,"ms":1,"kind":"step_start","step":0}
//! {"seq":3,"ms":3,"kind":"out","step":0,"stream":"out","data":"aGVsbG8K"}
//! {"seq":4,"ms":4,"kind":"stat","disk_free":134213632,"disk_total":134217728,"held_bytes":4096,"cpu_ms":1,"peak_bytes":1835008,"memory_bytes":917504}
//! {"seq":5,"ms":4,"kind":"value","name":"digest","value":"2cf24d"}
//! {"seq":6,"ms":4,"kind":"step_end","step":0,"exit":0,"took_ms":3,"cpu_ms":1,"peak_bytes":1835008}
//! {"seq":7,"ms":5,"kind":"workspace","data":"Li8…"}
//! {"seq":8,"ms":5,"kind":"end","results":[…],"packed":2048,"frames":7,"bytes":6,"digest":"…","mac":"…"}
//! ```
//!
//! `seq` counts from 1 without gaps. `ms` are milliseconds since the runner started, by a clock that only goes
//! forwards: the sandbox's idea of the date is never used.

use data_encoding::BASE64;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::identity::Identity;

/// The version of the format that this crate reads and writes.
pub const VERSION: u32 = 3;

/// The most bytes of output, or of a packed workspace, that one frame carries. In base64 and with all that goes around it
/// that is less than the 16 KiB at which container runtimes cut the lines of a log in pieces, each with a time of its own
/// (containerd's and CRI-O's usual length): who reads the log puts them together again, but only where none is missing.
pub const MAX_PAYLOAD: usize = 11 << 10;

/// The longest line that a reader accepts: a full payload in base64, or the end of a job of many steps.
pub const MAX_LINE: usize = 64 << 10;

/// The longest value that a job hands on, in bytes.
pub const MAX_VALUE: usize = 4 << 10;

/// The longest name of such a value, in bytes.
pub const MAX_NAME: usize = 256;

/// How many values a job hands on at most.
pub const MAX_VALUES: usize = 64;

/// The largest packed workspace that a job hands on, in bytes.
pub const MAX_WORKSPACE: u64 = 16 << 20;

/// The longest reason that an end gives, in bytes.
pub const MAX_REASON: usize = 512;

/// One line of the runner's report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// Its place, from 1, without gaps.
    pub seq: u64,
    /// Milliseconds since the runner started.
    pub ms: u64,
    /// What it tells.
    #[serde(flatten)]
    pub body: Body,
}

/// What a frame tells. Steps are named by their place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Body {
    /// The runner stands inside its sandbox; always the first frame.
    Hello {
        /// The format's version, [`VERSION`].
        version: u32,
        /// The job it was started for.
        #[serde(flatten)]
        identity: Identity,
        /// How many steps it was given.
        steps: usize,
        /// The wall that it has put up around them, where it was told to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        wall: Option<Wall>,
    },
    /// A step began.
    StepStart {
        /// The step.
        step: usize,
    },
    /// A step printed something.
    Out {
        /// The step.
        step: usize,
        /// Where to.
        stream: OutputStream,
        /// What, at most [`MAX_PAYLOAD`] bytes.
        data: Payload,
    },
    /// A step ended and nothing of it is left.
    StepEnd(StepResult),
    /// The job hands on a value, at the end of its last step.
    Value {
        /// Its name, at most [`MAX_NAME`] bytes.
        name: String,
        /// The value, at most [`MAX_VALUE`] bytes.
        value: String,
    },
    /// A piece of the packed workspace that the job hands on; whole once [`End::packed`] says so.
    Workspace {
        /// The piece, at most [`MAX_PAYLOAD`] bytes.
        data: Payload,
    },
    /// A sign of life, with what the job has used so far.
    Stat(Stat),
    /// The job is over; always the last frame.
    End(End),
}

/// What stands around steps where the runner has put it up itself, because its sandbox does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wall {
    /// What keeps steps from the network.
    pub network: NetworkWall,
    /// What keeps them from the runner.
    pub runner: RunnerWall,
}

/// What keeps steps from the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NetworkWall {
    /// They have a network of their own: nothing but a loopback interface.
    Namespace,
    /// They can make no sockets but those of the family `AF_UNIX`.
    Filter,
}

/// What keeps steps from the runner, who is the same user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunnerWall {
    /// They have process numbers of their own, among which the runner has none.
    Namespace,
    /// The kernel: it refused every way to the runner that was tried from where steps are.
    Kernel,
}

/// Where a step printed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputStream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// How a step ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepResult {
    /// The step.
    pub step: usize,
    /// Its exit code: 128 + n when signal n ended it, 124 when its time was over.
    pub exit: i32,
    /// Whether it was stopped because its time was over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub timed_out: bool,
    /// How long it ran, in milliseconds.
    pub took_ms: u64,
    /// Processor time of its processes, in milliseconds.
    pub cpu_ms: u64,
    /// The largest resident set that one of them had, in bytes.
    pub peak_bytes: u64,
}

/// What a job has used so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stat {
    /// Bytes left in the workspace.
    pub disk_free: u64,
    /// The workspace's size in bytes.
    pub disk_total: u64,
    /// What all watched file systems hold, in bytes: contents, and what the kernel needs for each file.
    #[serde(default)]
    pub held_bytes: u64,
    /// Processor time of the processes that have ended, in milliseconds.
    pub cpu_ms: u64,
    /// The largest resident set that one of them had, in bytes.
    pub peak_bytes: u64,
    /// What the processes in sight hold for themselves alone, in bytes: memory that is not a file's.
    #[serde(default)]
    pub memory_bytes: u64,
    /// What its kernel says that there is of memory in all, in bytes: in a virtual machine less than the job's limit. 0 where
    /// that is not looked at.
    #[serde(default, skip_serializing_if = "is_none")]
    pub memory_total: u64,
    /// How many processes its kernel has killed since the job began because there was no more memory. 0 where that is not
    /// looked at.
    #[serde(default, skip_serializing_if = "is_none")]
    pub memory_kills: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde asks for")]
fn is_none(count: &u64) -> bool {
    *count == 0
}

/// Why the runner ended a job before its steps had all had their turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// A file system of the sandbox was full, or held too many files.
    Disk,
    /// A step failed when no more processes could be started.
    Processes,
    /// Somebody outside asked it to.
    Signal,
    /// The workspaces that it was given could not be unpacked; no step ran. [`End::reason`] says why.
    Unpacking,
    /// No wall could be put up around its steps that keeps them from the network and from the runner; no step ran.
    /// [`End::reason`] says why.
    Wall,
    /// Its workspace could not be packed, after all steps had succeeded. [`End::reason`] says why.
    Packing,
}

/// The authenticated end of a job.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// Why it ended early, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Stop>,
    /// What there is to say about that, at most [`MAX_REASON`] bytes. It may quote what steps wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The steps that ran, in order.
    pub results: Vec<StepResult>,
    /// How many bytes the packed workspace has that the frames before this one carried, where it was asked for and is
    /// whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packed: Option<u64>,
    /// How many frames came before this one.
    pub frames: u64,
    /// How many bytes of output they carried.
    pub bytes: u64,
    /// SHA-256 over those frames' lines, line ends included, in lower-case hexadecimal.
    pub digest: String,
    /// HMAC-SHA256 over all of the above and the job's identity (see [`crate::seal`]), in lower-case hexadecimal.
    pub mac: String,
}

/// Bytes, written as base64 (RFC 4648, section 4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload(pub Vec<u8>);

impl Serialize for Payload {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = BASE64.decode(text.as_bytes()).map_err(serde::de::Error::custom)?;
        if bytes.len() > MAX_PAYLOAD {
            return Err(serde::de::Error::custom("more bytes than one frame may carry"));
        }
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_frame_is_one_line_of_a_containers_log() {
        let data = || Payload(vec![0; MAX_PAYLOAD]);
        let out = Body::Out { step: usize::MAX, stream: OutputStream::Out, data: data() };
        for body in [out, Body::Workspace { data: data() }] {
            let line = serde_json::to_vec(&Frame { seq: u64::MAX, ms: u64::MAX, body }).unwrap();
            assert!(line.len() < 16 << 10, "{}", line.len());
        }
    }
}
