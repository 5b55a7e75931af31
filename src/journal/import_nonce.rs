//! The nonce of a complaint that is taken over from another system: derived from that system's name and number for it, so that
//! the same complaint gets the same id however often, and on whichever disk, it is taken over. It must not be used for others.

use super::prefix;
use crate::domain::{FederationId, NodeId};

/// The nonce of the complaint that `source` knew as `id`, taken over at `origin`: the first 16 bytes of the hash of federation,
/// origin, source and id, each led by its length in bytes (u32, big endian).
///
/// Whoever has the header can try whether a guessed number fits: numbers that stand for a person are no source ids.
#[must_use]
pub fn import_nonce(federation: &FederationId, origin: &NodeId, source: &str, id: &str) -> [u8; 16] {
    let [federation, origin] = [federation.as_str(), origin.as_str()].map(str::as_bytes);
    let (source, id) = (source.as_bytes(), id.as_bytes());
    let [one, two, three, four] = [federation, origin, source, id].map(length);
    let hash = prefix::IMPORT.hash(&[&one, federation, &two, origin, &three, source, &four, id]);
    let mut nonce = [0; 16];
    nonce.iter_mut().zip(hash).for_each(|(slot, byte)| *slot = byte);
    nonce
}

fn length(bytes: &[u8]) -> [u8; 4] {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nonce(federation: &str, origin: &str, source: &str, id: &str) -> [u8; 16] {
        import_nonce(&FederationId::parse(federation).unwrap(), &NodeId::parse(origin).unwrap(), source, id)
    }

    #[test]
    fn two_complaints_share_a_nonce() {
        let all = [
            nonce("lapor.test", "13.71", "simpel", "12"),
            nonce("lapor.go.id", "13.71", "simpel", "12"),
            nonce("lapor.test", "13.72", "simpel", "12"),
            nonce("lapor.test", "13.71", "simpel1", "2"),
            nonce("lapor.test", "13.71", "simpe", "l12"),
            nonce("lapor.test", "13.71", "simpel", "13"),
        ];
        for (at, one) in all.iter().enumerate() {
            assert_eq!(all.iter().position(|other| other == one), Some(at));
        }
        assert_eq!(nonce("lapor.test", "13.71", "simpel", "12"), all[0]);
    }
}
