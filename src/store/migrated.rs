//! What a database says of the migrations that it has seen, for databases of every kind.

use sqlx::migrate::{AppliedMigration, MigrateError, Migrator};

use super::StoreError;

/// The number of the newest of these migrations.
pub(super) fn known(migrations: &Migrator) -> i64 {
    migrations.iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// The number of the newest migration that was applied; every one before it was, as it landed, and none is unknown.
pub(super) fn schema(migrations: &Migrator, applied: &[AppliedMigration]) -> Result<i64, StoreError> {
    for migration in applied {
        let known = migrations.iter().find(|known| known.version == migration.version).ok_or(StoreError::Newer)?;
        if known.checksum != migration.checksum {
            return Err(fault(MigrateError::VersionMismatch(migration.version)));
        }
    }
    let newest = applied.iter().map(|migration| migration.version).max().unwrap_or_default();
    if applied.len() < migrations.iter().filter(|known| known.version <= newest).count() {
        return Err(StoreError::Corrupt("a migration is missing among those that were applied".to_owned()));
    }
    Ok(newest)
}

/// That a database with this newest migration lacks none.
pub(super) fn check(migrations: &Migrator, schema: i64) -> Result<(), StoreError> {
    if schema < known(migrations) {
        let text =
            "the database was written by an older version; start its program once, so that it is brought up to date";
        return Err(StoreError::Foreign(text.to_owned()));
    }
    Ok(())
}

/// What went wrong with a migration.
pub(super) fn fault(error: MigrateError) -> StoreError {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest says that the schema is not as it was made")]
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
        MigrateError::VersionMissing(_) => StoreError::Newer,
        error => StoreError::Corrupt(error.to_string()),
    }
}
