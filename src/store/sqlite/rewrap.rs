//! Wrapping the keys of stored parts anew.

use sqlx::SqliteConnection;

use crate::journal::Part;
use crate::store::columns::{PartRow, Written, event_hash, limit};
use crate::store::{PartPlace, Rewrapped, StoreError, Vault};

/// The newest content that is locked.
pub(super) async fn newest_locked(connection: &mut SqliteConnection) -> Result<Option<Part>, StoreError> {
    let row: Option<PartRow> = sqlx::query_as(
        "SELECT event, part, kind, form, salt, content FROM parts WHERE form = 2 ORDER BY event DESC, part DESC LIMIT 1",
    )
    .fetch_optional(&mut *connection)
    .await?;
    row.map(PartRow::part).transpose()
}

/// Locks with the present key what of the next parts after a place is not.
pub(super) async fn rewrap(
    connection: &mut SqliteConnection,
    vault: &Vault,
    after: PartPlace,
    most: usize,
) -> Result<Option<Rewrapped>, StoreError> {
    let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as(
        "SELECT p.event, e.hash FROM parts p JOIN events e ON e.id = p.event WHERE (p.event, p.part) > (?, ?)
         ORDER BY p.event, p.part LIMIT ?",
    )
    .bind(after.0)
    .bind(after.1)
    .bind(limit(most))
    .fetch_all(&mut *connection)
    .await?;
    let parts: Vec<PartRow> = sqlx::query_as(
        "SELECT event, part, kind, form, salt, content FROM parts WHERE (event, part) > (?, ?)
         ORDER BY event, part LIMIT ?",
    )
    .bind(after.0)
    .bind(after.1)
    .bind(limit(most))
    .fetch_all(&mut *connection)
    .await?;
    let mut done: Option<Rewrapped> = None;
    for ((event, hash), row) in rows.into_iter().zip(parts) {
        let part = row.part()?;
        let anew = vault.rewrap(&part, &event_hash(&hash)?)?;
        let changed = done.map_or(0, |done| done.changed).saturating_add(u64::from(anew.is_some()));
        done = Some(Rewrapped { at: (event, i64::from(part.index)), changed });
        let Some(anew) = anew else { continue };
        let written = Written::of(&anew);
        sqlx::query("UPDATE parts SET form = ?, salt = ?, content = ? WHERE event = ? AND part = ?")
            .bind(written.form)
            .bind(&written.salt[..])
            .bind(written.content)
            .bind(event)
            .bind(i64::from(part.index))
            .execute(&mut *connection)
            .await?;
    }
    Ok(done)
}
