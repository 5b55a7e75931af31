//! Whose database it is, and where the own journal ends.

use std::path::Path;

use sqlx::SqliteConnection;

use super::codec::{bytes, int, node, number, position};
use super::{Counts, OwnJournal, Owner, StoreError, notices};
use crate::domain::{FederationId, NoticeState, SealHash};
use crate::journal::Head;
use crate::store::advance::BEGINNING;

/// Writes whose database it is, once.
pub(super) async fn create(connection: &mut SqliteConnection, path: &Path, owner: &Owner) -> Result<(), StoreError> {
    let done = sqlx::query("INSERT INTO owner (one, federation, node) VALUES (1, ?, ?) ON CONFLICT DO NOTHING")
        .bind(owner.federation.as_str())
        .bind(owner.node.as_str())
        .execute(connection)
        .await?;
    if done.rows_affected() == 1 {
        return Ok(());
    }
    Err(StoreError::Foreign(format!("{} is a database already; choose another path, or go on with it", path.display())))
}

/// Whose database it is.
pub(super) async fn owner(connection: &mut SqliteConnection, path: &Path) -> Result<Owner, StoreError> {
    let found: Option<(String, String)> =
        sqlx::query_as("SELECT federation, node FROM owner").fetch_optional(connection).await?;
    let Some((federation, name)) = found else {
        let path = path.display();
        return Err(StoreError::Foreign(format!("the database at {path} was not made to its end; run init again")));
    };
    let federation = FederationId::parse(&federation).map_err(super::codec::corrupt)?;
    Ok(Owner { federation, node: node(&name)? })
}

/// That a database is another's.
pub(super) fn foreign(path: &Path, found: &Owner, wanted: &Owner) -> StoreError {
    StoreError::Foreign(format!(
        "{} is the database of {} in federation {}, not of {} in {}; correct the path or the configuration",
        path.display(),
        found.node,
        found.federation,
        wanted.node,
        wanted.federation
    ))
}

/// Where the own journal ends, and whether the hub is doubted.
pub(super) async fn whole(connection: &mut SqliteConnection) -> Result<OwnJournal, StoreError> {
    let doubted: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM evidence WHERE dismissed IS NULL)")
        .fetch_one(&mut *connection)
        .await?;
    Ok(OwnJournal { doubted, ..read(connection).await? })
}

/// Where the own journal ends, also in a database of an older version.
pub(super) async fn read(connection: &mut SqliteConnection) -> Result<OwnJournal, StoreError> {
    type Row = (i64, i64, i64, i64, Vec<u8>, i64, i64);
    let row: Option<Row> = sqlx::query_as(
        "SELECT written_incarnation, written_seq, sealed_incarnation, sealed_seq, sealed_hash, cited_incarnation, cited_seq
         FROM own_journal",
    )
    .fetch_optional(connection)
    .await?;
    let Some((life, written, sealed_life, sealed, hash, cited_life, cited)) = row else {
        return Ok(BEGINNING);
    };
    Ok(OwnJournal {
        written: position(life, written)?,
        sealed: Head { position: position(sealed_life, sealed)?, hash: SealHash(bytes(&hash)?) },
        cited: position(cited_life, cited)?,
        doubted: false,
    })
}

/// Stores where the own journal ends.
pub(super) async fn write(connection: &mut SqliteConnection, own: &OwnJournal) -> Result<(), StoreError> {
    let sealed = own.sealed.position;
    sqlx::query("INSERT OR REPLACE INTO own_journal VALUES (1, ?, ?, ?, ?, ?, ?, ?)")
        .bind(own.written.incarnation)
        .bind(int(own.written.seq)?)
        .bind(sealed.incarnation)
        .bind(int(sealed.seq)?)
        .bind(&own.sealed.hash.0[..])
        .bind(own.cited.incarnation)
        .bind(int(own.cited.seq)?)
        .execute(connection)
        .await?;
    Ok(())
}

/// Figures for `status`.
pub(super) async fn counts(connection: &mut SqliteConnection, owner: &Owner) -> Result<Counts, StoreError> {
    let sealed = read(connection).await?.sealed.position;
    let (complaints, events, provisional, unsealed, aside): (i64, i64, i64, i64, i64) = sqlx::query_as(
        "SELECT (SELECT count(*) FROM complaints), (SELECT count(*) FROM events),
                (SELECT count(*) FROM events WHERE origin = ?1 AND verdict = 0),
                (SELECT count(*) FROM events WHERE origin = ?1 AND (incarnation, seq) > (?2, ?3)),
                (SELECT count(*) FROM set_aside)",
    )
    .bind(owner.node.as_str())
    .bind(sealed.incarnation)
    .bind(int(sealed.seq)?)
    .fetch_one(&mut *connection)
    .await?;
    Ok(Counts {
        complaints: number(complaints)?,
        events: number(events)?,
        provisional: number(provisional)?,
        unsealed: number(unsealed)?,
        set_aside: number(aside)?,
        notices_waiting: notices::count(connection, NoticeState::Waiting).await?,
        notices_dead: notices::count(connection, NoticeState::Dead).await?,
    })
}
