//! Outboxes: numbered pointers to events, each destination's on its own.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sqlx::{FromRow, QueryBuilder, Sqlite, SqliteConnection};

use super::codec::{self, corrupt, event_hash, hex_list, int, limit, number};
use super::journal::{self, Row, columns, size};
use super::{Delivery, Peer, StoreError, peers};
use crate::domain::{EventHash, NodeId};
use crate::journal::BATCH_EVENTS_MAX;
use crate::store::advance;

/// Rows of a statement with four columns.
const ROWS_MAX: usize = 5000;

/// Puts pointers into outboxes, as far as there is room.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    pointers: &[(NodeId, EventHash)],
    rows_max: u64,
) -> Result<(), StoreError> {
    if pointers.is_empty() {
        return Ok(());
    }
    let ids = ids(connection, pointers).await?;
    let mut destinations = destinations(connection, pointers).await?;
    let mut rows = Vec::with_capacity(pointers.len());
    for (node, event) in pointers {
        let missing = || StoreError::Conflict(format!("event {event} is to be delivered but is not stored"));
        let id = *ids.get(event).ok_or_else(missing)?;
        let Some(peer) = destinations.get_mut(node) else { continue };
        if let Some(number) = advance::number(peer, rows_max) {
            rows.push((node, peer.generation, int(number)?, id));
        }
    }
    for rows in rows.chunks(ROWS_MAX) {
        let mut query: QueryBuilder<Sqlite> =
            QueryBuilder::new("INSERT INTO outbox (destination, generation, number, event) ");
        query.push_values(rows, |mut row, (node, generation, number, id)| {
            row.push_bind(node.as_str().to_owned()).push_bind(*generation).push_bind(*number).push_bind(*id);
        });
        query.build().persistent(false).execute(&mut *connection).await?;
    }
    number_destinations(connection, destinations.values()).await
}

async fn ids(
    connection: &mut SqliteConnection,
    pointers: &[(NodeId, EventHash)],
) -> Result<HashMap<EventHash, i64>, StoreError> {
    let wanted: BTreeSet<&EventHash> = pointers.iter().map(|(_, event)| event).collect();
    let rows: Vec<(Vec<u8>, i64)> =
        sqlx::query_as("SELECT hash, id FROM events WHERE hash IN (SELECT unhex(value) FROM json_each(?))")
            .bind(hex_list(wanted.into_iter().map(|hash| &hash.0[..])))
            .fetch_all(connection)
            .await?;
    rows.into_iter().map(|(hash, id)| Ok((event_hash(&hash)?, id))).collect()
}

/// The rows of all destinations, made for those that had none.
async fn destinations(
    connection: &mut SqliteConnection,
    pointers: &[(NodeId, EventHash)],
) -> Result<BTreeMap<NodeId, Peer>, StoreError> {
    let nodes: BTreeSet<&NodeId> = pointers.iter().map(|(node, _)| node).collect();
    let names = codec::array(nodes.iter().map(|node| format!("\"{node}\"")));
    peers::create(connection, nodes).await?;
    let rows: Vec<(String, i64, i64, i64, bool)> = sqlx::query_as(
        "SELECT node, generation, numbered, delivered, resync FROM peers
         WHERE node IN (SELECT value FROM json_each(?))",
    )
    .bind(names)
    .fetch_all(connection)
    .await?;
    let peer = |(node, generation, numbered, delivered, resync): (String, i64, i64, i64, bool)| {
        let node = codec::node(&node)?;
        let mut peer = Peer::new(node.clone());
        peer.generation = number(generation)?;
        peer.numbered = number(numbered)?;
        peer.delivered = number(delivered)?;
        peer.resync = resync;
        Ok((node, peer))
    };
    rows.into_iter().map(peer).collect()
}

/// Stores how far destinations are numbered, and which are to be refilled.
async fn number_destinations(
    connection: &mut SqliteConnection,
    peers: impl Iterator<Item = &Peer>,
) -> Result<(), StoreError> {
    // A node's name needs no escape in JSON.
    let rows = peers.map(|peer| format!("[\"{}\",{},{}]", peer.node, peer.numbered, u8::from(peer.resync)));
    sqlx::query(
        "UPDATE peers SET numbered = new.numbered, resync = new.resync
         FROM (SELECT value ->> 0 AS node, value ->> 1 AS numbered, value ->> 2 AS resync FROM json_each(?)) AS new
         WHERE peers.node = new.node",
    )
    .bind(codec::array(rows))
    .execute(connection)
    .await?;
    Ok(())
}

/// Drops the rows that a peer has stored.
pub(super) async fn drop_delivered(connection: &mut SqliteConnection, peer: &Peer) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM outbox WHERE destination = ? AND generation = ? AND number <= ?")
        .bind(peer.node.as_str())
        .bind(peer.generation)
        .bind(int(peer.delivered)?)
        .execute(connection)
        .await?;
    Ok(())
}

/// Begins the next generation of an outbox and fills it.
pub(super) async fn refill(connection: &mut SqliteConnection, destination: &NodeId) -> Result<u32, StoreError> {
    let stored = peers::read(connection, destination).await?;
    let mut peer = stored.unwrap_or_else(|| Peer::new(destination.clone()));
    peers::create(connection, [destination]).await?;
    sqlx::query("DELETE FROM outbox WHERE destination = ?")
        .bind(destination.as_str())
        .execute(&mut *connection)
        .await?;
    let filled = sqlx::query(
        "INSERT INTO outbox (destination, generation, number, event)
         SELECT ?1, ?2, row_number() OVER (ORDER BY id), id FROM (
            SELECT id FROM events WHERE registry = 1
            UNION
            SELECT e.id FROM participants p JOIN events e ON e.complaint = p.complaint
            WHERE p.node = ?1 AND e.origin <> ?1 AND e.verdict <> 4
         )",
    )
    .bind(destination.as_str())
    .bind(peer.generation.saturating_add(1))
    .execute(&mut *connection)
    .await?;
    advance::begin_generation(&mut peer, filled.rows_affected());
    peers::write(connection, &peer).await?;
    Ok(peer.generation)
}

/// A row of an outbox, with the seal of its event.
#[derive(FromRow)]
struct Pointer {
    number: i64,
    event: i64,
    body: Option<Vec<u8>>,
    signature: Option<Vec<u8>>,
}

/// What is to be delivered after a number.
pub(super) async fn read(
    connection: &mut SqliteConnection,
    destination: &NodeId,
    generation: u32,
    after: u64,
    bytes: usize,
) -> Result<Vec<Delivery>, StoreError> {
    let Some(last) = fitting(connection, destination, generation, after, bytes).await? else { return Ok(Vec::new()) };
    let rows: Vec<Pointer> = sqlx::query_as(
        "SELECT o.number, o.event, s.body, s.signature FROM outbox o JOIN events e ON e.id = o.event
         LEFT JOIN seals s ON s.origin = e.origin AND s.incarnation = e.incarnation AND s.last = e.seal_last
         WHERE o.destination = ? AND o.generation = ? AND o.number > ? AND o.number <= ? ORDER BY o.number",
    )
    .bind(destination.as_str())
    .bind(generation)
    .bind(int(after)?)
    .bind(last)
    .fetch_all(&mut *connection)
    .await?;
    let wanted: Vec<i64> = rows.iter().map(|pointer| pointer.event).collect();
    let events: Vec<Row> =
        sqlx::query_as(concat!("SELECT ", columns!(), " FROM events e WHERE e.id IN (SELECT value FROM json_each(?))"))
            .bind(codec::number_list(wanted.iter().copied()))
            .fetch_all(&mut *connection)
            .await?;
    let events: HashMap<i64, Row> = events.into_iter().map(|row| (row.id, row)).collect();
    let parts = journal::parts(connection, wanted).await?;
    let mut deliveries = Vec::with_capacity(rows.len());
    for Pointer { number: at, event, body, signature } in rows {
        let row = events.get(&event).ok_or_else(|| corrupt(format_args!("row {at} of an outbox points nowhere")))?;
        let Some(proof) = row.proof()? else { break };
        let missing = || corrupt(format_args!("the seal of event {event} in an outbox is missing"));
        let (body, signature) = body.zip(signature).ok_or_else(missing)?;
        deliveries.push(Delivery {
            number: number(at)?,
            bytes: row.header.clone(),
            parts: parts.get(&event).cloned().unwrap_or_default(),
            seal: codec::seal(body, &signature)?,
            index: proof.index,
            path: proof.path,
            verdict: row.verdict()?,
        });
    }
    Ok(deliveries)
}

/// The last number up to which everything fits.
async fn fitting(
    connection: &mut SqliteConnection,
    destination: &NodeId,
    generation: u32,
    after: u64,
    bytes: usize,
) -> Result<Option<i64>, StoreError> {
    let sizes: Vec<(i64, i64)> = sqlx::query_as(concat!(
        "SELECT o.number, ",
        size!(),
        " FROM peers d JOIN outbox o ON o.destination = d.node AND o.generation = d.generation
          JOIN events e ON e.id = o.event
          WHERE d.node = ? AND d.generation = ? AND o.number > ? ORDER BY o.number LIMIT ?"
    ))
    .bind(destination.as_str())
    .bind(generation)
    .bind(int(after)?)
    .bind(limit(BATCH_EVENTS_MAX))
    .fetch_all(connection)
    .await?;
    let mut total = 0_i64;
    let mut last = None;
    for (at, size) in sizes {
        total = total.saturating_add(size);
        if last.is_some() && total > limit(bytes) {
            break;
        }
        last = Some(at);
    }
    Ok(last)
}
