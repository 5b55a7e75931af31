//! A complaint's id: derived from its origin and a random nonce, so that no other node can claim it. It must not accept
//! an id from anybody.

use super::prefix;
use crate::domain::{ComplaintId, FederationId, NodeId};

/// The id of the complaint that `origin` files with `nonce`: the first 16 bytes of the hash of federation, origin and
/// nonce, each led by its length in bytes (u32, big endian).
#[must_use]
pub fn complaint_id(federation: &FederationId, origin: &NodeId, nonce: &[u8; 16]) -> ComplaintId {
    let (federation, origin) = (federation.as_str().as_bytes(), origin.as_str().as_bytes());
    let hash =
        prefix::COMPLAINT.hash(&[&length(federation), federation, &length(origin), origin, &length(nonce), nonce]);
    let mut id = [0; 16];
    id.iter_mut().zip(hash).for_each(|(slot, byte)| *slot = byte);
    ComplaintId(id)
}

fn length(bytes: &[u8]) -> [u8; 4] {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(federation: &str, origin: &str, nonce: [u8; 16]) -> ComplaintId {
        complaint_id(&FederationId::parse(federation).unwrap(), &NodeId::parse(origin).unwrap(), &nonce)
    }

    #[test]
    fn another_node_claims_a_complaint() {
        let mine = id("lapor.go.id", "13.71", [1; 16]);
        assert_eq!(mine, id("lapor.go.id", "13.71", [1; 16]));
        assert_ne!(mine, id("lapor.go.id", "13.72", [1; 16]));
        assert_ne!(mine, id("lapor.go.id", "13.71", [2; 16]));
        assert_ne!(mine, id("lapor.test", "13.71", [1; 16]));
    }

    #[test]
    fn letters_move_from_federation_to_origin() {
        assert_ne!(id("x", "13.71", [0; 16]), id("x13.", "71", [0; 16]));
    }
}
