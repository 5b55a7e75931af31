//! The outboxes of the hub: that each destination's rows are numbered without gap up to the last number given out.

use super::report::Report;
use crate::store::{Peer, Store, StoreError};

/// Bytes that are read at a time.
const PAGE_BYTES: usize = 256 * 1024;
/// How many times an outbox is looked at that changes meanwhile.
const ATTEMPTS: usize = 3;

/// A number where another should stand.
struct Wrong {
    expected: u64,
    found: u64,
}

/// Checks every outbox.
pub(super) async fn check<S: Store>(store: &S, report: &mut Report) -> Result<(), StoreError> {
    for peer in store.peers().await? {
        let node = peer.node.clone();
        let mut now = Some(peer);
        for attempt in 1..=ATTEMPTS {
            let Some(peer) = now.take().filter(|peer| !peer.resync) else { break };
            let (rows, wrong) = walk(store, &peer).await?;
            let Some(Wrong { expected, found }) = wrong else {
                report.checked.outbox = report.checked.outbox.saturating_add(rows);
                break;
            };
            // Delivered rows are dropped at any moment; only an outbox that stood still can be wrong.
            let after = store.peer(node.clone()).await?;
            let moved = after.as_ref().is_none_or(|after| {
                after.generation != peer.generation || after.delivered != peer.delivered || after.resync
            });
            if !moved || attempt == ATTEMPTS {
                let facts =
                    vec![("node", node.to_string()), ("expected", expected.to_string()), ("found", found.to_string())];
                report.find("audit.outbox", facts);
                break;
            }
            now = after;
        }
    }
    Ok(())
}

async fn walk<S: Store>(store: &S, peer: &Peer) -> Result<(u64, Option<Wrong>), StoreError> {
    let (mut after, mut rows) = (peer.delivered, 0_u64);
    while after < peer.numbered {
        let page = store.outbox(peer.node.clone(), peer.generation, after, PAGE_BYTES).await?;
        let start = after;
        for delivery in page {
            let expected = after.saturating_add(1);
            if delivery.number != expected {
                return Ok((rows, Some(Wrong { expected, found: delivery.number })));
            }
            after = expected;
            rows = rows.saturating_add(1);
        }
        if after == start {
            return Ok((rows, Some(Wrong { expected: after.saturating_add(1), found: after })));
        }
    }
    Ok((rows, None))
}
