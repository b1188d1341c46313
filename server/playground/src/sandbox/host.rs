//! What all sandboxes of one kind share.

use std::path::PathBuf;
use std::sync::Arc;

use regatta_domain::ports::Entropy;
use regatta_runner::RunKey;

use super::cgroup::Hierarchy;
use super::engine::Engine;
use super::remains::Remains;
use super::spawn::Spawner;
use super::uids::UidPool;
use super::{Unavailable, broken, system};

/// The machine, as far as sandboxes need it.
pub struct Host {
    /// The program that every sandbox is built with.
    pub bubblewrap: PathBuf,
    /// What it is asked to build.
    pub engine: Box<dyn Engine>,
    /// Who starts them.
    pub spawner: Spawner,
    /// Identities for them, where the portal is root.
    pub users: Option<UidPool>,
    /// Where their groups are made, where the portal may make any.
    pub groups: Option<Hierarchy>,
    /// Where keys come from.
    pub entropy: Arc<dyn Entropy>,
}

/// What a host is made from.
pub struct HostConfig {
    /// The first of the user ids that sandboxes take where the portal runs as root.
    pub first_user_id: u32,
    /// Whether limits are set by control groups where that is possible.
    pub control_groups: bool,
    /// Where keys come from.
    pub entropy: Arc<dyn Entropy>,
}

impl Host {
    /// A host whose sandboxes are built by what `engine` makes, which is told whether there are control groups.
    /// Whatever portals that are no more have left behind is removed.
    pub fn new(
        bubblewrap: PathBuf,
        config: HostConfig,
        engine: impl FnOnce(bool) -> Result<Box<dyn Engine>, Unavailable>,
    ) -> Result<Self, Unavailable> {
        let groups = find_groups(&config);
        for group in groups.iter().flat_map(Hierarchy::left_behind) {
            let remains = Remains::of_group(group).map_err(broken("no pipe"))?;
            tokio::spawn(remains.reap());
        }
        let users = (system::effective_user() == 0).then(|| UidPool::new(config.first_user_id)).transpose();
        let users = users
            .map_err(|reason| Unavailable { reason, fix: "Configure another first user id".to_owned() })?;
        if let Some(pool) = &users {
            tracing::info!(user_ids = ?pool.range(), "jobs run under user ids of their own");
        }
        Ok(Self {
            bubblewrap,
            engine: engine(groups.is_some())?,
            spawner: Spawner::new().map_err(broken("no thread to start sandboxes from"))?,
            users,
            groups,
            entropy: config.entropy,
        })
    }

    /// A key for one job.
    pub fn new_key(&self) -> RunKey {
        let mut bytes = [0; RunKey::LENGTH];
        self.entropy.fill(&mut bytes);
        RunKey::new(bytes)
    }

    /// Under whom jobs run and what keeps their limits, in words that need no knowledge of the kernel; operators find
    /// the rest in the portal's own log.
    pub fn findings(&self) -> Vec<String> {
        let user = match self.users {
            Some(_) => "each job runs as a user of its own, who has no rights on this machine",
            None => {
                "jobs run as the portal's own user on this machine, and as one without rights in the sandbox"
            }
        };
        let limits = match self.groups {
            Some(_) => "the kernel itself limits memory, processes and processor time of each job",
            None => {
                "the limits are soft: processes and, approximately, memory are measured every 50 ms, and a job that is \
                 above is stopped"
            }
        };
        vec![user.to_owned(), limits.to_owned()]
    }
}

fn find_groups(config: &HostConfig) -> Option<Hierarchy> {
    if !config.control_groups {
        return None;
    }
    let groups = Hierarchy::find(config.entropy.as_ref());
    match &groups {
        Ok(groups) => tracing::info!(version = %groups.version(), "jobs are limited by control groups"),
        Err(why) => tracing::info!(why, "there are no control groups; jobs are measured instead"),
    }
    groups.ok()
}
