//! Invitation codes: who knows one may register.

use regatta_domain::event::InvitationCode;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

/// The longest code that is looked at, in bytes.
const MAX_CODE: usize = 200;

/// Whether `given` is one of `codes`. Spaces around it do not count; upper and lower case do. Digests are compared, all of
/// them and in constant time, so that the time it takes tells nothing about any code.
pub(crate) fn admit(codes: &[InvitationCode], given: &str) -> bool {
    let given = given.trim();
    if given.is_empty() || given.len() > MAX_CODE {
        return false;
    }
    let given = digest(given);
    codes.iter().fold(Choice::from(0), |found, code| found | digest_of(code).ct_eq(&given)).into()
}

fn digest_of(code: &InvitationCode) -> [u8; 32] {
    match code {
        InvitationCode::Plain(code) => digest(code.trim()),
        InvitationCode::Digest(digest) => *digest,
    }
}

fn digest(code: &str) -> [u8; 32] {
    Sha256::digest(code.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes() -> [InvitationCode; 2] {
        // The second is `sha256sum` of `harbour-7`.
        let harbour = "ebdfd2c3e1b5a12edb7ad49580cfd33ecf9575d3d6a0ca795ba6123a79f1cc91";
        let digest = data_encoding::HEXLOWER.decode(harbour.as_bytes()).unwrap().try_into().unwrap();
        [InvitationCode::Plain("regatta-2030".into()), InvitationCode::Digest(digest)]
    }

    #[test]
    fn a_code_admits_whether_written_plainly_or_as_a_digest() {
        for good in ["regatta-2030", " regatta-2030\n", "harbour-7"] {
            assert!(admit(&codes(), good), "{good:?}");
        }
    }

    #[test]
    fn nothing_else_admits() {
        let digest_itself = "ebdfd2c3e1b5a12edb7ad49580cfd33ecf9575d3d6a0ca795ba6123a79f1cc91";
        for bad in ["", " ", "regatta-203", "REGATTA-2030", digest_itself, &"x".repeat(100_000)] {
            assert!(!admit(&codes(), bad), "{bad:.80?}");
        }
        assert!(!admit(&[], "regatta-2030"));
        assert!(!admit(&[InvitationCode::Plain(" ".into())], " "));
    }
}
