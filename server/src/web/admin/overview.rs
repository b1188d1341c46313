//! How the portal is, on a page for its operators.

use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use http::header::CACHE_CONTROL;
use jiff::Timestamp;
use regatta_app::pages::health::{FaultRow, HealthFact, HealthSection, HealthView, health};
use regatta_playground::Availability;
use regatta_store::{LeaseHeld, PoolUse};

use super::executors::executors;
use super::words::{milliseconds, moment, time};
use crate::telemetry::logs::Fault;
use crate::telemetry::metrics::Readings;
use crate::web::headers::NEVER_KEEP;
use crate::web::health::missing;
use crate::web::site::{see_other, shell};
use crate::web::state::Portal;

/// Where one asks for another check of what isolates jobs.
const PROBE: &str = "/health/probe";
/// From when on a mail has waited for too long, in seconds.
const TOO_LONG: i64 = 900;

/// `GET /health`
pub async fn show(State(portal): State<Portal>) -> Response {
    let readings = portal.telemetry.metrics.readings.take(&portal).await;
    let now = portal.clock.now();
    let missing = missing(&portal, readings.pulse.is_some());
    let view = HealthView {
        verdict: verdict(&portal, &missing),
        sections: vec![
            program(&portal, now),
            database(&portal, &readings),
            mail(&readings),
            leases(readings.leases.as_deref(), now),
            playground(&portal, &readings),
        ],
        executors: executors(&portal),
        checked: checked(&portal),
        check_again: (!portal.lookout.is_looking()).then_some(PROBE),
        faults: portal.telemetry.faults.latest().into_iter().map(fault).collect(),
    };
    let document = health(&shell(&portal, &portal.shelf.library()), &view);
    ([(CACHE_CONTROL, NEVER_KEEP)], Html(document)).into_response()
}

/// `POST /health/probe`: what isolates jobs is checked again; runs go on meanwhile.
pub async fn probe_again(State(portal): State<Portal>) -> Response {
    tracing::info!("an operator asked for another check of what isolates jobs");
    portal.lookout.look_again();
    see_other("/health")
}

fn verdict(portal: &Portal, missing: &[&str]) -> String {
    match (portal.draining.is_cancelled(), missing) {
        (true, _) => "The portal was told to stop.".to_owned(),
        (false, []) => "The portal is ready.".to_owned(),
        (false, missing) => format!("The portal is not ready. Missing: {}.", missing.join(", ")),
    }
}

fn fact(name: &str, value: impl Into<String>) -> HealthFact {
    HealthFact { name: name.to_owned(), value: value.into(), alarming: false }
}

fn alarming_where(alarming: bool, fact: HealthFact) -> HealthFact {
    HealthFact { alarming, ..fact }
}

fn program(portal: &Portal, now: Timestamp) -> HealthSection {
    let started = portal.telemetry.started;
    let problems = portal.shelf.library().problems().len();
    let facts = vec![
        fact("Version", env!("CARGO_PKG_VERSION")),
        fact("Running for", format!("{}, since {}", time(now.duration_since(started)), moment(started))),
        alarming_where(problems > 0, fact("Problems in the content", problems.to_string())),
    ];
    HealthSection { title: "Program", facts }
}

fn database(portal: &Portal, readings: &Readings) -> HealthSection {
    let answer = match readings.pulse {
        Some(pulse) => {
            let (waited, answered) = (milliseconds(pulse.waited), milliseconds(pulse.answered));
            fact("Answers within", format!("{answered}, after {waited} for a connection"))
        }
        None => alarming_where(true, fact("Answers within", "it does not answer")),
    };
    let pool = |pool: &PoolUse| {
        let PoolUse { name, open, in_use, most } = pool;
        fact(&format!("Connections: {name}"), format!("{in_use} in use, {open} open, at most {most}"))
    };
    let pools = readings.pools.iter().map(pool);
    let facts = [fact("Engine", portal.store.engine()), answer].into_iter().chain(pools).collect();
    HealthSection { title: "Database", facts }
}

fn mail(readings: &Readings) -> HealthSection {
    let Some(outbox) = &readings.outbox else {
        let facts = vec![alarming_where(true, fact("Outbox", "it cannot be read"))];
        return HealthSection { title: "Mail", facts };
    };
    let oldest = readings.oldest_owed_seconds.unwrap_or(0);
    let waits = time(jiff::SignedDuration::from_secs(oldest));
    let tally = readings.tally;
    let facts = vec![
        fact("Owed", outbox.owed.to_string()),
        alarming_where(oldest > TOO_LONG, fact("The oldest of them waits for", waits)),
        alarming_where(outbox.unknown > 0, fact("Unknown whether they arrived", outbox.unknown.to_string())),
        fact("Never to be sent", outbox.failed.to_string()),
        fact("Sent by this process", tally.sent.to_string()),
    ];
    HealthSection { title: "Mail", facts }
}

fn leases(leases: Option<&[LeaseHeld]>, now: Timestamp) -> HealthSection {
    let facts = match leases {
        None => vec![alarming_where(true, fact("Leases", "they cannot be read"))],
        Some([]) => vec![fact("Leases", "nobody holds one")],
        Some(held) => held
            .iter()
            .map(|lease| {
                let until = time(lease.until.duration_since(now));
                fact(&lease.name, format!("{}, for {until} unless renewed", lease.holder))
            })
            .collect(),
    };
    HealthSection { title: "Who does what one process does for all", facts }
}

fn playground(portal: &Portal, readings: &Readings) -> HealthSection {
    let available = match portal.playground.availability() {
        Availability::Checking => fact("Runs", "what isolates them is being checked"),
        Availability::Ready(_) => fact("Runs", "they can be had"),
        Availability::Off { reason } => alarming_where(true, fact("Runs", format!("off: {reason}"))),
    };
    let switches = portal.playground.switches();
    let reason = switches.reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
    let edited = if switches.edited_runs { "run" } else { "not run" };
    let mut facts = vec![
        available,
        fact(
            "Operators decided",
            format!("{}{reason}; texts of visitors' own are {edited}", switches.mode.as_str()),
        ),
    ];
    facts.push(match readings.load {
        Some(load) => {
            let (waiting, under_way, slots) = (load.waiting, load.under_way, load.slots);
            fact("Load", format!("{under_way} under way, {waiting} waiting, room for {slots}"))
        }
        None => alarming_where(true, fact("Load", "it cannot be read")),
    });
    facts.push(fact("Live streams open here", readings.live_streams.to_string()));
    HealthSection { title: "Playground", facts }
}

fn checked(portal: &Portal) -> String {
    match (portal.lookout.is_looking(), portal.lookout.last()) {
        (true, _) => "It is being checked; reload the page in a moment.".to_owned(),
        (false, Some(last)) => format!("Checked on {}.", moment(last)),
        (false, None) => "It was not checked yet.".to_owned(),
    }
}

fn fault(fault: Fault) -> FaultRow {
    let Fault { at, level, target, words } = fault;
    FaultRow { at: moment(at), level: level.as_str(), target, words }
}
