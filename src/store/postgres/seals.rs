//! Storing seals, and the seal that covers a position.

use std::collections::HashSet;

use sqlx::PgConnection;

use super::{OwnJournal, Owner, StoreError};
use crate::domain::{NodeId, Position, SealHash};
use crate::journal::Seal;
use crate::store::advance;
use crate::store::columns::{self, int};

/// Stores the seals that are not stored yet and moves the sealed end of the own journal over own ones.
pub(super) async fn write(
    connection: &mut PgConnection,
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
        fresh.push(seal);
    }
    let firsts: Vec<i64> = fresh.iter().map(|seal| int(seal.body().first)).collect::<Result<_, _>>()?;
    let lasts: Vec<i64> = fresh.iter().map(|seal| int(seal.body().last)).collect::<Result<_, _>>()?;
    sqlx::query(
        "INSERT INTO seals (origin, incarnation, first, last, body, signature, hash)
         SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[], $6::bytea[], $7::bytea[])",
    )
    .bind(fresh.iter().map(|seal| seal.body().origin.as_str()).collect::<Vec<&str>>())
    .bind(fresh.iter().map(|seal| i64::from(seal.body().incarnation)).collect::<Vec<i64>>())
    .bind(firsts)
    .bind(lasts)
    .bind(fresh.iter().map(|seal| seal.bytes()).collect::<Vec<&[u8]>>())
    .bind(fresh.iter().map(|seal| &seal.signature()[..]).collect::<Vec<&[u8]>>())
    .bind(fresh.iter().map(|seal| seal.hash().0).collect::<Vec<[u8; 32]>>())
    .execute(connection)
    .await?;
    Ok(())
}

/// The names of the seals that stand where these are to stand.
async fn stored(connection: &mut PgConnection, seals: &[Seal]) -> Result<HashSet<SealHash>, StoreError> {
    let lasts: Vec<i64> = seals.iter().map(|seal| int(seal.body().last)).collect::<Result<_, _>>()?;
    let names: Vec<Vec<u8>> = sqlx::query_scalar(
        "SELECT s.hash FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS w (origin, incarnation, last)
         JOIN seals s ON s.origin = w.origin AND s.incarnation = w.incarnation AND s.last = w.last",
    )
    .bind(seals.iter().map(|seal| seal.body().origin.as_str()).collect::<Vec<&str>>())
    .bind(seals.iter().map(|seal| i64::from(seal.body().incarnation)).collect::<Vec<i64>>())
    .bind(lasts)
    .fetch_all(connection)
    .await?;
    names.iter().map(|hash| columns::seal_hash(hash)).collect()
}

/// The seal that covers a position, if it is stored.
pub(super) async fn covering(
    connection: &mut PgConnection,
    origin: &NodeId,
    position: Position,
) -> Result<Option<Seal>, StoreError> {
    let Ok(seq) = int(position.seq) else { return Ok(None) };
    let row: Option<(i64, Vec<u8>, Vec<u8>)> = sqlx::query_as(
        "SELECT first, body, signature FROM seals WHERE origin = $1 AND incarnation = $2 AND last >= $3
         ORDER BY last LIMIT 1",
    )
    .bind(origin.as_str())
    .bind(i64::from(position.incarnation))
    .bind(seq)
    .fetch_optional(connection)
    .await?;
    let Some((_, body, signature)) = row.filter(|(first, _, _)| *first <= seq) else { return Ok(None) };
    columns::seal(body, &signature).map(Some)
}
