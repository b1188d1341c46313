//! What the runner is told to do.
//!
//! Its standard input, or the file that stands for it (see [`crate::input`]), has the key on the first line, a [`Spec`]
//! as JSON on the second, and then, without anything between them, the packed workspaces whose lengths the specification
//! gives.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::frame::Payload;
use crate::identity::Identity;
use crate::seal::RunKey;

/// The most bytes of a specification.
pub const MAX_SPEC: u64 = 4 << 20;

/// The most filters of system calls.
pub const MAX_FILTERS: usize = 8;

/// The most bytes that all of them have together.
pub const MAX_FILTER_BYTES: usize = 64 << 10;

/// The bytes of one instruction of a filter: the kernel's `struct sock_filter`.
const INSTRUCTION: usize = 8;

/// One job, as the runner needs to know it. Paths are the sandbox's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// Which job it is.
    pub identity: Identity,
    /// Its steps in order.
    pub steps: Vec<SpecStep>,
    /// Variables of its steps, beside the runner's own.
    pub environment: BTreeMap<String, String>,
    /// The shell that runs the steps.
    pub shell: PathBuf,
    /// Where the first step starts, and what [`crate::frame::Stat`] measures. Steps know it as `WORKSPACE`.
    pub workspace: PathBuf,
    /// A folder for what is carried from step to step. Its path needs no quoting in a shell.
    pub state: PathBuf,
    /// Folders whose file systems must not become full, and files whose own size counts with what those hold.
    pub watched: Vec<PathBuf>,
    /// How many files each of those file systems may hold. An empty one takes no room, but memory of the kernel's.
    pub files: Option<u64>,
    /// How many processes and threads there may be in the runner's process namespace, itself included. The kernel
    /// refuses new ones only a good deal later, so that a job beyond its limit can be told from one that keeps to it.
    pub processes: Option<u64>,
    /// The names of files that steps may leave in the folder `RESULTS_DIR`, whose contents are handed on as values.
    pub results: Vec<String>,
    /// What the command `meta` begins with, as JSON by first key. What it has at last is handed on as values; without
    /// this there is no such command.
    pub metadata: Option<BTreeMap<String, String>>,
    /// The lengths of the packed workspaces that follow, in the order in which they are unpacked in the workspace.
    pub unpack: Vec<u64>,
    /// Whether the workspace is packed and handed on when every step has succeeded.
    pub pack: bool,
    /// The walls that the runner puts up around steps. Without this it puts up none: the sandbox around it has them.
    #[serde(default)]
    pub walls: Option<Walls>,
    /// How many bytes the watched file systems may come to hold together beyond what they held when the job began, until
    /// they count as full; with walls also the longest file of a step. For sandboxes whose file systems keep no limit of
    /// their own, or not the job's.
    #[serde(default)]
    pub disk_bytes: Option<u64>,
}

/// What the runner puts around steps: names of their own, or else a filter of sockets; see [`crate::Wall`] for what came of
/// it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Walls {
    /// Filters of system calls, each an array of the kernel's `struct sock_filter` in its own byte order, which steps get on
    /// top; at most [`MAX_FILTERS`], of [`MAX_FILTER_BYTES`] together.
    pub filters: Vec<Payload>,
}

impl Walls {
    /// What is wrong with the filters, if anything is.
    fn fault(&self) -> Option<&'static str> {
        let lengths = || self.filters.iter().map(|filter| filter.0.len());
        if self.filters.len() > MAX_FILTERS || lengths().sum::<usize>() > MAX_FILTER_BYTES {
            Some("its filters of system calls are too many or too long")
        } else if lengths().any(|length| length == 0 || length % INSTRUCTION != 0) {
            Some("one of its filters of system calls is none")
        } else {
            None
        }
    }
}

/// One step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpecStep {
    /// Its name, which the shell puts before its messages.
    pub name: String,
    /// What it runs.
    pub script: String,
    /// How it runs.
    pub manner: Manner,
    /// Runs even when a step before it failed.
    pub always: bool,
    /// Its failure does not count as one.
    pub tolerated: bool,
    /// Variables that this step alone sees.
    pub environment: BTreeMap<String, String>,
    /// The folder it starts in, absolute or below the workspace; made where it is not there.
    pub directory: Option<String>,
    /// The most milliseconds it may take. Beyond, all of it is killed and its exit code is 124.
    pub timeout_ms: Option<u64>,
}

/// How a step runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Manner {
    /// As `sh -e` reads it, with what the step before it exported and in the folder it was in.
    #[default]
    Sourced,
    /// As a program of its own, with the job's variables, in the workspace. A first line that begins with `#!` names
    /// its interpreter; otherwise that is `sh -e`.
    Program,
}

impl Spec {
    /// The two lines that begin the runner's standard input.
    pub fn with_key(&self, key: &RunKey) -> serde_json::Result<Vec<u8>> {
        let mut bytes = key.to_hex().into_bytes();
        bytes.push(b'\n');
        serde_json::to_writer(&mut bytes, self)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Reads what [`Spec::with_key`] wrote, or says what is wrong with it. What follows stays in the reader returned.
    /// No copy of the key's text is left in memory.
    pub fn read<R: Read>(mut input: R) -> Result<(RunKey, Self, BufReader<R>), String> {
        let key = read_key(&mut input)?;
        let mut rest = BufReader::new(input);
        let mut line = Vec::new();
        let read = rest.by_ref().take(MAX_SPEC + 1).read_until(b'\n', &mut line);
        read.map_err(|error| error.to_string())?;
        if line.len() as u64 > MAX_SPEC {
            return Err("it is too long".to_owned());
        }
        let spec: Self = serde_json::from_slice(&line).map_err(|error| error.to_string())?;
        match spec.walls.as_ref().and_then(Walls::fault) {
            Some(fault) => Err(fault.to_owned()),
            None => Ok((key, spec, rest)),
        }
    }
}

fn read_key(input: &mut impl Read) -> Result<RunKey, String> {
    let mut text = [0; 2 * RunKey::LENGTH + 1];
    let read = input.read_exact(&mut text);
    let key = text.strip_suffix(b"\n").and_then(RunKey::from_hex);
    text.fill(0);
    std::hint::black_box(&text);
    read.map_err(|error| error.to_string())?;
    key.ok_or_else(|| "the first line is not a key".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> Spec {
        Spec {
            identity: Identity { run: "r".into(), job: 2, attempt: 1 },
            steps: vec![SpecStep {
                name: "one".into(),
                script: "echo \"a\nb\"".into(),
                ..SpecStep::default()
            }],
            environment: BTreeMap::from([("A".into(), "line\nline".into())]),
            shell: "/bin/sh".into(),
            workspace: "/workspace".into(),
            state: "/state".into(),
            watched: Vec::new(),
            files: None,
            processes: Some(8),
            results: vec!["digest".into()],
            metadata: None,
            unpack: vec![3],
            pack: true,
            walls: Some(Walls { filters: vec![Payload(vec![6, 0, 0, 0, 0, 0, 0, 0])] }),
            disk_bytes: Some(9),
        }
    }

    #[test]
    fn what_was_written_is_read_and_the_rest_stays() {
        let mut bytes = spec().with_key(&RunKey::new([5; RunKey::LENGTH])).unwrap();
        bytes.extend(b"abc");
        let (key, read, mut rest) = Spec::read(bytes.as_slice()).unwrap();
        assert_eq!(key.to_hex(), "05".repeat(RunKey::LENGTH));
        assert_eq!(read, spec());
        let mut left = String::new();
        rest.read_to_string(&mut left).unwrap();
        assert_eq!(left, "abc");
    }

    #[test]
    fn what_is_no_specification_is_refused_with_a_reason() {
        let key = "05".repeat(RunKey::LENGTH);
        for (input, reason) in [
            (String::new(), "fill"),
            ("x".repeat(2 * RunKey::LENGTH) + "\n{}\n", "not a key"),
            (format!("{key} {{}}\n"), "not a key"),
            (format!("{key}\n"), "EOF"),
            (format!("{key}\n[]\n"), "invalid"),
        ] {
            let error = Spec::read(input.as_bytes()).map(|_| ()).unwrap_err();
            assert!(error.contains(reason), "{input:?}: {error}");
        }
        let endless = [format!("{key}\n").as_bytes(), &vec![b' '; 5 << 20]].concat();
        assert_eq!(Spec::read(endless.as_slice()).map(|_| ()), Err("it is too long".to_owned()));
    }

    #[test]
    fn filters_are_whole_and_few() {
        let read = |lengths: &[usize]| {
            let filters = lengths.iter().map(|length| Payload(vec![0; *length])).collect();
            let spec = Spec { walls: Some(Walls { filters }), ..spec() };
            let bytes = spec.with_key(&RunKey::new([5; RunKey::LENGTH])).unwrap();
            Spec::read(bytes.as_slice()).map(|_| ())
        };
        assert_eq!(read(&[8, 4096]), Ok(()));
        for whole in [&[0][..], &[12], &[8, 7]] {
            assert!(read(whole).unwrap_err().ends_with("is none"), "{whole:?}");
        }
        for much in [&[8; 9][..], &[10 << 10; 7]] {
            assert!(read(much).unwrap_err().ends_with("too many or too long"), "{much:?}");
        }
    }

    #[test]
    fn a_job_that_says_nothing_of_walls_is_read_as_before() {
        let text = serde_json::to_string(&Spec { walls: None, disk_bytes: None, ..spec() }).unwrap();
        let text = text.replace(",\"walls\":null,\"disk_bytes\":null", "");
        assert!(!text.contains("walls"));
        let input = format!("{}\n{text}\n", "05".repeat(RunKey::LENGTH));
        assert_eq!(Spec::read(input.as_bytes()).unwrap().1.walls, None);
    }
}
