//! Times and amounts, in words for operators.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// `3 d 4 h`, `4 h 2 min`, `2 min 5 s`, `5 s`.
pub fn time(time: SignedDuration) -> String {
    let seconds = time.as_secs().max(0);
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min {} s", seconds % 60),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

/// A moment in UTC, to the second.
pub fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// `0.42 ms`.
pub fn milliseconds(took: Duration) -> String {
    format!("{:.2} ms", took.as_secs_f64() * 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_by_their_two_largest_units() {
        let told = |seconds| time(SignedDuration::from_secs(seconds));
        assert_eq!([told(-3), told(59), told(61)], ["0 s", "59 s", "1 min 1 s"]);
        assert_eq!([told(3600), told(90_000)], ["1 h 0 min", "1 d 1 h"]);
        assert_eq!(milliseconds(Duration::from_micros(1234)), "1.23 ms");
    }
}
