//! Verification of a batch: one signature, one root, every header in its place. It stores nothing, judges no event, and
//! takes a batch whole or not at all.

use super::header::{self, HeaderError, header_hash};
use super::merkle;
use super::seal::{Head, Seal, SealError};
use crate::domain::{Event, EventHash, FederationId, NodeId, Position, SealHash, SigningKeyId};

/// Most events in a batch.
pub const BATCH_EVENTS_MAX: usize = 500;
/// Most bytes of headers and parts in a batch of more than one event.
pub const BATCH_BYTES_MAX: usize = 256 * 1024;

/// One event of a verified batch. A header that cannot be read is covered by the seal all the same: it is its author's
/// and becomes inadmissible, without holding up the others.
pub type SealedEvent = Result<Event, (EventHash, HeaderError)>;

/// Why a batch is refused as a whole: a fault of the link or of the author's journal.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BatchError {
    /// Of another federation.
    #[error("the seal belongs to the federation {0}: connect to the hub of your own")]
    Federation(FederationId),
    /// Of another journal than the one expected here; holds whose it says it is.
    #[error("the seal belongs to the journal of {0}, not to the one expected: send it under its own name")]
    Origin(NodeId),
    /// More than [`BATCH_EVENTS_MAX`] events or [`BATCH_BYTES_MAX`] bytes.
    #[error("the batch has {events} events and {bytes} bytes, the most is {BATCH_EVENTS_MAX} and {BATCH_BYTES_MAX}")]
    TooLarge {
        /// Its headers.
        events: usize,
        /// Their bytes.
        bytes: usize,
    },
    /// The signature does not hold.
    #[error(transparent)]
    Signature(#[from] SealError),
    /// It does not begin where the journal ends.
    #[error("the batch begins at {found}, expected was {expected}: send what lies between, or recover")]
    NotNext {
        /// The position after the head.
        expected: Position,
        /// Where it begins.
        found: Position,
    },
    /// It continues another journal of the same author: proof of a fork, since the signature holds.
    #[error("the batch continues the seal {found}, here stands {expected}: the journal has forked; recover")]
    Previous {
        /// The head's seal.
        expected: SealHash,
        /// The seal that it names.
        found: SealHash,
    },
    /// Another number of headers than the seal covers.
    #[error("the batch has {found} headers, its seal covers {expected}: send it again, whole")]
    Count {
        /// As the seal says.
        expected: u64,
        /// As received.
        found: usize,
    },
    /// The headers are not those that were sealed.
    #[error("the headers of the batch are not those that were sealed: send it again, byte for byte")]
    Root,
}

/// Whether so many events with so many bytes, headers and parts together, may go as one batch: up to the limits, or a
/// single event of any size.
#[must_use]
pub const fn fits(events: usize, bytes: usize) -> bool {
    events <= BATCH_EVENTS_MAX && (bytes <= BATCH_BYTES_MAX || events <= 1)
}

/// Verifies a batch that is to follow `after` in the journal of `origin`, whose key at that position is `key`.
///
/// In a new life of the journal, `after` is seq 0 of that life and the last seal that counts of the life before.
///
/// # Errors
/// If anything about the batch does not hold; then nothing of it may be stored.
pub fn verify_batch<H: AsRef<[u8]>>(
    seal: &Seal,
    headers: &[H],
    key: &SigningKeyId,
    federation: &FederationId,
    origin: &NodeId,
    after: &Head,
) -> Result<Vec<SealedEvent>, BatchError> {
    let body = seal.body();
    if body.federation != *federation {
        return Err(BatchError::Federation(body.federation.clone()));
    }
    if body.origin != *origin {
        return Err(BatchError::Origin(body.origin.clone()));
    }
    let bytes = headers.iter().fold(0_usize, |sum, header| sum.saturating_add(header.as_ref().len()));
    if !fits(headers.len(), bytes) {
        return Err(BatchError::TooLarge { events: headers.len(), bytes });
    }
    seal.verify(key)?;
    let (expected, found) = (after.next(), Position::new(body.incarnation, body.first));
    if found != expected {
        return Err(BatchError::NotNext { expected, found });
    }
    if body.previous != after.hash {
        return Err(BatchError::Previous { expected: after.hash, found: body.previous });
    }
    if u64::try_from(headers.len()) != Ok(body.events()) {
        return Err(BatchError::Count { expected: body.events(), found: headers.len() });
    }
    let hashes: Vec<EventHash> = headers.iter().map(|bytes| header_hash(bytes.as_ref())).collect();
    if merkle::root(&hashes) != body.root {
        return Err(BatchError::Root);
    }
    let places = (body.first..=body.last).map(|seq| Position::new(body.incarnation, seq));
    let events = headers.iter().zip(hashes).zip(places);
    Ok(events.map(|((bytes, hash), at)| sealed_event(bytes.as_ref(), hash, at, seal)).collect())
}

fn sealed_event(bytes: &[u8], hash: EventHash, at: Position, seal: &Seal) -> SealedEvent {
    let body = seal.body();
    let header = header::decode(bytes).map_err(|error| (hash, error))?;
    if header.federation == body.federation && header.node == body.origin && header.position == at {
        Ok(Event { hash, header })
    } else {
        Err((hash, HeaderError::Misplaced(at)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Change, Header};
    use crate::journal::sample::{self, federation, key, node, verify};
    use crate::journal::{GENESIS, SealBody, SigningKey};

    /// Signs an altered copy of a seal, as its own author could.
    fn resealed(seal: &Seal, alter: impl FnOnce(&mut SealBody)) -> Seal {
        let mut body = seal.body().clone();
        alter(&mut body);
        Seal::sign(body, &key())
    }

    #[test]
    fn good_batch_is_refused() {
        let (seal, headers) = sample::batch(&Head::GENESIS, 5);
        let events = verify(&seal, &headers, &Head::GENESIS).unwrap();
        let hashes: Vec<EventHash> = headers.iter().map(|bytes| header_hash(bytes)).collect();
        assert_eq!(events.into_iter().map(|event| event.unwrap().hash).collect::<Vec<_>>(), hashes);
        let before_any = Head { position: Position::ZERO, hash: GENESIS };
        assert!(verify(&seal, &headers, &before_any).is_ok());
        let (next, headers) = sample::batch(&seal.head(), 2);
        assert!(verify(&next, &headers, &seal.head()).is_ok());
    }

    #[test]
    fn first_batch_of_a_new_life_is_refused() {
        let (old, _) = sample::batch(&Head::GENESIS, 5);
        let granted = Head { position: Position::new(2, 0), hash: old.hash() };
        let (seal, headers) = sample::batch(&granted, 2);
        assert!(verify(&seal, &headers, &granted).is_ok());
        let error = verify(&seal, &headers, &old.head());
        let (expected, found) = (Position::new(1, 6), Position::new(2, 1));
        assert_eq!(error, Err(BatchError::NotNext { expected, found }));
    }

    #[test]
    fn gap_or_repetition_is_taken() {
        let (first, headers) = sample::batch(&Head::GENESIS, 5);
        let (second, later) = sample::batch(&first.head(), 2);
        let (expected, found) = (Position::new(1, 1), Position::new(1, 6));
        assert_eq!(verify(&second, &later, &Head::GENESIS), Err(BatchError::NotNext { expected, found }));
        let (expected, found) = (found, expected);
        assert_eq!(verify(&first, &headers, &first.head()), Err(BatchError::NotNext { expected, found }));
    }

    #[test]
    fn forked_journal_is_continued() {
        let (first, _) = sample::batch(&Head::GENESIS, 5);
        let (second, headers) = sample::batch(&first.head(), 2);
        let forked = Head { hash: SealHash([1; 32]), ..first.head() };
        let error = BatchError::Previous { expected: forked.hash, found: first.hash() };
        assert_eq!(verify(&second, &headers, &forked), Err(error));
    }

    #[test]
    fn altered_batch_is_taken() {
        let (seal, headers) = sample::batch(&Head::GENESIS, 3);
        let with = |alter: &dyn Fn(&mut Vec<Vec<u8>>)| {
            let mut headers = headers.clone();
            alter(&mut headers);
            verify(&seal, &headers, &Head::GENESIS)
        };
        assert_eq!(with(&|headers| headers.swap(0, 1)), Err(BatchError::Root));
        assert_eq!(with(&|headers| headers[1][40] ^= 1), Err(BatchError::Root));
        assert_eq!(with(&|headers| headers.truncate(2)), Err(BatchError::Count { expected: 3, found: 2 }));
        assert_eq!(with(&Vec::clear), Err(BatchError::Count { expected: 3, found: 0 }));
        let shorter = resealed(&seal, |body| body.last = 2);
        assert_eq!(verify(&shorter, &headers[..2], &Head::GENESIS), Err(BatchError::Root));
    }

    #[test]
    fn node_seals_the_journal_of_another() {
        let (seal, headers) = sample::batch(&Head::GENESIS, 1);
        let other = NodeId::parse("13").unwrap();
        let result = verify_batch(&seal, &headers, &key().public(), &federation(), &other, &Head::GENESIS);
        assert_eq!(result, Err(BatchError::Origin(node())));
        let stranger = SigningKey::from_seed([9; 32]).public();
        let result = verify_batch(&seal, &headers, &stranger, &federation(), &node(), &Head::GENESIS);
        assert_eq!(result, Err(BatchError::Signature(SealError::Signature)));
        let foreign = FederationId::parse("elsewhere.test").unwrap();
        let result = verify_batch(&seal, &headers, &key().public(), &foreign, &node(), &Head::GENESIS);
        assert_eq!(result, Err(BatchError::Federation(federation())));
    }

    fn sealed(headers: &[Vec<u8>]) -> Result<Vec<SealedEvent>, BatchError> {
        verify(&sample::seal(&Head::GENESIS, headers), headers, &Head::GENESIS)
    }

    #[test]
    fn node_submits_event_of_another_place() {
        let good = sample::header(1, Change::Accepted);
        let at = Position::new(1, 1);
        for wrong in [
            Header { node: NodeId::Hub, ..good.clone() },
            Header { federation: FederationId::parse("elsewhere.test").unwrap(), ..good.clone() },
            Header { position: Position::new(1, 2), ..good.clone() },
            Header { position: Position::new(2, 1), ..good.clone() },
            Header { position: Position::new(1, 0), ..good.clone() },
        ] {
            let bytes = header::encode(&wrong);
            let error = match wrong.position.seq {
                0 => HeaderError::Place(wrong.position),
                _ => HeaderError::Misplaced(at),
            };
            assert_eq!(sealed(std::slice::from_ref(&bytes)).unwrap(), [Err((header_hash(&bytes), error))]);
        }
    }

    #[test]
    fn one_bad_event_stops_the_batch() {
        let good = header::encode(&sample::header(1, Change::Accepted));
        let unreadable = sample::header(2, Change::Unknown { kind: 10, body: vec![] });
        let headers = [good, header::encode(&unreadable), b"nonsense".to_vec(), vec![0; 5000]];
        let events = sealed(&headers).unwrap();
        assert!(events[0].is_ok());
        for (event, bytes) in events.iter().zip(&headers).skip(1) {
            assert_eq!(event.as_ref().unwrap_err().0, header_hash(bytes));
        }
        assert_eq!(events[3].as_ref().unwrap_err().1, HeaderError::TooLong(5000));
    }

    #[test]
    fn batch_above_the_limits_is_taken() {
        assert!(fits(BATCH_EVENTS_MAX, BATCH_BYTES_MAX) && fits(1, usize::MAX));
        assert!(!fits(BATCH_EVENTS_MAX + 1, 1) && !fits(2, BATCH_BYTES_MAX + 1));
        let half = vec![0; BATCH_BYTES_MAX / 2 + 1];
        assert!(sealed(&[vec![0; BATCH_BYTES_MAX + 1]]).is_ok());
        let bytes = half.len() * 2;
        assert_eq!(sealed(&[half.clone(), half]), Err(BatchError::TooLarge { events: 2, bytes }));
        assert_eq!(sealed(&vec![vec![]; 501]), Err(BatchError::TooLarge { events: 501, bytes: 0 }));
        assert!(sealed(&vec![vec![]; 500]).is_ok());
        assert_eq!(GENESIS, SealHash([0; 32]));
    }
}
