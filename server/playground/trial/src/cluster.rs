//! A cluster, from start to end.

mod folder;
mod kubeconfig;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use k8s_openapi::api::core::v1::{Event, Pod};
use regatta_playground::kubernetes::settings::{Access, ClusterSettings, NetworkWall, NotPinned};
use serde::de::DeserializeOwned;
use tokio::runtime::Runtime;

use self::folder::Folder;
use self::kubeconfig::Kubeconfig;
use crate::admission::quota;
use crate::api::access::Tokens;
use crate::api::calls::{Calls, Counter};
use crate::fault::{Fault, Faults};
use crate::front::certificates;
use crate::node::machine::Machine;
use crate::node::{self, memory};
use crate::options::{PORTAL_IMAGE, TOOLS_IMAGE, TrialOptions};
use crate::store::Store;
use crate::world::{Logs, World};
use crate::{api, control, front, identity, stage};

/// The threads that a cluster runs on.
const THREADS: usize = 2;

/// A running cluster. Dropped, it ends, and nothing of it is left.
pub struct TrialCluster {
    world: Arc<World>,
    control: SocketAddr,
    runtime: Option<Runtime>,
    folder: Folder,
}

impl TrialCluster {
    /// Starts a cluster. It answers when this returns.
    ///
    /// # Panics
    ///
    /// Where it cannot be started, with the reason: bubblewrap is not installed, for example.
    pub fn start(options: TrialOptions) -> Self {
        start(options).unwrap_or_else(|why| panic!("the trial cluster does not start: {why}"))
    }

    /// Where its API server is.
    pub fn url(&self) -> String {
        format!("https://{}", self.world.address)
    }

    /// Where faults are injected by those who do not share this process.
    pub fn control_url(&self) -> String {
        format!("http://{}", self.control)
    }

    /// What a portal may do there.
    pub fn kubeconfig_path(&self) -> PathBuf {
        self.folder.path().join("portal.kubeconfig")
    }

    /// Everything.
    pub fn admin_kubeconfig_path(&self) -> PathBuf {
        self.folder.path().join("admin.kubeconfig")
    }

    /// The namespace of the playground.
    pub fn namespace(&self) -> &str {
        &self.world.options.namespace
    }

    /// All pods.
    pub fn pods(&self) -> Vec<Pod> {
        self.all("pods")
    }

    /// All events.
    pub fn events(&self) -> Vec<Event> {
        self.all("events")
    }

    fn all<T: DeserializeOwned>(&self, plural: &str) -> Vec<T> {
        self.world.store.read(|objects| objects.typed(plural, None))
    }

    /// The names of all pods that were ever made, in order, as far back as changes are remembered.
    pub fn pods_made(&self) -> Vec<String> {
        let changes = self.world.store.read(|objects| objects.since(0)).unwrap_or_default();
        let made =
            changes.into_iter().filter(|change| change.before.is_none() && change.key.plural == "pods");
        made.map(|change| change.key.name).collect()
    }

    /// Changes with every object.
    pub fn versions(&self) -> tokio::sync::watch::Receiver<u64> {
        self.world.store.subscribe()
    }

    /// What was asked of the API server up to now, administrators left out.
    pub fn calls(&self) -> Calls {
        self.world.counter.calls()
    }

    /// Lets something go wrong from now on.
    pub fn inject(&self, fault: Fault) {
        inject(&self.world, fault);
    }

    /// Nothing goes wrong any more.
    pub fn heal(&self) {
        heal(&self.world);
    }

    /// How many processes of containers there are.
    pub fn processes(&self) -> usize {
        memory::descendants(std::process::id()).into_iter().filter(|pid| is_sandbox(*pid)).count()
    }

    /// What the operator of a portal says of it: pods of the class `kata`, the runner's own wall, this machine's tools.
    pub fn settings(&self) -> Result<ClusterSettings, NotPinned> {
        Ok(ClusterSettings {
            access: Access::Kubeconfig { path: self.kubeconfig_path(), context: None },
            namespace: self.namespace().to_owned(),
            runtime_class: Some("kata".to_owned()),
            shared_kernel: false,
            network: NetworkWall::Runner,
            images: [("host-tools".to_owned(), TOOLS_IMAGE.parse()?)].into(),
            runner_image: PORTAL_IMAGE.parse()?,
            cpu_limit_millis: 1000,
            cpu_request_millis: 250,
            memory_request_bytes: 256 << 20,
            ephemeral_storage_bytes: 256 << 20,
            node_selector: [].into(),
            tolerations: Vec::new(),
            priority_class: None,
            user_namespaces: false,
            service_account: "default".to_owned(),
            setup_time: Duration::from_secs(30),
            instance: None,
        })
    }

    /// The folder of its node, which ends with it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for TrialCluster {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
        self.world.machine.stop();
    }
}

fn is_sandbox(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.trim() == "bwrap")
}

/// Lets something go wrong from now on.
pub fn inject(world: &Arc<World>, fault: Fault) {
    if matches!(fault, Fault::WatchGone { .. }) {
        world.store.write(crate::store::Objects::forget);
    }
    world.faults.inject(fault);
    settle(world);
}

/// Nothing goes wrong any more.
pub fn heal(world: &Arc<World>) {
    world.faults.heal();
    settle(world);
}

/// Some faults show in objects.
fn settle(world: &Arc<World>) {
    let own = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let shared = world.faults.kernel_is_shared().then(|| own.trim());
    stage::set_kernel(&world.store, &world.options, shared);
    stage::blind_quotas(&world.store, world.faults.quota_blind_until().is_some());
    if let Some(end) = world.faults.quota_blind_until() {
        let later = world.clone();
        world.spawn(async move {
            tokio::time::sleep_until(end).await;
            stage::blind_quotas(&later.store, later.faults.quota_blind_until().is_some());
        });
    }
}

fn start(options: TrialOptions) -> Result<TrialCluster, Box<dyn std::error::Error>> {
    bubblewrap_is_there()?;
    let folder = Folder::new()?;
    let certificates = certificates::make()?;
    let listener = listen()?;
    let control_listener = listen()?;
    let control = control_listener.local_addr()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(THREADS).enable_all().build()?;
    let tokens = Tokens { admin: identity::new_uid(), portal: identity::new_uid(), pod: identity::new_uid() };
    let present = options.images.iter().filter(|image| image.present).map(|image| image.reference.clone());
    let world = Arc::new(World {
        present: Mutex::new(present.collect()),
        store: Store::new(quota::settle),
        faults: Faults::default(),
        counter: Counter::default(),
        tokens,
        address: listener.local_addr()?,
        authority: certificates.authority,
        folder: folder.path().to_owned(),
        machine: Machine::start()?,
        logs: Logs::default(),
        addresses: 0.into(),
        runtime: runtime.handle().clone(),
        options,
    });
    stage::set(&world.store, &world.options);
    install(&world)?;
    let inside = runtime.enter();
    let listener = tokio::net::TcpListener::from_std(listener)?;
    runtime.spawn(front::serve(world.clone(), listener, certificates.acceptor, api::router(world.clone())));
    runtime.spawn(node::run(world.clone()));
    let control_listener = tokio::net::TcpListener::from_std(control_listener)?;
    let control_router = control::router(world.clone());
    runtime.spawn(async move { axum::serve(control_listener, control_router).await });
    drop(inside);
    Ok(TrialCluster { world, control, runtime: Some(runtime), folder })
}

fn listen() -> std::io::Result<TcpListener> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Puts into the folder what is there from the first.
fn install(world: &World) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let runner = node::image::runner(&world.folder);
    std::fs::write(&runner, regatta_playground::sandbox::RUNNER)?;
    std::fs::set_permissions(&runner, std::fs::Permissions::from_mode(0o555))?;
    std::fs::write(world.folder.join("ca.crt"), &world.authority)?;
    let write = |name: &str, token: &str| {
        let text = Kubeconfig { world, token }.text();
        std::fs::write(world.folder.join(name), text)
    };
    write("portal.kubeconfig", &world.tokens.portal)?;
    write("admin.kubeconfig", &world.tokens.admin)
}

fn bubblewrap_is_there() -> Result<(), String> {
    let found = std::process::Command::new("bwrap").arg("--version").output();
    found.map(drop).map_err(|why| format!("bubblewrap (bwrap): {why}; run: apt-get install bubblewrap"))
}
