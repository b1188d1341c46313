//! Reads frames from whatever arrives, believing nothing that is out of order, too long or badly sealed.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::frame::{Body, End, Frame, MAX_LINE, MAX_NAME, MAX_VALUE, MAX_VALUES, MAX_WORKSPACE, VERSION};
use crate::identity::Identity;
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
    /// A frame speaks of a step that the job does not have.
    #[error("a frame of step {0}, which there is not")]
    NoSuchStep(usize),
    /// More or longer values are handed on, or a larger workspace, than may be.
    #[error("more is handed on than may be")]
    TooMuch,
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
    identity: Identity,
    steps: usize,
    drops_doubles: bool,
    buffer: Vec<u8>,
    counts: Counts,
    digest: Sha256,
    end: State,
}

/// How far a report has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// More is to come.
    Open,
    /// The end was there.
    Ended,
    /// It is not to be believed.
    Broken,
}

#[derive(Default)]
struct Counts {
    frames: u64,
    output: u64,
    values: usize,
    workspace: u64,
}

impl FrameReader {
    /// A reader of the report of this job of `steps` steps, sealed with `key`.
    pub fn new(key: RunKey, identity: Identity, steps: usize) -> Self {
        Self {
            key,
            identity,
            steps,
            drops_doubles: false,
            buffer: Vec::new(),
            counts: Counts::default(),
            digest: Sha256::new(),
            end: State::Open,
        }
    }

    /// The same reader for a source that may be cut and read again from an earlier line on: frames that have come before
    /// are dropped without a word. The end vouches for their first copies.
    #[must_use]
    pub fn dropping_doubles(self) -> Self {
        Self { drops_doubles: true, ..self }
    }

    /// How many bytes of output have come.
    pub fn output_bytes(&self) -> u64 {
        self.counts.output
    }

    /// The number of the last frame that has come: a source that was cut needs to give what follows it.
    pub fn last_seq(&self) -> u64 {
        self.counts.frames
    }

    /// Forgets the beginning of a line whose source was cut within it.
    pub fn forget_half_line(&mut self) {
        self.buffer.clear();
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
                Ok(frame) => frames.extend(frame),
                Err(error) => return (frames, Some(self.broken(error))),
            }
            rest = after;
        }
        self.buffer = rest.to_vec();
        let error = (rest.len() > MAX_LINE).then(|| self.broken(FrameError::TooLong));
        (frames, error)
    }

    fn broken(&mut self, error: FrameError) -> FrameError {
        self.end = State::Broken;
        self.buffer.clear();
        error
    }

    /// The frame of a line; none where it is a double.
    fn frame(&mut self, line: &[u8]) -> Result<Option<Frame>, FrameError> {
        if self.end == State::Broken || (self.end == State::Ended && !self.drops_doubles) {
            return Err(FrameError::AfterEnd);
        }
        if line.len() > MAX_LINE {
            return Err(FrameError::TooLong);
        }
        let frame: Frame =
            serde_json::from_slice(line).map_err(|error| FrameError::NotAFrame(error.to_string()))?;
        let expected = self.counts.frames + 1;
        if self.drops_doubles && (1..expected).contains(&frame.seq) {
            return Ok(None);
        }
        if self.end == State::Ended {
            return Err(FrameError::AfterEnd);
        }
        if frame.seq != expected {
            return Err(FrameError::OutOfOrder { expected, found: frame.seq });
        }
        self.check(&frame)?;
        self.counts.frames += 1;
        self.digest.update(line);
        Ok(Some(frame))
    }

    fn check(&mut self, frame: &Frame) -> Result<(), FrameError> {
        if (self.counts.frames == 0) != matches!(frame.body, Body::Hello { .. }) {
            return Err(FrameError::NoHello);
        }
        match &frame.body {
            Body::Hello { version, identity, steps, .. } => {
                let ours = *version == VERSION && *identity == self.identity && *steps == self.steps;
                ours.then_some(()).ok_or(FrameError::NoHello)
            }
            Body::StepStart { step } => self.has_step(*step),
            Body::StepEnd(result) => self.has_step(result.step),
            Body::Out { step, data, .. } => {
                self.counts.output += data.0.len() as u64;
                self.has_step(*step)
            }
            Body::Value { name, value } => {
                self.counts.values += 1;
                let fits = name.len() <= MAX_NAME && value.len() <= MAX_VALUE;
                (fits && self.counts.values <= MAX_VALUES).then_some(()).ok_or(FrameError::TooMuch)
            }
            Body::Workspace { data } => {
                self.counts.workspace += data.0.len() as u64;
                (self.counts.workspace <= MAX_WORKSPACE).then_some(()).ok_or(FrameError::TooMuch)
            }
            Body::Stat(_) => Ok(()),
            Body::End(end) => {
                self.end = State::Ended;
                self.authentic(end).then_some(()).ok_or(FrameError::Forged)
            }
        }
    }

    fn has_step(&self, step: usize) -> Result<(), FrameError> {
        (step < self.steps).then_some(()).ok_or(FrameError::NoSuchStep(step))
    }

    fn authentic(&self, end: &End) -> bool {
        end.frames == self.counts.frames
            && end.bytes == self.counts.output
            && end.packed.is_none_or(|packed| packed == self.counts.workspace)
            && end.results.iter().all(|result| result.step < self.steps)
            && end.digest == HEXLOWER.encode(&self.digest.clone().finalize())
            && verify(&self.key, &self.identity, end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{OutputStream, Payload, StepResult};
    use crate::writer::{Ending, FrameWriter};
    use proptest::prelude::*;

    fn key(byte: u8) -> RunKey {
        RunKey::new([byte; RunKey::LENGTH])
    }

    fn identity(run: &str) -> Identity {
        Identity { run: run.into(), job: 1, attempt: 0 }
    }

    fn hello(run: &str) -> Body {
        Body::Hello { version: VERSION, identity: identity(run), steps: 1, wall: None }
    }

    fn report(sealed_with: &RunKey) -> Vec<u8> {
        let mut out = Vec::new();
        let mut writer = FrameWriter::new(&mut out);
        writer.write(hello("r")).unwrap();
        writer.write(Body::StepStart { step: 0 }).unwrap();
        let data = Payload(b"hi\n".to_vec());
        writer.write(Body::Out { step: 0, stream: OutputStream::Out, data }).unwrap();
        let result = StepResult { took_ms: 1, ..StepResult::default() };
        writer.write(Body::StepEnd(result.clone())).unwrap();
        let ending = Ending { results: vec![result], ..Ending::default() };
        writer.end(sealed_with, &identity("r"), ending).unwrap();
        out
    }

    fn reader() -> FrameReader {
        FrameReader::new(key(1), identity("r"), 1)
    }

    fn read(bytes: &[u8]) -> (Vec<Frame>, Option<FrameError>) {
        reader().push(bytes)
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
            let mut reader = reader();
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
