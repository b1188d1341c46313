//! Jobs in a cluster, and everything that can go wrong there: each has to end as it should, leave nothing, and never be
//! told as a success that nobody vouched for.
//!
//! The cluster is a private one, whose API server, node and network fail on demand (`regatta-trial-cluster`). Where
//! `REGATTA_TEST_KUBECONFIG` names a kubeconfig, it is that cluster; see [`ground`] for what else has to be said of it.
//! Cases that need something to go wrong on demand are then left out, reported as ignored, and named.

#![expect(clippy::panic, clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod befalling;
mod ground;
mod harm;
mod lasting;
mod line;
mod play;
mod talking;
mod working;

use std::future::Future;
use std::process::ExitCode;
use std::time::Duration;

use libtest_mimic::{Arguments, Trial};

use self::ground::Ground;

/// The longest that a case may take.
const PATIENCE: Duration = Duration::from_mins(3);

/// What a case needs of its cluster.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Needs {
    /// Pods that run.
    Pods,
    /// That something goes wrong on demand.
    Faults,
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Each has a cluster, and mostly waits for it.
    arguments.test_threads.get_or_insert(5);
    let groups = [
        working::cases(),
        befalling::cases(),
        talking::cases(),
        lasting::cases(),
        line::cases(),
        harm::cases(),
    ];
    let cases = groups.into_iter().flatten().collect();
    libtest_mimic::run(&arguments, cases).exit_code()
}

/// A case of that name, in a cluster of its own or in the one that is named.
fn case<F: Future<Output = ()>>(
    name: impl Into<String>,
    needs: Needs,
    play: impl FnOnce(Ground) -> F + Send + 'static,
) -> Trial {
    let name = name.into();
    let left_out = needs == Needs::Faults && ground::is_real();
    if left_out {
        eprintln!("LEFT OUT, because nothing goes wrong on demand in a real cluster: {name}");
    }
    let run = move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let played = async { tokio::time::timeout(PATIENCE, play(Ground::prepare())).await };
        runtime.block_on(played).map_err(|_| "it goes on and on".into())
    };
    Trial::test(name, run).with_ignored_flag(left_out)
}
