//! Amounts as Kubernetes writes them: `250m`, `512Mi`, `1.5Gi`, `2e3`.

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

/// What the unit after the digits multiplies them by, as a power of ten.
const DECIMAL: [(&str, i32); 10] =
    [("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];
/// The same as a power of two.
const BINARY: [(&str, u32); 6] = [("Ki", 10), ("Mi", 20), ("Gi", 30), ("Ti", 40), ("Pi", 50), ("Ei", 60)];
/// More than that is no amount that a cluster has.
const MAX_EXPONENT: i32 = 21;
const MAX_DIGITS: usize = 20;

/// Bytes, in the largest binary unit that leaves no rest.
pub fn bytes(bytes: u64) -> Quantity {
    let fits = |(_, power): &&(&str, u32)| bytes > 0 && bytes.is_multiple_of(1 << power);
    Quantity(match BINARY.iter().rev().find(fits) {
        Some((unit, power)) => format!("{}{unit}", bytes >> power),
        None => bytes.to_string(),
    })
}

/// Processors, given in thousandths.
pub fn processors(millis: u32) -> Quantity {
    Quantity(if millis.is_multiple_of(1000) { (millis / 1000).to_string() } else { format!("{millis}m") })
}

/// The thousandths of an amount, rounded up; `None` where it is none, negative, or beyond all measure.
pub fn millis(quantity: &Quantity) -> Option<u128> {
    let text = quantity.0.strip_prefix('+').unwrap_or(&quantity.0);
    let end = text.find(|at: char| !at.is_ascii_digit() && at != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let digits = format!("{whole}{part}");
    if digits.is_empty() || digits.len() > MAX_DIGITS || part.contains('.') {
        return None;
    }
    let digits: u128 = digits.parse().ok()?;
    let places = i32::try_from(part.len()).ok()?;
    if let Some((_, power)) = BINARY.iter().find(|(name, _)| *name == unit) {
        return digits.checked_mul(1000)?.checked_mul(1 << power).map(|scaled| shifted(scaled, -places))?;
    }
    shifted(digits, exponent(unit)? + 3 - places)
}

/// The power of ten that a unit stands for.
fn exponent(unit: &str) -> Option<i32> {
    if let Some((_, power)) = DECIMAL.iter().find(|(name, _)| *name == unit) {
        return Some(*power);
    }
    let power: i32 = unit.strip_prefix(['e', 'E'])?.parse().ok()?;
    (power.abs() <= MAX_EXPONENT).then_some(power)
}

/// `digits` times ten to the power of `by`, rounded up.
fn shifted(digits: u128, by: i32) -> Option<u128> {
    let scale = 10u128.checked_pow(by.unsigned_abs())?;
    if by < 0 { Some(digits.div_ceil(scale)) } else { digits.checked_mul(scale) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Option<u128> {
        millis(&Quantity(text.to_owned()))
    }

    #[test]
    fn every_way_of_writing_is_read() {
        for (text, expected) in [
            ("1", 1000),
            ("0", 0),
            ("250m", 250),
            ("1.5", 1500),
            (".5", 500),
            ("2112Mi", 2112 * 1024 * 1024 * 1000),
            ("1.5Gi", 1536 * 1024 * 1024 * 1000),
            ("12k", 12_000_000),
            ("2e3", 2_000_000),
            ("1E", 1_000_000_000_000_000_000_000),
            ("1500u", 2),
            ("1n", 1),
            ("+3", 3000),
        ] {
            assert_eq!(read(text), Some(expected), "{text}");
        }
        for text in ["", "-1", "m", "1x", "1.2.3", "1e99", "1 Mi", "999999999999999999999", "1.5.Mi", "e3"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn amounts_are_written_short() {
        assert_eq!(bytes(512 << 20).0, "512Mi");
        assert_eq!(bytes(1 << 30).0, "1Gi");
        assert_eq!(bytes(1000).0, "1000");
        assert_eq!(bytes(0).0, "0");
        assert_eq!((processors(250).0.as_str(), processors(2000).0.as_str()), ("250m", "2"));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(count in 0u64..1 << 60, thousandths in 1u32..1_000_000) {
            prop_assert_eq!(millis(&bytes(count)), Some(u128::from(count) * 1000));
            prop_assert_eq!(millis(&processors(thousandths)), Some(u128::from(thousandths)));
        }

        #[test]
        fn no_text_is_too_strange(text in "\\PC{0,24}") {
            let _ = read(&text);
        }
    }
}
