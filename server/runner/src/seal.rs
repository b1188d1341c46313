//! The seal of a job's end: HMAC-SHA256 (RFC 2104) over everything the end vouches for.
//!
//! The key is made for one job, reaches the runner through a pipe before the first step starts, and is never in a
//! place that a step can read: the runner cannot be traced, and its memory and descriptors cannot be opened.

use std::fmt;

use data_encoding::HEXLOWER;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::frame::{End, Stop};
use crate::identity::Identity;

/// Names the message, so that no other use of a key can be taken for this one.
const PURPOSE: &[u8] = b"regatta job end, version 3";

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

/// Puts the seal of `key` on `end`, for this job.
pub fn seal(key: &RunKey, identity: &Identity, end: &mut End) {
    end.mac = HEXLOWER.encode(&mac(key, identity, end).finalize().into_bytes());
}

/// Whether `end` carries the seal of `key` for this job. Takes the same time for every wrong seal.
pub fn verify(key: &RunKey, identity: &Identity, end: &End) -> bool {
    let Ok(claimed) = HEXLOWER.decode(end.mac.as_bytes()) else { return false };
    mac(key, identity, end).verify_slice(&claimed).is_ok()
}

/// Every field is preceded by its length or has a fixed one, so that no two ends have the same message.
fn mac(key: &RunKey, identity: &Identity, end: &End) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(&key.0).expect("any length is a key");
    let mut field = |bytes: &[u8]| {
        mac.update(&(bytes.len() as u64).to_be_bytes());
        mac.update(bytes);
    };
    field(PURPOSE);
    field(identity.run.as_bytes());
    field(&identity.job.to_be_bytes());
    field(&identity.attempt.to_be_bytes());
    field(match end.stopped {
        None => b"",
        Some(Stop::Disk) => b"disk",
        Some(Stop::Processes) => b"processes",
        Some(Stop::Signal) => b"signal",
        Some(Stop::Unpacking) => b"unpacking",
        Some(Stop::Wall) => b"wall",
        Some(Stop::Packing) => b"packing",
    });
    field(end.reason.as_deref().map_or(b"none", |_| b"some"));
    field(end.reason.as_deref().unwrap_or_default().as_bytes());
    field(&end.packed.map_or_else(Vec::new, |bytes| bytes.to_be_bytes().to_vec()));
    field(&end.frames.to_be_bytes());
    field(&end.bytes.to_be_bytes());
    field(end.digest.as_bytes());
    field(&(end.results.len() as u64).to_be_bytes());
    for result in &end.results {
        field(&(result.step as u64).to_be_bytes());
        field(&result.exit.to_be_bytes());
        field(&[u8::from(result.timed_out)]);
        field(&result.took_ms.to_be_bytes());
        field(&result.cpu_ms.to_be_bytes());
        field(&result.peak_bytes.to_be_bytes());
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

    fn identity() -> Identity {
        Identity { run: "run".into(), job: 2, attempt: 1 }
    }

    fn sealed() -> End {
        let results = vec![StepResult { step: 0, exit: 1, took_ms: 5, ..StepResult::default() }];
        let mut end = End { results, frames: 4, bytes: 12, digest: "ab".into(), ..End::default() };
        seal(&key(1), &identity(), &mut end);
        end
    }

    #[test]
    fn only_the_same_key_and_attempt_open_it() {
        assert!(verify(&key(1), &identity(), &sealed()));
        assert!(!verify(&key(2), &identity(), &sealed()));
        for other in [
            Identity { run: "other".into(), ..identity() },
            Identity { job: 3, ..identity() },
            Identity { attempt: 0, ..identity() },
        ] {
            assert!(!verify(&key(1), &other, &sealed()), "{other:?}");
        }
    }

    #[test]
    fn no_claim_can_be_changed() {
        let changes: [fn(&mut End); 13] = [
            |end| end.results[0].exit = 0,
            |end| end.results[0].timed_out = true,
            |end| end.results[0].cpu_ms = 1,
            |end| end.results[0].peak_bytes = 1,
            |end| end.results.clear(),
            |end| end.frames -= 1,
            |end| end.bytes += 1,
            |end| end.digest.push('0'),
            |end| end.stopped = Some(Stop::Disk),
            |end| end.reason = Some(String::new()),
            |end| end.reason = Some("it is so".into()),
            |end| end.packed = Some(0),
            |end| end.mac.clear(),
        ];
        for change in changes {
            let mut end = sealed();
            change(&mut end);
            assert!(!verify(&key(1), &identity(), &end), "{end:?}");
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
