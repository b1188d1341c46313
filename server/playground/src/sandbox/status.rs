//! What bubblewrap tells about a sandbox: the number of its first process, as this side sees it.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::OwnedFd;

use super::system::{self, Process};

/// The most bytes that bubblewrap tells.
const MAX_STATUS: usize = 4 << 10;

/// The pipe on which bubblewrap tells, and what it has told.
#[derive(Debug)]
pub struct Status {
    pipe: File,
    told: Vec<u8>,
    first: Option<(i32, Process)>,
}

impl Status {
    /// Listens at this end of a pipe.
    pub fn new(pipe: io::PipeReader) -> io::Result<Self> {
        let pipe = OwnedFd::from(pipe);
        system::never_wait(&pipe)?;
        Ok(Self { pipe: File::from(pipe), told: Vec::new(), first: None })
    }

    /// The number of the first process, once it has been told.
    pub fn first_process(&mut self) -> Option<i32> {
        if self.first.is_none() {
            self.listen();
        }
        self.first.as_ref().map(|(pid, _)| *pid)
    }

    /// Kills the first process, and with it all others.
    pub fn kill_first_process(&mut self) {
        self.first_process();
        if let Some((_, process)) = &self.first {
            process.kill();
        }
    }

    /// Whether the first process runs: the kernel lets it end only when all others have.
    pub fn is_first_process_alive(&self) -> bool {
        self.first.as_ref().is_some_and(|(_, process)| !process.has_ended())
    }

    fn listen(&mut self) {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "kebab-case")]
        struct Told {
            child_pid: i32,
        }
        let mut piece = [0; 256];
        while let Ok(read @ 1..) = self.pipe.read(&mut piece) {
            if self.told.len() < MAX_STATUS {
                self.told.extend_from_slice(&piece[..read]);
            }
        }
        let child =
            self.told.split(|byte| *byte == b'\n').find_map(|line| serde_json::from_slice::<Told>(line).ok());
        self.first = child.and_then(|told| Some((told.child_pid, Process::open(told.child_pid).ok()?)));
    }
}
