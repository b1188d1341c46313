//! Stretches of time as bars of a drawing, one row at a time.

use std::fmt::Write;

/// The width of a drawing, in its own units.
const WIDTH: u64 = 1_000;
/// What can still be seen, in the same units.
const SLIVER: u64 = 4;

/// A stretch of time, in milliseconds since the run was accepted.
#[derive(Clone, Debug)]
pub struct Bar {
    /// What the style sheet knows it by.
    pub kind: &'static str,
    /// What it is.
    pub words: String,
    /// When it began.
    pub from: u64,
    /// When it was over, or now.
    pub to: u64,
}

impl Bar {
    /// How long it is.
    pub fn ms(&self) -> u64 {
        self.to.saturating_sub(self.from)
    }
}

/// What the sides of a drawing stand for, in milliseconds since the run was accepted.
#[derive(Clone, Copy)]
pub struct Span {
    from: u64,
    ms: u64,
}

impl Span {
    pub fn new(from: u64, to: u64) -> Self {
        Self { from, ms: to.saturating_sub(from).max(1) }
    }

    /// Where a stretch is drawn, and how wide.
    fn place(self, from: u64, to: u64) -> (u64, u64) {
        let x = (from.saturating_sub(self.from) * WIDTH / self.ms).min(WIDTH - SLIVER);
        let width = (to.saturating_sub(from) * WIDTH / self.ms).clamp(SLIVER, WIDTH - x);
        (x, width)
    }

    /// Appends a row of bars and, below them, the second that a cluster's clock named for the end of the last one. Writing
    /// into a string never fails.
    pub fn draw(self, html: &mut String, bars: &[Bar], reported_ms: Option<i64>) {
        html.push_str(
            "<svg class=\"waterfall-bars\" viewBox=\"0 0 1000 12\" preserveAspectRatio=\"none\" aria-hidden=\"true\" focusable=\"false\">",
        );
        for Bar { kind, from, to, .. } in bars {
            let (x, width) = self.place(*from, *to);
            let _ = write!(html, "<rect class=\"bar bar-{kind}\" x=\"{x}\" width=\"{width}\" height=\"9\"/>");
        }
        if let Some(second) = reported_ms.map(|ms| u64::try_from(ms).unwrap_or(0)) {
            let (x, width) = self.place(second, second + 1_000);
            let _ = write!(
                html,
                "<rect class=\"bar-second\" x=\"{x}\" y=\"10\" width=\"{width}\" height=\"2\"/>"
            );
        }
        html.push_str("</svg>");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_clock_says_nothing_is_drawn_outside() {
        for (from, to) in [(0, 0), (100, 300), (150, 160), (0, 9_000), (9_000, 9_000), (50, 20)] {
            let (x, width) = Span::new(100, 300).place(from, to);
            assert!(width >= SLIVER && x + width <= WIDTH, "{from} to {to}: {x}, {width}");
        }
        let mut html = String::new();
        Span::new(5, 5).draw(&mut html, &[], Some(-3_000));
        assert!(html.contains("class=\"bar-second\" x=\"0\""), "{html}");
    }
}
