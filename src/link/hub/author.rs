//! The hub's own journal: how its events are written and sealed, in the transaction that causes them. Decides nothing.

use std::sync::Arc;

use crate::domain::{
    Change, ComplaintId, Event, EventHash, FederationId, Header, NodeId, Position, Timestamp, Verdict,
};
use crate::journal::{self, Head, Seal, SealBody, SigningKey};
use crate::store::{Entry, OwnJournal, ProofRef};

/// With what the hub signs: its federation and its key.
#[derive(Clone, Debug)]
pub struct HubKey {
    /// The federation.
    pub federation: FederationId,
    /// The signing key.
    pub key: Arc<SigningKey>,
}

/// Writes the hub's events of one transaction, in order, and seals them at its end.
#[derive(Debug)]
pub struct Recorder<'a> {
    signer: &'a HubKey,
    now: Timestamp,
    written: Position,
    sealed: Head,
    registry: Position,
}

impl<'a> Recorder<'a> {
    /// Goes on where the journal ends. `registry` is the newest registry event's position.
    #[must_use]
    pub const fn new(signer: &'a HubKey, own: &OwnJournal, registry: Position, now: Timestamp) -> Self {
        Self { signer, now, written: own.written, sealed: own.sealed, registry }
    }

    /// Writes one event. `prev` is the hub's previous event on that complaint. Its entry has no proof until [`Self::seal`].
    pub fn record(
        &mut self,
        complaint: Option<ComplaintId>,
        prev: Option<EventHash>,
        change: Change,
    ) -> (Event, Entry) {
        self.written = self.written.next();
        if change.role() == crate::domain::Role::Registry {
            self.registry = self.written;
        }
        let header = Header {
            federation: self.signer.federation.clone(),
            node: NodeId::Hub,
            position: self.written,
            prev,
            complaint,
            opener: None,
            seen: None,
            registry: self.registry,
            time: self.now,
            unit: None,
            account: None,
            change,
            parts: Vec::new(),
        };
        let bytes = journal::header::encode(&header);
        let event = Event { hash: journal::header_hash(&bytes), header };
        let entry = Entry::of(&event, bytes, Vec::new(), None, Verdict::Applied);
        (event, entry)
    }

    /// Where the journal ends now.
    #[must_use]
    pub const fn written(&self) -> Position {
        self.written
    }

    /// Seals what was written: gives the hub's entries among `entries` their proofs, and returns the seals.
    pub fn seal(self, entries: &mut [Entry]) -> Vec<Seal> {
        let mut rest: &mut [&mut Entry] =
            &mut entries.iter_mut().filter(|entry| entry.node.is_hub()).collect::<Vec<_>>();
        let mut sealed = self.sealed;
        let mut seals = Vec::new();
        while !rest.is_empty() {
            let (batch, after) = rest.split_at_mut(fitting(rest));
            rest = after;
            let hashes: Vec<EventHash> = batch.iter().map(|entry| entry.hash).collect();
            let (Some(first), Some(last)) = (batch.first(), batch.last()) else { break };
            let body = SealBody {
                federation: self.signer.federation.clone(),
                origin: NodeId::Hub,
                incarnation: last.position.incarnation,
                first: first.position.seq,
                last: last.position.seq,
                previous: sealed.hash,
                root: journal::merkle::root(&hashes),
                hub: sealed,
            };
            let seal_last = body.last;
            let seal = Seal::sign(body, &self.signer.key);
            sealed = seal.head();
            seals.push(seal);
            let paths = journal::merkle::paths(&hashes);
            for ((index, entry), path) in (0_u32..).zip(batch.iter_mut()).zip(paths) {
                entry.proof = Some(ProofRef { seal_last, index, path });
            }
        }
        seals
    }
}

/// How many of the first entries fit one batch; at least one.
fn fitting(entries: &[&mut Entry]) -> usize {
    let mut bytes = 0_usize;
    let within = |(index, entry): &(usize, &&mut Entry)| {
        bytes = bytes.saturating_add(entry.sealed.bytes.len());
        journal::batch::fits(index.saturating_add(1), bytes)
    };
    entries.iter().enumerate().take_while(within).count().max(1).min(entries.len())
}
