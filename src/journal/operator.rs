//! The pseudonym of whoever runs a node, for what is done at its desk by nobody who has logged in. It is the same for ever, and
//! anybody can work it out: it hides nobody, it says that the node's own operator acted.

use super::prefix;
use crate::domain::{FederationId, NodeId, Pseudonym};

/// The pseudonym of a node's operator: the first 16 bytes of the hash of federation and node, each led by its length in bytes (u32,
/// big endian).
#[must_use]
pub fn operator_pseudonym(federation: &FederationId, node: &NodeId) -> Pseudonym {
    let [federation, node] = [federation.as_str(), node.as_str()].map(str::as_bytes);
    let [one, two] = [federation, node].map(|bytes| u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    let hash = prefix::OPERATOR.hash(&[&one, federation, &two, node]);
    let mut pseudonym = [0; 16];
    pseudonym.iter_mut().zip(hash).for_each(|(slot, byte)| *slot = byte);
    Pseudonym(pseudonym)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_of_two_nodes_share_a_pseudonym() {
        let of = |federation: &str, node: &str| {
            operator_pseudonym(&FederationId::parse(federation).unwrap(), &NodeId::parse(node).unwrap())
        };
        assert_eq!(of("lapor.test", "13.71"), of("lapor.test", "13.71"));
        assert_ne!(of("lapor.test", "13.71"), of("lapor.test", "13.72"));
        assert_ne!(of("lapor.test", "13.71"), of("lapor.go.id", "13.71"));
    }
}
