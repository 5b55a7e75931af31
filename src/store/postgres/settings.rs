//! How connections are set up, and that server and session are as promise 2 wants them: each one is asked after it was made.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, PgConnection, PgPool};

use super::{Address, StoreError};

/// The oldest server that will do.
const SERVER_LEAST: i64 = 140_000;
/// Connections of one process at a time.
const CONNECTIONS_MAX: u32 = 16;
/// How long a caller waits for a connection.
const TURN_TIMEOUT: Duration = Duration::from_secs(10);
/// A connection that has been idle for longer is asked whether it still lives before it is used.
const IDLE_UNASKED: Duration = Duration::from_secs(1);

/// What each session asks for itself: another process's lock is not waited for without end, and a process that hangs in the
/// middle of a transaction loses it, so that others go on. `synchronous_commit` was found on before; asked for by the session it
/// cannot be turned off under it.
const SESSION: [(&str, &str); 5] = [
    ("synchronous_commit", "on"),
    ("lock_timeout", "30s"),
    ("idle_in_transaction_session_timeout", "15s"),
    ("TimeZone", "UTC"),
    ("client_min_messages", "warning"),
];

/// Makes one connection, so that what is wrong is said at once; what the server does unless told otherwise is looked at, too.
pub(super) async fn connect(address: &Address) -> Result<PgConnection, StoreError> {
    let mut plain = address.options().connect().await?;
    check(&mut plain).await?;
    plain.close().await?;
    Ok(session(address).connect().await?)
}

/// The connections of a store; they are made when they are needed.
pub(super) fn pool(address: &Address) -> PgPool {
    PgPoolOptions::new()
        .max_connections(CONNECTIONS_MAX)
        .acquire_timeout(TURN_TIMEOUT)
        .idle_timeout(Duration::from_secs(600))
        .max_lifetime(None)
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > IDLE_UNASKED {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .after_connect(|connection, _| {
            Box::pin(async move {
                check(connection).await.map_err(|error| sqlx::Error::Configuration(Box::new(error)))
            })
        })
        .connect_lazy_with(session(address))
}

fn session(address: &Address) -> PgConnectOptions {
    address.options().clone().options(SESSION).options([("search_path", address.schema())])
}

/// Asks a connection for the settings on which promises rest.
async fn check(connection: &mut PgConnection) -> Result<(), StoreError> {
    let (fsync, pages, commit, encoding, version, replica): (String, String, String, String, i64, bool) = sqlx::query_as(
        "SELECT current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit'),
                current_setting('server_encoding'), current_setting('server_version_num')::bigint, pg_is_in_recovery()",
    )
    .fetch_one(connection)
    .await?;
    wanted("fsync", fsync != "off", &fsync, "on (ALTER SYSTEM SET fsync = on, then reload the server)")?;
    wanted(
        "full_page_writes",
        pages != "off",
        &pages,
        "on (ALTER SYSTEM SET full_page_writes = on, then reload the server)",
    )?;
    wanted(
        "synchronous_commit",
        commit != "off",
        &commit,
        "on (ALTER SYSTEM, and ALTER DATABASE and ALTER ROLE if they say otherwise: SET synchronous_commit = on)",
    )?;
    wanted("server_encoding", encoding == "UTF8", &encoding, "UTF8 (make the database anew with ENCODING 'UTF8')")?;
    wanted("version", version >= SERVER_LEAST, &version.to_string(), "14 or newer (upgrade the server)")?;
    wanted("server", !replica, "a replica that only reads", "the primary (write its address)")
}

fn wanted(name: &'static str, good: bool, found: &str, wanted: &'static str) -> Result<(), StoreError> {
    if good { Ok(()) } else { Err(StoreError::Setting { name, found: found.to_owned(), wanted }) }
}
