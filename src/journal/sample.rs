//! Made-up keys, headers, seals and receipts for the tests of this module. Tests only.

use super::seal::{Head, Seal, SealBody};
use super::signature::SigningKey;
use super::{BatchError, Receipt, SignedReceipt, batch, header, header_hash, merkle};
use crate::domain::{
    Change, ComplaintId, EventHash, FederationId, Header, NodeId, Position, Pseudonym, SealHash, Timestamp, UnitCode,
};

pub(super) fn unit(code: &str) -> UnitCode {
    UnitCode::parse(code).unwrap_or_else(|_| UnitCode::root())
}

pub(super) fn federation() -> FederationId {
    FederationId::parse("lapor.go.id").unwrap_or_else(|_| unreachable!("it is a name"))
}

pub(super) fn node() -> NodeId {
    NodeId::Node(unit("13.71"))
}

pub(super) fn key() -> SigningKey {
    SigningKey::from_seed([0x71; 32])
}

pub(super) fn hub_key() -> SigningKey {
    SigningKey::from_seed([0x11; 32])
}

/// 2026-01-02T03:04:05.000006Z.
pub(super) const TIME: Timestamp = Timestamp(1_767_323_045_000_006);

/// A header at 1/`seq` of `node`'s journal.
pub(super) fn header(seq: u64, change: Change) -> Header {
    Header {
        federation: federation(),
        node: node(),
        position: Position::new(1, seq),
        prev: None,
        complaint: Some(ComplaintId([0xc0; 16])),
        opener: Some(EventHash([0x0e; 32])),
        seen: None,
        registry: Position::new(1, 12),
        time: TIME,
        unit: Some(unit("13.71.dlh")),
        account: Some(Pseudonym([0xac; 16])),
        change,
        parts: Vec::new(),
    }
}

/// Seals these headers as the next batch after `head`.
pub(super) fn seal(head: &Head, headers: &[Vec<u8>]) -> Seal {
    let hashes: Vec<EventHash> = headers.iter().map(|bytes| header_hash(bytes)).collect();
    let body = SealBody {
        federation: federation(),
        origin: node(),
        incarnation: head.position.incarnation,
        first: head.position.seq + 1,
        last: head.position.seq + u64::try_from(headers.len()).unwrap_or(0),
        previous: head.hash,
        root: merkle::root(&hashes),
        hub: Head { position: Position::new(1, 12), hash: SealHash([0x4b; 32]) },
    };
    Seal::sign(body, &key())
}

/// A batch of `count` good events that follows `head`.
pub(super) fn batch(head: &Head, count: u64) -> (Seal, Vec<Vec<u8>>) {
    let headers = (1..=count).map(|number| {
        let position = Position::new(head.position.incarnation, head.position.seq + number);
        header::encode(&Header { position, ..header(1, Change::FollowedUp) })
    });
    let headers: Vec<Vec<u8>> = headers.collect();
    (seal(head, &headers), headers)
}

/// Verifies a batch as `node`'s.
pub(super) fn verify(seal: &Seal, headers: &[Vec<u8>], after: &Head) -> Result<Vec<batch::SealedEvent>, BatchError> {
    batch::verify_batch(seal, headers, &key().public(), &federation(), &node(), after)
}

/// The hub's receipt for `node`'s journal.
pub(super) fn receipt() -> SignedReceipt {
    let receipt = Receipt {
        federation: federation(),
        origin: node(),
        position: Position::new(1, 3),
        head: SealHash([0x5e; 32]),
        hub: Position::new(1, 14),
        registry: Head { position: Position::new(1, 12), hash: SealHash([0x5f; 32]) },
        time: TIME,
    };
    SignedReceipt::sign(receipt, &hub_key())
}
