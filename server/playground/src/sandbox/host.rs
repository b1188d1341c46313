//! What all sandboxes of a portal share.

use std::path::PathBuf;
use std::sync::Arc;

use regatta_domain::ports::Entropy;
use regatta_runner::RunKey;

use super::cgroup::Hierarchy;
use super::command::Supplies;
use super::spawn::Spawner;
use super::uids::UidPool;

/// The machine, as far as sandboxes need it.
pub struct Host {
    /// The program.
    pub bubblewrap: PathBuf,
    /// Files for each sandbox.
    pub supplies: Supplies,
    /// Who starts them.
    pub spawner: Spawner,
    /// Identities for them, where the portal is root.
    pub users: Option<UidPool>,
    /// Where their groups are made, where the portal may make any.
    pub groups: Option<Hierarchy>,
    /// Where keys come from.
    pub entropy: Arc<dyn Entropy>,
}

impl Host {
    /// A key for one job.
    pub fn new_key(&self) -> RunKey {
        let mut bytes = [0; RunKey::LENGTH];
        self.entropy.fill(&mut bytes);
        RunKey::new(bytes)
    }
}
