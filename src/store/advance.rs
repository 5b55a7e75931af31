//! How stored values move on in a transaction, for every implementation alike: journal ends, outbox numbers, verdicts.
//! Pure arithmetic with its contradictions; it reads and writes nothing.

use super::changes::{Entry, PeerUpdate};
use super::error::StoreError;
use super::rows::{OwnJournal, Owner, Peer};
use crate::domain::{EventHash, NodeId, Position, SealHash, Verdict};
use crate::journal::{Head, Seal, SealBody};

/// The end of a journal in which nothing was written yet.
pub(super) const BEGINNING: OwnJournal =
    OwnJournal { written: Head::GENESIS.position, sealed: Head::GENESIS, cited: Position::ZERO, doubted: false };

fn conflict(text: String) -> StoreError {
    StoreError::Conflict(text)
}

/// Appends an own event: the next of this life, or the first of a later one (a life streamed back from the hub).
pub(super) fn append(own: &mut OwnJournal, position: Position) -> Result<(), StoreError> {
    let begins = position.incarnation > own.written.incarnation && position.seq == 1;
    if position != own.written.next() && !begins {
        return Err(conflict(format!("the own journal ends at {}, {position} does not follow", own.written)));
    }
    own.written = position;
    Ok(())
}

/// Moves the sealed end of the own journal over a new seal.
pub(super) fn seal(own: &mut OwnJournal, seal: &Seal) -> Result<(), StoreError> {
    let SealBody { incarnation, first, .. } = *seal.body();
    let sealed = own.sealed.position;
    let follows = if incarnation == sealed.incarnation {
        first == sealed.next().seq
    } else {
        incarnation > sealed.incarnation && first == 1
    };
    let end = seal.body().end();
    if !follows || end > own.written {
        let written = own.written;
        return Err(conflict(format!(
            "the own journal is sealed up to {sealed} and written up to {written}, a seal from {first} to {end} does not fit"
        )));
    }
    own.sealed = seal.head();
    Ok(())
}

/// Begins a new life of the own journal.
pub(super) fn begin_life(own: &mut OwnJournal, incarnation: u32, previous: SealHash) -> Result<(), StoreError> {
    let written = own.written;
    if incarnation <= written.incarnation {
        return Err(conflict(format!("the own journal stands at {written}, life {incarnation} is not a new one")));
    }
    own.written = Position::new(incarnation, 0);
    own.sealed = Head { position: own.written, hash: previous };
    Ok(())
}

/// Whether an entry is stored as a registry event: only the hub writes those, whatever a header says.
pub(super) fn is_registry(entry: &Entry) -> bool {
    entry.registry && entry.node.is_hub()
}

/// The opener whose epoch an entry ends: only a Moved of the hub ends one, whatever a header says.
pub(super) fn ends(entry: &Entry) -> Option<EventHash> {
    entry.ends.filter(|_| entry.node.is_hub())
}

/// Whether an entry stands in the own journal.
pub(super) fn is_own(owner: &Owner, node: &NodeId) -> bool {
    owner.node == *node
}

/// Whether a verdict changes what is stored.
pub(super) fn settle(event: &EventHash, stored: Verdict, new: Verdict) -> Result<bool, StoreError> {
    if stored == new {
        return Ok(false);
    }
    if matches!(stored, Verdict::Applied | Verdict::Inadmissible(_)) {
        return Err(conflict(format!("the verdict on event {event} is {stored} for ever, it cannot become {new}")));
    }
    Ok(true)
}

/// Applies an update to a peer's row.
pub(super) fn update(peer: &mut Peer, update: &PeerUpdate) -> Result<(), StoreError> {
    let PeerUpdate { session, stored, cited, announced, delivered, inbound, judged, receipt, contact, fault } = update;
    if let Some(delivered) = delivered {
        if *delivered > peer.numbered {
            let Peer { node, numbered, .. } = peer;
            return Err(conflict(format!(
                "{node} was sent up to number {numbered}, it cannot have stored {delivered}"
            )));
        }
        peer.delivered = peer.delivered.max(*delivered);
    }
    peer.session = session.unwrap_or(peer.session);
    peer.stored = stored.unwrap_or(peer.stored);
    peer.cited = cited.unwrap_or(peer.cited);
    peer.announced = announced.unwrap_or(peer.announced);
    peer.inbound = inbound.unwrap_or(peer.inbound);
    peer.judged = judged.unwrap_or(peer.judged);
    peer.contact = contact.or(peer.contact);
    if receipt.is_some() {
        peer.receipt.clone_from(receipt);
    }
    if let Some(fault) = fault {
        peer.fault.clone_from(fault);
    }
    Ok(())
}

/// Gives out the next number of a peer's outbox; none, and the peer is marked, if it is full. What is left of a refill does not
/// count: a destination that is to have more than the limit would be filled anew for ever.
pub(super) const fn number(peer: &mut Peer, rows_max: u64) -> Option<u64> {
    let limit = rows_max.saturating_add(peer.filled.saturating_sub(peer.delivered));
    if peer.resync || peer.numbered.saturating_sub(peer.delivered) >= limit {
        peer.resync = true;
        return None;
    }
    peer.numbered = peer.numbered.saturating_add(1);
    Some(peer.numbered)
}

/// Begins the next generation of a peer's outbox with `rows` rows, numbered from 1.
pub(super) const fn begin_generation(peer: &mut Peer, rows: u64) {
    peer.generation = peer.generation.saturating_add(1);
    peer.numbered = rows;
    peer.filled = rows;
    peer.delivered = 0;
    peer.resync = false;
}
