//! What is measured of registrations.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

/// What became of a form that asks for seats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormOutcome {
    /// A seat is held until the address is confirmed.
    SeatHeld,
    /// They are on the waitlist once the address is confirmed.
    OnWaitlist,
    /// What is to be had at each date of a series is theirs once the address is confirmed.
    SeriesTaken,
    /// It was shown again, with words of what is wrong with it or why there is nothing to be had.
    ShownAgain,
    /// It was shown again, and they were asked to wait: too many forms, from them or at all.
    AskedToWait,
    /// The portal failed.
    Failed,
}

impl FormOutcome {
    const ALL: [Self; 6] = [
        Self::SeatHeld,
        Self::OnWaitlist,
        Self::SeriesTaken,
        Self::ShownAgain,
        Self::AskedToWait,
        Self::Failed,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::SeatHeld => "seat_held",
            Self::OnWaitlist => "on_waitlist",
            Self::SeriesTaken => "series_taken",
            Self::ShownAgain => "shown_again",
            Self::AskedToWait => "asked_to_wait",
            Self::Failed => "failed",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

/// What becomes of forms.
#[derive(Clone, Debug)]
pub struct RegistrationMetrics {
    forms: Family<Outcome, Counter>,
}

impl Default for RegistrationMetrics {
    fn default() -> Self {
        let forms = Family::default();
        for outcome in FormOutcome::ALL {
            drop(forms.get_or_create(&Outcome { outcome: outcome.as_str() }));
        }
        Self { forms }
    }
}

impl RegistrationMetrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "registration_forms",
            "Forms that asked for seats at a meetup or a series, by what became of them",
            self.forms.clone(),
        );
    }

    /// A form was answered.
    pub fn answered(&self, outcome: FormOutcome) {
        self.forms.get_or_create(&Outcome { outcome: outcome.as_str() }).inc();
    }
}
