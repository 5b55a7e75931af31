//! Letting others open what this node can open: the next holder after a move, a node whose keys were confirmed, a key that
//! replaced another. Found by looking at the events, never remembered. Pure; the desk writes what it plans.

use std::collections::{BTreeMap, BTreeSet};

use super::author::Author;
use super::error::DeskError;
use crate::domain::admission::last_of;
use crate::domain::event::HEADER_BYTES_MAX;
use crate::domain::rules::told_time;
use crate::domain::sealing::{granted, granter, recipients};
use crate::domain::{
    Change, Complaint, ComplaintId, Event, EventHash, Header, NodeId, Position, Registry, Role, SealingKeyId, UnitCode,
    Verdict, Wrap, fold,
};
use crate::journal::grant::{WRAPS_MAX, wrap};
use crate::journal::{self, Keyring};
use crate::store::{Changes, Entry, Summary, View};

/// A sealed part: its event, and its number.
type Place = (EventHash, u8);
/// A node, and the key to which something is sealed for it.
type Recipient = (NodeId, SealingKeyId);

/// Who is to be let in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Turn {
    /// Only where it is this node's turn, so that not everybody grants the same.
    Own,
    /// Wherever somebody is still left out.
    Anybodys,
}

/// Plans what this node grants on a complaint now; nothing if nobody is left out whom it can let in.
///
/// # Errors
/// Never in practice: a header of grants is below the limit.
pub(super) fn plan(
    view: &View,
    registry: &Registry,
    author: &Author,
    ring: &Keyring,
    id: ComplaintId,
    turn: Turn,
) -> Result<Changes, DeskError> {
    if view.own.doubted {
        // Nobody knows whose keys these are.
        return Ok(Changes::default());
    }
    let events = view.complaints.get(&id).map(Vec::as_slice).unwrap_or_default();
    let Some(complaint) = fold(events) else { return Ok(Changes::default()) };
    let Some(unit) = acting_unit(&complaint, events, registry, &author.node) else { return Ok(Changes::default()) };
    let mut due: BTreeMap<EventHash, Vec<Wrap>> = BTreeMap::new();
    for ((event, part), left_out) in left_out(&complaint, events, registry, &author.node, turn) {
        due.entry(event).or_default().extend(wraps(view, author, ring, events, (event, part), &left_out));
    }
    if due.values().all(Vec::is_empty) {
        return Ok(Changes::default());
    }
    let cited = registry.position().max(view.own.cited);
    let last = Last { position: view.own.written, own: last_of(&author.node, events) };
    let entries = write(last, author, &complaint, &unit, cited, due)?;
    let times = events.iter().filter(|event| complaint.contains(&event.hash)).map(|event| event.header.time);
    let told = told_time(complaint.filing.visibility, Role::Granter, author.now);
    let updated = times.chain([told]).max().unwrap_or(told);
    Ok(Changes {
        entries,
        summaries: vec![Summary::of(&complaint, events, updated)],
        cited: Some(cited),
        ..Changes::default()
    })
}

/// Where a node's own events end: in its journal, and on a complaint.
pub(super) struct Last {
    pub(super) position: Position,
    pub(super) own: Option<EventHash>,
}

/// Grants as events of this node's journal, by the event that they let others open; no more in one than its header holds.
///
/// # Errors
/// If a header is too long.
pub(super) fn write(
    mut last: Last,
    author: &Author,
    complaint: &Complaint,
    unit: &UnitCode,
    cited: Position,
    granted: BTreeMap<EventHash, Vec<Wrap>>,
) -> Result<Vec<Entry>, DeskError> {
    let mut entries = Vec::new();
    for (target, wraps) in granted {
        for some in wraps.chunks(WRAPS_MAX) {
            last.position = last.position.next();
            let header = Header {
                federation: author.federation.clone(),
                node: author.node.clone(),
                position: last.position,
                prev: last.own,
                complaint: Some(complaint.id),
                opener: Some(complaint.filed),
                seen: Some(complaint.newest_origin),
                registry: cited,
                time: told_time(complaint.filing.visibility, Role::Granter, author.now),
                unit: Some(unit.clone()),
                account: None,
                change: Change::Granted { event: target, wraps: some.to_vec() },
                parts: Vec::new(),
            };
            let bytes = journal::header::encode(&header);
            if bytes.len() > HEADER_BYTES_MAX {
                return Err(DeskError::HeaderTooLong(bytes.len()));
            }
            let event = Event { hash: journal::header_hash(&bytes), header };
            last.own = Some(event.hash);
            entries.push(Entry::of(&event, bytes, Vec::new(), None, Verdict::Provisional));
        }
    }
    Ok(entries)
}

/// By event and part: who is to read it and cannot. Content that was erased is nobody's any more.
fn left_out(
    complaint: &Complaint,
    events: &[Event],
    registry: &Registry,
    own: &NodeId,
    turn: Turn,
) -> Vec<(Place, Vec<Recipient>)> {
    let wanted = recipients(complaint, registry);
    let mut found = Vec::new();
    for (place, can_open) in granted(complaint, events) {
        let erased = complaint.redacted.contains(&place.0) || !complaint.contains(&place.0);
        let mine = turn == Turn::Anybodys || granter(complaint, registry, &can_open) == Some(own);
        let others = wanted.iter().filter(|(node, _)| *node != own).map(|(node, key)| (node.clone(), *key));
        let out: Vec<_> = others.filter(|recipient| !can_open.contains(recipient)).collect();
        if !erased && mine && !out.is_empty() {
            found.push((place, out));
        }
    }
    found
}

/// The key of a part, if this node has it, wrapped to others.
fn wraps(
    view: &View,
    author: &Author,
    ring: &Keyring,
    events: &[Event],
    (event, part): Place,
    to: &[Recipient],
) -> Vec<Wrap> {
    let target = events.iter().find(|other| other.hash == event);
    let reference = target.and_then(|target| target.header.parts.get(usize::from(part)));
    let Some(reference) = reference else { return Vec::new() };
    let mut keys = wraps_of(events, &event, part).filter_map(|wrap| ring.unwrap(wrap, &author.federation, reference));
    let Some(key) = keys.next() else { return Vec::new() };
    let at = view.own.written;
    let one = |(node, recipient): &(NodeId, SealingKeyId)| {
        let seed = author.seed.draw("grant", at, part, &format!("{node} {event}"));
        wrap(&key, seed, &author.federation, part, reference, (node, recipient))
    };
    to.iter().filter_map(one).collect()
}

/// The wraps of a part, as the events have them.
pub(super) fn wraps_of<'a>(events: &'a [Event], event: &EventHash, part: u8) -> impl Iterator<Item = &'a Wrap> {
    let event = *event;
    let of = move |granted: &'a Event| {
        let Change::Granted { event: target, wraps } = &granted.header.change else { return &[][..] };
        if *target == event { wraps.as_slice() } else { &[][..] }
    };
    events.iter().flat_map(of).filter(move |wrap| wrap.part == part)
}

/// The unit on whose behalf this node grants: one of those with which it takes part, and which is at home here. None if it takes
/// no part.
fn acting_unit(complaint: &Complaint, events: &[Event], registry: &Registry, own: &NodeId) -> Option<UnitCode> {
    let filed = events.iter().find(|event| event.hash == complaint.filed && event.header.node == *own);
    let filing = filed.and_then(|event| event.header.unit.clone());
    let held: BTreeSet<&UnitCode> =
        complaint.epochs.iter().filter(|epoch| epoch.node == *own).flat_map(|epoch| &epoch.holders).collect();
    let takes_part = filing.is_some() || !held.is_empty();
    let units = filing.into_iter().chain(held.into_iter().cloned()).chain(own.unit().cloned());
    let mut at_home = units.filter(|unit| registry.is_home_at(unit, own, registry.position()));
    at_home.next().filter(|_| takes_part)
}
