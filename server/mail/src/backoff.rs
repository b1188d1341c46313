//! When to try again.

use jiff::{SignedDuration, Timestamp};
use regatta_domain::ids::MailId;

/// How soon it is worth trying again, by what the trouble is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// The server wants to see whether we come back (RFC 6647), which takes minutes.
    Greylisted,
    /// Something passes.
    Plain,
    /// The mailbox is full, which takes its owner hours.
    FullMailbox,
    /// Our own standing with that server has to be put right, which takes a person.
    Ourselves,
}

/// A mail is not given up before this many attempts, however old it is.
const FEWEST_ATTEMPTS: u32 = 5;
/// A mail is not given up before it has been owed for so long, however often it was tried: long enough for a weekend in
/// which nobody looks (RFC 5321 section 4.5.4.1 thinks of days, too).
const GIVE_UP_AFTER: SignedDuration = SignedDuration::from_hours(72);
/// Waits are stretched by up to one part in so many, so that mails that failed together do not come back together.
const STRETCH: i32 = 10;

impl Pace {
    /// The waits between attempts; the last one is repeated.
    fn waits(self) -> &'static [SignedDuration] {
        const fn mins(mins: i64) -> SignedDuration {
            SignedDuration::from_mins(mins)
        }
        const fn hours(hours: i64) -> SignedDuration {
            SignedDuration::from_hours(hours)
        }
        match self {
            Self::Greylisted => {
                const { &[mins(1), mins(5), mins(15), mins(30), hours(1), hours(4), hours(12)] }
            }
            Self::Plain => const { &[mins(1), mins(5), mins(20), hours(1), hours(2), hours(4), hours(12)] },
            Self::FullMailbox => const { &[hours(1), hours(4), hours(8), hours(16)] },
            Self::Ourselves => const { &[mins(10), hours(1), hours(4), hours(8), hours(16)] },
        }
    }
}

/// When to try mail `id` again, which was caused at `created_at`, after `attempt` attempts (from 1) of which the last
/// ended at `now`; `None` where it is enough. The same question has the same answer.
pub fn next_attempt(
    pace: Pace,
    id: &MailId,
    created_at: Timestamp,
    attempt: u32,
    now: Timestamp,
) -> Option<Timestamp> {
    if attempt >= FEWEST_ATTEMPTS && now.duration_since(created_at) >= GIVE_UP_AFTER {
        return None;
    }
    let waits = pace.waits();
    let at = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX).min(waits.len() - 1);
    let wait = *waits.get(at)?;
    now.checked_add(wait + stretch(wait, id)).ok()
}

/// An identity is random: its first byte says by how much this mail's waits are stretched.
fn stretch(wait: SignedDuration, id: &MailId) -> SignedDuration {
    let [first, ..] = id.to_bytes();
    wait * i32::from(first) / (255 * STRETCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACES: [Pace; 4] = [Pace::Greylisted, Pace::Plain, Pace::FullMailbox, Pace::Ourselves];

    fn id(first: u8) -> MailId {
        let mut bytes = [0; 16];
        bytes[0] = first;
        MailId::from_bytes(bytes)
    }

    /// The attempts of a mail that never gets through.
    fn attempts(pace: Pace, id: &MailId) -> Vec<Timestamp> {
        let created = Timestamp::UNIX_EPOCH;
        let mut attempt = 1;
        std::iter::successors(Some(created), |last| {
            let next = next_attempt(pace, id, created, attempt, *last);
            attempt += 1;
            next
        })
        .collect()
    }

    #[test]
    fn waits_grow_and_come_to_an_end_after_a_weekend() {
        for pace in PACES {
            let attempts = attempts(pace, &id(0));
            let waits: Vec<_> = attempts.windows(2).map(|pair| pair[1].duration_since(pair[0])).collect();
            assert!(waits.is_sorted(), "{pace:?}: {waits:?}");
            let days = attempts.last().unwrap().as_second() / (24 * 3600);
            assert!((3..=4).contains(&days), "{pace:?}: {days}");
            assert!((5..=16).contains(&attempts.len()), "{pace:?}: {}", attempts.len());
        }
    }

    #[test]
    fn the_first_wait_fits_the_trouble() {
        let first = |pace| attempts(pace, &id(0))[1].as_second();
        assert_eq!(PACES.map(first), [60, 60, 3600, 600]);
    }

    #[test]
    fn mails_that_failed_together_come_back_apart_and_never_too_early() {
        let second = |first| attempts(Pace::Plain, &id(first))[1].as_second();
        assert_eq!([second(0), second(128), second(255)], [60, 63, 66]);
    }

    #[test]
    fn an_old_mail_that_was_hardly_tried_gets_its_attempts() {
        let late = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * 30);
        let next = |attempt| next_attempt(Pace::Plain, &id(0), Timestamp::UNIX_EPOCH, attempt, late);
        assert!(next(1).is_some() && next(4).is_some());
        assert_eq!(next(5), None);
    }
}
