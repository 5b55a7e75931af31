//! The journal: an event's exact bytes, seals, receipts, content parts and their verification. Pure: no I/O, no clock,
//! no randomness, no wire types; what a valid event means is the domain's.

pub mod batch;
mod cbor;
mod change;
pub mod complaint_id;
mod fields;
pub mod grant;
pub mod header;
pub mod import_nonce;
pub mod joining;
pub mod kind;
mod listing;
pub mod locked;
pub mod merkle;
pub mod notice_id;
pub mod operator;
pub mod part;
pub mod prefix;
pub mod proof;
pub mod receipt;
pub mod registry_head;
pub mod seal;
pub mod sealed;
pub mod sealing_key;
pub mod signature;
pub mod statement;
pub mod verify;

#[cfg(test)]
mod arbitrary;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod sample;

pub use batch::{BATCH_BYTES_MAX, BATCH_EVENTS_MAX, BatchError, SealedEvent, verify_batch};
pub use cbor::Unreadable;
pub use complaint_id::complaint_id;
pub use fields::SEQ_MAX;
pub use grant::Keyring;
pub use header::{HeaderError, event, header_hash};
pub use import_nonce::import_nonce;
pub use locked::{StorageKey, StorageKeyId};
pub use notice_id::notice_id;
pub use operator::operator_pseudonym;
pub use part::{Body, Part, PartsError, check_parts};
pub use prefix::Prefix;
pub use proof::{Proof, VerifyError, verify_forwarded};
pub use receipt::{Receipt, ReceiptError, SignedReceipt};
pub use registry_head::{HeadError, RegistryHead, SignedHead};
pub use seal::{GENESIS, Head, Seal, SealBody, SealError};
pub use sealed::{OpenError, PartKey, SecretSeed};
pub use sealing_key::{Sealed, SealingKey};
pub use signature::SigningKey;
pub use statement::{SignedStatement, Statement, StatementError, key_code};
pub use verify::{Break, JournalVerifier};
