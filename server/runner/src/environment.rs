//! What the runner's own environment must not hold: steps inherit it, and some kernels let them see what it was at first.
//!
//! A cluster tells every container where its API server is. What an image says stays: its programs need it.

use std::env;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use regatta_runner::input;

/// How the names of variables begin that tell of the cluster, or carry the job.
const FOREIGN: [&str; 2] = ["KUBERNETES_", input::VARIABLE];
/// The pod's name, by one of its own.
const HOST: &str = "HOSTNAME";

/// Starts this program, called so and with these arguments, anew without them, if there are any.
pub fn shed(program: &Path, arguments: &[&str]) -> Result<(), String> {
    if !env::vars_os().any(|(name, _)| is_foreign(&name)) {
        return Ok(());
    }
    let mut anew = Command::new(program);
    anew.args(arguments).env_clear().envs(env::vars_os().filter(|(name, _)| !is_foreign(name)));
    Err(format!("cannot start anew: {}", anew.exec()))
}

fn is_foreign(name: &OsStr) -> bool {
    name == HOST || FOREIGN.iter().any(|start| name.as_bytes().starts_with(start.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_pod_adds_is_foreign_and_what_images_say_is_not() {
        for foreign in
            ["KUBERNETES_SERVICE_HOST", "KUBERNETES_PORT_443_TCP_ADDR", "REGATTA_INPUT_0", "HOSTNAME"]
        {
            assert!(is_foreign(OsStr::new(foreign)), "{foreign}");
        }
        for own in ["PATH", "JAVA_HOME", "HOSTNAMES", "MY_KUBERNETES_", ""] {
            assert!(!is_foreign(OsStr::new(own)), "{own}");
        }
    }
}
