//! Invitation codes: as they are, or as digests that tell nobody who reads the file.

use regatta_domain::event::InvitationCode;
use serde_saphyr::Spanned;

use crate::document::Report;

/// How many codes an event may have.
const MAX_CODES: usize = 200;
/// How long a code may be, in characters. A short one is found by trying.
const CODE_CHARS: std::ops::RangeInclusive<usize> = 6..=64;
/// Before a digest stands this.
const DIGEST: &str = "sha256:";

/// The codes; `None` where one of them is none, which the report then says.
pub fn read(
    codes: Option<&Spanned<Vec<Spanned<String>>>>,
    report: &mut Report,
) -> Option<Vec<InvitationCode>> {
    let Some(codes) = codes else { return Some(Vec::new()) };
    if codes.value.is_empty() {
        report.wrong_with_hint(codes, "there is no code", "write one, or remove `invitation_codes`");
        return None;
    }
    if codes.value.len() > MAX_CODES {
        report.wrong(codes, format!("more than {MAX_CODES} codes"));
        return None;
    }
    let read: Vec<_> = codes.value.iter().map(|code| read_one(code, report)).collect();
    read.into_iter().collect()
}

fn read_one(code: &Spanned<String>, report: &mut Report) -> Option<InvitationCode> {
    let text = code.value.as_str();
    if let Some(hex) = text.strip_prefix(DIGEST) {
        let digest = digest(hex.trim());
        if digest.is_none() {
            report.wrong_with_hint(
                code,
                "this is no SHA-256 digest",
                "it has 64 hexadecimal digits; `printf %s CODE | sha256sum` tells them",
            );
        }
        return digest.map(InvitationCode::Digest);
    }
    let chars = text.chars().count();
    if !CODE_CHARS.contains(&chars) || text.trim() != text || text.chars().any(char::is_control) {
        let (least, most) = (CODE_CHARS.start(), CODE_CHARS.end());
        report.wrong(code, format!("a code has {least} to {most} characters and no space at its ends"));
        return None;
    }
    Some(InvitationCode::Plain(text.to_owned()))
}

/// The bytes of 64 hexadecimal digits.
fn digest(hex: &str) -> Option<[u8; 32]> {
    let digits: Vec<u32> = hex.chars().map(|digit| digit.to_digit(16)).collect::<Option<_>>()?;
    let bytes: Vec<u8> = digits
        .chunks_exact(2)
        .map(|pair| u8::try_from(pair[0] * 16 + pair[1]))
        .collect::<Result<_, _>>()
        .ok()?;
    if digits.len() == 64 { bytes.try_into().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::digest;

    #[test]
    fn a_digest_is_read_from_both_cases_of_letters() {
        assert_eq!(digest(&"0f".repeat(32)), Some([15; 32]));
        assert_eq!(digest(&"FF".repeat(32)), Some([255; 32]));
        for bad in ["", "0f", &"0g".repeat(32), &"0f".repeat(33), &"0".repeat(63)] {
            assert_eq!(digest(bad), None, "{bad}");
        }
    }
}
