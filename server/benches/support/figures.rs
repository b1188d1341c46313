//! Figures and how they are told.

use std::time::Duration;

/// The figure below which this share of all lie; `share` from 0 to 1. Nothing of nothing.
pub fn quantile(figures: &[Duration], share: f64) -> Duration {
    let mut sorted = figures.to_vec();
    sorted.sort();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index of a short list"
    )]
    let at = ((sorted.len() as f64 * share).ceil() as usize).saturating_sub(1);
    sorted.get(at).copied().unwrap_or_default()
}

/// A median of any figures.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

pub fn milliseconds(figure: Duration) -> f64 {
    figure.as_secs_f64() * 1000.0
}

/// The load of the machine within the last minute, as the system tells it (proc(5)).
pub fn machine_load() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').next().unwrap_or_default().to_owned()
}

/// Tells a spread of figures in one line.
pub fn report(what: &str, figures: &[Duration]) {
    println!(
        "{what:<34} {:>7}   p50 {:>8.1} ms   p99 {:>8.1} ms   longest {:>8.1} ms",
        figures.len(),
        milliseconds(quantile(figures, 0.5)),
        milliseconds(quantile(figures, 0.99)),
        milliseconds(quantile(figures, 1.0)),
    );
}
