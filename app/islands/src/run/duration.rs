//! Durations in words.

/// A duration as a stopwatch shows it: `420 ms`, `12.3 s`, `1 min 32 s`.
pub fn duration(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        _ => format!("{} min {} s", ms / 60_000, ms % 60_000 / 1_000),
    }
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn precision_follows_the_length() {
        assert_eq!(duration(47), "47 ms");
        assert_eq!(duration(3_290), "3.2 s");
        assert_eq!(duration(59_999), "59.9 s");
        assert_eq!(duration(92_400), "1 min 32 s");
    }
}
