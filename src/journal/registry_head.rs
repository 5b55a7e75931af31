//! Where the registry ends, in the hub's own signed words: given to everybody alike now and then, so that a registry that is held back,
//! or shown otherwise to others, is seen also where nothing else happens.

use super::cbor::{Reader, Unreadable, Writer};
use super::prefix;
use super::seal::Head;
use super::signature::{self, SIGNATURE_BYTES, SigningKey};
use crate::domain::{FederationId, SealHash, SigningKeyId, Timestamp};

/// Longest such word that is read, in bytes.
pub const REGISTRY_HEAD_BYTES_MAX: usize = 256;
/// The version of the layout.
const VERSION: u64 = 1;

/// What the hub says: its registry ended here then.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RegistryHead {
    /// The federation.
    pub federation: FederationId,
    /// The newest registry event, and the seal that covers it.
    pub head: Head,
    /// The hub's clock then.
    pub time: Timestamp,
}

/// The same with its exact bytes, and the hub's signature over them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignedHead {
    said: RegistryHead,
    bytes: Vec<u8>,
    signature: [u8; SIGNATURE_BYTES],
}

/// Why bytes are no such word, or not the hub's.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum HeadError {
    /// Too long, of a layout that this version does not know, or not in its shortest form.
    #[error("the registry's head has a layout that this version does not read: upgrade")]
    Layout,
    /// A field is missing or not of its type.
    #[error("the registry's head cannot be read: {0}")]
    Field(#[from] Unreadable),
    /// The signature is not this key's over these bytes.
    #[error("the registry's head is not signed by the hub's key")]
    Signature,
}

impl SignedHead {
    /// Signs it.
    #[must_use]
    pub fn sign(said: RegistryHead, key: &SigningKey) -> Self {
        let bytes = encode(&said);
        let signature = key.sign(prefix::REGISTRY_HEAD_SIGNATURE, &bytes);
        Self { said, bytes, signature }
    }

    /// Reads it strictly; the signature is checked apart.
    ///
    /// # Errors
    /// If the bytes are not its one form.
    pub fn read(bytes: Vec<u8>, signature: [u8; SIGNATURE_BYTES]) -> Result<Self, HeadError> {
        if bytes.len() > REGISTRY_HEAD_BYTES_MAX {
            return Err(HeadError::Layout);
        }
        let said = decode(&bytes)?;
        if encode(&said) == bytes { Ok(Self { said, bytes, signature }) } else { Err(HeadError::Layout) }
    }

    /// What it says.
    #[must_use]
    pub const fn said(&self) -> &RegistryHead {
        &self.said
    }

    /// Its exact bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The signature over them.
    #[must_use]
    pub const fn signature(&self) -> &[u8; SIGNATURE_BYTES] {
        &self.signature
    }

    /// Checks the signature.
    ///
    /// # Errors
    /// If it is not `key`'s.
    pub fn verify(&self, key: &SigningKeyId) -> Result<(), HeadError> {
        let good = signature::verify(key, prefix::REGISTRY_HEAD_SIGNATURE, &self.bytes, &self.signature);
        if good { Ok(()) } else { Err(HeadError::Signature) }
    }
}

fn encode(said: &RegistryHead) -> Vec<u8> {
    let mut w = Writer::default();
    w.array(5).uint(VERSION).text(said.federation.as_str());
    w.position(said.head.position).bytes(&said.head.hash.0).int(said.time.0);
    w.finish()
}

fn decode(bytes: &[u8]) -> Result<RegistryHead, HeadError> {
    let mut r = Reader::new(bytes);
    let fields = r.items("fields")?;
    if r.uint::<u64>("version")? != VERSION || fields != 5 {
        return Err(HeadError::Layout);
    }
    let federation = r.federation("federation")?;
    let head = Head { position: r.position("position")?, hash: r.fixed("hash").map(SealHash)? };
    let said = RegistryHead { federation, head, time: r.int("time").map(Timestamp)? };
    r.end()?;
    Ok(said)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::Position;
    use crate::journal::sample;

    fn key() -> SigningKey {
        SigningKey::from_seed([1; 32])
    }

    fn head() -> SignedHead {
        let head = Head { position: Position::new(1, 9), hash: SealHash([7; 32]) };
        SignedHead::sign(RegistryHead { federation: sample::federation(), head, time: Timestamp(5) }, &key())
    }

    #[test]
    fn head_differs_after_reading() {
        let made = head();
        let read = SignedHead::read(made.bytes().to_vec(), *made.signature()).unwrap();
        assert_eq!(read, made);
        read.verify(&key().public()).unwrap();
    }

    #[test]
    fn another_key_or_an_altered_head_is_the_hubs() {
        let made = head();
        let other = SigningKey::from_seed([2; 32]).public();
        assert_eq!(made.verify(&other), Err(HeadError::Signature));
        let mut bytes = made.bytes().to_vec();
        *bytes.last_mut().unwrap() ^= 1;
        let altered = SignedHead::read(bytes, *made.signature()).unwrap();
        assert_eq!(altered.verify(&key().public()), Err(HeadError::Signature));
        // A receipt or a seal is none, whatever its bytes.
        let receipt = sample::receipt();
        assert!(SignedHead::read(receipt.bytes().to_vec(), *receipt.signature()).is_err());
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_are_a_head(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(read) = SignedHead::read(bytes.clone(), [0; 64]) {
                prop_assert_eq!(read.bytes(), &bytes[..]);
            }
        }
    }
}
