//! Replacing the projections of complaints, and what was announced on them.

use std::collections::BTreeMap;

use sqlx::PgConnection;

use super::{StoreError, Summary};
use crate::domain::{ComplaintId, Moment, Position};
use crate::store::columns::int;

/// Replaces projections; of two of one complaint the later stays.
pub(super) async fn write(connection: &mut PgConnection, summaries: &[Summary]) -> Result<(), StoreError> {
    if summaries.is_empty() {
        return Ok(());
    }
    // In the order in which they became known, each once: a statement may not touch a row twice.
    let mut last: BTreeMap<ComplaintId, usize> = BTreeMap::new();
    for (place, summary) in summaries.iter().enumerate() {
        last.insert(summary.id, place);
    }
    let last: Vec<&Summary> = summaries
        .iter()
        .enumerate()
        .filter(|(place, summary)| last.get(&summary.id) == Some(place))
        .map(|(_, summary)| summary)
        .collect();
    upsert(connection, &last).await?;
    replace_participants(connection, &last).await?;
    replace_links(connection, &last).await
}

async fn upsert(connection: &mut PgConnection, rows: &[&Summary]) -> Result<(), StoreError> {
    let trackings: Vec<i64> = rows.iter().map(|row| int(row.tracking.bits())).collect::<Result<_, _>>()?;
    sqlx::query(
        "INSERT INTO complaints (id, tracking, origin, class, category, visibility, unit, node, state, epoch, pending, held,
         late, imported, withdrew, filed_at, updated_at, due_at, due_for, overdue)
         SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::bigint[], $7::text[],
         $8::text[], $9::text[], $10::bigint[], $11::bytea[], $12::boolean[], $13::bigint[], $14::boolean[], $15::boolean[], $16::bigint[],
         $17::bigint[], $18::bigint[], $19::text[], $20::boolean[])
         ON CONFLICT (id) DO UPDATE SET tracking = excluded.tracking, origin = excluded.origin, class = excluded.class,
         category = excluded.category, visibility = excluded.visibility, unit = excluded.unit, node = excluded.node,
         state = excluded.state, epoch = excluded.epoch, pending = excluded.pending, held = excluded.held,
         late = excluded.late, imported = excluded.imported, withdrew = excluded.withdrew, filed_at = excluded.filed_at,
         updated_at = excluded.updated_at, due_at = excluded.due_at, due_for = excluded.due_for, overdue = excluded.overdue",
    )
    .bind(rows.iter().map(|row| row.id.0).collect::<Vec<[u8; 16]>>())
    .bind(trackings)
    .bind(rows.iter().map(|row| row.origin.as_str()).collect::<Vec<&str>>())
    .bind(rows.iter().map(|row| i64::from(row.class.code())).collect::<Vec<i64>>())
    .bind(rows.iter().map(|row| row.category.as_str()).collect::<Vec<&str>>())
    .bind(rows.iter().map(|row| i64::from(row.visibility.code())).collect::<Vec<i64>>())
    .bind(rows.iter().map(|row| row.unit.as_str()).collect::<Vec<&str>>())
    .bind(rows.iter().map(|row| row.node.as_str()).collect::<Vec<&str>>())
    .bind(rows.iter().map(|row| row.state.name()).collect::<Vec<&str>>())
    .bind(rows.iter().map(|row| i64::from(row.epoch)).collect::<Vec<i64>>())
    .bind(rows.iter().map(|row| row.pending.map(|pending| pending.0)).collect::<Vec<Option<[u8; 32]>>>())
    .bind(rows.iter().map(|row| row.held).collect::<Vec<bool>>())
    .bind(rows.iter().map(|row| i64::from(row.late)).collect::<Vec<i64>>())
    .bind(rows.iter().map(|row| row.imported).collect::<Vec<bool>>())
    .bind(rows.iter().map(|row| row.withdrew).collect::<Vec<bool>>())
    .bind(rows.iter().map(|row| row.filed_at.0).collect::<Vec<i64>>())
    .bind(rows.iter().map(|row| row.updated_at.0).collect::<Vec<i64>>())
    .bind(rows.iter().map(|row| row.due.map(|due| due.0)).collect::<Vec<Option<i64>>>())
    .bind(rows.iter().map(|row| row.due_for.map(Moment::name)).collect::<Vec<Option<&str>>>())
    .bind(rows.iter().map(|row| row.overdue).collect::<Vec<bool>>())
    .execute(connection)
    .await?;
    Ok(())
}

async fn replace_participants(connection: &mut PgConnection, rows: &[&Summary]) -> Result<(), StoreError> {
    let (mut complaints, mut nodes) = (Vec::new(), Vec::new());
    for row in rows {
        for node in &row.participants {
            complaints.push(row.id.0);
            nodes.push(node.as_str());
        }
    }
    // Those that stay are left alone: most complaints keep their participants.
    sqlx::query(
        "DELETE FROM participants p WHERE p.complaint = ANY($1) AND NOT EXISTS (
            SELECT 1 FROM unnest($2::bytea[], $3::text[]) AS stays (complaint, node)
            WHERE stays.complaint = p.complaint AND stays.node = p.node)",
    )
    .bind(rows.iter().map(|row| row.id.0).collect::<Vec<[u8; 16]>>())
    .bind(&complaints)
    .bind(&nodes)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "INSERT INTO participants (complaint, node) SELECT * FROM unnest($1::bytea[], $2::text[]) ON CONFLICT DO NOTHING",
    )
    .bind(complaints)
    .bind(nodes)
    .execute(connection)
    .await?;
    Ok(())
}

async fn replace_links(connection: &mut PgConnection, rows: &[&Summary]) -> Result<(), StoreError> {
    let (mut complaints, mut others) = (Vec::new(), Vec::new());
    for row in rows {
        for other in &row.links {
            complaints.push(row.id.0);
            others.push(other.0);
        }
    }
    sqlx::query("DELETE FROM links WHERE complaint = ANY($1)")
        .bind(rows.iter().map(|row| row.id.0).collect::<Vec<[u8; 16]>>())
        .execute(&mut *connection)
        .await?;
    if complaints.is_empty() {
        return Ok(());
    }
    sqlx::query("INSERT INTO links (complaint, other) SELECT * FROM unnest($1::bytea[], $2::bytea[])")
        .bind(complaints)
        .bind(others)
        .execute(connection)
        .await?;
    Ok(())
}

/// Notes up to where a holder's journal must be stored before a proposal is decided; of two on one complaint the later stays.
pub(super) async fn announce(
    connection: &mut PgConnection,
    announced: &[(ComplaintId, Position)],
) -> Result<(), StoreError> {
    if announced.is_empty() {
        return Ok(());
    }
    let last: BTreeMap<ComplaintId, Position> = announced.iter().copied().collect();
    let seqs: Vec<i64> = last.values().map(|position| int(position.seq)).collect::<Result<_, _>>()?;
    sqlx::query(
        "INSERT INTO announced (complaint, incarnation, seq)
         SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bigint[])
         ON CONFLICT (complaint) DO UPDATE SET incarnation = excluded.incarnation, seq = excluded.seq",
    )
    .bind(last.keys().map(|complaint| complaint.0).collect::<Vec<[u8; 16]>>())
    .bind(last.values().map(|position| i64::from(position.incarnation)).collect::<Vec<i64>>())
    .bind(seqs)
    .execute(connection)
    .await?;
    Ok(())
}
