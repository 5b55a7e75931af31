//! What proves that the hub shows two registries: words signed of one place in its journal that cannot both be true. Kept as they
//! came, until somebody has looked into it.

use crate::domain::{Position, SealHash, Timestamp};
use crate::journal::{Seal, SignedHead, SignedReceipt};

/// Most pieces that are kept: who has so many needs no more. What comes beyond them stops the link as before.
pub const EVIDENCE_MAX: usize = 1000;

/// A signed word, as it came.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Word {
    /// A seal: the hub's own, or one of a node that cites the hub's.
    Seal(Vec<u8>, [u8; 64]),
    /// A receipt of the hub.
    Receipt(Vec<u8>, [u8; 64]),
    /// The hub's word on where its registry ends.
    Head(Vec<u8>, [u8; 64]),
}

impl Word {
    /// A seal's word.
    #[must_use]
    pub fn of_seal(seal: &Seal) -> Self {
        Self::Seal(seal.bytes().to_vec(), *seal.signature())
    }

    /// A receipt's word.
    #[must_use]
    pub fn of_receipt(receipt: &SignedReceipt) -> Self {
        Self::Receipt(receipt.bytes().to_vec(), *receipt.signature())
    }

    /// The word on where the registry ends.
    #[must_use]
    pub fn of_head(head: &SignedHead) -> Self {
        Self::Head(head.bytes().to_vec(), *head.signature())
    }

    /// What kind of word it is.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Seal(..) => "seal",
            Self::Receipt(..) => "receipt",
            Self::Head(..) => "head",
        }
    }

    /// Its exact bytes, and the signature over them.
    #[must_use]
    pub fn signed(&self) -> (&[u8], &[u8; 64]) {
        match self {
            Self::Seal(bytes, signature) | Self::Receipt(bytes, signature) | Self::Head(bytes, signature) => {
                (bytes, signature)
            }
        }
    }

    /// One line of bytes for a column: kind, signature, bytes.
    pub(super) fn encode(&self) -> Vec<u8> {
        let kind = match self {
            Self::Seal(..) => 1,
            Self::Receipt(..) => 2,
            Self::Head(..) => 3,
        };
        let (bytes, signature) = self.signed();
        [&[kind], &signature[..], bytes].concat()
    }

    /// The word in a column.
    pub(super) fn decode(column: &[u8]) -> Option<Self> {
        let (kind, rest) = column.split_first()?;
        let (signature, bytes) = rest.split_first_chunk::<64>()?;
        match kind {
            1 => Some(Self::Seal(bytes.to_vec(), *signature)),
            2 => Some(Self::Receipt(bytes.to_vec(), *signature)),
            3 => Some(Self::Head(bytes.to_vec(), *signature)),
            _ => None,
        }
    }
}

/// Two words on one place that cannot both be true.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Evidence {
    /// When it was found.
    pub found: Timestamp,
    /// The place in the hub's journal.
    pub at: Position,
    /// The hash of the seal that is said to cover it, and does not.
    pub said: SealHash,
    /// The hub's seal that is stored here.
    pub here: Option<Word>,
    /// What says otherwise.
    pub there: Word,
    /// When somebody has looked into it.
    pub dismissed: Option<Timestamp>,
}
