//! Durations and times of day in words.

/// A duration as a stopwatch shows it: `420 ms`, `12.3 s`, `1 min 32 s`.
pub fn duration(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        _ => format!("{} min {} s", ms / 60_000, ms % 60_000 / 1_000),
    }
}

/// `14:03:22.123`, of a clock that counts milliseconds, in UTC.
pub fn of_the_clock(ms: u64) -> String {
    format!("{}.{:03}", to_the_second(ms), ms % 1_000)
}

/// `14:03:22`, of a clock that counts seconds, in UTC.
pub fn to_the_second(ms: u64) -> String {
    format!("{:02}:{:02}:{:02}", ms / 3_600_000 % 24, ms / 60_000 % 60, ms / 1_000 % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precision_follows_the_length() {
        assert_eq!(duration(47), "47 ms");
        assert_eq!(duration(3_290), "3.2 s");
        assert_eq!(duration(59_999), "59.9 s");
        assert_eq!(duration(92_400), "1 min 32 s");
    }

    #[test]
    fn a_time_of_day_is_as_exact_as_its_clock() {
        let ms = 86_400_000 + 43_203_412;
        assert_eq!((of_the_clock(ms), to_the_second(ms)), ("12:00:03.412".into(), "12:00:03".into()));
    }
}
