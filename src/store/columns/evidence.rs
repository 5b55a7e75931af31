//! Rows of evidence.

use sqlx::FromRow;

use super::{corrupt, position, seal_hash};
use crate::domain::Timestamp;
use crate::store::StoreError;
use crate::store::evidence::{Evidence, Word};

/// A row of evidence.
#[derive(FromRow)]
pub(in crate::store) struct EvidenceRow {
    found: i64,
    incarnation: i64,
    seq: i64,
    said: Vec<u8>,
    here: Option<Vec<u8>>,
    there: Vec<u8>,
    dismissed: Option<i64>,
}

impl TryFrom<EvidenceRow> for Evidence {
    type Error = StoreError;

    fn try_from(row: EvidenceRow) -> Result<Self, StoreError> {
        let word = |column: &Vec<u8>| Word::decode(column).ok_or_else(|| corrupt("evidence"));
        Ok(Self {
            found: Timestamp(row.found),
            at: position(row.incarnation, row.seq)?,
            said: seal_hash(&row.said)?,
            here: row.here.as_ref().map(word).transpose()?,
            there: word(&row.there)?,
            dismissed: row.dismissed.map(Timestamp),
        })
    }
}
