//! Durations (`1h30m`) and amounts of memory (`512Mi`) as Kubernetes writes them.

/// Milliseconds of a duration; `None` where it is none.
pub fn milliseconds(text: &str) -> Option<u64> {
    let text = text.trim();
    if text == "0" {
        return Some(0);
    }
    let mut total = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
        let number: f64 = rest[..digits].parse().ok()?;
        let unit = &rest[digits..];
        let end = unit.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(unit.len());
        let scale = match &unit[..end] {
            "h" => 3_600_000.0,
            "m" => 60_000.0,
            "s" => 1_000.0,
            "ms" => 1.0,
            "us" | "µs" => 0.001,
            "ns" => 0.000_001,
            _ => return None,
        };
        total += number * scale;
        rest = &unit[end..];
    }
    (!text.is_empty()).then_some(whole(total))
}

/// Bytes of an amount of memory; `None` where it is none.
pub fn bytes(text: &str) -> Option<u64> {
    const UNITS: [(&str, f64); 11] = [
        ("Ki", 1024.0),
        ("Mi", 1_048_576.0),
        ("Gi", 1_073_741_824.0),
        ("Ti", 1_099_511_627_776.0),
        ("k", 1e3),
        ("K", 1e3),
        ("M", 1e6),
        ("G", 1e9),
        ("T", 1e12),
        ("m", 1e-3),
        ("", 1.0),
    ];
    let text = text.trim();
    let (unit, scale) = UNITS.iter().find(|(unit, _)| text.ends_with(unit))?;
    let digits = text.strip_suffix(unit)?;
    let number: f64 = digits.parse().ok()?;
    digits.starts_with(|c: char| c.is_ascii_digit()).then_some(whole(number * scale))
}

/// A number without its fraction; what is too large becomes the largest.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "such casts saturate, as is wanted"
)]
fn whole(number: f64) -> u64 {
    number as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_durations() {
        assert_eq!(milliseconds("1h0m30s"), Some(3_630_000));
        assert_eq!(milliseconds("1.5m"), Some(90_000));
        assert_eq!(milliseconds("250ms"), Some(250));
        assert_eq!(milliseconds("0"), Some(0));
        for wrong in ["", "5", "h", "1 h", "-1s", "1d"] {
            assert_eq!(milliseconds(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn reads_amounts_of_memory() {
        assert_eq!(bytes("512Mi"), Some(512 << 20));
        assert_eq!(bytes("1.5Gi"), Some(3 << 29));
        assert_eq!(bytes("2G"), Some(2_000_000_000));
        assert_eq!(bytes("100"), Some(100));
        for wrong in ["", "Mi", "-1", "lots"] {
            assert_eq!(bytes(wrong), None, "{wrong}");
        }
    }
}
