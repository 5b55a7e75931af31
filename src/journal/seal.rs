//! Seals: one signature over a batch of events, chained to the seal before. A seal's bytes are kept as they came; it
//! does not look into the events it covers.

use super::cbor::{Reader, Unreadable, Writer};
use super::signature::{self, SIGNATURE_BYTES, SigningKey};
use super::{batch, prefix};
use crate::domain::{FederationId, NodeId, Position, Registry, SealHash, SigningKeyId};

/// Longest seal body that is read, in bytes.
pub const SEAL_BYTES_MAX: usize = 512;
/// What the first seal of a journal names as the one before.
pub const GENESIS: SealHash = SealHash([0; 32]);
/// The version of the layout.
const VERSION: u64 = 1;

/// A journal's end: its last position and its last seal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Head {
    /// The last sealed position; seq 0 in a life that has no seal yet.
    pub position: Position,
    /// The last seal; in a life that has none yet, the last one that counts of the lives before.
    pub hash: SealHash,
}

impl Head {
    /// The head of a journal without any seal: life 1, nothing written.
    pub const GENESIS: Self = Self { position: Position::new(1, 0), hash: GENESIS };
    /// Nothing of a journal was seen.
    pub const NONE: Self = Self { position: Position::ZERO, hash: GENESIS };

    /// Where the next seal begins. After [`Position::ZERO`], which is before every life, comes 1/1.
    #[must_use]
    pub const fn next(&self) -> Position {
        let Position { incarnation, seq } = self.position;
        Position::new(if incarnation == 0 { 1 } else { incarnation }, seq).next()
    }
}

/// What a seal says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SealBody {
    /// The federation it belongs to.
    pub federation: FederationId,
    /// Whose journal it seals.
    pub origin: NodeId,
    /// Which life of that journal; from 1.
    pub incarnation: u32,
    /// Its first event's seq; from 1.
    pub first: u64,
    /// Its last event's seq.
    pub last: u64,
    /// The seal before.
    pub previous: SealHash,
    /// Merkle root over the header hashes (RFC 6962).
    pub root: [u8; 32],
    /// The hub's seal over the newest registry event that its author had seen, so that a hub that shows two registries is found out.
    pub hub: Head,
}

impl SealBody {
    /// How many events it covers; 0 if it makes no sense.
    #[must_use]
    pub const fn events(&self) -> u64 {
        if self.first == 0 || self.last < self.first { 0 } else { (self.last - self.first).saturating_add(1) }
    }

    /// The key that must have signed it, as the registry stands: its author's own, for these places of its journal.
    #[must_use]
    pub fn key(&self, registry: &Registry) -> Option<SigningKeyId> {
        registry.node(&self.origin)?.seal_key(Position::new(self.incarnation, self.first), self.end())
    }

    /// The position of its last event.
    #[must_use]
    pub const fn end(&self) -> Position {
        Position::new(self.incarnation, self.last)
    }
}

/// A seal: its body, the exact bytes of it, and the signature over them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seal {
    body: SealBody,
    bytes: Vec<u8>,
    signature: [u8; SIGNATURE_BYTES],
}

/// Why bytes are no seal, or not this author's.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SealError {
    /// Longer than [`SEAL_BYTES_MAX`]; holds its length in bytes.
    #[error("the seal has {0} bytes, the most is {SEAL_BYTES_MAX}: its author must seal the batch anew")]
    TooLong(usize),
    /// A layout that this version does not know.
    #[error("the seal has layout {0}, this version reads layout {VERSION}: upgrade")]
    Version(u64),
    /// A field is missing or not of its type.
    #[error("the seal cannot be read: {0}; its author must seal the batch anew")]
    Field(#[from] Unreadable),
    /// It covers no events, more than a batch may have, or begins at zero.
    #[error("the seal covers no possible batch: from {first} to {last} in life {incarnation}")]
    Range {
        /// Which life of the journal.
        incarnation: u32,
        /// Its first event's seq.
        first: u64,
        /// Its last event's seq.
        last: u64,
    },
    /// It reads well but is not in its shortest form.
    #[error("the seal is not deterministic CBOR: its author must seal the batch anew")]
    NotCanonical,
    /// The signature is not this key's over these bytes.
    #[error("the seal is not signed by its author's key: compare the node's key with the registry")]
    Signature,
}

impl Seal {
    /// Seals a batch. Sealing what [`Seal::read`] would refuse is the caller's mistake: nobody will take it.
    #[must_use]
    pub fn sign(body: SealBody, key: &SigningKey) -> Self {
        let bytes = encode(&body);
        let signature = key.sign(prefix::SEAL_SIGNATURE, &bytes);
        Self { body, bytes, signature }
    }

    /// Reads a seal strictly; the signature is checked apart, by [`Seal::verify`].
    ///
    /// # Errors
    /// If the bytes are not the one form of a seal of a possible batch.
    pub fn read(bytes: Vec<u8>, signature: [u8; SIGNATURE_BYTES]) -> Result<Self, SealError> {
        if bytes.len() > SEAL_BYTES_MAX {
            return Err(SealError::TooLong(bytes.len()));
        }
        let body = decode(&bytes)?;
        if encode(&body) == bytes { Ok(Self { body, bytes, signature }) } else { Err(SealError::NotCanonical) }
    }

    /// What it says.
    #[must_use]
    pub const fn body(&self) -> &SealBody {
        &self.body
    }

    /// The exact bytes of its body.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The signature over its bytes.
    #[must_use]
    pub const fn signature(&self) -> &[u8; SIGNATURE_BYTES] {
        &self.signature
    }

    /// Its name: SHA-256 of prefix and body bytes. The signature is no part of it.
    #[must_use]
    pub fn hash(&self) -> SealHash {
        SealHash(prefix::SEAL.hash(&[&self.bytes]))
    }

    /// The journal's head once this seal is its last.
    #[must_use]
    pub fn head(&self) -> Head {
        Head { position: self.body.end(), hash: self.hash() }
    }

    /// Checks the signature.
    ///
    /// # Errors
    /// If it is not `key`'s over these bytes.
    pub fn verify(&self, key: &SigningKeyId) -> Result<(), SealError> {
        let good = signature::verify(key, prefix::SEAL_SIGNATURE, &self.bytes, &self.signature);
        if good { Ok(()) } else { Err(SealError::Signature) }
    }
}

fn encode(body: &SealBody) -> Vec<u8> {
    let mut w = Writer::default();
    w.array(10).uint(VERSION).text(body.federation.as_str()).text(body.origin.as_str()).uint(body.incarnation);
    w.uint(body.first).uint(body.last).bytes(&body.previous.0).bytes(&body.root);
    w.position(body.hub.position).bytes(&body.hub.hash.0);
    w.finish()
}

fn decode(bytes: &[u8]) -> Result<SealBody, SealError> {
    let mut r = Reader::new(bytes);
    let fields = r.items("fields")?;
    let version = r.uint("version")?;
    if version != VERSION {
        return Err(SealError::Version(version));
    }
    if fields != 10 {
        return Err(Unreadable("fields").into());
    }
    let body = SealBody {
        federation: r.federation("federation")?,
        origin: r.node("origin")?,
        incarnation: r.uint("incarnation")?,
        first: r.seq("first")?,
        last: r.seq("last")?,
        previous: r.fixed("previous").map(SealHash)?,
        root: r.fixed("root")?,
        hub: Head { position: r.position("hub")?, hash: r.fixed("hub").map(SealHash)? },
    };
    r.end()?;
    let most = u64::try_from(batch::BATCH_EVENTS_MAX).unwrap_or(u64::MAX);
    if body.incarnation == 0 || !(1..=most).contains(&body.events()) {
        let SealBody { incarnation, first, last, .. } = body;
        return Err(SealError::Range { incarnation, first, last });
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::prefix::RECEIPT_SIGNATURE;
    use crate::journal::{header, sample};
    use proptest::prelude::*;

    fn seal() -> Seal {
        sample::batch(&Head::GENESIS, 3).0
    }

    #[test]
    fn seal_comes_back_changed() {
        let seal = seal();
        let read = Seal::read(seal.bytes().to_vec(), *seal.signature()).unwrap();
        assert_eq!(read, seal);
        assert_eq!(read.verify(&sample::key().public()), Ok(()));
        assert_eq!(read.head(), Head { position: Position::new(1, 3), hash: seal.hash() });
    }

    #[test]
    fn seal_presented_as_event() {
        let seal = seal();
        assert!(header::decode(seal.bytes()).is_err());
        assert_ne!(header::header_hash(seal.bytes()).0, seal.hash().0);
    }

    #[test]
    fn event_presented_as_seal() {
        let (_, headers) = sample::batch(&Head::GENESIS, 1);
        let signature = sample::key().sign(prefix::SEAL_SIGNATURE, &headers[0]);
        assert!(Seal::read(headers[0].clone(), signature).is_err());
    }

    #[test]
    fn receipt_presented_as_seal() {
        let seal = seal();
        let signature = sample::key().sign(RECEIPT_SIGNATURE, seal.bytes());
        let forged = Seal::read(seal.bytes().to_vec(), signature).unwrap();
        assert_eq!(forged.verify(&sample::key().public()), Err(SealError::Signature));
        let receipt = sample::receipt();
        assert!(Seal::read(receipt.bytes().to_vec(), *receipt.signature()).is_err());
    }

    #[test]
    fn impossible_range_is_read() {
        let body = seal().body;
        for (incarnation, first, last) in [(0, 1, 1), (1, 0, 3), (1, 3, 2), (1, 1, 501)] {
            let body = SealBody { incarnation, first, last, ..body.clone() };
            let signed = Seal::sign(body, &sample::key());
            let error = SealError::Range { incarnation, first, last };
            assert_eq!(Seal::read(signed.bytes, signed.signature), Err(error));
        }
        let most = Seal::sign(SealBody { first: 1, last: 500, ..body }, &sample::key());
        assert!(Seal::read(most.bytes, most.signature).is_ok());
    }

    proptest! {
        #[test]
        fn altered_seal_is_believed(at: prop::sample::Index, flip in 1_u8..=255) {
            let seal = seal();
            let mut bytes = seal.bytes().to_vec();
            let index = at.index(bytes.len());
            bytes[index] ^= flip;
            if let Ok(read) = Seal::read(bytes, *seal.signature()) {
                prop_assert!(read.verify(&sample::key().public()).is_err());
                prop_assert_ne!(read.hash(), seal.hash());
            }
            let mut signature = *seal.signature();
            signature[at.index(64)] ^= flip;
            let read = Seal::read(seal.bytes().to_vec(), signature).unwrap();
            prop_assert!(read.verify(&sample::key().public()).is_err());
        }

        #[test]
        fn arbitrary_bytes_stop_the_reader(bytes: Vec<u8>) {
            prop_assert!(Seal::read(bytes, [0; 64]).is_err());
        }
    }

    #[test]
    fn longer_form_or_more_bytes_are_read() {
        let seal = seal();
        let longer = [&[0x98, 0x0a], seal.bytes().get(1..).unwrap()].concat();
        assert_eq!(Seal::read(longer, seal.signature), Err(SealError::NotCanonical));
        let more = [seal.bytes(), &[0]].concat();
        assert_eq!(Seal::read(more, seal.signature), Err(SealError::Field(Unreadable("end"))));
        assert_eq!(Seal::read(vec![0; 513], seal.signature), Err(SealError::TooLong(513)));
        let newer = [&[0x8a, 0x02], seal.bytes().get(2..).unwrap()].concat();
        assert_eq!(Seal::read(newer, seal.signature), Err(SealError::Version(2)));
    }
}
