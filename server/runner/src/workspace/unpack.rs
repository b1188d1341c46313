//! Reads an archive from standard input into a workspace.
//!
//! Only what [`super::pack`] writes is taken: files, folders, and links that stay inside. Nothing is ever written through a
//! link: each folder on the way is looked at.

use std::collections::HashSet;
use std::fs::{self, File, Permissions};
use std::io::{self, Read};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, SystemTime};

use tar::{Archive, Entry, EntryType};

use super::{MAX_ENTRIES, link};

/// Unpacks the archive in `folder`. What is there already is kept, but for files and links that the archive has too.
pub fn unpack(folder: &Path) -> Result<(), String> {
    from(io::stdin().lock(), folder)
}

fn from(input: impl Read, folder: &Path) -> Result<(), String> {
    let mut unpacker = Unpacker { root: folder, real: HashSet::new(), modes: Vec::new() };
    let mut archive = Archive::new(input);
    let entries = archive.entries().map_err(|error| error.to_string())?;
    for (number, entry) in entries.enumerate() {
        if number >= MAX_ENTRIES {
            return Err(format!("it holds more than {MAX_ENTRIES} files"));
        }
        let mut entry = entry.map_err(|error| format!("it is damaged: {error}"))?;
        let path = entry.path().map_err(|error| error.to_string())?.into_owned();
        unpacker.entry(&mut entry, &path).map_err(|error| format!("{:?}: {error}", path.display()))?;
    }
    unpacker.finish().map_err(|error| error.to_string())
}

struct Unpacker<'a> {
    root: &'a Path,
    /// Folders, below the root, that are there and are no links.
    real: HashSet<PathBuf>,
    /// Folders with the modes that they get at last, when nothing has to be written to them any more.
    modes: Vec<(PathBuf, u32)>,
}

fn refused(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

impl Unpacker<'_> {
    fn entry(&mut self, entry: &mut Entry<'_, impl Read>, path: &Path) -> io::Result<()> {
        let plain = path.components().all(|part| matches!(part, Component::Normal(_)));
        if !plain || path.as_os_str().is_empty() {
            return Err(refused("the path leads out of the workspace"));
        }
        let parent = path.parent().unwrap_or(Path::new(""));
        self.folder(parent)?;
        let mode = entry.header().mode()? & 0o777;
        match entry.header().entry_type() {
            EntryType::Directory => {
                self.folder(path)?;
                self.modes.push((self.root.join(path), mode));
                Ok(())
            }
            EntryType::Regular => self.file(entry, path, mode),
            EntryType::Symlink => {
                let target = entry.link_name()?.ok_or_else(|| refused("a link without a target"))?;
                if !link::stays_inside(parent.components().count(), &target) {
                    return Err(refused("the link may lead out of the workspace"));
                }
                symlink(target, self.cleared(path)?)
            }
            _ => Err(refused("neither a file nor a folder nor a link")),
        }
    }

    /// Makes a folder, and those it lies in, where they are not there.
    fn folder(&mut self, path: &Path) -> io::Result<()> {
        let mut ancestors: Vec<&Path> =
            path.ancestors().take_while(|ancestor| !ancestor.as_os_str().is_empty()).collect();
        ancestors.reverse();
        for ancestor in ancestors {
            if self.real.contains(ancestor) {
                continue;
            }
            let whole = self.root.join(ancestor);
            match fs::symlink_metadata(&whole) {
                Ok(metadata) if metadata.is_dir() => {}
                Ok(_) => return Err(refused("a file or link is where a folder has to be")),
                Err(error) if error.kind() == io::ErrorKind::NotFound => fs::create_dir(&whole)?,
                Err(error) => return Err(error),
            }
            self.real.insert(ancestor.to_owned());
        }
        Ok(())
    }

    fn file(&self, entry: &mut Entry<'_, impl Read>, path: &Path, mode: u32) -> io::Result<()> {
        let size = entry.size();
        let changed = entry.header().mtime()?;
        let mut file = File::create_new(self.cleared(path)?)?;
        if io::copy(entry, &mut file)? != size {
            return Err(refused("it is cut off"));
        }
        file.set_permissions(Permissions::from_mode(mode))?;
        match SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(changed)) {
            Some(changed) => file.set_modified(changed),
            None => Err(refused("a time that cannot be")),
        }
    }

    /// The place for a file or link, where there is none any more.
    fn cleared(&self, path: &Path) -> io::Result<PathBuf> {
        let whole = self.root.join(path);
        match fs::remove_file(&whole) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(whole),
        }
    }

    fn finish(self) -> io::Result<()> {
        self.modes
            .into_iter()
            .rev()
            .try_for_each(|(path, mode)| fs::set_permissions(path, Permissions::from_mode(mode)))
    }
}
