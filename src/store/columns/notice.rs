//! Rows of notices.

use sqlx::FromRow;

use super::{bytes, complaint, corrupt, event_hash, number};
use crate::domain::{NoticeFault, NoticeId, NoticeState, Recipient, Step, Timestamp};
use crate::store::StoreError;
use crate::store::notices::Notice;

/// A notice's row.
#[derive(FromRow)]
pub(in crate::store) struct NoticeRow {
    id: Vec<u8>,
    complaint: Vec<u8>,
    event: Vec<u8>,
    step: String,
    recipient: String,
    at: i64,
    state: String,
    attempts: i64,
    next_at: i64,
    fault: Option<String>,
}

impl TryFrom<NoticeRow> for Notice {
    type Error = StoreError;

    fn try_from(row: NoticeRow) -> Result<Self, StoreError> {
        let fault = |name: String| NoticeFault::from_name(&name).ok_or_else(|| corrupt("a notice's fault"));
        Ok(Self {
            id: NoticeId(bytes(&row.id)?),
            complaint: complaint(&row.complaint)?,
            event: event_hash(&row.event)?,
            step: Step::from_name(&row.step).ok_or_else(|| corrupt("a notice's step"))?,
            recipient: Recipient::parse(&row.recipient).ok_or_else(|| corrupt("a notice's recipient"))?,
            at: Timestamp(row.at),
            state: NoticeState::from_name(&row.state).ok_or_else(|| corrupt("a notice's state"))?,
            attempts: number(row.attempts)?,
            next: Timestamp(row.next_at),
            fault: row.fault.map(fault).transpose()?,
        })
    }
}
