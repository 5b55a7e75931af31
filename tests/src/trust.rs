//! Endorsements as the people above a node would give them, for tests whose nodes are no processes.

use lintas::domain::{NodeId, Registry, Timestamp, UnitCode};
use lintas::journal::{SigningKey, Statement};
use lintas::link::hub::HubKey;
use lintas::link::hub::registrar;
use lintas::store::{Store, StoreError};

/// The registry as a store has it.
///
/// # Errors
/// If storage failed.
pub async fn registry<S: Store>(store: &S) -> Result<Registry, StoreError> {
    let mut registry = Registry::default();
    store.registry().await?.iter().for_each(|event| registry.apply(event));
    Ok(registry)
}

/// What the node above `node` says of its keys; none if they are confirmed, or nobody is above.
#[must_use]
pub fn endorsement(registry: &Registry, node: &UnitCode) -> Option<Statement> {
    let entry = registry.node(&NodeId::Node(node.clone())).filter(|entry| !entry.confirmed)?;
    Some(Statement::Endorsed {
        node: node.clone(),
        signing_key: entry.signing_key()?,
        sealing_key: entry.sealing_key,
        keyed: entry.keyed,
        by: registry.endorser(node)?.unit()?.clone(),
    })
}

/// Has every node endorsed by the one above, from the top down. `key` gives a node's signing key.
///
/// # Errors
/// If storage failed.
pub async fn endorse_all<S: Store>(
    store: &S,
    signer: &HubKey,
    key: impl Fn(&UnitCode) -> SigningKey,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut codes: Vec<UnitCode> =
        registry(store).await?.nodes().filter_map(|(node, _)| node.unit().cloned()).collect();
    codes.sort_by_key(|code| code.ancestors().count());
    for code in codes {
        let Some(statement) = endorsement(&registry(store).await?, &code) else { continue };
        let by = key(statement.author());
        // What does not hold leaves the node unconfirmed, which is what a test then sees.
        let _ = registrar::record(store, signer, statement.sign(&signer.federation, &by), now).await?;
    }
    Ok(())
}
