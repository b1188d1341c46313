//! The start-up probe of gVisor: no container is trusted before it has withstood attacks on this very machine, and has
//! shown that its kernel is another.

use std::fs;

use regatta_domain::run::IsolationLevel;

use super::line::Walls;
use super::runsc::Runsc;
use crate::executor::{ImageMeaning, Isolation};
use crate::sandbox::bubblewrap::{self, Bubblewrap};
use crate::sandbox::engine::Engine;
use crate::sandbox::host::{Host, HostConfig};
use crate::sandbox::trials::{self, Shown};
use crate::sandbox::{RUNNER, SandboxConfig, Unavailable, breached, broken};

const ASK_KERNEL: &str = "cat /proc/version; dmesg 2>/dev/null | head -n 1; uname -r";

/// Finds out whether there is a gVisor here and whether its containers hold.
pub async fn probe(config: SandboxConfig) -> Result<(Host, Isolation, ImageMeaning), Unavailable> {
    let gvisor = Runsc::find(config.program.as_deref()).await?;
    let Bubblewrap { program, .. } = Bubblewrap::find(None).await.map_err(needed_around_it)?;
    let SandboxConfig { first_user_id, control_groups, entropy, .. } = config;
    let release = gvisor.release;
    let engine = |_| -> Result<Box<dyn Engine>, Unavailable> {
        Ok(Box::new(Walls::new(gvisor, RUNNER).map_err(broken("no files in memory"))?))
    };
    let host = Host::new(program, HostConfig { first_user_id, control_groups, entropy }, engine)?;
    let Shown { findings, host_tools } = trials::all(&host, bubblewrap::unusable).await?;
    let kernel = other_kernel(&host).await?;
    let apart = format!(
        "gVisor {release} answers each job's system calls in user space, inside a bubblewrap sandbox: files and processes \
         of its own, this machine's programs to read but not to change, and no network"
    );
    let findings = [apart, kernel].into_iter().chain(host.findings()).chain(findings).collect();
    let level = IsolationLevel::ApplicationKernel;
    Ok((host, Isolation { executor: "gvisor".to_owned(), level, findings }, host_tools))
}

fn needed_around_it(missing: Unavailable) -> Unavailable {
    Unavailable {
        reason: format!("gVisor runs inside of bubblewrap's walls here, and {}", missing.reason),
        ..missing
    }
}

/// The kernel that a job sees must not be this machine's.
async fn other_kernel(host: &Host) -> Result<String, Unavailable> {
    let told = trials::printed(host, ASK_KERNEL).await.map_err(|ended| bubblewrap::unusable(&ended))?;
    let ours =
        fs::read_to_string("/proc/version").map_err(broken("this kernel does not tell its version"))?;
    let release = told.lines().last().unwrap_or_default();
    let same = told.contains(ours.trim()) || ours.contains(&format!(" {release} "));
    if same || !told.contains("gVisor") {
        return Err(breached("a container that had to have gVisor's kernel has another"));
    }
    Ok(format!("tried out: the kernel that a job sees is gVisor's ({release}), not this machine's"))
}
