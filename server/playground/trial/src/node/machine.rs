//! The thread that the node's file systems and processes belong to.
//!
//! It has a view of the file system of its own where that is allowed, so that nothing it mounts is seen by others or
//! left behind; and the kernel kills what it started when it ends, however that comes.

use std::io;
use std::sync::Mutex;
use std::sync::mpsc;
use std::thread::JoinHandle;

use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::system;

type Work = Box<dyn FnOnce() + Send>;

/// The thread.
pub struct Machine {
    work: Mutex<Option<mpsc::Sender<Work>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    mounts: bool,
}

impl Machine {
    /// Starts it.
    pub fn start() -> io::Result<Self> {
        let (sender, work) = mpsc::channel::<Work>();
        let (ready, mounts) = mpsc::channel();
        let thread = std::thread::Builder::new().name("trial-node".to_owned()).spawn(move || {
            let separated = system::is_root() && system::separate_mounts().is_ok();
            if ready.send(separated).is_ok() {
                for work in work {
                    work();
                }
            }
        })?;
        let mounts = mounts.recv().map_err(|_| io::Error::other("the node's thread did not start"))?;
        Ok(Self { work: Mutex::new(Some(sender)), thread: Mutex::new(Some(thread)), mounts })
    }

    /// Whether file systems can be mounted.
    pub fn mounts(&self) -> bool {
        self.mounts
    }

    /// Does `work` on the thread.
    pub async fn run<R: Send + 'static>(&self, work: impl FnOnce() -> R + Send + 'static) -> io::Result<R> {
        let gone = || io::Error::other("the node's thread has ended");
        let (reply, answer) = oneshot::channel();
        let sender = self.work.lock().ok().and_then(|work| work.clone()).ok_or_else(gone)?;
        // Where nobody waits for the answer any more, it is dropped.
        let work: Work = Box::new(move || drop(reply.send(work())));
        sender.send(work).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())
    }

    /// Starts a process on the thread. It is killed when it is dropped.
    pub async fn spawn(&self, mut command: Command) -> io::Result<Child> {
        let runtime = Handle::current();
        command.kill_on_drop(true);
        self.run(move || {
            let _inside = runtime.enter();
            command.spawn()
        })
        .await?
    }

    /// Ends the thread, and with it what it started and mounted.
    pub fn stop(&self) {
        drop(self.work.lock().ok().and_then(|mut work| work.take()));
        if let Some(thread) = self.thread.lock().ok().and_then(|mut thread| thread.take()) {
            // A panic of the thread's was told where it happened.
            drop(thread.join());
        }
    }
}
