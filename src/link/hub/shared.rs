//! What all sessions of one hub process share: the database, the key, the registry as far as it is known, and what the hub decides by
//! itself. Knows no session.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use super::author::HubKey;
use super::ingest::{Policy, main_of};
use super::order;
use super::release;
use crate::domain::{Cause, ComplaintId, Event, NodeId, Registry, Timestamp};
use crate::journal::{RegistryHead, SignedHead};
use crate::runtime::Clock;
use crate::store::{Changes, Scope, Store, StoreError, View};
use crate::telemetry::Telemetry;

/// How often the registry's end is signed anew though it has not moved, in seconds.
pub const HEAD_SECONDS: i64 = 3600;
/// Complaints with held events that are looked at when the hub starts.
const HELD_MAX: usize = 10_000;

/// What all sessions of one hub process share.
#[derive(Debug)]
pub struct HubShared<S> {
    /// The database.
    pub store: S,
    /// With what the hub signs.
    pub signer: HubKey,
    /// How it decides.
    pub policy: Policy,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Where its work is told.
    pub telemetry: Telemetry,
    registry: watch::Sender<Arc<Registry>>,
    /// Where the registry ends, as this process signed it last.
    head: Mutex<Option<SignedHead>>,
}

impl<S: Store> HubShared<S> {
    /// Shares a store. The registry is read from it as it is needed.
    #[must_use]
    pub fn new(store: S, signer: HubKey, policy: Policy, clock: Arc<dyn Clock>) -> Self {
        let registry = watch::Sender::new(Arc::default());
        Self { store, signer, policy, clock, telemetry: Telemetry::default(), registry, head: Mutex::new(None) }
    }

    /// The same, telling of its work.
    #[must_use]
    pub fn with_telemetry(self, telemetry: Telemetry) -> Self {
        Self { telemetry, ..self }
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Timestamp(self.clock.now())
    }

    /// The registry as far as this process knows it.
    #[must_use]
    pub fn registry(&self) -> Arc<Registry> {
        self.registry.borrow().clone()
    }

    /// Where the registry ends, signed: anew when it has grown, and every hour, the same for everybody. None as long as it is empty.
    ///
    /// # Errors
    /// If storage failed.
    pub async fn head(&self) -> Result<Option<SignedHead>, StoreError> {
        let (newest, now) = (self.registry().position(), self.now());
        let known = self.head.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let fresh = |known: &SignedHead| {
            known.said().head.position >= newest && now.seconds_since(known.said().time) < HEAD_SECONDS
        };
        if known.as_ref().is_some_and(fresh) {
            return Ok(known);
        }
        let Some(seal) = self.store.seal_of(NodeId::Hub, newest).await? else { return Ok(None) };
        let said = RegistryHead { federation: self.signer.federation.clone(), head: seal.head(), time: now };
        let signed = SignedHead::sign(said, &self.signer.key);
        *self.head.lock().unwrap_or_else(PoisonError::into_inner) = Some(signed.clone());
        Ok(Some(signed))
    }

    /// Shows the registry whenever this process comes to know more of it.
    #[must_use]
    pub fn watch_registry(&self) -> watch::Receiver<Arc<Registry>> {
        self.registry.subscribe()
    }

    /// The registry with what a transaction read beyond it; remembered for the next.
    pub(super) fn advance(&self, news: &[Event]) -> Arc<Registry> {
        self.registry.send_if_modified(|known| {
            let before = known.position();
            if !news.is_empty() {
                let registry = Arc::make_mut(known);
                for event in news {
                    registry.apply(event);
                }
            }
            known.position() > before
        });
        self.registry()
    }

    /// Reads the registry anew from the store.
    ///
    /// # Errors
    /// If storage failed.
    pub async fn refresh(&self) -> Result<Arc<Registry>, StoreError> {
        let scope = self.scope(None, BTreeSet::new());
        self.store.transact(scope, |view| (Changes::default(), self.advance(&view.registry))).await
    }

    pub(super) fn scope(&self, peer: Option<&NodeId>, complaints: BTreeSet<ComplaintId>) -> Scope {
        Scope { complaints, peer: peer.cloned(), registry_after: Some(self.registry().position()), ..Scope::default() }
    }

    /// Judges what was held and is known now, after an upgrade. Returns whom to wake.
    ///
    /// # Errors
    /// If storage failed.
    pub async fn release_held(&self) -> Result<BTreeSet<NodeId>, StoreError> {
        let mut woken = BTreeSet::new();
        for id in self.store.held(HELD_MAX).await? {
            let file = self.store.file(id).await?.unwrap_or_default();
            let mains = file.events.iter().filter_map(|filed| main_of(&filed.event.header.change));
            let scope = self.scope(None, mains.chain([id]).collect());
            let plan = |view: &View| {
                let registry = self.advance(&view.registry);
                release::plan(view, id, &self.signer, &registry, self.now(), &self.policy)
            };
            woken.extend(self.store.transact(scope, plan).await?);
        }
        Ok(woken)
    }

    /// Moves a complaint by the hub's own decision: escalation, revocation, appeal or re-homing. Returns whom to wake; none if
    /// there was nothing to move.
    ///
    /// # Errors
    /// If storage failed.
    pub async fn move_complaint(&self, id: ComplaintId, cause: Cause) -> Result<Option<BTreeSet<NodeId>>, StoreError> {
        let scope = self.scope(None, BTreeSet::from([id]));
        let plan = |view: &View| {
            let registry = self.advance(&view.registry);
            order::plan_move(view, id, cause, &self.signer, &registry, self.now(), &self.policy)
        };
        self.store.transact(scope, plan).await
    }
}
