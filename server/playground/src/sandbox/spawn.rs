//! Starts sandboxes from a thread that lives as long as anyone can start one.
//!
//! Bubblewrap asks the kernel to kill it when its parent dies, and to the kernel the parent is the thread that forked,
//! not the program. A thread of the runtime may end at any time; this one does not.

use std::io;
use std::sync::mpsc;

use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

struct Request {
    command: Command,
    runtime: Handle,
    reply: oneshot::Sender<io::Result<Child>>,
}

/// The thread that starts sandboxes; they die when this is dropped.
#[derive(Debug)]
pub struct Spawner {
    requests: mpsc::Sender<Request>,
}

impl Spawner {
    /// Starts the thread.
    pub fn new() -> io::Result<Self> {
        let (requests, work) = mpsc::channel::<Request>();
        std::thread::Builder::new().name("sandbox-spawner".to_owned()).spawn(move || {
            for Request { mut command, runtime, reply } in work {
                let _inside = runtime.enter();
                // When nobody waits for it any more, the child is dropped, which kills it.
                let _ = reply.send(command.spawn());
            }
        })?;
        Ok(Self { requests })
    }

    /// Starts `command` from the thread.
    pub async fn spawn(&self, mut command: Command) -> io::Result<Child> {
        command.kill_on_drop(true);
        let (reply, answer) = oneshot::channel();
        let request = Request { command, runtime: Handle::current(), reply };
        self.requests.send(request).map_err(|_| io::Error::other("the spawning thread has ended"))?;
        answer.await.map_err(|_| io::Error::other("the spawning thread has ended"))?
    }
}
