//! What is to be done about what an event's file says, where people know something else of it.

use jiff::{SignedDuration, Timestamp};
use regatta_domain::announcement::{EventFacts, Standing};
use regatta_store::herald::Announced;

/// From so long before a start on, people may be on their way: what they have to know cannot wait for long.
const SHORTLY_BEFORE: SignedDuration = SignedDuration::from_hours(1);

/// How long a change has to stay then, where the settling time is not shorter anyway.
const SETTLE_SHORTLY_BEFORE: SignedDuration = SignedDuration::from_mins(1);

/// What is to be done about what an event's file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing: people know it, or it has to settle first.
    Wait,
    /// Nobody looked at this event before: take it as told.
    Meet,
    /// Something else than before: let it settle.
    Note,
    /// It is again as people know it: forget the change.
    Forget,
    /// It stayed for the settling time: tell it.
    Tell,
    /// It changed, and nobody needs to know: take it as told.
    TakeAsTold,
}

impl Step {
    /// What to do at `now` where people know `announced` and the file says `facts`.
    pub(crate) fn next(
        announced: Option<&Announced>,
        facts: &EventFacts,
        now: Timestamp,
        settle: SignedDuration,
    ) -> Self {
        let Some(Announced { told, pending, .. }) = announced else { return Self::Meet };
        match pending {
            None if is_no_news(told, facts) => Self::Wait,
            Some(_) if is_no_news(told, facts) => Self::Forget,
            // Corrections of what is over are for the archive.
            _ if is_over(told, now) && facts.when.over_at() <= now => Self::TakeAsTold,
            Some((seen, since)) if seen == facts => {
                let settled = now.duration_since(*since) >= settling_time(told, facts, now, settle);
                if settled && !is_moved_into_the_past(facts, now) { Self::Tell } else { Self::Wait }
            }
            _ => Self::Note,
        }
    }
}

/// Whether it takes place, or not, as people know it, at another time.
pub(crate) fn only_redated(told: &EventFacts, facts: &EventFacts) -> bool {
    told.when != facts.when && (told.standing, &told.place) == (facts.standing, &facts.place)
}

/// When and where something does not take place is no news to anybody.
fn is_no_news(told: &EventFacts, facts: &EventFacts) -> bool {
    told == facts || (told.standing, facts.standing) == (Standing::Cancelled, Standing::Cancelled)
}

/// Whether nobody waits for it any more, as people know it. What is postponed is still to come, whenever it was to be.
fn is_over(told: &EventFacts, now: Timestamp) -> bool {
    told.standing != Standing::Postponed && told.when.over_at() <= now
}

/// Nobody can be told that something ahead takes place in the past: a date is mistyped, or the file is ahead of the event.
fn is_moved_into_the_past(facts: &EventFacts, now: Timestamp) -> bool {
    facts.standing == Standing::On && facts.when.over_at() <= now
}

fn settling_time(
    told: &EventFacts,
    facts: &EventFacts,
    now: Timestamp,
    settle: SignedDuration,
) -> SignedDuration {
    let begins_soon = |facts: &EventFacts| {
        facts.standing == Standing::On && facts.when.begins_at().duration_since(now) <= SHORTLY_BEFORE
    };
    if begins_soon(told) || begins_soon(facts) { settle.min(SETTLE_SHORTLY_BEFORE) } else { settle }
}
