//! Values that must not be seen.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::str::FromStr;

use data_encoding::HEXLOWER_PERMISSIVE;
use regatta_domain::ports::Entropy;

/// A text that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides `text`.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text, for its one use.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// The key from which links in mails and visitors' digests are made: 32 bytes, written as 64 hexadecimal digits.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey([u8; 32]);

/// Why a text is no [`SecretKey`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretKeyError {
    /// Not 64 hexadecimal digits.
    #[error("give 64 hexadecimal digits, for example from: openssl rand -hex 32")]
    Form,
    /// A key that anybody would guess.
    #[error("this key can be guessed; make one with: openssl rand -hex 32")]
    Guessable,
}

impl SecretKey {
    const FILE: &'static str = "secret_key";

    /// The key's bytes, for its one use.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The key kept in `data_dir`, made there with mode 0600 where absent.
    ///
    /// # Errors
    /// The file cannot be read or written, or does not hold a key.
    pub fn keep(data_dir: &Path, entropy: &dyn Entropy) -> io::Result<Self> {
        let path = data_dir.join(Self::FILE);
        match fs::read_to_string(&path) {
            Ok(text) => text.trim().parse().map_err(|error| {
                io::Error::new(io::ErrorKind::InvalidData, format!("{}: {error}", path.display()))
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::create(&path, entropy),
            Err(error) => Err(io::Error::new(error.kind(), format!("{}: {error}", path.display()))),
        }
    }

    fn create(path: &Path, entropy: &dyn Entropy) -> io::Result<Self> {
        let mut bytes = [0; 32];
        entropy.fill(&mut bytes);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        writeln!(file, "{}", HEXLOWER_PERMISSIVE.encode(&bytes))?;
        file.sync_all()?;
        Ok(Self(bytes))
    }
}

impl FromStr for SecretKey {
    type Err = SecretKeyError;

    fn from_str(text: &str) -> Result<Self, SecretKeyError> {
        let bytes = HEXLOWER_PERMISSIVE.decode(text.as_bytes()).map_err(|_| SecretKeyError::Form)?;
        let key: [u8; 32] = bytes.try_into().map_err(|_| SecretKeyError::Form)?;
        // A key of a few different bytes was typed, not drawn.
        let different = key.iter().collect::<std::collections::BTreeSet<_>>().len();
        if different < 8 { Err(SecretKeyError::Guessable) } else { Ok(Self(key)) }
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}
