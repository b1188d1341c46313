//! Keys made from the portal's one secret: one for each use, so that nothing signed for one use means anything in another.

use hmac::{Hmac, Mac};
use sha2::Sha256;

/// The key for the use that `label` names. Knowing it tells nothing of the secret, nor of any other key.
pub(crate) fn derived(secret: &[u8; 32], label: &[u8]) -> [u8; 32] {
    keyed_by(secret).chain_update(label).finalize().into_bytes().into()
}

/// HMAC-SHA256 (RFC 2104). It takes keys up to its block of 64 bytes; shorter ones are filled up with zeros (section 2).
pub(crate) fn keyed_by(key: &[u8; 32]) -> Hmac<Sha256> {
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    <Hmac<Sha256> as hmac::digest::KeyInit>::new(&block.into())
}
