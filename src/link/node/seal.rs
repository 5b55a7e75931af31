//! Sealing: one signature over each batch of a node's own events, stored before it is sent.

use crate::domain::{EventHash, FederationId, NodeId, Position};
use crate::journal::{self, BATCH_BYTES_MAX, BATCH_EVENTS_MAX, Seal, SealBody, SigningKey};
use crate::store::{Changes, Scope, Store, StoreError, Unsealed, View};

/// With what a node signs, and for whom.
#[derive(Debug)]
pub struct NodeKey {
    /// The federation.
    pub federation: FederationId,
    /// The node.
    pub node: NodeId,
    /// The signing key.
    pub key: SigningKey,
}

/// Seals every own event that no seal covers yet. `hub` is the newest position of the hub's journal that this node knows.
///
/// # Errors
/// If storage failed.
pub async fn seal_all<S: Store>(store: &S, signer: &NodeKey, hub: Position) -> Result<(), StoreError> {
    loop {
        let scope = Scope { unsealed: BATCH_EVENTS_MAX, ..Scope::default() };
        let more = store.transact(scope, |view| plan(view, signer, hub)).await?;
        if !more {
            return Ok(());
        }
    }
}

/// One seal over what fits a batch; and whether there may be more.
fn plan(view: &View, signer: &NodeKey, hub: Position) -> (Changes, bool) {
    let batch = fitting(&view.unsealed);
    let (Some(first), Some(last)) = (batch.first(), batch.last()) else { return (Changes::default(), false) };
    let hashes: Vec<EventHash> = batch.iter().map(|event| event.hash).collect();
    let body = SealBody {
        federation: signer.federation.clone(),
        origin: signer.node.clone(),
        incarnation: last.position.incarnation,
        first: first.position.seq,
        last: last.position.seq,
        previous: view.own.sealed.hash,
        root: journal::merkle::root(&hashes),
        hub,
    };
    (Changes { seals: vec![Seal::sign(body, &signer.key)], ..Changes::default() }, true)
}

/// The first events that fit one batch, but at least one.
fn fitting(unsealed: &[Unsealed]) -> &[Unsealed] {
    let mut bytes = 0_usize;
    let fits = |event: &&Unsealed| {
        let first = bytes == 0;
        bytes = bytes.saturating_add(event.bytes);
        first || bytes <= BATCH_BYTES_MAX
    };
    let count = unsealed.iter().take(BATCH_EVENTS_MAX).take_while(fits).count();
    unsealed.get(..count).unwrap_or_default()
}
