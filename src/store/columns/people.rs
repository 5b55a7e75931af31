//! Rows of accounts, sessions and requests, read back.

use super::{bytes, corrupt, number, unit};
use crate::domain::{AccountRole, Pseudonym, Timestamp};
use crate::store::StoreError;
use crate::store::people::{Account, Request, Session, Somebody};

/// An account's columns by name.
#[derive(sqlx::FromRow)]
pub(in crate::store) struct AccountRow {
    pseudonym: Vec<u8>,
    login: String,
    name: String,
    person: String,
    role: i64,
    unit: String,
    password: String,
    one_time: bool,
    created: i64,
    closed: Option<i64>,
    failures: i64,
    failed: Option<i64>,
}

impl TryFrom<AccountRow> for Account {
    type Error = StoreError;

    fn try_from(row: AccountRow) -> Result<Self, StoreError> {
        let role = AccountRole::from_code(number(row.role)?);
        Ok(Self {
            pseudonym: Pseudonym(bytes(&row.pseudonym)?),
            login: row.login,
            name: row.name,
            person: row.person,
            role: role.ok_or_else(|| corrupt(format_args!("the role {} is unknown", row.role)))?,
            unit: unit(&row.unit)?,
            password: row.password,
            one_time: row.one_time,
            created: Timestamp(row.created),
            closed: row.closed.map(Timestamp),
            failures: number(row.failures)?,
            failed: row.failed.map(Timestamp),
        })
    }
}

/// A session's columns by name.
#[derive(sqlx::FromRow)]
pub(in crate::store) struct SessionRow {
    token: Vec<u8>,
    account: Vec<u8>,
    created: i64,
    expires: i64,
}

impl TryFrom<SessionRow> for Session {
    type Error = StoreError;

    fn try_from(row: SessionRow) -> Result<Self, StoreError> {
        Ok(Self {
            token: bytes(&row.token)?,
            account: Pseudonym(bytes(&row.account)?),
            created: Timestamp(row.created),
            expires: Timestamp(row.expires),
        })
    }
}

/// A request's columns by name.
#[derive(sqlx::FromRow)]
pub(in crate::store) struct RequestRow {
    id: Vec<u8>,
    kind: String,
    subject: Vec<u8>,
    asker: String,
    asker_is: String,
    asked: i64,
    expires: i64,
    approver: Option<String>,
    approver_is: Option<String>,
    used: Option<i64>,
}

impl TryFrom<RequestRow> for Request {
    type Error = StoreError;

    fn try_from(row: RequestRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: bytes(&row.id)?,
            kind: row.kind,
            subject: row.subject,
            asker: Somebody { by: row.asker, is: row.asker_is },
            asked: Timestamp(row.asked),
            expires: Timestamp(row.expires),
            approver: row.approver.zip(row.approver_is).map(|(by, is)| Somebody { by, is }),
            used: row.used.map(Timestamp),
        })
    }
}
