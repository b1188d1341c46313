//! Properties of the reader of frames: whatever arrives, it neither panics nor takes for an end what is none, and a
//! source that is cut loses and doubles nothing.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use proptest::collection::vec;
use proptest::prelude::*;
use regatta_runner::frame::{
    MAX_NAME, MAX_PAYLOAD, MAX_VALUE, MAX_VALUES, MAX_WORKSPACE, Payload, Stat, VERSION,
};
use regatta_runner::{
    Body, End, Ending, Frame, FrameError, FrameReader, FrameWriter, Identity, OutputStream, RunKey,
    StepResult, Stop,
};

const STEPS: usize = 3;

fn key(byte: u8) -> RunKey {
    RunKey::new([byte; RunKey::LENGTH])
}

fn identity() -> Identity {
    Identity { run: "r".into(), job: 1, attempt: 0 }
}

fn reader() -> FrameReader {
    FrameReader::new(key(1), identity(), STEPS)
}

fn hello() -> Body {
    Body::Hello { version: VERSION, identity: identity(), steps: STEPS, wall: None }
}

/// A report of these bodies after a greeting, with its end.
fn report(bodies: Vec<Body>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = FrameWriter::new(&mut out);
    let packed = bodies.iter().map(|body| match body {
        Body::Workspace { data } => data.0.len() as u64,
        _ => 0,
    });
    let ending = Ending { packed: Some(packed.sum()), ..Ending::default() };
    for body in std::iter::once(hello()).chain(bodies) {
        writer.write(body).unwrap();
    }
    writer.end(&key(1), &identity(), ending).unwrap();
    out
}

fn ends(frames: &[Frame]) -> Vec<&End> {
    let mut ends = Vec::new();
    for frame in frames {
        if let Body::End(end) = &frame.body {
            ends.push(end);
        }
    }
    ends
}

fn payload() -> impl Strategy<Value = Payload> {
    vec(any::<u8>(), 0..40).prop_map(Payload)
}

fn result() -> impl Strategy<Value = StepResult> {
    (0..STEPS, any::<i32>(), any::<bool>(), any::<u32>()).prop_map(|(step, exit, timed_out, took)| {
        StepResult { step, exit, timed_out, took_ms: took.into(), ..StepResult::default() }
    })
}

fn body() -> impl Strategy<Value = Body> {
    prop_oneof![
        (0..STEPS).prop_map(|step| Body::StepStart { step }),
        (0..STEPS, payload()).prop_map(|(step, data)| Body::Out { step, stream: OutputStream::Out, data }),
        result().prop_map(Body::StepEnd),
        ("[a-z]{1,5}", "\\PC{0,20}").prop_map(|(name, value)| Body::Value { name, value }),
        payload().prop_map(|data| Body::Workspace { data }),
        Just(Body::Stat(Stat::default())),
    ]
}

fn forged_end() -> impl Strategy<Value = End> {
    let stopped = prop_oneof![Just(None), Just(Some(Stop::Disk)), Just(Some(Stop::Packing))];
    let counts = (0..9_u64, 0..200_u64, proptest::option::of(0..80_u64));
    (stopped, vec(result(), 0..4), counts, "[0-9a-f]{64}", "[0-9a-f]{64}").prop_map(
        |(stopped, results, (frames, bytes, packed), digest, mac)| End {
            stopped,
            reason: None,
            results,
            packed,
            frames,
            bytes,
            digest,
            mac,
        },
    )
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic_or_end(bytes in vec(any::<u8>(), 0..600), lines in vec("\\PC{0,60}", 0..8)) {
        for input in [bytes, lines.join("\n").into_bytes()] {
            let (frames, _) = reader().push(&input);
            prop_assert!(frames.is_empty());
        }
    }

    #[test]
    fn an_end_that_somebody_else_made_is_never_taken(
        bodies in vec(body(), 0..8),
        mut end in forged_end(),
        honest in any::<bool>(),
    ) {
        let whole = report(bodies.clone());
        let (frames, _) = reader().push(&whole);
        let authentic = ends(&frames)[0].clone();
        if honest {
            // All that can be seen of the report is right; only the key was not known.
            end = End { mac: end.mac, ..authentic };
        }
        let mut lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
        let seq = lines.len() as u64;
        let forged = [serde_json::to_vec(&Frame { seq, ms: 0, body: Body::End(end) }).unwrap(), b"\n".to_vec()].concat();
        *lines.last_mut().unwrap() = &forged;
        let (frames, error) = reader().push(&lines.concat());
        prop_assert_eq!(error, Some(FrameError::Forged));
        prop_assert!(ends(&frames).is_empty());
    }

    #[test]
    fn a_report_that_was_changed_has_no_end_or_the_very_same(
        bodies in vec(body(), 0..6),
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let whole = report(bodies);
        let (original, error) = reader().push(&whole);
        prop_assert_eq!(error, None);
        let mut changed = whole.clone();
        for (at, byte) in changes {
            let at = at.index(changed.len());
            changed[at] = byte;
        }
        if let Some(cut) = cut {
            changed.remove(cut.index(changed.len()));
        }
        let (frames, _) = reader().push(&changed);
        for end in ends(&frames) {
            prop_assert_eq!(end, ends(&original)[0]);
            prop_assert_eq!(&frames[..frames.len() - 1], &original[..original.len() - 1]);
        }
    }

    #[test]
    fn a_source_that_is_cut_and_read_again_loses_and_doubles_nothing(
        bodies in vec(body(), 1..12),
        cuts in vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 1..30_usize), 0..12),
    ) {
        let whole = report(bodies);
        let mut starts = vec![0];
        starts.extend(whole.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1));
        let mut reader = reader().dropping_doubles();
        let mut frames = Vec::new();
        for (from, to, piece) in cuts {
            // From any line that is not beyond the next one due, to anywhere.
            let due = usize::try_from(reader.last_seq()).unwrap();
            let from = starts[from.index(due + 1)];
            let to = from + to.index(whole.len() - from + 1);
            for piece in whole[from..to].chunks(piece) {
                let (more, error) = reader.push(piece);
                prop_assert_eq!(error, None);
                frames.extend(more);
            }
            reader.forget_half_line();
        }
        let (more, error) = reader.push(&whole);
        prop_assert_eq!(error, None);
        frames.extend(more);
        let (expected, _) = self::reader().push(&whole);
        prop_assert_eq!(frames, expected);
    }
}

fn error_of(bodies: Vec<Body>) -> Option<FrameError> {
    let mut out = Vec::new();
    let mut writer = FrameWriter::new(&mut out);
    for body in bodies {
        writer.write(body).unwrap();
    }
    reader().push(&out).1
}

fn value(name: usize, value: usize) -> Body {
    Body::Value { name: "n".repeat(name), value: "v".repeat(value) }
}

#[test]
fn more_than_may_be_handed_on_is_not_believed() {
    let with = |bodies: Vec<Body>| [vec![hello()], bodies].concat();
    assert_eq!(error_of(with(vec![value(MAX_NAME, MAX_VALUE); MAX_VALUES])), None);
    assert_eq!(error_of(with(vec![value(1, 1); MAX_VALUES + 1])), Some(FrameError::TooMuch));
    assert_eq!(error_of(with(vec![value(1, MAX_VALUE + 1)])), Some(FrameError::TooMuch));
    assert_eq!(error_of(with(vec![value(MAX_NAME + 1, 1)])), Some(FrameError::TooMuch));
    let piece = Body::Workspace { data: Payload(vec![0; MAX_PAYLOAD]) };
    let most = usize::try_from(MAX_WORKSPACE).unwrap() / MAX_PAYLOAD;
    assert_eq!(error_of(with(vec![piece.clone(); most])), None);
    assert_eq!(error_of(with(vec![piece; most + 1])), Some(FrameError::TooMuch));
}

#[test]
fn steps_that_there_are_not_and_second_greetings_are_not_believed() {
    assert_eq!(error_of(vec![hello(), Body::StepStart { step: STEPS }]), Some(FrameError::NoSuchStep(STEPS)));
    assert_eq!(error_of(vec![hello(), hello()]), Some(FrameError::NoHello));
    assert_eq!(error_of(vec![Body::StepStart { step: 0 }]), Some(FrameError::NoHello));
    let other = Identity { attempt: 1, ..identity() };
    let greeting = Body::Hello { version: VERSION, identity: other, steps: STEPS, wall: None };
    assert_eq!(error_of(vec![greeting]), Some(FrameError::NoHello));
}
