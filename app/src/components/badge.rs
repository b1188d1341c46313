//! A demo's latest result as a small picture for other pages: two boxes, the name and how it went.

use regatta_domain::run::{Ending, RunState};
use regatta_islands::run::duration;

use super::runs::RunSummary;

/// The picture's height, in pixels.
const HEIGHT: u32 = 20;
/// Left and right of each text, in hundredths of a pixel.
const PADDING: u32 = 700;
/// The size of the letters, in pixels.
const FONT_SIZE: u32 = 11;
/// The most characters of a name.
const NAME_CHARS: usize = 40;

/// How wide the printable ASCII characters are, from the space on, in hundredths of the letters' size: the advance widths of
/// `DejaVu Sans`, which has the metrics of Verdana.
const WIDTHS: [u32; 95] = [
    32, 40, 46, 84, 64, 95, 78, 27, 39, 39, 50, 84, 32, 36, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
    34, 34, 84, 84, 84, 53, 100, 68, 69, 70, 77, 63, 58, 77, 75, 29, 29, 66, 56, 86, 75, 79, 60, 79, 69, 63,
    61, 73, 68, 99, 69, 61, 69, 39, 34, 39, 84, 50, 50, 61, 63, 55, 63, 62, 35, 63, 63, 28, 28, 58, 28, 97,
    63, 61, 63, 63, 41, 52, 39, 63, 59, 82, 59, 59, 52, 64, 34, 64, 84,
];
/// What any other character may need: letters of other alphabets are narrower, ideographs are as wide as high.
const WIDE: u32 = 100;

/// The badge of the demo called `title` as an SVG document; `latest` is its latest run, where there is one. A renderer with
/// other letters squeezes them into the measured room (`textLength`).
pub fn badge(title: &str, latest: Option<&RunSummary>) -> String {
    let name = shortened(title);
    let (result, colour) = match latest {
        None => ("not run yet".to_owned(), "#54607a"),
        Some(run) => (words(run), colour(run.state)),
    };
    let (name_room, result_room) = (text_width(&name), text_width(&result));
    let (left, right) = (name_room + 2 * PADDING, result_room + 2 * PADDING);
    let label = escaped(&format!("{name}: {result}"));
    let text = |words: &str, x: u32, room: u32| {
        format!(
            "<text x=\"{}\" y=\"14\" textLength=\"{}\" lengthAdjust=\"spacingAndGlyphs\">{}</text>",
            pixels(x),
            pixels(room),
            escaped(words)
        )
    };
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{HEIGHT}\" viewBox=\"0 0 {width} {HEIGHT}\" \
         role=\"img\" aria-label=\"{label}\"><title>{label}</title>\
         <path fill=\"#10213f\" d=\"M0 0h{left}v{HEIGHT}H0z\"/><path fill=\"{colour}\" d=\"M{left} 0h{right}v{HEIGHT}h-{right}z\"/>\
         <g fill=\"#fffdf7\" font-family=\"Verdana,DejaVu Sans,sans-serif\" font-size=\"{FONT_SIZE}\">{first}{second}</g></svg>\n",
        width = pixels(left + right),
        left = pixels(left),
        right = pixels(right),
        first = text(&name, PADDING, name_room),
        second = text(&result, left + PADDING, result_room),
    )
}

fn words(run: &RunSummary) -> String {
    let words = run.state.words().to_lowercase();
    match (run.state, run.total_ms) {
        (RunState::Ended(Ending::Succeeded | Ending::Failed), Some(ms)) => {
            format!("{words} in {}", duration(ms))
        }
        _ => words,
    }
}

/// Dark enough for near-white letters (4.5:1).
fn colour(state: RunState) -> &'static str {
    match state {
        RunState::Ended(Ending::Succeeded) => "#1245b5",
        RunState::Ended(Ending::Cancelled) => "#54607a",
        RunState::Ended(ending) if ending.is_infrastructure() => "#6d4e00",
        RunState::Queued | RunState::Starting | RunState::Running => "#6d4e00",
        RunState::Ended(_) => "#ab1219",
    }
}

/// How much room a text needs, in hundredths of a pixel.
fn text_width(text: &str) -> u32 {
    let wide = |c: char| {
        let at = u32::from(c).checked_sub(u32::from(' ')).and_then(|at| usize::try_from(at).ok());
        at.and_then(|at| WIDTHS.get(at)).copied().unwrap_or(WIDE)
    };
    text.chars().map(wide).sum::<u32>() * FONT_SIZE
}

/// Hundredths of a pixel as pixels.
fn pixels(hundredths: u32) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

fn shortened(title: &str) -> String {
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    if title.chars().count() <= NAME_CHARS {
        return title.chars().map(clean).collect();
    }
    title.chars().map(clean).take(NAME_CHARS - 1).chain(['…']).collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(state: RunState) -> RunSummary {
        RunSummary {
            id: "aaaaaaaaaaaaaaaaaaaaaaaaaa".parse().unwrap(),
            title: "Demo".into(),
            demo: None,
            state,
            accepted_at: "2026-11-22T12:00:00Z".parse().unwrap(),
            total_ms: Some(4_200),
            timing: None,
        }
    }

    #[test]
    fn texts_are_measured_and_escaped() {
        assert_eq!((text_width("ii"), text_width("W"), text_width("船")), (2 * 28 * 11, 99 * 11, 100 * 11));
        let svg = badge("</title><script>\"&", Some(&run(RunState::Ended(Ending::Succeeded))));
        assert!(
            !svg.contains("<script>") && svg.contains("&lt;/title&gt;&lt;script&gt;&quot;&amp;"),
            "{svg}"
        );
        assert!(svg.contains(">succeeded in "), "{svg}");
        assert!(
            svg.contains(&format!("textLength=\"{}\"", pixels(text_width("</title><script>\"&")))),
            "{svg}"
        );
    }

    #[test]
    fn every_end_has_its_word_and_a_demo_without_runs_says_so() {
        for ending in Ending::ALL {
            let svg = badge("Demo", Some(&run(RunState::Ended(ending))));
            assert!(svg.contains(&ending.words().to_lowercase()), "{svg}");
        }
        assert!(badge("Demo", None).contains("not run yet"));
        let long = badge(&"x".repeat(500), None);
        assert!(long.contains(&format!("{}…", "x".repeat(NAME_CHARS - 1))), "{long}");
    }
}
