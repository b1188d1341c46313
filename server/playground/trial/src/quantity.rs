//! Amounts as Kubernetes writes them: `250m`, `512Mi`, `1`, `4e3`.

use std::fmt;
use std::ops::{Add, AddAssign};

/// An amount, exact to the thousandth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity {
    thousandths: i128,
    binary: bool,
}

const BINARY: [(&str, i128); 6] =
    [("Ki", 1 << 10), ("Mi", 1 << 20), ("Gi", 1 << 30), ("Ti", 1 << 40), ("Pi", 1 << 50), ("Ei", 1 << 60)];
const DECIMAL: [(&str, i128); 6] = [
    ("k", 1_000),
    ("M", 1_000_000),
    ("G", 1_000_000_000),
    ("T", 1_000_000_000_000),
    ("P", 1_000_000_000_000_000),
    ("E", 1_000_000_000_000_000_000),
];

impl Quantity {
    /// So many whole ones.
    pub fn whole(count: i128) -> Self {
        Self { thousandths: count * 1000, binary: false }
    }

    /// What `text` says; `None` where it is no amount.
    pub fn parse(text: &str) -> Option<Self> {
        let end = text.find(|letter: char| !(letter.is_ascii_digit() || letter == '.')).unwrap_or(text.len());
        let (number, suffix) = text.split_at(end);
        let factor = |table: &[(&str, i128)]| {
            table.iter().find(|(name, _)| *name == suffix).map(|(_, factor)| factor * 1000)
        };
        let (thousandths, binary) = match suffix {
            "" => (1000, false),
            "m" => (1, false),
            _ => match (factor(&BINARY), factor(&DECIMAL)) {
                (Some(factor), _) => (factor, true),
                (None, Some(factor)) => (factor, false),
                (None, None) => {
                    (1000 * 10_i128.checked_pow(suffix.strip_prefix(['e', 'E'])?.parse().ok()?)?, false)
                }
            },
        };
        Some(Self { thousandths: scale(number, thousandths)?, binary })
    }

    /// In whole ones, rounded up.
    pub fn ceil(self) -> u64 {
        u64::try_from((self.thousandths + 999) / 1000).unwrap_or(0)
    }
}

/// `number`, which may have a fraction, times `factor`.
fn scale(number: &str, factor: i128) -> Option<i128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = u32::try_from(fraction.len()).ok().filter(|digits| *digits <= 9)?;
    let all: i128 = format!("{whole}{fraction}").parse().ok()?;
    Some(all.checked_mul(factor)? / 10_i128.pow(digits))
}

impl Add for Quantity {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let binary = if self.thousandths == 0 { other.binary } else { self.binary };
        Self { thousandths: self.thousandths + other.thousandths, binary }
    }
}

impl AddAssign for Quantity {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.thousandths % 1000 != 0 {
            return write!(f, "{}m", self.thousandths);
        }
        let whole = self.thousandths / 1000;
        let table = if self.binary { BINARY } else { DECIMAL };
        let fits = table.iter().rev().find(|(_, factor)| whole != 0 && whole % factor == 0);
        match fits {
            Some((suffix, factor)) => write!(f, "{}{suffix}", whole / factor),
            None => write!(f, "{whole}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        Quantity::parse(text).unwrap().to_string()
    }

    #[test]
    fn amounts_are_written_in_their_shortest_form() {
        assert_eq!(told("2112Mi"), "2112Mi");
        assert_eq!(told("2048Mi"), "2Gi");
        assert_eq!(told("1250m"), "1250m");
        assert_eq!(told("2000m"), "2");
        assert_eq!(told("0.5"), "500m");
        assert_eq!(told("128e3"), "128k");
        assert_eq!(told("0"), "0");
    }

    #[test]
    fn sums_keep_the_first_ones_way_of_writing() {
        let sum = Quantity::parse("512Mi").unwrap() + Quantity::parse("320Mi").unwrap();
        assert_eq!(sum.to_string(), "832Mi");
        assert_eq!((Quantity::default() + Quantity::parse("1Gi").unwrap()).to_string(), "1Gi");
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in ["", "x", "1x", "-1", "1.2.3"] {
            assert_eq!(Quantity::parse(text), None, "{text}");
        }
    }
}
