//! Bringing the tables up to this version, and refusing what is newer.

use sqlx::PgConnection;
use sqlx::migrate::{Migrate as _, Migrator};

use super::{Address, StoreError};
use crate::store::migrated;

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// Makes the schema that holds the tables.
pub(super) async fn create(connection: &mut PgConnection, address: &Address) -> Result<(), StoreError> {
    // The schema's name is the program's own.
    let statement = sqlx::AssertSqlSafe(format!("CREATE SCHEMA IF NOT EXISTS {}", address.schema()));
    sqlx::query(statement).execute(&mut *connection).await.map_err(|error| {
        let error = StoreError::from(error);
        StoreError::Foreign(format!(
            "no schema can be made in {address} ({error}); let its user create one: GRANT CREATE ON DATABASE … TO …"
        ))
    })?;
    Ok(())
}

/// That there is such a schema.
pub(super) async fn require(connection: &mut PgConnection, address: &Address) -> Result<(), StoreError> {
    let found: bool = sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL")
        .bind(format!("{}.owner", address.schema()))
        .fetch_one(connection)
        .await?;
    if found {
        Ok(())
    } else {
        Err(StoreError::Foreign(format!("there is no hub's database at {address}; run init first")))
    }
}

/// Applies what is missing. Several processes may start at once: one migrates, the others wait for it.
pub(super) async fn run(connection: &mut PgConnection) -> Result<(), StoreError> {
    MIGRATIONS.run_direct(None, connection, false).await.map_err(migrated::fault)
}

/// The number of the newest migration of a database, which is not changed.
pub(super) async fn schema(connection: &mut PgConnection) -> Result<i64, StoreError> {
    let applied = connection.list_applied_migrations("_sqlx_migrations").await.map_err(migrated::fault)?;
    migrated::schema(&MIGRATIONS, &applied)
}

/// The number of the newest migration that this program knows.
pub(super) fn known() -> i64 {
    migrated::known(&MIGRATIONS)
}

/// Checks, without writing, that nothing is missing.
pub(super) async fn check(connection: &mut PgConnection) -> Result<(), StoreError> {
    migrated::check(&MIGRATIONS, schema(connection).await?)
}
