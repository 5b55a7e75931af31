//! A store that is watched: how long each operation takes and how it fails is counted. It stores nothing itself and changes nothing
//! of what passes.

use std::fmt;

use tokio::time::Instant;

use super::{
    Batch, Changes, Counts, Delivery, DueFilter, Evidence, File, JournalRow, ListFilter, Notice, NoticeFilter,
    OwnJournal, Owner, PartPlace, Peer, People, PeopleChanges, PeopleScope, Refusals, Rewrapped, Scope, SealedEntry,
    Store, StoreError, Summary, Tally, TallyFilter, Token, View,
};
use crate::domain::{ComplaintId, Event, EventHash, NodeId, Position, Timestamp, TrackingNumber, Verdict};
use crate::journal::Seal;
use crate::telemetry::Telemetry;

/// A watched store. Clones are the same.
#[derive(Clone)]
pub struct Observed<S> {
    store: S,
    telemetry: Telemetry,
}

impl<S: fmt::Debug> fmt::Debug for Observed<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.store.fmt(f)
    }
}

impl<S> Observed<S> {
    /// Watches a store.
    #[must_use]
    pub const fn new(store: S, telemetry: Telemetry) -> Self {
        Self { store, telemetry }
    }

    /// The store itself.
    #[must_use]
    pub const fn inner(&self) -> &S {
        &self.store
    }

    async fn watched<T>(
        &self,
        operation: &'static str,
        work: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        let began = Instant::now();
        let done = work.await;
        let error = done.as_ref().err().map(StoreError::kind);
        self.telemetry.instruments().store(operation, began.elapsed().as_secs_f64(), error);
        done
    }
}

impl<S: Store> Store for Observed<S> {
    async fn transact<T, F>(&self, scope: Scope, plan: F) -> Result<T, StoreError>
    where
        T: Send,
        F: FnOnce(&View) -> (Changes, T) + Send,
    {
        self.watched("transact", self.store.transact(scope, plan)).await
    }

    async fn owner(&self) -> Result<Owner, StoreError> {
        self.watched("owner", self.store.owner()).await
    }

    async fn own(&self) -> Result<OwnJournal, StoreError> {
        self.watched("own", self.store.own()).await
    }

    async fn registry(&self) -> Result<Vec<Event>, StoreError> {
        self.watched("registry", self.store.registry()).await
    }

    async fn file(&self, complaint: ComplaintId) -> Result<Option<File>, StoreError> {
        self.watched("file", self.store.file(complaint)).await
    }

    async fn list(&self, filter: ListFilter) -> Result<Vec<Summary>, StoreError> {
        self.watched("list", self.store.list(filter)).await
    }

    async fn filed(
        &self,
        filter: ListFilter,
        after: Option<(Timestamp, ComplaintId)>,
    ) -> Result<Vec<Summary>, StoreError> {
        self.watched("filed", self.store.filed(filter, after)).await
    }

    async fn due(&self, filter: DueFilter) -> Result<Vec<Summary>, StoreError> {
        self.watched("due", self.store.due(filter)).await
    }

    async fn find(&self, tracking: TrackingNumber) -> Result<Option<ComplaintId>, StoreError> {
        self.watched("find", self.store.find(tracking)).await
    }

    async fn late(
        &self,
        filter: TallyFilter,
        now: Timestamp,
    ) -> Result<std::collections::BTreeMap<Vec<String>, u64>, StoreError> {
        self.watched("late", self.store.late(filter, now)).await
    }

    async fn tallies(&self, filter: TallyFilter) -> Result<Vec<Tally>, StoreError> {
        self.watched("tallies", self.store.tallies(filter)).await
    }

    async fn find_prefix(&self, hex: &str, limit: usize) -> Result<Vec<ComplaintId>, StoreError> {
        self.watched("find_prefix", self.store.find_prefix(hex, limit)).await
    }

    async fn sealed(&self, origin: NodeId, after: Position, bytes: usize) -> Result<Vec<Batch>, StoreError> {
        self.watched("sealed", self.store.sealed(origin, after, bytes)).await
    }

    async fn outbox(
        &self,
        destination: NodeId,
        generation: u32,
        after: u64,
        bytes: usize,
    ) -> Result<Vec<Delivery>, StoreError> {
        self.watched("outbox", self.store.outbox(destination, generation, after, bytes)).await
    }

    async fn peer(&self, node: NodeId) -> Result<Option<Peer>, StoreError> {
        self.watched("peer", self.store.peer(node)).await
    }

    async fn peers(&self) -> Result<Vec<Peer>, StoreError> {
        self.watched("peers", self.store.peers()).await
    }

    async fn refill(&self, destination: NodeId, session: u64) -> Result<Option<u32>, StoreError> {
        self.watched("refill", self.store.refill(destination, session)).await
    }

    async fn verdicts(
        &self,
        origin: NodeId,
        after: Position,
        limit: usize,
    ) -> Result<Vec<(Position, EventHash, Verdict)>, StoreError> {
        self.watched("verdicts", self.store.verdicts(origin, after, limit)).await
    }

    async fn unordered(&self, holder: NodeId, limit: usize) -> Result<Vec<ComplaintId>, StoreError> {
        self.watched("unordered", self.store.unordered(holder, limit)).await
    }

    async fn held(&self, limit: usize) -> Result<Vec<ComplaintId>, StoreError> {
        self.watched("held", self.store.held(limit)).await
    }

    async fn journal(&self, origin: NodeId, after: Position, limit: usize) -> Result<Vec<JournalRow>, StoreError> {
        self.watched("journal", self.store.journal(origin, after, limit)).await
    }

    async fn names(
        &self,
        origin: NodeId,
        after: Position,
        limit: usize,
    ) -> Result<Vec<(Position, EventHash)>, StoreError> {
        self.watched("names", self.store.names(origin, after, limit)).await
    }

    async fn origins(&self) -> Result<Vec<NodeId>, StoreError> {
        self.watched("origins", self.store.origins()).await
    }

    async fn seal_of(&self, origin: NodeId, position: Position) -> Result<Option<Seal>, StoreError> {
        self.watched("seal_of", self.store.seal_of(origin, position)).await
    }

    async fn tokens(&self) -> Result<Vec<Token>, StoreError> {
        self.watched("tokens", self.store.tokens()).await
    }

    async fn notices(&self, filter: NoticeFilter) -> Result<Vec<Notice>, StoreError> {
        self.watched("notices", self.store.notices(filter)).await
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        self.watched("counts", self.store.counts()).await
    }

    async fn refusals(&self, limit: usize) -> Result<Vec<Refusals>, StoreError> {
        self.watched("refusals", self.store.refusals(limit)).await
    }

    async fn evidence(&self) -> Result<Vec<Evidence>, StoreError> {
        self.watched("evidence", self.store.evidence()).await
    }

    async fn check_vault(&self) -> Result<(), StoreError> {
        self.watched("check_vault", self.store.check_vault()).await
    }

    async fn rewrap(&self, after: PartPlace, limit: usize) -> Result<Option<Rewrapped>, StoreError> {
        self.watched("rewrap", self.store.rewrap(after, limit)).await
    }

    async fn set_aside(&self, stored: Position) -> Result<Vec<SealedEntry>, StoreError> {
        self.watched("set_aside", self.store.set_aside(stored)).await
    }

    async fn people<T, F>(&self, scope: PeopleScope, plan: F) -> Result<T, StoreError>
    where
        T: Send,
        F: FnOnce(&People) -> (PeopleChanges, T) + Send,
    {
        self.watched("people", self.store.people(scope, plan)).await
    }

    async fn look_at_people(&self, scope: PeopleScope) -> Result<People, StoreError> {
        self.watched("look_at_people", self.store.look_at_people(scope)).await
    }
}
