//! A copy in a file, to be put by.

use std::fs::{File, OpenOptions, remove_file, rename};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use sqlx::{Connection, query};

use super::sqlite::{SqliteEngine, connect_to_read};
use super::{Engine, TransferError, copy_all, open_source, sqlite_path_of};

/// Writes everything in the database at `from_url`, of any engine and in use or not, into a new database file at
/// `to_path` that only its owner can read. The file appears under its name once it is complete and on the disk.
///
/// To restore it, use the file (`sqlite:PATH`), or [`copy`](super::copy) it into an empty database.
pub async fn backup(from_url: &str, to_path: &Path) -> Result<(), TransferError> {
    refuse_existing(to_path)?;
    let partial = Partial::create(to_path)?;
    match sqlite_path_of(from_url)? {
        Some(from) => vacuum(&from, &partial.path).await?,
        None => copy_into(from_url, &partial.path).await?,
    }
    partial.finish(to_path)
}

/// SQLite's own copy: one snapshot, without what was deleted.
async fn vacuum(from: &Path, into: &Path) -> Result<(), TransferError> {
    let mut db = connect_to_read(from).await?;
    query("vacuum into $1").bind(into.to_string_lossy().as_ref()).execute(&mut db).await?;
    Ok(db.close().await?)
}

async fn copy_into(from_url: &str, into: &Path) -> Result<(), TransferError> {
    let mut from = open_source(from_url).await?;
    let mut to = Box::new(SqliteEngine::to_write(into).await?);
    copy_all(from.as_mut(), to.as_mut()).await?;
    from.close().await?;
    Ok(to.close().await?)
}

fn refuse_existing(path: &Path) -> Result<(), TransferError> {
    match path.try_exists() {
        Ok(false) => Ok(()),
        Ok(true) => Err(TransferError::Exists(path.to_owned())),
        Err(why) => Err(failed(path, why)),
    }
}

fn failed(path: &Path, why: std::io::Error) -> TransferError {
    TransferError::File { path: path.to_owned(), why }
}

/// A file that is not complete yet, beside the one it will be. Dropped before, it is removed.
struct Partial {
    path: PathBuf,
}

impl Partial {
    /// Creates it, closed to everybody but its owner: it will hold names and addresses.
    fn create(beside: &Path) -> Result<Self, TransferError> {
        let mut name = beside.file_name().unwrap_or_default().to_owned();
        name.push(format!(".partial-{}", std::process::id()));
        let path = beside.with_file_name(name);
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
            Ok(_) => Ok(Self { path }),
            Err(why) if why.kind() == ErrorKind::AlreadyExists => Err(TransferError::Exists(path)),
            Err(why) => Err(failed(&path, why)),
        }
    }

    /// Makes sure that it is on the disk, and gives it its name.
    fn finish(self, to: &Path) -> Result<(), TransferError> {
        File::open(&self.path).and_then(|file| file.sync_all()).map_err(|why| failed(&self.path, why))?;
        refuse_existing(to)?;
        rename(&self.path, to).map_err(|why| failed(to, why))?;
        let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(|why| failed(folder, why))
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        for suffix in ["", "-wal", "-shm", "-journal"] {
            let mut name = self.path.clone().into_os_string();
            name.push(suffix);
            // After the rename there is nothing left under these names.
            drop(remove_file(name));
        }
    }
}
