//! The exact bytes of an event's header, read strictly: one header has one form. Bytes once written are never encoded
//! anew, only compared. What a header means is the domain's.

use super::cbor::{Reader, Unreadable, Writer};
use super::{change, kind, prefix};
use crate::domain::event::{HEADER_BYTES_MAX, PARTS_MAX};
use crate::domain::{ComplaintId, Event, EventHash, Header, NodeId, PartKind, PartRef, Position, Pseudonym, Timestamp};

/// The version of the layout; one more or fewer field is another version.
const VERSION: u64 = 1;
/// Items of the outer array.
const FIELDS: u64 = 16;

/// Why bytes are no header.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum HeaderError {
    /// Longer than [`HEADER_BYTES_MAX`]; holds its length in bytes.
    #[error("the header has {0} bytes, the most is {HEADER_BYTES_MAX}: write the event with fewer references or parts")]
    TooLong(usize),
    /// A layout that this version does not know.
    #[error("the header has layout {0}, this version reads layout {VERSION}: upgrade")]
    Version(u64),
    /// A field is missing or not of its type.
    #[error("the header cannot be read: {0}; its author must write the event anew")]
    Field(#[from] Unreadable),
    /// Incarnation or sequence number is zero.
    #[error("the header stands at position {0}, journals begin at 1/1: its author must write the event anew")]
    Place(Position),
    /// It says that it stands in another journal or place than the one where it was sealed, which is named here.
    #[error("the header sealed at {0} says that it stands elsewhere: its author must write the event anew")]
    Misplaced(Position),
    /// More parts than [`PARTS_MAX`]; holds their number.
    #[error("the header names {0} parts, the most is {PARTS_MAX}: split the event")]
    TooManyParts(u64),
    /// A change that this version knows, with a body that it cannot read.
    #[error("the header's change {kind} cannot be read: {field}; its author must write the event anew")]
    Change {
        /// The change's number.
        kind: u16,
        /// What is wrong with its body.
        field: Unreadable,
    },
    /// It reads well but is not in its shortest form.
    #[error("the header is not deterministic CBOR: its author must write the event anew")]
    NotCanonical,
}

/// The header's bytes. No limit is kept here: whoever writes compares their number with [`HEADER_BYTES_MAX`].
#[must_use]
pub fn encode(header: &Header) -> Vec<u8> {
    let mut w = Writer::default();
    w.array(16).uint(VERSION).text(header.federation.as_str()).text(header.node.as_str());
    w.uint(header.position.incarnation).uint(header.position.seq).optional_hash(header.prev);
    w.optional(header.complaint, |w, complaint| {
        w.bytes(&complaint.0);
    });
    w.optional_hash(header.opener).optional_hash(header.seen).position(header.registry).int(header.time.0);
    w.optional_unit(header.unit.as_ref()).optional(header.account, |w, account| {
        w.bytes(&account.0);
    });
    w.uint(kind::of(&header.change)).bytes(&change::encode(&header.change)).array(header.parts.len());
    for part in &header.parts {
        w.array(2).uint(part.kind.code()).bytes(&part.commitment);
    }
    w.finish()
}

/// Reads a header strictly.
///
/// # Errors
/// If the bytes are not exactly what [`encode`] gives for a header within the limits.
pub fn decode(bytes: &[u8]) -> Result<Header, HeaderError> {
    if bytes.len() > HEADER_BYTES_MAX {
        return Err(HeaderError::TooLong(bytes.len()));
    }
    let header = read(bytes)?;
    if encode(&header) == bytes { Ok(header) } else { Err(HeaderError::NotCanonical) }
}

/// Reads a header and names it.
///
/// # Errors
/// As [`decode`].
pub fn event(bytes: &[u8]) -> Result<Event, HeaderError> {
    Ok(Event { hash: header_hash(bytes), header: decode(bytes)? })
}

/// The event's name: SHA-256 of prefix and header bytes.
#[must_use]
pub fn header_hash(bytes: &[u8]) -> EventHash {
    EventHash(prefix::HEADER.hash(&[bytes]))
}

/// The name under which a store keeps header bytes that stand in a place not their own, or there a second time: what they are
/// elsewhere keeps its name. SHA-256 of prefix, the place's journal (led by its length in bytes, u32, big endian) and position,
/// and the bytes' own name.
#[must_use]
pub fn copy_name(node: &NodeId, at: Position, hash: &EventHash) -> EventHash {
    let node = node.as_str().as_bytes();
    let length = u32::try_from(node.len()).unwrap_or(u32::MAX).to_be_bytes();
    let place: &[&[u8]] = &[&length, node, &at.incarnation.to_be_bytes(), &at.seq.to_be_bytes(), &hash.0];
    EventHash(prefix::COPY.hash(place))
}

fn read(bytes: &[u8]) -> Result<Header, HeaderError> {
    let mut reader = Reader::new(bytes);
    let r = &mut reader;
    let fields = r.items("fields")?;
    let version = r.uint("version")?;
    if version != VERSION {
        return Err(HeaderError::Version(version));
    }
    if fields != FIELDS {
        return Err(Unreadable("fields").into());
    }
    let (federation, node) = (r.federation("federation")?, r.node("node")?);
    let position = Position::new(r.uint("incarnation")?, r.seq("seq")?);
    if position.incarnation == 0 || position.seq == 0 {
        return Err(HeaderError::Place(position));
    }
    let prev = r.optional("prev", Reader::hash)?;
    let complaint = r.optional("complaint", Reader::fixed)?.map(ComplaintId);
    let opener = r.optional("opener", Reader::hash)?;
    let seen = r.optional("seen", Reader::hash)?;
    let registry = r.position("registry")?;
    let time = r.int("time").map(Timestamp)?;
    let unit = r.optional("unit", Reader::unit)?;
    let account = r.optional("account", Reader::fixed)?.map(Pseudonym);
    let number = r.uint("kind")?;
    let change =
        change::decode(number, r.bytes("change")?).map_err(|field| HeaderError::Change { kind: number, field })?;
    let parts = read_parts(r)?;
    r.end()?;
    Ok(Header {
        federation,
        node,
        position,
        prev,
        complaint,
        opener,
        seen,
        registry,
        time,
        unit,
        account,
        change,
        parts,
    })
}

fn read_parts(r: &mut Reader<'_>) -> Result<Vec<PartRef>, HeaderError> {
    let count = r.items("parts")?;
    if usize::try_from(count).map_or(true, |count| count > PARTS_MAX) {
        return Err(HeaderError::TooManyParts(count));
    }
    let mut parts = Vec::new();
    for _ in 0..count {
        r.array(2, "parts")?;
        let kind = r.word("part kind", PartKind::from_code)?;
        parts.push(PartRef { kind, commitment: r.fixed("commitment")? });
    }
    Ok(parts)
}

#[cfg(test)]
mod tests;
