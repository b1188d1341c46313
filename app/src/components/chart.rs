//! Times of runs as points over the days, on a scale on which each line is ten times the one below it.

use jiff::Timestamp;
use leptos::prelude::*;
use regatta_domain::run::IsolationLevel;
use regatta_islands::run::duration;

const WIDTH: f64 = 520.0;
const HEIGHT: f64 = 250.0;
/// Room for what stands beside the drawing: the words of the lines, and the days.
const LEFT: f64 = 72.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 34.0;

/// A chart of times.
pub struct Chart<'a> {
    /// The id of its title, unique in the page.
    pub id: &'static str,
    /// What it shows.
    pub title: &'static str,
    /// The times.
    pub points: &'a [Point],
    /// A time to compare with, and its words.
    pub reference: Option<(u64, &'static str)>,
}

/// A run's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// When the run was accepted.
    pub at: Timestamp,
    /// The time, in milliseconds.
    pub ms: u64,
    /// What isolated it, told by the shape.
    pub level: IsolationLevel,
}

/// What the drawing's sides stand for.
struct Scale {
    first: i64,
    span: f64,
    /// The lowest and the highest line, as powers of ten of milliseconds.
    low: u32,
    high: u32,
}

impl Chart<'_> {
    /// The chart; nothing where there are no times.
    pub fn render(&self) -> Option<AnyView> {
        let scale = Scale::over(self.points, self.reference.map(|(ms, _)| ms))?;
        let (title_id, description_id) = (format!("{}-title", self.id), format!("{}-description", self.id));
        let labelled_by = format!("{title_id} {description_id}");
        Some(
            view! {
                <svg class="chart" viewBox=format!("0 0 {WIDTH} {HEIGHT}") role="img" aria-labelledby=labelled_by>
                    {element("title", title_id, self.title.to_owned())}
                    {element("desc", description_id, self.description())}
                    {scale.lines()}
                    {self.reference.map(|(ms, words)| scale.reference(ms, words))}
                    {self.points.iter().map(|point| scale.mark(point)).collect_view()}
                    {days(self.points)}
                </svg>
            }
            .into_any(),
        )
    }

    /// The drawing in words.
    fn description(&self) -> String {
        let times = || self.points.iter().map(|point| point.ms);
        let (shortest, longest) = (times().min().unwrap_or(0), times().max().unwrap_or(0));
        let compared =
            self.reference.map(|(ms, words)| format!(" For comparison, {words}: {}.", duration(ms)));
        format!(
            "{} runs, the shortest {}, the longest {}.{}",
            self.points.len(),
            duration(shortest),
            duration(longest),
            compared.unwrap_or_default()
        )
    }
}

/// An element of SVG that HTML has too, so that the framework's own would be that one.
fn element(name: &'static str, id: String, words: String) -> AnyView {
    match name {
        "title" => leptos::svg::title().id(id).child(words).into_any(),
        _ => leptos::svg::desc().id(id).child(words).into_any(),
    }
}

impl Scale {
    /// A scale on which all points have room, and the time that they are compared with.
    fn over(points: &[Point], reference: Option<u64>) -> Option<Self> {
        let first = points.iter().map(|point| point.at.as_second()).min()?;
        let last = points.iter().map(|point| point.at.as_second()).max()?;
        let times = || points.iter().map(|point| point.ms).chain(reference).map(|ms| ms.max(1));
        let low = times().min()?.ilog10();
        let high = times().max()?.ilog10() + 1;
        Some(Self { first, span: bounded(last.abs_diff(first)), low, high })
    }

    fn x(&self, at: Timestamp) -> f64 {
        let part =
            if self.span == 0.0 { 0.5 } else { bounded(at.as_second().abs_diff(self.first)) / self.span };
        LEFT + part * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, ms: u64) -> f64 {
        let part = (bounded(ms.max(1)).log10() - f64::from(self.low)) / f64::from(self.high - self.low);
        HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM)
    }

    fn lines(&self) -> AnyView {
        let line = |power: u32| {
            let ms = 10_u64.pow(power);
            let y = self.y(ms);
            view! {
                <path class="chart-line" d=format!("M{LEFT} {y:.1}H{}", WIDTH - RIGHT)></path>
                <text class="chart-words" x=(LEFT - 8.0).to_string() y=format!("{:.1}", y + 4.0) text-anchor="end">
                    {round_words(ms)}
                </text>
            }
        };
        (self.low..=self.high).map(line).collect_view().into_any()
    }

    fn reference(&self, ms: u64, words: &'static str) -> AnyView {
        let y = self.y(ms);
        view! {
            <path class="chart-reference" d=format!("M{LEFT} {y:.1}H{}", WIDTH - RIGHT)></path>
            <text class="chart-words" x=(WIDTH - RIGHT).to_string() y=format!("{:.1}", y - 5.0) text-anchor="end">
                {format!("{words}: {}", round_words(ms))}
            </text>
        }
        .into_any()
    }

    /// A run: a square, a disc or a diamond, by what isolated it.
    fn mark(&self, point: &Point) -> AnyView {
        let (x, y) = (self.x(point.at), self.y(point.ms));
        let shape = match point.level {
            IsolationLevel::Process => format!("M{:.1} {:.1}h7v7h-7z", x - 3.5, y - 3.5),
            IsolationLevel::ApplicationKernel => {
                format!("M{:.1} {y:.1}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z", x - 4.0)
            }
            IsolationLevel::VirtualMachine => format!("M{x:.1} {:.1}l5 5l-5 5l-5 -5z", y - 5.0),
        };
        view! { <path class=format!("chart-mark chart-{}", point.level.as_str()) d=shape></path> }.into_any()
    }
}

/// The first and the last moment, in UTC, below the drawing: short, since phones show them large.
fn days(points: &[Point]) -> AnyView {
    let y = (HEIGHT - 10.0).to_string();
    let words = |at: Timestamp| at.strftime("%-d %b %Y, %H:%M").to_string();
    let first = points.iter().map(|point| point.at).min().map(words);
    let last =
        points.iter().map(|point| point.at).max().map(words).filter(|last| Some(last) != first.as_ref());
    view! {
        <text class="chart-words" x=LEFT.to_string() y=y.clone()>{first}</text>
        <text class="chart-words" x=(WIDTH - RIGHT).to_string() y=y text-anchor="end">{last}</text>
    }
    .into_any()
}

/// A number for drawing; what is larger than any drawing's needs is cut.
fn bounded(number: u64) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

/// `10 ms`, `1 s`, `100 s`.
fn round_words(ms: u64) -> String {
    if ms < 1_000 { format!("{ms} ms") } else { format!("{} s", ms / 1_000) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(at: &str, ms: u64) -> Point {
        Point { at: at.parse().unwrap(), ms, level: IsolationLevel::Process }
    }

    fn chart(points: &[Point]) -> Option<String> {
        let reference = Some((28_000, "Kata, as published"));
        Chart { id: "setup", title: "Set-up", points, reference }
            .render()
            .map(|chart| crate::render::fragment(|| chart))
    }

    #[test]
    fn a_chart_tells_in_words_what_it_draws() {
        let points = [point("2026-11-20T10:00:00Z", 40), point("2026-11-22T10:00:00Z", 900)];
        let html = chart(&points).unwrap();
        assert!(html.contains("<title id=\"setup-title\">Set-up</title>"), "{html}");
        assert!(html.contains("2 runs, the shortest "), "{html}");
        assert_eq!(html.matches("chart-mark").count(), 2, "{html}");
        for line in ["10 ms", "100 ms", "1 s", "10 s", "100 s"] {
            assert!(html.contains(line), "{line} in {html}");
        }
        assert!(!html.contains("style="), "{html}");
    }

    #[test]
    fn one_run_stands_in_the_middle_and_none_is_no_chart() {
        let scale = Scale::over(&[point("2026-11-20T10:00:00Z", 0)], None).unwrap();
        let middle = LEFT + (WIDTH - LEFT - RIGHT) / 2.0;
        assert!((scale.x("2026-11-20T10:00:00Z".parse().unwrap()) - middle).abs() < 0.001);
        assert!(scale.y(0).is_finite());
        assert!(chart(&[]).is_none());
    }
}
