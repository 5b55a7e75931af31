//! Replacing the projections of complaints, and what was announced on them.

use std::collections::BTreeMap;

use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use super::codec::{hex_list, int};
use super::entries::ROWS_MAX;
use super::{StoreError, Summary};
use crate::domain::{ComplaintId, Moment, Position};

/// Replaces projections; of two of one complaint the later stays.
pub(super) async fn write(connection: &mut SqliteConnection, summaries: &[Summary]) -> Result<(), StoreError> {
    for summaries in summaries.chunks(ROWS_MAX) {
        upsert(connection, summaries).await?;
        let last: BTreeMap<ComplaintId, &Summary> = summaries.iter().map(|summary| (summary.id, summary)).collect();
        replace_participants(connection, &last).await?;
        replace_links(connection, &last).await?;
    }
    Ok(())
}

async fn upsert(connection: &mut SqliteConnection, summaries: &[Summary]) -> Result<(), StoreError> {
    let mut trackings = Vec::with_capacity(summaries.len());
    for summary in summaries {
        trackings.push(int(summary.tracking.bits())?);
    }
    let mut query: QueryBuilder<Sqlite> = QueryBuilder::new(
        "INSERT INTO complaints (id, tracking, origin, class, category, visibility, unit, node, state, epoch, pending, held,
         late, imported, withdrew, filed_at, updated_at, due_at, due_for, overdue) ",
    );
    query.push_values(summaries.iter().zip(trackings), |mut row, (summary, tracking)| {
        row.push_bind(summary.id.0.to_vec())
            .push_bind(tracking)
            .push_bind(summary.origin.as_str().to_owned())
            .push_bind(summary.class.code())
            .push_bind(summary.category.clone())
            .push_bind(summary.visibility.code())
            .push_bind(summary.unit.as_str().to_owned())
            .push_bind(summary.node.as_str().to_owned())
            .push_bind(summary.state.name())
            .push_bind(summary.epoch)
            .push_bind(summary.pending.map(|pending| pending.0.to_vec()))
            .push_bind(summary.held)
            .push_bind(summary.late)
            .push_bind(summary.imported)
            .push_bind(summary.withdrew)
            .push_bind(summary.filed_at.0)
            .push_bind(summary.updated_at.0)
            .push_bind(summary.due.map(|due| due.0))
            .push_bind(summary.due_for.map(Moment::name))
            .push_bind(summary.overdue);
    });
    query.push(
        " ON CONFLICT (id) DO UPDATE SET tracking = excluded.tracking, origin = excluded.origin, class = excluded.class,
         category = excluded.category, visibility = excluded.visibility, unit = excluded.unit, node = excluded.node,
         state = excluded.state, epoch = excluded.epoch, pending = excluded.pending, held = excluded.held,
         late = excluded.late, imported = excluded.imported, withdrew = excluded.withdrew, filed_at = excluded.filed_at,
         updated_at = excluded.updated_at, due_at = excluded.due_at, due_for = excluded.due_for, overdue = excluded.overdue",
    );
    query.build().persistent(false).execute(connection).await?;
    Ok(())
}

async fn replace_participants(
    connection: &mut SqliteConnection,
    summaries: &BTreeMap<ComplaintId, &Summary>,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM participants WHERE complaint IN (SELECT unhex(value) FROM json_each(?))")
        .bind(hex_list(summaries.keys().map(|complaint| &complaint.0[..])))
        .execute(&mut *connection)
        .await?;
    let rows = summaries.iter().flat_map(|(id, summary)| summary.participants.iter().map(move |node| (id, node)));
    let rows: Vec<_> = rows.collect();
    for rows in rows.chunks(ROWS_MAX) {
        let mut query: QueryBuilder<Sqlite> = QueryBuilder::new("INSERT INTO participants (complaint, node) ");
        query.push_values(rows, |mut row, (complaint, node)| {
            row.push_bind(complaint.0.to_vec()).push_bind(node.as_str().to_owned());
        });
        query.push(" ON CONFLICT DO NOTHING");
        query.build().persistent(false).execute(&mut *connection).await?;
    }
    Ok(())
}

async fn replace_links(
    connection: &mut SqliteConnection,
    summaries: &BTreeMap<ComplaintId, &Summary>,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM links WHERE complaint IN (SELECT unhex(value) FROM json_each(?))")
        .bind(hex_list(summaries.keys().map(|complaint| &complaint.0[..])))
        .execute(&mut *connection)
        .await?;
    let rows = summaries.iter().flat_map(|(id, summary)| summary.links.iter().map(move |other| (id, other)));
    let rows: Vec<_> = rows.collect();
    for rows in rows.chunks(ROWS_MAX) {
        let mut query: QueryBuilder<Sqlite> = QueryBuilder::new("INSERT INTO links (complaint, other) ");
        query.push_values(rows, |mut row, (complaint, other)| {
            row.push_bind(complaint.0.to_vec()).push_bind(other.0.to_vec());
        });
        query.push(" ON CONFLICT DO NOTHING");
        query.build().persistent(false).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Notes up to where a holder's journal must be stored before a proposal is decided.
pub(super) async fn announce(
    connection: &mut SqliteConnection,
    announced: &[(ComplaintId, Position)],
) -> Result<(), StoreError> {
    for rows in announced.chunks(ROWS_MAX) {
        let mut seqs = Vec::with_capacity(rows.len());
        for (_, position) in rows {
            seqs.push(int(position.seq)?);
        }
        let mut query: QueryBuilder<Sqlite> = QueryBuilder::new("INSERT INTO announced (complaint, incarnation, seq) ");
        query.push_values(rows.iter().zip(seqs), |mut row, ((complaint, position), seq)| {
            row.push_bind(complaint.0.to_vec()).push_bind(position.incarnation).push_bind(seq);
        });
        query.push(" ON CONFLICT (complaint) DO UPDATE SET incarnation = excluded.incarnation, seq = excluded.seq");
        query.build().persistent(false).execute(&mut *connection).await?;
    }
    Ok(())
}
