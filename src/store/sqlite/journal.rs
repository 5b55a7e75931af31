//! Reading journals: rows with their content, the registry, which journals there are.

use std::collections::HashMap;

use sqlx::SqliteConnection;

use super::codec::{self, int, limit, number_list};
use super::{JournalRow, StoreError};
use crate::domain::{Event, EventHash, NodeId, Position};
use crate::journal::Part;
use crate::store::columns::{self, PartRow, Row, columns, decode, size};
use crate::store::{Owner, SealedEntry, Unsealed};

/// The present content of events.
pub(super) async fn parts(
    connection: &mut SqliteConnection,
    events: impl IntoIterator<Item = i64>,
) -> Result<HashMap<i64, Vec<Part>>, StoreError> {
    let rows: Vec<PartRow> = sqlx::query_as(
        "SELECT event, part, kind, form, salt, content FROM parts WHERE event IN (SELECT value FROM json_each(?))
         ORDER BY event, part",
    )
    .bind(number_list(events))
    .fetch_all(connection)
    .await?;
    columns::parts_by_event(rows)
}

/// Rows with their content, as they travel.
pub(super) async fn with_parts(
    connection: &mut SqliteConnection,
    rows: Vec<Row>,
) -> Result<Vec<SealedEntry>, StoreError> {
    let parts = parts(connection, rows.iter().map(|row| row.id)).await?;
    columns::with_parts(rows, parts)
}

/// A journal's rows after a position, in order.
pub(super) async fn rows(
    connection: &mut SqliteConnection,
    origin: &NodeId,
    after: Position,
    most: usize,
) -> Result<Vec<JournalRow>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(concat!(
        "SELECT ",
        columns!(),
        " FROM events e WHERE e.origin = ? AND (e.incarnation, e.seq) > (?, ?) ORDER BY e.incarnation, e.seq LIMIT ?"
    ))
    .bind(origin.as_str())
    .bind(after.incarnation)
    .bind(int(after.seq)?)
    .bind(limit(most))
    .fetch_all(&mut *connection)
    .await?;
    let parts = parts(connection, rows.iter().map(|row| row.id)).await?;
    columns::journal_rows(rows, parts)
}

/// The names of a journal's events after a position, in order.
pub(super) async fn names(
    connection: &mut SqliteConnection,
    origin: &NodeId,
    after: Position,
    most: usize,
) -> Result<Vec<(Position, EventHash)>, StoreError> {
    let rows: Vec<(i64, i64, Vec<u8>)> = sqlx::query_as(
        "SELECT incarnation, seq, hash FROM events WHERE origin = ? AND (incarnation, seq) > (?, ?)
         ORDER BY incarnation, seq LIMIT ?",
    )
    .bind(origin.as_str())
    .bind(after.incarnation)
    .bind(int(after.seq)?)
    .bind(limit(most))
    .fetch_all(connection)
    .await?;
    columns::event_names(rows)
}

/// Registry events after a position of the hub's journal, in order.
pub(super) async fn registry(connection: &mut SqliteConnection, after: Position) -> Result<Vec<Event>, StoreError> {
    let rows: Vec<(Vec<u8>, Vec<u8>)> = sqlx::query_as(
        "SELECT hash, header FROM events WHERE registry = 1 AND (incarnation, seq) > (?, ?) ORDER BY incarnation, seq",
    )
    .bind(after.incarnation)
    .bind(int(after.seq)?)
    .fetch_all(connection)
    .await?;
    rows.iter().map(|(hash, header)| decode(hash, header)).collect()
}

/// The first own events after a position.
pub(super) async fn unsealed(
    connection: &mut SqliteConnection,
    owner: &Owner,
    after: Position,
    most: usize,
) -> Result<Vec<Unsealed>, StoreError> {
    let rows: Vec<(i64, i64, Vec<u8>, i64)> = sqlx::query_as(concat!(
        "SELECT e.incarnation, e.seq, e.hash, ",
        size!(),
        " FROM events e WHERE e.origin = ? AND (e.incarnation, e.seq) > (?, ?) ORDER BY e.incarnation, e.seq LIMIT ?"
    ))
    .bind(owner.node.as_str())
    .bind(after.incarnation)
    .bind(int(after.seq)?)
    .bind(limit(most))
    .fetch_all(connection)
    .await?;
    columns::unsealed(rows)
}

/// The first own declarations of units that the hub has not judged.
pub(super) async fn declared(
    connection: &mut SqliteConnection,
    owner: &Owner,
    most: usize,
) -> Result<Vec<Event>, StoreError> {
    if most == 0 {
        return Ok(Vec::new());
    }
    let rows: Vec<(Vec<u8>, Vec<u8>)> = sqlx::query_as(
        "SELECT hash, header FROM events WHERE origin = ? AND verdict = 0 AND change IN ('unit-declared', 'unit-retired')
         ORDER BY incarnation, seq LIMIT ?",
    )
    .bind(owner.node.as_str())
    .bind(limit(most))
    .fetch_all(connection)
    .await?;
    rows.iter().map(|(hash, header)| decode(hash, header)).collect()
}

/// All journals of which something is stored. The index is skipped through, one step a journal.
pub(super) async fn origins(connection: &mut SqliteConnection) -> Result<Vec<NodeId>, StoreError> {
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
    let mut origins: Vec<NodeId> = names.iter().map(|name| codec::node(name)).collect::<Result<_, _>>()?;
    origins.sort();
    Ok(origins)
}
