//! Reads frames from whatever arrives, believing nothing that is out of order, too long or badly sealed.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::frame::{Body, End, Frame, MAX_LINE, VERSION};
use crate::seal::{RunKey, verify};

/// Why what arrived is not a runner's report.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// A line is longer than any frame.
    #[error("a line of more than {MAX_LINE} bytes")]
    TooLong,
    /// A line is not a frame.
    #[error("a line that is not a frame: {0}")]
    NotAFrame(String),
    /// A frame is missing, doubled or foreign.
    #[error("frame {found} where frame {expected} was due")]
    OutOfOrder {
        /// The number that was due.
        expected: u64,
        /// The number that came.
        found: u64,
    },
    /// The first frame is not the greeting of this job's runner.
    #[error("no greeting for this run and job")]
    NoHello,
    /// The end is not sealed with this job's key, or vouches for other frames than those that came.
    #[error("an end that is not authentic")]
    Forged,
    /// Something came after the end.
    #[error("a frame after the end")]
    AfterEnd,
}

/// Takes bytes as they arrive and gives frames. After an error it gives nothing more.
pub struct FrameReader {
    key: RunKey,
    run: String,
    job: u64,
    buffer: Vec<u8>,
    frames: u64,
    bytes: u64,
    digest: Sha256,
    over: bool,
}

impl FrameReader {
    /// A reader of the report of this run's job, sealed with `key`.
    pub fn new(key: RunKey, run: &str, job: u64) -> Self {
        Self {
            key,
            run: run.to_owned(),
            job,
            buffer: Vec::new(),
            frames: 0,
            bytes: 0,
            digest: Sha256::new(),
            over: false,
        }
    }

    /// How many bytes of output have come.
    pub fn output_bytes(&self) -> u64 {
        self.bytes
    }

    /// Takes in `bytes` and returns the frames that they complete, up to the first error.
    pub fn push(&mut self, bytes: &[u8]) -> (Vec<Frame>, Option<FrameError>) {
        let mut frames = Vec::new();
        let mut arrived = std::mem::take(&mut self.buffer);
        arrived.extend_from_slice(bytes);
        let mut rest = arrived.as_slice();
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let (line, after) = rest.split_at(end + 1);
            match self.frame(line) {
                Ok(frame) => frames.push(frame),
                Err(error) => return (frames, Some(error)),
            }
            rest = after;
        }
        self.buffer = rest.to_vec();
        (frames, (rest.len() > MAX_LINE).then_some(FrameError::TooLong))
    }

    fn frame(&mut self, line: &[u8]) -> Result<Frame, FrameError> {
        if self.over {
            return Err(FrameError::AfterEnd);
        }
        if line.len() > MAX_LINE {
            return Err(FrameError::TooLong);
        }
        let frame: Frame =
            serde_json::from_slice(line).map_err(|error| FrameError::NotAFrame(error.to_string()))?;
        let expected = self.frames + 1;
        if frame.seq != expected {
            return Err(FrameError::OutOfOrder { expected, found: frame.seq });
        }
        self.check(&frame)?;
        self.frames += 1;
        self.digest.update(line);
        Ok(frame)
    }

    fn check(&mut self, frame: &Frame) -> Result<(), FrameError> {
        match &frame.body {
            Body::Hello { version, run, job, .. } => {
                let ours = *version == VERSION && *run == self.run && *job == self.job && self.frames == 0;
                ours.then_some(()).ok_or(FrameError::NoHello)
            }
            _ if self.frames == 0 => Err(FrameError::NoHello),
            Body::Out { data, .. } => {
                self.bytes += data.0.len() as u64;
                Ok(())
            }
            Body::End(end) => {
                self.over = true;
                self.authentic(end).then_some(()).ok_or(FrameError::Forged)
            }
            _ => Ok(()),
        }
    }

    fn authentic(&self, end: &End) -> bool {
        end.frames == self.frames
            && end.bytes == self.bytes
            && end.digest == HEXLOWER.encode(&self.digest.clone().finalize())
            && verify(&self.key, &self.run, self.job, end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{OutputStream, Payload, StepResult};
    use crate::writer::FrameWriter;
    use proptest::prelude::*;

    fn key(byte: u8) -> RunKey {
        RunKey::new([byte; RunKey::LENGTH])
    }

    fn hello(run: &str) -> Body {
        Body::Hello { version: VERSION, run: run.into(), job: 1, steps: 1 }
    }

    fn report(sealed_with: &RunKey) -> Vec<u8> {
        let mut out = Vec::new();
        let mut writer = FrameWriter::new(&mut out);
        writer.write(hello("r")).unwrap();
        writer.write(Body::StepStart { step: 0 }).unwrap();
        let data = Payload(b"hi\n".to_vec());
        writer.write(Body::Out { step: 0, stream: OutputStream::Out, data }).unwrap();
        let result = StepResult { step: 0, exit: 0, took_ms: 1 };
        writer.write(Body::StepEnd(result.clone())).unwrap();
        writer.end(sealed_with, "r", 1, None, vec![result]).unwrap();
        out
    }

    fn read(bytes: &[u8]) -> (Vec<Frame>, Option<FrameError>) {
        FrameReader::new(key(1), "r", 1).push(bytes)
    }

    #[test]
    fn a_report_is_read_to_its_authentic_end() {
        let (frames, error) = read(&report(&key(1)));
        assert_eq!(error, None);
        assert_eq!(frames.len(), 5);
        assert!(matches!(&frames[4].body, Body::End(end) if end.bytes == 3 && end.results.len() == 1));
    }

    #[test]
    fn an_end_sealed_with_another_key_is_forged() {
        assert_eq!(read(&report(&key(2))).1, Some(FrameError::Forged));
    }

    #[test]
    fn a_changed_line_of_output_breaks_the_seal() {
        let text = String::from_utf8(report(&key(1))).unwrap().replace("aGkK", "aGEK");
        assert_eq!(read(text.as_bytes()).1, Some(FrameError::Forged));
    }

    #[test]
    fn a_missing_frame_is_noticed() {
        let text = String::from_utf8(report(&key(1))).unwrap();
        let without: String =
            text.split_inclusive('\n').filter(|line| !line.contains("step_start")).collect();
        assert_eq!(read(without.as_bytes()).1, Some(FrameError::OutOfOrder { expected: 2, found: 3 }));
    }

    #[test]
    fn a_report_of_another_run_and_frames_after_the_end_are_refused() {
        let mut out = Vec::new();
        FrameWriter::new(&mut out).write(hello("other")).unwrap();
        assert_eq!(read(&out).1, Some(FrameError::NoHello));
        let twice = [report(&key(1)), report(&key(1))].concat();
        assert_eq!(read(&twice).1, Some(FrameError::AfterEnd));
    }

    #[test]
    fn a_line_without_end_is_cut_off() {
        assert_eq!(read(&vec![b'x'; MAX_LINE + 1]).1, Some(FrameError::TooLong));
    }

    proptest! {
        #[test]
        fn the_pieces_it_arrives_in_do_not_matter(cuts in proptest::collection::vec(1_usize..40, 0..60)) {
            let whole = report(&key(1));
            let mut reader = FrameReader::new(key(1), "r", 1);
            let (mut rest, mut frames) = (whole.as_slice(), Vec::new());
            for cut in cuts {
                let (piece, after) = rest.split_at(cut.min(rest.len()));
                frames.extend(reader.push(piece).0);
                rest = after;
            }
            let (last, error) = reader.push(rest);
            frames.extend(last);
            prop_assert_eq!(error, None);
            prop_assert_eq!(frames, read(&whole).0);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let (frames, _) = read(&bytes);
            prop_assert!(frames.is_empty());
        }
    }
}
