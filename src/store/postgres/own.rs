//! Whose database it is, and where the own journal ends.

use sqlx::{Connection as _, PgConnection};

use super::{Address, Counts, OwnJournal, Owner, StoreError, notices};
use crate::domain::{FederationId, NoticeState, SealHash};
use crate::journal::Head;
use crate::store::advance::BEGINNING;
use crate::store::columns::{bytes, corrupt, int, node, number, position};

/// Writes whose database it is, once, and the row that transactions lock: both or neither.
pub(super) async fn create(connection: &mut PgConnection, address: &Address, owner: &Owner) -> Result<(), StoreError> {
    let mut tx = connection.begin().await?;
    let done = sqlx::query("INSERT INTO owner (one, federation, node) VALUES (1, $1, $2) ON CONFLICT DO NOTHING")
        .bind(owner.federation.as_str())
        .bind(owner.node.as_str())
        .execute(&mut *tx)
        .await?;
    if done.rows_affected() == 0 {
        return Err(StoreError::Foreign(format!(
            "{address} holds a hub's database already; choose another database, or go on with it"
        )));
    }
    write(&mut tx, &BEGINNING).await?;
    Ok(tx.commit().await?)
}

/// Writes the row that transactions lock, if a copy of a journal that never began brought none.
pub(super) async fn begin(connection: &mut PgConnection) -> Result<(), StoreError> {
    let there: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM own_journal)").fetch_one(&mut *connection).await?;
    if there { Ok(()) } else { write(connection, &BEGINNING).await }
}

/// Whose database it is.
pub(super) async fn owner(connection: &mut PgConnection, address: &Address) -> Result<Owner, StoreError> {
    let found: Option<(String, String)> =
        sqlx::query_as("SELECT federation, node FROM owner").fetch_optional(connection).await?;
    let Some((federation, name)) = found else {
        return Err(StoreError::Foreign(format!("the database at {address} was not made to its end; run init again")));
    };
    Ok(Owner { federation: FederationId::parse(&federation).map_err(corrupt)?, node: node(&name)? })
}

/// That a database is another's.
pub(super) fn foreign(address: &Address, found: &Owner, wanted: &Owner) -> StoreError {
    StoreError::Foreign(format!(
        "{address} is the database of {} in federation {}, not of {} in {}; correct the address or the configuration",
        found.node, found.federation, wanted.node, wanted.federation
    ))
}

type Row = (i64, i64, i64, i64, Vec<u8>, i64, i64, bool);

fn journal(row: Option<Row>) -> Result<OwnJournal, StoreError> {
    let Some((life, written, sealed_life, sealed, hash, cited_life, cited, doubted)) = row else {
        return Err(corrupt("the row of the own journal is missing"));
    };
    Ok(OwnJournal {
        written: position(life, written)?,
        sealed: Head { position: position(sealed_life, sealed)?, hash: SealHash(bytes(&hash)?) },
        cited: position(cited_life, cited)?,
        doubted,
    })
}

/// Where the own journal ends.
pub(super) async fn read(connection: &mut PgConnection) -> Result<OwnJournal, StoreError> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT written_incarnation, written_seq, sealed_incarnation, sealed_seq, sealed_hash, cited_incarnation, cited_seq,
                EXISTS (SELECT 1 FROM evidence WHERE dismissed IS NULL)
         FROM own_journal",
    )
    .fetch_optional(connection)
    .await?;
    journal(row)
}

/// Locks the own journal's row, and gives where it ends and the row number of the newest event.
pub(super) async fn lock(connection: &mut PgConnection) -> Result<(OwnJournal, i64), StoreError> {
    // In two statements: the second sees what was committed while the first waited.
    let row: Option<Row> = sqlx::query_as(
        "SELECT written_incarnation, written_seq, sealed_incarnation, sealed_seq, sealed_hash, cited_incarnation, cited_seq,
                EXISTS (SELECT 1 FROM evidence WHERE dismissed IS NULL)
         FROM own_journal FOR UPDATE",
    )
    .fetch_optional(&mut *connection)
    .await?;
    let last: i64 = sqlx::query_scalar("SELECT coalesce(max(id), 0) FROM events").fetch_one(connection).await?;
    Ok((journal(row)?, last))
}

/// Stores where the own journal ends.
pub(super) async fn write(connection: &mut PgConnection, own: &OwnJournal) -> Result<(), StoreError> {
    let sealed = own.sealed.position;
    sqlx::query(
        "INSERT INTO own_journal VALUES (1, $1, $2, $3, $4, $5, $6, $7) ON CONFLICT (one) DO UPDATE SET
         written_incarnation = excluded.written_incarnation, written_seq = excluded.written_seq,
         sealed_incarnation = excluded.sealed_incarnation, sealed_seq = excluded.sealed_seq,
         sealed_hash = excluded.sealed_hash, cited_incarnation = excluded.cited_incarnation,
         cited_seq = excluded.cited_seq",
    )
    .bind(i64::from(own.written.incarnation))
    .bind(int(own.written.seq)?)
    .bind(i64::from(sealed.incarnation))
    .bind(int(sealed.seq)?)
    .bind(own.sealed.hash.0)
    .bind(i64::from(own.cited.incarnation))
    .bind(int(own.cited.seq)?)
    .execute(connection)
    .await?;
    Ok(())
}

/// Figures for `status`.
pub(super) async fn counts(connection: &mut PgConnection, owner: &Owner) -> Result<Counts, StoreError> {
    let sealed = read(connection).await?.sealed.position;
    let (complaints, events, provisional, unsealed, aside): (i64, i64, i64, i64, i64) = sqlx::query_as(
        "SELECT (SELECT count(*) FROM complaints), (SELECT count(*) FROM events),
                (SELECT count(*) FROM events WHERE origin = $1 AND verdict = 0),
                (SELECT count(*) FROM events WHERE origin = $1 AND (incarnation, seq) > ($2, $3)),
                (SELECT count(*) FROM set_aside)",
    )
    .bind(owner.node.as_str())
    .bind(i64::from(sealed.incarnation))
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
