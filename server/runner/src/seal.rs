//! The seal of a job's end: HMAC-SHA256 (RFC 2104) over everything the end vouches for.
//!
//! The key is made for one job, reaches the runner through a pipe before the first step starts, and is never in a
//! place that a step can read: the runner cannot be traced, and its memory and descriptors cannot be opened.

use std::fmt;

use data_encoding::HEXLOWER;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::frame::{End, Stop};

/// Names the message, so that no other use of a key can be taken for this one.
const PURPOSE: &[u8] = b"regatta job end, version 1";

/// The secret that the portal and the runner share for one job.
pub struct RunKey([u8; Self::LENGTH]);

impl RunKey {
    /// Its length in bytes.
    pub const LENGTH: usize = 32;

    /// A key of these bytes, which must come from a source of randomness good enough for secrets.
    pub fn new(bytes: [u8; Self::LENGTH]) -> Self {
        Self(bytes)
    }

    /// The key as its pipe carries it: lower-case hexadecimal.
    pub fn to_hex(&self) -> String {
        HEXLOWER.encode(&self.0)
    }

    /// The key that `hex` spells, or `None` where it spells none.
    pub fn from_hex(hex: &[u8]) -> Option<Self> {
        let bytes = HEXLOWER.decode(hex).ok()?;
        bytes.try_into().ok().map(Self)
    }
}

impl Drop for RunKey {
    fn drop(&mut self) {
        self.0.fill(0);
        std::hint::black_box(&self.0);
    }
}

impl fmt::Debug for RunKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("RunKey(secret)")
    }
}

/// Puts the seal of `key` on `end`, for this run and job.
pub fn seal(key: &RunKey, run: &str, job: u64, end: &mut End) {
    end.mac = HEXLOWER.encode(&mac(key, run, job, end).finalize().into_bytes());
}

/// Whether `end` carries the seal of `key` for this run and job. Takes the same time for every wrong seal.
pub fn verify(key: &RunKey, run: &str, job: u64, end: &End) -> bool {
    let Ok(claimed) = HEXLOWER.decode(end.mac.as_bytes()) else { return false };
    mac(key, run, job, end).verify_slice(&claimed).is_ok()
}

/// Every field is preceded by its length or has a fixed one, so that no two ends have the same message.
fn mac(key: &RunKey, run: &str, job: u64, end: &End) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(&key.0).expect("any length is a key");
    let mut field = |bytes: &[u8]| {
        mac.update(&(bytes.len() as u64).to_be_bytes());
        mac.update(bytes);
    };
    field(PURPOSE);
    field(run.as_bytes());
    field(&job.to_be_bytes());
    field(match end.stopped {
        None => b"",
        Some(Stop::Disk) => b"disk",
        Some(Stop::Processes) => b"processes",
        Some(Stop::Signal) => b"signal",
    });
    field(&end.frames.to_be_bytes());
    field(&end.bytes.to_be_bytes());
    field(end.digest.as_bytes());
    field(&(end.results.len() as u64).to_be_bytes());
    for result in &end.results {
        field(&(result.step as u64).to_be_bytes());
        field(&result.exit.to_be_bytes());
        field(&result.took_ms.to_be_bytes());
    }
    mac
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::StepResult;

    fn key(byte: u8) -> RunKey {
        RunKey::new([byte; RunKey::LENGTH])
    }

    fn sealed() -> End {
        let results = vec![StepResult { step: 0, exit: 1, took_ms: 5 }];
        let mut end =
            End { stopped: None, results, frames: 4, bytes: 12, digest: "ab".into(), mac: String::new() };
        seal(&key(1), "run", 2, &mut end);
        end
    }

    #[test]
    fn only_the_same_key_and_job_open_it() {
        assert!(verify(&key(1), "run", 2, &sealed()));
        assert!(!verify(&key(2), "run", 2, &sealed()));
        assert!(!verify(&key(1), "other", 2, &sealed()));
        assert!(!verify(&key(1), "run", 3, &sealed()));
    }

    #[test]
    fn no_claim_can_be_changed() {
        let changes: [fn(&mut End); 7] = [
            |end| end.results[0].exit = 0,
            |end| end.results.clear(),
            |end| end.frames -= 1,
            |end| end.bytes += 1,
            |end| end.digest.push('0'),
            |end| end.stopped = Some(Stop::Disk),
            |end| end.mac.clear(),
        ];
        for change in changes {
            let mut end = sealed();
            change(&mut end);
            assert!(!verify(&key(1), "run", 2, &end), "{end:?}");
        }
    }

    #[test]
    fn a_key_survives_its_pipe_and_hides_from_debug_output() {
        let hex = key(7).to_hex();
        assert_eq!(RunKey::from_hex(hex.as_bytes()).unwrap().0, [7; 32]);
        assert!(RunKey::from_hex(b"07").is_none());
        assert!(!format!("{:?}", key(7)).contains('7'));
    }
}
