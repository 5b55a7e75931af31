//! Taking in one sealed batch of a node's journal: admission, verdicts, ordering and fan-out, as one plan for one transaction.
//! Seal and chain were verified before; nothing is judged unverified.

use std::collections::{BTreeMap, BTreeSet};

use super::author::{HubKey, Recorder};
use super::order;
use crate::domain::admission::{Admission, Bench, admit, last_of};
use crate::domain::event::Role;
use crate::domain::{
    Change, Complaint, ComplaintId, Event, EventHash, Inadmissibility, NodeId, Position, Registry, Timestamp, Verdict,
    fold,
};
use crate::journal::{self, Head, Part, PartsError, Seal};
use crate::store::{Changes, Entry, PeerUpdate, ProofRef, SealedEntry, Summary, View};

/// One event of a verified batch.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// Its name.
    pub hash: EventHash,
    /// Its place in its author's journal.
    pub position: Position,
    /// The event, or why its header counts for nothing.
    pub event: Result<Event, Inadmissibility>,
    /// Its exact bytes and content.
    pub entry: SealedEntry,
}

/// A verified batch to take in.
#[derive(Clone, Debug)]
pub struct Intake {
    /// Whose journal.
    pub node: NodeId,
    /// The session that brought it.
    pub session: u64,
    /// What was stored of that journal when it was verified.
    pub after: Head,
    /// Its seal.
    pub seal: Seal,
    /// Its events.
    pub events: Vec<Sealed>,
    /// Announcements: up to where the writer has written on a complaint.
    pub announced: Vec<(ComplaintId, Position)>,
}

/// What became of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Stored, and judged as far as it can be judged now.
    Stored {
        /// The journal's end at the hub.
        stored: Head,
        /// The hub's own journal's end.
        hub: Position,
        /// To whom something is on the way now.
        woken: BTreeSet<NodeId>,
    },
    /// Another session, or another process, was faster: nothing was stored.
    Superseded,
}

/// How the hub decides what is its to decide.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// After so many hand-overs every further proposal goes to `id`.
    pub handovers_max: usize,
}

impl Default for Policy {
    fn default() -> Self {
        Self { handovers_max: crate::domain::custody::HANDOVERS_MAX }
    }
}

/// One complaint as the transaction works on it.
#[derive(Clone, Debug, Default)]
pub(super) struct Working {
    pub(super) events: Vec<Event>,
    pub(super) complaint: Option<Complaint>,
    pub(super) verdicts: BTreeMap<EventHash, Verdict>,
    pub(super) changed: bool,
}

/// The transaction in the making: what it knows and what it will write.
pub(super) struct Desk<'a> {
    pub(super) registry: &'a Registry,
    pub(super) recorder: Recorder<'a>,
    pub(super) working: BTreeMap<ComplaintId, Working>,
    pub(super) changes: Changes,
    pub(super) now: Timestamp,
    pub(super) policy: Policy,
}

impl<'a> Desk<'a> {
    pub(super) fn new(view: &View, signer: &'a HubKey, registry: &'a Registry, now: Timestamp, policy: Policy) -> Self {
        let working = view.complaints.iter().map(|(id, events)| {
            let verdicts = view.verdicts.clone();
            (*id, Working { events: events.clone(), complaint: fold(events), verdicts, changed: false })
        });
        Self {
            registry,
            recorder: Recorder::new(signer, &view.own, registry.position(), now),
            working: working.collect(),
            changes: Changes::default(),
            now,
            policy,
        }
    }

    /// Records an event of the hub on a complaint and sends it to everyone who takes part, and to `also`.
    pub(super) fn record(&mut self, id: Option<ComplaintId>, change: Change, also: Option<&NodeId>) {
        let mut work = id.and_then(|id| self.working.remove(&id)).unwrap_or_default();
        let prev = last_of(&NodeId::Hub, &work.events);
        if let (Some(id), Change::Moved(_)) = (id, &change) {
            // What the outgoing holder announced is a place in its own journal, and says nothing of the next one's.
            self.changes.announced.retain(|(complaint, _)| *complaint != id);
            self.changes.announced.push((id, Position::ZERO));
        }
        let (event, entry) = self.recorder.record(id, prev, change);
        let hash = event.hash;
        self.changes.entries.push(entry);
        let before: BTreeSet<NodeId> = participants(work.complaint.as_ref());
        work.events.push(event);
        work.verdicts.insert(hash, Verdict::Applied);
        work.complaint = fold(&work.events);
        work.changed = true;
        let after = participants(work.complaint.as_ref());
        for newcomer in after.difference(&before) {
            self.send_history(&work, newcomer, hash);
        }
        let mut to = after;
        to.extend(also.cloned());
        self.changes.outbox.extend(to.into_iter().map(|node| (node, hash)));
        if let Some(id) = id {
            self.working.insert(id, work);
        }
    }

    /// Records a registry event and sends it to every node.
    pub(super) fn announce(&mut self, change: Change) {
        let (event, entry) = self.recorder.record(None, None, change);
        self.changes.entries.push(entry);
        self.changes.outbox.extend(self.registry.nodes().map(|(node, _)| (node, event.hash)));
    }

    /// The whole stored history, before the event that makes `newcomer` take part: all but what it wrote itself, what is
    /// outside the set for good, and that event.
    fn send_history(&mut self, work: &Working, newcomer: &NodeId, but: EventHash) {
        let outside = |event: &Event| matches!(work.verdicts.get(&event.hash), Some(Verdict::Inadmissible(_)));
        let history = work.events.iter().filter(|e| e.header.node != *newcomer && e.hash != but && !outside(e));
        self.changes.outbox.extend(history.map(|event| (newcomer.clone(), event.hash)));
    }

    /// Gives every event its verdict about which nothing can change any more. One written while a proposal is pending waits.
    fn settle(&mut self) {
        for work in self.working.values().filter(|work| work.changed) {
            let Some(complaint) = &work.complaint else { continue };
            let open =
                |event: &&Event| matches!(work.verdicts.get(&event.hash), Some(Verdict::Provisional | Verdict::Held));
            let open = work.events.iter().filter(open);
            for hash in open.map(|event| event.hash) {
                let Some(verdict) = complaint.verdict(&hash).map(Verdict::of) else { continue };
                match self.changes.entries.iter_mut().find(|entry| entry.hash == hash) {
                    Some(entry) => entry.verdict = verdict,
                    None => self.changes.verdicts.push((hash, verdict)),
                }
            }
        }
    }

    /// Closes the books: verdicts, projections, the hub's seals, and whom to wake.
    pub(super) fn finish(mut self) -> (Changes, Position, BTreeSet<NodeId>) {
        self.settle();
        for work in self.working.values().filter(|work| work.changed) {
            let Some(complaint) = &work.complaint else { continue };
            let times = work.events.iter().filter(|event| complaint.contains(&event.hash)).map(|e| e.header.time);
            self.changes.summaries.push(Summary::of(complaint, times.max().unwrap_or(complaint.filed_at)));
        }
        let written = self.recorder.written();
        self.changes.seals.extend(self.recorder.seal(&mut self.changes.entries));
        let woken = self.changes.outbox.iter().map(|(node, _)| node.clone()).collect();
        (self.changes, written, woken)
    }
}

fn participants(complaint: Option<&Complaint>) -> BTreeSet<NodeId> {
    complaint.map(|complaint| complaint.participants.clone()).unwrap_or_default()
}

/// Plans the intake of a batch. The changes are empty if the session was superseded.
pub(super) fn plan(
    view: &View,
    intake: Intake,
    signer: &HubKey,
    registry: &Registry,
    now: Timestamp,
    policy: Policy,
) -> (Changes, Taken) {
    let peer = view.peer.as_ref();
    let Some(peer) = peer.filter(|peer| peer.session == intake.session && peer.stored == intake.after) else {
        return (Changes::default(), Taken::Superseded);
    };
    let mut desk = Desk::new(view, signer, registry, now, policy);
    let mut cited = peer.cited;
    let stored = intake.seal.head();
    let hashes: Vec<EventHash> = intake.events.iter().map(|event| event.hash).collect();
    let paths = journal::merkle::paths(&hashes);
    let touched: BTreeSet<ComplaintId> =
        intake.events.iter().filter_map(|sealed| sealed.event.as_ref().ok()?.header.complaint).collect();
    for ((index, sealed), path) in (0_u32..).zip(intake.events).zip(paths) {
        let proof = ProofRef { seal_last: stored.position.seq, index, path };
        desk.take(&intake.node, sealed, proof, &mut cited);
    }
    let announced = |id: &ComplaintId| {
        let now = intake.announced.iter().filter(|(complaint, _)| complaint == id).map(|(_, upto)| *upto).max();
        now.max(view.announced.get(id).copied()).unwrap_or(Position::ZERO)
    };
    let announced_now = intake.announced.iter().map(|(complaint, _)| complaint).filter(|id| touched.contains(id));
    desk.changes.announced = announced_now.map(|id| (*id, announced(id))).collect();
    for id in &touched {
        let awaited = announced(id).max(peer.announced);
        order::decide_if_ready(&mut desk, *id, &intake.node, stored.position, awaited);
    }
    desk.changes.seals.push(intake.seal);
    desk.changes.peer = Some(PeerUpdate {
        stored: Some(stored),
        cited: Some(cited),
        contact: Some(now),
        fault: Some(None),
        ..PeerUpdate::default()
    });
    let (changes, hub, woken) = desk.finish();
    (changes, Taken::Stored { stored, hub, woken })
}

impl Desk<'_> {
    /// Judges one event and stores it.
    fn take(&mut self, node: &NodeId, sealed: Sealed, proof: ProofRef, cited: &mut Position) {
        let event = match sealed.event {
            Ok(event) => event,
            Err(reason) => {
                self.changes.entries.push(unreadable(
                    node,
                    sealed.hash,
                    sealed.position,
                    sealed.entry.bytes,
                    proof,
                    reason,
                ));
                self.record(None, Change::Inadmissible { event: sealed.hash, prev: None, reason }, Some(node));
                return;
            }
        };
        let id = event.header.complaint;
        let work = id.and_then(|id| self.working.get(&id)).cloned().unwrap_or_default();
        let admission = self.admission(&event, &sealed.entry.parts, &work, *cited);
        if !matches!(admission, Admission::Inadmissible(Inadmissibility::RegistryPosition)) {
            *cited = (*cited).max(event.header.registry);
        }
        match admission {
            Admission::Inadmissible(reason) => self.reject(event, sealed.entry.bytes, proof, reason),
            Admission::Held => {
                let hash = event.hash;
                let first = event.header.change.role() == Role::Unknown;
                self.keep(&event, sealed.entry, proof, Verdict::Held);
                if first {
                    self.record(id, Change::Held { event: hash }, Some(node));
                }
            }
            Admission::Admitted => self.keep(&event, sealed.entry, proof, Verdict::Provisional),
        }
    }

    fn admission(&self, event: &Event, parts: &[Part], work: &Working, cited: Position) -> Admission {
        match journal::check_parts(&event.header, parts) {
            Ok(()) => {}
            Err(error) => return Admission::Inadmissible(parts_fault(error)),
        }
        let derived = if let Change::Filed(filing) = &event.header.change {
            Some(journal::complaint_id(&event.header.federation, &event.header.node, &filing.nonce))
        } else {
            None
        };
        let bench = Bench {
            registry: self.registry,
            events: &work.events,
            complaint: work.complaint.as_ref(),
            cited,
            now: self.now,
            derived,
        };
        admit(event, &bench)
    }

    /// Stores an event of the set, or one that is held, and sends it to everyone else who takes part.
    fn keep(&mut self, event: &Event, sealed: SealedEntry, proof: ProofRef, verdict: Verdict) {
        let Some(id) = event.header.complaint else { return };
        let mut work = self.working.remove(&id).unwrap_or_default();
        work.events.push(event.clone());
        let held = verdict == Verdict::Held;
        work.complaint = fold(&work.events);
        work.verdicts.insert(event.hash, verdict);
        work.changed = true;
        let redacted = work.complaint.as_ref().is_some_and(|complaint| complaint.redacted.contains(&event.hash));
        let parts = if redacted { Vec::new() } else { sealed.parts };
        if let (Change::Redacted { event: target }, false) = (&event.header.change, held) {
            self.changes.destroy.push(*target);
        }
        self.changes.entries.push(Entry::of(event, sealed.bytes, parts, Some(proof), verdict));
        let others = participants(work.complaint.as_ref()).into_iter().filter(|node| *node != event.header.node);
        self.changes.outbox.extend(others.map(|node| (node, event.hash)));
        self.working.insert(id, work);
    }

    /// Keeps an inadmissible event's header in its author's journal, drops its content, and tells everyone who takes part.
    fn reject(&mut self, event: Event, bytes: Vec<u8>, proof: ProofRef, reason: Inadmissibility) {
        let (hash, prev, author, id) =
            (event.hash, event.header.prev, event.header.node.clone(), event.header.complaint);
        let verdict = Verdict::Inadmissible(reason);
        self.changes.entries.push(Entry::of(&event, bytes, Vec::new(), Some(proof), verdict));
        if let Some(id) = id {
            let work = self.working.entry(id).or_default();
            work.events.push(event);
            work.verdicts.insert(hash, verdict);
        }
        self.record(id, Change::Inadmissible { event: hash, prev, reason }, Some(&author));
    }
}

/// A header that cannot be read, kept in its author's journal.
pub(crate) fn unreadable(
    node: &NodeId,
    hash: EventHash,
    position: Position,
    bytes: Vec<u8>,
    proof: ProofRef,
    reason: Inadmissibility,
) -> Entry {
    Entry {
        node: node.clone(),
        position,
        hash,
        sealed: SealedEntry { bytes, parts: Vec::new() },
        complaint: None,
        registry: false,
        ends: None,
        change: "unreadable".to_owned(),
        proof: Some(proof),
        verdict: Verdict::Inadmissible(reason),
    }
}

const fn parts_fault(error: PartsError) -> Inadmissibility {
    match error {
        PartsError::TooMany | PartsError::TooLong(_) | PartsError::TooMuch => Inadmissibility::Oversized,
        PartsError::Order(_) | PartsError::Unbound(_) | PartsError::Mismatch(_) => Inadmissibility::Parts,
    }
}
