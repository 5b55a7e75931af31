//! Verdicts: those that are written, those on a journal, and what did not simply apply.

use std::collections::HashMap;

use sqlx::SqliteConnection;

use super::codec::{self, Hex, array, event_hash, hex_list, int, limit};
use super::{Owner, Refusals, StoreError};
use crate::domain::{EventHash, NodeId, Position, Verdict};
use crate::store::advance;
use crate::store::columns::{self, RefusalRow};

/// Writes verdicts on stored events.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    verdicts: &[(EventHash, Verdict)],
) -> Result<(), StoreError> {
    if verdicts.is_empty() {
        return Ok(());
    }
    let mut known = judged(connection, verdicts).await?;
    let mut changed = HashMap::new();
    for (hash, verdict) in verdicts {
        let stored = known.get(hash).copied().unwrap_or(Verdict::Provisional);
        if advance::settle(hash, stored, *verdict)? {
            known.insert(*hash, *verdict);
            changed.insert(*hash, *verdict);
        }
    }
    if changed.is_empty() {
        return Ok(());
    }
    let rows = changed.iter().map(|(hash, verdict)| {
        let (verdict, reason) = verdict.codes();
        format!("[\"{}\",{verdict},{reason}]", Hex(&hash.0))
    });
    sqlx::query(
        "UPDATE events SET verdict = new.verdict, reason = new.reason
         FROM (SELECT unhex(value ->> 0) AS hash, value ->> 1 AS verdict, value ->> 2 AS reason FROM json_each(?)) AS new
         WHERE events.hash = new.hash",
    )
    .bind(array(rows))
    .execute(connection)
    .await?;
    Ok(())
}

/// The verdicts on those events that were judged before; all of them must be stored.
async fn judged(
    connection: &mut SqliteConnection,
    verdicts: &[(EventHash, Verdict)],
) -> Result<HashMap<EventHash, Verdict>, StoreError> {
    let names = hex_list(verdicts.iter().map(|(hash, _)| &hash.0[..]));
    let missing: Option<String> = sqlx::query_scalar(
        "SELECT value FROM json_each(?) WHERE NOT EXISTS (SELECT 1 FROM events WHERE hash = unhex(value)) LIMIT 1",
    )
    .bind(&names)
    .fetch_optional(&mut *connection)
    .await?;
    if let Some(event) = missing {
        return Err(StoreError::Conflict(format!("a verdict on event {event}, which is not stored")));
    }
    let rows: Vec<(Vec<u8>, i64, i64)> = sqlx::query_as(
        "SELECT hash, verdict, reason FROM events
         WHERE hash IN (SELECT unhex(value) FROM json_each(?)) AND +verdict <> 0",
    )
    .bind(names)
    .fetch_all(connection)
    .await?;
    rows.iter().map(|(hash, verdict, reason)| Ok((event_hash(hash)?, codec::verdict(*verdict, *reason)?))).collect()
}

/// Verdicts on a journal's events after a position, up to the first that is provisional.
pub(super) async fn read(
    connection: &mut SqliteConnection,
    origin: &NodeId,
    after: Position,
    most: usize,
) -> Result<Vec<(Position, EventHash, Verdict)>, StoreError> {
    let rows: Vec<(i64, i64, Vec<u8>, i64, i64)> = sqlx::query_as(
        "SELECT incarnation, seq, hash, verdict, reason FROM events WHERE origin = ? AND (incarnation, seq) > (?, ?)
         ORDER BY incarnation, seq LIMIT ?",
    )
    .bind(origin.as_str())
    .bind(after.incarnation)
    .bind(int(after.seq)?)
    .bind(limit(most))
    .fetch_all(connection)
    .await?;
    columns::verdicts(rows)
}

/// The newest own events that did not simply apply.
pub(super) async fn refusals(
    connection: &mut SqliteConnection,
    owner: &Owner,
    most: usize,
) -> Result<Vec<Refusals>, StoreError> {
    let rows: Vec<RefusalRow> = sqlx::query_as(
        "SELECT incarnation, seq, complaint, change, verdict, reason FROM events WHERE origin = ? AND verdict > 1
         ORDER BY incarnation DESC, seq DESC LIMIT ?",
    )
    .bind(owner.node.as_str())
    .bind(limit(most))
    .fetch_all(connection)
    .await?;
    columns::refusals(rows)
}
