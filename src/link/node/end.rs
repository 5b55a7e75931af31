//! A node's end of one session at work: carries out on the store what the session's state machine wants. Knows no transport.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::apply::{self, At, Known, Rejected};
use super::news::News;
use super::recover;
use super::session::{Action, Ended, Input, Session};
use super::shared::NodeShared;
use super::watch;
use crate::domain::{ComplaintId, EventHash, NodeId, Position, Verdict};
use crate::journal::{self, Head, Seal, SignedHead};
use crate::link::message::{Ack, Deliver, Fault, Up};
use crate::store::{Batch, Changes, Evidence, PeerUpdate, Scope, Store, StoreError, View, Word};
use crate::telemetry::instruments::Direction;

/// Own events looked up at once, to compare what an acknowledgement says of them.
const LOOKED_UP_MAX: usize = 2000;

/// Verdicts on own events.
type Said = Vec<(Position, EventHash, Verdict)>;

/// What contradicts what is stored here is a fault of the hub's, not of the disk: trying again would not help.
fn contradiction<T>(stored: Result<T, StoreError>) -> Result<Result<T, Fault>, StoreError> {
    match stored {
        Ok(value) => Ok(Ok(value)),
        Err(StoreError::Conflict(why)) => {
            tracing::error!(%why, "the hub contradicts what is stored here; nothing of its message was stored");
            Ok(Err(Fault::Protocol))
        }
        Err(error) => Err(error),
    }
}

/// What a session's end puts out.
#[derive(Debug, Default)]
pub struct Output {
    /// Messages to send, in order.
    pub messages: Vec<Up>,
    /// How the session ended, if it did.
    pub ended: Option<Ended>,
}

/// A node's end of one session.
#[derive(Debug)]
pub struct NodeEnd<S> {
    shared: Arc<NodeShared<S>>,
    session: Session,
    output: Output,
}

impl<S: Store> NodeEnd<S> {
    /// A session before its first word.
    #[must_use]
    pub fn new(shared: Arc<NodeShared<S>>) -> Self {
        Self { shared, session: Session::default(), output: Output::default() }
    }

    /// The session's state.
    #[must_use]
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// Takes one input to its end: everything the machine wants is done when this returns.
    pub async fn handle(&mut self, input: Input) -> Output {
        let mut queue = std::collections::VecDeque::from(self.session.step(input));
        while let Some(action) = queue.pop_front() {
            match self.perform(action).await {
                Ok(None) => {}
                Ok(Some(input)) => queue.extend(self.session.step(input)),
                Err(error) => {
                    tracing::error!(%error, "a session's work could not be stored");
                    queue.extend(self.session.step(Input::Failed));
                }
            }
        }
        std::mem::take(&mut self.output)
    }

    async fn perform(&mut self, action: Action) -> Result<Option<Input>, StoreError> {
        match action {
            Action::Send(up) => {
                self.output.messages.push(*up);
                Ok(None)
            }
            Action::Compare(stored) => self.compare(stored).await.map(|same| Some(Input::Compared(same))),
            Action::Load { after, bytes } => self.load(after, bytes).await.map(|loaded| Some(Input::Loaded(loaded))),
            Action::Apply { after, deliver } => self.apply(after, deliver).await.map(|a| Some(Input::Applied(a))),
            Action::Record(ack) => self.record(ack).await.map(|recorded| Some(Input::Recorded(recorded))),
            Action::Restore { after, batch, verdicts } => {
                self.restore(after, batch, &verdicts).await.map(|restored| Some(Input::Restored(restored)))
            }
            Action::Begin { incarnation, previous } => {
                self.begin(incarnation, previous).await.map(|()| Some(Input::Begun))
            }
            Action::Live => self.up().await.map(|()| None),
            Action::Note(progress) => {
                self.shared.note(Some(progress));
                Ok(None)
            }
            Action::Heard(head) => self.heard(head).await,
            Action::End(ended) => {
                self.output.ended = Some(ended);
                self.remember(ended).await.map(|()| None)
            }
        }
    }

    /// A lasting fault is written down, so that `status` shows it.
    async fn remember(&self, ended: Ended) -> Result<(), StoreError> {
        let fault = match ended {
            Ended::Fault(fault) if fault.is_lasting() => Some(fault.to_string()),
            Ended::Recovered => None,
            Ended::Fault(_) | Ended::Drained(_) => return Ok(()),
        };
        let update = PeerUpdate { fault: Some(fault), contact: Some(self.shared.now()), ..PeerUpdate::default() };
        self.update(move |_| Some(update)).await
    }

    /// The link is up: whatever stood in its way is over.
    async fn up(&self) -> Result<(), StoreError> {
        let now = self.shared.now();
        let update = PeerUpdate { fault: Some(None), contact: Some(now), ..PeerUpdate::default() };
        self.update(move |_| Some(update)).await
    }

    async fn update<F>(&self, update: F) -> Result<(), StoreError>
    where
        F: FnOnce(&View) -> Option<PeerUpdate> + Send,
    {
        let scope = Scope { peer: Some(NodeId::Hub), ..Scope::default() };
        let plan = |view: &View| (Changes { peer: update(view), ..Changes::default() }, ());
        self.shared.store.transact(scope, plan).await
    }

    /// Whether what the hub holds of the own journal stands here too.
    async fn compare(&self, stored: Head) -> Result<bool, StoreError> {
        let (store, node) = (&self.shared.store, &self.shared.signer.node);
        if stored.position.seq > 0 {
            let seal = store.seal_of(node.clone(), stored.position).await?;
            return Ok(seal.is_some_and(|seal| seal.head() == stored));
        }
        let own = store.own().await?;
        if own.sealed.position.incarnation != stored.position.incarnation {
            return Ok(false);
        }
        let first = store.sealed(node.clone(), stored.position, 1).await?;
        let previous = first.first().map_or(own.sealed.hash, |batch| batch.seal.body().previous);
        Ok(previous == stored.hash)
    }

    async fn load(
        &self,
        after: Position,
        bytes: usize,
    ) -> Result<Vec<(Batch, Vec<(ComplaintId, Position)>)>, StoreError> {
        let (store, signer) = (&self.shared.store, &self.shared.signer);
        self.shared.seal().await?;
        let mut loaded = Vec::new();
        for batch in store.sealed(signer.node.clone(), after, bytes).await? {
            let announced = self.announce(&batch).await?;
            watch::sending(&self.shared.telemetry, &signer.node, &batch);
            loaded.push((batch, announced));
        }
        Ok(loaded)
    }

    /// For each complaint on which a batch proposes a move: the last position written on it here so far.
    async fn announce(&self, batch: &Batch) -> Result<Vec<(ComplaintId, Position)>, StoreError> {
        let events = batch.entries.iter().filter_map(|entry| journal::event(&entry.bytes).ok());
        let proposed: BTreeSet<ComplaintId> =
            events.filter(|event| event.header.change.is_proposal()).filter_map(|e| e.header.complaint).collect();
        let mut announced = Vec::new();
        for id in proposed {
            let file = self.shared.store.file(id).await?.unwrap_or_default();
            let own = file.events.iter().filter(|filed| filed.event.header.node == self.shared.signer.node);
            announced.extend(own.map(|filed| filed.event.header.position).max().map(|last| (id, last)));
        }
        Ok(announced)
    }

    async fn apply(&self, after: (u32, u64), deliver: Deliver) -> Result<Result<(u32, u64), Fault>, StoreError> {
        let generation = deliver.generation;
        let registry = self.shared.registry().await?;
        let (own, telemetry) = (&self.shared.signer.node, &self.shared.telemetry);
        let instruments = telemetry.instruments();
        let (bytes, count) = (watch::bytes(&deliver.events), deliver.events.len());
        let receipt = self.shared.store.peer(NodeId::Hub).await?.and_then(|peer| peer.receipt);
        let receipted = receipt.map_or(Position::ZERO, |receipt| receipt.receipt().position);
        let (heads, settled) = (self.shared.heads(&deliver).await?, self.shared.settled().await?);
        let known = Known { registry: &registry, receipted, heads, settled };
        let proven = match apply::verify(&self.shared.trust, own, known, after, deliver) {
            Ok(proven) => proven,
            Err(Rejected { fault, evidence }) => {
                instruments.batch(Direction::In, fault.name(), bytes);
                if let Some(evidence) = evidence {
                    let (here, there) = *evidence;
                    self.keep(&here, there.body().hub, Word::of_seal(&there)).await?;
                }
                return Ok(Err(fault));
            }
        };
        let _steps = watch::begin_apply(telemetry, own, &proven);
        let complaints = proven.iter().filter_map(|proven| proven.event.header.complaint).collect();
        let scope = Scope { complaints, peer: Some(NodeId::Hub), ..Scope::default() };
        let (now, timetable) = (self.shared.now(), &*self.shared.timetable);
        let news = News::note(&proven);
        let at = At { own, telling: &self.shared.telling, timetable, registry: &registry, now };
        let plan = |view: &View| apply::plan(view, at, generation, proven);
        let applied = contradiction(self.shared.store.transact(scope, plan).await)?;
        match &applied {
            Ok(_) => {
                instruments.batch(Direction::In, "stored", bytes);
                instruments.events(count);
                let keys = news.as_ref().is_some_and(|news| news.all);
                if let Some(news) = news {
                    self.shared.news.tell(news);
                }
                if keys {
                    self.shared.say_again();
                }
                // The hub's word on where its registry ends may have come before that end.
                if let Some(said) = self.shared.said()
                    && self.contradicts(said.said().head, || Word::of_head(&said)).await?
                {
                    return Ok(Err(Fault::Registry));
                }
            }
            Err(fault) => instruments.batch(Direction::In, fault.name(), bytes),
        }
        Ok(applied)
    }

    /// Takes the hub's word on where its registry ends; a fault if it is not the hub's, or speaks of another registry.
    async fn heard(&self, said: SignedHead) -> Result<Option<Input>, StoreError> {
        let genuine = said.said().federation == self.shared.trust.federation;
        if !genuine || said.verify(&self.shared.trust.hub).is_err() {
            return Ok(Some(Input::Applied(Err(Fault::BrokenSeal))));
        }
        if self.contradicts(said.said().head, || Word::of_head(&said)).await? {
            return Ok(Some(Input::Applied(Err(Fault::Registry))));
        }
        self.shared.hear(said);
        Ok(None)
    }

    /// Whether the hub says of a place in its journal what its own seal that is stored here does not say; if so, both are kept. Of a place
    /// that is not known here yet it says nothing.
    async fn contradicts(&self, said: Head, word: impl FnOnce() -> Word) -> Result<bool, StoreError> {
        let here = self.shared.store.seal_of(NodeId::Hub, said.position).await?;
        let Some(here) = here.filter(|here| said != Head::NONE && here.head() != said) else { return Ok(false) };
        if self.shared.settled().await?.contains(&said) {
            return Ok(false);
        }
        tracing::error!(at = %said.position, "the hub shows two registries; both words are kept, see `lintas-node evidence`");
        self.keep(&here, said, word()).await?;
        Ok(true)
    }

    /// Keeps what proves that the hub shows two registries.
    async fn keep(&self, here: &Seal, said: Head, there: Word) -> Result<(), StoreError> {
        let (found, at, here) = (self.shared.now(), said.position, Some(Word::of_seal(here)));
        let evidence = vec![Evidence { found, at, said: said.hash, here, there, dismissed: None }];
        self.shared.store.transact(Scope::default(), |_| (Changes { evidence, ..Changes::default() }, ())).await
    }

    /// Verifies the receipt and stores it with the verdicts it brings.
    async fn record(&self, ack: Ack) -> Result<Result<Position, Fault>, StoreError> {
        let receipt = ack.receipt.receipt();
        let head = Head { position: receipt.position, hash: receipt.head };
        let mine = receipt.origin == self.shared.signer.node && receipt.federation == self.shared.signer.federation;
        if !mine || ack.receipt.verify(&self.shared.trust.hub).is_err() {
            return Ok(Err(Fault::BrokenSeal));
        }
        if !self.compare(head).await? {
            return Ok(Err(Fault::Fork));
        }
        if self.contradicts(receipt.registry, || Word::of_receipt(&ack.receipt)).await? {
            return Ok(Err(Fault::Registry));
        }
        let Some(said) = self.said(head.position, &ack.verdicts).await? else { return Ok(Err(Fault::Protocol)) };
        let now = self.shared.now();
        let scope = Scope { peer: Some(NodeId::Hub), ..Scope::default() };
        let plan = |view: &View| {
            let judged = view.peer.as_ref().map_or(Position::ZERO, |peer| peer.judged);
            let newest =
                view.peer.as_ref().and_then(|peer| peer.receipt.as_ref()).map(|known| known.receipt().position);
            let fresh =
                said.iter().filter(|(position, _, verdict)| *position > judged && *verdict != Verdict::Provisional);
            let verdicts: Vec<_> = fresh.clone().map(|(_, hash, verdict)| (*hash, *verdict)).collect();
            let update = PeerUpdate {
                judged: fresh.map(|(position, _, _)| *position).max(),
                receipt: newest.is_none_or(|newest| newest <= head.position).then(|| ack.receipt.clone()),
                contact: Some(now),
                fault: Some(None),
                ..PeerUpdate::default()
            };
            let news: Vec<Verdict> = verdicts.iter().map(|(_, verdict)| *verdict).collect();
            (Changes { verdicts, peer: Some(update), ..Changes::default() }, news)
        };
        let stored = contradiction(self.shared.store.transact(scope, plan).await)?;
        if self.shared.signer.next.is_some() {
            // What has waited for this receipt may be said now.
            self.shared.say_again();
        }
        Ok(stored.map(|news| {
            watch::judged(self.shared.telemetry.instruments(), news.iter());
            head.position
        }))
    }

    /// What an acknowledgement says of own events, by the names that they have here; none if it speaks of events that are not
    /// stored here, or not below its receipt, or out of order.
    async fn said(
        &self,
        upto: Position,
        verdicts: &[(Position, EventHash, Verdict)],
    ) -> Result<Option<Said>, StoreError> {
        let (store, node) = (&self.shared.store, &self.shared.signer.node);
        let ordered = verdicts.is_sorted_by(|(one, _, _), (next, _, _)| one < next);
        if !ordered || verdicts.last().is_some_and(|(last, _, _)| *last > upto) {
            return Ok(None);
        }
        let mut said = Vec::new();
        for verdicts in verdicts.chunks(LOOKED_UP_MAX) {
            let Some((first, _, _)) = verdicts.first() else { break };
            let before = Position::new(first.incarnation, first.seq.saturating_sub(1));
            let rows = store.names(node.clone(), before, verdicts.len()).await?;
            let rows: BTreeMap<Position, EventHash> = rows.into_iter().collect();
            for (at, hash, verdict) in verdicts {
                let own =
                    rows.get(at).filter(|own| **own == *hash || journal::header::copy_name(node, *at, own) == *hash);
                let Some(own) = own else { return Ok(None) };
                said.push((*at, *own, *verdict));
            }
        }
        Ok(Some(said))
    }

    async fn restore(
        &self,
        after: Head,
        batch: Batch,
        verdicts: &[Verdict],
    ) -> Result<Result<Head, Fault>, StoreError> {
        let (store, signer) = (&self.shared.store, &self.shared.signer);
        let back = match recover::verify(signer, after, batch, verdicts) {
            Ok(back) => back,
            Err(fault) => return Ok(Err(fault)),
        };
        let head = back.seal.head();
        let known = store.seal_of(signer.node.clone(), head.position).await?;
        if known.is_some_and(|seal| seal.head() == head) {
            return Ok(Ok(head));
        }
        // From here on the own journal is the hub's copy; what stands beyond the last common seal is kept aside.
        store.set_aside(after.position).await?;
        let scope = Scope { complaints: recover::complaints(&back), peer: Some(NodeId::Hub), ..Scope::default() };
        let timetable = &*self.shared.timetable;
        store.transact(scope, |view| (recover::plan(view, signer, timetable, back), ())).await?;
        Ok(Ok(head))
    }

    async fn begin(&self, incarnation: u32, previous: Head) -> Result<(), StoreError> {
        let (store, signer) = (&self.shared.store, &self.shared.signer);
        let aside = store.set_aside(previous.position).await?;
        let scope = Scope { complaints: recover::complaints_of(&aside), ..Scope::default() };
        let timetable = &*self.shared.timetable;
        let plan = |view: &View| (recover::begin(view, signer, timetable, incarnation, previous, aside), ());
        store.transact(scope, plan).await
    }
}
