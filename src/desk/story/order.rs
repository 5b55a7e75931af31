//! The order in which a story is told: no event before one that it builds upon, else by the authors' clocks. The order in
//! which events were stored plays no part, so that every node tells the same story.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use crate::domain::{Change, Event, EventHash, NodeId, Position, Timestamp};
use crate::store::FiledEvent;

/// Among events that wait for nothing, the earliest comes first; equal times are told apart by journal and place.
type Turn<'a> = (Timestamp, &'a NodeId, Position, usize);

/// The events, causes before effects.
pub(super) fn causal(events: &[FiledEvent]) -> Vec<&FiledEvent> {
    let at: BTreeMap<EventHash, usize> =
        events.iter().zip(0..).map(|(filed, index)| (filed.event.hash, index)).collect();
    let mut waits: Vec<BTreeSet<usize>> = events
        .iter()
        .map(|filed| causes(&filed.event).iter().filter_map(|cause| at.get(cause).copied()).collect())
        .collect();
    by_writer(events, &mut waits);
    let mut frees: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, causes) in waits.iter_mut().enumerate() {
        causes.remove(&index);
        for cause in causes.iter() {
            frees.entry(*cause).or_default().push(index);
        }
    }
    let turn = |index: usize| -> Option<Reverse<Turn<'_>>> {
        let header = &events.get(index)?.event.header;
        Some(Reverse((header.time, &header.node, header.position, index)))
    };
    let free = waits.iter().enumerate().filter(|(_, causes)| causes.is_empty()).filter_map(|(index, _)| turn(index));
    let mut ready: BinaryHeap<Reverse<Turn<'_>>> = free.collect();
    let mut told = Vec::with_capacity(events.len());
    while let Some(Reverse((.., index))) = ready.pop() {
        told.extend(events.get(index));
        for effect in frees.remove(&index).unwrap_or_default() {
            if let Some(causes) = waits.get_mut(effect)
                && causes.remove(&index)
                && causes.is_empty()
            {
                ready.extend(turn(effect));
            }
        }
    }
    // Hashes cannot name each other in a circle; but nothing may be left out of a story, whatever is stored.
    told.extend(events.iter().zip(&waits).filter(|(_, causes)| !causes.is_empty()).map(|(filed, _)| filed));
    told
}

/// One writer's events follow each other.
fn by_writer(events: &[FiledEvent], waits: &mut [BTreeSet<usize>]) {
    let mut last: BTreeMap<&NodeId, usize> = BTreeMap::new();
    let mut order: Vec<(&NodeId, Position, usize)> =
        events.iter().zip(0..).map(|(f, index)| (&f.event.header.node, f.event.header.position, index)).collect();
    order.sort();
    for (node, _, index) in order {
        if let (Some(before), Some(causes)) = (last.insert(node, index), waits.get_mut(index)) {
            causes.insert(before);
        }
    }
}

/// The events that an event names.
fn causes(event: &Event) -> Vec<EventHash> {
    let header = &event.header;
    let mut causes: Vec<EventHash> = [header.prev, header.opener, header.seen].into_iter().flatten().collect();
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others name no event")]
    match &header.change {
        Change::Moved(moved) => {
            causes.push(moved.ends);
            causes.extend(moved.proposal);
            causes.extend(moved.admitted.iter().map(|(_, hash)| *hash));
        }
        Change::TakeBack { proposal: named }
        | Change::MoveRefused { proposal: named, .. }
        | Change::Adopted { event: named }
        | Change::Redacted { event: named }
        | Change::Granted { event: named, .. }
        | Change::Inadmissible { event: named, .. }
        | Change::Held { event: named }
        | Change::Released { event: named } => causes.push(*named),
        _ => {}
    }
    causes
}
