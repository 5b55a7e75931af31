//! A store in memory, for simulations: what a transaction has not finished never was, so a crash is to drop the handles that
//! work on it and to go on with the rest. It promises nothing beyond the life of the process.

mod aside;
mod check;
mod delivery;
mod notices;
mod people;
mod read;
mod rewrap;
mod state;
mod tokens;
mod view;
mod write;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use state::State;

use super::{
    Batch, Changes, Counts, Delivery, DueFilter, Evidence, File, JournalRow, ListFilter, Notice, NoticeFilter,
    OUTBOX_ROWS_MAX, OwnJournal, Owner, PartPlace, Peer, People, PeopleChanges, PeopleScope, Refusals, Rewrapped,
    Scope, SealedEntry, Store, StoreError, Summary, Tally, TallyFilter, Token, Vault, View, vault,
};
use crate::domain::{ComplaintId, Event, EventHash, NodeId, Position, Timestamp, TrackingNumber, Verdict};
use crate::journal::Seal;

/// A store in memory; clones share what is stored.
#[derive(Clone)]
pub struct MemoryStore {
    state: Arc<Mutex<State>>,
    outbox_rows_max: u64,
    vault: Option<Vault>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new(owner: Owner) -> Self {
        Self { state: Arc::new(Mutex::new(State::new(owner))), outbox_rows_max: OUTBOX_ROWS_MAX, vault: None }
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

    /// A backup: a store of its own with all that is stored now.
    #[must_use]
    pub fn snapshot(&self) -> Self {
        let state = self.lock().clone();
        Self { state: Arc::new(Mutex::new(state)), outbox_rows_max: self.outbox_rows_max, vault: self.vault.clone() }
    }

    /// The store of another, who holds all that is stored here now: for a simulation of many that have heard the same and written nothing
    /// yet. Events are shared until one of them is changed.
    #[must_use]
    pub fn snapshot_for(&self, owner: Owner) -> Self {
        let state = State { owner, ..self.lock().clone() };
        Self { state: Arc::new(Mutex::new(state)), outbox_rows_max: self.outbox_rows_max, vault: self.vault.clone() }
    }

    /// Replaces all that is stored by what a backup holds, for every clone of this store.
    pub fn restore(&self, backup: &Self) {
        let state = backup.lock().clone();
        *self.lock() = state;
    }

    /// A planner that panics has changed nothing yet, so a poisoned lock guards a sound state.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}

impl Store for MemoryStore {
    async fn transact<T, F>(&self, scope: Scope, plan: F) -> Result<T, StoreError>
    where
        T: Send,
        F: FnOnce(&View) -> (Changes, T) + Send,
    {
        let mut state = self.lock();
        let view = state.view(&scope)?;
        let (changes, answer) = plan(&view);
        let changes = vault::lock(self.vault.as_ref(), changes);
        if !changes.is_empty() {
            let checked = state.check(&scope, &changes, self.outbox_rows_max)?;
            state.write(&changes, checked);
        }
        Ok(answer)
    }

    async fn owner(&self) -> Result<Owner, StoreError> {
        Ok(self.lock().owner.clone())
    }

    async fn own(&self) -> Result<OwnJournal, StoreError> {
        Ok(self.lock().own)
    }

    async fn registry(&self) -> Result<Vec<Event>, StoreError> {
        self.lock().registry(Position::ZERO)
    }

    async fn file(&self, complaint: ComplaintId) -> Result<Option<File>, StoreError> {
        vault::file(self.vault.as_ref(), self.lock().file(complaint)?)
    }

    async fn list(&self, filter: ListFilter) -> Result<Vec<Summary>, StoreError> {
        Ok(self.lock().list(&filter))
    }

    async fn filed(
        &self,
        filter: ListFilter,
        after: Option<(Timestamp, ComplaintId)>,
    ) -> Result<Vec<Summary>, StoreError> {
        Ok(self.lock().filed(&filter, after))
    }

    async fn due(&self, filter: DueFilter) -> Result<Vec<Summary>, StoreError> {
        Ok(self.lock().due(&filter))
    }

    async fn late(
        &self,
        filter: TallyFilter,
        now: Timestamp,
    ) -> Result<std::collections::BTreeMap<Vec<String>, u64>, StoreError> {
        let state = self.lock();
        Ok(filter.late(state.summaries.values().map(|(_, summary)| summary), now))
    }

    async fn tallies(&self, filter: TallyFilter) -> Result<Vec<Tally>, StoreError> {
        Ok(filter.sum(self.lock().tallies.iter()))
    }

    async fn find(&self, tracking: TrackingNumber) -> Result<Option<ComplaintId>, StoreError> {
        Ok(self.lock().find(tracking))
    }

    async fn find_prefix(&self, hex: &str, limit: usize) -> Result<Vec<ComplaintId>, StoreError> {
        Ok(self.lock().find_prefix(hex, limit))
    }

    async fn sealed(&self, origin: NodeId, after: Position, bytes: usize) -> Result<Vec<Batch>, StoreError> {
        vault::batches(self.vault.as_ref(), self.lock().sealed(&origin, after, bytes)?)
    }

    async fn outbox(
        &self,
        destination: NodeId,
        generation: u32,
        after: u64,
        bytes: usize,
    ) -> Result<Vec<Delivery>, StoreError> {
        vault::deliveries(self.vault.as_ref(), self.lock().outbox(&destination, generation, after, bytes)?)
    }

    async fn peer(&self, node: NodeId) -> Result<Option<Peer>, StoreError> {
        Ok(self.lock().peers.get(&node).cloned())
    }

    async fn peers(&self) -> Result<Vec<Peer>, StoreError> {
        Ok(self.lock().peers.values().cloned().collect())
    }

    async fn refill(&self, destination: NodeId, session: u64) -> Result<Option<u32>, StoreError> {
        Ok(self.lock().refill(&destination, session))
    }

    async fn verdicts(
        &self,
        origin: NodeId,
        after: Position,
        limit: usize,
    ) -> Result<Vec<(Position, EventHash, Verdict)>, StoreError> {
        Ok(self.lock().verdicts(&origin, after, limit))
    }

    async fn unordered(&self, holder: NodeId, limit: usize) -> Result<Vec<ComplaintId>, StoreError> {
        Ok(self.lock().unordered(&holder, limit))
    }

    async fn held(&self, limit: usize) -> Result<Vec<ComplaintId>, StoreError> {
        Ok(self.lock().held(limit))
    }

    async fn journal(&self, origin: NodeId, after: Position, limit: usize) -> Result<Vec<JournalRow>, StoreError> {
        vault::rows(self.vault.as_ref(), self.lock().journal(&origin, after, limit))
    }

    async fn names(
        &self,
        origin: NodeId,
        after: Position,
        limit: usize,
    ) -> Result<Vec<(Position, EventHash)>, StoreError> {
        Ok(self.lock().names(&origin, after, limit))
    }

    async fn origins(&self) -> Result<Vec<NodeId>, StoreError> {
        Ok(self.lock().origins())
    }

    async fn seal_of(&self, origin: NodeId, position: Position) -> Result<Option<Seal>, StoreError> {
        Ok(self.lock().seal_of(&origin, position))
    }

    async fn tokens(&self) -> Result<Vec<Token>, StoreError> {
        Ok(self.lock().tokens())
    }

    async fn notices(&self, filter: NoticeFilter) -> Result<Vec<Notice>, StoreError> {
        Ok(self.lock().notices(&filter))
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        Ok(self.lock().counts())
    }

    async fn refusals(&self, limit: usize) -> Result<Vec<Refusals>, StoreError> {
        Ok(self.lock().refusals(limit))
    }

    async fn evidence(&self) -> Result<Vec<Evidence>, StoreError> {
        Ok(self.lock().evidence.clone())
    }

    async fn check_vault(&self) -> Result<(), StoreError> {
        vault::check(self.vault.as_ref(), self.lock().newest_locked())
    }

    async fn rewrap(&self, after: PartPlace, limit: usize) -> Result<Option<Rewrapped>, StoreError> {
        let Some(vault) = &self.vault else { return Ok(None) };
        self.lock().rewrap(vault, after, limit)
    }

    async fn set_aside(&self, stored: Position) -> Result<Vec<SealedEntry>, StoreError> {
        vault::aside(self.vault.as_ref(), self.lock().set_aside(stored))
    }

    async fn people<T, F>(&self, scope: PeopleScope, plan: F) -> Result<T, StoreError>
    where
        T: Send,
        F: FnOnce(&People) -> (PeopleChanges, T) + Send,
    {
        let mut state = self.lock();
        let people = state.look_at_people(&scope);
        let (changes, answer) = plan(&people);
        state.change_people(&changes)?;
        Ok(answer)
    }

    async fn look_at_people(&self, scope: PeopleScope) -> Result<People, StoreError> {
        Ok(self.lock().look_at_people(&scope))
    }
}
