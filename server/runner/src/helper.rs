//! Runs this program again for what reads files that steps have written: as the steps' user, behind the same wall and without
//! the key, so that nothing that steps prepared meets anything worth having.

use std::io::{self, Read};
use std::path::Path;
use std::process::Stdio;

use regatta_runner::frame::MAX_PAYLOAD;

use crate::system;
use crate::wall::Enclosure;

/// Prints what a job hands on as values; see [`crate::values`].
pub const GATHER: &str = "gather";
/// Prints a folder as an archive; see [`crate::workspace`].
pub const PACK: &str = "pack";
/// Reads an archive into a folder; see [`crate::workspace`].
pub const UNPACK: &str = "unpack";

/// The most bytes of a helper's complaint.
const MAX_COMPLAINT: u64 = 4 << 10;
/// How much is read of a helper, or for it, at once: a frame's worth.
const PIECE: usize = MAX_PAYLOAD;

/// Who helps.
#[derive(Clone, Copy)]
pub struct Helper<'a> {
    /// This program.
    pub program: &'a Path,
    /// What is around it.
    pub enclosure: &'a Enclosure,
}

impl Helper<'_> {
    /// Runs a helper with `arguments`, gives it all of `input`, and passes what it prints to `take` in pieces. What it
    /// has to say beside is returned: words to tell where it succeeded, otherwise why it did not. An error is one of
    /// `input` or `take`.
    pub fn run(
        self,
        arguments: &[&std::ffi::OsStr],
        mut input: impl Read,
        mut take: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<Result<String, String>> {
        let mut command = self.enclosure.command(self.program);
        command.args(arguments).env_clear().current_dir("/");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        system::start_in(&mut command, &[]);
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => return Ok(Err(format!("its helper cannot be started: {error}"))),
        };
        if let Some(mut pipe) = child.stdin.take() {
            feed(&mut input, &mut pipe)?;
        }
        if let Some(mut output) = child.stdout.take() {
            let mut piece = vec![0; PIECE];
            loop {
                match output.read(&mut piece)? {
                    0 => break,
                    read => take(&piece[..read])?,
                }
            }
        }
        let mut words = Vec::new();
        if let Some(errors) = child.stderr.take() {
            errors.take(MAX_COMPLAINT).read_to_end(&mut words)?;
        }
        let words = String::from_utf8_lossy(&words).trim().trim_start_matches("regatta-runner: ").to_owned();
        let status = child.wait()?;
        let ended =
            || if words.is_empty() { format!("its helper ended early ({status})") } else { words.clone() };
        Ok(if status.success() { Ok(words.clone()) } else { Err(ended()) })
    }
}

/// Passes on all of `input`. A helper that takes no more says why by how it ends.
fn feed(input: &mut impl Read, pipe: &mut impl io::Write) -> io::Result<()> {
    let mut piece = vec![0; PIECE];
    loop {
        let read = input.read(&mut piece)?;
        if read == 0 || pipe.write_all(&piece[..read]).is_err() {
            return Ok(());
        }
    }
}
