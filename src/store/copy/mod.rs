//! A whole database as one SQLite file, whatever database it was copied from: what such a copy tells of itself, how one is asked
//! for, and how one is opened. How the rows are read is each store's; what a copy is kept in is not its business.

pub mod place;
mod rows;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::path::Path;

use super::StoreError;
use super::rows::Owner;
pub(super) use rows::{Cell, Kind, Rows, Table, Writer};

use super::sqlite::{SqliteStore, known_schema};
use crate::domain::Position;

/// What a copy tells of itself, read from the copy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CopyFacts {
    /// Whose database it is.
    pub owner: Owner,
    /// The number of its newest migration.
    pub schema: i64,
    /// The end of the own journal.
    pub journal: Position,
    /// Events of all journals.
    pub events: u64,
    /// Complaints.
    pub complaints: u64,
}

/// A database that can be copied whole while others use it.
pub trait Source: Send + Sync {
    /// The number of its newest migration; lower than [`schema`] if the database is of an older version of the program.
    fn schema(&self) -> i64;

    /// About how many bytes a copy takes, and no less.
    ///
    /// # Errors
    /// If storage failed.
    fn bytes(&self) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// Writes one consistent state of everything into a new SQLite file at `path` (mode 0600), synced. Whoever writes to the
    /// database meanwhile is not held up. What it left at `path` after an error is no copy.
    ///
    /// # Errors
    /// If there is a file at `path`, or storage failed on either side.
    fn copy_to(&self, path: &Path) -> impl Future<Output = Result<CopyFacts, StoreError>> + Send;
}

/// The number of the newest migration that this program knows.
#[must_use]
pub fn schema() -> i64 {
    known_schema()
}

/// Opens a copy that nobody else uses and brings it up to date.
///
/// # Errors
/// If it is no database of this program, of a newer version of it, or open to others.
pub async fn open(path: &Path) -> Result<SqliteStore, StoreError> {
    SqliteStore::open(path).await
}

/// Whether a copy is made of the tables and indices of a schema, and of nothing else: no trigger and no view that would do something
/// of its own once it is in use. It is not changed. `beside` is the path of a new file to compare it with.
///
/// # Errors
/// If it cannot be read, or the file cannot be made.
pub async fn is_as_made(path: &Path, schema: i64, beside: &Path) -> Result<bool, StoreError> {
    super::sqlite::is_as_made(path, schema, beside).await
}

/// What a copy tells of itself. It is not changed.
///
/// # Errors
/// As [`open`].
pub async fn facts(path: &Path) -> Result<CopyFacts, StoreError> {
    super::sqlite::facts(path).await
}
