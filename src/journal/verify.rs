//! Verification of a whole journal, batch by batch, across its lives, up to the first break. It holds one hash a
//! complaint and reads neither database nor registry: keys and grants are handed in.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::batch::{BatchError, SealedEvent, verify_batch};
use super::seal::{Head, Seal};
use crate::domain::{ComplaintId, EventHash, FederationId, NodeId, Position, SigningKeyId};

/// The first place where a journal does not hold.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Break {
    /// The registry knows no key for a seal that begins here.
    #[error("no key is registered for the seal at {0}: replicate the registry first, or the node was cut off before")]
    NoKey(Position),
    /// A life that the hub did not grant, or granted out of order.
    #[error("life {0} of the journal was not granted by the hub: its events count for nothing")]
    NotGranted(u32),
    /// A new life begins, but events of the old one that count are missing.
    #[error("events up to {0} count, but are not in the journal: recover them from the hub")]
    Missing(Position),
    /// A batch does not hold.
    #[error("the batch at {at} does not hold: {cause}")]
    Batch {
        /// Where the batch begins.
        at: Position,
        /// What is wrong with it.
        cause: BatchError,
    },
    /// An event does not name its author's previous event on its complaint.
    #[error("the event at {0} does not continue its author's chain on its complaint: an event is missing or altered")]
    Prev(Position),
}

/// What the journal amounts to up to some position.
#[derive(Clone)]
struct State {
    head: Head,
    /// The newest event of each complaint.
    newest: HashMap<ComplaintId, EventHash>,
}

/// Verifies a journal as its seals and headers are fed to it in order.
pub struct JournalVerifier<K> {
    federation: FederationId,
    origin: NodeId,
    key: K,
    /// New life → last position that counts before it.
    grants: BTreeMap<u32, Position>,
    /// The state at each granted life's starting point, kept when the walk goes beyond it.
    marks: BTreeMap<Position, State>,
    now: State,
    /// Events that the hub put outside the set: one may not continue its author's chain, which may be why.
    inadmissible: HashSet<EventHash>,
    /// Events that cannot be read; a later one may name one of them as its `prev`.
    unreadable: HashSet<EventHash>,
    events: u64,
    seals: u64,
    broken: Option<Break>,
}

impl<K: Fn(Position) -> Option<SigningKeyId>> JournalVerifier<K> {
    /// A verifier at the beginning of `origin`'s journal. `key` gives the registry's key for a seal that begins at a
    /// position; none if the origin had no authority then.
    pub fn new(federation: FederationId, origin: NodeId, key: K) -> Self {
        Self {
            federation,
            origin,
            key,
            grants: BTreeMap::new(),
            marks: BTreeMap::new(),
            now: State { head: Head::GENESIS, newest: HashMap::new() },
            inadmissible: HashSet::new(),
            unreadable: HashSet::new(),
            events: 0,
            seals: 0,
            broken: None,
        }
    }

    /// Tells of a life that the hub granted, and the last position that counts before it. All grants must be told
    /// before the first batch.
    #[must_use]
    pub fn granted(mut self, incarnation: u32, ended: Position) -> Self {
        self.grants.insert(incarnation, ended);
        self
    }

    /// Tells of events that the hub put outside the set: that one of them breaks its author's chain is known already.
    #[must_use]
    pub fn inadmissible(mut self, events: impl IntoIterator<Item = EventHash>) -> Self {
        self.inadmissible.extend(events);
        self
    }

    /// Takes the next batch and gives its events.
    ///
    /// # Errors
    /// The first break; from then on, that same one for every batch.
    pub fn batch(&mut self, seal: &Seal, headers: &[Vec<u8>]) -> Result<Vec<SealedEvent>, Break> {
        if let Some(broken) = &self.broken {
            return Err(broken.clone());
        }
        let result = self.next(seal, headers);
        self.broken = result.as_ref().err().cloned();
        result
    }

    /// Verified events, those that cannot be read included.
    #[must_use]
    pub const fn events(&self) -> u64 {
        self.events
    }

    /// Verified events whose header cannot be read.
    #[must_use]
    pub fn unreadable(&self) -> usize {
        self.unreadable.len()
    }

    /// Verified seals.
    #[must_use]
    pub const fn seals(&self) -> u64 {
        self.seals
    }

    /// Where the verified part ends.
    #[must_use]
    pub const fn head(&self) -> Head {
        self.now.head
    }

    fn next(&mut self, seal: &Seal, headers: &[Vec<u8>]) -> Result<Vec<SealedEvent>, Break> {
        let at = Position::new(seal.body().incarnation, seal.body().first);
        let key = (self.key)(at).ok_or(Break::NoKey(at))?;
        if at.incarnation > self.now.head.position.incarnation {
            let before = self.state_before(at.incarnation)?;
            self.mark_before(self.now.head.position.next());
            self.now = before;
        }
        let events = verify_batch(seal, headers, &key, &self.federation, &self.origin, &self.now.head)
            .map_err(|cause| Break::Batch { at, cause })?;
        for (event, seq) in events.iter().zip(at.seq..) {
            let place = Position::new(at.incarnation, seq);
            self.mark_before(place);
            self.chain(event, place)?;
        }
        self.now.head = seal.head();
        self.seals = self.seals.saturating_add(1);
        Ok(events)
    }

    /// Keeps the present state for every grant that starts from before `place`, in the present life.
    fn mark_before(&mut self, place: Position) {
        let here = self.now.head.position.incarnation;
        for ended in self.grants.values().filter(|ended| ended.incarnation == here && **ended < place) {
            if !self.marks.contains_key(ended) {
                self.marks.insert(*ended, self.now.clone());
            }
        }
    }

    /// The state that life `incarnation` starts from: that at its grant's last counted position.
    fn state_before(&self, incarnation: u32) -> Result<State, Break> {
        let mut life = incarnation;
        loop {
            let ended = *self.grants.get(&life).ok_or(Break::NotGranted(incarnation))?;
            if ended.incarnation >= life {
                return Err(Break::NotGranted(incarnation));
            }
            let reached = self.now.head.position;
            let state = match self.marks.get(&ended) {
                Some(mark) => mark,
                None if ended == reached => &self.now,
                // Nothing of that life counts and none of it is here: it started where its own grant says.
                None if ended.seq == 0 => {
                    life = ended.incarnation;
                    continue;
                }
                None => return Err(Break::Missing(ended)),
            };
            let head = Head { position: Position::new(incarnation, 0), hash: state.head.hash };
            return Ok(State { head, newest: state.newest.clone() });
        }
    }

    fn chain(&mut self, event: &SealedEvent, at: Position) -> Result<(), Break> {
        self.events = self.events.saturating_add(1);
        let event = match event {
            Ok(event) => event,
            Err((hash, _)) => {
                self.unreadable.insert(*hash);
                return Ok(());
            }
        };
        let (complaint, prev) = (event.header.complaint, event.header.prev);
        let newest = complaint.and_then(|complaint| self.now.newest.get(&complaint).copied());
        let excused =
            || prev.is_some_and(|prev| self.unreadable.contains(&prev)) || self.inadmissible.contains(&event.hash);
        if prev != newest && !excused() {
            return Err(Break::Prev(at));
        }
        if let Some(complaint) = complaint {
            self.now.newest.insert(complaint, event.hash);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
