//! The start-up probe of bubblewrap alone: no sandbox is trusted before it has withstood attacks on this very machine.

use regatta_domain::run::IsolationLevel;

use super::bubblewrap::{self, Bubblewrap};
use super::command::Supplies;
use super::engine::Engine;
use super::host::{Host, HostConfig};
use super::trials::{self, Shown};
use super::{RUNNER, SandboxConfig, Unavailable, broken, seccomp};
use crate::executor::{ImageMeaning, Isolation};

/// Finds out what this machine offers and whether a sandbox holds on it.
pub async fn probe(config: SandboxConfig) -> Result<(Host, Isolation, ImageMeaning), Unavailable> {
    let Bubblewrap { program, version } = Bubblewrap::find(config.program.as_deref()).await?;
    let SandboxConfig { first_user_id, control_groups, entropy, .. } = config;
    let engine = |grouped| -> Result<Box<dyn Engine>, Unavailable> {
        let filters = seccomp::filters(grouped).map_err(broken("no system call filter"))?;
        Ok(Box::new(Supplies::new(RUNNER, &filters).map_err(broken("no files in memory"))?))
    };
    let host = Host::new(program, HostConfig { first_user_id, control_groups, entropy }, engine)?;
    let Shown { findings, host_tools } = trials::all(&host, bubblewrap::unusable).await?;
    let apart = format!(
        "bubblewrap {version} gives each job files and processes of its own, this machine's programs to read but not \
         to change, and no network"
    );
    let findings = [apart].into_iter().chain(host.findings()).chain(findings).collect();
    let isolation = Isolation { executor: "bubblewrap".to_owned(), level: IsolationLevel::Process, findings };
    Ok((host, isolation, host_tools))
}
