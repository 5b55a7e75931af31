//! Peers' rows.

use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use super::codec::int;
use super::entries::ROWS_MAX;
use super::{Peer, StoreError};
use crate::domain::NodeId;
use crate::store::columns::PeerRow;

/// A peer's row.
pub(super) async fn read(connection: &mut SqliteConnection, node: &NodeId) -> Result<Option<Peer>, StoreError> {
    let row: Option<PeerRow> =
        sqlx::query_as("SELECT * FROM peers WHERE node = ?").bind(node.as_str()).fetch_optional(connection).await?;
    row.map(Peer::try_from).transpose()
}

/// All peers' rows, by node.
pub(super) async fn all(connection: &mut SqliteConnection) -> Result<Vec<Peer>, StoreError> {
    let rows: Vec<PeerRow> = sqlx::query_as("SELECT * FROM peers").fetch_all(connection).await?;
    let mut peers: Vec<Peer> = rows.into_iter().map(Peer::try_from).collect::<Result<_, _>>()?;
    peers.sort_by(|one, other| one.node.cmp(&other.node));
    Ok(peers)
}

/// Makes rows for those that have none.
pub(super) async fn create<'a>(
    connection: &mut SqliteConnection,
    nodes: impl IntoIterator<Item = &'a NodeId>,
) -> Result<(), StoreError> {
    let nodes: Vec<&NodeId> = nodes.into_iter().collect();
    for nodes in nodes.chunks(ROWS_MAX) {
        let mut query: QueryBuilder<Sqlite> = QueryBuilder::new("INSERT INTO peers (node) ");
        query.push_values(nodes, |mut row, node| {
            row.push_bind(node.as_str().to_owned());
        });
        query.push(" ON CONFLICT DO NOTHING");
        query.build().persistent(false).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Stores a peer's row whole.
pub(super) async fn write(connection: &mut SqliteConnection, peer: &Peer) -> Result<(), StoreError> {
    create(connection, [&peer.node]).await?;
    sqlx::query(
        "UPDATE peers SET session = ?, stored_incarnation = ?, stored_seq = ?, stored_hash = ?, cited_incarnation = ?,
         cited_seq = ?, announced_incarnation = ?, announced_seq = ?, generation = ?, numbered = ?, delivered = ?,
         filled = ?, resync = ?, inbound_generation = ?, inbound_number = ?, judged_incarnation = ?, judged_seq = ?, receipt = ?,
         receipt_signature = ?, contact = ?, fault = ? WHERE node = ?",
    )
    .bind(peer.session.cast_signed())
    .bind(peer.stored.position.incarnation)
    .bind(int(peer.stored.position.seq)?)
    .bind(&peer.stored.hash.0[..])
    .bind(peer.cited.incarnation)
    .bind(int(peer.cited.seq)?)
    .bind(peer.announced.incarnation)
    .bind(int(peer.announced.seq)?)
    .bind(peer.generation)
    .bind(int(peer.numbered)?)
    .bind(int(peer.delivered)?)
    .bind(int(peer.filled)?)
    .bind(peer.resync)
    .bind(peer.inbound.0)
    .bind(int(peer.inbound.1)?)
    .bind(peer.judged.incarnation)
    .bind(int(peer.judged.seq)?)
    .bind(peer.receipt.as_ref().map(|receipt| receipt.bytes().to_vec()))
    .bind(peer.receipt.as_ref().map(|receipt| receipt.signature().to_vec()))
    .bind(peer.contact.map(|contact| contact.0))
    .bind(peer.fault.as_deref())
    .bind(peer.node.as_str())
    .execute(connection)
    .await?;
    Ok(())
}
