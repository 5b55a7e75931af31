//! The proof of origin of one forwarded event: its seal and its path in the tree. With it an event proves itself alone,
//! whoever hands it on; whether its author had the authority is not asked here.

use super::header::{self, HeaderError};
use super::merkle;
use super::seal::{Seal, SealError};
use crate::domain::{Event, FederationId, SigningKeyId};

/// What travels with a forwarded event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proof {
    /// The seal of its batch.
    pub seal: Seal,
    /// Its place in the batch, from 0.
    pub index: u32,
    /// The way from it to the seal's root.
    pub path: Vec<[u8; 32]>,
}

/// Why a forwarded event is not its author's.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum VerifyError {
    /// The header cannot be read.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The seal's signature does not hold.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// Seal or event is of another federation.
    #[error("the forwarded event belongs to another federation: connect to the hub of your own")]
    Federation,
    /// The header stands elsewhere than seal and index say.
    #[error("the forwarded event's header and its seal name different places: ask the sender for its true proof")]
    Place,
    /// The path does not lead to the seal's root.
    #[error("the forwarded event is not under the seal that came with it: ask the sender for its true proof")]
    Path,
}

/// Verifies an event that came by way of somebody else. `key` is the registry's for the seal's origin at the seal's
/// position: never one that came along.
///
/// # Errors
/// If the proof does not hold; then the event is nobody's.
pub fn verify_forwarded(
    bytes: &[u8],
    proof: &Proof,
    key: &SigningKeyId,
    federation: &FederationId,
) -> Result<Event, VerifyError> {
    let body = proof.seal.body();
    if body.federation != *federation {
        return Err(VerifyError::Federation);
    }
    proof.seal.verify(key)?;
    let event = header::event(bytes)?;
    let header = &event.header;
    if header.federation != *federation {
        return Err(VerifyError::Federation);
    }
    let seq = body.first.checked_add(u64::from(proof.index));
    if header.node != body.origin || header.position.incarnation != body.incarnation || Some(header.position.seq) != seq
    {
        return Err(VerifyError::Place);
    }
    let root = merkle::root_from_path(&event.hash, u64::from(proof.index), body.events(), &proof.path);
    if root == Some(body.root) { Ok(event) } else { Err(VerifyError::Path) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Change, EventHash, Header, NodeId};
    use crate::journal::sample::{self, federation, key};
    use crate::journal::{Head, SealBody, SigningKey, header_hash};
    use proptest::prelude::*;

    fn proofs(count: u64) -> (Vec<Vec<u8>>, Vec<Proof>) {
        let (seal, headers) = sample::batch(&Head::GENESIS, count);
        let hashes: Vec<EventHash> = headers.iter().map(|bytes| header_hash(bytes)).collect();
        let paths = merkle::paths(&hashes).into_iter().zip(0..);
        (headers, paths.map(|(path, index)| Proof { seal: seal.clone(), index, path }).collect())
    }

    fn verify(bytes: &[u8], proof: &Proof) -> Result<Event, VerifyError> {
        verify_forwarded(bytes, proof, &key().public(), &federation())
    }

    #[test]
    fn forwarded_event_cannot_prove_itself() {
        let (headers, proofs) = proofs(7);
        for (bytes, proof) in headers.iter().zip(&proofs) {
            assert_eq!(verify(bytes, proof).unwrap().hash, header_hash(bytes));
        }
    }

    #[test]
    fn forwarder_shifts_or_resizes_the_proof() {
        let (headers, proofs) = proofs(3);
        assert_eq!(verify(&headers[1], &proofs[0]), Err(VerifyError::Place));
        let shifted = Proof { index: 0, ..proofs[1].clone() };
        assert_eq!(verify(&headers[1], &shifted), Err(VerifyError::Place));
        assert_eq!(verify(&headers[1], &Proof { path: vec![], ..proofs[1].clone() }), Err(VerifyError::Path));
        let body = proofs[0].seal.body();
        for altered in [SealBody { last: 4, ..body.clone() }, SealBody { first: 2, ..body.clone() }] {
            let seal = Seal::sign(altered, &SigningKey::from_seed([9; 32]));
            let proof = Proof { seal, ..proofs[0].clone() };
            assert_eq!(verify(&headers[0], &proof), Err(VerifyError::Seal(SealError::Signature)));
        }
    }

    #[test]
    fn event_of_another_journal_under_a_good_seal() {
        let good = sample::header(1, Change::Accepted);
        for (wrong, error) in [
            (Header { node: NodeId::Hub, ..good.clone() }, VerifyError::Place),
            (Header { position: crate::domain::Position::new(2, 1), ..good.clone() }, VerifyError::Place),
            (Header { position: crate::domain::Position::new(1, 2), ..good.clone() }, VerifyError::Place),
            (Header { federation: FederationId::parse("elsewhere.test").unwrap(), ..good }, VerifyError::Federation),
        ] {
            let headers = [header::encode(&wrong)];
            let proof = Proof { seal: sample::seal(&Head::GENESIS, &headers), index: 0, path: vec![] };
            assert_eq!(verify(&headers[0], &proof), Err(error));
        }
        let (headers, proofs) = proofs(1);
        let federation = FederationId::parse("elsewhere.test").unwrap();
        let seal = Seal::sign(SealBody { federation, ..proofs[0].seal.body().clone() }, &key());
        let proof = Proof { seal, ..proofs[0].clone() };
        assert_eq!(verify(&headers[0], &proof), Err(VerifyError::Federation));
        let foreign = FederationId::parse("elsewhere.test").unwrap();
        let result = verify_forwarded(&headers[0], &proofs[0], &key().public(), &foreign);
        assert_eq!(result, Err(VerifyError::Federation));
    }

    proptest! {
        #[test]
        fn altered_header_or_path_is_believed(
            count in 1_u64..40, which: prop::sample::Index, at: prop::sample::Index, flip in 1_u8..=255, index: u32,
        ) {
            let (headers, proofs) = proofs(count);
            let (bytes, proof) = (which.get(&headers), which.get(&proofs));
            let mut altered = bytes.clone();
            altered[at.index(bytes.len())] ^= flip;
            prop_assert!(verify(&altered, proof).is_err());
            let shifted = Proof { index, ..proof.clone() };
            prop_assert!(index == proof.index || verify(bytes, &shifted).is_err());
            if !proof.path.is_empty() {
                let mut altered = proof.clone();
                let step = at.index(proof.path.len());
                altered.path[step][at.index(32)] ^= flip;
                prop_assert_eq!(verify(bytes, &altered), Err(VerifyError::Path));
            }
        }
    }
}
