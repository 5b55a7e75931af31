//! The store in a PostgreSQL database, for a hub that outgrows one machine: several processes may use one database. SQL stays
//! below this module; what is stored and why is the trait's.
//!
//! Whoever may change something locks the row of the own journal before it reads anything (docs/adr/0011): so transactions follow
//! one another, whatever process they come from, as they do in SQLite. That one lock stands for all those of CUSTODY.md
//! (complaints, session, journal head, destinations), those on rows that are not there yet included.

mod address;
mod aside;
mod batches;
mod complaints;
mod copy;
mod entries;
mod evidence;
pub(in crate::store) mod fault;
mod health;
mod hints;
mod journal;
mod migrate;
mod notices;
mod operations;
mod outbox;
mod own;
mod peers;
mod people;
mod projections;
mod rewrap;
mod seals;
mod settings;
mod tallies;
#[cfg(test)]
pub(in crate::store) mod testing;
#[cfg(test)]
mod tests;
mod tokens;
#[cfg(test)]
mod vanished;
mod verdicts;
mod view;
mod write;

use std::fmt;
use std::sync::Arc;

use sqlx::pool::PoolConnection;
use sqlx::{Connection as _, PgPool, Postgres, Transaction};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

pub use address::Address;
pub use copy::{PostgresSource, fill, in_use, is_there};
pub use health::health;
pub use hints::{PostgresEars, PostgresHints};

use settings::Limits;

use super::{
    Batch, Changes, Counts, Delivery, DueFilter, Evidence, File, JournalRow, ListFilter, Notice, NoticeFilter,
    OUTBOX_ROWS_MAX, OwnJournal, Owner, PartPlace, Peer, People, PeopleChanges, PeopleScope, Refusals, Rewrapped,
    Scope, SealedEntry, Store, StoreError, Summary, Tally, TallyFilter, Token, Vault, View, vault,
};

/// How many transactions of one process may write at a time: one does, under the one lock, and one stands behind it. Were there
/// more, those that wait for the lock would hold every connection, and nobody could read.
const WRITERS_MAX: usize = 2;

/// A store in a PostgreSQL database; clones share its connections.
#[derive(Clone)]
pub struct PostgresStore {
    owner: Owner,
    schema: &'static str,
    pool: PgPool,
    outbox_rows_max: u64,
    limits: Limits,
    writers: Arc<Semaphore>,
    vault: Option<Vault>,
}

impl PostgresStore {
    /// Makes the tables of `owner` in a database, in a schema of their own.
    ///
    /// # Errors
    /// If there are some already, the server cannot be reached, or its settings would break a promise.
    pub async fn create(address: &Address, owner: Owner) -> Result<Self, StoreError> {
        let mut connection = settings::connect(address).await?;
        migrate::create(&mut connection, address).await?;
        migrate::run(&mut connection).await?;
        own::create(&mut connection, address, &owner).await?;
        connection.close().await?;
        Ok(Self::of(address, owner))
    }

    /// Opens a database and brings its tables up to date.
    ///
    /// # Errors
    /// If there are none, if they are of a newer version, if the server cannot be reached, or if a setting would break a promise.
    pub async fn open(address: &Address) -> Result<Self, StoreError> {
        let mut connection = settings::connect(address).await?;
        migrate::require(&mut connection, address).await?;
        migrate::run(&mut connection).await?;
        tallies::count(&mut connection).await?;
        let owner = own::owner(&mut connection, address).await?;
        connection.close().await?;
        Ok(Self::of(address, owner))
    }

    /// Opens the database of `owner`, and no other's.
    ///
    /// # Errors
    /// As [`Self::open`], and [`StoreError::Foreign`] if it belongs to another federation or node.
    pub async fn open_as(address: &Address, owner: &Owner) -> Result<Self, StoreError> {
        let store = Self::open(address).await?;
        let found = store.owner.clone();
        if found == *owner {
            return Ok(store);
        }
        store.close().await;
        Err(own::foreign(address, &found, owner))
    }

    /// Opens a database without bringing it up to date, as commands do beside a hub that runs.
    ///
    /// # Errors
    /// As [`Self::open`], and if the database is of an older version.
    pub async fn open_beside(address: &Address) -> Result<Self, StoreError> {
        let mut connection = settings::connect(address).await?;
        migrate::require(&mut connection, address).await?;
        migrate::check(&mut connection).await?;
        let owner = own::owner(&mut connection, address).await?;
        connection.close().await?;
        Ok(Self::of(address, owner))
    }

    /// The same store, whose content is locked by a vault, for this handle and its clones.
    #[must_use]
    pub fn with_vault(mut self, vault: Vault) -> Self {
        self.vault = Some(vault);
        self
    }

    /// The same store with another limit of rows in an outbox, for this handle and its clones.
    #[must_use]
    pub const fn with_outbox_rows_max(mut self, rows: u64) -> Self {
        self.outbox_rows_max = rows;
        self
    }

    /// What tells other processes on this database that something waits, and hears it from them. `process` is a random number
    /// by which this process knows its own hints.
    #[must_use]
    pub fn hints(&self, process: u64) -> PostgresHints {
        PostgresHints::new(self.pool.clone(), self.schema, process, self.limits)
    }

    /// Closes all connections, for every clone of this store, once their transactions have ended.
    pub async fn close(self) {
        self.pool.close().await;
    }

    fn of(address: &Address, owner: Owner) -> Self {
        Self::limited(address, owner, Limits::default())
    }

    /// The store of a database that was made, with limits of its own.
    fn limited(address: &Address, owner: Owner, limits: Limits) -> Self {
        let pool = settings::pool(settings::session(address), settings::CONNECTIONS_MAX, limits);
        let writers = Arc::new(Semaphore::new(WRITERS_MAX));
        Self { owner, schema: address.schema(), pool, outbox_rows_max: OUTBOX_ROWS_MAX, vault: None, limits, writers }
    }

    /// Waits until it is a writer's turn; the turn ends when what is given is dropped.
    async fn turn(&self) -> Result<OwnedSemaphorePermit, StoreError> {
        let turn = timeout(self.limits.turn, Arc::clone(&self.writers).acquire_owned()).await;
        turn.ok()
            .and_then(Result::ok)
            .ok_or_else(|| StoreError::Unavailable("others have been writing for too long".to_owned()))
    }

    /// Does one operation within the time that one may take: a server that vanished sends no word, not even that it is gone.
    fn operation<T>(
        &self,
        work: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> impl Future<Output = Result<T, StoreError>> + Send {
        settings::within(self.limits.operation, work)
    }

    /// A transaction that may write. It is rolled back when dropped.
    async fn writing(&self) -> Result<Transaction<'static, Postgres>, StoreError> {
        Ok(self.pool.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE").await?)
    }

    /// A connection for one statement, which sees one state of the database by itself.
    async fn asking(&self) -> Result<PoolConnection<Postgres>, StoreError> {
        Ok(self.pool.acquire().await?)
    }

    /// A transaction whose statements all see one state of the database.
    async fn reading(&self) -> Result<Transaction<'static, Postgres>, StoreError> {
        Ok(self.pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").field("owner", &self.owner).finish_non_exhaustive()
    }
}
