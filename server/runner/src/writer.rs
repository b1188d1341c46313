//! Writes frames and keeps count of what its end has to vouch for.

use std::io::{self, Write};
use std::time::Instant;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::frame::{Body, End, Frame, StepResult, Stop};
use crate::identity::Identity;
use crate::seal::{RunKey, seal};

/// Writes one job's frames to `out`, each flushed at once.
pub struct FrameWriter<W> {
    out: W,
    started: Instant,
    frames: u64,
    bytes: u64,
    digest: Sha256,
}

/// What an end says of a job, beside what its writer counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ending {
    /// See [`End::stopped`].
    pub stopped: Option<Stop>,
    /// See [`End::reason`].
    pub reason: Option<String>,
    /// See [`End::results`].
    pub results: Vec<StepResult>,
    /// See [`End::packed`].
    pub packed: Option<u64>,
}

impl<W: Write> FrameWriter<W> {
    /// A writer whose clock starts now.
    pub fn new(out: W) -> Self {
        Self { out, started: Instant::now(), frames: 0, bytes: 0, digest: Sha256::new() }
    }

    /// Writes the next frame.
    pub fn write(&mut self, body: Body) -> io::Result<()> {
        if let Body::Out { data, .. } = &body {
            self.bytes += data.0.len() as u64;
        }
        let ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let mut line = serde_json::to_vec(&Frame { seq: self.frames + 1, ms, body })?;
        line.push(b'\n');
        self.frames += 1;
        self.digest.update(&line);
        self.out.write_all(&line)?;
        self.out.flush()
    }

    /// Writes the sealed end, after which there is nothing to write.
    pub fn end(mut self, key: &RunKey, identity: &Identity, ending: Ending) -> io::Result<()> {
        let digest = HEXLOWER.encode(&self.digest.clone().finalize());
        let Ending { stopped, reason, results, packed } = ending;
        let (frames, bytes, mac) = (self.frames, self.bytes, String::new());
        let mut end = End { stopped, reason, results, packed, frames, bytes, digest, mac };
        seal(key, identity, &mut end);
        self.write(Body::End(end))
    }
}
