//! Asking a PostgreSQL database how it is, beside hubs that use it.

use sqlx::Connection as _;

use super::{Address, StoreError, migrate, settings};
use crate::store::health::Health;

/// Of a hundred: how many connections should be free.
const FREE_PERCENT: i64 = 20;

/// Asks a database how it is. The settings on which promises rest are looked at with each connection.
///
/// # Errors
/// If it cannot be opened: there is none, it is of a newer version, the server cannot be reached, or a setting would break a
/// promise.
pub async fn health(address: &Address) -> Result<Health, StoreError> {
    let mut connection = settings::connect(address).await?;
    migrate::require(&mut connection, address).await?;
    let schema = migrate::schema(&mut connection).await?;
    let (bytes, version, fsync, pages, commit): (i64, String, String, String, String) = sqlx::query_as(
        "SELECT (SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class c
                 WHERE c.relnamespace = to_regnamespace($1) AND c.relkind = 'r'),
                current_setting('server_version'), current_setting('fsync'), current_setting('full_page_writes'),
                current_setting('synchronous_commit')",
    )
    .bind(address.schema())
    .fetch_one(&mut connection)
    .await?;
    let (most, reserved, used): (i64, i64, i64) = sqlx::query_as(
        "SELECT current_setting('max_connections')::bigint, current_setting('superuser_reserved_connections')::bigint,
                (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')",
    )
    .fetch_one(&mut connection)
    .await?;
    connection.close().await?;
    let free = most.saturating_sub(reserved).saturating_sub(used);
    let few = free.saturating_mul(100) < most.saturating_mul(FREE_PERCENT);
    let scarce = few.then(|| ("max_connections", format!("{free} of {most} connections are free")));
    Ok(Health {
        schema,
        known: migrate::known(),
        bytes: u64::try_from(bytes).unwrap_or(0),
        broken: Vec::new(),
        settings: vec![
            ("server_version", version),
            ("fsync", fsync),
            ("full_page_writes", pages),
            ("synchronous_commit", commit),
        ],
        scarce: scarce.into_iter().collect(),
    })
}
