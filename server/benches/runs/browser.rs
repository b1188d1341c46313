//! From printing a line to seeing it: the same clock is read inside the sandbox and in the browser.

use std::path::Path;
use std::process::Command;

use crate::client::Connection;
use crate::client::runs::{ask, pipeline};

/// Some 20 lines a second for ten seconds, each with the time at which it was printed.
const CLOCK: &str =
    "sleep 3\ni=0; while [ $i -lt 200 ]; do echo \"@$(date +%s%N)@\"; sleep 0.045; i=$((i+1)); done";

pub fn measure(port: u16) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../end2end/measure/visible.mjs");
    let run = ask(&mut Connection::open(port), &pipeline(CLOCK));
    let page = format!("http://127.0.0.1:{port}{run}");
    // It prints its figures itself.
    match Command::new("node").arg(script).arg(page).status() {
        Ok(status) if status.success() => {}
        Ok(status) => println!("printed to visible in the browser: not measured ({status})"),
        Err(error) => println!("printed to visible in the browser: not measured, node: {error}"),
    }
}
