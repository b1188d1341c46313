//! How a step becomes a process.
//!
//! A sourced step is `sh -e`, with what the step before it exported and the folder it was in. A program is a process of
//! its own, with the job's variables.

use std::ffi::CString;
use std::fmt::Write as _;
use std::fs::{OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use regatta_runner::{Manner, Spec, SpecStep};

use crate::surroundings::Variables;
use crate::system;
use crate::wall::Enclosure;

/// Before the name of a variable: the value that a sourced step alone sees.
const OWN: &str = "regatta_own_";

/// Starts `step` with pipes for its output, in a session of its own.
pub fn start(
    spec: &Spec,
    variables: &Variables,
    enclosure: &Enclosure,
    step: &SpecStep,
) -> io::Result<Child> {
    let script = spec.state.join("script");
    write_anew(&script, &step.script)?;
    let mut command = match step.manner {
        Manner::Sourced => sourced(spec, variables, enclosure, step, &script),
        Manner::Program => program(spec, variables, enclosure, step, &script),
    };
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    system::start_in(&mut command, &folders(&spec.workspace, step.directory.as_deref())?);
    let child = command.spawn()?;
    system::offer_to_out_of_memory_killer(child.id());
    Ok(child)
}

fn sourced(
    spec: &Spec,
    variables: &Variables,
    enclosure: &Enclosure,
    step: &SpecStep,
    script: &Path,
) -> Command {
    let carried = spec.state.join("carried");
    let (own, others): (Vec<_>, Vec<_>) = step.environment.iter().partition(|(name, _)| is_a_name(name));
    let names: Vec<&str> = own.iter().map(|(name, _)| name.as_str()).collect();
    let mut command = enclosure.command(&spec.shell);
    let text = around(script, &carried, &names, step.directory.is_some());
    command.arg("-e").arg("-c").arg(text).arg(&step.name);
    if carried.is_file() {
        command.env_clear();
    } else {
        command.envs(&spec.environment).envs(variables);
    }
    command.envs(others);
    command.envs(own.into_iter().map(|(name, value)| (format!("{OWN}{name}"), value)));
    command
}

fn program(
    spec: &Spec,
    variables: &Variables,
    enclosure: &Enclosure,
    step: &SpecStep,
    script: &Path,
) -> Command {
    let mut command = if step.script.starts_with("#!") {
        enclosure.command(script)
    } else {
        let mut shell = enclosure.command(&spec.shell);
        shell.arg("-e").arg(script);
        shell
    };
    command.envs(&spec.environment).envs(&step.environment).envs(variables);
    command
}

/// A step before may have put something else in the file's place, a link or a named pipe: it is not followed.
fn write_anew(path: &Path, text: &str) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.set_permissions(Permissions::from_mode(0o755))?;
    file.write_all(text.as_bytes())
}

/// The folder to start in, after those that it lies in below the workspace: what is not there is made.
fn folders(workspace: &Path, directory: Option<&str>) -> io::Result<Vec<CString>> {
    let mut path = workspace.to_owned();
    let mut folders = vec![path.clone()];
    for part in Path::new(directory.unwrap_or_default()).components() {
        // What begins with the root begins anew.
        path.push(part);
        folders.push(path.clone());
    }
    folders.into_iter().map(|folder| Ok(CString::new(folder.as_os_str().as_bytes())?)).collect()
}

/// Whether a shell can have a variable of this name.
fn is_a_name(name: &str) -> bool {
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    plain && !name.is_empty() && !name.starts_with(|first: char| first.is_ascii_digit())
}

/// The shell text around a script. What is exported is kept when the script ends, however it ends; a script with an
/// exit trap of its own keeps it when it runs to its last line. The step's own variables are set before and put back
/// after; their values come through the environment, never through this text.
fn around(script: &Path, carried: &Path, own: &[&str], stays: bool) -> String {
    let (script, carried) = (script.display(), carried.display());
    let (mut set, mut put_back) = (String::new(), String::new());
    for name in own {
        let _ = writeln!(
            set,
            "regatta_had_{name}=\"${{{name}+x}}\"; regatta_was_{name}=\"${{{name}-}}\"\n\
             export {name}=\"${OWN}{name}\"; unset {OWN}{name}"
        );
        let _ = write!(
            put_back,
            "if [ \"$regatta_had_{name}\" ]; then export {name}=\"$regatta_was_{name}\"; else unset {name}; fi; "
        );
    }
    let folder = if stays { "cd -P ." } else { "cd -- \"${PWD:-.}\" 2>/dev/null || cd" };
    let keep = format!("{put_back}export PWD; {{ export -p; }} 2>/dev/null >|{carried} || :");
    format!(
        "if [ -r {carried} ]; then . {carried}; {folder}; fi\n\
         {set}\
         trap 'regatta_exit=$?; {keep}; exit \"$regatta_exit\"' EXIT\n\
         . {script}\n\
         regatta_exit=$?; {keep}; exit \"$regatta_exit\"\n"
    )
}
