//! Releasing what was held: after an upgrade, events whose change is known now are judged, with those of the same author that
//! waited behind them (CUSTODY.md, Held and Released).

use std::collections::BTreeSet;

use super::author::HubKey;
use super::ingest::{Desk, Policy};
use super::order;
use crate::domain::admission::{Admission, Bench, admit};
use crate::domain::{Change, ComplaintId, Event, EventHash, NodeId, Outcome, Position, Registry, Role, Timestamp};
use crate::store::{Changes, View};

/// Plans the release of what is held of one complaint. Nothing happens to events whose change is still not known.
pub(super) fn plan(
    view: &View,
    id: ComplaintId,
    signer: &HubKey,
    registry: &Registry,
    now: Timestamp,
    policy: &Policy,
) -> (Changes, BTreeSet<NodeId>) {
    let mut desk = Desk::new(view, signer, registry, now, policy);
    let mut stopped: BTreeSet<NodeId> = BTreeSet::new();
    let mut released: Vec<EventHash> = Vec::new();
    for event in held(&desk, id) {
        let writer = event.header.node.clone();
        if event.header.change.role() == Role::Unknown {
            stopped.insert(writer);
            continue;
        }
        if stopped.contains(&writer) {
            continue;
        }
        desk.refresh(id);
        let Some(work) = desk.working.get(&id) else { break };
        // Admission looks at what came before; what the author cited was looked at when the event came in.
        let bench = Bench {
            registry,
            events: &work.events,
            complaint: work.complaint.as_ref(),
            cited: Position::ZERO,
            now,
            derived: event.header.complaint,
        };
        let change = match desk.beyond(&event, admit(&event, &bench)) {
            Admission::Held => continue,
            Admission::Admitted => {
                if let Change::Redacted { event: target } = event.header.change {
                    desk.changes.destroy.push(target);
                }
                released.push(event.hash);
                Change::Released { event: event.hash }
            }
            Admission::Inadmissible(reason) => {
                desk.changes.destroy.push(event.hash);
                Change::Inadmissible { event: event.hash, prev: event.header.prev, reason }
            }
        };
        desk.record(Some(id), change, Some(&writer));
    }
    desk.refresh(id);
    order::follow(&mut desk, id, &released);
    let (changes, _, woken) = desk.finish();
    (changes, woken)
}

/// The held events of a complaint, in the order of their authors' journals.
fn held(desk: &Desk<'_>, id: ComplaintId) -> Vec<Event> {
    let Some(work) = desk.working.get(&id) else { return Vec::new() };
    let Some(complaint) = &work.complaint else { return Vec::new() };
    let held = work.events.iter().filter(|event| complaint.outcomes.get(&event.hash) == Some(&Outcome::Held));
    let mut held: Vec<Event> = held.cloned().collect();
    held.sort_by_key(|event| (event.header.node.clone(), event.header.position));
    held
}
