//! A sandbox that cannot be taken away at once: the job keeps its ending, and nobody gets what it still holds.

use std::fs;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::PathBuf;

use regatta_domain::run::Ending;
use regatta_playground::executor::JobEvent;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::cases;
use crate::stage::{Stage, job, small};
use crate::traces::{Traces, groups_of};

cases![a_job_keeps_its_ending_and_its_identity_until_its_group_is_gone];

/// The folders of the one group that a job has now.
fn folders() -> Vec<PathBuf> {
    let groups = groups_of(std::process::id());
    let jobs = groups.iter().filter(|group| group.contains("regatta-job."));
    jobs.filter_map(|group| group.strip_prefix("control group ").map(PathBuf::from)).collect()
}

/// Whether no job has the first identity now.
fn first_identity_is_free(stage: &Stage) -> bool {
    let name = format!("regatta-sandbox-user-{}", stage.first_user_id);
    UnixListener::bind_addr(&SocketAddr::from_abstract_name(name).unwrap()).is_ok()
}

async fn a_job_keeps_its_ending_and_its_identity_until_its_group_is_gone(stage: &Stage) {
    if stage.limits_are_soft() {
        return;
    }
    let before = Traces::now(stage);
    assert!(first_identity_is_free(stage));
    let (sender, mut events) = mpsc::channel(16);
    let endless = job(&["sleep 500"], small());
    let stop = CancellationToken::new();
    let hinder = async {
        while !matches!(events.recv().await, Some(JobEvent::StepStarted { .. })) {}
        let hindrances: Vec<PathBuf> = folders().iter().map(|folder| folder.join("hindrance")).collect();
        for hindrance in &hindrances {
            fs::create_dir(hindrance).unwrap();
        }
        stop.cancel();
        hindrances
    };
    let (outcome, hindrances) = tokio::join!(stage.executor().run(&endless, sender, stop.clone()), hinder);
    assert_eq!(outcome.ending, Ending::Cancelled, "{outcome:?}");
    assert!(!hindrances.is_empty());
    assert!(!first_identity_is_free(stage));
    for hindrance in &hindrances {
        fs::remove_dir(hindrance).unwrap();
    }
    Traces::settle(stage, &before).await;
    assert!(folders().is_empty());
}
