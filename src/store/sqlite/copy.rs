//! A database file copied while it is in use. What is in it is not looked at beyond whose it is.

use std::path::{Path, PathBuf};

use sqlx::{ConnectOptions as _, SqliteConnection};

use super::codec::number;
use super::settings::{self, Role};
use super::{StoreError, file, migrate, own};
use crate::store::copy::{CopyFacts, Source};

/// A database file to be copied. The database may be of an older version; it is read as it is.
#[derive(Clone, Debug)]
pub struct SqliteSource {
    path: PathBuf,
    schema: i64,
}

impl SqliteSource {
    /// Looks at a database without changing it.
    ///
    /// # Errors
    /// If there is none, if others may read the file, or if it is another program's or of a newer version.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let path = file::existing(path)?;
        let mut connection = settings::connect(&path, Role::Visitor).await?;
        migrate::refuse_foreign(&mut connection, &path).await?;
        let schema = migrate::schema(&mut connection).await?;
        settings::close(connection).await?;
        Ok(Self { path, schema })
    }

    /// The database to be copied before it is brought up to date; none if it is of this version, or was never made to its end.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn outdated(path: &Path) -> Result<Option<Self>, StoreError> {
        let path = file::existing(path)?;
        // As it is opened for work, so that what another program has set does not stand in the way of finding out.
        let mut connection = settings::connect(&path, Role::Writer).await?;
        migrate::refuse_foreign(&mut connection, &path).await?;
        let schema = migrate::schema(&mut connection).await?;
        settings::close(connection).await?;
        Ok((0 < schema && schema < migrate::known()).then_some(Self { path, schema }))
    }
}

impl Source for SqliteSource {
    fn schema(&self) -> i64 {
        self.schema
    }

    async fn bytes(&self) -> Result<u64, StoreError> {
        let mut connection = settings::connect(&self.path, Role::Visitor).await?;
        let pages: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(&mut connection).await?;
        let size: i64 = sqlx::query_scalar("PRAGMA page_size").fetch_one(&mut connection).await?;
        settings::close(connection).await?;
        // What is written anew lies a little otherwise: some pages more are possible.
        let pages = pages.saturating_add(pages / 16).saturating_add(16);
        number(pages.saturating_mul(size))
    }

    async fn copy_to(&self, path: &Path) -> Result<CopyFacts, StoreError> {
        let text = path.to_str().ok_or_else(|| unavailable(path, &"its name is not UTF-8; choose another"))?;
        let empty = file::create_new(path)?;
        let mut connection = settings::connect(&self.path, Role::Copier).await?;
        // One read transaction: SQLite's log lets others write meanwhile. Free pages, and what was destroyed, are not copied.
        sqlx::query("VACUUM INTO ?").bind(text).execute(&mut connection).await?;
        settings::close(connection).await?;
        empty.sync_all().map_err(|error| unavailable(path, &error))?;
        facts(path).await
    }
}

/// Opens a copy for reading, as the one file that it is. It is not changed.
pub(in crate::store) async fn open_single(path: &Path) -> Result<SqliteConnection, StoreError> {
    Ok(settings::single(&file::existing(path)?).connect().await?)
}

/// Makes an empty copy in a new file, with the tables of a schema. Nothing of it is synced before the file is.
pub(in crate::store) async fn create_single(path: &Path, schema: i64) -> Result<SqliteConnection, StoreError> {
    drop(file::create_new(path)?);
    let mut connection = settings::draft(path).connect().await?;
    migrate::run_to(&mut connection, schema).await?;
    Ok(connection)
}

/// Whether a copy is made of what the migrations up to a schema make, and of nothing else. `beside` is a new file to compare it with.
pub(in crate::store) async fn is_as_made(path: &Path, schema: i64, beside: &Path) -> Result<bool, StoreError> {
    let mut made = create_single(beside, schema).await?;
    let wanted = migrate::things(&mut made).await;
    settings::close(made).await?;
    let mut connection = open_single(path).await?;
    let found = migrate::things(&mut connection).await;
    settings::close(connection).await?;
    Ok(found? == wanted?)
}

/// What a copy tells of itself. It is read as it is and not changed.
pub(in crate::store) async fn facts(path: &Path) -> Result<CopyFacts, StoreError> {
    let mut connection = open_single(path).await?;
    let found = read(&mut connection, path).await;
    settings::close(connection).await?;
    found
}

async fn read(connection: &mut SqliteConnection, path: &Path) -> Result<CopyFacts, StoreError> {
    migrate::refuse_foreign(connection, path).await?;
    let schema = migrate::schema(connection).await?;
    let owner = own::owner(connection, path).await?;
    let journal = own::read(connection).await?.written;
    let (events, complaints): (i64, i64) =
        sqlx::query_as("SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM complaints)")
            .fetch_one(connection)
            .await?;
    Ok(CopyFacts { owner, schema, journal, events: number(events)?, complaints: number(complaints)? })
}

pub(super) fn unavailable(path: &Path, why: &dyn std::fmt::Display) -> StoreError {
    StoreError::Unavailable(format!("{}: {why}", path.display()))
}
