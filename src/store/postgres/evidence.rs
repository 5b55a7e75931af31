//! Evidence against the hub.

use sqlx::PgConnection;

use super::StoreError;

use crate::domain::Timestamp;
use crate::store::columns::{EvidenceRow, int, limit};
use crate::store::evidence::{EVIDENCE_MAX, Evidence, Word};

/// All of it, oldest first.
pub(super) async fn all(connection: &mut PgConnection) -> Result<Vec<Evidence>, StoreError> {
    let rows: Vec<EvidenceRow> =
        sqlx::query_as("SELECT found, incarnation, seq, said, here, there, dismissed FROM evidence ORDER BY number")
            .fetch_all(connection)
            .await?;
    rows.into_iter().map(Evidence::try_from).collect()
}

/// Keeps what is new of it, and notes that what there is has been looked into.
pub(super) async fn write(
    connection: &mut PgConnection,
    found: &[Evidence],
    dismissed: Option<Timestamp>,
) -> Result<(), StoreError> {
    for one in found {
        sqlx::query(
            "INSERT INTO evidence (found, incarnation, seq, said, here, there)
             SELECT $1::BIGINT, $2::BIGINT, $3::BIGINT, $4::BYTEA, $5::BYTEA, $6::BYTEA
             WHERE (SELECT count(*) FROM evidence) < $7 ON CONFLICT DO NOTHING",
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
        sqlx::query("UPDATE evidence SET dismissed = $1 WHERE dismissed IS NULL")
            .bind(at.0)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}
