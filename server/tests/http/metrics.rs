//! What is measured, as a scraper reads it after people were here.

use std::collections::{BTreeMap, BTreeSet};

use http::StatusCode;
use http::header::CONTENT_TYPE;

use crate::admin::Office;
use crate::playground::{pipeline, ready};
use crate::support::Harbour;

/// One metric with its samples, as OpenMetrics 1.0 has them.
#[derive(Debug, Default)]
struct Family {
    kind: String,
    help: String,
    unit: String,
    samples: BTreeMap<String, f64>,
}

type Families = BTreeMap<String, Family>;

/// Reads the OpenMetrics text format and refuses whatever is not exactly so.
fn parse(text: &str) -> Families {
    let body = text.strip_suffix("# EOF\n").expect("it ends with # EOF");
    let mut families = Families::new();
    let mut current = String::new();
    let mut done = BTreeSet::new();
    for line in body.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            let (what, rest) = comment.split_once(' ').unwrap();
            let (name, value) = rest.split_once(' ').unwrap();
            if name != current {
                assert!(done.insert(name.to_owned()), "{name} is told in one piece");
                name.clone_into(&mut current);
            }
            assert!(is_name(name), "{name}");
            let family = families.entry(name.to_owned()).or_default();
            assert!(family.samples.is_empty(), "{line} comes before the samples");
            match what {
                "TYPE" => value.clone_into(&mut family.kind),
                "HELP" => value.clone_into(&mut family.help),
                "UNIT" => {
                    assert!(name.ends_with(&format!("_{value}")), "{name} ends in its unit {value}");
                    value.clone_into(&mut family.unit);
                }
                other => panic!("{other} is none of OpenMetrics"),
            }
        } else {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let name = series.split('{').next().unwrap();
            let family = families.get_mut(&current).unwrap();
            assert!(suffixes(&family.kind).iter().any(|end| name == format!("{current}{end}")), "{line}");
            check_labels(series);
            let value: f64 = value.parse().unwrap();
            assert!(family.samples.insert(series.to_owned(), value).is_none(), "{series} stands once");
        }
    }
    families
}

fn is_name(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

fn suffixes(kind: &str) -> &'static [&'static str] {
    match kind {
        "counter" => &["_total"],
        "gauge" => &[""],
        "histogram" => &["_bucket", "_sum", "_count"],
        "info" => &["_info"],
        other => panic!("{other} is no type that is used here"),
    }
}

fn check_labels(series: &str) {
    let Some((_, labels)) = series.split_once('{') else { return };
    let labels = labels.strip_suffix('}').unwrap();
    for label in labels.split("\",") {
        let (name, value) = label.split_once("=\"").unwrap();
        assert!(is_name(name) && !value.trim_end_matches('"').contains(['"', '\n']), "{series}");
    }
}

/// Buckets only grow, and the last of them has all that was counted.
fn check_histograms(families: &Families) {
    for (name, family) in families.iter().filter(|(_, family)| family.kind == "histogram") {
        let mut buckets: BTreeMap<String, Vec<(f64, f64)>> = BTreeMap::new();
        for (series, count) in family.samples.iter().filter(|(series, _)| series.contains("_bucket{")) {
            let (before, rest) = series.split_once("le=\"").unwrap();
            let (bound, after) = rest.split_once('"').unwrap();
            let others = format!("{before}{}", after.trim_start_matches(','));
            let counted = others.replace("_bucket", "_count").replace("{}", "");
            buckets.entry(counted).or_default().push((bound.parse().unwrap(), *count));
        }
        for (counted, mut buckets) in buckets {
            buckets.sort_by(|one, other| one.0.total_cmp(&other.0));
            assert!(buckets.is_sorted_by(|one, other| one.1 <= other.1), "{counted}: {buckets:?}");
            assert_eq!(family.samples.get(&counted), buckets.last().map(|last| &last.1), "{name}");
            assert!(buckets.last().unwrap().0.is_infinite(), "{counted}");
        }
    }
}

async fn scrape(harbour: &Harbour) -> Families {
    let answer = Office::of(harbour).get("/metrics").await;
    assert_eq!(answer.status, StatusCode::OK);
    let kind = answer.headers[CONTENT_TYPE].to_str().unwrap();
    assert_eq!(kind, "application/openmetrics-text; version=1.0.0; charset=utf-8");
    let families = parse(&answer.body);
    check_histograms(&families);
    families
}

fn sample(families: &Families, series: &str) -> f64 {
    let find = |family: &Family| family.samples.get(series).copied();
    families.values().find_map(find).unwrap_or_else(|| panic!("no {series} in {families:#?}"))
}

/// A portal where somebody registered, somebody made a mistake, and two runs are over.
async fn visited() -> Harbour {
    let harbour = ready().await;
    harbour.register("open", "ada@example.org").await;
    let mistaken = harbour.sign_up("open", &[("name", "Bob"), ("email", "nobody")]).await;
    assert_eq!(mistaken.status, StatusCode::UNPROCESSABLE_ENTITY);
    for script in ["echo one", "wait-for-cancel"] {
        let fields = [("demo", "demo"), ("pipeline", &*pipeline(script))];
        let run = harbour.post("/runs", &fields).await.location().to_owned();
        if script == "wait-for-cancel" {
            harbour.until(&format!("{run}/events.json"), "step_started").await;
            harbour.post(&format!("{run}/cancel"), &[]).await;
        }
        let all = harbour.get(&format!("{run}/events")).await;
        assert!(all.body.contains("data: over"), "{}", all.body);
    }
    assert_eq!(harbour.get("/no/such/page").await.status, StatusCode::NOT_FOUND);
    harbour
}

/// The run's end is settled a moment after its watchers heard of it.
async fn scrape_once_settled(harbour: &Harbour) -> Families {
    loop {
        let families = scrape(harbour).await;
        let ended = |ending: &str| {
            sample(&families, &format!("regatta_playground_runs_total{{ending=\"{ending}\"}}"))
        };
        if ended("succeeded") + ended("cancelled") > 1.5 {
            return families;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_people_did_is_counted_without_saying_who_they_are() {
    let harbour = visited().await;
    let families = scrape_once_settled(&harbour).await;
    for (series, wanted) in [
        ("regatta_registration_forms_total{outcome=\"seat_held\"}", 1.0),
        ("regatta_registration_forms_total{outcome=\"shown_again\"}", 1.0),
        ("regatta_playground_runs_total{ending=\"succeeded\"}", 1.0),
        ("regatta_playground_runs_total{ending=\"cancelled\"}", 1.0),
        ("regatta_playground_runs_total{ending=\"failed\"}", 0.0),
        ("regatta_playground_jobs_total{executor=\"player\",ending=\"succeeded\"}", 1.0),
        (
            "regatta_playground_job_phase_seconds_count{executor=\"player\",image=\"local\",phase=\"first_step\"}",
            2.0,
        ),
        ("regatta_playground_run_duration_seconds_count{ending=\"succeeded\"}", 1.0),
        ("regatta_playground_available", 1.0),
        ("regatta_database_up", 1.0),
        ("regatta_mail_attempts_total{outcome=\"sent\"}", 1.0),
        ("regatta_http_requests_in_flight", 0.0),
        ("regatta_http_requests_total{method=\"GET\",route=\"(none)\",status=\"4xx\"}", 1.0),
        ("regatta_http_requests_total{method=\"POST\",route=\"/runs\",status=\"3xx\"}", 2.0),
    ] {
        let told = sample(&families, series);
        assert!((told - wanted).abs() < 0.001, "{series} is {told}, not {wanted}");
    }
    assert!(sample(&families, "process_resident_memory_bytes") > 1e6);
    let all: String = families.values().flat_map(|family| family.samples.keys()).cloned().collect();
    for private in ["ada", "example.org", "echo", "/runs/0", "no/such"] {
        assert!(!all.contains(private), "{private}");
    }
}

#[tokio::test]
async fn names_types_and_help_stay_as_they_are() {
    let harbour = visited().await;
    let families = scrape_once_settled(&harbour).await;
    let told = families.iter().map(|(name, family)| {
        assert!(!family.help.is_empty() && family.help.ends_with('.'), "{name}");
        format!("{name} ({}): {}\n", family.kind, family.help)
    });
    insta::assert_snapshot!(told.collect::<String>());
}

#[tokio::test]
async fn a_run_that_never_had_its_turn_is_counted_too() {
    let harbour = Harbour::open().await;
    let run = harbour.post("/runs", &[("demo", "demo")]).await.location().to_owned();
    assert_eq!(harbour.post(&format!("{run}/cancel"), &[]).await.status, StatusCode::SEE_OTHER);
    let families = scrape(&harbour).await;
    let cancelled = sample(&families, "regatta_playground_runs_total{ending=\"cancelled\"}");
    assert!((cancelled - 1.0).abs() < 0.001, "{cancelled}");
    assert!(!families.contains_key("regatta_playground_jobs"), "none of its jobs was ever asked for");
}

#[tokio::test]
async fn a_scrape_needs_no_database() {
    let harbour = ready().await;
    harbour.open.portal.store.close().await;
    let families = scrape(&harbour).await;
    assert!(sample(&families, "regatta_database_up").abs() < 0.001);
    assert!(!families.contains_key("regatta_mails"), "what is not known is not told");
}

#[tokio::test]
async fn whoever_scrapes_often_does_not_bother_the_database() {
    let harbour = ready().await;
    let before = scrape(&harbour).await;
    assert!(sample(&before, "regatta_mails{state=\"owed\"}").abs() < 0.001);
    harbour.sign_up("open", &[("name", "Ada"), ("email", "ada@example.org")]).await;
    let after = scrape(&harbour).await;
    assert!(sample(&after, "regatta_mails{state=\"owed\"}").abs() < 0.001, "it is believed for five seconds");
}
