//! What is read back from storage, as plain values.

use std::collections::BTreeSet;

use crate::domain::complaint::DisplayState;
use crate::domain::{
    Class, Complaint, ComplaintId, Event, EventHash, FederationId, Measure, Moment, NodeId, Position, SealHash,
    Timestamp, Timetable, TrackingNumber, UnitCode, Verdict, Visibility,
};
use crate::journal::{Head, Part, Seal, SignedReceipt};
use crate::runtime::TraceContext;

/// Whose store it is; written once, when it is created.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Owner {
    /// The federation.
    pub federation: FederationId,
    /// The hub or a node.
    pub node: NodeId,
}

/// The end of the own journal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OwnJournal {
    /// The last event written; the seq is 0 at the beginning of a life.
    pub written: Position,
    /// The last event sealed, and the hash of its seal. At the beginning of a life: its zero position, and the hash
    /// that its first seal must name as previous.
    pub sealed: Head,
    /// The newest registry position cited so far.
    pub cited: Position,
    /// Whether there is evidence that the hub shows two registries, into which nobody has looked. Never written with the rest.
    pub doubted: bool,
}

/// An own event that no seal covers yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unsealed {
    /// Its place.
    pub position: Position,
    /// Its name.
    pub hash: EventHash,
    /// Bytes of header and parts.
    pub bytes: usize,
}

/// A peer: for the hub a node, for a node the hub. Counters that no transaction has set are zero.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Peer {
    /// Who.
    pub node: NodeId,
    /// The number of the newest session; an older one's messages are ignored.
    pub session: u64,
    /// How much of the peer's journal is stored here (hub). On a node: the newest hub position heard of.
    pub stored: Head,
    /// The highest registry position cited in that journal.
    pub cited: Position,
    /// The head that the present Hello announced.
    pub announced: Position,
    /// Generation of the outbox towards the peer.
    pub generation: u32,
    /// The last number given out in it.
    pub numbered: u64,
    /// The last number that the peer has stored.
    pub delivered: u64,
    /// With how many rows this generation of the outbox began.
    pub filled: u64,
    /// Whether the outbox overflowed and must be refilled.
    pub resync: bool,
    /// On a node: generation and number of the last event received from the hub.
    pub inbound: (u32, u64),
    /// On a node: up to where the hub has judged the own journal.
    pub judged: Position,
    /// On a node: the hub's newest receipt.
    pub receipt: Option<SignedReceipt>,
    /// When something was last heard from the peer.
    pub contact: Option<Timestamp>,
    /// Why the link stands still, if it does: a stable code and a text without personal data.
    pub fault: Option<String>,
}

impl Peer {
    /// A peer of whom nothing is known.
    #[must_use]
    pub const fn new(node: NodeId) -> Self {
        Self {
            node,
            session: 0,
            stored: Head { position: Position::ZERO, hash: SealHash([0; 32]) },
            cited: Position::ZERO,
            announced: Position::ZERO,
            generation: 1,
            numbered: 0,
            delivered: 0,
            filled: 0,
            resync: false,
            inbound: (0, 0),
            judged: Position::ZERO,
            receipt: None,
            contact: None,
            fault: None,
        }
    }
}

/// An event's place in its tree; its seal is stored under (origin, incarnation, last).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProofRef {
    /// The last seq of the batch, which names the seal.
    pub seal_last: u64,
    /// The event's leaf in the tree, from 0.
    pub index: u32,
    /// The hashes from leaf to root.
    pub path: Vec<[u8; 32]>,
}

/// An event as it travels in a batch: its exact bytes and what content of it is present.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SealedEntry {
    /// Exact header bytes.
    pub bytes: Vec<u8>,
    /// Its content, as far as it is present.
    pub parts: Vec<Part>,
    /// What caused it, if that is traced. Stored beside the event, gone with its content; never signed.
    pub trace: Option<TraceContext>,
}

impl SealedEntry {
    /// Bytes of header and content.
    #[must_use]
    pub fn size(&self) -> usize {
        self.parts.iter().fold(self.bytes.len(), |sum, part| sum.saturating_add(part.len()))
    }
}

/// A sealed batch of one journal, as it was sealed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Batch {
    /// The seal.
    pub seal: Seal,
    /// Its events, in order, all of them.
    pub entries: Vec<SealedEntry>,
}

/// An event on its way to a destination, with its proof of origin.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delivery {
    /// Its number in the destination's outbox.
    pub number: u64,
    /// Exact header bytes.
    pub bytes: Vec<u8>,
    /// Its content, as far as it is present.
    pub parts: Vec<Part>,
    /// The seal of the batch in which its author sealed it.
    pub seal: Seal,
    /// Its leaf in the batch's tree.
    pub index: u32,
    /// The hashes from leaf to root.
    pub path: Vec<[u8; 32]>,
    /// What the hub said of it.
    pub verdict: Verdict,
    /// What caused it, if that is traced.
    pub trace: Option<TraceContext>,
}

/// One event of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FiledEvent {
    /// The event.
    pub event: Event,
    /// Its content, as far as it is present.
    pub parts: Vec<Part>,
    /// What the hub said of it.
    pub verdict: Verdict,
}

/// Everything stored of one complaint, in the order in which it was stored.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct File {
    /// Its events.
    pub events: Vec<FiledEvent>,
    /// The projection stored of it.
    pub summary: Option<Summary>,
}

/// A complaint in a list: a projection of its fold.
#[expect(clippy::struct_excessive_bools, reason = "a row of a list: each says one thing")]
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Summary {
    /// Its name.
    pub id: ComplaintId,
    /// What the reporter keeps.
    pub tracking: TrackingNumber,
    /// Where it was filed.
    pub origin: NodeId,
    /// What kind.
    pub class: Class,
    /// What it is about.
    pub category: String,
    /// Who may know what.
    pub visibility: Visibility,
    /// Whether it was filed before, in a system that this one follows.
    pub imported: bool,
    /// Who answers.
    pub unit: UnitCode,
    /// Where.
    pub node: NodeId,
    /// In LAPOR!'s words.
    pub state: DisplayState,
    /// How many times it was opened, from 1.
    pub epoch: u32,
    /// The proposal under way.
    pub pending: Option<EventHash>,
    /// Whether an event of it is held.
    pub held: bool,
    /// Until when the awaited step may take, if that is known.
    pub due: Option<Timestamp>,
    /// Which step that is.
    pub due_for: Option<Moment>,
    /// Whether that is over and those above the holder were told.
    pub overdue: bool,
    /// How many late events wait to be looked at.
    pub late: u32,
    /// When it was filed, by its origin's clock.
    pub filed_at: Timestamp,
    /// The time of its newest event.
    pub updated_at: Timestamp,
    /// Nodes that take part, in order.
    pub participants: Vec<NodeId>,
    /// Whether its reporter has withdrawn it.
    pub withdrew: bool,
    /// Complaints to which its holders have linked it, and the one whose double it is, in order.
    pub links: Vec<ComplaintId>,
    /// What it adds to the statistics; none if it is not counted in them.
    pub measure: Option<Box<Measure>>,
}

impl Summary {
    /// The projection of a fold of these events, with what a timetable says of it.
    #[must_use]
    pub fn of(complaint: &Complaint, events: &[Event], timetable: &Timetable, updated_at: Timestamp) -> Self {
        let deadline = timetable.deadline(complaint, events);
        let due = deadline.as_ref().and_then(|deadline| deadline.due.end());
        let due_for = deadline.map(|deadline| deadline.moment);
        let told = |(due, moment)| complaint.overdue.contains(&(complaint.epoch().opener, moment, due));
        let late = complaint.outcomes.values().filter(|o| **o == crate::domain::Outcome::Late).count();
        Self {
            id: complaint.id,
            tracking: complaint.filing.tracking,
            origin: complaint.origin.clone(),
            class: complaint.class,
            category: complaint.category.as_str().to_owned(),
            visibility: complaint.filing.visibility,
            imported: complaint.imported,
            unit: complaint.unit().clone(),
            node: complaint.node().clone(),
            state: complaint.display(),
            epoch: u32::try_from(complaint.epochs.len()).unwrap_or(u32::MAX),
            pending: complaint.epoch().pending,
            due,
            due_for,
            overdue: due.zip(due_for).is_some_and(told),
            held: complaint.read_only,
            late: u32::try_from(late).unwrap_or(u32::MAX),
            filed_at: complaint.filed_at,
            updated_at,
            participants: complaint.participants.iter().cloned().collect(),
            withdrew: complaint.reporter.withdrew,
            links: complaint
                .related
                .iter()
                .copied()
                .chain(complaint.double_of())
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect(),
            measure: Some(Box::new(Measure::of(complaint, events, timetable))),
        }
    }
}

impl Summary {
    /// The same without what a timetable says of it: what follows from the events alone.
    #[must_use]
    pub fn undated(self) -> Self {
        Self { due: None, due_for: None, overdue: false, ..self }
    }
}

/// Which complaints to look for whose deadline has passed, the oldest deadline first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DueFilter {
    /// Those whose deadline lies at or before this moment.
    pub before: Timestamp,
    /// Only those held at this node.
    pub node: Option<NodeId>,
    /// Only those for one of these steps; all if empty.
    pub moments: Vec<Moment>,
    /// Also those of which the people above were told already and which their holder has accepted.
    pub told: bool,
    /// Only those after this deadline and name.
    pub after: Option<(Timestamp, ComplaintId)>,
    /// At most so many.
    pub limit: usize,
}

/// Which complaints to list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListFilter {
    /// Only those held by this unit or one below it (compared part by part).
    pub unit: Option<UnitCode>,
    /// Only those in one of these states; all if empty.
    pub states: Vec<DisplayState>,
    /// Only those held at this node.
    pub node: Option<NodeId>,
    /// Only those filed at this node.
    pub origin: Option<NodeId>,
    /// Only those with late events.
    pub late: bool,
    /// Only those that were filed before, in a system that this one follows.
    pub imported: bool,
    /// Only those that are linked to this complaint by what stands in themselves.
    pub linked: Option<ComplaintId>,
    /// At most so many.
    pub limit: usize,
}

impl Default for ListFilter {
    fn default() -> Self {
        Self {
            unit: None,
            states: Vec::new(),
            node: None,
            origin: None,
            late: false,
            imported: false,
            linked: None,
            limit: 1000,
        }
    }
}

/// A journal's row, as verification reads it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JournalRow {
    /// Its place.
    pub position: Position,
    /// The hash under which it is stored.
    pub hash: EventHash,
    /// Exact header bytes.
    pub bytes: Vec<u8>,
    /// Its complaint, as stored beside it.
    pub complaint: Option<ComplaintId>,
    /// Its proof, if one is stored.
    pub proof: Option<ProofRef>,
    /// Its content, as far as it is present.
    pub parts: Vec<Part>,
    /// What was said of it.
    pub verdict: Verdict,
}

/// Figures for `status`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Complaints.
    pub complaints: u64,
    /// Events of all journals.
    pub events: u64,
    /// Own events without a verdict.
    pub provisional: u64,
    /// Own events not sealed yet.
    pub unsealed: u64,
    /// Own events set aside, which wait to be issued again: above zero only during a recovery.
    pub set_aside: u64,
    /// Notices to reporters that wait to be sent.
    pub notices_waiting: u64,
    /// Notices that were given up.
    pub notices_dead: u64,
}

/// An own event that did not simply apply.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusals {
    /// Its place.
    pub position: Position,
    /// Its complaint, if it could be read.
    pub complaint: Option<ComplaintId>,
    /// The change's name.
    pub change: String,
    /// What the hub said.
    pub verdict: Verdict,
}

/// A place among the parts of a store: an event's row, and a part's number.
pub type PartPlace = (i64, i64);

/// How far a rewrapping has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rewrapped {
    /// The last part that was looked at.
    pub at: PartPlace,
    /// How many were locked, or locked with another key before.
    pub changed: u64,
}
