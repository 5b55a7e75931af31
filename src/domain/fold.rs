//! The fold: a complaint's state from the set of its events, whatever order they come in (CUSTODY.md, "Fold").
//! It looks at events and nothing else: no registry, no clock, no settings.

use std::collections::{BTreeMap, BTreeSet};

use super::complaint::{Arrival, Complaint, Epoch, Outcome, ReporterVoice, Status, effective};
use super::event::{Change, Event, Moved, Role};
use super::ids::{EventHash, NodeId, Position};
use super::rules::{is_adoptable, precondition};
use super::terms::{Inadmissibility, Refusal};

/// Folds the events of one complaint; none if the event that filed it is not among them, or not admitted.
/// Doubles and order change nothing.
#[must_use]
pub fn fold<'a>(events: impl IntoIterator<Item = &'a Event>) -> Option<Complaint> {
    let set = Set::new(events);
    let mut complaint = set.file()?;
    set.hear_the_reporter(&mut complaint);
    set.walk_the_epochs(&mut complaint);
    complaint.missing = set.missing(&complaint);
    Some(complaint)
}

/// The events by name, with what the hub's notices say of them.
struct Set<'a> {
    events: BTreeMap<EventHash, &'a Event>,
    outside: BTreeMap<EventHash, Outcome>,
    inadmissible: BTreeMap<EventHash, (Inadmissibility, Option<EventHash>)>,
    /// The Moved that ends the epoch of each opener.
    moves: BTreeMap<EventHash, (EventHash, &'a Moved)>,
    /// Refused proposals and up to where what was written meanwhile stays refused.
    refused: BTreeMap<EventHash, Position>,
}

impl<'a> Set<'a> {
    fn new(events: impl IntoIterator<Item = &'a Event>) -> Self {
        let events: BTreeMap<EventHash, &Event> = events.into_iter().map(|event| (event.hash, event)).collect();
        let mut set = Self {
            events,
            outside: BTreeMap::new(),
            inadmissible: BTreeMap::new(),
            moves: BTreeMap::new(),
            refused: BTreeMap::new(),
        };
        set.read_notices();
        set
    }

    /// Reads what the hub recorded. Only its own events speak; of two about one thing, the earlier counts.
    fn read_notices(&mut self) {
        let mut hub: Vec<&Event> = self.events.values().copied().filter(|e| e.header.node.is_hub()).collect();
        hub.sort_by_key(|event| event.header.position);
        let mut held: BTreeSet<EventHash> = BTreeSet::new();
        for event in &hub {
            #[expect(clippy::wildcard_enum_match_arm, reason = "other events of the hub are no notices")]
            match &event.header.change {
                Change::Moved(moved) => {
                    self.moves.entry(moved.ends).or_insert((event.hash, moved));
                }
                Change::MoveRefused { proposal, upto, .. } => {
                    self.refused.entry(*proposal).or_insert(*upto);
                }
                Change::Inadmissible { event, prev, reason } => {
                    held.remove(event);
                    self.inadmissible.entry(*event).or_insert((*reason, *prev));
                }
                Change::Held { event } => {
                    held.insert(*event);
                }
                Change::Released { event } => {
                    held.remove(event);
                }
                _ => {}
            }
        }
        for event in held.iter().filter_map(|hash| self.events.get(hash)) {
            let (writer, from) = (&event.header.node, event.header.position);
            let later = |other: &&&Event| other.header.node == *writer && other.header.position >= from;
            for other in self.events.values().filter(later) {
                self.outside.insert(other.hash, Outcome::Held);
            }
        }
        for (hash, (reason, _)) in &self.inadmissible {
            self.outside.insert(*hash, Outcome::Inadmissible(*reason));
        }
    }

    fn inside(&self) -> impl Iterator<Item = &'a Event> + '_ {
        self.events.values().copied().filter(|event| !self.outside.contains_key(&event.hash))
    }

    /// The complaint as its first filing made it.
    fn file(&self) -> Option<Complaint> {
        let filings = self.inside().filter_map(|event| {
            let Change::Filed(filing) = &event.header.change else { return None };
            Some((event, filing))
        });
        let (event, filing) = filings
            .min_by(|(a, _), (b, _)| (&a.header.node, a.header.position).cmp(&(&b.header.node, b.header.position)))?;
        let epoch = Epoch {
            opener: event.hash,
            arrival: Arrival::Filed,
            sender: None,
            by_return: false,
            assigned: false,
            node: event.header.node.clone(),
            holders: vec![event.header.unit.clone()?],
            base: Status::Open,
            base_seen: None,
            disposed: false,
            followed_up: false,
            pending: None,
        };
        let mut outcomes = BTreeMap::new();
        outcomes.extend(self.events.keys().map(|hash| (*hash, Outcome::Waiting)));
        outcomes.extend(self.outside.iter().filter(|(hash, _)| self.events.contains_key(*hash)));
        outcomes.insert(event.hash, Outcome::Counted);
        Some(Complaint {
            id: event.header.complaint?,
            origin: event.header.node.clone(),
            filed: event.hash,
            filed_at: event.header.time,
            filing: (**filing).clone(),
            epochs: vec![epoch],
            imported: false,
            verified: false,
            replies: Vec::new(),
            newest_origin: event.hash,
            outcomes,
            undecided: BTreeSet::new(),
            participants: BTreeSet::from([event.header.node.clone()]),
            redacted: BTreeSet::new(),
            stars: None,
            reporter: ReporterVoice::default(),
            missing: Vec::new(),
            read_only: self.outside.values().any(|outcome| *outcome == Outcome::Held),
        })
    }

    /// Origin events, redactions, notices and unknown changes: all but the custodians' and the moves.
    fn hear_the_reporter(&self, complaint: &mut Complaint) {
        let mut rest: Vec<&Event> = self.inside().filter(|event| event.hash != complaint.filed).collect();
        rest.sort_by_key(|event| (event.header.position, event.hash));
        for event in rest {
            let header = &event.header;
            let outcome = match header.change.role() {
                Role::Origin if header.node != complaint.origin => Outcome::Refused(Refusal::NotCustodian),
                Role::Origin => hear(complaint, event),
                Role::Redactor => {
                    if let Change::Redacted { event } = header.change {
                        complaint.redacted.insert(event);
                    }
                    Outcome::Counted
                }
                Role::Hub if matches!(header.change, Change::Moved(_)) => Outcome::Waiting,
                Role::Granter | Role::Hub | Role::Registry => Outcome::Counted,
                Role::Unknown => {
                    complaint.read_only = true;
                    Outcome::Waiting
                }
                Role::Custodian => continue,
            };
            complaint.outcomes.insert(event.hash, outcome);
        }
    }

    /// Goes from opener to opener, and within each epoch through the custodian's events in their order.
    fn walk_the_epochs(&self, complaint: &mut Complaint) {
        let mut custodial: BTreeMap<EventHash, Vec<&Event>> = BTreeMap::new();
        for event in self.inside().filter(|event| event.header.change.role() == Role::Custodian) {
            if let Some(opener) = event.header.opener {
                custodial.entry(opener).or_default().push(event);
            }
        }
        // Each Moved ends one epoch and opens one, so there are never more epochs than events.
        for _ in 0..=self.events.len() {
            let opener = complaint.epoch().opener;
            let ended = self.moves.get(&opener).copied();
            let mut written = custodial.remove(&opener).unwrap_or_default();
            written.sort_by_key(|event| (event.header.position, event.hash));
            for event in written {
                let outcome = self.judge(complaint, event, ended.map(|(_, moved)| moved));
                complaint.outcomes.insert(event.hash, outcome);
                if outcome == Outcome::Refused(Refusal::Pending) {
                    complaint.undecided.insert(event.hash);
                } else if complaint.epoch().pending.is_none() {
                    complaint.undecided.clear();
                }
            }
            self.end_refused_proposal(complaint, None);
            if ended.is_some() || complaint.epoch().pending.is_none() {
                complaint.undecided.clear();
            }
            let Some((hash, moved)) = ended else { break };
            complaint.outcomes.insert(hash, Outcome::Counted);
            complaint.participants.insert(moved.node.clone());
            complaint.epochs.push(Epoch {
                opener: hash,
                arrival: Arrival::Moved(moved.cause),
                sender: Some(complaint.unit().clone()),
                by_return: self.is_return(moved.proposal),
                assigned: moved.assigned,
                node: moved.node.clone(),
                holders: vec![moved.unit.clone()],
                base: Status::Received,
                base_seen: None,
                disposed: false,
                followed_up: false,
                pending: None,
            });
        }
    }

    fn is_return(&self, proposal: Option<EventHash>) -> bool {
        let proposal = proposal.and_then(|hash| self.events.get(&hash));
        proposal.is_some_and(|event| matches!(event.header.change, Change::Return { .. }))
    }

    /// What becomes of one custodial event of the present epoch, and what it changes there.
    fn judge(&self, complaint: &mut Complaint, event: &Event, ended: Option<&Moved>) -> Outcome {
        let header = &event.header;
        if header.node != complaint.epoch().node {
            return Outcome::Refused(Refusal::NotCustodian);
        }
        if ended.is_some_and(|moved| moved.cutoff.is_none_or(|cutoff| header.position > cutoff)) {
            return Outcome::Late;
        }
        self.end_refused_proposal(complaint, Some(header.position));
        let change = match self.adopted(complaint, &header.change) {
            Ok(change) => change,
            Err(refusal) => return Outcome::Refused(refusal),
        };
        let horizon = self.horizon(complaint, header.seen);
        let Some(epoch) = complaint.epochs.last_mut() else { return Outcome::Waiting };
        let status = effective(epoch, &complaint.replies, Some(horizon.unwrap_or(Position::ZERO)));
        if let Err(refusal) = precondition(epoch, status, change) {
            return Outcome::Refused(refusal);
        }
        advance(epoch, change, event.hash, status, horizon);
        if matches!(change, Change::Verified) {
            complaint.verified = true;
        }
        Outcome::Counted
    }

    /// How far into the origin's events an author had seen; none if what it names is no origin event here.
    fn horizon(&self, complaint: &Complaint, seen: Option<EventHash>) -> Option<Position> {
        let seen = &self.events.get(&seen?)?.header;
        (seen.change.role() == Role::Origin && seen.node == complaint.origin).then_some(seen.position)
    }

    /// The change that an event stands for: its own, or the late one it adopts.
    fn adopted<'e>(&self, complaint: &Complaint, change: &'e Change) -> Result<&'e Change, Refusal>
    where
        'a: 'e,
    {
        let Change::Adopted { event } = change else { return Ok(change) };
        if complaint.epoch().pending.is_some() {
            return Err(Refusal::Pending);
        }
        if complaint.outcomes.get(event) != Some(&Outcome::Late) {
            return Err(Refusal::NotLate);
        }
        let late = &self.events.get(event).ok_or(Refusal::NotLate)?.header.change;
        if is_adoptable(late) { Ok(late) } else { Err(Refusal::NotAdoptable) }
    }

    /// Ends the pending proposal if the hub refused it and `at` (or everything known) lies beyond the hub's decision.
    fn end_refused_proposal(&self, complaint: &mut Complaint, at: Option<Position>) {
        let Some(epoch) = complaint.epochs.last_mut() else { return };
        let upto = epoch.pending.and_then(|proposal| self.refused.get(&proposal));
        if upto.is_some_and(|upto| at.is_none_or(|at| at > *upto)) {
            epoch.pending = None;
            complaint.undecided.clear();
        }
    }

    /// What the last Moved names, or what leads there along each writer's chain, and is not here.
    fn missing(&self, complaint: &Complaint) -> Vec<EventHash> {
        let Some(Change::Moved(moved)) = self.events.get(&complaint.epoch().opener).map(|e| &e.header.change) else {
            return Vec::new();
        };
        let mut missing = Vec::new();
        for (_, last) in &moved.admitted {
            let mut next = Some(*last);
            for _ in 0..=self.events.len().saturating_add(self.inadmissible.len()) {
                let Some(hash) = next else { break };
                next = if let Some(event) = self.events.get(&hash) {
                    event.header.prev
                } else if let Some((_, prev)) = self.inadmissible.get(&hash) {
                    *prev
                } else {
                    missing.push(hash);
                    break;
                };
            }
        }
        missing
    }
}

/// Takes an origin event into account; events come in the origin's order.
fn hear(complaint: &mut Complaint, event: &Event) -> Outcome {
    complaint.newest_origin = event.hash;
    #[expect(clippy::wildcard_enum_match_arm, reason = "every other change is not the reporter's")]
    match event.header.change {
        Change::Filed(_) => return Outcome::Refused(Refusal::Exists),
        Change::Imported if complaint.imported => return Outcome::Refused(Refusal::Exists),
        Change::Imported => complaint.imported = true,
        Change::Replied | Change::Completed => complaint.replies.push(event.header.position),
        Change::Confirmed => complaint.reporter.confirmed = true,
        Change::Rated { stars } => complaint.stars = Some(stars),
        Change::Appealed => complaint.reporter.appealed = true,
        Change::Withdrew => complaint.reporter.withdrew = true,
        _ => {}
    }
    Outcome::Counted
}

/// What a custodial change whose precondition held, where the status read `before`, does to its epoch.
pub(super) fn advance(epoch: &mut Epoch, change: &Change, hash: EventHash, before: Status, seen: Option<Position>) {
    let status = |epoch: &mut Epoch, status| {
        epoch.base = status;
        epoch.base_seen = seen;
    };
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others leave the epoch as it is")]
    match change {
        Change::Disposed { unit, .. } => {
            epoch.holders.push(unit.clone());
            epoch.disposed = true;
            epoch.followed_up = false;
            status(epoch, before);
        }
        Change::Accepted | Change::Reopened => status(epoch, Status::Open),
        Change::FollowedUp => {
            epoch.followed_up = true;
            status(epoch, Status::Open);
        }
        Change::Deferred { .. } => status(epoch, Status::Deferred),
        Change::Archived { .. } => status(epoch, Status::Archived),
        Change::Responded => status(epoch, Status::Awaiting),
        Change::Closed => status(epoch, Status::Closed),
        Change::Transfer { .. } | Change::Return { .. } => epoch.pending = Some(hash),
        Change::TakeBack { .. } => epoch.pending = None,
        _ => {}
    }
}

/// The last admitted event of every writer: what a Moved names, so that the new holder knows what to wait for.
#[must_use]
pub fn last_admitted<'a>(
    complaint: &Complaint,
    events: impl IntoIterator<Item = &'a Event>,
) -> Vec<(NodeId, EventHash)> {
    let mut last: BTreeMap<&NodeId, (Position, EventHash)> = BTreeMap::new();
    for event in events.into_iter().filter(|event| complaint.contains(&event.hash)) {
        let entry = last.entry(&event.header.node).or_insert((event.header.position, event.hash));
        *entry = (*entry).max((event.header.position, event.hash));
    }
    last.into_iter().map(|(node, (_, hash))| (node.clone(), hash)).collect()
}
