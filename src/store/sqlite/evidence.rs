//! Evidence against the hub.

use sqlx::SqliteConnection;

use super::StoreError;
use super::codec::int;
use crate::domain::Timestamp;
use crate::store::columns::{EvidenceRow, limit};
use crate::store::evidence::{EVIDENCE_MAX, Evidence, Word};

/// All of it, oldest first.
pub(super) async fn all(connection: &mut SqliteConnection) -> Result<Vec<Evidence>, StoreError> {
    let rows: Vec<EvidenceRow> =
        sqlx::query_as("SELECT found, incarnation, seq, said, here, there, dismissed FROM evidence ORDER BY number")
            .fetch_all(connection)
            .await?;
    rows.into_iter().map(Evidence::try_from).collect()
}

/// Keeps what is new of it, and notes that what there is has been looked into.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    found: &[Evidence],
    dismissed: Option<Timestamp>,
) -> Result<(), StoreError> {
    for one in found {
        sqlx::query(
            "INSERT INTO evidence (found, incarnation, seq, said, here, there)
             SELECT ?, ?, ?, ?, ?, ? WHERE (SELECT count(*) FROM evidence) < ? ON CONFLICT DO NOTHING",
        )
        .bind(one.found.0)
        .bind(i64::from(one.at.incarnation))
        .bind(int(one.at.seq)?)
        .bind(&one.said.0[..])
        .bind(one.here.as_ref().map(Word::encode))
        .bind(one.there.encode())
        .bind(limit(EVIDENCE_MAX))
        .execute(&mut *connection)
        .await?;
    }
    if let Some(at) = dismissed {
        sqlx::query("UPDATE evidence SET dismissed = ? WHERE dismissed IS NULL")
            .bind(at.0)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}
