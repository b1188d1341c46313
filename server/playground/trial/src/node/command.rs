//! How a container is started: the arguments of bubblewrap.

use std::collections::BTreeMap;
use std::io;

use k8s_openapi::api::core::v1::{Container, EnvVar, Pod, PodSpec};

use super::image;
use super::volumes::Volumes;
use crate::options::ImageContent;
use crate::world::World;

/// The `PATH` of containers whose image says none.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// The user of the portal's image.
const PORTAL_USER: i64 = 65_532;
/// The room for memory that processes share.
const SHARED_MEMORY: &str = "67108864";

/// A container that is to be started.
pub struct Plan {
    /// The arguments of bubblewrap.
    pub arguments: Vec<String>,
    /// Who it runs as.
    pub user: u32,
}

/// Why a container cannot be made from what its pod says.
#[derive(Clone, Debug)]
pub struct ConfigError(pub String);

/// What a container is started with.
pub fn plan(
    world: &World,
    pod: &Pod,
    container: &Container,
    content: ImageContent,
    volumes: &Volumes,
    address: &str,
) -> Result<Plan, ConfigError> {
    let spec = pod.spec.clone().unwrap_or_default();
    let (user, group) = identity(&spec, container, content)?;
    let mut words = Words(Vec::new());
    words.add(["--unshare-user", "--uid", &user.to_string(), "--gid", &group.to_string()]);
    words.add(["--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try"]);
    if !world.faults.network_is_open() {
        words.add(["--unshare-net"]);
    }
    words.add(["--die-with-parent", "--new-session", "--as-pid-1", "--cap-drop", "ALL"]);
    let host = spec.hostname.clone().or_else(|| pod.metadata.name.clone()).unwrap_or_default();
    words.add(["--hostname", &host]);
    words.0.extend(image::file_system(world, content));
    words.add(["--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys", "--dev", "/dev"]);
    words.add(["--size", SHARED_MEMORY, "--perms", "1777", "--tmpfs", "/dev/shm"]);
    mount(&mut words, world, pod, container, volumes).map_err(|why| ConfigError(why.to_string()))?;
    if container.security_context.as_ref().and_then(|own| own.read_only_root_filesystem) == Some(true) {
        // No container's user may write to /dev either, which is root's.
        words.add(["--remount-ro", "/", "--remount-ro", "/dev"]);
    }
    words.add(["--clearenv"]);
    for (name, value) in environment(world, pod, container, &host, address)? {
        words.add(["--setenv", &name, &value]);
    }
    words.add(["--chdir", container.working_dir.as_deref().unwrap_or("/"), "--"]);
    let program = program(container)?;
    words.0.extend(program);
    Ok(Plan { arguments: words.0, user: u32::try_from(user).unwrap_or(u32::MAX) })
}

fn program(container: &Container) -> Result<Vec<String>, ConfigError> {
    let words = container.command.iter().chain(&container.args).flatten();
    let program: Vec<String> = words.cloned().collect();
    if program.is_empty() {
        return Err(ConfigError("no command specified".to_owned()));
    }
    Ok(program)
}

/// Whose processes the container's are.
fn identity(spec: &PodSpec, container: &Container, content: ImageContent) -> Result<(i64, i64), ConfigError> {
    let own = container.security_context.clone().unwrap_or_default();
    let pod = spec.security_context.clone().unwrap_or_default();
    let usual = match content {
        ImageContent::Runner => PORTAL_USER,
        ImageContent::HostTools => 0,
    };
    let user = own.run_as_user.or(pod.run_as_user).unwrap_or(usual);
    if user == 0 && own.run_as_non_root.or(pod.run_as_non_root) == Some(true) {
        return Err(ConfigError("container has runAsNonRoot and image will run as root".to_owned()));
    }
    Ok((user, own.run_as_group.or(pod.run_as_group).unwrap_or(0)))
}

fn mount(
    words: &mut Words,
    world: &World,
    pod: &Pod,
    container: &Container,
    volumes: &Volumes,
) -> io::Result<()> {
    // Outer ones first, so that inner ones are not hidden.
    let mut mounts: Vec<_> = container.volume_mounts.iter().flatten().collect();
    mounts.sort_by_key(|mount| mount.mount_path.len());
    for mount in mounts {
        let missing = || io::Error::other(format!("volume \"{}\" cannot be mounted", mount.name));
        let place = volumes.get(&mount.name).ok_or_else(missing)?;
        let how = if mount.read_only == Some(true) { "--ro-bind" } else { "--bind" };
        words.add([how, &place.path.to_string_lossy(), &mount.mount_path]);
    }
    let folder = crate::admission::TOKEN_FOLDER;
    if world.faults.tokens_are_mounted() {
        words.add(["--ro-bind", &volumes.unasked_token(pod)?.to_string_lossy(), folder]);
    }
    Ok(())
}

/// The variables of a container: those of every container, then its own.
fn environment(
    world: &World,
    pod: &Pod,
    container: &Container,
    host: &str,
    address: &str,
) -> Result<BTreeMap<String, String>, ConfigError> {
    let (ip, port) = (world.address.ip(), world.address.port());
    let place = format!("tcp://{ip}:{port}");
    let mut all = BTreeMap::new();
    let mut set = |name: &str, value: String| all.insert(name.to_owned(), value);
    set("PATH", PATH.to_owned());
    set("HOME", "/".to_owned());
    set("HOSTNAME", host.to_owned());
    set("KUBERNETES_SERVICE_HOST", ip.to_string());
    set("KUBERNETES_SERVICE_PORT", port.to_string());
    set("KUBERNETES_SERVICE_PORT_HTTPS", port.to_string());
    set("KUBERNETES_PORT", place.clone());
    set(&format!("KUBERNETES_PORT_{port}_TCP"), place);
    set(&format!("KUBERNETES_PORT_{port}_TCP_PROTO"), "tcp".to_owned());
    set(&format!("KUBERNETES_PORT_{port}_TCP_PORT"), port.to_string());
    set(&format!("KUBERNETES_PORT_{port}_TCP_ADDR"), ip.to_string());
    for variable in container.env.iter().flatten() {
        set(&variable.name, variable_value(pod, variable, address)?);
    }
    Ok(all)
}

fn variable_value(pod: &Pod, variable: &EnvVar, address: &str) -> Result<String, ConfigError> {
    let Some(source) = &variable.value_from else {
        return Ok(variable.value.clone().unwrap_or_default());
    };
    if let Some(secret) = &source.secret_key_ref {
        return Err(ConfigError(format!("secret \"{}\" not found", secret.name)));
    }
    if let Some(map) = &source.config_map_key_ref {
        return Err(ConfigError(format!("configmap \"{}\" not found", map.name)));
    }
    let path = source.field_ref.as_ref().map_or("", |field| field.field_path.as_str());
    let metadata = &pod.metadata;
    let value = match path {
        "metadata.name" => metadata.name.clone(),
        "metadata.namespace" => metadata.namespace.clone(),
        "metadata.uid" => metadata.uid.clone(),
        "spec.nodeName" => pod.spec.as_ref().and_then(|spec| spec.node_name.clone()),
        "status.podIP" => Some(address.to_owned()),
        "status.hostIP" => Some(world_host()),
        _ => return Err(ConfigError(format!("unsupported fieldPath: {path}"))),
    };
    Ok(value.unwrap_or_default())
}

/// The address of the node.
pub fn world_host() -> String {
    "127.0.0.1".to_owned()
}

struct Words(Vec<String>);

impl Words {
    fn add<const N: usize>(&mut self, words: [&str; N]) {
        self.0.extend(words.map(str::to_owned));
    }
}
