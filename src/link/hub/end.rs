//! The hub's end of one session at work: carries out on the store what the session's state machine wants. Knows no transport.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use super::author::HubKey;
use super::ingest::{self, Intake, Sealed, Taken, Verified};
use super::open::{self, Opening};
use super::order;
use super::registrar;
use super::session::{Action, Input, Opened, Session};
use super::shared::HubShared;
use super::watch::{self, Tally};
use crate::domain::event::HEADER_BYTES_MAX;
use crate::domain::{Inadmissibility, NodeId, Position, Registry, SigningKeyId, UnitCode, Verdict};
use crate::journal::{
    self, BatchError, Head, HeaderError, Receipt, SealedEvent, SignedHead, SignedReceipt, SignedStatement,
};
use crate::link::message::{Ack, Down, Fault, Hello, Progress, UpBatch, VERDICTS_MAX};
use crate::store::{Batch, Changes, Peer, PeerUpdate, Scope, SealedEntry, Store, StoreError, View};
use crate::telemetry::instruments::Direction;

/// Complaints whose waiting proposals are asked for at once.
const ORDER_MAX: usize = 10_000;
/// Of these, how many are looked at in one transaction.
const ORDER_AT_ONCE: usize = 100;
/// Messages after which they are to be written before more is done.
const OUTPUT_MESSAGES_MAX: usize = 16;
/// How long it is not noted again that a silent node is there, in seconds.
const HEARD_SECONDS: i64 = 300;

/// That a later session of the same node took over.
const SUPERSEDED: Input = Input::Opened(Err(Fault::Superseded));

/// What a session's end puts out.
#[derive(Debug, Default)]
pub struct Output {
    /// Messages to send, in order.
    pub messages: Vec<Down>,
    /// For whom something waits now.
    pub woken: BTreeSet<NodeId>,
    /// Whether the session has ended, and why.
    pub ended: Option<Option<Fault>>,
    /// Whether there is more to do once this is written: call [`HubEnd::proceed`].
    pub more: bool,
}

/// The hub's end of one session with one authenticated node.
#[derive(Debug)]
pub struct HubEnd<S> {
    shared: Arc<HubShared<S>>,
    node: NodeId,
    session: Session,
    /// The session's number, once it was opened.
    opened: Option<u64>,
    /// The last seal of the hub that the node was found to cite rightly.
    cited: Option<Head>,
    /// What the node was told last of where the registry ends.
    headed: Option<SignedHead>,
    /// What is still to be carried out.
    queue: VecDeque<Action>,
    /// Batches that came with others and were not taken with them.
    rest: Vec<UpBatch>,
    output: Output,
}

impl<S: Store> HubEnd<S> {
    /// A session with `node`, whose certificate was verified.
    #[must_use]
    pub fn new(shared: Arc<HubShared<S>>, node: NodeId) -> Self {
        let session = Session::new(shared.signer.federation.clone());
        Self {
            shared,
            node,
            session,
            opened: None,
            cited: None,
            headed: None,
            queue: VecDeque::new(),
            rest: Vec::new(),
            output: Output::default(),
        }
    }

    /// The session's state.
    #[must_use]
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// Takes one input. What the machine wants is done when this returns, or, if there is much to send, up to where the messages
    /// fill an output; the rest follows with [`Self::proceed`], or before whatever comes next.
    pub async fn handle(&mut self, input: Input) -> Output {
        // Whoever was revoked or suspended in the meantime is heard and told no more.
        let input = match barred(&self.shared.registry(), &self.node) {
            Some(fault) if self.session.is_live() => Input::Opened(Err(fault)),
            Some(_) | None => input,
        };
        self.queue.extend(self.session.step(input));
        self.proceed().await
    }

    /// Goes on with what is still to be done.
    pub async fn proceed(&mut self) -> Output {
        while self.output.messages.len() < OUTPUT_MESSAGES_MAX {
            let Some(action) = self.queue.pop_front() else { break };
            match self.perform(action).await {
                Ok(None) => {}
                Ok(Some(input)) => {
                    self.queue.extend(self.session.step(input));
                    let rest = std::mem::take(&mut self.rest);
                    if !rest.is_empty() {
                        self.queue.extend(self.session.step(Input::Batches(rest)));
                    }
                }
                Err(error) => {
                    tracing::error!(node = %self.node, %error, "a session's work could not be stored");
                    self.queue.extend(self.session.step(Input::Failed));
                }
            }
        }
        self.output.more = !self.queue.is_empty();
        std::mem::take(&mut self.output)
    }

    async fn perform(&mut self, action: Action) -> Result<Option<Input>, StoreError> {
        match action {
            Action::Open(hello) => self.open(hello).await.map(|opened| Some(Input::Opened(opened))),
            Action::Take { session, after, batches } => {
                let (taken, rest) = self.take(session, after, batches).await?;
                self.rest = rest;
                Ok(Some(Input::Taken(taken)))
            }
            Action::Repeat(batch) => self.repeat(batch).await.map(Some),
            Action::Record(statement) => self.record(statement).await.map(|()| None),
            Action::Order => self.order().await.map(|()| None),
            Action::Acknowledge { told, stored } => self.acknowledge(told, stored).await.map(Some),
            Action::Load { generation, after, bytes } => {
                let store = &self.shared.store;
                let rows = store.outbox(self.node.clone(), generation, after, bytes).await?;
                // What waits is the newest session's to have.
                if !rows.is_empty() && !self.is_newest(store.peer(self.node.clone()).await?.as_ref()) {
                    return Ok(Some(SUPERSEDED));
                }
                watch::delivering(self.shared.telemetry.instruments(), &rows);
                Ok(Some(Input::Loaded(rows)))
            }
            Action::LoadJournal { after, bytes } => self.journal(after, bytes).await.map(|j| Some(Input::Journal(j))),
            Action::Delivered { generation, number } => self.delivered(generation, number).await,
            Action::Send(down) => {
                self.output.messages.push(*down);
                Ok(None)
            }
            Action::End(fault) => {
                self.output.ended = Some(fault);
                self.remember(fault).await.map(|()| None)
            }
        }
    }

    /// A lasting fault is written down, so that `nodes` and `status` show it.
    async fn remember(&self, fault: Option<Fault>) -> Result<(), StoreError> {
        let Some(fault) = fault.filter(|fault| fault.is_lasting()) else { return Ok(()) };
        let scope = self.shared.scope(Some(&self.node), BTreeSet::new());
        let now = self.shared.now();
        let update = PeerUpdate { fault: Some(Some(fault.to_string())), contact: Some(now), ..PeerUpdate::default() };
        let plan = |view: &View| {
            let known = self.shared.advance(&view.registry).node(&self.node).is_some();
            // How an old session ends says nothing of the one that took over.
            let present = |opened| view.peer.as_ref().is_some_and(|peer| peer.session == opened);
            let known = known && self.opened.is_none_or(present);
            (Changes { peer: known.then_some(update), ..Changes::default() }, ())
        };
        self.shared.store.transact(scope, plan).await
    }

    /// Records what the node says of keys. What does not hold is logged and left: its author sees in the registry that it is not there.
    async fn record(&mut self, statement: SignedStatement) -> Result<(), StoreError> {
        let shared = &self.shared;
        if statement.statement.author() != self.node.unit().unwrap_or(&UnitCode::root()) {
            tracing::warn!(node = %self.node, "a statement of another node was handed in; it is left");
            return Ok(());
        }
        // What does not hold costs no look through the whole registry: a node may send as many as it likes.
        let federation = &shared.signer.federation;
        if statement.check(federation, &shared.registry()).is_err() {
            let fresh = shared.refresh().await?;
            if let Err(error) = statement.check(federation, &fresh) {
                tracing::warn!(node = %self.node, %error, "a statement does not hold; it is left");
                return Ok(());
            }
        }
        match registrar::record(&shared.store, &shared.signer, statement, shared.now()).await? {
            Ok(_) => {
                let registry = shared.refresh().await?;
                self.output.woken.extend(registry.nodes().map(|(node, _)| node));
            }
            Err(error) => tracing::warn!(node = %self.node, %error, "a statement does not hold; it is left"),
        }
        Ok(())
    }

    async fn open(&mut self, hello: Hello) -> Result<Result<Opened, Fault>, StoreError> {
        let shared = &self.shared;
        let known = hello.hub.position;
        let same_hub = known.seq == 0
            || shared.store.seal_of(NodeId::Hub, known).await?.is_some_and(|seal| seal.head() == hello.hub);
        let pending = shared.store.unordered(self.node.clone(), ORDER_MAX).await?;
        let scope = shared.scope(Some(&self.node), pending.into_iter().collect());
        let plan = |view: &View| {
            let registry = shared.advance(&view.registry);
            open::plan(view, &self.node, &hello, same_hub, &shared.signer, &registry, shared.now())
        };
        let opened = match shared.store.transact(scope, plan).await? {
            Opening::Open(opened) => opened,
            Opening::Refill(opened) => {
                let Some(generation) = shared.store.refill(self.node.clone(), opened.session).await? else {
                    return Ok(Err(Fault::Superseded));
                };
                Opened { outbox: (generation, 0), ..opened }
            }
            Opening::Refused(fault) => return Ok(Err(fault)),
        };
        self.opened = Some(opened.session);
        Ok(Ok(opened))
    }

    /// Takes in as many of the batches as verify, one after another, and hands back those behind the first that does not: the ones
    /// before it are stored and acknowledged, whatever becomes of it.
    async fn take(
        &mut self,
        session: u64,
        after: Head,
        messages: Vec<UpBatch>,
    ) -> Result<(Result<Taken, Fault>, Vec<UpBatch>), StoreError> {
        let shared = Arc::clone(&self.shared);
        let instruments = shared.telemetry.instruments();
        let registry = shared.registry();
        let mut batches: Vec<Verified> = Vec::with_capacity(messages.len());
        let mut sizes: Vec<(usize, usize)> = Vec::with_capacity(messages.len());
        let mut messages = messages.into_iter();
        let mut rest = Vec::new();
        let mut head = after;
        for message in messages.by_ref() {
            let (bytes, count) = (watch::bytes(&message.batch.entries), message.batch.entries.len());
            match verify(&registry, &shared.signer, &self.node, head, &message) {
                Ok(_) if !self.cites(message.batch.seal.body().hub).await? => {
                    tracing::warn!(node = %self.node, "a seal cites what this hub has not signed; nothing of the batch is stored");
                    if batches.is_empty() {
                        instruments.batch(Direction::In, Fault::BrokenSeal.name(), bytes);
                        return Ok((Err(Fault::BrokenSeal), Vec::new()));
                    }
                    rest.push(message);
                    break;
                }
                Ok((read, key)) => {
                    head = message.batch.seal.head();
                    batches.push(verified(read, key, message));
                    sizes.push((bytes, count));
                }
                Err(fault) if batches.is_empty() => {
                    instruments.batch(Direction::In, fault.name(), bytes);
                    return Ok((Err(fault), Vec::new()));
                }
                Err(_) => {
                    rest.push(message);
                    break;
                }
            }
        }
        rest.extend(messages);
        let mut intake = Intake { node: self.node.clone(), session, after, batches };
        let mut spans = watch::begin_intake(&shared.telemetry, &mut intake);
        let told = |outcome| sizes.iter().for_each(|(bytes, _)| instruments.batch(Direction::In, outcome, *bytes));
        let complaints = intake.batches.iter().flat_map(Verified::spoken_of).collect();
        let events = intake.batches.iter().flat_map(|batch| &batch.events);
        let unreadable = events.filter(|sealed| sealed.event.is_err()).map(|sealed| sealed.hash).collect();
        let scope = Scope { known: unreadable, ..shared.scope(Some(&self.node), complaints) };
        let plan = |view: &View| {
            let registry = shared.advance(&view.registry);
            let (changes, taken) = ingest::plan(view, intake, &shared.signer, &registry, shared.now(), &shared.policy);
            let tally = Tally::of(&changes);
            (changes, (taken, tally))
        };
        let stored = shared.store.transact(scope, plan).await;
        let (taken, tally) = stored.inspect_err(|_| {
            watch::fail(&mut spans, Fault::Storage.name());
            told(Fault::Storage.name());
        })?;
        match &taken {
            Taken::Stored { woken, .. } => {
                self.output.woken.extend(woken.iter().cloned());
                told("stored");
                instruments.events(sizes.iter().map(|(_, count)| count).sum());
            }
            Taken::Superseded => {
                watch::fail(&mut spans, Fault::Superseded.name());
                told(Fault::Superseded.name());
            }
        }
        drop(spans);
        tally.tell(&shared.telemetry);
        Ok((Ok(taken), rest))
    }

    /// Whether a node's seal cites a seal of this hub. Else it would be found a liar by every node that this one's events come to.
    async fn cites(&mut self, cited: Head) -> Result<bool, StoreError> {
        if cited == Head::NONE || self.cited == Some(cited) {
            return Ok(true);
        }
        let own = self.shared.store.seal_of(NodeId::Hub, cited.position).await?;
        let holds = own.is_some_and(|seal| seal.head() == cited);
        self.cited = holds.then_some(cited).or(self.cited);
        Ok(holds)
    }

    fn receipt(&self, stored: Head, hub: Position, registry: Head) -> SignedReceipt {
        let receipt = Receipt {
            federation: self.shared.signer.federation.clone(),
            origin: self.node.clone(),
            position: stored.position,
            head: stored.hash,
            hub,
            registry,
            time: self.shared.now(),
        };
        SignedReceipt::sign(receipt, &self.shared.signer.key)
    }

    /// A batch at or before what is stored: the same one is acknowledged again, another one proves a fork, if the node sealed it.
    async fn repeat(&self, message: UpBatch) -> Result<Input, StoreError> {
        let seal = &message.batch.seal;
        let held = self.shared.store.seal_of(self.node.clone(), seal.body().end()).await?;
        if held.is_some_and(|held| held.hash() == seal.hash()) {
            let bytes = watch::bytes(&message.batch.entries);
            self.shared.telemetry.instruments().batch(Direction::In, "repeated", bytes);
            return Ok(Input::Repeated);
        }
        let body = seal.body();
        let registry = self.shared.registry();
        let own = body.federation == self.shared.signer.federation && body.origin == self.node;
        let proven = own && body.key(&registry).is_some_and(|key| seal.verify(&key).is_ok());
        Ok(Input::Opened(Err(if proven { Fault::Fork } else { Fault::BrokenSeal })))
    }

    /// Decides what is ready, some complaints a transaction.
    async fn order(&mut self) -> Result<(), StoreError> {
        let shared = &self.shared;
        loop {
            let waiting = shared.store.unordered(self.node.clone(), ORDER_MAX).await?;
            let mut decided = 0_usize;
            for some in waiting.chunks(ORDER_AT_ONCE) {
                let scope = shared.scope(Some(&self.node), some.iter().copied().collect());
                let plan = |view: &View| {
                    let registry = shared.advance(&view.registry);
                    let (changes, decided) =
                        order::plan_waiting(view, &self.node, &shared.signer, &registry, shared.now(), &shared.policy);
                    let tally = Tally::of(&changes);
                    (changes, (decided, tally))
                };
                let ((now, woken), tally) = shared.store.transact(scope, plan).await?;
                tally.tell(&shared.telemetry);
                decided = decided.saturating_add(now);
                self.output.woken.extend(woken);
            }
            if decided == 0 || waiting.len() < ORDER_MAX {
                return Ok(());
            }
        }
    }

    async fn acknowledge(&self, after: Position, stored: Head) -> Result<Input, StoreError> {
        let store = &self.shared.store;
        let verdicts = store.verdicts(self.node.clone(), after, VERDICTS_MAX).await?;
        let own = store.own().await?;
        let more = verdicts.len() >= VERDICTS_MAX;
        let registry = self.shared.head().await?.map_or(Head::NONE, |head| head.said().head);
        Ok(Input::Acknowledge(Ack { receipt: self.receipt(stored, own.written, registry), verdicts }, more))
    }

    async fn journal(&self, after: Position, bytes: usize) -> Result<Vec<(Batch, Vec<Verdict>)>, StoreError> {
        let store = &self.shared.store;
        let batches = store.sealed(self.node.clone(), after, bytes).await?;
        let mut with_verdicts = Vec::new();
        for batch in batches {
            let body = batch.seal.body();
            let first = Position::new(body.incarnation, body.first.saturating_sub(1));
            let said = store.verdicts(self.node.clone(), first, batch.entries.len()).await?;
            // What is not judged yet, and what comes after it, the node is told later.
            let mut verdicts: Vec<Verdict> = said.into_iter().map(|(_, _, verdict)| verdict).collect();
            verdicts.resize(batch.entries.len(), Verdict::Provisional);
            with_verdicts.push((batch, verdicts));
        }
        Ok(with_verdicts)
    }

    async fn delivered(&self, generation: u32, number: u64) -> Result<Option<Input>, StoreError> {
        let scope = self.shared.scope(Some(&self.node), BTreeSet::new());
        let now = self.shared.now();
        let plan = |view: &View| {
            let newest = self.is_newest(view.peer.as_ref());
            let present = |peer: &Peer| newest && peer.generation == generation && peer.delivered < number;
            let update = PeerUpdate { delivered: Some(number), contact: Some(now), ..PeerUpdate::default() };
            let update = view.peer.as_ref().is_some_and(present).then_some(update);
            (Changes { peer: update, ..Changes::default() }, (!newest).then_some(SUPERSEDED))
        };
        self.shared.store.transact(scope, plan).await
    }

    /// Whether this session is open and the newest of its node: of an older one nothing is taken, and it is told nothing.
    fn is_newest(&self, peer: Option<&Peer>) -> bool {
        peer.is_some_and(|peer| Some(peer.session) == self.session.number())
    }

    /// How far the hub is with this node, to be said now and then. Once all of an outbox that overflowed is delivered, or another
    /// generation of it has begun, the session ends instead: the next Hello finds what is to be delivered.
    pub async fn progress(&mut self) -> Output {
        if !self.session.is_live() {
            return Output::default();
        }
        let peer = match self.shared.store.peer(self.node.clone()).await {
            Ok(peer) => peer,
            Err(error) => {
                tracing::warn!(node = %self.node, %error, "how far the hub is with a node cannot be read");
                return Output::default();
            }
        };
        if !self.is_newest(peer.as_ref()) {
            return self.handle(SUPERSEDED).await;
        }
        let replaced = |peer: &Peer| self.session.generation().is_some_and(|own| own != peer.generation);
        if peer.as_ref().is_some_and(|peer| replaced(peer) || peer.resync && peer.delivered >= peer.numbered) {
            return self.handle(Input::Drain).await;
        }
        self.heard(peer.as_ref()).await;
        let waiting = peer.map_or(0, |peer| peer.numbered.saturating_sub(peer.delivered));
        let mut messages = vec![Down::Progress(Progress { clock: self.shared.now(), waiting })];
        match self.shared.head().await {
            Ok(head) if head != self.headed => {
                self.headed.clone_from(&head);
                messages.extend(head.map(Down::Head));
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "the registry's end cannot be read"),
        }
        Output { messages, more: !self.queue.is_empty(), ..Output::default() }
    }
}

impl<S: Store> HubEnd<S> {
    /// Notes now and then that the node is there, though it says nothing: its connection answers, or it would be ended.
    async fn heard(&self, peer: Option<&Peer>) {
        let (session, now) = (self.session.number(), self.shared.now());
        let noted =
            peer.and_then(|peer| peer.contact).is_some_and(|contact| now.seconds_since(contact) < HEARD_SECONDS);
        if noted {
            return;
        }
        let scope = self.shared.scope(Some(&self.node), BTreeSet::new());
        let plan = |view: &View| {
            let present = view.peer.as_ref().is_some_and(|peer| Some(peer.session) == session);
            let update = PeerUpdate { contact: Some(now), ..PeerUpdate::default() };
            (Changes { peer: present.then_some(update), ..Changes::default() }, ())
        };
        if let Err(error) = self.shared.store.transact(scope, plan).await {
            tracing::debug!(node = %self.node, %error, "that a node was heard cannot be noted");
        }
    }
}

/// Verifies a batch's signature, chain and tree.
///
/// # Errors
/// [`Fault::Fork`] if the node's own signature proves that its journal is another than what is stored, else
/// [`Fault::BrokenSeal`].
fn verify(
    registry: &Registry,
    signer: &HubKey,
    node: &NodeId,
    after: Head,
    message: &UpBatch,
) -> Result<(Vec<SealedEvent>, SigningKeyId), Fault> {
    registry.node(node).ok_or(Fault::NotEnrolled)?;
    let Batch { seal, entries } = &message.batch;
    if seal.body().incarnation < registry.incarnation(node) {
        tracing::warn!(node = %node, "a batch of a life that has ended; nothing of it is stored");
        return Err(Fault::Fork);
    }
    let key = seal.body().key(registry).ok_or(Fault::BrokenSeal)?;
    let headers: Vec<&[u8]> = entries.iter().map(|entry| &entry.bytes[..]).collect();
    let read = journal::verify_batch(seal, &headers, &key, &signer.federation, node, &after);
    read.map(|read| (read, key)).map_err(|error| {
        tracing::warn!(node = %node, %error, "a batch does not verify; nothing of it is stored");
        match error {
            BatchError::Previous { .. } => Fault::Fork,
            BatchError::NotNext { expected, found } if found < expected => Fault::Fork,
            BatchError::NotNext { .. }
            | BatchError::Federation(_)
            | BatchError::Origin(_)
            | BatchError::TooLarge { .. }
            | BatchError::Signature(_)
            | BatchError::Count { .. }
            | BatchError::Root => Fault::BrokenSeal,
        }
    })
}

/// Why a node may have no session now.
pub(super) fn barred(registry: &Registry, node: &NodeId) -> Option<Fault> {
    match registry.node(node) {
        None => Some(Fault::NotEnrolled),
        Some(entry) if entry.revoked.is_some() => Some(Fault::NotEnrolled),
        Some(entry) => entry.suspended.then_some(Fault::Suspended),
    }
}

/// A batch with what was read of its events.
fn verified(read: Vec<SealedEvent>, key: SigningKeyId, message: UpBatch) -> Verified {
    let Batch { seal, entries } = message.batch;
    let body = seal.body();
    let places = (body.first..=body.last).map(|seq| Position::new(body.incarnation, seq));
    let events = read.into_iter().zip(entries).zip(places).map(|((read, entry), at)| sealed(read, entry, at)).collect();
    Verified { seal, key, events, announced: message.announced }
}

/// One event of a verified batch, read or not.
pub(crate) fn sealed(read: SealedEvent, entry: SealedEntry, position: Position) -> Sealed {
    match read {
        Ok(event) => Sealed { hash: event.hash, position, event: Ok(event), entry },
        Err((hash, error)) => Sealed { hash, position, event: Err(unreadable_reason(&error, &entry)), entry },
    }
}

fn unreadable_reason(error: &HeaderError, entry: &SealedEntry) -> Inadmissibility {
    if entry.bytes.len() > HEADER_BYTES_MAX {
        Inadmissibility::Oversized
    } else if matches!(error, HeaderError::Misplaced(_)) {
        Inadmissibility::Misplaced
    } else {
        Inadmissibility::Malformed
    }
}
