//! Bringing a database up to this version's schema, and refusing what is not this program's or is newer.

use std::path::Path;

use sqlx::SqliteConnection;
use sqlx::migrate::{Migrate as _, MigrateError, Migrator};

use super::StoreError;

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// "Lnts", in the header of every database of this program.
const APPLICATION_ID: i64 = 0x4c6e_7473;

/// Refuses a database that holds something but not this program's.
pub(super) async fn refuse_foreign(connection: &mut SqliteConnection, path: &Path) -> Result<(), StoreError> {
    let id: i64 = sqlx::query_scalar("PRAGMA application_id").fetch_one(&mut *connection).await?;
    let things: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema WHERE tbl_name <> '_sqlx_migrations'")
        .fetch_one(connection)
        .await?;
    if things > 0 && id != APPLICATION_ID {
        return Err(StoreError::Foreign(format!("{} is the database of another program", path.display())));
    }
    Ok(())
}

/// Applies what is missing.
pub(super) async fn run(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    MIGRATIONS.run_direct(None, connection, false).await.map_err(fault)
}

/// The number of the newest migration that this program knows.
pub(super) fn known() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// The number of the newest migration of a database, which is not changed; all before it are there as they landed.
pub(super) async fn schema(connection: &mut SqliteConnection) -> Result<i64, StoreError> {
    let applied = connection.list_applied_migrations("_sqlx_migrations").await.map_err(fault)?;
    for migration in &applied {
        let known = MIGRATIONS.iter().find(|known| known.version == migration.version).ok_or(StoreError::Newer)?;
        if known.checksum != migration.checksum {
            return Err(fault(MigrateError::VersionMismatch(migration.version)));
        }
    }
    let newest = applied.iter().map(|migration| migration.version).max().unwrap_or_default();
    if applied.len() < MIGRATIONS.iter().filter(|known| known.version <= newest).count() {
        return Err(StoreError::Corrupt("a migration is missing among those that were applied".to_owned()));
    }
    Ok(newest)
}

/// Checks, without writing, that nothing is missing.
pub(super) async fn check(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    if schema(connection).await? < known() {
        let text =
            "the database was written by an older version; start its program once, so that it is brought up to date";
        return Err(StoreError::Foreign(text.to_owned()));
    }
    Ok(())
}

fn fault(error: MigrateError) -> StoreError {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest says that the schema is not as it was made")]
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
        MigrateError::VersionMissing(_) => StoreError::Newer,
        error => StoreError::Corrupt(error.to_string()),
    }
}
