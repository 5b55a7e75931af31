//! Accounts, sessions and requests.

use sqlx::SqliteConnection;

use super::StoreError;
use crate::store::columns::{AccountRow, RequestRow, SessionRow};
use crate::store::people::{Account, People, PeopleChanges, PeopleScope, Request, Session};

/// What a scope names.
pub(super) async fn read(connection: &mut SqliteConnection, scope: &PeopleScope) -> Result<People, StoreError> {
    let (mut accounts, mut sessions, mut requests) = (Vec::new(), Vec::new(), Vec::new());
    if scope.everybody {
        let rows: Vec<AccountRow> = sqlx::query_as("SELECT * FROM accounts").fetch_all(&mut *connection).await?;
        accounts.extend(rows);
    }
    for login in &scope.logins {
        let rows: Vec<AccountRow> =
            sqlx::query_as("SELECT * FROM accounts WHERE login = ?").bind(login).fetch_all(&mut *connection).await?;
        accounts.extend(rows);
        let rows: Vec<SessionRow> =
            sqlx::query_as("SELECT s.* FROM sessions s JOIN accounts a ON a.pseudonym = s.account WHERE a.login = ?")
                .bind(login)
                .fetch_all(&mut *connection)
                .await?;
        sessions.extend(rows);
    }
    if let Some(token) = &scope.session {
        let rows: Vec<SessionRow> = sqlx::query_as("SELECT * FROM sessions WHERE token = ?")
            .bind(&token[..])
            .fetch_all(&mut *connection)
            .await?;
        sessions.extend(rows);
        let rows: Vec<AccountRow> =
            sqlx::query_as("SELECT a.* FROM accounts a JOIN sessions s ON s.account = a.pseudonym WHERE s.token = ?")
                .bind(&token[..])
                .fetch_all(&mut *connection)
                .await?;
        accounts.extend(rows);
    }
    if scope.requests {
        let rows: Vec<RequestRow> = sqlx::query_as("SELECT * FROM approvals").fetch_all(&mut *connection).await?;
        requests.extend(rows);
    }
    let people = People {
        accounts: accounts.into_iter().map(Account::try_from).collect::<Result<_, _>>()?,
        sessions: sessions.into_iter().map(Session::try_from).collect::<Result<_, _>>()?,
        requests: requests.into_iter().map(Request::try_from).collect::<Result<_, _>>()?,
    };
    Ok(people.sorted())
}

/// Writes changes, in their order.
pub(super) async fn write(connection: &mut SqliteConnection, changes: &PeopleChanges) -> Result<(), StoreError> {
    for token in &changes.ended {
        let query = sqlx::query("DELETE FROM sessions WHERE token = ?").bind(&token[..]);
        query.execute(&mut *connection).await?;
    }
    for account in &changes.ended_of {
        let query = sqlx::query("DELETE FROM sessions WHERE account = ?").bind(&account.0[..]);
        query.execute(&mut *connection).await?;
    }
    if let Some(now) = changes.expired {
        sqlx::query("DELETE FROM sessions WHERE expires <= ?").bind(now.0).execute(&mut *connection).await?;
    }
    for account in &changes.accounts {
        put_account(connection, account).await?;
    }
    for session in &changes.sessions {
        sqlx::query("INSERT INTO sessions (token, account, created, expires) VALUES (?, ?, ?, ?)")
            .bind(&session.token[..])
            .bind(&session.account.0[..])
            .bind(session.created.0)
            .bind(session.expires.0)
            .execute(&mut *connection)
            .await?;
    }
    for request in &changes.requests {
        put_request(connection, request).await?;
    }
    for id in &changes.forgotten {
        let query = sqlx::query("DELETE FROM approvals WHERE id = ?").bind(&id[..]);
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

async fn put_account(connection: &mut SqliteConnection, account: &Account) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO accounts (pseudonym, login, name, person, role, unit, password, one_time, created, closed, failures,
         failed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (pseudonym) DO UPDATE SET
         login = excluded.login, name = excluded.name, person = excluded.person, role = excluded.role,
         unit = excluded.unit, password = excluded.password, one_time = excluded.one_time, created = excluded.created,
         closed = excluded.closed, failures = excluded.failures, failed = excluded.failed",
    )
    .bind(&account.pseudonym.0[..])
    .bind(&account.login)
    .bind(&account.name)
    .bind(&account.person)
    .bind(i64::from(account.role.code()))
    .bind(account.unit.as_str())
    .bind(&account.password)
    .bind(account.one_time)
    .bind(account.created.0)
    .bind(account.closed.map(|time| time.0))
    .bind(i64::from(account.failures))
    .bind(account.failed.map(|time| time.0))
    .execute(connection)
    .await?;
    Ok(())
}

async fn put_request(connection: &mut SqliteConnection, request: &Request) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO approvals (id, kind, subject, asker, asker_is, asked, expires, approver, approver_is, used)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET kind = excluded.kind,
         subject = excluded.subject, asker = excluded.asker, asker_is = excluded.asker_is, asked = excluded.asked,
         expires = excluded.expires, approver = excluded.approver, approver_is = excluded.approver_is,
         used = excluded.used",
    )
    .bind(&request.id[..])
    .bind(&request.kind)
    .bind(&request.subject)
    .bind(&request.asker.by)
    .bind(&request.asker.is)
    .bind(request.asked.0)
    .bind(request.expires.0)
    .bind(request.approver.as_ref().map(|somebody| &somebody.by))
    .bind(request.approver.as_ref().map(|somebody| &somebody.is))
    .bind(request.used.map(|time| time.0))
    .execute(connection)
    .await?;
    Ok(())
}
