//! Taking in sealed batches of a node's journal: admission, verdicts, ordering and fan-out, as one plan for one transaction.
//! Seal and chain were verified before; nothing is judged unverified.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::author::{HubKey, Recorder};
use super::end::barred;
use super::order;
use crate::domain::admission::{Admission, Bench, admit, last_of};
use crate::domain::event::Role;
use crate::domain::rules::may_be_traced;
use crate::domain::sealing::must_be_sealed;
use crate::domain::{
    Change, Complaint, ComplaintId, Event, EventHash, Inadmissibility, NodeId, Outcome, Position, Registry,
    SigningKeyId, Timestamp, Verdict, fold,
};
use crate::journal::{self, Head, Part, PartsError, Seal};
use crate::runtime::TraceContext;
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

impl Sealed {
    /// Header bytes that are another event's, or came before, are kept under a name of their own: the other keeps its own.
    fn name(&mut self, node: &NodeId, taken: &mut BTreeSet<EventHash>) {
        let Err(reason) = self.event else { return };
        if reason == Inadmissibility::Misplaced || !taken.insert(self.hash) {
            self.hash = journal::header::copy_name(node, self.position, &self.hash);
        }
    }
}

/// Verified batches to take in together.
#[derive(Clone, Debug)]
pub struct Intake {
    /// Whose journal.
    pub node: NodeId,
    /// The session that brought it.
    pub session: u64,
    /// What was stored of that journal when they were verified.
    pub after: Head,
    /// The batches, each continuing the one before; at least one.
    pub batches: Vec<Verified>,
}

/// A batch whose seal, chain and tree hold.
#[derive(Clone, Debug)]
pub struct Verified {
    /// Its seal.
    pub seal: Seal,
    /// The key with which it verified.
    pub key: SigningKeyId,
    /// Its events.
    pub events: Vec<Sealed>,
    /// Announcements: up to where the writer has written on a complaint.
    pub announced: Vec<(ComplaintId, Position)>,
}

impl Verified {
    /// The complaints that its events speak of.
    pub(super) fn complaints(&self) -> impl Iterator<Item = ComplaintId> {
        self.events.iter().filter_map(|sealed| sealed.event.as_ref().ok()?.header.complaint)
    }
}

/// What became of batches.
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
#[derive(Debug, Default)]
pub(super) struct Working {
    pub(super) events: Vec<Event>,
    /// Its fold; behind the events if it is stale, except in what admission looks at.
    pub(super) complaint: Option<Complaint>,
    pub(super) verdicts: BTreeMap<EventHash, Verdict>,
    pub(super) changed: bool,
    stale: bool,
}

impl Working {
    /// Takes in one more event without folding anew: a batch of events on one complaint is folded once, not once an event.
    fn add(&mut self, event: Event, verdict: Verdict) {
        let outcome = match verdict {
            Verdict::Held => Outcome::Held,
            Verdict::Inadmissible(reason) => Outcome::Inadmissible(reason),
            Verdict::Provisional | Verdict::Applied | Verdict::Late | Verdict::Refused(_) => Outcome::Waiting,
        };
        self.verdicts.insert(event.hash, verdict);
        self.changed = true;
        if let Some(complaint) = &mut self.complaint {
            complaint.outcomes.insert(event.hash, outcome);
            complaint.read_only |= outcome == Outcome::Held;
            if let (Change::Redacted { event: target }, Outcome::Waiting) = (&event.header.change, outcome) {
                complaint.redacted.insert(*target);
            }
            self.stale = true;
            self.events.push(event);
        } else {
            self.events.push(event);
            self.complaint = if outcome == Outcome::Waiting { fold(&self.events) } else { None };
        }
    }

    /// Folds anew, if something came since.
    fn refresh(&mut self) {
        if self.stale {
            self.complaint = fold(&self.events);
            self.stale = false;
        }
    }

    fn refresh_unless(&mut self, notice: bool) {
        if !notice {
            self.refresh();
        }
    }

    fn participants(&self) -> BTreeSet<NodeId> {
        self.complaint.as_ref().map(|complaint| complaint.participants.clone()).unwrap_or_default()
    }
}

/// The transaction in the making: what it knows and what it will write.
pub(super) struct Desk<'a> {
    pub(super) registry: &'a Registry,
    pub(super) recorder: Recorder<'a>,
    pub(super) working: BTreeMap<ComplaintId, Working>,
    /// What caused the events, where that is traced.
    traces: BTreeMap<EventHash, TraceContext>,
    pub(super) changes: Changes,
    pub(super) now: Timestamp,
    pub(super) policy: Policy,
}

impl<'a> Desk<'a> {
    pub(super) fn new(view: &View, signer: &'a HubKey, registry: &'a Registry, now: Timestamp, policy: Policy) -> Self {
        let working = view.complaints.iter().map(|(id, events)| {
            let said = |event: &Event| Some((event.hash, *view.verdicts.get(&event.hash)?));
            let verdicts = events.iter().filter_map(said).collect();
            (*id, Working { events: events.clone(), complaint: fold(events), verdicts, ..Working::default() })
        });
        Self {
            registry,
            recorder: Recorder::new(signer, &view.own, registry.position(), now),
            working: working.collect(),
            traces: view.traces.clone(),
            changes: Changes::default(),
            now,
            policy,
        }
    }

    /// Folds a complaint anew, if something came since.
    pub(super) fn refresh(&mut self, id: ComplaintId) {
        if let Some(work) = self.working.get_mut(&id) {
            work.refresh();
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
        // A notice puts one event outside the set and changes nothing else; whatever else the hub says is folded at once.
        let notice = matches!(change, Change::Inadmissible { .. } | Change::Held { .. });
        // What the hub decides of a proposal was caused by what caused the proposal.
        let trace = proposal_of(&change).and_then(|proposal| self.traces.get(&proposal).copied());
        let (event, entry) = self.recorder.record(id, prev, change);
        let hash = event.hash;
        self.changes.entries.push(entry.traced(trace));
        work.refresh_unless(notice);
        let before = work.participants();
        work.add(event, Verdict::Applied);
        work.refresh_unless(notice);
        let mut to = work.participants();
        for newcomer in to.difference(&before) {
            self.send_history(&work, newcomer, hash);
        }
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
        let mut places: HashMap<EventHash, usize> = HashMap::with_capacity(self.changes.entries.len());
        for (place, entry) in self.changes.entries.iter().enumerate() {
            places.entry(entry.hash).or_insert(place);
        }
        for work in self.working.values().filter(|work| work.changed) {
            let Some(complaint) = &work.complaint else { continue };
            let open =
                |event: &&Event| matches!(work.verdicts.get(&event.hash), Some(Verdict::Provisional | Verdict::Held));
            let open = work.events.iter().filter(open);
            for hash in open.map(|event| event.hash) {
                let Some(verdict) = complaint.verdict(&hash).map(Verdict::of) else { continue };
                match places.get(&hash).and_then(|place| self.changes.entries.get_mut(*place)) {
                    Some(entry) => entry.verdict = verdict,
                    None => self.changes.verdicts.push((hash, verdict)),
                }
            }
        }
    }

    /// Closes the books: verdicts, projections, the hub's seals, and whom to wake.
    pub(super) fn finish(mut self) -> (Changes, Position, BTreeSet<NodeId>) {
        self.working.values_mut().for_each(Working::refresh);
        self.settle();
        for work in self.working.values().filter(|work| work.changed) {
            let Some(complaint) = &work.complaint else { continue };
            let times = work.events.iter().filter(|event| complaint.contains(&event.hash)).map(|e| e.header.time);
            self.changes.summaries.push(Summary::of(
                complaint,
                &work.events,
                times.max().unwrap_or(complaint.filed_at),
            ));
        }
        let written = self.recorder.written();
        self.changes.seals.extend(self.recorder.seal(&mut self.changes.entries));
        let woken = self.changes.outbox.iter().map(|(node, _)| node.clone()).collect();
        (self.changes, written, woken)
    }
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
    // Revoked, suspended or given other keys in the meantime: its sessions are fenced, the next Hello says why.
    let keyed = |batch: &Verified| batch.seal.body().key(registry) == Some(batch.key);
    if barred(registry, &intake.node).is_some() || !intake.batches.iter().all(keyed) {
        return (Changes::default(), Taken::Superseded);
    }
    let mut desk = Desk::new(view, signer, registry, now, policy);
    let mut cited = peer.cited;
    let mut stored = intake.after;
    let mut names = view.known.clone();
    for batch in intake.batches {
        stored = batch.seal.head();
        desk.batch(view, &intake.node, batch, peer.announced, &mut names, &mut cited);
    }
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
    /// Takes in one batch, and decides what is ready with it, before the next one is looked at.
    fn batch(
        &mut self,
        view: &View,
        node: &NodeId,
        batch: Verified,
        announced_at_hello: Position,
        names: &mut BTreeSet<EventHash>,
        cited: &mut Position,
    ) {
        let stored = batch.seal.head();
        let touched: BTreeSet<ComplaintId> = batch.complaints().collect();
        let hashes: Vec<EventHash> = batch.events.iter().map(|event| event.hash).collect();
        let paths = journal::merkle::paths(&hashes);
        for ((index, mut sealed), path) in (0_u32..).zip(batch.events).zip(paths) {
            sealed.name(node, names);
            let proof = ProofRef { seal_last: stored.position.seq, index, path };
            self.take(node, sealed, proof, cited);
        }
        for (id, upto) in &batch.announced {
            // Only the holder's own announcement is awaited: nobody else can hold up its proposal.
            if touched.contains(id) && self.is_held_by(*id, node) {
                let known = self.announced(view, *id).max(*upto);
                self.changes.announced.push((*id, known));
            }
        }
        for id in &touched {
            self.refresh(*id);
            let awaited = self.announced(view, *id).max(announced_at_hello);
            order::decide_if_ready(self, *id, node, stored.position, awaited);
            order::move_straight_up(self, *id);
        }
        self.changes.seals.push(batch.seal);
    }

    /// Up to where a complaint's holder must be stored before its proposal is decided, as this transaction knows it by now.
    fn announced(&self, view: &View, id: ComplaintId) -> Position {
        let said = self.changes.announced.iter().rev().find(|(complaint, _)| *complaint == id).map(|(_, at)| *at);
        said.or_else(|| view.announced.get(&id).copied()).unwrap_or(Position::ZERO)
    }

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
        let admission = self.admission(&event, &sealed.entry.parts, *cited);
        // A position that is yet to come, in an event refused for whatever reason, does not bind what is written after it.
        if event.header.registry <= self.registry.position() {
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

    fn admission(&self, event: &Event, parts: &[Part], cited: Position) -> Admission {
        let work = event.header.complaint.and_then(|id| self.working.get(&id));
        match journal::check_parts(&event.header, parts) {
            Ok(()) => {}
            Err(error) => return Admission::Inadmissible(parts_fault(error)),
        }
        if is_unsealed(event, parts, work) {
            return Admission::Inadmissible(Inadmissibility::Unsealed);
        }
        let derived = if let Change::Filed(filing) = &event.header.change {
            Some(journal::complaint_id(&event.header.federation, &event.header.node, &filing.nonce))
        } else {
            None
        };
        let bench = Bench {
            registry: self.registry,
            events: work.map(|work| work.events.as_slice()).unwrap_or_default(),
            complaint: work.and_then(|work| work.complaint.as_ref()),
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
        let held = verdict == Verdict::Held;
        let before = work.participants();
        work.add(event.clone(), verdict);
        let redacted = work.complaint.as_ref().is_some_and(|complaint| complaint.redacted.contains(&event.hash));
        let parts = if redacted { Vec::new() } else { sealed.parts };
        if let (Change::Redacted { event: target }, false) = (&event.header.change, held) {
            self.changes.destroy.push(*target);
        }
        let trace = sealed.trace.filter(|_| !redacted && may_be_traced(event, &work.events));
        self.traces.extend(trace.map(|trace| (event.hash, trace)));
        self.changes.entries.push(Entry::of(event, sealed.bytes, parts, Some(proof), verdict).traced(trace));
        let after = work.participants();
        for newcomer in after.difference(&before) {
            // What the hub noted before the complaint was filed its origin has not been told.
            self.send_history(&work, newcomer, event.hash);
        }
        let others = after.into_iter().filter(|node| *node != event.header.node);
        self.changes.outbox.extend(others.map(|node| (node, event.hash)));
        self.working.insert(id, work);
    }

    /// Whether the complaint's custodian is this node.
    fn is_held_by(&self, id: ComplaintId, node: &NodeId) -> bool {
        let complaint = self.working.get(&id).and_then(|work| work.complaint.as_ref());
        complaint.is_some_and(|complaint| complaint.node() == node)
    }

    /// Keeps an inadmissible event's header in its author's journal, drops its content, and tells everyone who takes part.
    fn reject(&mut self, event: Event, bytes: Vec<u8>, proof: ProofRef, reason: Inadmissibility) {
        let (hash, prev, author, id) =
            (event.hash, event.header.prev, event.header.node.clone(), event.header.complaint);
        let verdict = Verdict::Inadmissible(reason);
        self.changes.entries.push(Entry::of(&event, bytes, Vec::new(), Some(proof), verdict));
        if let Some(id) = id {
            self.working.entry(id).or_default().add(event, verdict);
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
        sealed: SealedEntry { bytes, parts: Vec::new(), trace: None },
        complaint: None,
        registry: false,
        ends: None,
        change: "unreadable".to_owned(),
        proof: Some(proof),
        verdict: Verdict::Inadmissible(reason),
    }
}

/// Whether content came readable that its author had to seal.
fn is_unsealed(event: &Event, parts: &[Part], work: Option<&Working>) -> bool {
    let complaint = work.and_then(|work| work.complaint.as_ref());
    let filed = if let Change::Filed(filing) = &event.header.change {
        Some((&**filing, &event.header.node))
    } else {
        complaint.map(|complaint| (&complaint.filing, &complaint.origin))
    };
    let open = |part: &&Part| !part.is_sealed();
    // Without a filing it is refused for that.
    filed
        .is_some_and(|(filing, origin)| parts.iter().filter(open).any(|part| must_be_sealed(part.kind, filing, origin)))
}

/// The proposal that the hub decides with a change.
fn proposal_of(change: &Change) -> Option<EventHash> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "nothing else decides a proposal")]
    match change {
        Change::Moved(moved) => moved.proposal,
        Change::MoveRefused { proposal, .. } => Some(*proposal),
        _ => None,
    }
}

const fn parts_fault(error: PartsError) -> Inadmissibility {
    match error {
        PartsError::TooMany | PartsError::TooLong(_) | PartsError::TooMuch => Inadmissibility::Oversized,
        PartsError::Order(_) | PartsError::Unbound(_) | PartsError::Mismatch(_) | PartsError::Padding(_) => {
            Inadmissibility::Parts
        }
    }
}
