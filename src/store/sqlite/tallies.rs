//! Measures and tallies in SQLite. The statements are those of every database.

use sqlx::{Connection as _, Sqlite, SqliteConnection};

crate::store::tallying::statements!(Sqlite, SqliteConnection);

/// Counts the complaints of before, some in each transaction; broken off, it goes on where it stopped.
pub(super) async fn count(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    loop {
        let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
        let more = count_some(&mut tx).await?;
        tx.commit().await?;
        if !more {
            return Ok(());
        }
    }
}
