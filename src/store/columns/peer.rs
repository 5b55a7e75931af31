//! Rows of peers.

use sqlx::FromRow;

use super::{number, position, seal_hash};
use crate::domain::Timestamp;
use crate::journal::Head;
use crate::store::{Peer, StoreError};

/// A peer's row.
#[derive(FromRow)]
pub(in crate::store) struct PeerRow {
    node: String,
    session: i64,
    stored_incarnation: i64,
    stored_seq: i64,
    stored_hash: Vec<u8>,
    cited_incarnation: i64,
    cited_seq: i64,
    announced_incarnation: i64,
    announced_seq: i64,
    generation: i64,
    numbered: i64,
    delivered: i64,
    filled: i64,
    resync: bool,
    inbound_generation: i64,
    inbound_number: i64,
    judged_incarnation: i64,
    judged_seq: i64,
    receipt: Option<Vec<u8>>,
    receipt_signature: Option<Vec<u8>>,
    contact: Option<i64>,
    fault: Option<String>,
}

impl TryFrom<PeerRow> for Peer {
    type Error = StoreError;

    fn try_from(row: PeerRow) -> Result<Self, StoreError> {
        let receipt = row.receipt.zip(row.receipt_signature);
        let stored = position(row.stored_incarnation, row.stored_seq)?;
        Ok(Self {
            node: super::node(&row.node)?,
            session: row.session.cast_unsigned(),
            stored: Head { position: stored, hash: seal_hash(&row.stored_hash)? },
            cited: position(row.cited_incarnation, row.cited_seq)?,
            announced: position(row.announced_incarnation, row.announced_seq)?,
            generation: number(row.generation)?,
            numbered: number(row.numbered)?,
            delivered: number(row.delivered)?,
            filled: number(row.filled)?,
            resync: row.resync,
            inbound: (number(row.inbound_generation)?, number(row.inbound_number)?),
            judged: position(row.judged_incarnation, row.judged_seq)?,
            receipt: receipt.map(|(bytes, signature)| super::receipt(bytes, &signature)).transpose()?,
            contact: row.contact.map(Timestamp),
            fault: row.fault,
        })
    }
}
