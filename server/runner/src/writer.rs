//! Writes frames and keeps count of what its end has to vouch for.

use std::io::{self, Write};
use std::time::Instant;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::frame::{Body, End, Frame, StepResult, Stop};
use crate::seal::{RunKey, seal};

/// Writes one job's frames to `out`, each flushed at once.
pub struct FrameWriter<W> {
    out: W,
    started: Instant,
    frames: u64,
    bytes: u64,
    digest: Sha256,
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
    pub fn end(
        mut self,
        key: &RunKey,
        run: &str,
        job: u64,
        stopped: Option<Stop>,
        results: Vec<StepResult>,
    ) -> io::Result<()> {
        let digest = HEXLOWER.encode(&self.digest.clone().finalize());
        let (frames, bytes) = (self.frames, self.bytes);
        let mut end = End { stopped, results, frames, bytes, digest, mac: String::new() };
        seal(key, run, job, &mut end);
        self.write(Body::End(end))
    }
}
