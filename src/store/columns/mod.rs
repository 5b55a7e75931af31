//! Values of columns, in and out, and the rows that databases of every kind give back. Whatever cannot be read back is corruption.
//! It sends no statement.

mod event;
mod evidence;
mod notice;
mod peer;
mod people;
mod summary;
mod token;

use std::fmt::Display;

pub(in crate::store) use event::{
    AsidePart, PartRow, Pointer, RefusalRow, Row, Written, columns, decode, deliveries, event_names, filed,
    journal_rows, parts_by_event, refusals, set_aside, size, trace, unsealed, verdicts, with_parts,
};
pub(in crate::store) use evidence::EvidenceRow;
pub(in crate::store) use notice::NoticeRow;
pub(in crate::store) use peer::PeerRow;
pub(in crate::store) use people::{AccountRow, RequestRow, SessionRow};
pub(in crate::store) use summary::{SummaryRow, bounds, completed, names};
pub(in crate::store) use token::TokenRow;

use super::StoreError;
use crate::domain::{ComplaintId, EventHash, NodeId, Position, SealHash, UnitCode, Verdict};
use crate::journal::{Seal, SignedReceipt};

pub(in crate::store) fn corrupt(what: impl Display) -> StoreError {
    StoreError::Corrupt(what.to_string())
}

/// A number for a column; those above the signed range are no journal's and no counter's.
pub(in crate::store) fn int(value: u64) -> Result<i64, StoreError> {
    i64::try_from(value).map_err(|_| StoreError::Conflict(format!("the number {value} is too large")))
}

/// A limit for a query.
pub(in crate::store) fn limit(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A number from a column.
pub(in crate::store) fn number<T: TryFrom<i64>>(value: i64) -> Result<T, StoreError> {
    T::try_from(value).map_err(|_| corrupt(format_args!("the number {value} is out of range")))
}

pub(in crate::store) fn position(incarnation: i64, seq: i64) -> Result<Position, StoreError> {
    Ok(Position::new(number(incarnation)?, number(seq)?))
}

pub(in crate::store) fn bytes<const N: usize>(bytes: &[u8]) -> Result<[u8; N], StoreError> {
    bytes.try_into().map_err(|_| corrupt(format_args!("{} bytes where {N} must be", bytes.len())))
}

pub(in crate::store) fn event_hash(value: &[u8]) -> Result<EventHash, StoreError> {
    bytes(value).map(EventHash)
}

pub(in crate::store) fn seal_hash(value: &[u8]) -> Result<SealHash, StoreError> {
    bytes(value).map(SealHash)
}

pub(in crate::store) fn complaint(value: &[u8]) -> Result<ComplaintId, StoreError> {
    bytes(value).map(ComplaintId)
}

pub(in crate::store) fn node(text: &str) -> Result<NodeId, StoreError> {
    NodeId::parse(text).map_err(corrupt)
}

pub(in crate::store) fn unit(text: &str) -> Result<UnitCode, StoreError> {
    UnitCode::parse(text).map_err(corrupt)
}

pub(in crate::store) fn verdict(verdict: i64, reason: i64) -> Result<Verdict, StoreError> {
    let known = Verdict::from_codes(number(verdict)?, number(reason)?);
    known.ok_or_else(|| corrupt(format_args!("the verdict {verdict} with reason {reason} is unknown")))
}

/// A proof's path: hashes one after another.
pub(in crate::store) fn path(value: &[u8]) -> Result<Vec<[u8; 32]>, StoreError> {
    value.chunks(32).map(bytes).collect()
}

pub(in crate::store) fn seal(body: Vec<u8>, signature: &[u8]) -> Result<Seal, StoreError> {
    Seal::read(body, bytes(signature)?).map_err(corrupt)
}

pub(in crate::store) fn receipt(body: Vec<u8>, signature: &[u8]) -> Result<SignedReceipt, StoreError> {
    SignedReceipt::read(body, bytes(signature)?).map_err(corrupt)
}
