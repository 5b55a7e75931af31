//! What looking after asks of a database of either kind: to be copied, how it is, to have a copy put in its place. It only passes on.

use std::path::{Path, PathBuf};

use super::{CopyFacts, Source};
use crate::store::StoreError;
use crate::store::database::Place;
use crate::store::health::Health;
use crate::store::postgres::{self, PostgresSource};
use crate::store::sqlite::{self, SqliteSource};

/// A database of either kind, to be copied.
#[derive(Clone, Debug)]
pub enum PlaceSource {
    /// In a SQLite file.
    File(SqliteSource),
    /// On a PostgreSQL server.
    Server(PostgresSource),
}

impl PlaceSource {
    /// Looks at a database without changing it.
    ///
    /// # Errors
    /// As [`SqliteSource::open`] and [`PostgresSource::open`].
    pub async fn open(place: &Place) -> Result<Self, StoreError> {
        match place {
            Place::File(path) => SqliteSource::open(path).await.map(Self::File),
            Place::Server(address) => PostgresSource::open(address).await.map(Self::Server),
        }
    }

    /// The database to be copied before it is brought up to date; none if it is of this version.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn outdated(place: &Place) -> Result<Option<Self>, StoreError> {
        match place {
            Place::File(path) => Ok(SqliteSource::outdated(path).await?.map(Self::File)),
            Place::Server(address) => {
                let source = PostgresSource::open(address).await?;
                Ok((source.schema() < super::schema()).then_some(Self::Server(source)))
            }
        }
    }
}

impl Source for PlaceSource {
    fn schema(&self) -> i64 {
        match self {
            Self::File(source) => source.schema(),
            Self::Server(source) => source.schema(),
        }
    }

    async fn bytes(&self) -> Result<u64, StoreError> {
        match self {
            Self::File(source) => source.bytes().await,
            Self::Server(source) => source.bytes().await,
        }
    }

    async fn copy_to(&self, path: &Path) -> Result<CopyFacts, StoreError> {
        match self {
            Self::File(source) => source.copy_to(path).await,
            Self::Server(source) => source.copy_to(path).await,
        }
    }
}

/// How a database is.
///
/// # Errors
/// If it cannot be asked, or a setting would break a promise.
pub async fn health(place: &Place) -> Result<Health, StoreError> {
    match place {
        Place::File(path) => sqlite::health(path).await,
        Place::Server(address) => postgres::health(address).await,
    }
}

/// Whether there is a database.
///
/// # Errors
/// If that cannot be found out.
pub async fn is_there(place: &Place) -> Result<bool, StoreError> {
    match place {
        Place::File(path) => Ok(path.exists()),
        Place::Server(address) => postgres::is_there(address).await,
    }
}

/// Whether other processes of this program, here or elsewhere, use a database on a server. Who uses a file, its folder's lock tells.
///
/// # Errors
/// If that cannot be found out.
pub async fn in_use(place: &Place) -> Result<bool, StoreError> {
    match place {
        Place::File(_) => Ok(false),
        Place::Server(address) => postgres::in_use(address).await,
    }
}

/// Puts a copy that is up to date in the place of a database that nobody uses. What is there is kept under a name that ends in
/// `stamp`; without one there must be none. Returns that name, if something was kept.
///
/// # Errors
/// If it cannot be put there; then what was there is there.
pub async fn put(place: &Place, copy: &Path, stamp: Option<&str>) -> Result<Option<String>, StoreError> {
    let there = is_there(place).await?;
    let kept = match place {
        Place::File(path) => {
            let aside = stamp.map(|stamp| with_end(path, &format!(".replaced-{stamp}")));
            sqlite::install(copy, path, aside.as_deref())?;
            aside.map(|path| path.display().to_string())
        }
        Place::Server(address) => {
            let aside = stamp.map(|stamp| format!("lintas_replaced_{}", stamp.to_lowercase()));
            postgres::fill(address, copy, aside.as_deref()).await?;
            aside
        }
    };
    Ok(kept.filter(|_| there))
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}
