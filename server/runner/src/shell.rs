//! How a step becomes a shell: `sh -e`, with what the step before it exported and the folder it was in.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use regatta_runner::{Spec, SpecStep};

use crate::system;

/// Starts `step` with pipes for its output, in a session of its own.
pub fn start(spec: &Spec, step: &SpecStep) -> io::Result<Child> {
    let script = spec.state.join("script");
    let carried = spec.state.join("carried");
    write_anew(&script, &step.script)?;
    let mut command = Command::new(&spec.shell);
    command.arg("-e").arg("-c").arg(around(&script, &carried)).arg(&step.name);
    if carried.is_file() {
        command.env_clear();
    } else {
        command.envs(&spec.environment);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.current_dir(&spec.workspace);
    system::in_new_session(&mut command);
    command.spawn()
}

/// A step before may have put something else in the file's place, a link or a named pipe: it is not followed.
fn write_anew(path: &Path, text: &str) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(text.as_bytes())
}

/// The shell text around a script. What is exported is kept when the script ends, however it ends; a script with an
/// exit trap of its own keeps it when it runs to its last line.
fn around(script: &Path, carried: &Path) -> String {
    let (script, carried) = (script.display(), carried.display());
    let keep = format!("export PWD; {{ export -p; }} 2>/dev/null >|{carried} || :");
    format!(
        "if [ -r {carried} ]; then . {carried}; cd -- \"${{PWD:-.}}\" 2>/dev/null || cd; fi\n\
         trap 'regatta_exit=$?; {keep}; exit \"$regatta_exit\"' EXIT\n\
         . {script}\n\
         regatta_exit=$?; {keep}; exit \"$regatta_exit\"\n"
    )
}
