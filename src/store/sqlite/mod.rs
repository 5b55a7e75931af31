//! The store in a SQLite file: one connection writes, a few read. SQL stays below this module; what is stored and why is the
//! trait's.

mod aside;
mod batches;
mod codec;
mod complaints;
mod copy;
mod entries;
mod evidence;
pub(in crate::store) mod fault;
mod file;
mod health;
mod install;
mod journal;
mod migrate;
mod notices;
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
mod tests;
mod tokens;
mod verdicts;
mod view;
mod write;

use std::fmt;
use std::path::Path;

use sqlx::{Sqlite, SqlitePool, Transaction};

use super::{
    Batch, Changes, Counts, Delivery, DueFilter, Evidence, File, JournalRow, ListFilter, Notice, NoticeFilter,
    OUTBOX_ROWS_MAX, OwnJournal, Owner, PartPlace, Peer, People, PeopleChanges, PeopleScope, Refusals, Rewrapped,
    Scope, SealedEntry, Store, StoreError, Summary, Tally, TallyFilter, Token, Vault, View, vault,
};
use crate::domain::{ComplaintId, Event, EventHash, NodeId, Position, Timestamp, TrackingNumber, Verdict};
use crate::journal::Seal;
pub use copy::SqliteSource;
pub(super) use copy::{create_single, facts, is_as_made, open_single};
pub use health::health;
#[cfg(test)]
pub(super) use install::Exchange;
pub use install::install;
use settings::Role;

/// A store in a SQLite file; clones share its connections.
#[derive(Clone)]
pub struct SqliteStore {
    owner: Owner,
    readers: SqlitePool,
    /// None if the store was opened for reading only.
    writer: Option<SqlitePool>,
    outbox_rows_max: u64,
    vault: Option<Vault>,
}

impl SqliteStore {
    /// Creates the database of `owner` in a new file, for its user alone (mode 0600).
    ///
    /// # Errors
    /// If there is a database already, or the file cannot be made.
    pub async fn create(path: &Path, owner: Owner) -> Result<Self, StoreError> {
        let path = file::create(path)?;
        let mut connection = settings::connect(&path, Role::Writer).await?;
        migrate::refuse_foreign(&mut connection, &path).await?;
        migrate::run(&mut connection).await?;
        own::create(&mut connection, &path, &owner).await?;
        settings::close(connection).await?;
        Ok(Self::of(&path, owner, true))
    }

    /// Opens a database and brings it up to date.
    ///
    /// # Errors
    /// If there is none, if others may read the file, if it is another program's or of a newer version, or if a setting would
    /// break a promise.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let path = file::existing(path)?;
        let mut connection = settings::connect(&path, Role::Writer).await?;
        migrate::refuse_foreign(&mut connection, &path).await?;
        migrate::run(&mut connection).await?;
        tallies::count(&mut connection).await?;
        let owner = own::owner(&mut connection, &path).await?;
        settings::close(connection).await?;
        Ok(Self::of(&path, owner, true))
    }

    /// Opens the database of `owner`, and no other's.
    ///
    /// # Errors
    /// As [`Self::open`], and [`StoreError::Foreign`] if it belongs to another federation or node.
    pub async fn open_as(path: &Path, owner: &Owner) -> Result<Self, StoreError> {
        let store = Self::open(path).await?;
        let found = store.owner.clone();
        if found == *owner {
            return Ok(store);
        }
        store.close().await;
        Err(own::foreign(path, &found, owner))
    }

    /// Opens a database for reading, beside a program that writes to it. Whatever would write fails.
    ///
    /// # Errors
    /// As [`Self::open`], and if the database is of an older version.
    pub async fn open_read_only(path: &Path) -> Result<Self, StoreError> {
        let path = file::existing(path)?;
        let mut connection = settings::connect(&path, Role::Visitor).await?;
        migrate::refuse_foreign(&mut connection, &path).await?;
        migrate::check(&mut connection).await?;
        let owner = own::owner(&mut connection, &path).await?;
        settings::close(connection).await?;
        Ok(Self::of(&path, owner, false))
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

    /// Closes all connections, for every clone of this store, once their transactions have ended.
    pub async fn close(self) {
        self.readers.close().await;
        if let Some(writer) = &self.writer {
            writer.close().await;
        }
    }

    fn of(path: &Path, owner: Owner, may_write: bool) -> Self {
        let readers = settings::pool(path, if may_write { Role::Reader } else { Role::Visitor });
        let writer = may_write.then(|| settings::pool(path, Role::Writer));
        Self { owner, readers, writer, outbox_rows_max: OUTBOX_ROWS_MAX, vault: None }
    }

    /// A transaction that may write: the only one at a time, this program's and others' together. It is rolled back when dropped.
    async fn writing(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        let writer = self
            .writer
            .as_ref()
            .ok_or_else(|| StoreError::Foreign("the database was opened for reading only".to_owned()))?;
        Ok(writer.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// Empties the log, in which destroyed content would stay readable until it is written over. If readers keep it from being
    /// emptied now, a later checkpoint does it; what was asked for is committed either way.
    async fn empty_log(&self) {
        if let Some(writer) = &self.writer {
            drop(sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(writer).await);
        }
    }

    /// A transaction that reads one state of the database.
    async fn reading(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(self.readers.begin().await?)
    }
}

/// The number of the newest migration that this program knows.
pub(super) fn known_schema() -> i64 {
    migrate::known()
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").field("owner", &self.owner).finish_non_exhaustive()
    }
}

impl Store for SqliteStore {
    async fn transact<T, F>(&self, scope: Scope, plan: F) -> Result<T, StoreError>
    where
        T: Send,
        F: FnOnce(&View) -> (Changes, T) + Send,
    {
        let mut tx = self.writing().await?;
        let view = view::read(&mut tx, &self.owner, &scope).await?;
        let (changes, answer) = plan(&view);
        let changes = vault::lock(self.vault.as_ref(), changes);
        if changes.is_empty() {
            tx.rollback().await?;
        } else {
            let job = write::Job {
                owner: &self.owner,
                own: view.own,
                peer: view.peer,
                outbox_rows_max: self.outbox_rows_max,
            };
            job.write(&mut tx, &changes).await?;
            tx.commit().await?;
            if !changes.destroy.is_empty() {
                self.empty_log().await;
            }
        }
        Ok(answer)
    }

    async fn owner(&self) -> Result<Owner, StoreError> {
        Ok(self.owner.clone())
    }

    async fn own(&self) -> Result<OwnJournal, StoreError> {
        own::whole(&mut *self.reading().await?).await
    }

    async fn registry(&self) -> Result<Vec<Event>, StoreError> {
        journal::registry(&mut *self.reading().await?, Position::ZERO).await
    }

    async fn file(&self, complaint: ComplaintId) -> Result<Option<File>, StoreError> {
        let found = complaints::file(&mut *self.reading().await?, complaint).await?;
        vault::file(self.vault.as_ref(), found)
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

    async fn due(&self, filter: DueFilter) -> Result<Vec<Summary>, StoreError> {
        complaints::due(&mut *self.reading().await?, &filter).await
    }

    async fn late(
        &self,
        filter: TallyFilter,
        now: Timestamp,
    ) -> Result<std::collections::BTreeMap<Vec<String>, u64>, StoreError> {
        tallies::late(&mut *self.reading().await?, &filter, now).await
    }

    async fn tallies(&self, filter: TallyFilter) -> Result<Vec<Tally>, StoreError> {
        tallies::tallies(&mut *self.reading().await?, &filter).await
    }

    async fn find(&self, tracking: TrackingNumber) -> Result<Option<ComplaintId>, StoreError> {
        complaints::find(&mut *self.reading().await?, tracking).await
    }

    async fn find_prefix(&self, hex: &str, limit: usize) -> Result<Vec<ComplaintId>, StoreError> {
        complaints::find_prefix(&mut *self.reading().await?, hex, limit).await
    }

    async fn sealed(&self, origin: NodeId, after: Position, bytes: usize) -> Result<Vec<Batch>, StoreError> {
        let found = batches::sealed(&mut *self.reading().await?, &origin, after, bytes).await?;
        vault::batches(self.vault.as_ref(), found)
    }

    async fn outbox(
        &self,
        destination: NodeId,
        generation: u32,
        after: u64,
        bytes: usize,
    ) -> Result<Vec<Delivery>, StoreError> {
        let found = outbox::read(&mut *self.reading().await?, &destination, generation, after, bytes).await?;
        vault::deliveries(self.vault.as_ref(), found)
    }

    async fn peer(&self, node: NodeId) -> Result<Option<Peer>, StoreError> {
        peers::read(&mut *self.reading().await?, &node).await
    }

    async fn peers(&self) -> Result<Vec<Peer>, StoreError> {
        peers::all(&mut *self.reading().await?).await
    }

    async fn refill(&self, destination: NodeId, session: u64) -> Result<Option<u32>, StoreError> {
        let mut tx = self.writing().await?;
        let generation = outbox::refill(&mut tx, &destination, session).await?;
        tx.commit().await?;
        Ok(generation)
    }

    async fn verdicts(
        &self,
        origin: NodeId,
        after: Position,
        limit: usize,
    ) -> Result<Vec<(Position, EventHash, Verdict)>, StoreError> {
        verdicts::read(&mut *self.reading().await?, &origin, after, limit).await
    }

    async fn unordered(&self, holder: NodeId, limit: usize) -> Result<Vec<ComplaintId>, StoreError> {
        complaints::unordered(&mut *self.reading().await?, &holder, limit).await
    }

    async fn held(&self, limit: usize) -> Result<Vec<ComplaintId>, StoreError> {
        complaints::held(&mut *self.reading().await?, limit).await
    }

    async fn journal(&self, origin: NodeId, after: Position, limit: usize) -> Result<Vec<JournalRow>, StoreError> {
        let found = journal::rows(&mut *self.reading().await?, &origin, after, limit).await?;
        vault::rows(self.vault.as_ref(), found)
    }

    async fn names(
        &self,
        origin: NodeId,
        after: Position,
        limit: usize,
    ) -> Result<Vec<(Position, EventHash)>, StoreError> {
        journal::names(&mut *self.reading().await?, &origin, after, limit).await
    }

    async fn origins(&self) -> Result<Vec<NodeId>, StoreError> {
        journal::origins(&mut *self.reading().await?).await
    }

    async fn seal_of(&self, origin: NodeId, position: Position) -> Result<Option<Seal>, StoreError> {
        seals::covering(&mut *self.reading().await?, &origin, position).await
    }

    async fn tokens(&self) -> Result<Vec<Token>, StoreError> {
        tokens::all(&mut *self.reading().await?).await
    }

    async fn notices(&self, filter: NoticeFilter) -> Result<Vec<Notice>, StoreError> {
        notices::read(&mut *self.reading().await?, &filter).await
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        own::counts(&mut *self.reading().await?, &self.owner).await
    }

    async fn refusals(&self, limit: usize) -> Result<Vec<Refusals>, StoreError> {
        verdicts::refusals(&mut *self.reading().await?, &self.owner, limit).await
    }

    async fn evidence(&self) -> Result<Vec<Evidence>, StoreError> {
        evidence::all(&mut *self.reading().await?).await
    }

    async fn check_vault(&self) -> Result<(), StoreError> {
        let newest = rewrap::newest_locked(&mut *self.reading().await?).await?;
        vault::check(self.vault.as_ref(), newest.as_ref())
    }

    async fn rewrap(&self, after: PartPlace, limit: usize) -> Result<Option<Rewrapped>, StoreError> {
        let Some(vault) = &self.vault else { return Ok(None) };
        let mut tx = self.writing().await?;
        let done = rewrap::rewrap(&mut tx, vault, after, limit).await?;
        tx.commit().await?;
        if done.is_none() {
            self.empty_log().await;
        }
        Ok(done)
    }

    async fn set_aside(&self, stored: Position) -> Result<Vec<SealedEntry>, StoreError> {
        let mut tx = self.writing().await?;
        let aside = aside::set_aside(&mut tx, &self.owner, stored).await?;
        tx.commit().await?;
        vault::aside(self.vault.as_ref(), aside)
    }

    async fn people<T, F>(&self, scope: PeopleScope, plan: F) -> Result<T, StoreError>
    where
        T: Send,
        F: FnOnce(&People) -> (PeopleChanges, T) + Send,
    {
        let mut tx = self.writing().await?;
        let people = people::read(&mut tx, &scope).await?;
        let (changes, answer) = plan(&people);
        if changes.is_empty() {
            tx.rollback().await?;
        } else {
            people::write(&mut tx, &changes).await?;
            tx.commit().await?;
        }
        Ok(answer)
    }

    async fn look_at_people(&self, scope: PeopleScope) -> Result<People, StoreError> {
        people::read(&mut *self.reading().await?, &scope).await
    }
}
