//! Outboxes: numbered pointers to events, each destination's on its own.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::SqliteConnection;

use super::codec::{self, hex_list, int, limit, number};
use super::journal;
use super::{Delivery, Peer, StoreError, peers};
use crate::domain::{EventHash, NodeId};
use crate::journal::BATCH_EVENTS_MAX;
use crate::store::advance;
use crate::store::columns::{self, Pointer, columns, size, trace};

/// Puts pointers into outboxes, as far as there is room.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    pointers: &[(NodeId, EventHash)],
    rows_max: u64,
) -> Result<(), StoreError> {
    if pointers.is_empty() {
        return Ok(());
    }
    check_stored(connection, pointers).await?;
    let mut destinations = destinations(connection, pointers).await?;
    let mut rows: BTreeMap<&NodeId, Vec<&[u8]>> = BTreeMap::new();
    for (node, event) in pointers {
        let Some(peer) = destinations.get_mut(node) else { continue };
        if advance::number(peer, rows_max).is_some() {
            rows.entry(node).or_default().push(&event.0);
        }
    }
    // Of each destination: its name (which needs no escape in JSON), generation and last number, and its events, whose numbers
    // end with that one.
    let rows = rows.iter().filter_map(|(node, events)| {
        let Peer { generation, numbered, .. } = destinations.get(*node)?;
        Some(format!("[\"{node}\",{generation},{numbered},{}]", hex_list(events.iter().copied())))
    });
    sqlx::query(
        "INSERT INTO outbox (destination, generation, number, event)
         WITH d AS MATERIALIZED (
            SELECT value ->> 0 AS node, value ->> 1 AS generation, value ->> 2 AS numbered, value -> 3 AS events,
                   json_array_length(value, '$[3]') AS length FROM json_each(?)
         )
         SELECT d.node, d.generation, d.numbered - d.length + 1 + i.key, e.id
         FROM d CROSS JOIN json_each(d.events) i CROSS JOIN events e ON e.hash = unhex(i.value)",
    )
    .bind(codec::array(rows))
    .execute(&mut *connection)
    .await?;
    number_destinations(connection, destinations.values()).await
}

async fn check_stored(connection: &mut SqliteConnection, pointers: &[(NodeId, EventHash)]) -> Result<(), StoreError> {
    let wanted: BTreeSet<&[u8]> = pointers.iter().map(|(_, event)| &event.0[..]).collect();
    let missing: Option<String> = sqlx::query_scalar(
        "SELECT value FROM json_each(?) WHERE NOT EXISTS (SELECT 1 FROM events WHERE hash = unhex(value)) LIMIT 1",
    )
    .bind(hex_list(wanted))
    .fetch_optional(connection)
    .await?;
    missing.map_or(Ok(()), |event| {
        Err(StoreError::Conflict(format!("event {event} is to be delivered but is not stored")))
    })
}

/// The rows of all destinations, made for those that had none.
async fn destinations(
    connection: &mut SqliteConnection,
    pointers: &[(NodeId, EventHash)],
) -> Result<BTreeMap<NodeId, Peer>, StoreError> {
    let nodes: BTreeSet<&NodeId> = pointers.iter().map(|(node, _)| node).collect();
    let names = codec::array(nodes.iter().map(|node| format!("\"{node}\"")));
    peers::create(connection, nodes).await?;
    let rows: Vec<(String, i64, i64, i64, i64, bool)> = sqlx::query_as(
        "SELECT node, generation, numbered, delivered, filled, resync FROM peers
         WHERE node IN (SELECT value FROM json_each(?))",
    )
    .bind(names)
    .fetch_all(connection)
    .await?;
    let peer = |(node, generation, numbered, delivered, filled, resync): (String, i64, i64, i64, i64, bool)| {
        let node = codec::node(&node)?;
        let mut peer = Peer::new(node.clone());
        peer.generation = number(generation)?;
        peer.numbered = number(numbered)?;
        peer.delivered = number(delivered)?;
        peer.filled = number(filled)?;
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

/// Begins the next generation of an outbox and fills it, if a session is still its destination's newest.
pub(super) async fn refill(
    connection: &mut SqliteConnection,
    destination: &NodeId,
    session: u64,
) -> Result<Option<u32>, StoreError> {
    let stored = peers::read(connection, destination).await?;
    let mut peer = stored.unwrap_or_else(|| Peer::new(destination.clone()));
    if peer.session != session {
        return Ok(None);
    }
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
    Ok(Some(peer.generation))
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
    let pointers: Vec<Pointer> = sqlx::query_as(concat!(
        "SELECT o.number, s.body, s.signature, ",
        columns!(),
        ", ",
        trace!(),
        " FROM outbox o JOIN events e ON e.id = o.event
         LEFT JOIN seals s ON s.origin = e.origin AND s.incarnation = e.incarnation AND s.last = e.seal_last
         WHERE o.destination = ? AND o.generation = ? AND o.number > ? AND o.number <= ? ORDER BY o.number"
    ))
    .bind(destination.as_str())
    .bind(generation)
    .bind(int(after)?)
    .bind(last)
    .fetch_all(&mut *connection)
    .await?;
    let parts = journal::parts(connection, pointers.iter().map(|pointer| pointer.event.id)).await?;
    columns::deliveries(pointers, &parts)
}

/// The last number up to which everything fits.
async fn fitting(
    connection: &mut SqliteConnection,
    destination: &NodeId,
    generation: u32,
    after: u64,
    bytes: usize,
) -> Result<Option<i64>, StoreError> {
    let last: Option<i64> = sqlx::query_scalar(concat!(
        "WITH next AS MATERIALIZED (
            SELECT o.number, ",
        size!(),
        " AS size
            FROM peers d JOIN outbox o ON o.destination = d.node AND o.generation = d.generation
            JOIN events e ON e.id = o.event
            WHERE d.node = ? AND d.generation = ? AND o.number > ? ORDER BY o.number LIMIT ?
         ), sums AS (SELECT number, sum(size) OVER (ORDER BY number) AS total FROM next)
         SELECT max(number) FROM sums WHERE total <= ? OR number = (SELECT min(number) FROM next)"
    ))
    .bind(destination.as_str())
    .bind(generation)
    .bind(int(after)?)
    .bind(limit(BATCH_EVENTS_MAX))
    .bind(limit(bytes))
    .fetch_one(connection)
    .await?;
    Ok(last)
}
