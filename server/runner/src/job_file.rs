//! A job that comes as a file: an init container puts it there, and the runner takes it away before a step can see it.

use std::env;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use regatta_runner::input::{self, InputError, MAX_CHUNKS};

use crate::system;

/// Writes the job in this process's variables (see [`regatta_runner::input`]) to `file`, for this user alone. A file that is
/// there already is replaced at once.
pub fn put(file: &Path) -> Result<(), String> {
    let bytes = given().map_err(|error| error.to_string())?;
    write(file, &bytes).map_err(|error| format!("cannot write {}: {error}", file.display()))
}

fn given() -> Result<Vec<u8>, InputError> {
    // One more than there may be, so that too many are seen.
    let chunks: Vec<String> = (0..=MAX_CHUNKS).map_while(|chunk| env::var(input::name(chunk)).ok()).collect();
    input::unpack(&chunks)
}

fn write(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let unfinished = file.with_extension(format!("{}.unfinished", std::process::id()));
    let mut new = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    new.write_all(bytes)?;
    fs::rename(unfinished, file)
}

/// Opens the job in `file`, of which no name is left when this returns.
pub fn take(file: &Path) -> io::Result<File> {
    let taken = system::open_plain_file(file)?;
    fs::remove_file(file)?;
    Ok(taken)
}
