//! Receipts: the hub's signed acknowledgement that it has stored a journal up to a head; it stands in court. Issuing
//! one before the commit is the caller's sin, not visible here.

use super::cbor::{Reader, Unreadable, Writer};
use super::prefix;
use super::seal::Head;
use super::signature::{self, SIGNATURE_BYTES, SigningKey};
use crate::domain::{FederationId, NodeId, Position, SealHash, SigningKeyId, Timestamp};

/// Longest receipt that is read, in bytes.
pub const RECEIPT_BYTES_MAX: usize = 512;
/// The version of the layout.
const VERSION: u64 = 1;

/// What a receipt says: the hub holds this journal, committed, up to this head.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// The federation it belongs to.
    pub federation: FederationId,
    /// Whose journal.
    pub origin: NodeId,
    /// The last stored position.
    pub position: Position,
    /// The last stored seal.
    pub head: SealHash,
    /// The end of the hub's own journal then.
    pub hub: Position,
    /// The end of its registry then: the newest registry event, and the seal that covers it.
    pub registry: Head,
    /// The hub's clock then.
    pub time: Timestamp,
}

/// A receipt: what it says, the exact bytes of it, and the hub's signature over them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignedReceipt {
    receipt: Receipt,
    bytes: Vec<u8>,
    signature: [u8; SIGNATURE_BYTES],
}

/// Why bytes are no receipt, or not the hub's.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ReceiptError {
    /// Longer than [`RECEIPT_BYTES_MAX`]; holds its length in bytes.
    #[error("the receipt has {0} bytes, the most is {RECEIPT_BYTES_MAX}: the hub must issue it anew")]
    TooLong(usize),
    /// A layout that this version does not know.
    #[error("the receipt has layout {0}, this version reads layout {VERSION}: upgrade")]
    Version(u64),
    /// A field is missing or not of its type.
    #[error("the receipt cannot be read: {0}; the hub must issue it anew")]
    Field(#[from] Unreadable),
    /// It reads well but is not in its shortest form.
    #[error("the receipt is not deterministic CBOR: the hub must issue it anew")]
    NotCanonical,
    /// The signature is not this key's over these bytes.
    #[error("the receipt is not signed by the hub's key: compare the key with the one given at enrolment")]
    Signature,
}

impl SignedReceipt {
    /// Signs a receipt.
    #[must_use]
    pub fn sign(receipt: Receipt, key: &SigningKey) -> Self {
        let bytes = encode(&receipt);
        let signature = key.sign(prefix::RECEIPT_SIGNATURE, &bytes);
        Self { receipt, bytes, signature }
    }

    /// Reads a receipt strictly; the signature is checked apart, by [`SignedReceipt::verify`].
    ///
    /// # Errors
    /// If the bytes are not the one form of a receipt.
    pub fn read(bytes: Vec<u8>, signature: [u8; SIGNATURE_BYTES]) -> Result<Self, ReceiptError> {
        if bytes.len() > RECEIPT_BYTES_MAX {
            return Err(ReceiptError::TooLong(bytes.len()));
        }
        let receipt = decode(&bytes)?;
        if encode(&receipt) == bytes { Ok(Self { receipt, bytes, signature }) } else { Err(ReceiptError::NotCanonical) }
    }

    /// What it says. Whether it speaks of the journal at hand is for the caller to compare.
    #[must_use]
    pub const fn receipt(&self) -> &Receipt {
        &self.receipt
    }

    /// The exact bytes of it.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The hub's signature over its bytes.
    #[must_use]
    pub const fn signature(&self) -> &[u8; SIGNATURE_BYTES] {
        &self.signature
    }

    /// Checks the signature.
    ///
    /// # Errors
    /// If it is not `key`'s over these bytes.
    pub fn verify(&self, key: &SigningKeyId) -> Result<(), ReceiptError> {
        let good = signature::verify(key, prefix::RECEIPT_SIGNATURE, &self.bytes, &self.signature);
        if good { Ok(()) } else { Err(ReceiptError::Signature) }
    }
}

fn encode(receipt: &Receipt) -> Vec<u8> {
    let mut w = Writer::default();
    w.array(9).uint(VERSION).text(receipt.federation.as_str()).text(receipt.origin.as_str());
    w.position(receipt.position).bytes(&receipt.head.0).position(receipt.hub);
    w.position(receipt.registry.position).bytes(&receipt.registry.hash.0).int(receipt.time.0);
    w.finish()
}

fn decode(bytes: &[u8]) -> Result<Receipt, ReceiptError> {
    let mut r = Reader::new(bytes);
    let fields = r.items("fields")?;
    let version = r.uint("version")?;
    if version != VERSION {
        return Err(ReceiptError::Version(version));
    }
    if fields != 9 {
        return Err(Unreadable("fields").into());
    }
    let receipt = Receipt {
        federation: r.federation("federation")?,
        origin: r.node("origin")?,
        position: r.position("position")?,
        head: r.fixed("head").map(SealHash)?,
        hub: r.position("hub")?,
        registry: Head { position: r.position("registry")?, hash: r.fixed("registry hash").map(SealHash)? },
        time: r.int("time").map(Timestamp)?,
    };
    r.end()?;
    Ok(receipt)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::sample;
    use proptest::prelude::*;

    #[test]
    fn receipt_comes_back_changed() {
        let receipt = sample::receipt();
        let read = SignedReceipt::read(receipt.bytes().to_vec(), *receipt.signature()).unwrap();
        assert_eq!(read, receipt);
        assert_eq!(read.verify(&sample::hub_key().public()), Ok(()));
        assert_eq!(read.verify(&sample::key().public()), Err(ReceiptError::Signature));
    }

    #[test]
    fn seal_presented_as_receipt() {
        let receipt = sample::receipt();
        let signature = sample::hub_key().sign(prefix::SEAL_SIGNATURE, receipt.bytes());
        let forged = SignedReceipt::read(receipt.bytes().to_vec(), signature).unwrap();
        assert_eq!(forged.verify(&sample::hub_key().public()), Err(ReceiptError::Signature));
        let (seal, _) = sample::batch(&Head::GENESIS, 1);
        assert!(SignedReceipt::read(seal.bytes().to_vec(), *seal.signature()).is_err());
    }

    #[test]
    fn longer_form_or_more_bytes_are_read() {
        let receipt = sample::receipt();
        let longer = [&[0x98, 0x09], receipt.bytes().get(1..).unwrap()].concat();
        assert_eq!(SignedReceipt::read(longer, receipt.signature), Err(ReceiptError::NotCanonical));
        let more = [receipt.bytes(), &[0]].concat();
        assert_eq!(SignedReceipt::read(more, receipt.signature), Err(ReceiptError::Field(Unreadable("end"))));
        assert_eq!(SignedReceipt::read(vec![0; 513], receipt.signature), Err(ReceiptError::TooLong(513)));
    }

    proptest! {
        #[test]
        fn altered_receipt_is_believed(at: prop::sample::Index, flip in 1_u8..=255) {
            let receipt = sample::receipt();
            let mut bytes = receipt.bytes().to_vec();
            let index = at.index(bytes.len());
            bytes[index] ^= flip;
            if let Ok(read) = SignedReceipt::read(bytes, *receipt.signature()) {
                prop_assert!(read.verify(&sample::hub_key().public()).is_err());
            }
        }

        #[test]
        fn arbitrary_bytes_stop_the_reader(bytes: Vec<u8>) {
            prop_assert!(SignedReceipt::read(bytes, [0; 64]).is_err());
        }
    }
}
