//! The cluster's clock: the machine's.

use jiff::{Timestamp, Unit};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

/// The time, to the nanosecond.
#[expect(clippy::disallowed_methods, reason = "a cluster has a clock of its own, as it would in earnest")]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// The time as objects tell it: to the second, cut off.
pub fn stamp() -> Time {
    let now = now();
    Time(
        now.round(jiff::TimestampRound::new().smallest(Unit::Second).mode(jiff::RoundMode::Trunc))
            .unwrap_or(now),
    )
}
