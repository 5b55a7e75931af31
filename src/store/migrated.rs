//! What a database says of the migrations that it has seen, for databases of every kind.

use sqlx::migrate::{AppliedMigration, MigrateError, Migrator};

use super::StoreError;

/// That exactly these migrations were applied.
pub(super) fn check(migrations: &Migrator, applied: &[AppliedMigration]) -> Result<(), StoreError> {
    for migration in applied {
        let known = migrations.iter().find(|known| known.version == migration.version).ok_or(StoreError::Newer)?;
        if known.checksum != migration.checksum {
            return Err(fault(MigrateError::VersionMismatch(migration.version)));
        }
    }
    if applied.len() < migrations.iter().count() {
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
