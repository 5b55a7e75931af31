//! Complaints as people look for them: files, lists, tracking numbers, names typed in part, and those that wait for the hub.

use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use super::codec::{self, hex_list, int, limit};
use super::journal;
use super::{DueFilter, File, ListFilter, StoreError, Summary, tallies};
use crate::domain::{ComplaintId, NodeId, Timestamp, TrackingNumber};
use crate::store::columns::{self, Row, SummaryRow, columns};

/// Puts participants, links and measures to projections.
async fn summaries(connection: &mut SqliteConnection, rows: Vec<SummaryRow>) -> Result<Vec<Summary>, StoreError> {
    let pairs: Vec<(Vec<u8>, String)> = sqlx::query_as(
        "SELECT complaint, node FROM participants WHERE complaint IN (SELECT unhex(value) FROM json_each(?))",
    )
    .bind(hex_list(rows.iter().map(|row| &row.id[..])))
    .fetch_all(&mut *connection)
    .await?;
    let links: Vec<(Vec<u8>, Vec<u8>)> =
        sqlx::query_as("SELECT complaint, other FROM links WHERE complaint IN (SELECT unhex(value) FROM json_each(?))")
            .bind(hex_list(rows.iter().map(|row| &row.id[..])))
            .fetch_all(&mut *connection)
            .await?;
    tallies::with_measures(connection, columns::completed(rows, pairs, links)?).await
}

/// One complaint's whole file.
pub(super) async fn file(connection: &mut SqliteConnection, id: ComplaintId) -> Result<Option<File>, StoreError> {
    let rows: Vec<Row> =
        sqlx::query_as(concat!("SELECT ", columns!(), " FROM events e WHERE e.complaint = ? ORDER BY e.id"))
            .bind(&id.0[..])
            .fetch_all(&mut *connection)
            .await?;
    let parts = journal::parts(connection, rows.iter().map(|row| row.id)).await?;
    let events = columns::filed(rows, parts)?;
    let summary: Vec<SummaryRow> =
        sqlx::query_as("SELECT * FROM complaints WHERE id = ?").bind(&id.0[..]).fetch_all(&mut *connection).await?;
    let file = File { events, summary: summaries(connection, summary).await?.pop() };
    Ok((file != File::default()).then_some(file))
}

/// Complaints by filter, newest change first.
pub(super) async fn list(connection: &mut SqliteConnection, filter: &ListFilter) -> Result<Vec<Summary>, StoreError> {
    let mut query = filtered(filter);
    query.push(" ORDER BY updated_at DESC, id LIMIT ").push_bind(limit(filter.limit));
    let rows: Vec<SummaryRow> = query.build_query_as().fetch_all(&mut *connection).await?;
    summaries(connection, rows).await
}

/// Complaints by filter in the order in which they were filed, after one of them.
pub(super) async fn filed(
    connection: &mut SqliteConnection,
    filter: &ListFilter,
    after: Option<(Timestamp, ComplaintId)>,
) -> Result<Vec<Summary>, StoreError> {
    let mut query = filtered(filter);
    if let Some((time, id)) = after {
        query.push(" AND (filed_at, id) > (").push_bind(time.0).push(", ").push_bind(id.0.to_vec()).push(")");
    }
    query.push(" ORDER BY filed_at, id LIMIT ").push_bind(limit(filter.limit));
    let rows: Vec<SummaryRow> = query.build_query_as().fetch_all(&mut *connection).await?;
    summaries(connection, rows).await
}

fn filtered(filter: &ListFilter) -> QueryBuilder<Sqlite> {
    let mut query: QueryBuilder<Sqlite> = QueryBuilder::new("SELECT * FROM complaints WHERE TRUE");
    if let Some(unit) = filter.unit.as_ref().filter(|unit| !unit.is_root()) {
        // Below a unit lies what continues its code with a dot; '/' is the character after the dot.
        query.push(" AND (unit = ").push_bind(unit.as_str().to_owned());
        query.push(" OR (unit >= ").push_bind(format!("{unit}."));
        query.push(" AND unit < ").push_bind(format!("{unit}/")).push("))");
    }
    if !filter.states.is_empty() {
        let names = codec::array(filter.states.iter().map(|state| format!("\"{}\"", state.name())));
        query.push(" AND state IN (SELECT value FROM json_each(").push_bind(names).push("))");
    }
    if let Some(node) = &filter.node {
        query.push(" AND node = ").push_bind(node.as_str().to_owned());
    }
    if let Some(origin) = &filter.origin {
        query.push(" AND origin = ").push_bind(origin.as_str().to_owned());
    }
    if filter.late {
        query.push(" AND late > 0");
    }
    if filter.imported {
        query.push(" AND imported = 1");
    }
    if let Some(other) = filter.linked {
        query.push(" AND id IN (SELECT complaint FROM links WHERE other = ").push_bind(other.0.to_vec()).push(")");
    }
    query
}

/// Complaints whose deadline has passed, the oldest first.
pub(super) async fn due(connection: &mut SqliteConnection, filter: &DueFilter) -> Result<Vec<Summary>, StoreError> {
    let mut query: QueryBuilder<Sqlite> =
        QueryBuilder::new("SELECT * FROM complaints WHERE due_at IS NOT NULL AND due_at <= ");
    query.push_bind(filter.before.0);
    if !filter.told {
        query.push(" AND (overdue = 0 OR state IN ('received', 'returned'))");
    }
    if let Some(node) = &filter.node {
        query.push(" AND node = ").push_bind(node.as_str().to_owned());
    }
    if !filter.moments.is_empty() {
        let names = codec::array(filter.moments.iter().map(|moment| format!("\"{}\"", moment.name())));
        query.push(" AND due_for IN (SELECT value FROM json_each(").push_bind(names).push("))");
    }
    if let Some((time, id)) = filter.after {
        query.push(" AND (due_at, id) > (").push_bind(time.0).push(", ").push_bind(id.0.to_vec()).push(")");
    }
    query.push(" ORDER BY due_at, id LIMIT ").push_bind(limit(filter.limit));
    let rows: Vec<SummaryRow> = query.build_query_as().fetch_all(&mut *connection).await?;
    summaries(connection, rows).await
}

/// The complaint with a tracking number; the one known longest, should two have it.
pub(super) async fn find(
    connection: &mut SqliteConnection,
    tracking: TrackingNumber,
) -> Result<Option<ComplaintId>, StoreError> {
    let found: Option<Vec<u8>> =
        sqlx::query_scalar("SELECT id FROM complaints WHERE tracking = ? ORDER BY number LIMIT 1")
            .bind(int(tracking.bits())?)
            .fetch_optional(connection)
            .await?;
    found.as_deref().map(codec::complaint).transpose()
}

/// The complaints whose name begins so.
pub(super) async fn find_prefix(
    connection: &mut SqliteConnection,
    hex: &str,
    most: usize,
) -> Result<Vec<ComplaintId>, StoreError> {
    let Some((lowest, highest)) = columns::bounds(hex) else { return Ok(Vec::new()) };
    let found: Vec<Vec<u8>> =
        sqlx::query_scalar("SELECT id FROM complaints WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?")
            .bind(&lowest.0[..])
            .bind(&highest.0[..])
            .bind(limit(most))
            .fetch_all(connection)
            .await?;
    columns::names(&found)
}

/// Complaints held at a node with a proposal pending.
pub(super) async fn unordered(
    connection: &mut SqliteConnection,
    holder: &NodeId,
    most: usize,
) -> Result<Vec<ComplaintId>, StoreError> {
    let found: Vec<Vec<u8>> =
        sqlx::query_scalar("SELECT id FROM complaints WHERE node = ? AND pending IS NOT NULL ORDER BY id LIMIT ?")
            .bind(holder.as_str())
            .bind(limit(most))
            .fetch_all(connection)
            .await?;
    columns::names(&found)
}

/// Complaints with events that are held.
pub(super) async fn held(connection: &mut SqliteConnection, most: usize) -> Result<Vec<ComplaintId>, StoreError> {
    let found: Vec<Vec<u8>> = sqlx::query_scalar(
        "SELECT DISTINCT complaint FROM events WHERE verdict = 5 AND complaint IS NOT NULL ORDER BY complaint LIMIT ?",
    )
    .bind(limit(most))
    .fetch_all(connection)
    .await?;
    columns::names(&found)
}
