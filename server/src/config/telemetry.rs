//! `logs.*` and `telemetry.*`: what the program says of itself, and to whom.

use http::Uri;

use super::sources::Reader;

/// The longest name that a service may have among others.
const MAX_SERVICE_NAME: usize = 64;

/// What is written into the log, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logs {
    /// `logs.format`
    pub format: LogFormat,
    /// `logs.filter`: which spans and events are told, as directives of `tracing`'s `EnvFilter`. `RUST_LOG` goes over it.
    pub filter: String,
}

/// How a line of the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people: time, level, place, words, then `key=value`.
    Text,
    /// For programs: one JSON object a line.
    Json,
}

/// Where traces are sent to.
#[derive(Clone, Debug, PartialEq)]
pub struct Telemetry {
    /// `telemetry.otlp_endpoint`: a collector that speaks OTLP over HTTP; `/v1/traces` is added to a bare origin. `None`
    /// sends none.
    pub otlp_endpoint: Option<String>,
    /// `telemetry.service_name`: as what this portal is known to the collector.
    pub service_name: String,
    /// `telemetry.sample_ratio`: which part of all traces is sent, from 0 to 1. Where a trusted proxy decided already, that
    /// decision is kept.
    pub sample_ratio: f64,
}

const FORMATS: [(&str, LogFormat); 2] = [("text", LogFormat::Text), ("json", LogFormat::Json)];

/// The portal's own words, and what others warn of.
/// The client library tells each call that fails as an error of its own; what matters of them is told by whoever called.
const DEFAULT_FILTER: &str = "warn,regatta=info,kube_client=off";

impl Logs {
    pub(super) fn read(read: &mut Reader) -> Self {
        let format = read.choice("logs.format", &FORMATS, LogFormat::Text);
        let filter = read.parsed("logs.filter", filter).unwrap_or_else(|| DEFAULT_FILTER.to_owned());
        Self { format, filter }
    }
}

impl Telemetry {
    pub(super) fn read(read: &mut Reader) -> Self {
        Self {
            otlp_endpoint: read.parsed("telemetry.otlp_endpoint", endpoint),
            service_name: read
                .parsed("telemetry.service_name", service_name)
                .unwrap_or_else(|| "regatta".to_owned()),
            sample_ratio: read.parsed("telemetry.sample_ratio", ratio).unwrap_or(1.0),
        }
    }
}

fn filter(text: &str) -> Result<String, String> {
    let read = tracing_subscriber::EnvFilter::builder().parse(text);
    read.map(|_| text.to_owned())
        .map_err(|_| "give directives such as warn,regatta=info or regatta_playground=debug".to_owned())
}

fn endpoint(text: &str) -> Result<String, String> {
    let wanted = "give the address of a collector, such as http://127.0.0.1:4318";
    let uri: Uri = text.parse().map_err(|_| wanted.to_owned())?;
    let web = matches!(uri.scheme_str(), Some("http" | "https"));
    let plain = uri.query().is_none() && uri.authority().is_some_and(|it| !it.as_str().contains('@'));
    match (web && plain, uri.path()) {
        (false, _) => Err(wanted.to_owned()),
        (true, "/" | "") => Ok(format!("{}/v1/traces", text.trim_end_matches('/'))),
        (true, _) => Ok(text.to_owned()),
    }
}

fn service_name(text: &str) -> Result<String, String> {
    let fine = !text.is_empty()
        && text.len() <= MAX_SERVICE_NAME
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    if fine { Ok(text.to_owned()) } else { Err("give letters, digits, - _ or ., at most 64".to_owned()) }
}

fn ratio(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(ratio) if (0.0..=1.0).contains(&ratio) => Ok(ratio),
        _ => Err("give a number from 0 (none) to 1 (all)".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_origin_is_led_to_where_traces_are_taken() {
        assert_eq!(endpoint("http://collector:4318/").unwrap(), "http://collector:4318/v1/traces");
        assert_eq!(
            endpoint("https://example.org/otlp/v1/traces").unwrap(),
            "https://example.org/otlp/v1/traces"
        );
        for wrong in
            ["collector:4318", "ftp://collector", "http://user:secret@collector", "http://c/?a=b", ""]
        {
            assert!(endpoint(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn ratios_and_names_stay_within_their_bounds() {
        assert!([0.0, 0.1, 1.0].iter().all(|fine| ratio(&fine.to_string()).is_ok()));
        assert!(["-0.1", "1.01", "NaN", "half"].iter().all(|wrong| ratio(wrong).is_err()));
        assert!(service_name("regatta-eu.1").is_ok());
        assert!(["", "two words", &"x".repeat(65)].iter().all(|wrong| service_name(wrong).is_err()));
    }
}
