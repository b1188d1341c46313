//! Yearly rules: on which day of every year the clocks change.
//!
//! A zone's transitions would do without (each can be told by itself), but a program that matters reads nothing but yearly
//! rules, and shifts a summer evening by an hour where there is none.

use jiff::civil::{DateTime, Weekday};

/// A change of the clocks that comes every year: `the last Sunday of March at 02:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct YearlyRule {
    month: i8,
    weekday: Weekday,
    /// Which one of the month's: from 1, or −1 for the last.
    nth: i8,
}

impl YearlyRule {
    /// The rule by which all of `changes` came, one each year, in local time as it was before each; there must be two to
    /// tell.
    pub fn of(changes: &[DateTime]) -> Option<Self> {
        let (first, others) = changes.split_first()?;
        let (month, weekday) = (first.month(), first.weekday());
        let is_last = first.day() + 7 > first.days_in_month();
        let counted = (first.day() - 1) / 7 + 1;
        let candidates = is_last.then_some(-1).into_iter().chain([counted]);
        let mut rules = candidates.map(|nth| Self { month, weekday, nth });
        if others.is_empty() {
            return None;
        }
        let in_turn = changes.windows(2).all(|two| two[1].year() == two[0].year() + 1);
        let same_hour = others.iter().all(|change| change.time() == first.time());
        rules.find(|rule| in_turn && same_hour && others.iter().all(|change| rule.holds(*change)))
    }

    fn holds(self, change: DateTime) -> bool {
        let day = change.date().first_of_month().nth_weekday_of_month(self.nth, self.weekday);
        change.month() == self.month && day.is_ok_and(|day| day == change.date())
    }

    /// The value of an RRULE (RFC 5545 section 3.3.10).
    pub fn value(self) -> String {
        let day = match self.weekday {
            Weekday::Monday => "MO",
            Weekday::Tuesday => "TU",
            Weekday::Wednesday => "WE",
            Weekday::Thursday => "TH",
            Weekday::Friday => "FR",
            Weekday::Saturday => "SA",
            Weekday::Sunday => "SU",
        };
        format!("FREQ=YEARLY;BYMONTH={};BYDAY={}{day}", self.month, self.nth)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(changes: &[&str]) -> Option<String> {
        let changes: Vec<DateTime> = changes.iter().map(|change| change.parse().unwrap()).collect();
        YearlyRule::of(&changes).map(YearlyRule::value)
    }

    #[test]
    fn rules_are_recognised() {
        for (changes, rule) in [
            (&["2026-03-29T02:00", "2027-03-28T02:00"][..], Some("FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU")),
            (&["2026-03-08T02:00", "2027-03-14T02:00"], Some("FREQ=YEARLY;BYMONTH=3;BYDAY=2SU")),
            (&["2026-02-22T02:00", "2027-02-28T02:00"], Some("FREQ=YEARLY;BYMONTH=2;BYDAY=-1SU")),
            // The fourth one of 2026, and the last one, too, of 2027.
            (&["2026-03-22T02:00", "2027-03-28T02:00"], Some("FREQ=YEARLY;BYMONTH=3;BYDAY=4SU")),
            (&["2026-03-29T02:00", "2027-03-28T03:00"], None),
            (&["2026-03-29T02:00", "2027-04-04T02:00"], None),
            (&["2026-03-29T02:00", "2028-03-26T02:00"], None),
            (&["2026-03-29T02:00"], None),
            (&[], None),
        ] {
            assert_eq!(value(changes).as_deref(), rule, "{changes:?}");
        }
    }
}
