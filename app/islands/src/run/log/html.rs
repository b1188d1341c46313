//! What a line of a log looks like. The server writes the last lines of each step with it, the browser those in sight.

use std::fmt::Write;

use regatta_domain::run::{LogLine, Stream};

use super::super::duration::of_the_clock;
use super::lines::{Line, StepLines};
use super::place::Picked;
use super::search::matches_in;

/// The times beside the lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Times {
    /// None.
    #[default]
    Off,
    /// Since the run was accepted.
    Relative,
    /// Of the clock, in UTC.
    Absolute,
}

/// What the reader chose to see.
#[derive(Clone, Debug, Default)]
pub(crate) struct Look {
    /// The times beside the lines.
    pub times: Times,
    /// When the run was accepted, in milliseconds of the clock.
    pub accepted_ms: u64,
    /// The lines that the address leads to.
    pub picked: Option<Picked>,
    /// The step they are of; lines of others that were printed between them are not meant.
    pub picked_in: Option<usize>,
    /// The line that a search or the next error led to, by its event.
    pub here: Option<u64>,
    /// What is searched for, in lower case.
    pub query: String,
}

impl Look {
    /// The look of the step with this number.
    pub fn of_step(&self, step: usize) -> Self {
        Self { picked: self.picked.filter(|_| self.picked_in == Some(step)), ..self.clone() }
    }
}

/// The lines that are kept of a step that printed `printed`, as the server shows them: HTML for within a `.log`.
pub fn log_html(printed: usize, kept: &[LogLine]) -> String {
    let lines = StepLines::last_of(printed, kept);
    lines_html(&lines, 0..lines.len(), &Look::default())
}

/// Some lines of a step as HTML.
pub(crate) fn lines_html(lines: &StepLines, range: std::ops::Range<usize>, look: &Look) -> String {
    let mut html = String::with_capacity(range.len() * 160);
    for line in range.filter_map(|at| lines.line(at)) {
        line_html(&mut html, &line, look);
    }
    html
}

/// Appends a line. Writing into a string never fails.
fn line_html(html: &mut String, line: &Line<'_>, look: &Look) {
    let (err, spoken) = match line.stream {
        Stream::Out => ("", ""),
        Stream::Err => (" log-err", ", standard error"),
    };
    let picked = if look.picked.is_some_and(|picked| picked.holds(line.seq)) { " log-picked" } else { "" };
    let here = if look.here == Some(line.seq) { " log-here" } else { "" };
    let (seq, number) = (line.seq, line.number);
    let _ = write!(
        html,
        "<div class=\"log-line{err}{picked}{here}\" id=\"l{seq}\"><a class=\"log-number\" href=\"#l{seq}\" \
         aria-label=\"Line {number}{spoken}\">{number}</a>"
    );
    match look.times {
        Times::Off => {}
        Times::Relative => {
            let _ = write!(html, "<span class=\"log-time\">{}</span>", relative(line.at_ms));
        }
        Times::Absolute => {
            let _ = write!(
                html,
                "<span class=\"log-time\">{}</span>",
                of_the_clock(look.accepted_ms + line.at_ms)
            );
        }
    }
    html.push_str("<span class=\"log-text\">");
    text_html(html, line, &look.query);
    html.push_str("</span></div>");
}

/// `+1:02.345`: minutes, seconds, milliseconds.
fn relative(ms: u64) -> String {
    format!("+{}:{:02}.{:03}", ms / 60_000, ms / 1_000 % 60, ms % 1_000)
}

/// The text of a line, its coloured stretches in spans and what is searched for in marks.
fn text_html(html: &mut String, line: &Line<'_>, query: &str) {
    let mut done = 0;
    for stretch in line.stretches {
        let (from, to) = (stretch.from as usize, stretch.to as usize);
        marked(html, line.text, done..from, query);
        let _ = write!(html, "<span class=\"{}\">", stretch.style);
        marked(html, line.text, from..to, query);
        html.push_str("</span>");
        done = to;
    }
    marked(html, line.text, done..line.text.len(), query);
}

/// A part of a line, with marks where a match lies in it; one that goes on beyond it is marked in both parts.
fn marked(html: &mut String, text: &str, part: std::ops::Range<usize>, query: &str) {
    let mut done = part.start;
    if !query.is_empty() {
        for (from, to) in matches_in(text, query) {
            let (from, to) = (from.max(part.start), to.min(part.end));
            if from < to {
                escape(html, &text[done..from]);
                html.push_str("<mark>");
                escape(html, &text[from..to]);
                html.push_str("</mark>");
                done = to;
            }
        }
    }
    escape(html, &text[done..part.end]);
}

/// Appends `text` so that it is nothing but text, also within an attribute.
pub(crate) fn escape(html: &mut String, text: &str) {
    let mut done = 0;
    for (at, byte) in text.bytes().enumerate() {
        let entity = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            _ => continue,
        };
        html.push_str(&text[done..at]);
        html.push_str(entity);
        done = at + 1;
    }
    html.push_str(&text[done..]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regatta_domain::run::{Span, Style};

    use super::*;

    fn html(text: &str, spans: &[Span], look: &Look) -> String {
        let mut lines = StepLines::default();
        lines.push(120, 62_345, Stream::Err, text, spans);
        lines_html(&lines, 0..1, look)
    }

    fn red(at: u32, len: u32) -> Span {
        Span { at, len, style: Style { colour: Some(1), bold: true, ..Style::default() } }
    }

    #[test]
    fn a_line_has_its_place_its_stream_and_its_colours() {
        insta::assert_snapshot!(html("fail: a < b", &[red(0, 4)], &Look::default()));
    }

    #[test]
    fn times_are_since_the_start_or_of_the_clock() {
        let look = |times| Look { times, accepted_ms: 1_800_000_000_000, ..Look::default() };
        assert!(html("x", &[], &look(Times::Relative)).contains(">+1:02.345<"));
        assert!(html("x", &[], &look(Times::Absolute)).contains(">08:01:02.345<"));
    }

    #[test]
    fn what_is_searched_for_is_marked_across_colours() {
        let look = Look {
            query: "ilo".into(),
            here: Some(120),
            picked: Some(Picked::between(1, 200)),
            ..Look::default()
        };
        let html = html("pILOt", &[red(0, 2)], &look);
        assert!(html.contains("<span class=\"c1 b\">p<mark>I</mark></span><mark>LO</mark>t"), "{html}");
        assert!(html.contains("class=\"log-line log-err log-picked log-here\""), "{html}");
    }

    #[test]
    fn of_jobs_that_ran_at_once_only_the_step_that_is_meant_is_set_off() {
        let look = Look { picked: Some(Picked::between(1, 200)), picked_in: Some(2), ..Look::default() };
        assert!(html("meant", &[], &look.of_step(2)).contains("log-picked"));
        assert!(!html("printed meanwhile", &[], &look.of_step(3)).contains("log-picked"));
    }

    /// What a browser shows of HTML that has no elements but those written here.
    fn shown(html: &str) -> String {
        let mut text = String::new();
        let mut inside = false;
        for c in html.chars() {
            match c {
                '<' => inside = true,
                '>' if inside => inside = false,
                c if !inside => text.push(c),
                _ => {}
            }
        }
        text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
    }

    proptest! {
        #[test]
        fn whatever_is_printed_stays_text(
            text in "[a-c<>&\"'é上 ]{0,24}",
            at in 0_u32..20, len in 0_u32..20, query in "[a-c<]{0,2}",
        ) {
            let look = Look { query, ..Look::default() };
            let line = html(&text, &[red(at, len)], &look);
            let start = line.find("log-text\">").unwrap() + "log-text\">".len();
            prop_assert_eq!(shown(&line[start..]), text);
        }
    }
}
