//! What steps find around them: the folder of results, the command `meta`, and the variables that lead to both.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use regatta_runner::Spec;
use serde_json::{Map, Value};

/// The command by which steps read and set metadata.
pub const META: &str = "meta";
/// The folder of results, in the folder of state.
pub const RESULTS: &str = "results";
/// The file with metadata, in the folder of state.
pub const METADATA: &str = "meta.json";

/// The folder with the command `meta`, in the folder of state.
const COMMANDS: &str = "bin";

/// Variables that every step sees, whatever its job's are.
pub type Variables = BTreeMap<&'static str, OsString>;

/// Prepares the folder of state and returns the variables that tell of it. `program` is the path of this program.
pub fn prepare(spec: &Spec, program: &Path) -> io::Result<Variables> {
    let results = spec.state.join(RESULTS);
    fs::create_dir(&results)?;
    let mut variables =
        Variables::from([("WORKSPACE", spec.workspace.clone().into()), ("RESULTS_DIR", results.into())]);
    if let Some(metadata) = &spec.metadata {
        let file = spec.state.join(METADATA);
        fs::write(&file, first_metadata(metadata))?;
        let commands = spec.state.join(COMMANDS);
        fs::create_dir(&commands)?;
        symlink(program, commands.join(META))?;
        variables.insert("PATH", searched(spec, commands));
        variables.insert("SD_META_DIR", spec.state.clone().into());
        variables.insert("SD_META_PATH", file.into());
    }
    Ok(variables)
}

/// The metadata as one JSON object. What is no JSON is text.
fn first_metadata(metadata: &BTreeMap<String, String>) -> Vec<u8> {
    let value = |text: &String| serde_json::from_str(text).unwrap_or_else(|_| Value::from(text.as_str()));
    let object: Map<String, Value> =
        metadata.iter().map(|(name, text)| (name.clone(), value(text))).collect();
    Value::Object(object).to_string().into_bytes()
}

/// Where commands are looked for: first where `meta` is.
fn searched(spec: &Spec, commands: PathBuf) -> OsString {
    let given = spec.environment.get("PATH").map(OsString::from);
    let usual = given.or_else(|| std::env::var_os("PATH")).unwrap_or_else(|| "/usr/bin:/bin".into());
    let mut path = commands.into_os_string();
    path.push(":");
    path.push(usual);
    path
}
