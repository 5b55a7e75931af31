//! Peers' rows.

use sqlx::{FromRow, QueryBuilder, Sqlite, SqliteConnection};

use super::codec::{self, int, number, position, seal_hash};
use super::entries::ROWS_MAX;
use super::{Peer, StoreError};
use crate::domain::{NodeId, Timestamp};
use crate::journal::Head;

#[derive(FromRow)]
struct Row {
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

impl TryFrom<Row> for Peer {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let receipt = row.receipt.zip(row.receipt_signature);
        let stored = position(row.stored_incarnation, row.stored_seq)?;
        Ok(Self {
            node: codec::node(&row.node)?,
            session: row.session.cast_unsigned(),
            stored: Head { position: stored, hash: seal_hash(&row.stored_hash)? },
            cited: position(row.cited_incarnation, row.cited_seq)?,
            announced: position(row.announced_incarnation, row.announced_seq)?,
            generation: number(row.generation)?,
            numbered: number(row.numbered)?,
            delivered: number(row.delivered)?,
            resync: row.resync,
            inbound: (number(row.inbound_generation)?, number(row.inbound_number)?),
            judged: position(row.judged_incarnation, row.judged_seq)?,
            receipt: receipt.map(|(bytes, signature)| codec::receipt(bytes, &signature)).transpose()?,
            contact: row.contact.map(Timestamp),
            fault: row.fault,
        })
    }
}

/// A peer's row.
pub(super) async fn read(connection: &mut SqliteConnection, node: &NodeId) -> Result<Option<Peer>, StoreError> {
    let row: Option<Row> =
        sqlx::query_as("SELECT * FROM peers WHERE node = ?").bind(node.as_str()).fetch_optional(connection).await?;
    row.map(Peer::try_from).transpose()
}

/// All peers' rows, by node.
pub(super) async fn all(connection: &mut SqliteConnection) -> Result<Vec<Peer>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as("SELECT * FROM peers").fetch_all(connection).await?;
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
         resync = ?, inbound_generation = ?, inbound_number = ?, judged_incarnation = ?, judged_seq = ?, receipt = ?,
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
