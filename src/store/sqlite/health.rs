//! Asking a database file how it is, beside a program that uses it.

use std::path::Path;

use super::codec::number;
use super::settings::{self, Role};
use super::{StoreError, file, migrate};
use crate::store::health::Health;

/// What SQLite's check tells at most.
const FINDINGS_MAX: usize = 10;

/// Asks a database how it is. Reads all of it.
///
/// # Errors
/// If it cannot be opened: there is none, others may read it, it is another program's or of a newer version, a setting would
/// break a promise, or it cannot be read.
pub async fn health(path: &Path) -> Result<Health, StoreError> {
    let path = file::existing(path)?;
    let mut connection = settings::connect(&path, Role::Visitor).await?;
    migrate::refuse_foreign(&mut connection, &path).await?;
    let schema = migrate::schema(&mut connection).await?;
    let pages: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(&mut connection).await?;
    let size: i64 = sqlx::query_scalar("PRAGMA page_size").fetch_one(&mut connection).await?;
    let said: Vec<String> = sqlx::query_scalar("PRAGMA quick_check(10)").fetch_all(&mut connection).await?;
    let broken = said.into_iter().filter(|line| line != "ok").take(FINDINGS_MAX).collect();
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut connection).await?;
    settings::close(connection).await?;
    Ok(Health {
        schema,
        known: migrate::known(),
        bytes: number(pages.saturating_mul(size))?,
        broken,
        settings: vec![("journal_mode", mode), ("synchronous", "full".to_owned())],
        scarce: Vec::new(),
    })
}
