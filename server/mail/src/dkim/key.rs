//! The keys that sign.

use std::fmt;
use std::sync::Arc;

use data_encoding::BASE64;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;
use sha2::{Digest, Sha256};

/// A key as it is configured.
#[derive(Clone, PartialEq, Eq)]
pub struct DkimKey {
    /// The domain that vouches.
    pub domain: String,
    /// Under which name, in that domain, the public key is published.
    pub selector: String,
    /// The private key: RSA of 2048 to 4096 bits or Ed25519 in PEM (PKCS #1 or PKCS #8), or the 32 bytes of an Ed25519 key
    /// in base64.
    pub private_key: String,
}

/// Why a key does not do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DkimKeyError {
    /// No domain.
    #[error("mail.dkim.domain: write the domain in `mail.from`, as in example.org")]
    Domain,
    /// No selector.
    #[error("mail.dkim.selector: write the name of the key, letters, digits and hyphens, as in regatta2026")]
    Selector,
    /// Not a key at all.
    #[error(
        "mail.dkim.key: write a private key in PEM, beginning with -----BEGIN PRIVATE KEY----- or -----BEGIN RSA PRIVATE \
         KEY-----, or the 32 bytes of an Ed25519 key in base64"
    )]
    Form,
    /// A public key or a certificate.
    #[error("mail.dkim.key: this is the public half; write the private key")]
    Public,
    /// A key behind a passphrase.
    #[error("mail.dkim.key: the key is encrypted; write it without its passphrase (openssl pkey -in KEY)")]
    Encrypted,
    /// A kind of key that receivers know nothing of.
    #[error("mail.dkim.key: DKIM knows keys of RSA and Ed25519 only")]
    Kind,
    /// A broken key, or one that is too short.
    #[error("mail.dkim.key: this RSA key cannot be used ({0}); it has to have 2048 to 4096 bits")]
    Rsa(String),
    /// A broken key.
    #[error("mail.dkim.key: this Ed25519 key cannot be used ({0})")]
    Ed25519(String),
    /// The key does not sign.
    #[error("mail.dkim.key: the key does not sign")]
    Signing,
}

/// A key that was read.
#[derive(Clone)]
pub(super) enum Pair {
    Rsa(Arc<RsaKeyPair>),
    Ed25519(Arc<Ed25519KeyPair>),
}

impl Pair {
    pub(super) fn read(text: &str) -> Result<Self, DkimKeyError> {
        let text = text.trim();
        if !text.contains("-----BEGIN") {
            return Self::from_seed(text);
        }
        if text.contains("ENCRYPTED") {
            return Err(DkimKeyError::Encrypted);
        }
        if text.contains("PUBLIC KEY-----") || text.contains("CERTIFICATE-----") {
            return Err(DkimKeyError::Public);
        }
        match PrivateKeyDer::from_pem_slice(text.as_bytes()) {
            Ok(PrivateKeyDer::Pkcs1(key)) => rsa(RsaKeyPair::from_der(key.secret_pkcs1_der())),
            Ok(PrivateKeyDer::Pkcs8(key)) => Self::from_pkcs8(key.secret_pkcs8_der()),
            Ok(_) => Err(DkimKeyError::Kind),
            Err(_) => Err(DkimKeyError::Form),
        }
    }

    fn from_seed(text: &str) -> Result<Self, DkimKeyError> {
        let seed = BASE64.decode(text.as_bytes()).map_err(|_| DkimKeyError::Form)?;
        if seed.len() != 32 {
            return Err(DkimKeyError::Form);
        }
        ed25519(Ed25519KeyPair::from_seed_unchecked(&seed))
    }

    /// PKCS #8 says which kind of key it holds; a reader of another kind calls that the wrong algorithm.
    fn from_pkcs8(der: &[u8]) -> Result<Self, DkimKeyError> {
        const WRONG_ALGORITHM: &str = "WrongAlgorithm";
        match RsaKeyPair::from_pkcs8(der) {
            Err(error) if error.to_string() == WRONG_ALGORITHM => {}
            read => return rsa(read),
        }
        match Ed25519KeyPair::from_pkcs8_maybe_unchecked(der) {
            Err(error) if error.to_string() == WRONG_ALGORITHM => Err(DkimKeyError::Kind),
            read => ed25519(read),
        }
    }

    /// Its name in signatures.
    pub(super) fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "rsa-sha256",
            Self::Ed25519(_) => "ed25519-sha256",
        }
    }

    pub(super) fn sign(&self, covered: &[u8]) -> Result<Vec<u8>, DkimKeyError> {
        match self {
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                // The randomness only blinds the computation; the signature is the same each time.
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), covered, &mut signature)
                    .map_err(|_| DkimKeyError::Signing)?;
                Ok(signature)
            }
            // Ed25519 signs the digest, not the text (RFC 8463 section 3).
            Self::Ed25519(pair) => Ok(pair.sign(&Sha256::digest(covered)).as_ref().to_vec()),
        }
    }
}

fn rsa(read: Result<RsaKeyPair, ring::error::KeyRejected>) -> Result<Pair, DkimKeyError> {
    read.map(|pair| Pair::Rsa(Arc::new(pair))).map_err(|error| match error.to_string() {
        no_key if no_key == "InvalidEncoding" => DkimKeyError::Form,
        why => DkimKeyError::Rsa(why),
    })
}

fn ed25519(read: Result<Ed25519KeyPair, ring::error::KeyRejected>) -> Result<Pair, DkimKeyError> {
    read.map(|pair| Pair::Ed25519(Arc::new(pair))).map_err(|error| DkimKeyError::Ed25519(error.to_string()))
}

/// Without the key.
impl fmt::Debug for DkimKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DkimKey")
            .field("domain", &self.domain)
            .field("selector", &self.selector)
            .finish_non_exhaustive()
    }
}

/// Without the key.
impl fmt::Debug for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.algorithm())
    }
}
