//! What all sessions of one node share: the database, the key, the registry as far as it is known, and what the node has still to say of
//! keys. Knows no session.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use super::apply::Trust;
use super::key::NodeKey;
use super::news::News;
use super::seal::seal_all;
use crate::domain::{NodeId, Position, Registry, Telling, Timestamp, Timetable};
use crate::journal::{Head, Seal, SignedHead, SignedStatement, Statement};
use crate::link::message::{Deliver, Hello, Progress, VERSIONS};
use crate::runtime::Clock;
use crate::store::{Changes, Scope, Store, StoreError};
use crate::telemetry::Telemetry;

/// Statements that wait to be said, at most: more than there are nodes in the country.
const STATEMENTS_MAX: usize = 1000;

/// What the sessions of one node share.
#[derive(Debug)]
pub struct NodeShared<S> {
    /// The database.
    pub store: S,
    /// With what the node signs.
    pub signer: NodeKey,
    /// Whose signatures it believes.
    pub trust: Trust,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Where its work is told.
    pub telemetry: Telemetry,
    /// How long each step may take, as this node knows it.
    pub timetable: Arc<Timetable>,
    /// Who is told of the steps of complaints.
    pub telling: Telling,
    /// What came from others.
    pub news: News,
    registry: Mutex<Arc<Registry>>,
    progress: Mutex<Option<Progress>>,
    /// Where the hub said last that its registry ends.
    said: Mutex<Option<SignedHead>>,
    /// The hub's seal over the newest registry event known, by that event's place.
    cited: Mutex<(Position, Head)>,
    /// What the node is to say of keys, until the registry shows it.
    statements: Mutex<Vec<Statement>>,
    spoken: Notify,
}

impl<S: Store> NodeShared<S> {
    /// Shares a store. The registry is read from it as it is needed.
    #[must_use]
    pub fn new(store: S, signer: NodeKey, trust: Trust, clock: Arc<dyn Clock>) -> Self {
        let registry = Mutex::new(Arc::new(Registry::default()));
        let telemetry = Telemetry::default();
        Self {
            store,
            signer,
            trust,
            clock,
            telemetry,
            timetable: Arc::default(),
            telling: Telling::default(),
            news: News::default(),
            registry,
            progress: Mutex::new(None),
            said: Mutex::new(None),
            cited: Mutex::new((Position::ZERO, Head::NONE)),
            statements: Mutex::default(),
            spoken: Notify::new(),
        }
    }

    /// The same, telling of its work.
    #[must_use]
    pub fn with_telemetry(self, telemetry: Telemetry) -> Self {
        Self { telemetry, ..self }
    }

    /// The same, with how long each step may take.
    #[must_use]
    pub fn with_timetable(self, timetable: Arc<Timetable>) -> Self {
        Self { timetable, ..self }
    }

    /// The same, noting what reporters are to be told.
    #[must_use]
    pub fn with_telling(self, telling: Telling) -> Self {
        Self { telling, ..self }
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Timestamp(self.clock.now())
    }

    /// What the hub said last of how far it is, in the present session.
    #[must_use]
    pub fn progress(&self) -> Option<Progress> {
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn note(&self, progress: Option<Progress>) {
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner) = progress;
    }

    /// Where the hub said last that its registry ends, since this program began.
    #[must_use]
    pub fn said(&self) -> Option<SignedHead> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn hear(&self, head: SignedHead) {
        *self.said.lock().unwrap_or_else(PoisonError::into_inner) = Some(head);
    }

    /// Has the hub told something of keys, now or when the link is up next, until its registry shows that it was recorded or is no
    /// longer so. It is kept in memory: what a stopped node had still to say must be said again.
    pub fn say(&self, statement: Statement) {
        let mut statements = self.statements.lock().unwrap_or_else(PoisonError::into_inner);
        if !statements.contains(&statement) && statements.len() < STATEMENTS_MAX {
            statements.push(statement);
        }
        self.spoken.notify_one();
    }

    /// Has what is still to be said looked at once more.
    pub fn say_again(&self) {
        self.spoken.notify_one();
    }

    /// Waits until there is something to say.
    pub async fn spoken(&self) {
        self.spoken.notified().await;
    }

    /// What is to be said, signed; what the registry shows already, or has overtaken, is dropped.
    ///
    /// # Errors
    /// If storage failed.
    pub async fn speech(&self) -> Result<Vec<SignedStatement>, StoreError> {
        let registry = self.registry().await?;
        let (federation, key) = (&self.signer.federation, self.signer.present(&registry));
        let rotation = self.rotation(&registry).await?;
        let mut statements = self.statements.lock().unwrap_or_else(PoisonError::into_inner);
        let mut speech = Vec::from_iter(rotation);
        statements.retain(|statement| {
            let signed = statement.clone().sign(federation, key);
            let holds = signed.check(federation, &registry).is_ok();
            if holds {
                speech.push(signed);
            }
            holds
        });
        Ok(speech)
    }

    /// What is to be said of keys that follow: once the hub has all that the present ones have sealed.
    async fn rotation(&self, registry: &Registry) -> Result<Option<SignedStatement>, StoreError> {
        if self.signer.next.is_none() {
            return Ok(None);
        }
        let sealed = self.store.own().await?.sealed.position;
        let receipt = self.store.peer(NodeId::Hub).await?.and_then(|peer| peer.receipt);
        let there = receipt.is_some_and(|receipt| receipt.receipt().position == sealed);
        Ok(self.signer.rotation(registry, sealed).filter(|_| there))
    }

    pub(super) async fn registry(&self) -> Result<Arc<Registry>, StoreError> {
        let known = self.registry.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let scope = Scope { registry_after: Some(known.position()), ..Scope::default() };
        let news = self.store.transact(scope, |view| (Changes::default(), view.registry.clone())).await?;
        if news.is_empty() {
            return Ok(known);
        }
        let mut registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        let inner = Arc::make_mut(&mut *registry);
        for event in &news {
            inner.apply(event);
        }
        Ok(registry.clone())
    }

    /// The hub's seal over the newest registry event that this node knows: what its own seals cite.
    pub(super) async fn registry_head(&self) -> Result<Head, StoreError> {
        let newest = self.registry().await?.position();
        let (known, head) = *self.cited.lock().unwrap_or_else(PoisonError::into_inner);
        if known == newest {
            return Ok(head);
        }
        let head = self.store.seal_of(NodeId::Hub, newest).await?.map_or(Head::NONE, |seal| seal.head());
        *self.cited.lock().unwrap_or_else(PoisonError::into_inner) = (newest, head);
        Ok(head)
    }

    /// The hub's seals as this node has them, of those that the seals of a message cite.
    pub(super) async fn heads(&self, deliver: &Deliver) -> Result<BTreeMap<Position, Seal>, StoreError> {
        let cited: BTreeSet<Position> = deliver.events.iter().map(|event| event.seal.body().hub.position).collect();
        let mut heads = BTreeMap::new();
        for position in cited {
            let seal = self.store.seal_of(NodeId::Hub, position).await?;
            heads.extend(seal.map(|seal| (position, seal)));
        }
        Ok(heads)
    }

    /// What the hub was found to say of its journal beside the truth, and people have looked into: it is no news any more.
    pub(super) async fn settled(&self) -> Result<Vec<Head>, StoreError> {
        let evidence = self.store.evidence().await?;
        let settled = evidence.into_iter().filter(|one| one.dismissed.is_some());
        Ok(settled.map(|one| Head { position: one.at, hash: one.said }).collect())
    }

    /// Seals what is written, as far as it may be.
    pub(super) async fn seal(&self) -> Result<(), StoreError> {
        let head = self.registry_head().await?;
        let registry = self.registry().await?;
        seal_all(&self.store, &self.signer, &registry, head).await
    }

    /// What this node says of itself: all that is written is sealed first.
    ///
    /// # Errors
    /// If storage failed.
    pub async fn hello(&self, recover: bool) -> Result<Hello, StoreError> {
        let peer = self.store.peer(NodeId::Hub).await?;
        let hub = peer.as_ref().map_or(Head::NONE, |peer| peer.stored);
        self.seal().await?;
        let own = self.store.own().await?;
        self.note(None);
        Ok(Hello {
            versions: VERSIONS,
            federation: self.signer.federation.clone(),
            head: own.sealed,
            inbound: peer.as_ref().map_or((0, 0), |peer| peer.inbound),
            hub,
            judged: peer.as_ref().map_or(Position::ZERO, |peer| peer.judged),
            recover,
            clock: self.now(),
            program: env!("CARGO_PKG_VERSION").to_owned(),
        })
    }
}
