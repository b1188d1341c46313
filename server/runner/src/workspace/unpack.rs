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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tar::{Builder, Header};

    use super::*;

    /// One entry of an archive as somebody without manners writes it.
    #[derive(Clone, Debug)]
    struct Raw {
        kind: EntryType,
        path: String,
        link: String,
        size: u64,
        content: Vec<u8>,
    }

    fn raw(kind: EntryType, path: &str, link: &str) -> Raw {
        Raw { kind, path: path.to_owned(), link: link.to_owned(), size: 0, content: Vec::new() }
    }

    fn file(path: &str, content: &str) -> Raw {
        Raw { size: content.len() as u64, content: content.into(), ..raw(EntryType::Regular, path, "") }
    }

    /// Names go into the header as they are: the builder would refuse most of these.
    fn archive(entries: &[Raw]) -> Vec<u8> {
        let mut builder = Builder::new(Vec::new());
        for entry in entries {
            let mut header = Header::new_gnu();
            let gnu = header.as_gnu_mut().unwrap();
            for (field, text) in [(&mut gnu.name, &entry.path), (&mut gnu.linkname, &entry.link)] {
                let length = text.len().min(field.len());
                field[..length].copy_from_slice(&text.as_bytes()[..length]);
            }
            header.set_entry_type(entry.kind);
            header.set_size(entry.size);
            header.set_mode(0o7777);
            header.set_mtime(0);
            header.set_cksum();
            builder.append(&header, entry.content.as_slice()).unwrap();
        }
        builder.into_inner().unwrap()
    }

    /// A folder with a workspace in it, and what stands beside the workspace afterwards.
    fn unpacked(archive: &[u8]) -> (tempfile::TempDir, Result<(), String>) {
        let around = tempfile::tempdir().unwrap();
        fs::create_dir(around.path().join("work")).unwrap();
        fs::write(around.path().join("beside"), "untouched").unwrap();
        let result = from(archive, &around.path().join("work"));
        (around, result)
    }

    fn nothing_escaped(around: &Path) {
        let mut names: Vec<_> =
            fs::read_dir(around).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["beside", "work"]);
        assert_eq!(fs::read_to_string(around.join("beside")).unwrap(), "untouched");
        let root = around.join("work").canonicalize().unwrap();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let kind = fs::symlink_metadata(&path).unwrap().file_type();
                assert!(kind.is_dir() || kind.is_file() || kind.is_symlink(), "{path:?}");
                if let Some(target) = path.canonicalize().ok().filter(|_| kind.is_symlink()) {
                    assert!(target.starts_with(&root), "{path:?} leads to {target:?}");
                }
                if kind.is_dir() {
                    folders.push(path);
                }
            }
        }
    }

    #[test]
    fn whatever_leads_out_is_refused() {
        let link = |path: &str, target: &str| raw(EntryType::Symlink, path, target);
        for entries in [
            vec![file("../beside", "x")],
            vec![file("/tmp/absolute", "x")],
            vec![file("a/../../beside", "x")],
            vec![link("out", "/etc"), file("out/x", "x")],
            vec![link("out", ".."), file("out/beside", "x")],
            vec![link("here", "."), file("here/x", "x")],
            vec![raw(EntryType::Directory, "a/b/", ""), link("a/b/up", "../.."), link("t", "a/b/up/..")],
            vec![raw(EntryType::Link, "hard", "../beside")],
            vec![raw(EntryType::Fifo, "pipe", "")],
            vec![raw(EntryType::Char, "null", "")],
            vec![raw(EntryType::GNUSparse, "sparse", "")],
            vec![raw(EntryType::Directory, "a", ""), file("a", "x")],
            vec![file("a", "x"), raw(EntryType::Directory, "a", "")],
            vec![file("", "x")],
        ] {
            let (around, result) = unpacked(&archive(&entries));
            assert!(result.is_err(), "{entries:?}");
            nothing_escaped(around.path());
        }
    }

    #[test]
    fn modes_that_give_rights_are_not_kept() {
        let (around, result) = unpacked(&archive(&[file("a", "x")]));
        result.unwrap();
        let mode = fs::metadata(around.path().join("work/a")).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o777);
    }

    #[test]
    fn what_is_cut_off_or_too_many_is_refused() {
        let endless = Raw { size: 1 << 40, ..file("a", "x") };
        assert!(unpacked(&archive(&[endless])).1.is_err());
        let many = vec![file("a", ""); MAX_ENTRIES + 1];
        assert!(unpacked(&archive(&many)).1.unwrap_err().contains("more than"));
    }

    fn hostile() -> impl Strategy<Value = Raw> {
        let path = "(\\.\\./|/|\\./)?([ab]|\\.\\.)(/([abc]|\\.\\.)){0,3}/?";
        let kind = prop_oneof![
            4 => Just(EntryType::Regular),
            3 => Just(EntryType::Directory),
            5 => Just(EntryType::Symlink),
            1 => any::<u8>().prop_map(EntryType::new),
        ];
        (kind, path, path, 0..600_u64, proptest::collection::vec(any::<u8>(), 0..600)).prop_map(
            |(kind, path, link, size, content)| {
                let honest = content.len() as u64;
                Raw { kind, path, link, size: if size < 500 { honest } else { size }, content }
            },
        )
    }

    proptest! {
        #[test]
        fn no_archive_reaches_what_is_outside(entries in proptest::collection::vec(hostile(), 0..10)) {
            let (around, _) = unpacked(&archive(&entries));
            nothing_escaped(around.path());
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2000), damage in any::<prop::sample::Index>()) {
            let _ = unpacked(&bytes);
            let mut damaged = archive(&[file("a/b", "content"), raw(EntryType::Symlink, "a/c", "b")]);
            let at = damage.index(damaged.len());
            damaged[at] ^= bytes.first().copied().unwrap_or(1);
            let (around, _) = unpacked(&damaged);
            nothing_escaped(around.path());
        }
    }
}
