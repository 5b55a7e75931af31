//! Registry changes: nodes enrolled, units listed. Each is one transaction: the event, and its way to every node.

use crate::domain::event::PublicName;
use crate::domain::registry::NodeEntry;
use crate::domain::{Change, NodeId, Position, Registry, SealingKeyId, SigningKeyId, Timestamp, UnitCode};
use crate::journal::{Head, SignedStatement, Statement, StatementError};
use crate::store::{Changes, Peer, PeerUpdate, Scope, Store, StoreError, View};

use super::author::{HubKey, Recorder};

/// A node to enrol.
#[derive(Clone, Debug)]
pub struct Enrolment {
    /// The unit it is enrolled for.
    pub node: UnitCode,
    /// Its public name.
    pub name: PublicName,
    /// Its signing key.
    pub signing_key: SigningKeyId,
    /// SHA-256 of its TLS public key.
    pub tls_key: [u8; 32],
    /// The key to which content is sealed.
    pub sealing_key: SealingKeyId,
}

/// Writes registry events and sends them to every enrolled node. Returns how many were written.
///
/// # Errors
/// If storage failed.
pub async fn register<S: Store>(
    store: &S,
    signer: &HubKey,
    changes: Vec<Change>,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let scope = Scope { registry_after: Some(Position::ZERO), ..Scope::default() };
    store.transact(scope, |view| plan(view, signer, changes, now)).await
}

/// Enrols a node, or gives an enrolled one new keys, which sign what comes after all that is stored of its journal. It is sent the
/// registry as it stands.
///
/// # Errors
/// If storage failed.
pub async fn enrol<S: Store>(
    store: &S,
    signer: &HubKey,
    enrolment: Enrolment,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let Enrolment { node, name, signing_key, tls_key, sealing_key } = enrolment;
    let peer = Some(NodeId::Node(node.clone()));
    let scope = Scope { registry_after: Some(Position::ZERO), peer, ..Scope::default() };
    let planned = |view: &View| {
        let after = view.peer.as_ref().map_or(Position::ZERO, |peer| peer.stored.position);
        let change = Change::NodeEnrolled { node, name, signing_key, tls_key, sealing_key, after };
        plan(view, signer, vec![change], now)
    };
    store.transact(scope, planned).await
}

/// Records a node's statement, if it holds as the registry stands in this transaction. A rotation leaves alone what is stored
/// already of the node's journal.
///
/// # Errors
/// If storage failed.
pub async fn record<S: Store>(
    store: &S,
    signer: &HubKey,
    said: SignedStatement,
    now: Timestamp,
) -> Result<Result<usize, StatementError>, StoreError> {
    let peer = Some(NodeId::Node(said.statement.author().clone()));
    let scope = Scope { registry_after: Some(Position::ZERO), peer, ..Scope::default() };
    let planned = |view: &View| {
        let mut registry = Registry::default();
        view.registry.iter().for_each(|event| registry.apply(event));
        let stored = view.peer.as_ref().map_or(Position::ZERO, |peer| peer.stored.position);
        let held = said.check(&signer.federation, &registry).and_then(|()| match &said.statement {
            // Neither what is stored, nor a place at which nothing lies yet: each rotation costs an event.
            Statement::Rotated { after, .. } if *after != stored => Err(StatementError::Stale),
            Statement::Rotated { .. } | Statement::Endorsed { .. } => Ok(()),
        });
        match held {
            Ok(()) => {
                let (changes, count) = plan(view, signer, vec![said.change()], now);
                (changes, Ok(count))
            }
            Err(error) => (Changes::default(), Err(error)),
        }
    };
    store.transact(scope, planned).await
}

/// What stands against a change that the hub's operator asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RegistrarError {
    /// No such node.
    #[error("no node of that code is enrolled; see `nodes`")]
    UnknownNode,
    /// There is nothing to change.
    #[error("the node stands like that already; see `nodes`")]
    Already,
    /// A revoked node.
    #[error("the node was revoked; `reinstate` ends that")]
    Revoked,
}

/// Closes a node's link until [`reinstate`]; what it holds it keeps.
///
/// # Errors
/// If storage failed; and if there is nothing to suspend.
pub async fn suspend<S: Store>(
    store: &S,
    signer: &HubKey,
    node: &UnitCode,
    now: Timestamp,
) -> Result<Result<(), RegistrarError>, StoreError> {
    decide(store, signer, node, now, |entry, _| {
        if entry.revoked.is_some() {
            return Err(RegistrarError::Revoked);
        }
        if entry.suspended {
            Err(RegistrarError::Already)
        } else {
            Ok((Change::NodeSuspended { node: node.clone() }, None))
        }
    })
    .await
    .map(|done| done.map(|_| ()))
}

/// Ends a node's authority: what is stored of its journal counts, nothing after it. Everything stored was receipted or will be, so
/// no position below a receipt can be named. Returns that position.
///
/// # Errors
/// If storage failed; and if it is revoked already.
pub async fn revoke<S: Store>(
    store: &S,
    signer: &HubKey,
    node: &UnitCode,
    now: Timestamp,
) -> Result<Result<Position, RegistrarError>, StoreError> {
    decide(store, signer, node, now, |entry, peer| {
        if entry.revoked.is_some() {
            return Err(RegistrarError::Already);
        }
        Ok((Change::NodeRevoked { node: node.clone(), last: peer.stored.position }, None))
    })
    .await
}

/// Ends a suspension; or a revocation, by a new life of the node's journal, into which it comes by `recover`.
///
/// # Errors
/// If storage failed; and if the node is neither suspended nor revoked.
pub async fn reinstate<S: Store>(
    store: &S,
    signer: &HubKey,
    node: &UnitCode,
    now: Timestamp,
) -> Result<Result<Position, RegistrarError>, StoreError> {
    decide(store, signer, node, now, |entry, peer| {
        if let Some(last) = entry.revoked {
            let incarnation = entry.lives.last().map_or(1, |life| life.incarnation).saturating_add(1);
            let ended = last.min(peer.stored.position);
            let head = Head { position: Position::new(incarnation, 0), hash: peer.stored.hash };
            return Ok((Change::IncarnationGranted { node: node.clone(), ended, incarnation }, Some(head)));
        }
        if entry.suspended {
            Ok((Change::NodeReinstated { node: node.clone() }, None))
        } else {
            Err(RegistrarError::Already)
        }
    })
    .await
}

/// One decision on one node, on what is known of it in the transaction: a registry event and, perhaps, where its journal goes on.
/// Returns what is stored of its journal.
async fn decide<S: Store, F>(
    store: &S,
    signer: &HubKey,
    node: &UnitCode,
    now: Timestamp,
    choose: F,
) -> Result<Result<Position, RegistrarError>, StoreError>
where
    F: FnOnce(&NodeEntry, &Peer) -> Result<(Change, Option<Head>), RegistrarError> + Send,
{
    let id = NodeId::Node(node.clone());
    let scope = Scope { registry_after: Some(Position::ZERO), peer: Some(id.clone()), ..Scope::default() };
    let planned = |view: &View| {
        let mut registry = Registry::default();
        view.registry.iter().for_each(|event| registry.apply(event));
        let (Some(entry), Some(peer)) = (registry.node(&id), view.peer.as_ref()) else {
            return (Changes::default(), Err(RegistrarError::UnknownNode));
        };
        let (change, head) = match choose(entry, peer) {
            Ok(chosen) => chosen,
            Err(error) => return (Changes::default(), Err(error)),
        };
        let (mut changes, _) = plan(view, signer, vec![change], now);
        if head.is_some() {
            changes.peer = Some(PeerUpdate { stored: head, fault: Some(None), ..PeerUpdate::default() });
        }
        (changes, Ok(peer.stored.position))
    };
    store.transact(scope, planned).await
}

pub(super) fn plan(view: &View, signer: &HubKey, wanted: Vec<Change>, now: Timestamp) -> (Changes, usize) {
    let mut registry = Registry::default();
    view.registry.iter().for_each(|event| registry.apply(event));
    let mut recorder = Recorder::new(signer, &view.own, registry.position(), now);
    let mut changes = Changes::default();
    let mut sent: Vec<_> = view.registry.iter().map(|event| event.hash).collect();
    let mut nodes: Vec<NodeId> = registry.nodes().map(|(node, _)| node).collect();
    let count = wanted.len();
    for change in wanted {
        if let Change::NodeEnrolled { node, .. } = &change
            && let node = NodeId::Node(node.clone())
            && !nodes.contains(&node)
        {
            changes.new_peers.push(node.clone());
            changes.outbox.extend(sent.iter().map(|hash| (node.clone(), *hash)));
            nodes.push(node);
        }
        let (event, entry) = recorder.record(None, None, change);
        registry.apply(&event);
        sent.push(event.hash);
        changes.outbox.extend(nodes.iter().map(|node| (node.clone(), event.hash)));
        changes.entries.push(entry);
    }
    changes.seals = recorder.seal(&mut changes.entries);
    (changes, count)
}
