//! A private Kubernetes cluster of one node, until standard input ends or a signal comes.

use std::collections::BTreeMap;
use std::time::Duration;

use clap::Parser;
use regatta_trial_cluster::{PORTAL_IMAGE, TOOLS_IMAGE, TrialCluster, TrialOptions};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

/// What the cluster is like.
#[derive(Parser)]
struct Arguments {
    /// The namespace of the playground's pods.
    #[arg(long, default_value = "regatta-playground")]
    namespace: String,
    /// Its quota: pods=12,limits.cpu=24
    #[arg(long, value_delimiter = ',')]
    quota: Vec<String>,
    /// The node has to fetch each image once.
    #[arg(long)]
    uncached: bool,
    /// How long that takes.
    #[arg(long, default_value_t = 400)]
    pull_ms: u64,
    /// How long a pod's sandbox takes.
    #[arg(long, default_value_t = 50)]
    sandbox_ms: u64,
}

impl Arguments {
    fn options(self) -> TrialOptions {
        let mut options = TrialOptions { namespace: self.namespace, ..TrialOptions::default() };
        let pair =
            |text: String| text.split_once('=').map(|(name, amount)| (name.to_owned(), amount.to_owned()));
        let quota: BTreeMap<String, String> = self.quota.into_iter().filter_map(pair).collect();
        if !quota.is_empty() {
            options.quota = Some(quota);
        }
        options.timing.pull = Duration::from_millis(self.pull_ms);
        options.timing.sandbox = Duration::from_millis(self.sandbox_ms);
        for image in &mut options.images {
            image.present = !self.uncached;
        }
        options
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let cluster = TrialCluster::start(Arguments::parse().options());
    let told = json!({
        "url": cluster.url(),
        "control": cluster.control_url(),
        "kubeconfig": cluster.kubeconfig_path(),
        "admin_kubeconfig": cluster.admin_kubeconfig_path(),
        "namespace": cluster.namespace(),
        "portal_image": PORTAL_IMAGE,
        "tools_image": TOOLS_IMAGE,
    });
    println!("{told}");
    let mut terminated = signal(SignalKind::terminate())?;
    let (ended, end) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let read = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        drop(ended.send(read));
    });
    tokio::select! {
        _ = terminated.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
        _ = end => {}
    }
    drop(cluster);
    Ok(())
}
