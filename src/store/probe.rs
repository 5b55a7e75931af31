//! Whether a database can be used: asked by one cheap read. It mends nothing.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::Store;
use crate::telemetry::Readiness;

/// A file that must stay what it is while it is in use: it is recognised by its number, not by its name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileMark {
    path: PathBuf,
    number: (u64, u64),
}

impl FileMark {
    /// Remembers a file.
    ///
    /// # Errors
    /// If there is none.
    pub async fn of(path: &Path) -> std::io::Result<Self> {
        let found = tokio::fs::metadata(path).await?;
        Ok(Self { path: path.to_owned(), number: (found.dev(), found.ino()) })
    }

    /// Whether it still is where it was.
    pub async fn is_there(&self) -> bool {
        tokio::fs::metadata(&self.path).await.is_ok_and(|found| (found.dev(), found.ino()) == self.number)
    }
}

const GONE: Readiness = Readiness::Not("the database file is gone or another one stands in its place");

/// Asks a store, and looks for the file behind it, if it is one: what is written to a file that was moved away is lost with the
/// process.
pub async fn ready<S: Store>(store: &S, file: Option<&FileMark>) -> Readiness {
    if let Some(file) = file
        && !file.is_there().await
    {
        return GONE;
    }
    match store.own().await {
        Ok(_) => Readiness::Ready,
        Err(error) => {
            tracing::debug!(%error, "the database does not answer");
            Readiness::Not("the database does not answer")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::conformance::sample::owner;
    use crate::store::sqlite::SqliteStore;

    #[tokio::test]
    async fn database_that_was_moved_away_is_ready() {
        let folder = tempfile::tempdir().unwrap();
        let (path, elsewhere) = (folder.path().join("hub.db"), folder.path().join("moved.db"));
        let store = SqliteStore::create(&path, owner("hub")).await.unwrap();
        let file = FileMark::of(&path).await.unwrap();
        let ask = async || ready(&store, Some(&file)).await;
        assert_eq!(ask().await, Readiness::Ready);
        std::fs::rename(&path, &elsewhere).unwrap();
        assert_eq!(ask().await, GONE);
        std::fs::write(&path, "another").unwrap();
        assert_eq!(ask().await, GONE);
        std::fs::rename(&elsewhere, &path).unwrap();
        assert_eq!(ask().await, Readiness::Ready);
        store.clone().close().await;
        assert_eq!(ask().await, Readiness::Not("the database does not answer"));
    }
}
