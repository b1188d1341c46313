//! What follows from the portal's secret: the key of each job, and what tells this portal's pods from others'.
//!
//! Nothing is stored: every process of a portal has the same secret, so that one can verify the end of a pod that another
//! one made.

use std::fmt;

use data_encoding::HEXLOWER;
use hmac::{Hmac, Mac as _};
use regatta_runner::{Identity, RunKey};
use sha2::Sha256;

/// Name the messages, so that none of one use can be taken for one of another.
const RUN_KEY: &[u8] = b"regatta run key";
const INSTANCE: &[u8] = b"regatta instance";

/// How much of a digest names an instance: enough that two portals of one cluster never have the same name by chance.
const INSTANCE_BYTES: usize = 8;

/// Derives what follows from the portal's secret.
#[derive(Clone)]
pub struct Keys(Hmac<Sha256>);

impl Keys {
    /// What follows from `secret`.
    pub fn new(secret: &[u8; 32]) -> Self {
        // A key shorter than the hash's block is filled with zeros (RFC 2104).
        let mut block = [0; 64];
        block[..secret.len()].copy_from_slice(secret);
        Self(<Hmac<Sha256> as hmac::digest::KeyInit>::new(&block.into()))
    }

    /// The key with which the runner of this job seals its end.
    pub fn run_key(&self, job: &Identity) -> RunKey {
        let fields = [RUN_KEY, job.run.as_bytes(), &job.job.to_be_bytes(), &job.attempt.to_be_bytes()];
        RunKey::new(self.digest(&fields))
    }

    /// The name of this portal where its operator has given it none: 16 hexadecimal digits.
    pub fn instance(&self) -> String {
        HEXLOWER.encode(&self.digest(&[INSTANCE])[..INSTANCE_BYTES])
    }

    /// Each field is preceded by its length, so that no two lists of fields are the same message.
    fn digest(&self, fields: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.0.clone();
        for field in fields {
            mac.update(&(field.len() as u64).to_be_bytes());
            mac.update(field);
        }
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Keys(secret)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(job: u64, attempt: u32) -> Identity {
        Identity { run: "aaaaaaaaaaaaaaaaaaaaaaaaaa".to_owned(), job, attempt }
    }

    fn key(secret: u8, job: u64, attempt: u32) -> String {
        Keys::new(&[secret; 32]).run_key(&identity(job, attempt)).to_hex()
    }

    /// Made with another implementation: HMAC-SHA256 over each field's length as eight bytes, big-endian, and the field.
    #[test]
    fn keys_are_what_they_always_were() {
        assert_eq!(key(7, 0, 0), "63d8dac1a9fa417013f9ea872a12bd789751fd7c2b06c92e23dc35e962b30c4c");
        assert_eq!(key(7, 3, 1), "f915443833360fcd4da9fc406a3aff3659787db2ed431f46aee0c5db7ad94315");
        assert_eq!(Keys::new(&[7; 32]).instance(), "19140955e1b47d80");
    }

    #[test]
    fn every_try_of_every_job_has_a_key_of_its_own() {
        let keys = [key(7, 0, 0), key(7, 0, 1), key(7, 1, 0), key(8, 0, 0)];
        let different: std::collections::BTreeSet<&String> = keys.iter().collect();
        assert_eq!(different.len(), keys.len());
        assert_ne!(Keys::new(&[7; 32]).instance(), Keys::new(&[8; 32]).instance());
    }

    #[test]
    fn secrets_are_not_shown() {
        assert_eq!(format!("{:?}", Keys::new(&[7; 32])), "Keys(secret)");
    }
}
