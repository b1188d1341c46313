//! Builds the runner as a static program, so that it runs in every sandbox whatever libraries that has, and leaves it
//! in `OUT_DIR/regatta-runner` for the library to embed.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

const PROFILE: &str = "runner";
const PROGRAM: &str = "regatta-runner";

/// What the outer Cargo sets for this script alone, or for a tool that wraps its compiler; the inner one must not
/// see it.
const FOREIGN: [&str; 7] = [
    "CARGO_CFG_",
    "CARGO_ENCODED_",
    "CARGO_FEATURE_",
    "CARGO_MANIFEST_",
    "CARGO_PKG_",
    "CLIPPY_",
    "RUSTC_WORKSPACE_WRAPPER",
];

fn main() {
    let manifests = PathBuf::from(variable("CARGO_MANIFEST_DIR"));
    let runner = manifests.join("../runner");
    for watched in ["Cargo.toml", "src"] {
        println!("cargo::rerun-if-changed={}", runner.join(watched).display());
    }
    let out = PathBuf::from(variable("OUT_DIR"));
    let target = variable("TARGET");
    build(&runner, &out.join("runner-target"), &target);
    let built = out.join("runner-target").join(&target).join(PROFILE).join(PROGRAM);
    if let Err(error) = std::fs::copy(&built, out.join(PROGRAM)) {
        fail(&format!("{} cannot be copied: {error}", built.display()));
    }
}

fn build(runner: &Path, target_folder: &Path, target: &OsString) {
    let mut cargo = Command::new(variable("CARGO"));
    for (name, _) in env::vars_os() {
        if FOREIGN.iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
            cargo.env_remove(name);
        }
    }
    // Every crate it needs is one that this crate needs, so all are at hand: nothing is fetched.
    cargo
        .args(["build", "--frozen", "--bin", PROGRAM, "--profile", PROFILE, "--target"])
        .arg(target)
        .current_dir(runner)
        .env("CARGO_TARGET_DIR", target_folder)
        .env("CARGO_ENCODED_RUSTFLAGS", "-Ctarget-feature=+crt-static")
        .env_remove("RUSTFLAGS");
    match cargo.status() {
        Ok(status) if status.success() => {}
        Ok(status) => fail(&format!("the runner cannot be built ({status}); the reason is above")),
        Err(error) => fail(&format!("Cargo cannot be started: {error}")),
    }
}

fn variable(name: &str) -> OsString {
    env::var_os(name).unwrap_or_else(|| fail(&format!("Cargo did not set {name}")))
}

fn fail(reason: &str) -> ! {
    println!("cargo::error={reason}");
    std::process::exit(1)
}
