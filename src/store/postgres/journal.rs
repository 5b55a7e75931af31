//! Reading journals: rows with their content, the registry, which journals there are.

use std::collections::HashMap;

use sqlx::PgConnection;

use super::{JournalRow, Owner, StoreError};
use crate::domain::{Event, EventHash, NodeId, Position};
use crate::journal::Part;
use crate::store::Unsealed;
use crate::store::columns::{self, PartRow, Row, columns, decode, int, limit, size};

/// The present content of events.
pub(super) async fn parts(
    connection: &mut PgConnection,
    events: impl IntoIterator<Item = i64>,
) -> Result<HashMap<i64, Vec<Part>>, StoreError> {
    let events: Vec<i64> = events.into_iter().collect();
    let rows: Vec<PartRow> = sqlx::query_as(
        "SELECT event, part, kind, form, salt, content FROM parts WHERE event = ANY($1) ORDER BY event, part",
    )
    .bind(events)
    .fetch_all(connection)
    .await?;
    columns::parts_by_event(rows)
}

/// A journal's rows after a position, in order.
pub(super) async fn rows(
    connection: &mut PgConnection,
    origin: &NodeId,
    after: Position,
    most: usize,
) -> Result<Vec<JournalRow>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(concat!(
        "SELECT ",
        columns!(),
        " FROM events e WHERE e.origin = $1 AND (e.incarnation, e.seq) > ($2, $3)
         ORDER BY e.incarnation, e.seq LIMIT $4"
    ))
    .bind(origin.as_str())
    .bind(i64::from(after.incarnation))
    .bind(int(after.seq)?)
    .bind(limit(most))
    .fetch_all(&mut *connection)
    .await?;
    let parts = parts(connection, rows.iter().map(|row| row.id)).await?;
    columns::journal_rows(rows, parts)
}

/// The names of a journal's events after a position, in order.
pub(super) async fn names(
    connection: &mut PgConnection,
    origin: &NodeId,
    after: Position,
    most: usize,
) -> Result<Vec<(Position, EventHash)>, StoreError> {
    let rows: Vec<(i64, i64, Vec<u8>)> = sqlx::query_as(
        "SELECT incarnation, seq, hash FROM events WHERE origin = $1 AND (incarnation, seq) > ($2, $3)
         ORDER BY incarnation, seq LIMIT $4",
    )
    .bind(origin.as_str())
    .bind(i64::from(after.incarnation))
    .bind(int(after.seq)?)
    .bind(limit(most))
    .fetch_all(connection)
    .await?;
    columns::event_names(rows)
}

/// Registry events after a position of the hub's journal, in order.
pub(super) async fn registry(connection: &mut PgConnection, after: Position) -> Result<Vec<Event>, StoreError> {
    let rows: Vec<(Vec<u8>, Vec<u8>)> = sqlx::query_as(
        "SELECT hash, header FROM events WHERE registry AND (incarnation, seq) > ($1, $2) ORDER BY incarnation, seq",
    )
    .bind(i64::from(after.incarnation))
    .bind(int(after.seq)?)
    .fetch_all(connection)
    .await?;
    rows.iter().map(|(hash, header)| decode(hash, header)).collect()
}

/// The first own events after a position.
pub(super) async fn unsealed(
    connection: &mut PgConnection,
    owner: &Owner,
    after: Position,
    most: usize,
) -> Result<Vec<Unsealed>, StoreError> {
    let rows: Vec<(i64, i64, Vec<u8>, i64)> = sqlx::query_as(concat!(
        "SELECT e.incarnation, e.seq, e.hash, ",
        size!(),
        " FROM events e WHERE e.origin = $1 AND (e.incarnation, e.seq) > ($2, $3)
         ORDER BY e.incarnation, e.seq LIMIT $4"
    ))
    .bind(owner.node.as_str())
    .bind(i64::from(after.incarnation))
    .bind(int(after.seq)?)
    .bind(limit(most))
    .fetch_all(connection)
    .await?;
    columns::unsealed(rows)
}

/// The first own declarations of units that the hub has not judged.
pub(super) async fn declared(
    connection: &mut PgConnection,
    owner: &Owner,
    most: usize,
) -> Result<Vec<Event>, StoreError> {
    if most == 0 {
        return Ok(Vec::new());
    }
    let rows: Vec<(Vec<u8>, Vec<u8>)> = sqlx::query_as(
        "SELECT hash, header FROM events WHERE origin = $1 AND verdict = 0 AND change IN ('unit-declared', 'unit-retired')
         ORDER BY incarnation, seq LIMIT $2",
    )
    .bind(owner.node.as_str())
    .bind(limit(most))
    .fetch_all(connection)
    .await?;
    rows.iter().map(|(hash, header)| decode(hash, header)).collect()
}

/// All journals of which something is stored. The index is skipped through, one step a journal.
pub(super) async fn origins(connection: &mut PgConnection) -> Result<Vec<NodeId>, StoreError> {
    let names: Vec<String> = sqlx::query_scalar(
        "WITH RECURSIVE found (origin) AS (
            SELECT min(origin) FROM events
            UNION ALL
            SELECT (SELECT min(e.origin) FROM events e WHERE e.origin > found.origin) FROM found WHERE found.origin IS NOT NULL
         )
         SELECT origin FROM found WHERE origin IS NOT NULL",
    )
    .fetch_all(connection)
    .await?;
    let mut origins: Vec<NodeId> = names.iter().map(|name| columns::node(name)).collect::<Result<_, _>>()?;
    origins.sort();
    Ok(origins)
}
