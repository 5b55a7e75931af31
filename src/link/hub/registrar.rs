//! Registry changes: nodes enrolled, units listed. Each is one transaction: the event, and its way to every node.

use crate::domain::event::PublicName;
use crate::domain::{Change, NodeId, Position, Registry, SealingKeyId, SigningKeyId, Timestamp, UnitCode};
use crate::store::{Changes, Scope, Store, StoreError, View};

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

fn plan(view: &View, signer: &HubKey, wanted: Vec<Change>, now: Timestamp) -> (Changes, usize) {
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
