//! Ed25519 (RFC 8032) over domain-separated bytes. It never signs or verifies without a prefix of the list, and never
//! shows a secret key.

use std::fmt;

use ed25519_dalek::{Signature, Signer as _, VerifyingKey};

use super::prefix::Prefix;
use crate::domain::SigningKeyId;

/// Bytes of a signature.
pub const SIGNATURE_BYTES: usize = 64;

/// A secret key that signs seals or receipts; wiped from memory when dropped.
#[derive(Clone)]
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// The key that grows from 32 secret random bytes.
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(&seed))
    }

    /// Its public half.
    #[must_use]
    pub fn public(&self) -> SigningKeyId {
        SigningKeyId(self.0.verifying_key().to_bytes())
    }

    /// Signs `message` for one purpose.
    #[must_use]
    pub fn sign(&self, prefix: Prefix, message: &[u8]) -> [u8; SIGNATURE_BYTES] {
        self.0.sign(&prefix.message(message)).to_bytes()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SigningKey").field(&self.public()).finish()
    }
}

/// Whether `key` signed `message` for this purpose. Strict: weak keys and malleable signatures are refused.
#[must_use]
pub fn verify(key: &SigningKeyId, prefix: Prefix, message: &[u8], signature: &[u8; SIGNATURE_BYTES]) -> bool {
    let Ok(key) = VerifyingKey::from_bytes(&key.0) else { return false };
    key.verify_strict(&prefix.message(message), &Signature::from_bytes(signature)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::prefix::{RECEIPT_SIGNATURE, SEAL_SIGNATURE};

    #[test]
    fn signature_of_one_purpose_serves_another() {
        let key = SigningKey::from_seed([7; 32]);
        let signature = key.sign(SEAL_SIGNATURE, b"body");
        assert!(verify(&key.public(), SEAL_SIGNATURE, b"body", &signature));
        assert!(!verify(&key.public(), RECEIPT_SIGNATURE, b"body", &signature));
        assert!(!verify(&key.public(), SEAL_SIGNATURE, b"Body", &signature));
        assert!(!verify(&SigningKey::from_seed([8; 32]).public(), SEAL_SIGNATURE, b"body", &signature));
    }

    #[test]
    fn weak_key_verifies_any_message() {
        // The neutral point as key, and as R with S = 0: the plain equation of RFC 8032 holds for every message.
        let mut neutral = [0; 32];
        neutral[0] = 1;
        let mut signature = [0; 64];
        signature[0] = 1;
        assert!(!verify(&SigningKeyId(neutral), SEAL_SIGNATURE, b"anything", &signature));
        assert!(!verify(&SigningKeyId([0xff; 32]), SEAL_SIGNATURE, b"anything", &signature));
    }

    #[test]
    fn debug_text_shows_the_secret() {
        let seed = [0xa5; 32];
        let shown = format!("{:?}", SigningKey::from_seed(seed));
        assert!(!shown.contains("a5a5") && !shown.contains("165"), "{shown}");
        assert!(shown.len() < 40, "{shown}");
    }
}
