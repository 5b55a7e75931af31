//! The hub's newest receipt: that the hub signed it, and that it speaks of the journal that is here.

use super::report::Report;
use crate::domain::{NodeId, Position, SigningKeyId};
use crate::store::{Owner, Store, StoreError};

/// Checks a node's newest receipt, if it has one.
pub(super) async fn check<S: Store>(
    store: &S,
    owner: &Owner,
    hub: SigningKeyId,
    report: &mut Report,
) -> Result<(), StoreError> {
    let Some(signed) = store.peer(NodeId::Hub).await?.and_then(|hub| hub.receipt) else { return Ok(()) };
    report.checked.receipts = report.checked.receipts.saturating_add(1);
    let mut wrong = |cause: String| report.find("audit.receipt", vec![("cause", cause)]);
    if let Err(error) = signed.verify(&hub) {
        wrong(error.to_string());
    }
    let receipt = signed.receipt();
    if receipt.origin != owner.node || receipt.federation != owner.federation {
        wrong("it was given for another journal".to_owned());
        return Ok(());
    }
    let Position { seq, .. } = receipt.position;
    if seq == 0 {
        return Ok(());
    }
    let seal = store.seal_of(owner.node.clone(), receipt.position).await?;
    match seal.map(|seal| seal.head()) {
        Some(head) if head.position == receipt.position && head.hash == receipt.head => {}
        Some(_) => wrong(format!("its head at {} is not this journal's", receipt.position)),
        None => wrong(format!("it covers {}, which is not here", receipt.position)),
    }
    Ok(())
}
