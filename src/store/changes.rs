//! What one transaction reads and writes.

use std::collections::{BTreeMap, BTreeSet};

use super::evidence::Evidence;
use super::notices::NoticeChange;
use super::rows::{OwnJournal, Peer, ProofRef, SealedEntry, Summary, Unsealed};
use super::tokens::{Token, TokenChange};
use crate::domain::{
    Change, ComplaintId, Event, EventHash, NodeId, Position, Role, SealHash, Timestamp, TokenId, Verdict,
};
use crate::journal::{Head, Part, Seal, SignedReceipt};
use crate::runtime::TraceContext;

/// What a transaction locks and reads.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Scope {
    /// Complaints, locked, with their whole history.
    pub complaints: BTreeSet<ComplaintId>,
    /// A peer's row, locked; a new one if there is none.
    pub peer: Option<NodeId>,
    /// Registry events after this position; none if it is not given.
    pub registry_after: Option<Position>,
    /// At most so many of the own events that no seal covers.
    pub unsealed: usize,
    /// Which of these events are stored already.
    pub known: BTreeSet<EventHash>,
    /// A joining token.
    pub token: Option<TokenId>,
    /// At most so many of the own declarations of units that the hub has not judged.
    pub declared: usize,
}

/// What a transaction has read.
#[derive(Clone, Debug)]
pub struct View {
    /// The own journal's end, locked.
    pub own: OwnJournal,
    /// The events of each complaint asked for, in the order in which they were stored; empty if there are none.
    pub complaints: BTreeMap<ComplaintId, Vec<Event>>,
    /// What the hub said of each of those events.
    pub verdicts: BTreeMap<EventHash, Verdict>,
    /// Of those events: what caused them, where that is traced.
    pub traces: BTreeMap<EventHash, TraceContext>,
    /// Of each complaint: up to where its holder's journal must be stored before a proposal is decided.
    pub announced: BTreeMap<ComplaintId, Position>,
    /// The peer's row.
    pub peer: Option<Peer>,
    /// Registry events after the position asked for, in order.
    pub registry: Vec<Event>,
    /// Own events that no seal covers, in order.
    pub unsealed: Vec<Unsealed>,
    /// Which of the events asked for are stored.
    pub known: BTreeSet<EventHash>,
    /// The token asked for, if there is one of that name.
    pub token: Option<Token>,
    /// Own declarations of units that the hub has not judged, in order.
    pub declared: Vec<Event>,
}

/// An event to store.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Who wrote it.
    pub node: NodeId,
    /// Its place in that journal.
    pub position: Position,
    /// Its name.
    pub hash: EventHash,
    /// Exact header bytes and content.
    pub sealed: SealedEntry,
    /// Its complaint; none for registry events and for headers that cannot be read.
    pub complaint: Option<ComplaintId>,
    /// Whether it is a registry event. Stores take this as false for any author but the hub.
    pub registry: bool,
    /// The opener whose epoch it ends: unique, for a Moved. Stores take this as none for any author but the hub.
    pub ends: Option<EventHash>,
    /// Its change's name, for lists.
    pub change: String,
    /// Its proof; none for own events of a node, whose batches are sent whole.
    pub proof: Option<ProofRef>,
    /// What is said of it.
    pub verdict: Verdict,
}

impl Entry {
    /// An entry for an event that could be read.
    #[must_use]
    pub fn of(event: &Event, bytes: Vec<u8>, parts: Vec<Part>, proof: Option<ProofRef>, verdict: Verdict) -> Self {
        let header = &event.header;
        let ends = if let Change::Moved(moved) = &header.change { Some(moved.ends) } else { None };
        Self {
            node: header.node.clone(),
            position: header.position,
            hash: event.hash,
            sealed: SealedEntry { bytes, parts, trace: None },
            complaint: header.complaint,
            registry: header.node.is_hub() && header.change.role() == Role::Registry,
            ends: ends.filter(|_| header.node.is_hub()),
            change: header.change.name().to_owned(),
            proof,
            verdict,
        }
    }

    /// The same entry with what caused its event.
    #[must_use]
    pub fn traced(mut self, trace: Option<TraceContext>) -> Self {
        self.sealed.trace = trace;
        self
    }
}

/// What a transaction sets in a peer's row; fields left out stay as they are.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PeerUpdate {
    /// The newest session.
    pub session: Option<u64>,
    /// How much of its journal is stored.
    pub stored: Option<Head>,
    /// The highest registry position cited in it.
    pub cited: Option<Position>,
    /// The head that its Hello announced.
    pub announced: Option<Position>,
    /// Up to which number of the present generation the peer has stored what was delivered; rows up to it are dropped.
    /// Never set back; beyond what was numbered it is a conflict.
    pub delivered: Option<u64>,
    /// On a node: what was received.
    pub inbound: Option<(u32, u64)>,
    /// On a node: up to where the hub has judged.
    pub judged: Option<Position>,
    /// On a node: the newest receipt.
    pub receipt: Option<SignedReceipt>,
    /// When something was heard.
    pub contact: Option<Timestamp>,
    /// Why the link stands still; `Some(None)` clears it.
    pub fault: Option<Option<String>>,
}

/// What a transaction writes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Changes {
    /// Events to store, in order. One that is stored already with the same hash changes nothing. Own ones continue the own
    /// journal without gap, or begin a later life with its first event, as when lives are streamed back in a recovery. One that
    /// was set aside is set aside no longer; parts that it lacks here are taken back with it.
    pub entries: Vec<Entry>,
    /// Seals to store, own and others'. One that is stored already changes nothing. An own one follows the one before and moves
    /// the sealed end of the own journal.
    pub seals: Vec<Seal>,
    /// Verdicts on stored events, those of this transaction included. `applied` and `inadmissible` are final: another verdict
    /// on such an event is a conflict.
    pub verdicts: Vec<(EventHash, Verdict)>,
    /// Projections to replace; participants with them.
    pub summaries: Vec<Summary>,
    /// Pointers to put into outboxes, in order; each destination's are numbered in turn. A destination without a row gets one.
    pub outbox: Vec<(NodeId, EventHash)>,
    /// Up to where a holder's journal must be stored before a complaint's proposal is decided, from now on.
    pub announced: Vec<(ComplaintId, Position)>,
    /// Peers to have a row from now on, with an empty outbox.
    pub new_peers: Vec<NodeId>,
    /// Update of the row of the scope's peer; applied before outboxes are filled.
    pub peer: Option<PeerUpdate>,
    /// A new life of the own journal: its number, and what its first seal names as previous. It begins before the entries of
    /// this transaction, among which are those issued again: what was set aside is forgotten. Only for the life newly granted,
    /// never for one streamed back.
    pub new_life: Option<(u32, SealHash)>,
    /// Newest registry position cited in the own journal.
    pub cited: Option<Position>,
    /// Joining tokens issued, redeemed, withdrawn, in order. Redeeming or withdrawing one that is not open is a conflict.
    pub tokens: Vec<TokenChange>,
    /// What reporters are to be told, and what became of it, in order.
    pub notices: Vec<NoticeChange>,
    /// What proves that the hub shows two registries. What is kept already changes nothing.
    pub evidence: Vec<Evidence>,
    /// When somebody has looked into all evidence that there is.
    pub dismissed: Option<Timestamp>,
    /// Events whose content is to be destroyed, what caused them with it, last of all; those set aside and those not stored
    /// included.
    pub destroy: Vec<EventHash>,
}

impl Changes {
    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
