//! Sealing: one signature over each batch of a node's own events, stored before it is sent.

use super::key::NodeKey;
use crate::domain::{EventHash, Registry};
use crate::journal::{self, BATCH_BYTES_MAX, BATCH_EVENTS_MAX, Head, Seal, SealBody};
use crate::store::{Changes, Scope, Store, StoreError, Unsealed, View};

/// Events read, and sealed, in one transaction, at most: several batches when much was written without a link.
const AT_ONCE: usize = 8 * BATCH_EVENTS_MAX;

/// Seals every own event that no seal covers yet, with the key that the registry names for its place; nothing while it is open which
/// key that is, or while the hub is known to show two registries. `hub` is the hub's seal over the newest registry event that this node knows.
///
/// # Errors
/// If storage failed.
pub async fn seal_all<S: Store>(store: &S, signer: &NodeKey, registry: &Registry, hub: Head) -> Result<(), StoreError> {
    loop {
        let scope = Scope { unsealed: AT_ONCE, ..Scope::default() };
        let more = store.transact(scope, |view| plan(view, signer, registry, hub)).await?;
        if !more {
            return Ok(());
        }
    }
}

/// A seal over each batch of what was read; and whether there may be more.
fn plan(view: &View, signer: &NodeKey, registry: &Registry, hub: Head) -> (Changes, bool) {
    if view.unsealed.is_empty() || view.own.doubted || signer.rotation(registry, view.own.sealed.position).is_some() {
        return (Changes::default(), false);
    }
    let more = view.unsealed.len() >= AT_ONCE;
    let mut rest = &view.unsealed[..];
    let mut previous = view.own.sealed.hash;
    let mut seals = Vec::new();
    loop {
        let batch = fitting(rest);
        let (Some(first), Some(last)) = (batch.first(), batch.last()) else { break };
        rest = rest.get(batch.len()..).unwrap_or_default();
        if rest.is_empty() && more && !seals.is_empty() {
            // It may go on behind what was read: the next transaction sees it whole.
            break;
        }
        let hashes: Vec<EventHash> = batch.iter().map(|event| event.hash).collect();
        let body = SealBody {
            federation: signer.federation.clone(),
            origin: signer.node.clone(),
            incarnation: last.position.incarnation,
            first: first.position.seq,
            last: last.position.seq,
            previous,
            root: journal::merkle::root(&hashes),
            hub,
        };
        let Some(key) = signer.key_at(registry, last.position) else {
            tracing::error!(
                "the registry names a signing key that is not here; nothing is sealed: put the newest signing.key in its place"
            );
            break;
        };
        let seal = Seal::sign(body, key);
        previous = seal.hash();
        seals.push(seal);
    }
    (Changes { seals, ..Changes::default() }, more)
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
