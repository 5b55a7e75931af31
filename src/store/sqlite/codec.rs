//! Values of columns, in and out. Whatever cannot be read back is corruption.

use std::fmt::{self, Display, Write as _};

use super::StoreError;
use crate::domain::{ComplaintId, EventHash, NodeId, Position, SealHash, UnitCode, Verdict};
use crate::journal::{Seal, SignedReceipt};

pub(super) fn corrupt(what: impl Display) -> StoreError {
    StoreError::Corrupt(what.to_string())
}

/// A number for a column; those above the signed range are no journal's and no counter's.
pub(super) fn int(value: u64) -> Result<i64, StoreError> {
    i64::try_from(value).map_err(|_| StoreError::Conflict(format!("the number {value} is too large")))
}

/// A limit for a query.
pub(super) fn limit(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A number from a column.
pub(super) fn number<T: TryFrom<i64>>(value: i64) -> Result<T, StoreError> {
    T::try_from(value).map_err(|_| corrupt(format_args!("the number {value} is out of range")))
}

pub(super) fn position(incarnation: i64, seq: i64) -> Result<Position, StoreError> {
    Ok(Position::new(number(incarnation)?, number(seq)?))
}

pub(super) fn bytes<const N: usize>(bytes: &[u8]) -> Result<[u8; N], StoreError> {
    bytes.try_into().map_err(|_| corrupt(format_args!("{} bytes where {N} must be", bytes.len())))
}

pub(super) fn event_hash(value: &[u8]) -> Result<EventHash, StoreError> {
    bytes(value).map(EventHash)
}

pub(super) fn seal_hash(value: &[u8]) -> Result<SealHash, StoreError> {
    bytes(value).map(SealHash)
}

pub(super) fn complaint(value: &[u8]) -> Result<ComplaintId, StoreError> {
    bytes(value).map(ComplaintId)
}

pub(super) fn node(text: &str) -> Result<NodeId, StoreError> {
    NodeId::parse(text).map_err(corrupt)
}

pub(super) fn unit(text: &str) -> Result<UnitCode, StoreError> {
    UnitCode::parse(text).map_err(corrupt)
}

pub(super) fn verdict(verdict: i64, reason: i64) -> Result<Verdict, StoreError> {
    let known = Verdict::from_codes(number(verdict)?, number(reason)?);
    known.ok_or_else(|| corrupt(format_args!("the verdict {verdict} with reason {reason} is unknown")))
}

/// A proof's path: hashes one after another.
pub(super) fn path(value: &[u8]) -> Result<Vec<[u8; 32]>, StoreError> {
    value.chunks(32).map(bytes).collect()
}

pub(super) fn seal(body: Vec<u8>, signature: &[u8]) -> Result<Seal, StoreError> {
    Seal::read(body, bytes(signature)?).map_err(corrupt)
}

pub(super) fn receipt(body: Vec<u8>, signature: &[u8]) -> Result<SignedReceipt, StoreError> {
    SignedReceipt::read(body, bytes(signature)?).map_err(corrupt)
}

/// A JSON array of hexadecimal texts, so that one statement takes any number of names.
pub(super) fn hex_list<'a>(names: impl IntoIterator<Item = &'a [u8]>) -> String {
    array(names.into_iter().map(Quoted))
}

struct Quoted<'a>(&'a [u8]);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", Hex(self.0))
    }
}

/// Bytes in hexadecimal. Sixteen at a time, since there are thousands of them in one transaction.
pub(super) struct Hex<'a>(pub(super) &'a [u8]);

impl Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (blocks, rest) = self.0.as_chunks::<16>();
        blocks.iter().try_for_each(|block| write!(f, "{:032x}", u128::from_be_bytes(*block)))?;
        rest.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A JSON array of numbers.
pub(super) fn number_list(numbers: impl IntoIterator<Item = i64>) -> String {
    array(numbers)
}

/// A JSON array of JSON values.
pub(super) fn array(items: impl IntoIterator<Item = impl Display>) -> String {
    let mut text = String::from("[");
    for item in items {
        if text.len() > 1 {
            text.push(',');
        }
        // Writing to a String cannot fail.
        let _ = write!(text, "{item}");
    }
    text.push(']');
    text
}
