//! The journal: an event's exact bytes, seals, receipts, content parts and their verification. Pure: no I/O, no clock,
//! no randomness, no wire types; what a valid event means is the domain's.

pub mod batch;
mod cbor;
mod change;
pub mod complaint_id;
mod fields;
pub mod header;
pub mod import_nonce;
pub mod joining;
pub mod kind;
pub mod merkle;
pub mod operator;
pub mod part;
pub mod prefix;
pub mod proof;
pub mod receipt;
pub mod seal;
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
pub use header::{HeaderError, event, header_hash};
pub use import_nonce::import_nonce;
pub use operator::operator_pseudonym;
pub use part::{Part, PartsError, check_parts};
pub use prefix::Prefix;
pub use proof::{Proof, VerifyError, verify_forwarded};
pub use receipt::{Receipt, ReceiptError, SignedReceipt};
pub use seal::{GENESIS, Head, Seal, SealBody, SealError};
pub use signature::SigningKey;
pub use statement::{SignedStatement, Statement, StatementError, key_code};
pub use verify::{Break, JournalVerifier};
