//! Measures and tallies on PostgreSQL. The statements are those of every database.

use sqlx::{Connection as _, PgConnection, Postgres};

crate::store::tallying::statements!(Postgres, PgConnection);

/// Counts the complaints of before, some in each transaction, under the lock of whoever writes; broken off, it goes on where it stopped.
pub(super) async fn count(connection: &mut PgConnection) -> Result<(), StoreError> {
    loop {
        let mut tx = connection.begin().await?;
        super::own::lock(&mut tx).await?;
        let more = count_some(&mut tx).await?;
        tx.commit().await?;
        if !more {
            return Ok(());
        }
    }
}
