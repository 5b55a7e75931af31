//! Storing events and their content, and destroying content. One statement a table, whatever the number of rows.

use std::collections::HashMap;

use sqlx::PgConnection;

use super::{OwnJournal, Owner, StoreError, aside};
use crate::domain::EventHash;
use crate::runtime::trace_context::TRACE_CONTEXT_BYTES;
use crate::store::columns::{Written, event_hash, int};
use crate::store::{Entry, advance};

/// Stores the entries that are not stored yet and moves the own journal's end over own ones. `last` is the row number of the
/// newest event.
pub(super) async fn write(
    connection: &mut PgConnection,
    owner: &Owner,
    own: &mut OwnJournal,
    last: i64,
    entries: &[Entry],
) -> Result<(), StoreError> {
    if entries.is_empty() {
        return Ok(());
    }
    let known = stored(connection, entries).await?;
    let mut seen: HashMap<EventHash, &[u8]> = known.iter().map(|(hash, bytes)| (*hash, &bytes[..])).collect();
    let mut fresh: Vec<&Entry> = Vec::new();
    for entry in entries {
        if let Some(bytes) = seen.get(&entry.hash) {
            if *bytes != entry.sealed.bytes {
                return Err(StoreError::Conflict(format!("event {} is stored with other bytes", entry.hash)));
            }
            continue;
        }
        if advance::is_own(owner, &entry.node) {
            advance::append(own, entry.position)?;
        }
        seen.insert(entry.hash, &entry.sealed.bytes);
        fresh.push(entry);
    }
    let numbered: Vec<(i64, &Entry)> = (last.saturating_add(1)..).zip(fresh).collect();
    insert(connection, &numbered).await?;
    insert_parts(connection, &numbered).await?;
    insert_traces(connection, &numbered).await?;
    if numbered.iter().any(|(_, entry)| advance::is_own(owner, &entry.node)) {
        aside::take_back(connection, numbered.iter().map(|(_, entry)| entry.hash)).await?;
    }
    Ok(())
}

/// The header bytes of those entries that are stored.
async fn stored(connection: &mut PgConnection, entries: &[Entry]) -> Result<HashMap<EventHash, Vec<u8>>, StoreError> {
    let names: Vec<[u8; 32]> = entries.iter().map(|entry| entry.hash.0).collect();
    let rows: Vec<(Vec<u8>, Vec<u8>)> = sqlx::query_as("SELECT hash, header FROM events WHERE hash = ANY($1)")
        .bind(names)
        .fetch_all(connection)
        .await?;
    rows.into_iter().map(|(hash, header)| Ok((event_hash(&hash)?, header))).collect()
}

async fn insert(connection: &mut PgConnection, rows: &[(i64, &Entry)]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let entries = || rows.iter().map(|(_, entry)| *entry);
    let proofs = || entries().map(|entry| entry.proof.as_ref());
    let seqs: Vec<i64> = entries().map(|entry| int(entry.position.seq)).collect::<Result<_, _>>()?;
    let lasts = proofs().map(|proof| proof.map(|proof| int(proof.seal_last)).transpose());
    let lasts: Vec<Option<i64>> = lasts.collect::<Result<_, _>>()?;
    let codes = || entries().map(|entry| entry.verdict.codes());
    sqlx::query(
        "INSERT INTO events (id, hash, origin, incarnation, seq, header, complaint, registry, change, ends, seal_last, leaf,
         path, verdict, reason)
         SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::text[], $4::bigint[], $5::bigint[], $6::bytea[], $7::bytea[],
         $8::boolean[], $9::text[], $10::bytea[], $11::bigint[], $12::bigint[], $13::bytea[], $14::bigint[], $15::bigint[])",
    )
    .bind(rows.iter().map(|(id, _)| *id).collect::<Vec<i64>>())
    .bind(entries().map(|entry| entry.hash.0).collect::<Vec<[u8; 32]>>())
    .bind(entries().map(|entry| entry.node.as_str()).collect::<Vec<&str>>())
    .bind(entries().map(|entry| i64::from(entry.position.incarnation)).collect::<Vec<i64>>())
    .bind(seqs)
    .bind(entries().map(|entry| &entry.sealed.bytes[..]).collect::<Vec<&[u8]>>())
    .bind(entries().map(|entry| entry.complaint.map(|complaint| complaint.0)).collect::<Vec<Option<[u8; 16]>>>())
    .bind(entries().map(advance::is_registry).collect::<Vec<bool>>())
    .bind(entries().map(|entry| entry.change.as_str()).collect::<Vec<&str>>())
    .bind(entries().map(|entry| advance::ends(entry).map(|opener| opener.0)).collect::<Vec<Option<[u8; 32]>>>())
    .bind(lasts)
    .bind(proofs().map(|proof| proof.map(|proof| i64::from(proof.index))).collect::<Vec<Option<i64>>>())
    .bind(proofs().map(|proof| proof.map(|proof| proof.path.concat())).collect::<Vec<Option<Vec<u8>>>>())
    .bind(codes().map(|(verdict, _)| i64::from(verdict)).collect::<Vec<i64>>())
    .bind(codes().map(|(_, reason)| i64::from(reason)).collect::<Vec<i64>>())
    .execute(connection)
    .await?;
    Ok(())
}

async fn insert_parts(connection: &mut PgConnection, rows: &[(i64, &Entry)]) -> Result<(), StoreError> {
    let parts = rows.iter().flat_map(|(id, entry)| entry.sealed.parts.iter().map(move |part| (*id, part)));
    let parts: Vec<_> = parts.collect();
    if parts.is_empty() {
        return Ok(());
    }
    let written = || parts.iter().map(|(_, part)| Written::of(part));
    sqlx::query(
        "INSERT INTO parts (event, part, kind, form, salt, content)
         SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[], $6::bytea[])",
    )
    .bind(parts.iter().map(|(id, _)| *id).collect::<Vec<i64>>())
    .bind(parts.iter().map(|(_, part)| i64::from(part.index)).collect::<Vec<i64>>())
    .bind(parts.iter().map(|(_, part)| i64::from(part.kind.code())).collect::<Vec<i64>>())
    .bind(written().map(|part| part.form).collect::<Vec<i64>>())
    .bind(written().map(|part| part.salt).collect::<Vec<[u8; 32]>>())
    .bind(written().map(|part| part.content).collect::<Vec<&[u8]>>())
    .execute(connection)
    .await?;
    Ok(())
}

async fn insert_traces(connection: &mut PgConnection, rows: &[(i64, &Entry)]) -> Result<(), StoreError> {
    let traces = rows.iter().filter_map(|(id, entry)| Some((*id, entry.sealed.trace?.to_bytes())));
    let (events, contexts): (Vec<i64>, Vec<[u8; TRACE_CONTEXT_BYTES]>) = traces.unzip();
    if !events.is_empty() {
        sqlx::query("INSERT INTO traces (event, context) SELECT * FROM unnest($1::bigint[], $2::bytea[])")
            .bind(events)
            .bind(contexts)
            .execute(connection)
            .await?;
    }
    Ok(())
}

/// Destroys the content of events and what caused them, those set aside included.
pub(super) async fn destroy(connection: &mut PgConnection, events: &[EventHash]) -> Result<(), StoreError> {
    if events.is_empty() {
        return Ok(());
    }
    let names: Vec<[u8; 32]> = events.iter().map(|hash| hash.0).collect();
    for statement in [
        "DELETE FROM parts WHERE event IN (SELECT id FROM events WHERE hash = ANY($1))",
        "DELETE FROM traces WHERE event IN (SELECT id FROM events WHERE hash = ANY($1))",
        "DELETE FROM set_aside_parts WHERE hash = ANY($1)",
    ] {
        sqlx::query(statement).bind(&names).execute(&mut *connection).await?;
    }
    Ok(())
}
