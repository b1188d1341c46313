//! A long line on a small quota: whether it drains in order, and what that costs the API server.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use regatta_domain::run::{RunEvent, RunFact, RunState};
use regatta_trial_cluster::TrialCluster;

use super::site::{QUOTA, Site};
use crate::client::Connection;
use crate::client::runs::{ask, pipeline};

const RUNS: usize = 200;
/// How long nothing happens while it is counted what the portal asks at rest.
const REST: Duration = Duration::from_secs(20);

pub fn measure(site: &Site, port: u16) {
    let before = site.trial.as_ref().map(TrialCluster::calls);
    let started = Instant::now();
    let work = pipeline("sleep 0.2");
    let ask_one = |_| {
        let run = ask(&mut Connection::open(port), &work);
        (started.elapsed(), run)
    };
    let runs: Vec<(Duration, String)> = (0..RUNS).map(ask_one).collect();
    let mut begun = Vec::new();
    let mut endings: BTreeMap<String, usize> = BTreeMap::new();
    for (asked, run) in &runs {
        let (after, ending) = outcome(port, run);
        begun.push(*asked + after);
        *endings.entry(ending).or_default() += 1;
    }
    println!(
        "{RUNS} runs on a quota of {QUOTA} pods   {:.1} s   endings {endings:?}   farthest from its turn: {} places (of {QUOTA} side by side)",
        started.elapsed().as_secs_f64(),
        farthest_from_turn(&begun),
    );
    let (Some(trial), Some(before)) = (&site.trial, before) else { return };
    println!("asked of the API server meanwhile: {:?}", trial.calls().since(&before));
    // Pods are left for some seconds after their runs are over.
    while !trial.pods().is_empty() {
        std::thread::sleep(Duration::from_millis(100));
    }
    let resting = trial.calls();
    std::thread::sleep(REST);
    let calls = trial.calls().since(&resting).total();
    println!("at rest   {calls} calls within {} s   wanted: ≤ 2 a second", REST.as_secs());
}

/// When a run's first step began, since it was asked for, and how it ended; once it is over.
fn outcome(port: u16, run: &str) -> (Duration, String) {
    let mut connection = Connection::open(port);
    connection.send_get(&format!("{run}/events"));
    connection.read_until("event: end");
    let answer = Connection::open(port).get(&format!("{run}/events.json?after=0&limit=1000"));
    let events: Vec<RunEvent> = serde_json::from_str(&answer.body).unwrap();
    let began = events.iter().find(|event| matches!(event.what, RunFact::StepStarted { .. }));
    let ending = events.iter().rev().find_map(|event| match event.what {
        RunFact::Run { state: RunState::Ended(ending), .. } => Some(ending.as_str().to_owned()),
        _ => None,
    });
    let began = began.map_or(Duration::MAX, |event| Duration::from_millis(event.at_ms));
    (began, ending.unwrap_or_else(|| "none".to_owned()))
}

/// The most places by which a run began earlier or later than it was asked for.
fn farthest_from_turn(begun: &[Duration]) -> usize {
    let mut order: Vec<usize> = (0..begun.len()).collect();
    order.sort_by_key(|run| begun[*run]);
    order.iter().enumerate().map(|(turn, run)| turn.abs_diff(*run)).max().unwrap_or(0)
}
