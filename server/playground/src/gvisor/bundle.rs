//! What gVisor is told of a container: its configuration as the Open Container Initiative's runtime specification has it.

use serde_json::{Value, json};

use crate::executor::Limits;
use crate::sandbox::command::{
    BESIDE_USR, ENVIRONMENT, FROM_ETC, RUNNER, SHARED_MEMORY, SHARED_MEMORY_BYTES, STATE, STATE_BYTES,
    TEMPORARY, TEMPORARY_BYTES, USER, WORKSPACE, job_resources,
};
use crate::sandbox::seccomp::{self, NEW_NAMESPACES, TERMINAL_INPUT};

/// The families of sockets above the last that steps may use (`AF_INET6`): those that speak to kernels.
const LAST_FAMILY: i32 = libc::AF_INET6;
/// The call that reads the kernel's log. gVisor's says nothing but that it is gVisor's.
const KERNEL_LOG: &str = "syslog";
/// What the runner needs to become another user than its steps. It gives both up before the first of them.
const RUNNER_RIGHTS: [&str; 2] = ["CAP_SETUID", "CAP_SETGID"];

/// The configuration of a container with `limits`, whose root is the folder `root` of those around gVisor.
pub fn configuration(root: &str, limits: &Limits) -> Value {
    let environment: Vec<String> =
        ENVIRONMENT.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let namespaces = ["pid", "network", "ipc", "uts", "mount"].map(|kind| json!({ "type": kind }));
    json!({
        "ociVersion": "1.0.2",
        "process": {
            "user": { "uid": 0, "gid": 0 },
            "args": [RUNNER, "run", "--steps-as", USER.to_string()],
            "env": environment,
            "cwd": WORKSPACE,
            "capabilities": {
                "bounding": RUNNER_RIGHTS, "effective": RUNNER_RIGHTS, "permitted": RUNNER_RIGHTS,
            },
            "noNewPrivileges": true,
            "rlimits": resource_limits(limits),
        },
        "root": { "path": root, "readonly": true },
        "hostname": "sandbox",
        "mounts": mounts(limits),
        "linux": {
            "namespaces": namespaces,
            "readonlyPaths": ["/proc/sys"],
            "maskedPaths": ["/proc/keys", "/proc/kcore"],
            "seccomp": filter(),
        },
    })
}

fn mounts(limits: &Limits) -> Vec<Value> {
    let mut mounts = vec![
        json!({ "destination": "/proc", "type": "proc", "source": "proc" }),
        json!({ "destination": "/dev", "type": "tmpfs", "source": "tmpfs" }),
    ];
    mounts.extend(shared().iter().map(|path| {
        json!({ "destination": path, "type": "bind", "source": path, "options": ["ro", "rbind", "nosuid", "nodev"] })
    }));
    let writable = [
        (SHARED_MEMORY, SHARED_MEMORY_BYTES, "1777"),
        (TEMPORARY, TEMPORARY_BYTES.min(limits.disk_bytes), "1777"),
        (WORKSPACE, limits.disk_bytes, "0755"),
        (STATE, STATE_BYTES, "0700"),
    ];
    mounts.extend(writable.map(|(path, bytes, mode)| {
        let options = [
            "nosuid".to_owned(),
            "nodev".to_owned(),
            format!("size={bytes}"),
            format!("mode={mode}"),
            format!("uid={USER}"),
            format!("gid={USER}"),
        ];
        json!({ "destination": path, "type": "tmpfs", "source": "tmpfs", "options": options })
    }));
    mounts
}

/// What the container has of the sandbox around it: this machine's programs, as that sandbox shows them.
pub fn shared() -> Vec<String> {
    let is_folder = |path: &String| std::fs::symlink_metadata(path).is_ok_and(|entry| entry.is_dir());
    let beside = BESIDE_USR.iter().map(|name| format!("/{name}")).filter(is_folder);
    let from_etc = FROM_ETC.into_iter().filter(|path| std::path::Path::new(path).exists());
    std::iter::once("/usr".to_owned()).chain(beside).chain(from_etc.map(str::to_owned)).collect()
}

fn resource_limits(limits: &Limits) -> Vec<Value> {
    let named = [
        (libc::RLIMIT_NOFILE, "RLIMIT_NOFILE"),
        (libc::RLIMIT_FSIZE, "RLIMIT_FSIZE"),
        (libc::RLIMIT_CORE, "RLIMIT_CORE"),
        (libc::RLIMIT_CPU, "RLIMIT_CPU"),
        (libc::RLIMIT_MEMLOCK, "RLIMIT_MEMLOCK"),
        (libc::RLIMIT_STACK, "RLIMIT_STACK"),
    ];
    let limit = |(resource, value): (u32, u64)| {
        let (_, name) = named.iter().find(|(number, _)| *number == resource)?;
        Some(json!({ "type": name, "soft": value, "hard": value }))
    };
    job_resources(limits).into_iter().filter_map(limit).collect()
}

/// The same refusals as without gVisor, by gVisor's kernel: most of what is refused it does not even have.
fn filter() -> Value {
    let always: Vec<&str> = seccomp::denied_names().filter(|name| *name != KERNEL_LOG).collect();
    let refuse = |names: &[&str], arguments: Value| json!({ "names": names, "action": "SCMP_ACT_ERRNO", "args": arguments });
    let masked = |index: u32, mask: u64, value: u64| json!([{ "index": index, "op": "SCMP_CMP_MASKED_EQ", "value": mask, "valueTwo": value }]);
    let above = |value: i32| json!([{ "index": 0, "op": "SCMP_CMP_GT", "value": value }]);
    let mut rules = vec![
        refuse(&always, json!([])),
        // For libraries to fall back to `clone` it must be told missing; gVisor's only way to say that of a call is to
        // hand it to a tracer that there is not.
        json!({ "names": ["clone3"], "action": "SCMP_ACT_TRACE" }),
        refuse(&["socket"], above(LAST_FAMILY)),
        refuse(&["personality"], above(0)),
        refuse(&["prlimit64"], above(0)),
    ];
    // gVisor asks for no right to make devices, though they lead nowhere.
    for kind in [libc::S_IFCHR, libc::S_IFBLK] {
        let (mask, kind) = (u64::from(libc::S_IFMT), u64::from(kind));
        rules.push(refuse(&["mknod"], masked(1, mask, kind)));
        rules.push(refuse(&["mknodat"], masked(2, mask, kind)));
    }
    let flags = NEW_NAMESPACES.map(|flag| u64::from(flag.unsigned_abs()));
    rules.extend(flags.map(|flag| refuse(&["clone"], masked(0, flag, flag))));
    let typing = TERMINAL_INPUT.map(|request| masked(1, u64::from(u32::MAX), request));
    rules.extend(typing.map(|arguments| refuse(&["ioctl"], arguments)));
    json!({ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": rules })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_system_that_steps_can_write_to_has_a_size_and_their_owner() {
        let configuration = configuration("/root", &Limits::default());
        let mounts = configuration["mounts"].as_array().unwrap();
        let writable: Vec<&Value> = mounts
            .iter()
            .filter(|mount| mount["type"] == "tmpfs" && mount["destination"] != "/dev")
            .collect();
        assert_eq!(writable.len(), 4);
        for mount in writable {
            let options = mount["options"].to_string();
            assert!(options.contains("size=") && options.contains("uid=65532"), "{options}");
        }
        let shared = mounts.iter().filter(|mount| mount["type"] == "bind");
        for mount in shared {
            assert!(mount["options"].to_string().contains("\"ro\""), "{mount}");
        }
    }

    #[test]
    fn every_limit_of_a_process_has_its_name() {
        let limits = Limits::default();
        assert_eq!(resource_limits(&limits).len(), job_resources(&limits).len());
    }
}
