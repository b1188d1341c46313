//! The volumes of a pod.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;

use k8s_openapi::api::core::v1::{Pod, Volume};

use super::report;
use crate::quantity::Quantity;
use crate::system;
use crate::world::World;

/// What a volume in memory may hold where nothing limits it.
const UNLIMITED: u64 = 1 << 30;

/// The volumes of a pod, as long as it lives.
pub struct Volumes {
    world: Arc<World>,
    folder: PathBuf,
    all: BTreeMap<String, Place>,
}

/// A volume.
#[derive(Clone, Debug)]
pub struct Place {
    /// Where it is.
    pub path: PathBuf,
    /// What it may hold, by the pod's own words.
    pub size_limit: Option<u64>,
    /// Whether it is in memory.
    pub in_memory: bool,
    /// Whether it is a file system of its own.
    mounted: bool,
}

impl Volumes {
    /// Makes the volumes of `pod`.
    pub async fn make(world: &Arc<World>, pod: &Pod) -> io::Result<Self> {
        let folder = world.folder.join("pods").join(pod.metadata.uid.as_deref().unwrap_or_default());
        let mut volumes = Self { world: world.clone(), folder, all: BTreeMap::new() };
        fs::create_dir_all(&volumes.folder)?;
        let spec = pod.spec.clone().unwrap_or_default();
        let class = spec.runtime_class_name.as_deref().and_then(|name| world.runtime_class(name));
        let keeps_sizes = class.is_none_or(crate::options::TrialRuntimeClass::keeps_size_limits);
        for volume in spec.volumes.iter().flatten() {
            let mut place = place(&volumes.folder, volume);
            fs::create_dir_all(&place.path)?;
            if volume.projected.is_some() {
                write_token(world, &place.path, pod)?;
            } else {
                fs::set_permissions(&place.path, fs::Permissions::from_mode(0o777))?;
            }
            if place.in_memory && world.machine.mounts() {
                let (path, limit) = (place.path.clone(), place.size_limit);
                let bytes = limit.filter(|_| keeps_sizes).or(report::memory_limit(pod)).unwrap_or(UNLIMITED);
                world.machine.run(move || system::mount_memory(&path, bytes)).await??;
                place.mounted = true;
            }
            volumes.all.insert(volume.name.clone(), place);
        }
        Ok(volumes)
    }

    /// The volume with this name.
    pub fn get(&self, name: &str) -> Option<&Place> {
        self.all.get(name)
    }

    /// Where a service account's token is that nobody asked for.
    pub fn unasked_token(&self, pod: &Pod) -> io::Result<PathBuf> {
        let path = self.folder.join("unasked");
        fs::create_dir_all(&path)?;
        write_token(&self.world, &path, pod)?;
        Ok(path)
    }

    /// The bytes that all volumes in memory hold.
    pub async fn memory_bytes(&self) -> u64 {
        let mut sum = 0;
        for place in self.all.values().filter(|place| place.in_memory) {
            sum += self.used(place).await;
        }
        sum
    }

    /// The name and the limit of a volume that holds more than it may, where that is for the node to see to.
    pub async fn overfull(&self) -> Option<(String, u64)> {
        for (name, place) in &self.all {
            let Some(limit) = place.size_limit.filter(|_| !place.mounted) else { continue };
            if self.used(place).await > limit {
                return Some((name.clone(), limit));
            }
        }
        None
    }

    async fn used(&self, place: &Place) -> u64 {
        let path = place.path.clone();
        if place.mounted {
            let used = self.world.machine.run(move || system::used_bytes(&path)).await;
            return used.and_then(|used| used).unwrap_or(0);
        }
        folder_bytes(&path)
    }

    /// Removes them.
    pub async fn remove(self) {
        let mounted: Vec<PathBuf> =
            self.all.values().filter(|place| place.mounted).map(|place| place.path.clone()).collect();
        let unmount = move || mounted.iter().try_for_each(|path| system::unmount(path));
        // What is still there goes with the node.
        drop(self.world.machine.run(unmount).await);
        drop(fs::remove_dir_all(&self.folder));
    }
}

fn place(folder: &std::path::Path, volume: &Volume) -> Place {
    let empty = volume.empty_dir.clone().unwrap_or_default();
    let limit = empty.size_limit.and_then(|limit| Quantity::parse(&limit.0)).map(Quantity::ceil);
    Place {
        path: folder.join(&volume.name),
        size_limit: limit.filter(|limit| *limit > 0),
        in_memory: empty.medium.as_deref() == Some("Memory"),
        mounted: false,
    }
}

fn write_token(world: &World, folder: &std::path::Path, pod: &Pod) -> io::Result<()> {
    fs::write(folder.join("token"), &world.tokens.pod)?;
    fs::write(folder.join("ca.crt"), &world.authority)?;
    fs::write(folder.join("namespace"), pod.metadata.namespace.as_deref().unwrap_or_default())
}

fn folder_bytes(folder: &std::path::Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let bytes = |entry: fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => folder_bytes(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    };
    entries.map(bytes).sum()
}
