//! Storing seals, and the seal that covers a position.

use std::collections::HashSet;

use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use super::codec::{self, array, int};
use super::entries::ROWS_MAX;
use super::{OwnJournal, Owner, StoreError};
use crate::domain::{NodeId, Position, SealHash};
use crate::journal::Seal;
use crate::store::advance;

/// Stores the seals that are not stored yet and moves the sealed end of the own journal over own ones.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    owner: &Owner,
    own: &mut OwnJournal,
    seals: &[Seal],
) -> Result<(), StoreError> {
    if seals.is_empty() {
        return Ok(());
    }
    let mut known = stored(connection, seals).await?;
    let mut fresh = Vec::new();
    for seal in seals.iter().filter(|seal| known.insert(seal.hash())) {
        if advance::is_own(owner, &seal.body().origin) {
            advance::seal(own, seal)?;
        }
        fresh.push((int(seal.body().first)?, int(seal.body().last)?, seal));
    }
    for rows in fresh.chunks(ROWS_MAX) {
        let mut query: QueryBuilder<Sqlite> =
            QueryBuilder::new("INSERT INTO seals (origin, incarnation, first, last, body, signature, hash) ");
        query.push_values(rows, |mut row, (first, last, seal)| {
            row.push_bind(seal.body().origin.as_str().to_owned())
                .push_bind(seal.body().incarnation)
                .push_bind(*first)
                .push_bind(*last)
                .push_bind(seal.bytes().to_vec())
                .push_bind(seal.signature().to_vec())
                .push_bind(seal.hash().0.to_vec());
        });
        query.build().persistent(false).execute(&mut *connection).await?;
    }
    Ok(())
}

/// The names of the seals that stand where these are to stand.
async fn stored(connection: &mut SqliteConnection, seals: &[Seal]) -> Result<HashSet<SealHash>, StoreError> {
    let places = seals.iter().map(|seal| {
        let body = seal.body();
        // A node's name needs no escape in JSON.
        format!("[\"{}\",{},{}]", body.origin, body.incarnation, body.last)
    });
    let names: Vec<Vec<u8>> = sqlx::query_scalar(
        "SELECT s.hash FROM json_each(?) j CROSS JOIN seals s
         ON s.origin = j.value ->> 0 AND s.incarnation = j.value ->> 1 AND s.last = j.value ->> 2",
    )
    .bind(array(places))
    .fetch_all(connection)
    .await?;
    names.iter().map(|hash| codec::seal_hash(hash)).collect()
}

/// The seal that covers a position, if it is stored.
pub(super) async fn covering(
    connection: &mut SqliteConnection,
    origin: &NodeId,
    position: Position,
) -> Result<Option<Seal>, StoreError> {
    let row: Option<(i64, Vec<u8>, Vec<u8>)> = sqlx::query_as(
        "SELECT first, body, signature FROM seals WHERE origin = ? AND incarnation = ? AND last >= ? ORDER BY last LIMIT 1",
    )
    .bind(origin.as_str())
    .bind(position.incarnation)
    .bind(int(position.seq)?)
    .fetch_optional(connection)
    .await?;
    let Some((_, body, signature)) = row.filter(|(first, _, _)| int(position.seq).is_ok_and(|seq| *first <= seq))
    else {
        return Ok(None);
    };
    codec::seal(body, &signature).map(Some)
}
