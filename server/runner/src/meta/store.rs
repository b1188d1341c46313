//! The file that holds metadata: one JSON object.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use serde_json::{Map, Value};

use crate::system;

/// The most bytes of the file: some more than may be handed on. There has to be room for it twice, when it is changed.
const MAX_FILE: usize = 320 << 10;

/// What the file holds; nothing where there is no file.
pub fn read(file: &Path) -> Result<Option<Map<String, Value>>, String> {
    let opened = match system::open_plain_file(file) {
        Ok(opened) => opened,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    let mut bytes = Vec::new();
    opened.take(MAX_FILE as u64 + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    within_size(&bytes)?;
    if bytes.is_empty() {
        return Ok(Some(Map::new()));
    }
    parse(&bytes).map(Some)
}

/// Changes what the file holds; of two who do so at once, one waits.
pub fn change(
    file: &Path,
    change: impl FnOnce(&mut Map<String, Value>) -> Result<(), String>,
) -> Result<(), String> {
    let words = |error: io::Error| error.to_string();
    let lock = File::create(file.with_extension("lock")).map_err(words)?;
    lock.lock().map_err(words)?;
    let mut metadata = read(file)?.unwrap_or_default();
    change(&mut metadata)?;
    let bytes = Value::Object(metadata).to_string().into_bytes();
    within_size(&bytes)?;
    // What is nested too deeply could not be read again.
    parse(&bytes)?;
    let unfinished = file.with_extension("new");
    fs::write(&unfinished, bytes).and_then(|()| fs::rename(&unfinished, file)).map_err(words)
}

fn within_size(bytes: &[u8]) -> Result<(), String> {
    if bytes.len() <= MAX_FILE { Ok(()) } else { Err(format!("it is larger than {} KiB", MAX_FILE >> 10)) }
}

fn parse(bytes: &[u8]) -> Result<Map<String, Value>, String> {
    serde_json::from_slice(bytes).map_err(|error| format!("it is not a JSON object: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steps_may_have_put_there_is_refused_with_a_reason() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("meta.json");
        assert_eq!(read(&file).unwrap(), None);
        let too_deep = format!("{{\"a\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
        let too_large = format!("{{\"a\":\"{}\"}}", "x".repeat(MAX_FILE));
        for (content, reason) in
            [("[1]", "object"), ("{", "object"), (too_deep.as_str(), "recursion"), (&too_large, "larger")]
        {
            fs::write(&file, content).unwrap();
            let error = read(&file).unwrap_err();
            assert!(error.contains(reason), "{error}");
            assert_eq!(change(&file, |_| Ok(())).unwrap_err(), error);
        }
        fs::write(&file, "").unwrap();
        assert_eq!(read(&file).unwrap(), Some(Map::new()));
        fs::remove_file(&file).unwrap();
        std::os::unix::fs::symlink("/etc/hostname", &file).unwrap();
        assert!(read(&file).is_err());
    }

    #[test]
    fn changes_made_at_once_are_all_kept() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("meta.json");
        std::thread::scope(|threads| {
            for number in 0..8 {
                let file = &file;
                threads.spawn(move || {
                    change(file, |metadata| {
                        metadata.insert(number.to_string(), number.into());
                        Ok(())
                    })
                    .unwrap();
                });
            }
        });
        assert_eq!(read(&file).unwrap().unwrap().len(), 8);
    }
}
