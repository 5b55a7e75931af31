//! How connections are set up, and that they are so: every one is asked after it was made. Promise 2 rests on these settings.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection, SqlitePool};

use super::StoreError;

/// How long a connection waits for another program's lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a caller waits for its turn at a connection.
const TURN_TIMEOUT: Duration = Duration::from_secs(30);
/// Connections that read at a time.
const READERS: u32 = 4;
/// Rows read ahead of whoever asked for them.
const ROWS_AHEAD_MAX: usize = 256;
/// The log is cut back to this size after a checkpoint.
const LOG_BYTES_MAX: u32 = 64 * 1024 * 1024;

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    /// The one that writes.
    Writer,
    /// Reads beside the writer of the same program.
    Reader,
    /// Reads beside another program.
    Visitor,
    /// Copies beside another program: writes into a file of its own.
    Copier,
}

/// How a connection is set up.
pub(super) fn options(path: &Path, role: Role) -> SqliteConnectOptions {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true)
        .synchronous(SqliteSynchronous::Full)
        .row_buffer_size(ROWS_AHEAD_MAX)
        .disable_statement_logging();
    match role {
        // What is destroyed is overwritten, not merely unlinked.
        Role::Writer => options
            .journal_mode(SqliteJournalMode::Wal)
            .pragma("journal_size_limit", LOG_BYTES_MAX.to_string())
            .pragma("secure_delete", "ON"),
        Role::Reader => options.pragma("query_only", "ON"),
        Role::Visitor => options.read_only(true).pragma("query_only", "ON"),
        Role::Copier => options.read_only(true),
    }
}

/// How a connection to a copy is set up that is written from nothing: what is lost in the middle is made anew.
pub(super) fn draft(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Memory)
        .synchronous(SqliteSynchronous::Off)
        .foreign_keys(false)
        .disable_statement_logging()
}

/// How a connection to a copy is set up that is one file and stays as it is.
pub(super) fn single(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(path).read_only(true).immutable(true).disable_statement_logging()
}

/// Makes one connection, so that what is wrong is said at once.
pub(super) async fn connect(path: &Path, role: Role) -> Result<SqliteConnection, StoreError> {
    let mut connection = options(path, role).connect().await?;
    check(&mut connection, role).await?;
    Ok(connection)
}

/// Closes a connection in order.
pub(super) async fn close(connection: SqliteConnection) -> Result<(), StoreError> {
    Ok(connection.close().await?)
}

/// The connections for one purpose; they are made when they are needed.
pub(super) fn pool(path: &Path, role: Role) -> SqlitePool {
    let pool = SqlitePoolOptions::new()
        .max_connections(if role == Role::Writer { 1 } else { READERS })
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(TURN_TIMEOUT)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                check(connection, role).await.map_err(|error| sqlx::Error::Configuration(Box::new(error)))
            })
        })
        // After an error SQLite may have ended a transaction by itself; such a connection is not used again.
        .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }));
    pool.connect_lazy_with(options(path, role))
}

/// Asks a connection for its settings.
pub(super) async fn check(connection: &mut SqliteConnection, role: Role) -> Result<(), StoreError> {
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut *connection).await?;
    wanted("journal mode", &mode, "wal")?;
    let level: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&mut *connection).await?;
    wanted("synchronous", &level.to_string(), "2")?;
    let keys: i64 = sqlx::query_scalar("PRAGMA foreign_keys").fetch_one(&mut *connection).await?;
    wanted("foreign_keys", &keys.to_string(), "1")?;
    let query_only: i64 = sqlx::query_scalar("PRAGMA query_only").fetch_one(&mut *connection).await?;
    let writes = matches!(role, Role::Writer | Role::Copier);
    wanted("query_only", &query_only.to_string(), if writes { "0" } else { "1" })?;
    if role == Role::Writer {
        let secure: i64 = sqlx::query_scalar("PRAGMA secure_delete").fetch_one(&mut *connection).await?;
        wanted("secure_delete", &secure.to_string(), "1")?;
    }
    Ok(())
}

fn wanted(name: &'static str, found: &str, wanted: &'static str) -> Result<(), StoreError> {
    if found == wanted {
        return Ok(());
    }
    Err(StoreError::Setting { name, found: found.to_owned(), wanted })
}
