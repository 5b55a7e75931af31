//! The database of a program that may keep it in more than one kind. It only passes on to the store of the kind chosen.

use std::fmt;
use std::path::PathBuf;

use super::postgres::{Address, PostgresHints, PostgresStore};
use super::sqlite::SqliteStore;
use super::{
    Batch, Changes, Counts, Delivery, DueFilter, Evidence, File, JournalRow, ListFilter, Notice, NoticeFilter,
    OwnJournal, Owner, PartPlace, Peer, People, PeopleChanges, PeopleScope, Refusals, Rewrapped, Scope, SealedEntry,
    Store, StoreError, Summary, Tally, TallyFilter, Token, Vault, View,
};
use crate::domain::{ComplaintId, Event, EventHash, NodeId, Position, Timestamp, TrackingNumber, Verdict};
use crate::journal::Seal;

/// Where a database is.
#[derive(Clone, Debug)]
pub enum Place {
    /// In a SQLite file.
    File(PathBuf),
    /// On a PostgreSQL server.
    Server(Address),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Server(address) => address.fmt(f),
        }
    }
}

/// A store of either kind; clones share its connections.
#[derive(Clone, Debug)]
pub enum Database {
    /// In a SQLite file.
    Sqlite(SqliteStore),
    /// On a PostgreSQL server.
    Postgres(PostgresStore),
}

/// The same said to whichever store it is.
macro_rules! each {
    ($self:expr, $store:ident => $said:expr) => {
        match $self {
            Self::Sqlite($store) => $said,
            Self::Postgres($store) => $said,
        }
    };
}

impl Database {
    /// Makes the database of `owner`.
    ///
    /// # Errors
    /// If there is one already, or it cannot be made there.
    pub async fn create(place: &Place, owner: Owner) -> Result<Self, StoreError> {
        match place {
            Place::File(path) => SqliteStore::create(path, owner).await.map(Self::Sqlite),
            Place::Server(address) => PostgresStore::create(address, owner).await.map(Self::Postgres),
        }
    }

    /// Opens the database of `owner`, and no other's, and brings it up to date.
    ///
    /// # Errors
    /// As the stores' `open_as`.
    pub async fn open_as(place: &Place, owner: &Owner) -> Result<Self, StoreError> {
        match place {
            Place::File(path) => SqliteStore::open_as(path, owner).await.map(Self::Sqlite),
            Place::Server(address) => PostgresStore::open_as(address, owner).await.map(Self::Postgres),
        }
    }

    /// Opens a database for reading, beside a program that writes to it.
    ///
    /// # Errors
    /// As [`Self::open_as`], and if the database is of an older version.
    pub async fn open_beside(place: &Place) -> Result<Self, StoreError> {
        match place {
            Place::File(path) => SqliteStore::open_read_only(path).await.map(Self::Sqlite),
            Place::Server(address) => PostgresStore::open_beside(address).await.map(Self::Postgres),
        }
    }

    /// The same database, whose content is locked by a vault.
    #[must_use]
    pub fn with_vault(self, vault: Vault) -> Self {
        match self {
            Self::Sqlite(store) => Self::Sqlite(store.with_vault(vault)),
            Self::Postgres(store) => Self::Postgres(store.with_vault(vault)),
        }
    }

    /// What tells other processes on the same database that something waits, if there can be any; `process` is a random number.
    #[must_use]
    pub fn hints(&self, process: u64) -> Option<PostgresHints> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(store) => Some(store.hints(process)),
        }
    }

    /// Closes all connections, for every clone of this store, once their transactions have ended.
    pub async fn close(self) {
        each!(self, store => store.close().await);
    }
}

impl Store for Database {
    async fn transact<T, F>(&self, scope: Scope, plan: F) -> Result<T, StoreError>
    where
        T: Send,
        F: FnOnce(&View) -> (Changes, T) + Send,
    {
        each!(self, store => store.transact(scope, plan).await)
    }

    async fn owner(&self) -> Result<Owner, StoreError> {
        each!(self, store => store.owner().await)
    }

    async fn own(&self) -> Result<OwnJournal, StoreError> {
        each!(self, store => store.own().await)
    }

    async fn registry(&self) -> Result<Vec<Event>, StoreError> {
        each!(self, store => store.registry().await)
    }

    async fn file(&self, complaint: ComplaintId) -> Result<Option<File>, StoreError> {
        each!(self, store => store.file(complaint).await)
    }

    async fn list(&self, filter: ListFilter) -> Result<Vec<Summary>, StoreError> {
        each!(self, store => store.list(filter).await)
    }

    async fn filed(
        &self,
        filter: ListFilter,
        after: Option<(Timestamp, ComplaintId)>,
    ) -> Result<Vec<Summary>, StoreError> {
        each!(self, store => store.filed(filter, after).await)
    }

    async fn due(&self, filter: DueFilter) -> Result<Vec<Summary>, StoreError> {
        each!(self, store => store.due(filter).await)
    }

    async fn find(&self, tracking: TrackingNumber) -> Result<Option<ComplaintId>, StoreError> {
        each!(self, store => store.find(tracking).await)
    }

    async fn late(
        &self,
        filter: TallyFilter,
        now: Timestamp,
    ) -> Result<std::collections::BTreeMap<Vec<String>, u64>, StoreError> {
        each!(self, store => store.late(filter, now).await)
    }

    async fn tallies(&self, filter: TallyFilter) -> Result<Vec<Tally>, StoreError> {
        each!(self, store => store.tallies(filter).await)
    }

    async fn find_prefix(&self, hex: &str, limit: usize) -> Result<Vec<ComplaintId>, StoreError> {
        each!(self, store => store.find_prefix(hex, limit).await)
    }

    async fn sealed(&self, origin: NodeId, after: Position, bytes: usize) -> Result<Vec<Batch>, StoreError> {
        each!(self, store => store.sealed(origin, after, bytes).await)
    }

    async fn outbox(
        &self,
        destination: NodeId,
        generation: u32,
        after: u64,
        bytes: usize,
    ) -> Result<Vec<Delivery>, StoreError> {
        each!(self, store => store.outbox(destination, generation, after, bytes).await)
    }

    async fn peer(&self, node: NodeId) -> Result<Option<Peer>, StoreError> {
        each!(self, store => store.peer(node).await)
    }

    async fn peers(&self) -> Result<Vec<Peer>, StoreError> {
        each!(self, store => store.peers().await)
    }

    async fn refill(&self, destination: NodeId, session: u64) -> Result<Option<u32>, StoreError> {
        each!(self, store => store.refill(destination, session).await)
    }

    async fn verdicts(
        &self,
        origin: NodeId,
        after: Position,
        limit: usize,
    ) -> Result<Vec<(Position, EventHash, Verdict)>, StoreError> {
        each!(self, store => store.verdicts(origin, after, limit).await)
    }

    async fn unordered(&self, holder: NodeId, limit: usize) -> Result<Vec<ComplaintId>, StoreError> {
        each!(self, store => store.unordered(holder, limit).await)
    }

    async fn held(&self, limit: usize) -> Result<Vec<ComplaintId>, StoreError> {
        each!(self, store => store.held(limit).await)
    }

    async fn journal(&self, origin: NodeId, after: Position, limit: usize) -> Result<Vec<JournalRow>, StoreError> {
        each!(self, store => store.journal(origin, after, limit).await)
    }

    async fn names(
        &self,
        origin: NodeId,
        after: Position,
        limit: usize,
    ) -> Result<Vec<(Position, EventHash)>, StoreError> {
        each!(self, store => store.names(origin, after, limit).await)
    }

    async fn origins(&self) -> Result<Vec<NodeId>, StoreError> {
        each!(self, store => store.origins().await)
    }

    async fn seal_of(&self, origin: NodeId, position: Position) -> Result<Option<Seal>, StoreError> {
        each!(self, store => store.seal_of(origin, position).await)
    }

    async fn tokens(&self) -> Result<Vec<Token>, StoreError> {
        each!(self, store => store.tokens().await)
    }

    async fn notices(&self, filter: NoticeFilter) -> Result<Vec<Notice>, StoreError> {
        each!(self, store => store.notices(filter).await)
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        each!(self, store => store.counts().await)
    }

    async fn refusals(&self, limit: usize) -> Result<Vec<Refusals>, StoreError> {
        each!(self, store => store.refusals(limit).await)
    }

    async fn evidence(&self) -> Result<Vec<Evidence>, StoreError> {
        each!(self, store => store.evidence().await)
    }

    async fn check_vault(&self) -> Result<(), StoreError> {
        each!(self, store => store.check_vault().await)
    }

    async fn rewrap(&self, after: PartPlace, limit: usize) -> Result<Option<Rewrapped>, StoreError> {
        each!(self, store => store.rewrap(after, limit).await)
    }

    async fn set_aside(&self, stored: Position) -> Result<Vec<SealedEntry>, StoreError> {
        each!(self, store => store.set_aside(stored).await)
    }

    async fn people<T, F>(&self, scope: PeopleScope, plan: F) -> Result<T, StoreError>
    where
        T: Send,
        F: FnOnce(&People) -> (PeopleChanges, T) + Send,
    {
        each!(self, store => store.people(scope, plan).await)
    }

    async fn look_at_people(&self, scope: PeopleScope) -> Result<People, StoreError> {
        each!(self, store => store.look_at_people(scope).await)
    }
}
