//! Sealed batches as they were sealed.

use sqlx::PgConnection;

use super::{Batch, SealedEntry, StoreError, journal};
use crate::domain::{NodeId, Position};
use crate::journal::Seal;
use crate::store::columns::{self, Row, columns, corrupt, int, trace};

/// Most batches read at a time.
const BATCHES_MAX: i64 = 64;

/// The first batches of a journal after a position: as many as fit, at least one.
pub(super) async fn sealed(
    connection: &mut PgConnection,
    origin: &NodeId,
    after: Position,
    bytes: usize,
) -> Result<Vec<Batch>, StoreError> {
    let seals: Vec<(Vec<u8>, Vec<u8>)> = sqlx::query_as(
        "SELECT body, signature FROM seals WHERE origin = $1 AND (incarnation, last) > ($2, $3)
         ORDER BY incarnation, last LIMIT $4",
    )
    .bind(origin.as_str())
    .bind(i64::from(after.incarnation))
    .bind(int(after.seq)?)
    .bind(BATCHES_MAX)
    .fetch_all(&mut *connection)
    .await?;
    let mut batches = Vec::new();
    let mut total = 0_usize;
    for (body, signature) in seals {
        let seal = columns::seal(body, &signature)?;
        let entries = covered(connection, origin, &seal).await?;
        total = entries.iter().map(SealedEntry::size).fold(total, usize::saturating_add);
        if total > bytes && !batches.is_empty() {
            break;
        }
        batches.push(Batch { seal, entries });
    }
    Ok(batches)
}

/// The events under a seal, all of them.
async fn covered(connection: &mut PgConnection, origin: &NodeId, seal: &Seal) -> Result<Vec<SealedEntry>, StoreError> {
    let body = seal.body();
    let rows: Vec<Row> = sqlx::query_as(concat!(
        "SELECT ",
        columns!(),
        ", ",
        trace!(),
        " FROM events e WHERE e.origin = $1 AND e.incarnation = $2 AND e.seq BETWEEN $3 AND $4 ORDER BY e.seq"
    ))
    .bind(origin.as_str())
    .bind(i64::from(body.incarnation))
    .bind(int(body.first)?)
    .bind(int(body.last)?)
    .fetch_all(&mut *connection)
    .await?;
    if u64::try_from(rows.len()) != Ok(body.events()) {
        let end = body.end();
        return Err(corrupt(format_args!("events of {origin} under the seal that ends at {end} are missing")));
    }
    let parts = journal::parts(connection, rows.iter().map(|row| row.id)).await?;
    columns::with_parts(rows, parts)
}
