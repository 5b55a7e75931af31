//! The trait's operations, each within its time. How each table is read and written is that table's own file.

use super::{
    Batch, Changes, Counts, Delivery, DueFilter, Evidence, File, JournalRow, ListFilter, Notice, NoticeFilter,
    OwnJournal, Owner, PartPlace, Peer, People, PeopleChanges, PeopleScope, PostgresStore, Refusals, Rewrapped, Scope,
    SealedEntry, Store, StoreError, Summary, Tally, TallyFilter, Token, View, aside, batches, complaints, evidence,
    journal, notices, outbox, own, peers, people, rewrap, seals, settings, tallies, tokens, vault, verdicts, view,
    write,
};
use crate::domain::{ComplaintId, Event, EventHash, NodeId, Position, Timestamp, TrackingNumber, Verdict};
use crate::journal::Seal;

impl Store for PostgresStore {
    async fn transact<T, F>(&self, scope: Scope, plan: F) -> Result<T, StoreError>
    where
        T: Send,
        F: FnOnce(&View) -> (Changes, T) + Send,
    {
        let _turn = self.turn().await?;
        self.operation(async {
            let mut tx = self.writing().await?;
            let (view, last) = view::read(&mut tx, &self.owner, &scope).await?;
            let (changes, answer) = plan(&view);
            let changes = vault::lock(self.vault.as_ref(), changes);
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
        })
        .await
    }

    async fn owner(&self) -> Result<Owner, StoreError> {
        Ok(self.owner.clone())
    }

    async fn own(&self) -> Result<OwnJournal, StoreError> {
        self.operation(async { own::read(&mut *self.asking().await?).await }).await
    }

    async fn registry(&self) -> Result<Vec<Event>, StoreError> {
        self.operation(async { journal::registry(&mut *self.asking().await?, Position::ZERO).await }).await
    }

    async fn file(&self, complaint: ComplaintId) -> Result<Option<File>, StoreError> {
        let found = self.operation(async { complaints::file(&mut *self.reading().await?, complaint).await }).await?;
        vault::file(self.vault.as_ref(), found)
    }

    async fn list(&self, filter: ListFilter) -> Result<Vec<Summary>, StoreError> {
        self.operation(async { complaints::list(&mut *self.reading().await?, &filter).await }).await
    }

    async fn filed(
        &self,
        filter: ListFilter,
        after: Option<(Timestamp, ComplaintId)>,
    ) -> Result<Vec<Summary>, StoreError> {
        self.operation(async { complaints::filed(&mut *self.reading().await?, &filter, after).await }).await
    }

    async fn due(&self, filter: DueFilter) -> Result<Vec<Summary>, StoreError> {
        self.operation(async { complaints::due(&mut *self.reading().await?, &filter).await }).await
    }

    async fn late(
        &self,
        filter: TallyFilter,
        now: Timestamp,
    ) -> Result<std::collections::BTreeMap<Vec<String>, u64>, StoreError> {
        self.operation(async { tallies::late(&mut *self.reading().await?, &filter, now).await }).await
    }

    async fn tallies(&self, filter: TallyFilter) -> Result<Vec<Tally>, StoreError> {
        self.operation(async { tallies::tallies(&mut *self.reading().await?, &filter).await }).await
    }

    async fn find(&self, tracking: TrackingNumber) -> Result<Option<ComplaintId>, StoreError> {
        self.operation(async { complaints::find(&mut *self.asking().await?, tracking).await }).await
    }

    async fn find_prefix(&self, hex: &str, limit: usize) -> Result<Vec<ComplaintId>, StoreError> {
        self.operation(async { complaints::find_prefix(&mut *self.asking().await?, hex, limit).await }).await
    }

    async fn sealed(&self, origin: NodeId, after: Position, bytes: usize) -> Result<Vec<Batch>, StoreError> {
        let found = async { batches::sealed(&mut *self.reading().await?, &origin, after, bytes).await };
        vault::batches(self.vault.as_ref(), self.operation(found).await?)
    }

    async fn outbox(
        &self,
        destination: NodeId,
        generation: u32,
        after: u64,
        bytes: usize,
    ) -> Result<Vec<Delivery>, StoreError> {
        let found = async { outbox::read(&mut *self.reading().await?, &destination, generation, after, bytes).await };
        vault::deliveries(self.vault.as_ref(), self.operation(found).await?)
    }

    async fn peer(&self, node: NodeId) -> Result<Option<Peer>, StoreError> {
        self.operation(async { peers::read(&mut *self.asking().await?, &node).await }).await
    }

    async fn peers(&self) -> Result<Vec<Peer>, StoreError> {
        self.operation(async { peers::all(&mut *self.asking().await?).await }).await
    }

    async fn refill(&self, destination: NodeId, session: u64) -> Result<Option<u32>, StoreError> {
        let _turn = self.turn().await?;
        settings::within(self.limits.refill, async {
            let mut tx = self.writing().await?;
            let generation = outbox::refill(&mut tx, &destination, session).await?;
            tx.commit().await?;
            Ok(generation)
        })
        .await
    }

    async fn verdicts(
        &self,
        origin: NodeId,
        after: Position,
        limit: usize,
    ) -> Result<Vec<(Position, EventHash, Verdict)>, StoreError> {
        self.operation(async { verdicts::read(&mut *self.asking().await?, &origin, after, limit).await }).await
    }

    async fn unordered(&self, holder: NodeId, limit: usize) -> Result<Vec<ComplaintId>, StoreError> {
        self.operation(async { complaints::unordered(&mut *self.asking().await?, &holder, limit).await }).await
    }

    async fn held(&self, limit: usize) -> Result<Vec<ComplaintId>, StoreError> {
        self.operation(async { complaints::held(&mut *self.asking().await?, limit).await }).await
    }

    async fn journal(&self, origin: NodeId, after: Position, limit: usize) -> Result<Vec<JournalRow>, StoreError> {
        let found = async { journal::rows(&mut *self.reading().await?, &origin, after, limit).await };
        vault::rows(self.vault.as_ref(), self.operation(found).await?)
    }

    async fn names(
        &self,
        origin: NodeId,
        after: Position,
        limit: usize,
    ) -> Result<Vec<(Position, EventHash)>, StoreError> {
        self.operation(async { journal::names(&mut *self.asking().await?, &origin, after, limit).await }).await
    }

    async fn origins(&self) -> Result<Vec<NodeId>, StoreError> {
        self.operation(async { journal::origins(&mut *self.asking().await?).await }).await
    }

    async fn seal_of(&self, origin: NodeId, position: Position) -> Result<Option<Seal>, StoreError> {
        self.operation(async { seals::covering(&mut *self.asking().await?, &origin, position).await }).await
    }

    async fn notices(&self, filter: NoticeFilter) -> Result<Vec<Notice>, StoreError> {
        self.operation(async { notices::read(&mut *self.asking().await?, &filter).await }).await
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        self.operation(async { own::counts(&mut *self.reading().await?, &self.owner).await }).await
    }

    async fn refusals(&self, limit: usize) -> Result<Vec<Refusals>, StoreError> {
        self.operation(async { verdicts::refusals(&mut *self.asking().await?, &self.owner, limit).await }).await
    }

    async fn evidence(&self) -> Result<Vec<Evidence>, StoreError> {
        self.operation(async { evidence::all(&mut *self.asking().await?).await }).await
    }

    async fn check_vault(&self) -> Result<(), StoreError> {
        self.operation(async {
            let newest = rewrap::newest_locked(&mut *self.reading().await?).await?;
            vault::check(self.vault.as_ref(), newest.as_ref())
        })
        .await
    }

    async fn rewrap(&self, after: PartPlace, limit: usize) -> Result<Option<Rewrapped>, StoreError> {
        let Some(vault) = &self.vault else { return Ok(None) };
        let _turn = self.turn().await?;
        self.operation(async {
            let mut tx = self.writing().await?;
            let done = rewrap::rewrap(&mut tx, vault, after, limit).await?;
            tx.commit().await?;
            Ok(done)
        })
        .await
    }

    async fn set_aside(&self, stored: Position) -> Result<Vec<SealedEntry>, StoreError> {
        let _turn = self.turn().await?;
        self.operation(async {
            let mut tx = self.writing().await?;
            let aside = aside::set_aside(&mut tx, &self.owner, stored).await?;
            tx.commit().await?;
            vault::aside(self.vault.as_ref(), aside)
        })
        .await
    }

    async fn tokens(&self) -> Result<Vec<Token>, StoreError> {
        self.operation(async { tokens::all(&mut *self.asking().await?).await }).await
    }

    async fn people<T, F>(&self, scope: PeopleScope, plan: F) -> Result<T, StoreError>
    where
        T: Send,
        F: FnOnce(&People) -> (PeopleChanges, T) + Send,
    {
        let _turn = self.turn().await?;
        self.operation(async {
            let mut tx = self.writing().await?;
            own::lock(&mut tx).await?;
            let people = people::read(&mut tx, &scope).await?;
            let (changes, answer) = plan(&people);
            if changes.is_empty() {
                tx.rollback().await?;
            } else {
                people::write(&mut tx, &changes).await?;
                tx.commit().await?;
            }
            Ok(answer)
        })
        .await
    }

    async fn look_at_people(&self, scope: PeopleScope) -> Result<People, StoreError> {
        self.operation(async { people::read(&mut *self.reading().await?, &scope).await }).await
    }
}
