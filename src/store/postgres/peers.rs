//! Peers' rows.

use sqlx::PgConnection;

use super::{Peer, StoreError};
use crate::domain::NodeId;
use crate::store::columns::{PeerRow, int};

/// A peer's row.
pub(super) async fn read(connection: &mut PgConnection, node: &NodeId) -> Result<Option<Peer>, StoreError> {
    let row: Option<PeerRow> =
        sqlx::query_as("SELECT * FROM peers WHERE node = $1").bind(node.as_str()).fetch_optional(connection).await?;
    row.map(Peer::try_from).transpose()
}

/// All peers' rows, by node.
pub(super) async fn all(connection: &mut PgConnection) -> Result<Vec<Peer>, StoreError> {
    let rows: Vec<PeerRow> = sqlx::query_as("SELECT * FROM peers").fetch_all(connection).await?;
    let mut peers: Vec<Peer> = rows.into_iter().map(Peer::try_from).collect::<Result<_, _>>()?;
    peers.sort_by(|one, other| one.node.cmp(&other.node));
    Ok(peers)
}

/// Makes rows for those that have none.
pub(super) async fn create<'a>(
    connection: &mut PgConnection,
    nodes: impl IntoIterator<Item = &'a NodeId>,
) -> Result<(), StoreError> {
    let nodes: Vec<&str> = nodes.into_iter().map(NodeId::as_str).collect();
    if !nodes.is_empty() {
        sqlx::query("INSERT INTO peers (node) SELECT * FROM unnest($1::text[]) ON CONFLICT DO NOTHING")
            .bind(nodes)
            .execute(connection)
            .await?;
    }
    Ok(())
}

/// Stores a peer's row whole.
pub(super) async fn write(connection: &mut PgConnection, peer: &Peer) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO peers (node, session, stored_incarnation, stored_seq, stored_hash, cited_incarnation, cited_seq,
         announced_incarnation, announced_seq, generation, numbered, delivered, filled, resync, inbound_generation, inbound_number,
         judged_incarnation, judged_seq, receipt, receipt_signature, contact, fault)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
         ON CONFLICT (node) DO UPDATE SET session = excluded.session, stored_incarnation = excluded.stored_incarnation,
         stored_seq = excluded.stored_seq, stored_hash = excluded.stored_hash,
         cited_incarnation = excluded.cited_incarnation, cited_seq = excluded.cited_seq,
         announced_incarnation = excluded.announced_incarnation, announced_seq = excluded.announced_seq,
         generation = excluded.generation, numbered = excluded.numbered, delivered = excluded.delivered, filled = excluded.filled,
         resync = excluded.resync, inbound_generation = excluded.inbound_generation,
         inbound_number = excluded.inbound_number, judged_incarnation = excluded.judged_incarnation,
         judged_seq = excluded.judged_seq, receipt = excluded.receipt, receipt_signature = excluded.receipt_signature,
         contact = excluded.contact, fault = excluded.fault",
    )
    .bind(peer.node.as_str())
    .bind(peer.session.cast_signed())
    .bind(i64::from(peer.stored.position.incarnation))
    .bind(int(peer.stored.position.seq)?)
    .bind(peer.stored.hash.0)
    .bind(i64::from(peer.cited.incarnation))
    .bind(int(peer.cited.seq)?)
    .bind(i64::from(peer.announced.incarnation))
    .bind(int(peer.announced.seq)?)
    .bind(i64::from(peer.generation))
    .bind(int(peer.numbered)?)
    .bind(int(peer.delivered)?)
    .bind(int(peer.filled)?)
    .bind(peer.resync)
    .bind(i64::from(peer.inbound.0))
    .bind(int(peer.inbound.1)?)
    .bind(i64::from(peer.judged.incarnation))
    .bind(int(peer.judged.seq)?)
    .bind(peer.receipt.as_ref().map(|receipt| receipt.bytes().to_vec()))
    .bind(peer.receipt.as_ref().map(|receipt| receipt.signature().to_vec()))
    .bind(peer.contact.map(|contact| contact.0))
    .bind(peer.fault.as_deref())
    .execute(connection)
    .await?;
    Ok(())
}
