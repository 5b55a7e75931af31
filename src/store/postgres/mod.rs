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
pub(in crate::store) mod fault;
mod health;
mod hints;
mod journal;
mod migrate;
mod outbox;
mod own;
mod peers;
mod projections;
mod seals;
mod settings;
#[cfg(test)]
pub(in crate::store) mod testing;
#[cfg(test)]
mod tests;
mod tokens;
mod verdicts;
mod view;
mod write;

use std::fmt;

use sqlx::pool::PoolConnection;
use sqlx::{Connection as _, PgPool, Postgres, Transaction};

pub use address::Address;
pub use copy::{PostgresSource, fill, in_use, is_there};
pub use health::health;
pub use hints::{PostgresEars, PostgresHints};

use super::{
    Batch, Changes, Counts, Delivery, File, JournalRow, ListFilter, OUTBOX_ROWS_MAX, OwnJournal, Owner, Peer, Refusals,
    Scope, SealedEntry, Store, StoreError, Summary, Token, View,
};
use crate::domain::{ComplaintId, Event, EventHash, NodeId, Position, Timestamp, TrackingNumber, Verdict};
use crate::journal::Seal;

/// A store in a PostgreSQL database; clones share its connections.
#[derive(Clone)]
pub struct PostgresStore {
    owner: Owner,
    schema: &'static str,
    pool: PgPool,
    outbox_rows_max: u64,
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
        PostgresHints::new(self.pool.clone(), self.schema, process)
    }

    /// Closes all connections, for every clone of this store, once their transactions have ended.
    pub async fn close(self) {
        self.pool.close().await;
    }

    fn of(address: &Address, owner: Owner) -> Self {
        Self { owner, schema: address.schema(), pool: settings::pool(address), outbox_rows_max: OUTBOX_ROWS_MAX }
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

impl Store for PostgresStore {
    async fn transact<T, F>(&self, scope: Scope, plan: F) -> Result<T, StoreError>
    where
        T: Send,
        F: FnOnce(&View) -> (Changes, T) + Send,
    {
        let mut tx = self.writing().await?;
        let (view, last) = view::read(&mut tx, &self.owner, &scope).await?;
        let (changes, answer) = plan(&view);
        if changes.is_empty() {
            tx.rollback().await?;
        } else {
            let job = write::Job {
                owner: &self.owner,
                own: view.own,
                peer: view.peer,
                last,
                outbox_rows_max: self.outbox_rows_max,
            };
            job.write(&mut tx, &changes).await?;
            tx.commit().await?;
        }
        Ok(answer)
    }

    async fn owner(&self) -> Result<Owner, StoreError> {
        Ok(self.owner.clone())
    }

    async fn own(&self) -> Result<OwnJournal, StoreError> {
        own::read(&mut *self.asking().await?).await
    }

    async fn registry(&self) -> Result<Vec<Event>, StoreError> {
        journal::registry(&mut *self.asking().await?, Position::ZERO).await
    }

    async fn file(&self, complaint: ComplaintId) -> Result<Option<File>, StoreError> {
        complaints::file(&mut *self.reading().await?, complaint).await
    }

    async fn list(&self, filter: ListFilter) -> Result<Vec<Summary>, StoreError> {
        complaints::list(&mut *self.reading().await?, &filter).await
    }

    async fn filed(
        &self,
        filter: ListFilter,
        after: Option<(Timestamp, ComplaintId)>,
    ) -> Result<Vec<Summary>, StoreError> {
        complaints::filed(&mut *self.reading().await?, &filter, after).await
    }

    async fn find(&self, tracking: TrackingNumber) -> Result<Option<ComplaintId>, StoreError> {
        complaints::find(&mut *self.asking().await?, tracking).await
    }

    async fn find_prefix(&self, hex: &str, limit: usize) -> Result<Vec<ComplaintId>, StoreError> {
        complaints::find_prefix(&mut *self.asking().await?, hex, limit).await
    }

    async fn sealed(&self, origin: NodeId, after: Position, bytes: usize) -> Result<Vec<Batch>, StoreError> {
        batches::sealed(&mut *self.reading().await?, &origin, after, bytes).await
    }

    async fn outbox(
        &self,
        destination: NodeId,
        generation: u32,
        after: u64,
        bytes: usize,
    ) -> Result<Vec<Delivery>, StoreError> {
        outbox::read(&mut *self.reading().await?, &destination, generation, after, bytes).await
    }

    async fn peer(&self, node: NodeId) -> Result<Option<Peer>, StoreError> {
        peers::read(&mut *self.asking().await?, &node).await
    }

    async fn peers(&self) -> Result<Vec<Peer>, StoreError> {
        peers::all(&mut *self.asking().await?).await
    }

    async fn refill(&self, destination: NodeId) -> Result<u32, StoreError> {
        let mut tx = self.writing().await?;
        let generation = outbox::refill(&mut tx, &destination).await?;
        tx.commit().await?;
        Ok(generation)
    }

    async fn verdicts(
        &self,
        origin: NodeId,
        after: Position,
        limit: usize,
    ) -> Result<Vec<(Position, EventHash, Verdict)>, StoreError> {
        verdicts::read(&mut *self.asking().await?, &origin, after, limit).await
    }

    async fn unordered(&self, holder: NodeId, limit: usize) -> Result<Vec<ComplaintId>, StoreError> {
        complaints::unordered(&mut *self.asking().await?, &holder, limit).await
    }

    async fn held(&self, limit: usize) -> Result<Vec<ComplaintId>, StoreError> {
        complaints::held(&mut *self.asking().await?, limit).await
    }

    async fn journal(&self, origin: NodeId, after: Position, limit: usize) -> Result<Vec<JournalRow>, StoreError> {
        journal::rows(&mut *self.reading().await?, &origin, after, limit).await
    }

    async fn names(
        &self,
        origin: NodeId,
        after: Position,
        limit: usize,
    ) -> Result<Vec<(Position, EventHash)>, StoreError> {
        journal::names(&mut *self.asking().await?, &origin, after, limit).await
    }

    async fn origins(&self) -> Result<Vec<NodeId>, StoreError> {
        journal::origins(&mut *self.asking().await?).await
    }

    async fn seal_of(&self, origin: NodeId, position: Position) -> Result<Option<Seal>, StoreError> {
        seals::covering(&mut *self.asking().await?, &origin, position).await
    }

    async fn tokens(&self) -> Result<Vec<Token>, StoreError> {
        tokens::all(&mut *self.asking().await?).await
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        own::counts(&mut *self.reading().await?, &self.owner).await
    }

    async fn refusals(&self, limit: usize) -> Result<Vec<Refusals>, StoreError> {
        verdicts::refusals(&mut *self.asking().await?, &self.owner, limit).await
    }

    async fn set_aside(&self, stored: Position) -> Result<Vec<SealedEntry>, StoreError> {
        let mut tx = self.writing().await?;
        let aside = aside::set_aside(&mut tx, &self.owner, stored).await?;
        tx.commit().await?;
        Ok(aside)
    }
}
