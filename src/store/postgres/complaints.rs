//! Complaints as people look for them: files, lists, tracking numbers, names typed in part, and those that wait for the hub.

use sqlx::{PgConnection, Postgres, QueryBuilder};

use super::{DueFilter, File, ListFilter, StoreError, Summary, journal, tallies};
use crate::domain::{ComplaintId, NodeId, Timestamp, TrackingNumber};
use crate::store::columns::{self, Row, SummaryRow, columns, int, limit};

/// The columns of [`SummaryRow`].
const SUMMARY: &str =
    "SELECT id, tracking, origin, class, category, visibility, unit, node, state, epoch, pending, held, late,
    imported, withdrew, filed_at, updated_at, due_at, due_for, overdue FROM complaints WHERE ";

/// Puts participants, links and measures to projections.
async fn summaries(connection: &mut PgConnection, rows: Vec<SummaryRow>) -> Result<Vec<Summary>, StoreError> {
    let pairs: Vec<(Vec<u8>, String)> =
        sqlx::query_as("SELECT complaint, node FROM participants WHERE complaint = ANY($1)")
            .bind(rows.iter().map(|row| &row.id[..]).collect::<Vec<&[u8]>>())
            .fetch_all(&mut *connection)
            .await?;
    let links: Vec<(Vec<u8>, Vec<u8>)> = sqlx::query_as("SELECT complaint, other FROM links WHERE complaint = ANY($1)")
        .bind(rows.iter().map(|row| &row.id[..]).collect::<Vec<&[u8]>>())
        .fetch_all(&mut *connection)
        .await?;
    tallies::with_measures(connection, columns::completed(rows, pairs, links)?).await
}

/// One complaint's whole file.
pub(super) async fn file(connection: &mut PgConnection, id: ComplaintId) -> Result<Option<File>, StoreError> {
    let rows: Vec<Row> =
        sqlx::query_as(concat!("SELECT ", columns!(), " FROM events e WHERE e.complaint = $1 ORDER BY e.id"))
            .bind(id.0)
            .fetch_all(&mut *connection)
            .await?;
    let parts = journal::parts(connection, rows.iter().map(|row| row.id)).await?;
    let events = columns::filed(rows, parts)?;
    let mut query: QueryBuilder<Postgres> = QueryBuilder::new(SUMMARY);
    query.push("id = ").push_bind(id.0);
    let summary: Vec<SummaryRow> = query.build_query_as().fetch_all(&mut *connection).await?;
    let file = File { events, summary: summaries(connection, summary).await?.pop() };
    Ok((file != File::default()).then_some(file))
}

/// Complaints by filter, newest change first.
pub(super) async fn list(connection: &mut PgConnection, filter: &ListFilter) -> Result<Vec<Summary>, StoreError> {
    let mut query = filtered(filter);
    query.push(" ORDER BY updated_at DESC, id LIMIT ").push_bind(limit(filter.limit));
    let rows: Vec<SummaryRow> = query.build_query_as().fetch_all(&mut *connection).await?;
    summaries(connection, rows).await
}

/// Complaints by filter in the order in which they were filed, after one of them.
pub(super) async fn filed(
    connection: &mut PgConnection,
    filter: &ListFilter,
    after: Option<(Timestamp, ComplaintId)>,
) -> Result<Vec<Summary>, StoreError> {
    let mut query = filtered(filter);
    if let Some((time, id)) = after {
        query.push(" AND (filed_at, id) > (").push_bind(time.0).push(", ").push_bind(id.0).push(")");
    }
    query.push(" ORDER BY filed_at, id LIMIT ").push_bind(limit(filter.limit));
    let rows: Vec<SummaryRow> = query.build_query_as().fetch_all(&mut *connection).await?;
    summaries(connection, rows).await
}

fn filtered(filter: &ListFilter) -> QueryBuilder<Postgres> {
    let mut query: QueryBuilder<Postgres> = QueryBuilder::new(SUMMARY);
    query.push("TRUE");
    if let Some(unit) = filter.unit.as_ref().filter(|unit| !unit.is_root()) {
        // Below a unit lies what continues its code with a dot; '/' is the character after the dot.
        query.push(" AND (unit = ").push_bind(unit.as_str().to_owned());
        query.push(" OR (unit >= ").push_bind(format!("{unit}."));
        query.push(" AND unit < ").push_bind(format!("{unit}/")).push("))");
    }
    if !filter.states.is_empty() {
        let names: Vec<&str> = filter.states.iter().map(|state| state.name()).collect();
        query.push(" AND state = ANY(").push_bind(names).push(")");
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
        query.push(" AND imported");
    }
    if let Some(other) = filter.linked {
        query.push(" AND id IN (SELECT complaint FROM links WHERE other = ").push_bind(other.0).push(")");
    }
    query
}

/// Complaints whose deadline has passed, the oldest first.
pub(super) async fn due(connection: &mut PgConnection, filter: &DueFilter) -> Result<Vec<Summary>, StoreError> {
    let mut query: QueryBuilder<Postgres> = QueryBuilder::new(SUMMARY);
    query.push("due_at IS NOT NULL AND due_at <= ").push_bind(filter.before.0);
    if !filter.told {
        query.push(" AND (NOT overdue OR state IN ('received', 'returned'))");
    }
    if let Some(node) = &filter.node {
        query.push(" AND node = ").push_bind(node.as_str().to_owned());
    }
    if !filter.moments.is_empty() {
        let names: Vec<&str> = filter.moments.iter().map(|moment| moment.name()).collect();
        query.push(" AND due_for = ANY(").push_bind(names).push(")");
    }
    if let Some((time, id)) = filter.after {
        query.push(" AND (due_at, id) > (").push_bind(time.0).push(", ").push_bind(id.0).push(")");
    }
    query.push(" ORDER BY due_at, id LIMIT ").push_bind(limit(filter.limit));
    let rows: Vec<SummaryRow> = query.build_query_as().fetch_all(&mut *connection).await?;
    summaries(connection, rows).await
}

/// The complaint with a tracking number; the one known longest, should two have it.
pub(super) async fn find(
    connection: &mut PgConnection,
    tracking: TrackingNumber,
) -> Result<Option<ComplaintId>, StoreError> {
    let found: Option<Vec<u8>> =
        sqlx::query_scalar("SELECT id FROM complaints WHERE tracking = $1 ORDER BY number LIMIT 1")
            .bind(int(tracking.bits())?)
            .fetch_optional(connection)
            .await?;
    found.as_deref().map(columns::complaint).transpose()
}

/// The complaints whose name begins so.
pub(super) async fn find_prefix(
    connection: &mut PgConnection,
    hex: &str,
    most: usize,
) -> Result<Vec<ComplaintId>, StoreError> {
    let Some((lowest, highest)) = columns::bounds(hex) else { return Ok(Vec::new()) };
    let found: Vec<Vec<u8>> =
        sqlx::query_scalar("SELECT id FROM complaints WHERE id BETWEEN $1 AND $2 ORDER BY id LIMIT $3")
            .bind(lowest.0)
            .bind(highest.0)
            .bind(limit(most))
            .fetch_all(connection)
            .await?;
    columns::names(&found)
}

/// Complaints held at a node with a proposal pending.
pub(super) async fn unordered(
    connection: &mut PgConnection,
    holder: &NodeId,
    most: usize,
) -> Result<Vec<ComplaintId>, StoreError> {
    let found: Vec<Vec<u8>> =
        sqlx::query_scalar("SELECT id FROM complaints WHERE node = $1 AND pending IS NOT NULL ORDER BY id LIMIT $2")
            .bind(holder.as_str())
            .bind(limit(most))
            .fetch_all(connection)
            .await?;
    columns::names(&found)
}

/// Complaints with events that are held.
pub(super) async fn held(connection: &mut PgConnection, most: usize) -> Result<Vec<ComplaintId>, StoreError> {
    let found: Vec<Vec<u8>> = sqlx::query_scalar(
        "SELECT DISTINCT complaint FROM events WHERE verdict = 5 AND complaint IS NOT NULL ORDER BY complaint LIMIT $1",
    )
    .bind(limit(most))
    .fetch_all(connection)
    .await?;
    columns::names(&found)
}
