//! Bringing a database up to this version's schema, and refusing what is not this program's or is newer.

use std::path::Path;

use sqlx::SqliteConnection;
use sqlx::migrate::{Migrate as _, Migrator};

use super::StoreError;
use crate::store::migrated;

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// Where sqlx notes which migrations were applied.
const MIGRATIONS_TABLE: &str = "_sqlx_migrations";

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
    MIGRATIONS.run_direct(None, connection, false).await.map_err(migrated::fault)
}

/// The number of the newest migration that this program knows.
pub(super) fn known() -> i64 {
    migrated::known(&MIGRATIONS)
}

/// The number of the newest migration of a database, which is not changed; 0 if none was applied.
pub(super) async fn schema(connection: &mut SqliteConnection) -> Result<i64, StoreError> {
    let made: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = '_sqlx_migrations')")
        .fetch_one(&mut *connection)
        .await?;
    if !made {
        return Ok(0);
    }
    let applied = connection.list_applied_migrations("_sqlx_migrations").await.map_err(migrated::fault)?;
    migrated::schema(&MIGRATIONS, &applied)
}

/// What a database is made of, in an order of its own: kind, name, table and statement of everything but the list of migrations.
pub(super) async fn things(connection: &mut SqliteConnection) -> Result<Vec<Thing>, StoreError> {
    let query = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name, tbl_name, sql";
    let all: Vec<Thing> = sqlx::query_as(query).fetch_all(connection).await?;
    // The list is sqlx's, which may make it otherwise some day. A trigger on it is no part of it.
    let of_list = |(kind, name, table, sql): &Thing| {
        let index = kind == "index" && sql.is_none() && name.starts_with("sqlite_autoindex_");
        table == MIGRATIONS_TABLE && (index || kind == "table" && name == MIGRATIONS_TABLE)
    };
    Ok(all.into_iter().filter(|thing| !of_list(thing)).collect())
}

/// Kind, name, table and statement of a table, an index, a view or a trigger.
pub(super) type Thing = (String, String, String, Option<String>);

/// Checks, without writing, that nothing is missing.
pub(super) async fn check(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    migrated::check(&MIGRATIONS, schema(connection).await?)
}

/// Applies migrations up to one, into a database that has none: to make one as an older version of the program made it.
pub(super) async fn run_to(connection: &mut SqliteConnection, schema: i64) -> Result<(), StoreError> {
    let some = MIGRATIONS.iter().filter(|migration| migration.version <= schema).cloned().collect();
    Migrator::with_migrations(some).run_direct(None, connection, false).await.map_err(migrated::fault)
}
