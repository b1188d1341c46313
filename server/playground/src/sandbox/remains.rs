//! What is left of a sandbox that is being taken away, until nothing is.
//!
//! The kernel may take long to free what a job has filled. Whoever waited for the job need not wait for that: what is
//! left is handed to a task that follows it to its end, and keeps the user identity from others until then.

use std::time::{Duration, Instant};

use tokio::process::Child;
use tokio::time::{sleep, timeout};

use super::cgroup::Group;
use super::status::Status;
use super::uids::UidLease;

/// How often it is looked whether something has gone.
const INTERVAL: Duration = Duration::from_millis(5);
/// How long the task pauses between its attempts.
const PAUSE: Duration = Duration::from_millis(100);
/// When bubblewrap itself is killed. It then cannot collect its child, which is left to the machine's first process.
const LAST_RESORT: Duration = Duration::from_secs(20);

/// What a sandbox holds of the machine.
#[derive(Debug)]
pub struct Remains {
    /// Bubblewrap, until it has ended.
    pub child: Option<Child>,
    /// Where its child's number comes from.
    pub status: Status,
    /// The control group, until it is removed.
    pub group: Option<Group>,
    /// Freed last, when nothing runs under it any more.
    pub identity: Option<UidLease>,
}

impl Remains {
    /// A group whose maker is no more.
    pub fn of_group(group: Group) -> std::io::Result<Self> {
        let (told, _) = std::io::pipe()?;
        Ok(Self { child: None, status: Status::new(told)?, group: Some(group), identity: None })
    }

    /// Kills what runs and waits as long for bubblewrap to end; whether it has. Killing the first process kills all
    /// others; bubblewrap then collects it and ends by itself, so that no zombie is left to others.
    pub async fn end(&mut self, patience: Duration) -> bool {
        let started = Instant::now();
        while !self.has_ended(false).await {
            if started.elapsed() > patience {
                return false;
            }
        }
        true
    }

    /// Takes away what the ended processes have left, and waits as long for that; whether all is gone.
    pub async fn clear(&mut self, patience: Duration) -> bool {
        let started = Instant::now();
        while !self.is_gone(false).await {
            if started.elapsed() > patience {
                return false;
            }
            sleep(INTERVAL).await;
        }
        true
    }

    /// Follows them, for as long as it takes, until all is gone.
    pub async fn reap(mut self) {
        let started = Instant::now();
        while !self.is_gone(started.elapsed() > LAST_RESORT).await {
            sleep(PAUSE).await;
        }
        tracing::debug!(took = ?started.elapsed(), "the last of a sandbox is gone");
    }

    async fn is_gone(&mut self, last_resort: bool) -> bool {
        if !self.has_ended(last_resort).await || self.status.is_first_process_alive() {
            return false;
        }
        if self.group.as_mut().is_some_and(|group| !group.try_remove()) {
            return false;
        }
        self.group = None;
        drop(self.identity.take());
        true
    }

    /// Kills what runs, and waits a moment for bubblewrap to end.
    async fn has_ended(&mut self, last_resort: bool) -> bool {
        // It may have started so lately that bubblewrap has not told its number before.
        self.status.kill_first_process();
        let Some(child) = &mut self.child else { return true };
        if last_resort && let Err(error) = child.start_kill() {
            tracing::warn!(%error, "bubblewrap cannot be killed");
        }
        match timeout(INTERVAL, child.wait()).await {
            Err(_) => return false,
            Ok(Err(error)) => tracing::warn!(%error, "bubblewrap's end cannot be waited for"),
            Ok(Ok(_)) => {}
        }
        self.child = None;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::uids::UidPool;
    use super::*;

    fn remains(child: Option<Child>) -> Remains {
        let (told, _) = std::io::pipe().unwrap();
        Remains { child, status: Status::new(told).unwrap(), group: None, identity: None }
    }

    #[tokio::test]
    async fn an_identity_is_free_only_when_all_is_gone() {
        let pool = UidPool::of(vec![4_000_003]);
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("group");
        let busy = folder.join("busy");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(&busy, "").unwrap();
        let group = Some(Group::left_behind(folder.clone()));
        let mut remains = Remains { group, identity: Some(pool.lease().unwrap()), ..remains(None) };
        assert!(!remains.clear(Duration::ZERO).await);
        let reaping = tokio::spawn(remains.reap());
        assert!(pool.lease().is_err());
        std::fs::remove_file(busy).unwrap();
        reaping.await.unwrap();
        assert!(!folder.exists());
        assert_eq!(pool.lease().unwrap().uid, 4_000_003);
    }

    #[tokio::test]
    async fn bubblewrap_itself_is_killed_only_as_the_last_resort() {
        let sleeper = tokio::process::Command::new("sleep").arg("60").kill_on_drop(true).spawn().unwrap();
        let mut remains = remains(Some(sleeper));
        assert!(!remains.end(Duration::ZERO).await);
        assert!(remains.child.as_mut().unwrap().try_wait().unwrap().is_none());
        while !remains.is_gone(true).await {}
        assert!(remains.child.is_none());
    }
}
