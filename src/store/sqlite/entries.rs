//! Storing events and their content, and destroying content.

use std::collections::HashMap;

use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use super::codec::{hex_list, int};
use super::{OwnJournal, Owner, StoreError, aside};
use crate::domain::EventHash;
use crate::store::columns::Written;
use crate::store::{Entry, advance};

/// Rows of a statement with up to sixteen columns, below SQLite's 32 766 variables.
pub(super) const ROWS_MAX: usize = 1000;

/// Stores the entries that are not stored yet and moves the own journal's end over own ones.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    owner: &Owner,
    own: &mut OwnJournal,
    entries: &[Entry],
) -> Result<(), StoreError> {
    if entries.is_empty() {
        return Ok(());
    }
    let mut known = stored(connection, entries).await?;
    let mut fresh: Vec<&Entry> = Vec::new();
    for entry in entries {
        if let Some(bytes) = known.get(&entry.hash) {
            if *bytes != entry.sealed.bytes {
                return Err(StoreError::Conflict(format!("event {} is stored with other bytes", entry.hash)));
            }
            continue;
        }
        if advance::is_own(owner, &entry.node) {
            advance::append(own, entry.position)?;
        }
        known.insert(entry.hash, entry.sealed.bytes.clone());
        fresh.push(entry);
    }
    let last: i64 = sqlx::query_scalar("SELECT coalesce(max(id), 0) FROM events").fetch_one(&mut *connection).await?;
    let numbered: Vec<(i64, &Entry)> = (last.saturating_add(1)..).zip(fresh).collect();
    for rows in numbered.chunks(ROWS_MAX) {
        insert(connection, rows).await?;
        insert_parts(connection, rows).await?;
        insert_traces(connection, rows).await?;
    }
    if numbered.iter().any(|(_, entry)| advance::is_own(owner, &entry.node)) {
        aside::take_back(connection, numbered.iter().map(|(_, entry)| entry.hash)).await?;
    }
    Ok(())
}

/// The header bytes of those entries that are stored.
async fn stored(
    connection: &mut SqliteConnection,
    entries: &[Entry],
) -> Result<HashMap<EventHash, Vec<u8>>, StoreError> {
    let rows: Vec<(Vec<u8>, Vec<u8>)> =
        sqlx::query_as("SELECT hash, header FROM events WHERE hash IN (SELECT unhex(value) FROM json_each(?))")
            .bind(hex_list(entries.iter().map(|entry| &entry.hash.0[..])))
            .fetch_all(connection)
            .await?;
    rows.into_iter().map(|(hash, header)| Ok((super::codec::event_hash(&hash)?, header))).collect()
}

async fn insert(connection: &mut SqliteConnection, rows: &[(i64, &Entry)]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut ranges = Vec::with_capacity(rows.len());
    for (_, entry) in rows {
        ranges.push((int(entry.position.seq)?, entry.proof.as_ref().map(|proof| int(proof.seal_last)).transpose()?));
    }
    let mut query: QueryBuilder<Sqlite> = QueryBuilder::new(
        "INSERT INTO events (id, hash, origin, incarnation, seq, header, complaint, registry, change, ends, seal_last, leaf,
         path, verdict, reason) ",
    );
    query.push_values(rows.iter().zip(ranges), |mut row, ((id, entry), (seq, seal_last))| {
        let (verdict, reason) = entry.verdict.codes();
        let proof = entry.proof.as_ref();
        row.push_bind(*id)
            .push_bind(entry.hash.0.to_vec())
            .push_bind(entry.node.as_str().to_owned())
            .push_bind(entry.position.incarnation)
            .push_bind(seq)
            .push_bind(entry.sealed.bytes.clone())
            .push_bind(entry.complaint.map(|complaint| complaint.0.to_vec()))
            .push_bind(advance::is_registry(entry))
            .push_bind(entry.change.clone())
            .push_bind(advance::ends(entry).map(|opener| opener.0.to_vec()))
            .push_bind(seal_last)
            .push_bind(proof.map(|proof| proof.index))
            .push_bind(proof.map(|proof| proof.path.concat()))
            .push_bind(verdict)
            .push_bind(reason);
    });
    query.build().persistent(false).execute(connection).await?;
    Ok(())
}

async fn insert_parts(connection: &mut SqliteConnection, rows: &[(i64, &Entry)]) -> Result<(), StoreError> {
    let parts = rows.iter().flat_map(|(id, entry)| entry.sealed.parts.iter().map(move |part| (*id, part)));
    let parts: Vec<_> = parts.collect();
    for parts in parts.chunks(ROWS_MAX) {
        let mut query: QueryBuilder<Sqlite> =
            QueryBuilder::new("INSERT INTO parts (event, part, kind, form, salt, content) ");
        query.push_values(parts, |mut row, (id, part)| {
            let written = Written::of(part);
            row.push_bind(*id)
                .push_bind(part.index)
                .push_bind(part.kind.code())
                .push_bind(written.form)
                .push_bind(written.salt.to_vec())
                .push_bind(written.content.to_vec());
        });
        query.build().persistent(false).execute(&mut *connection).await?;
    }
    Ok(())
}

async fn insert_traces(connection: &mut SqliteConnection, rows: &[(i64, &Entry)]) -> Result<(), StoreError> {
    let traces: Vec<_> = rows.iter().filter_map(|(id, entry)| Some((id, entry.sealed.trace?.to_bytes()))).collect();
    if traces.is_empty() {
        return Ok(());
    }
    let mut query: QueryBuilder<Sqlite> = QueryBuilder::new("INSERT INTO traces (event, context) ");
    query.push_values(traces, |mut row, (id, context)| {
        row.push_bind(*id).push_bind(context.to_vec());
    });
    query.build().persistent(false).execute(connection).await?;
    Ok(())
}

/// Destroys the content of events and what caused them, those set aside included.
pub(super) async fn destroy(connection: &mut SqliteConnection, events: &[EventHash]) -> Result<(), StoreError> {
    if events.is_empty() {
        return Ok(());
    }
    let names = hex_list(events.iter().map(|hash| &hash.0[..]));
    for statement in [
        "DELETE FROM parts
         WHERE event IN (SELECT id FROM events WHERE hash IN (SELECT unhex(value) FROM json_each(?)))",
        "DELETE FROM traces
         WHERE event IN (SELECT id FROM events WHERE hash IN (SELECT unhex(value) FROM json_each(?)))",
        "DELETE FROM set_aside_parts WHERE hash IN (SELECT unhex(value) FROM json_each(?))",
    ] {
        sqlx::query(statement).bind(&names).execute(&mut *connection).await?;
    }
    Ok(())
}
