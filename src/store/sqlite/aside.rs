//! Setting own events aside for a recovery, and taking them back when they come from the hub.

use sqlx::SqliteConnection;

use super::codec::{self, bytes, hex_list, int, number};
use super::{OwnJournal, Owner, SealedEntry, StoreError, own};
use crate::domain::{EventHash, Position, SealHash};
use crate::journal::{GENESIS, Head};
use crate::store::columns::{self, AsidePart};

/// Moves own events beyond a position aside, and gives all that are aside, oldest first.
pub(super) async fn set_aside(
    connection: &mut SqliteConnection,
    owner: &Owner,
    stored: Position,
) -> Result<Vec<SealedEntry>, StoreError> {
    let mut journal = own::read(connection).await?;
    if journal.written > stored {
        remove(connection, owner, stored).await?;
        cut(connection, owner, &mut journal, stored).await?;
        own::write(connection, &journal).await?;
    }
    all(connection).await
}

/// Moves events from the journal to those set aside.
async fn remove(connection: &mut SqliteConnection, owner: &Owner, after: Position) -> Result<(), StoreError> {
    for statement in [
        "INSERT INTO set_aside (hash, incarnation, seq, header)
         SELECT hash, incarnation, seq, header FROM events WHERE origin = ? AND (incarnation, seq) > (?, ?)",
        "INSERT INTO set_aside_parts (hash, part, kind, form, salt, content)
         SELECT e.hash, p.part, p.kind, p.form, p.salt, p.content FROM events e JOIN parts p ON p.event = e.id
         WHERE e.origin = ? AND (e.incarnation, e.seq) > (?, ?)",
        "DELETE FROM outbox
         WHERE event IN (SELECT id FROM events WHERE origin = ? AND (incarnation, seq) > (?, ?))",
        "DELETE FROM events WHERE origin = ? AND (incarnation, seq) > (?, ?)",
    ] {
        sqlx::query(statement)
            .bind(owner.node.as_str())
            .bind(after.incarnation)
            .bind(int(after.seq)?)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Puts the own journal's end where the stored events end.
async fn cut(
    connection: &mut SqliteConnection,
    owner: &Owner,
    journal: &mut OwnJournal,
    stored: Position,
) -> Result<(), StoreError> {
    let life = journal.written.incarnation.min(stored.incarnation.max(1));
    let begins = life_begins(connection, owner, journal, life).await?;
    let seq: i64 = sqlx::query_scalar("SELECT coalesce(max(seq), 0) FROM events WHERE origin = ? AND incarnation = ?")
        .bind(owner.node.as_str())
        .bind(life)
        .fetch_one(&mut *connection)
        .await?;
    journal.written = Position::new(life, number(seq)?);
    sqlx::query("DELETE FROM seals WHERE origin = ? AND (incarnation, last) > (?, ?)")
        .bind(owner.node.as_str())
        .bind(life)
        .bind(seq)
        .execute(&mut *connection)
        .await?;
    let sealed: Option<(i64, Vec<u8>)> =
        sqlx::query_as("SELECT last, hash FROM seals WHERE origin = ? AND incarnation = ? ORDER BY last DESC LIMIT 1")
            .bind(owner.node.as_str())
            .bind(life)
            .fetch_optional(connection)
            .await?;
    journal.sealed = match sealed {
        Some((last, hash)) => Head { position: Position::new(life, number(last)?), hash: SealHash(bytes(&hash)?) },
        None => Head { position: Position::new(life, 0), hash: begins },
    };
    Ok(())
}

/// What the first seal of a life names as the one before.
async fn life_begins(
    connection: &mut SqliteConnection,
    owner: &Owner,
    journal: &OwnJournal,
    life: u32,
) -> Result<SealHash, StoreError> {
    let first: Option<(Vec<u8>, Vec<u8>)> =
        sqlx::query_as("SELECT body, signature FROM seals WHERE origin = ? AND incarnation = ? ORDER BY last LIMIT 1")
            .bind(owner.node.as_str())
            .bind(life)
            .fetch_optional(connection)
            .await?;
    match first {
        Some((body, signature)) => Ok(codec::seal(body, &signature)?.body().previous),
        None if journal.sealed.position.incarnation == life => Ok(journal.sealed.hash),
        None => Ok(GENESIS),
    }
}

async fn all(connection: &mut SqliteConnection) -> Result<Vec<SealedEntry>, StoreError> {
    let rows: Vec<(Vec<u8>, Vec<u8>)> =
        sqlx::query_as("SELECT hash, header FROM set_aside ORDER BY incarnation, seq, hash")
            .fetch_all(&mut *connection)
            .await?;
    let found: Vec<AsidePart> =
        sqlx::query_as("SELECT hash, part, kind, form, salt, content FROM set_aside_parts ORDER BY hash, part")
            .fetch_all(connection)
            .await?;
    columns::set_aside(rows, found)
}

/// Events that came back are set aside no longer; parts that they lack come back with them.
pub(super) async fn take_back(
    connection: &mut SqliteConnection,
    events: impl IntoIterator<Item = EventHash>,
) -> Result<(), StoreError> {
    let events: Vec<EventHash> = events.into_iter().collect();
    let names = hex_list(events.iter().map(|hash| &hash.0[..]));
    for statement in [
        "INSERT INTO parts (event, part, kind, form, salt, content)
         SELECT e.id, a.part, a.kind, a.form, a.salt, a.content FROM set_aside_parts a JOIN events e ON e.hash = a.hash
         WHERE a.hash IN (SELECT unhex(value) FROM json_each(?)) ON CONFLICT DO NOTHING",
        "DELETE FROM set_aside WHERE hash IN (SELECT unhex(value) FROM json_each(?))",
    ] {
        sqlx::query(statement).bind(&names).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Forgets what was set aside: it has been issued again.
pub(super) async fn forget(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM set_aside").execute(connection).await?;
    Ok(())
}
