//! Sealed batches as they were sealed.

use sqlx::SqliteConnection;

use super::codec::{self, corrupt, int};
use super::journal;
use super::{Batch, SealedEntry, StoreError};
use crate::domain::{NodeId, Position};
use crate::journal::Seal;
use crate::store::columns::{Row, columns, size, trace};

/// Most batches read at a time.
const BATCHES_MAX: i64 = 64;

/// The first batches of a journal after a position: as many as fit, at least one.
pub(super) async fn sealed(
    connection: &mut SqliteConnection,
    origin: &NodeId,
    after: Position,
    bytes: usize,
) -> Result<Vec<Batch>, StoreError> {
    let seals: Vec<(Vec<u8>, Vec<u8>)> = sqlx::query_as(
        "SELECT body, signature FROM seals WHERE origin = ? AND (incarnation, last) > (?, ?) ORDER BY incarnation, last LIMIT ?",
    )
    .bind(origin.as_str())
    .bind(after.incarnation)
    .bind(int(after.seq)?)
    .bind(BATCHES_MAX)
    .fetch_all(&mut *connection)
    .await?;
    let mut batches = Vec::new();
    let mut total = 0_usize;
    for (body, signature) in seals {
        let seal = codec::seal(body, &signature)?;
        // A batch that would not fit is not read for nothing.
        if !batches.is_empty() && total.saturating_add(size(connection, origin, &seal).await?) > bytes {
            break;
        }
        let entries = covered(connection, origin, &seal).await?;
        total = entries.iter().map(SealedEntry::size).fold(total, usize::saturating_add);
        batches.push(Batch { seal, entries });
    }
    Ok(batches)
}

/// Bytes of headers and parts under a seal.
async fn size(connection: &mut SqliteConnection, origin: &NodeId, seal: &Seal) -> Result<usize, StoreError> {
    let body = seal.body();
    let bytes: i64 = sqlx::query_scalar(concat!(
        "SELECT coalesce(sum(",
        size!(),
        "), 0) FROM events e WHERE e.origin = ? AND e.incarnation = ? AND e.seq BETWEEN ? AND ?"
    ))
    .bind(origin.as_str())
    .bind(body.incarnation)
    .bind(int(body.first)?)
    .bind(int(body.last)?)
    .fetch_one(connection)
    .await?;
    codec::number(bytes)
}

/// The events under a seal, all of them.
async fn covered(
    connection: &mut SqliteConnection,
    origin: &NodeId,
    seal: &Seal,
) -> Result<Vec<SealedEntry>, StoreError> {
    let body = seal.body();
    let rows: Vec<Row> = sqlx::query_as(concat!(
        "SELECT ",
        columns!(),
        ", ",
        trace!(),
        " FROM events e WHERE e.origin = ? AND e.incarnation = ? AND e.seq BETWEEN ? AND ? ORDER BY e.seq"
    ))
    .bind(origin.as_str())
    .bind(body.incarnation)
    .bind(int(body.first)?)
    .bind(int(body.last)?)
    .fetch_all(&mut *connection)
    .await?;
    if u64::try_from(rows.len()) != Ok(body.events()) {
        let end = body.end();
        return Err(corrupt(format_args!("events of {origin} under the seal that ends at {end} are missing")));
    }
    journal::with_parts(connection, rows).await
}
