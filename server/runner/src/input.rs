//! How a job reaches a runner in a container whose standard input nobody can write to: what the runner otherwise reads from
//! there is compressed (gzip, RFC 1952), written as base64 (RFC 4648, section 4) and cut into the values of variables.

use std::io::{self, Read as _, Write as _};

use data_encoding::BASE64;
use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;

/// What the variables' names begin with; their places follow, from 0.
pub const VARIABLE: &str = "REGATTA_INPUT_";

/// The most bytes of one variable's value. Kernels take 128 KiB for a variable, with its name (execve(2)).
pub const MAX_CHUNK: usize = 96 << 10;

/// How many variables there are at most. An object in a cluster has at most 1 MiB; this leaves room for what else is in it.
pub const MAX_CHUNKS: usize = 10;

/// The most bytes of a job before it is compressed: so much fits into the file system that it is unpacked in.
pub const MAX_BYTES: usize = (4 << 20) - (64 << 10);

/// Why a job cannot be brought to its runner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// It is too long.
    #[error("the job and what it is handed have more than {} KiB", MAX_BYTES >> 10)]
    TooLong,
    /// It is too large even when compressed.
    #[error(
        "the job and what it is handed have {} KiB when compressed, more than {} KiB",
        packed >> 10,
        (MAX_CHUNK * MAX_CHUNKS) >> 10
    )]
    TooLarge {
        /// The bytes that all variables would have together.
        packed: usize,
    },
    /// There is no first variable.
    #[error("there is no variable {VARIABLE}0")]
    Missing,
    /// There are more variables than there may be, or one is too long.
    #[error("the variables {VARIABLE}… have more than they may")]
    TooMany,
    /// The variables are not base64.
    #[error("the variables {VARIABLE}… do not hold base64")]
    NotBase64,
    /// What they spell is not compressed as it should be, or not whole.
    #[error("the variables {VARIABLE}… do not hold a whole gzip stream")]
    NotGzip,
}

/// The name of the variable that has this place.
pub fn name(chunk: usize) -> String {
    format!("{VARIABLE}{chunk}")
}

/// The variables' values for a job of these bytes; the same bytes always give the same values.
pub fn pack(bytes: &[u8]) -> Result<Vec<String>, InputError> {
    if bytes.len() > MAX_BYTES {
        return Err(InputError::TooLong);
    }
    let text = BASE64.encode(&compressed(bytes).map_err(|_| InputError::TooLong)?);
    if text.len() > MAX_CHUNK * MAX_CHUNKS {
        return Err(InputError::TooLarge { packed: text.len() });
    }
    let starts = (0..text.len()).step_by(MAX_CHUNK);
    Ok(starts.map(|start| text[start..text.len().min(start + MAX_CHUNK)].to_owned()).collect())
}

fn compressed(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// The bytes of the job whose variables have these values, in the order of their places.
pub fn unpack<S: AsRef<str>>(chunks: &[S]) -> Result<Vec<u8>, InputError> {
    if chunks.is_empty() {
        return Err(InputError::Missing);
    }
    if chunks.len() > MAX_CHUNKS || chunks.iter().any(|chunk| chunk.as_ref().len() > MAX_CHUNK) {
        return Err(InputError::TooMany);
    }
    let text: String = chunks.iter().map(AsRef::as_ref).collect();
    let packed = BASE64.decode(text.as_bytes()).map_err(|_| InputError::NotBase64)?;
    let mut bytes = Vec::new();
    let mut decoder = GzDecoder::new(packed.as_slice());
    // One byte more than there may be, so that too much is seen without being unpacked.
    decoder.by_ref().take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(|_| InputError::NotGzip)?;
    if bytes.len() > MAX_BYTES {
        return Err(InputError::TooLong);
    }
    if decoder.into_inner().is_empty() { Ok(bytes) } else { Err(InputError::NotGzip) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Bytes that no compression makes shorter.
    fn noise(length: usize) -> Vec<u8> {
        let mut state = 1_u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state.to_be_bytes()[0]
        };
        (0..length).map(|_| next()).collect()
    }

    #[test]
    fn several_variables_make_one_job() {
        let bytes = noise(300_000);
        let chunks = pack(&bytes).unwrap();
        assert_eq!(chunks.len(), 5);
        assert!(chunks.iter().all(|chunk| chunk.len() <= MAX_CHUNK));
        assert_eq!(unpack(&chunks), Ok(bytes.clone()));
        assert_eq!(pack(&bytes), Ok(chunks));
        assert_eq!(name(3), "REGATTA_INPUT_3");
    }

    #[test]
    fn what_does_not_fit_is_refused_with_the_limit() {
        assert_eq!(pack(&vec![0; MAX_BYTES + 1]), Err(InputError::TooLong));
        let error = pack(&noise(1 << 20)).unwrap_err();
        assert!(
            matches!(error, InputError::TooLarge { .. }) && error.to_string().ends_with("960 KiB"),
            "{error}"
        );
        assert_eq!(unpack(&pack(&vec![0; MAX_BYTES]).unwrap()).unwrap().len(), MAX_BYTES);
    }

    #[test]
    fn a_small_text_that_becomes_a_large_one_is_stopped_on_the_way() {
        let bomb = BASE64.encode(&compressed(&vec![0; 64 << 20]).unwrap());
        assert!(bomb.len() < MAX_CHUNK);
        assert_eq!(unpack(&[bomb]), Err(InputError::TooLong));
    }

    #[test]
    fn damage_is_seen() {
        let none: [&str; 0] = [];
        assert_eq!(unpack(&none), Err(InputError::Missing));
        assert_eq!(unpack(&["****"]), Err(InputError::NotBase64));
        assert_eq!(unpack(&[BASE64.encode(b"no gzip")]), Err(InputError::NotGzip));
        assert_eq!(unpack(&vec![String::new(); MAX_CHUNKS + 1]), Err(InputError::TooMany));
        let mut after = compressed(b"job").unwrap();
        after.extend(b"more");
        assert_eq!(unpack(&[BASE64.encode(&after)]), Err(InputError::NotGzip));
        let mut changed = compressed(b"a job of some length").unwrap();
        changed[14] ^= 1;
        assert_eq!(unpack(&[BASE64.encode(&changed)]), Err(InputError::NotGzip));
    }

    proptest! {
        #[test]
        fn every_job_arrives_as_it_was(bytes in proptest::collection::vec(any::<u8>(), 0..5000)) {
            prop_assert_eq!(unpack(&pack(&bytes).unwrap()), Ok(bytes));
        }

        #[test]
        fn half_a_job_is_none(bytes in proptest::collection::vec(any::<u8>(), 0..500), cut in 1_usize..200) {
            let whole = compressed(&bytes).unwrap();
            let half = &whole[..whole.len().saturating_sub(cut)];
            prop_assert!(unpack(&[BASE64.encode(half)]).is_err());
        }

        #[test]
        fn no_text_makes_it_panic(chunks in proptest::collection::vec(".{0,40}", 0..12)) {
            prop_assert!(unpack(&chunks).is_err());
        }

        #[test]
        fn no_stream_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut stream = vec![0x1f, 0x8b, 8, 0];
            stream.extend(bytes);
            let _ = unpack(&[BASE64.encode(&stream)]);
        }
    }
}
