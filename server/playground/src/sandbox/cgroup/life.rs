//! Names of groups, and who answers for them.
//!
//! Each portal draws a token when it starts, and holds a lock on a folder of that name for as long as it lives, beside
//! the groups that it makes. Whoever finds a group whose token nobody locks knows that its portal is no more: numbers
//! of processes would not tell, for they are given again, and other namespaces count anew. The kernel frees the lock
//! when the process has ended, be it a zombie still.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use regatta_domain::ports::Entropy;

const LIFE: &str = "regatta-life.";
const JOB: &str = "regatta-job.";
const TOKEN_BYTES: usize = 16;
/// How often a folder is made anew that another portal took for a dead one's before it was locked, or whose name is
/// taken.
const ATTEMPTS: usize = 8;

/// A random name for one life of a portal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token(String);

/// The lock that tells others that groups with this token are in use. Dropping it ends that.
#[derive(Debug)]
pub struct Life {
    folder: PathBuf,
    /// Locked; closing it unlocks it.
    _lock: File,
}

impl Token {
    /// Draws one.
    pub fn draw(entropy: &dyn Entropy) -> Self {
        let mut bytes = [0; TOKEN_BYTES];
        entropy.fill(&mut bytes);
        Self(HEXLOWER.encode(&bytes))
    }

    /// The name of a group for a job.
    pub fn group(&self, number: u64) -> String {
        format!("{JOB}{}.{number}", self.0)
    }

    fn of_group(name: &str) -> Option<Self> {
        let (token, _) = name.strip_prefix(JOB)?.split_once('.')?;
        Self::parse(token)
    }

    fn of_life(name: &str) -> Option<Self> {
        Self::parse(name.strip_prefix(LIFE)?)
    }

    fn parse(text: &str) -> Option<Self> {
        let bytes = HEXLOWER.decode(text.as_bytes()).ok()?;
        (bytes.len() == TOKEN_BYTES).then(|| Self(text.to_owned()))
    }

    fn life(&self, parent: &Path) -> PathBuf {
        parent.join(format!("{LIFE}{}", self.0))
    }
}

impl Life {
    /// Begins a life in all of `parents`, with a token that no other has there.
    pub fn begin(parents: &[&Path], entropy: &dyn Entropy) -> io::Result<(Token, Vec<Self>)> {
        let mut failure = io::ErrorKind::AlreadyExists.into();
        for _ in 0..ATTEMPTS {
            let token = Token::draw(entropy);
            match parents.iter().map(|parent| Self::lock(token.life(parent))).collect() {
                Ok(lives) => return Ok((token, lives)),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    /// Makes the folder and locks it. Between the two another portal may have taken it for a dead one's.
    fn lock(folder: PathBuf) -> io::Result<Self> {
        fs::create_dir(&folder)?;
        let file = File::open(&folder)?;
        file.lock()?;
        let still_there = fs::metadata(&folder)?.ino() == file.metadata()?.ino();
        still_there.then_some(Self { folder, _lock: file }).ok_or(io::ErrorKind::NotFound.into())
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir(&self.folder) {
            tracing::debug!(%error, folder = %self.folder.display(), "a portal's folder stays behind");
        }
    }
}

/// The groups in `parent` that portals left behind. The locks of those portals are removed.
pub fn left_behind(parent: &Path) -> Vec<PathBuf> {
    let mut groups = Vec::new();
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        if Token::of_group(name).is_some_and(|token| !is_alive(&token.life(parent))) {
            groups.push(entry.path());
        }
        if Token::of_life(name).is_some() {
            remove_if_dead(&entry.path());
        }
    }
    groups
}

fn is_alive(life: &Path) -> bool {
    File::open(life).is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
}

fn remove_if_dead(life: &Path) {
    if let Ok(file) = File::open(life)
        && file.try_lock().is_ok()
        && let Err(error) = fs::remove_dir(life)
    {
        tracing::debug!(%error, folder = %life.display(), "a dead portal's folder stays behind");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::*;

    /// The same numbers in every life, as a portal's process number may be the same in every life.
    #[derive(Default)]
    struct Counting(AtomicU8);

    impl Entropy for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0.fetch_add(1, Ordering::Relaxed));
        }
    }

    /// Ends a life as a crash does: the lock is freed, the folder stays.
    fn crash(mut life: Vec<Life>) {
        for life in &mut life {
            life.folder = PathBuf::new();
        }
    }

    #[test]
    fn a_life_that_begins_like_a_crashed_one_has_another_token_and_clears_up_after_it() {
        let parent = tempfile::tempdir().unwrap();
        let parents = [parent.path()];
        let (first, life) = Life::begin(&parents, &Counting::default()).unwrap();
        let group = parent.path().join(first.group(1));
        fs::create_dir(&group).unwrap();
        crash(life);
        let (second, _life) = Life::begin(&parents, &Counting::default()).unwrap();
        assert_ne!(first, second);
        assert_eq!(left_behind(parent.path()), [group]);
        assert!(!first.life(parent.path()).exists());
        assert!(second.life(parent.path()).exists());
    }

    #[test]
    fn groups_of_a_living_portal_are_left_alone_whoever_looks() {
        let parent = tempfile::tempdir().unwrap();
        let (token, life) = Life::begin(&[parent.path()], &Counting::default()).unwrap();
        let group = parent.path().join(token.group(1));
        fs::create_dir(&group).unwrap();
        assert!(left_behind(parent.path()).is_empty());
        drop(life);
        assert_eq!(left_behind(parent.path()), [group]);
    }

    #[test]
    fn foreign_groups_are_never_taken() {
        for name in ["regatta-portal", "regatta-job.12.1", "user.slice", "regatta-job."] {
            assert_eq!(Token::of_group(name), None, "{name}");
        }
        let token = Token::draw(&Counting::default());
        assert_eq!(Token::of_group(&token.group(7)), Some(token));
    }
}
