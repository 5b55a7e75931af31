//! How connections are set up, and that server and session are as promise 2 wants them: each one is asked after it was made.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, PgConnection, PgPool};
use tokio::time::timeout;

use super::{Address, StoreError};

/// The oldest server that will do.
const SERVER_LEAST: i64 = 140_000;
/// Connections of a store at a time; with the one that hears hints a process has one more.
pub(super) const CONNECTIONS_MAX: u32 = 15;
/// How long it may take to find that a server can be used, or cannot.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// A connection that has been idle for longer is asked whether it still lives before it is used.
const IDLE_UNASKED: Duration = Duration::from_secs(1);

/// How long things may take. A machine that loses its power sends no word: without these, whoever asks it would wait for ever.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// For a connection.
    pub(super) connection: Duration,
    /// For the answer of a connection that is asked whether it still lives.
    pub(super) answer: Duration,
    /// For one operation, the connection and the lock included: longer than a session waits for a lock.
    pub(super) operation: Duration,
    /// For an outbox that is filled anew, with as many rows as there are events.
    pub(super) refill: Duration,
    /// For a writer's turn.
    pub(super) turn: Duration,
    /// How long whoever hears hints may hear nothing before it asks whether the connection still lives.
    pub(super) silence: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connection: Duration::from_secs(10),
            answer: Duration::from_secs(5),
            operation: Duration::from_mins(1),
            refill: Duration::from_mins(15),
            turn: Duration::from_mins(1),
            silence: Duration::from_mins(1),
        }
    }
}

/// Does something within a time. It lies in a box: who waits for it need not be as large as all that is done.
pub(super) fn within<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, StoreError>> + Send,
) -> impl Future<Output = Result<T, StoreError>> + Send {
    let silent = move || StoreError::Unavailable(format!("the database server has not answered for {limit:?}"));
    let work = Box::pin(work);
    async move { timeout(limit, work).await.unwrap_or_else(|_| Err(silent())) }
}

/// What each session asks for itself: another process's lock is not waited for without end, and a process that hangs in the
/// middle of a transaction loses it, so that others go on, and so does one whose machine does not acknowledge what it is sent.
/// `synchronous_commit` was found on before; asked for by the session it cannot be turned off under it.
const SESSION: [(&str, &str); 9] = [
    ("synchronous_commit", "on"),
    ("lock_timeout", "30s"),
    ("idle_in_transaction_session_timeout", "15s"),
    ("tcp_user_timeout", "20s"),
    ("TimeZone", "UTC"),
    ("client_min_messages", "warning"),
    // One plan a statement, by the indexes that are there for it: what the planner makes of each array anew, knowing nothing yet of
    // tables that fill quickly, was to read all of them (docs/performance/).
    ("plan_cache_mode", "force_generic_plan"),
    ("enable_seqscan", "off"),
    ("jit", "off"),
];

/// Makes one connection, so that what is wrong is said at once; what the server does unless told otherwise is looked at, too.
pub(super) async fn connect(address: &Address) -> Result<PgConnection, StoreError> {
    within(CONNECT_TIMEOUT, async {
        let mut plain = address.options().connect().await?;
        check(&mut plain).await?;
        look_at_its_log(&mut plain).await?;
        plain.close().await?;
        Ok(session(address).connect().await?)
    })
    .await
}

/// At most so many connections; they are made when they are needed. One that gives no answer is not used again.
pub(super) fn pool(session: PgConnectOptions, connections: u32, limits: Limits) -> PgPool {
    let Limits { connection, answer, .. } = limits;
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(connection)
        .idle_timeout(Duration::from_mins(10))
        .max_lifetime(None)
        .test_before_acquire(false)
        .before_acquire(move |connection, meta| {
            Box::pin(async move {
                if meta.idle_for > IDLE_UNASKED {
                    answers(connection, answer).await?;
                }
                Ok(true)
            })
        })
        // An error, not a `false`: one that gives no answer is not told goodbye, either.
        .after_release(move |connection, _| Box::pin(async move { answers(connection, answer).await.map(|()| true) }))
        .after_connect(|connection, _| {
            Box::pin(
                async move { check(connection).await.map_err(|error| sqlx::Error::Configuration(Box::new(error))) },
            )
        })
        .connect_lazy_with(session)
}

/// Asks a connection whether it still lives.
async fn answers(connection: &mut PgConnection, limit: Duration) -> Result<(), sqlx::Error> {
    let silent = || sqlx::Error::Io(std::io::ErrorKind::TimedOut.into());
    timeout(limit, connection.ping()).await.unwrap_or_else(|_| Err(silent()))
}

/// How the sessions of a store are set up.
pub(super) fn session(address: &Address) -> PgConnectOptions {
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

/// Says so if the server's own log would hold what people wrote: values bound to statements are content.
async fn look_at_its_log(connection: &mut PgConnection) -> Result<(), StoreError> {
    let (statements, longest, values, values_on_error): (String, String, String, String) = sqlx::query_as(
        "SELECT current_setting('log_statement'), current_setting('log_min_duration_statement'),
                current_setting('log_parameter_max_length'), current_setting('log_parameter_max_length_on_error')",
    )
    .fetch_one(connection)
    .await?;
    if writes_values(&statements, &longest, &values, &values_on_error) {
        tracing::warn!(
            "the database server writes the values of statements into its log, personal data among them: set \
             log_parameter_max_length and log_parameter_max_length_on_error to 0 there"
        );
    }
    Ok(())
}

/// Whether a server with these settings writes bound values (`-1`: whole, `0`: none).
fn writes_values(statements: &str, longest: &str, values: &str, values_on_error: &str) -> bool {
    let logs = ["mod", "all"].contains(&statements) || longest != "-1";
    logs && values != "0" || values_on_error != "0"
}

fn wanted(name: &'static str, good: bool, found: &str, wanted: &'static str) -> Result<(), StoreError> {
    if good { Ok(()) } else { Err(StoreError::Setting { name, found: found.to_owned(), wanted }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn server_that_logs_content_goes_unremarked() {
        assert!(writes_values("all", "-1", "-1", "0"));
        assert!(writes_values("none", "250ms", "1kB", "0"));
        assert!(writes_values("none", "-1", "-1", "128B"));
        assert!(!writes_values("none", "-1", "-1", "0"), "as it is made");
        assert!(!writes_values("ddl", "-1", "-1", "0") && !writes_values("all", "0", "0", "0"));
    }
}
