//! Outboxes: numbered pointers to events, each destination's on its own. They are written under the one lock, so that the
//! order of numbers is the order of commits.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::PgConnection;

use super::{Delivery, Peer, StoreError, journal, own, peers};
use crate::domain::{EventHash, NodeId};
use crate::journal::BATCH_EVENTS_MAX;
use crate::store::advance;
use crate::store::columns::{self, Pointer, columns, int, limit, number, size, trace};

/// Puts pointers into outboxes, as far as there is room.
pub(super) async fn write(
    connection: &mut PgConnection,
    pointers: &[(NodeId, EventHash)],
    rows_max: u64,
) -> Result<(), StoreError> {
    if pointers.is_empty() {
        return Ok(());
    }
    let ids = ids(connection, pointers).await?;
    let mut destinations = destinations(connection, pointers).await?;
    let (mut nodes, mut generations, mut numbers, mut events) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (node, event) in pointers {
        let (Some(peer), Some(id)) = (destinations.get_mut(node), ids.get(event)) else { continue };
        if let Some(number) = advance::number(peer, rows_max) {
            nodes.push(node.as_str());
            generations.push(i64::from(peer.generation));
            numbers.push(int(number)?);
            events.push(*id);
        }
    }
    if !nodes.is_empty() {
        sqlx::query(
            "INSERT INTO outbox (destination, generation, number, event)
             SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[])",
        )
        .bind(nodes)
        .bind(generations)
        .bind(numbers)
        .bind(events)
        .execute(&mut *connection)
        .await?;
    }
    number_destinations(connection, destinations.values()).await
}

/// The row numbers of events, all of which must be stored.
async fn ids(
    connection: &mut PgConnection,
    pointers: &[(NodeId, EventHash)],
) -> Result<BTreeMap<EventHash, i64>, StoreError> {
    let wanted: BTreeSet<&EventHash> = pointers.iter().map(|(_, event)| event).collect();
    let names: Vec<[u8; 32]> = wanted.iter().map(|hash| hash.0).collect();
    let rows: Vec<(Vec<u8>, i64)> =
        sqlx::query_as("SELECT hash, id FROM events WHERE hash = ANY($1)").bind(names).fetch_all(connection).await?;
    let ids = rows.iter().map(|(hash, id)| Ok((columns::event_hash(hash)?, *id)));
    let ids: BTreeMap<EventHash, i64> = ids.collect::<Result<_, StoreError>>()?;
    match wanted.into_iter().find(|event| !ids.contains_key(event)) {
        Some(event) => Err(StoreError::Conflict(format!("event {event} is to be delivered but is not stored"))),
        None => Ok(ids),
    }
}

/// The rows of all destinations, made for those that had none.
async fn destinations(
    connection: &mut PgConnection,
    pointers: &[(NodeId, EventHash)],
) -> Result<BTreeMap<NodeId, Peer>, StoreError> {
    let nodes: BTreeSet<&NodeId> = pointers.iter().map(|(node, _)| node).collect();
    let names: Vec<&str> = nodes.iter().map(|node| node.as_str()).collect();
    peers::create(connection, nodes.iter().copied()).await?;
    let rows: Vec<(String, i64, i64, i64, i64, bool)> =
        sqlx::query_as("SELECT node, generation, numbered, delivered, filled, resync FROM peers WHERE node = ANY($1)")
            .bind(names)
            .fetch_all(connection)
            .await?;
    let peer = |(node, generation, numbered, delivered, filled, resync): (String, i64, i64, i64, i64, bool)| {
        let node = columns::node(&node)?;
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
    connection: &mut PgConnection,
    peers: impl Iterator<Item = &Peer>,
) -> Result<(), StoreError> {
    let (mut nodes, mut numbers, mut resync) = (Vec::new(), Vec::new(), Vec::new());
    for peer in peers {
        nodes.push(peer.node.as_str());
        numbers.push(int(peer.numbered)?);
        resync.push(peer.resync);
    }
    sqlx::query(
        "UPDATE peers SET numbered = new.numbered, resync = new.resync
         FROM unnest($1::text[], $2::bigint[], $3::boolean[]) AS new (node, numbered, resync)
         WHERE peers.node = new.node",
    )
    .bind(nodes)
    .bind(numbers)
    .bind(resync)
    .execute(connection)
    .await?;
    Ok(())
}

/// Drops the rows that a peer has stored.
pub(super) async fn drop_delivered(connection: &mut PgConnection, peer: &Peer) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM outbox WHERE destination = $1 AND generation = $2 AND number <= $3")
        .bind(peer.node.as_str())
        .bind(i64::from(peer.generation))
        .bind(int(peer.delivered)?)
        .execute(connection)
        .await?;
    Ok(())
}

/// Begins the next generation of an outbox and fills it, if a session is still its destination's newest. Under the lock no event
/// is stored meanwhile that it would lack, and no later session opened.
pub(super) async fn refill(
    connection: &mut PgConnection,
    destination: &NodeId,
    session: u64,
) -> Result<Option<u32>, StoreError> {
    own::lock(connection).await?;
    let stored = peers::read(connection, destination).await?;
    let mut peer = stored.unwrap_or_else(|| Peer::new(destination.clone()));
    if peer.session != session {
        return Ok(None);
    }
    peers::create(connection, [destination]).await?;
    sqlx::query("DELETE FROM outbox WHERE destination = $1")
        .bind(destination.as_str())
        .execute(&mut *connection)
        .await?;
    let filled = sqlx::query(
        "INSERT INTO outbox (destination, generation, number, event)
         SELECT $1, $2, row_number() OVER (ORDER BY id), id FROM (
            SELECT id FROM events WHERE registry
            UNION
            SELECT e.id FROM participants p JOIN events e ON e.complaint = p.complaint
            WHERE p.node = $1 AND e.origin <> $1 AND e.verdict <> 4
         ) AS wanted",
    )
    .bind(destination.as_str())
    .bind(i64::from(peer.generation.saturating_add(1)))
    .execute(&mut *connection)
    .await?;
    advance::begin_generation(&mut peer, filled.rows_affected());
    peers::write(connection, &peer).await?;
    Ok(Some(peer.generation))
}

/// What is to be delivered after a number.
pub(super) async fn read(
    connection: &mut PgConnection,
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
         WHERE o.destination = $1 AND o.generation = $2 AND o.number > $3 AND o.number <= $4 ORDER BY o.number"
    ))
    .bind(destination.as_str())
    .bind(i64::from(generation))
    .bind(int(after)?)
    .bind(last)
    .fetch_all(&mut *connection)
    .await?;
    let parts = journal::parts(connection, pointers.iter().map(|pointer| pointer.event.id)).await?;
    columns::deliveries(pointers, &parts)
}

/// The last number up to which everything fits.
async fn fitting(
    connection: &mut PgConnection,
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
            WHERE d.node = $1 AND d.generation = $2 AND o.number > $3 ORDER BY o.number LIMIT $4
         ), sums AS (SELECT number, sum(size) OVER (ORDER BY number) AS total FROM next)
         SELECT max(number) FROM sums WHERE total <= $5 OR number = (SELECT min(number) FROM next)"
    ))
    .bind(destination.as_str())
    .bind(i64::from(generation))
    .bind(int(after)?)
    .bind(limit(BATCH_EVENTS_MAX))
    .bind(limit(bytes))
    .fetch_one(connection)
    .await?;
    Ok(last)
}
