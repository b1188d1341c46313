//! Writes a workspace as an archive to standard output.

use std::fs::{self, Metadata};
use std::io::{self, Read as _, Write};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use regatta_runner::frame::MAX_WORKSPACE;
use tar::{Builder, EntryType, Header};

use super::{MAX_ENTRIES, link};
use crate::system;

/// Packs `folder`, and says on standard error what was left out.
pub fn pack(folder: &Path) -> Result<(), String> {
    let mut packer = Packer::new(folder, Bounded { out: io::stdout().lock(), left: MAX_WORKSPACE });
    packer.pack_all()?;
    if let Some(words) = packer.left_out() {
        eprintln!("{words}");
    }
    Ok(())
}

/// Packs one folder.
struct Packer<'a, W: Write> {
    root: &'a Path,
    archive: Builder<Bounded<W>>,
    entries: usize,
    links: usize,
    special: usize,
}

/// Lets only so many bytes through.
struct Bounded<W> {
    out: W,
    left: u64,
}

impl<W: Write> Write for Bounded<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = bytes.len() as u64;
        if length > self.left {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.out.write_all(bytes)?;
        self.left -= length;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl<'a, W: Write> Packer<'a, W> {
    fn new(root: &'a Path, out: Bounded<W>) -> Self {
        Self { root, archive: Builder::new(out), entries: 0, links: 0, special: 0 }
    }

    fn pack_all(&mut self) -> Result<(), String> {
        let mut folders = vec![PathBuf::new()];
        while let Some(folder) = folders.pop() {
            let mut names = self.names(&folder).map_err(|error| failed(&folder, &error))?;
            // The same folder always makes the same archive.
            names.sort_unstable();
            for name in names {
                let path = folder.join(name);
                if self.entry(&path).map_err(|error| failed(&path, &error))? {
                    folders.push(path);
                }
                if self.entries > MAX_ENTRIES {
                    return Err(format!("it holds more than {MAX_ENTRIES} files"));
                }
            }
        }
        self.archive
            .finish()
            .and_then(|()| self.archive.get_mut().flush())
            .map_err(|error| failed(Path::new(""), &error))
    }

    fn names(&self, folder: &Path) -> io::Result<Vec<std::ffi::OsString>> {
        fs::read_dir(self.root.join(folder))?
            .take(MAX_ENTRIES + 1)
            .map(|entry| Ok(entry?.file_name()))
            .collect()
    }

    /// Packs what is at `path`, below the workspace, and says whether it is a folder.
    fn entry(&mut self, path: &Path) -> io::Result<bool> {
        let whole = self.root.join(path);
        let metadata = fs::symlink_metadata(&whole)?;
        self.entries += 1;
        let kind = metadata.file_type();
        if kind.is_dir() {
            self.archive.append_data(&mut header(&metadata, EntryType::Directory), path, io::empty())?;
        } else if kind.is_file() {
            self.file(path, &whole)?;
        } else if kind.is_symlink() {
            self.link(path, &fs::read_link(&whole)?, &metadata)?;
        } else {
            self.special += 1;
        }
        Ok(kind.is_dir())
    }

    fn file(&mut self, path: &Path, whole: &Path) -> io::Result<()> {
        let file = system::open_plain_file(whole)?;
        let metadata = file.metadata()?;
        if metadata.len() > self.archive.get_ref().left {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let mut content = file.take(metadata.len());
        let mut header = header(&metadata, EntryType::Regular);
        header.set_size(metadata.len());
        self.archive.append_data(&mut header, path, &mut content)?;
        // The header has promised as much.
        if content.limit() == 0 { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    fn link(&mut self, path: &Path, target: &Path, metadata: &Metadata) -> io::Result<()> {
        let depth = path.components().count() - 1;
        let target = link::relative(self.root, depth, target);
        if !link::stays_inside(depth, &target) {
            self.links += 1;
            return Ok(());
        }
        self.archive.append_link(&mut header(metadata, EntryType::Symlink), path, target)
    }

    fn left_out(&self) -> Option<String> {
        let counted = |count: usize, what: &str| (count > 0).then(|| format!("{count} {what}"));
        let parts = [
            counted(self.links, "links that may lead out of it"),
            counted(self.special, "pipes, sockets or devices"),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| format!("of the workspace {} are not handed on", parts.join(" and ")))
    }
}

fn header(metadata: &Metadata, kind: EntryType) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_size(0);
    header.set_mode(metadata.permissions().mode() & 0o777);
    header.set_mtime(u64::try_from(metadata.mtime()).unwrap_or(0));
    header
}

fn failed(path: &Path, error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::FileTooLarge {
        return format!("packed, it is larger than {} MiB", MAX_WORKSPACE >> 20);
    }
    format!("{:?} cannot be packed: {error}", path.display())
}
