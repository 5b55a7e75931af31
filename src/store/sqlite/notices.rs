//! Notices' rows.

use sqlx::SqliteConnection;

use super::StoreError;
use super::codec::{array, hex_list, int, limit, number};
use crate::domain::NoticeState;
use crate::store::columns::NoticeRow;
use crate::store::notices::{Notice, NoticeChange, NoticeFilter};

/// Notices by filter.
pub(super) async fn read(connection: &mut SqliteConnection, asked: &NoticeFilter) -> Result<Vec<Notice>, StoreError> {
    let order = if asked.due.is_some() { "next_at, id" } else { "at DESC, id" };
    let query = format!(
        "SELECT * FROM notices WHERE (?1 IS NULL OR state = ?1) AND (?2 IS NULL OR recipient = ?2)
         AND (?3 IS NULL OR next_at <= ?3) AND (?4 IS NULL OR id = ?4) ORDER BY {order} LIMIT ?5"
    );
    let rows: Vec<NoticeRow> = sqlx::query_as(sqlx::AssertSqlSafe(query))
        .bind(asked.state.map(NoticeState::name))
        .bind(asked.recipient.as_ref().map(ToString::to_string))
        .bind(asked.due.map(|due| due.0))
        .bind(asked.id.as_ref().map(|id| &id.0[..]))
        .bind(limit(asked.limit))
        .fetch_all(connection)
        .await?;
    rows.into_iter().map(Notice::try_from).collect()
}

/// How many stand so.
pub(super) async fn count(connection: &mut SqliteConnection, state: NoticeState) -> Result<u64, StoreError> {
    let query = sqlx::query_scalar("SELECT count(*) FROM notices WHERE state = ?").bind(state.name());
    number(query.fetch_one(connection).await?)
}

/// Notes, settles, revives and forgets, in order.
pub(super) async fn write(connection: &mut SqliteConnection, changes: &[NoticeChange]) -> Result<(), StoreError> {
    // Counted once: what follows is known.
    let mut waiting = None;
    for change in changes {
        match change {
            NoticeChange::Tell { notice, waiting_max } => {
                let known = match waiting {
                    Some(known) => known,
                    None => count(connection, NoticeState::Waiting).await?,
                };
                let dead = (known >= *waiting_max).then(|| notice.beyond_the_limit());
                let more = insert(connection, dead.as_ref().unwrap_or(notice)).await?;
                waiting = Some(known.saturating_add(if dead.is_none() { more } else { 0 }));
            }
            NoticeChange::Settle { id, state, attempts, next, fault } => {
                sqlx::query(
                    "UPDATE notices SET state = ?, attempts = ?, next_at = ?, fault = ? WHERE id = ? AND state = 'waiting'",
                )
                .bind(state.name())
                .bind(i64::from(*attempts))
                .bind(next.0)
                .bind(fault.map(crate::domain::NoticeFault::name))
                .bind(&id.0[..])
                .execute(&mut *connection)
                .await?;
            }
            NoticeChange::Retry { ids, at } => {
                sqlx::query(
                    "UPDATE notices SET state = 'waiting', attempts = 0, next_at = ?, fault = NULL
                     WHERE state = 'dead' AND id IN (SELECT unhex(value) FROM json_each(?))",
                )
                .bind(at.0)
                .bind(hex_list(ids.iter().map(|id| &id.0[..])))
                .execute(&mut *connection)
                .await?;
            }
            NoticeChange::Abandon { except, fault } => {
                let except = array(except.iter().map(|recipient| format!("\"{recipient}\"")));
                sqlx::query(
                    "UPDATE notices SET state = 'dead', fault = ?
                     WHERE state = 'waiting' AND recipient NOT IN (SELECT value FROM json_each(?))",
                )
                .bind(fault.name())
                .bind(except)
                .execute(&mut *connection)
                .await?;
            }
            NoticeChange::Forget { before, kept_max } => {
                sqlx::query(
                    "DELETE FROM notices WHERE state <> 'waiting' AND (at < ?1 OR id IN
                     (SELECT id FROM notices WHERE state <> 'waiting' ORDER BY at DESC, id LIMIT -1 OFFSET ?2))",
                )
                .bind(before.0)
                .bind(int(*kept_max)?)
                .execute(&mut *connection)
                .await?;
            }
        }
    }
    Ok(())
}

/// How many rows it made.
async fn insert(connection: &mut SqliteConnection, notice: &Notice) -> Result<u64, StoreError> {
    let insert = sqlx::query("INSERT INTO notices VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")
        .bind(&notice.id.0[..])
        .bind(&notice.complaint.0[..])
        .bind(&notice.event.0[..])
        .bind(notice.step.name())
        .bind(notice.recipient.to_string())
        .bind(notice.at.0)
        .bind(notice.state.name())
        .bind(i64::from(notice.attempts))
        .bind(notice.next.0)
        .bind(notice.fault.map(crate::domain::NoticeFault::name))
        .execute(connection);
    Ok(insert.await?.rows_affected())
}
