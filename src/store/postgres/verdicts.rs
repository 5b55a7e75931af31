//! Verdicts: those that are written, those on a journal, and what did not simply apply.

use std::collections::HashMap;

use sqlx::PgConnection;

use super::{Owner, Refusals, StoreError};
use crate::domain::{EventHash, NodeId, Position, Verdict};
use crate::store::advance;
use crate::store::columns::{self, RefusalRow, event_hash, int, limit};

/// Writes verdicts on stored events.
pub(super) async fn write(connection: &mut PgConnection, verdicts: &[(EventHash, Verdict)]) -> Result<(), StoreError> {
    if verdicts.is_empty() {
        return Ok(());
    }
    let mut known = judged(connection, verdicts).await?;
    let mut changed: HashMap<EventHash, Verdict> = HashMap::new();
    for (hash, verdict) in verdicts {
        let missing = || StoreError::Conflict(format!("a verdict on event {hash}, which is not stored"));
        let stored = known.get_mut(hash).ok_or_else(missing)?;
        if advance::settle(hash, *stored, *verdict)? {
            *stored = *verdict;
            changed.insert(*hash, *verdict);
        }
    }
    if changed.is_empty() {
        return Ok(());
    }
    let codes = || changed.values().map(|verdict| verdict.codes());
    sqlx::query(
        "UPDATE events SET verdict = new.verdict, reason = new.reason
         FROM unnest($1::bytea[], $2::bigint[], $3::bigint[]) AS new (hash, verdict, reason)
         WHERE events.hash = new.hash",
    )
    .bind(changed.keys().map(|hash| hash.0).collect::<Vec<[u8; 32]>>())
    .bind(codes().map(|(verdict, _)| i64::from(verdict)).collect::<Vec<i64>>())
    .bind(codes().map(|(_, reason)| i64::from(reason)).collect::<Vec<i64>>())
    .execute(connection)
    .await?;
    Ok(())
}

/// The verdicts on events, as far as these are stored.
async fn judged(
    connection: &mut PgConnection,
    verdicts: &[(EventHash, Verdict)],
) -> Result<HashMap<EventHash, Verdict>, StoreError> {
    let rows: Vec<(Vec<u8>, i64, i64)> =
        sqlx::query_as("SELECT hash, verdict, reason FROM events WHERE hash = ANY($1)")
            .bind(verdicts.iter().map(|(hash, _)| hash.0).collect::<Vec<[u8; 32]>>())
            .fetch_all(connection)
            .await?;
    let verdict =
        |(hash, verdict, reason): &(Vec<u8>, i64, i64)| Ok((event_hash(hash)?, columns::verdict(*verdict, *reason)?));
    rows.iter().map(verdict).collect()
}

/// Verdicts on a journal's events after a position, up to the first that is provisional.
pub(super) async fn read(
    connection: &mut PgConnection,
    origin: &NodeId,
    after: Position,
    most: usize,
) -> Result<Vec<(Position, EventHash, Verdict)>, StoreError> {
    let rows: Vec<(i64, i64, Vec<u8>, i64, i64)> = sqlx::query_as(
        "SELECT incarnation, seq, hash, verdict, reason FROM events WHERE origin = $1 AND (incarnation, seq) > ($2, $3)
         ORDER BY incarnation, seq LIMIT $4",
    )
    .bind(origin.as_str())
    .bind(i64::from(after.incarnation))
    .bind(int(after.seq)?)
    .bind(limit(most))
    .fetch_all(connection)
    .await?;
    columns::verdicts(rows)
}

/// The newest own events that did not simply apply.
pub(super) async fn refusals(
    connection: &mut PgConnection,
    owner: &Owner,
    most: usize,
) -> Result<Vec<Refusals>, StoreError> {
    let rows: Vec<RefusalRow> = sqlx::query_as(
        "SELECT incarnation, seq, complaint, change, verdict, reason FROM events WHERE origin = $1 AND verdict > 1
         ORDER BY incarnation DESC, seq DESC LIMIT $2",
    )
    .bind(owner.node.as_str())
    .bind(limit(most))
    .fetch_all(connection)
    .await?;
    columns::refusals(rows)
}
