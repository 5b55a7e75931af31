//! Ordering: recording the moves that the domain decides (CUSTODY.md, "Ordering"), each in a transaction that locked its complaint
//! before reading its history.

use super::author::HubKey;
use super::ingest::{Desk, Policy};
use crate::domain::complaint::Arrival;
use crate::domain::custody::{Decision, decide, escalate, rehome};
use crate::domain::doubles::joining;
use crate::domain::sealing::is_accused;
use crate::domain::{Cause, Change, Complaint, ComplaintId, EventHash, NodeId, Outcome, Position, Registry, Timestamp};
use crate::store::{Changes, View};

/// Decides a complaint's pending proposal, if it is `holder`'s and everything awaited of its journal is stored.
pub(super) fn decide_if_ready(
    desk: &mut Desk<'_>,
    id: ComplaintId,
    holder: &NodeId,
    stored: Position,
    awaited: Position,
) {
    if stored < awaited {
        return;
    }
    let Some(work) = desk.working.get(&id) else { return };
    let Some(complaint) =
        work.complaint.as_ref().filter(|complaint| complaint.node() == holder && !complaint.read_only)
    else {
        return;
    };
    let decision = decide(complaint, &work.events, &desk.registry, stored, desk.policy.handovers_max);
    let change = match decision {
        None => return,
        Some(Decision::Move(moved)) => Change::Moved(moved),
        Some(Decision::Refuse { proposal, upto, reason }) => Change::MoveRefused { proposal, upto, reason },
    };
    desk.record(Some(id), change, None);
}

/// Moves a complaint about the government at whose own node it was filed straight up, before anybody there has answered for it.
pub(super) fn move_straight_up(desk: &mut Desk<'_>, id: ComplaintId) {
    let Some(work) = desk.working.get(&id) else { return };
    let about_its_own = |complaint: &&Complaint| {
        complaint.epoch().arrival == Arrival::Filed
            && is_accused(complaint.node(), complaint.filing.about.as_ref())
            && !complaint.read_only
    };
    let Some(complaint) = work.complaint.as_ref().filter(about_its_own) else { return };
    if let Some(moved) = escalate(complaint, &work.events, &desk.registry, Cause::Escalation) {
        desk.record(Some(id), Change::Moved(Box::new(moved)), None);
    }
}

/// What events that came in lead to beyond their own complaint's fold: an appeal, and a double.
pub(super) fn follow(desk: &mut Desk<'_>, id: ComplaintId, came: &[EventHash]) {
    let Some(work) = desk.working.get(&id) else { return };
    let Some(complaint) = work.complaint.as_ref().filter(|complaint| !complaint.read_only) else { return };
    let counts = |hash: &EventHash| complaint.outcomes.get(hash) == Some(&Outcome::Counted);
    let changes: Vec<Change> = work
        .events
        .iter()
        .filter(|event| came.contains(&event.hash) && counts(&event.hash))
        .map(|event| event.header.change.clone())
        .collect();
    for change in changes {
        #[expect(clippy::wildcard_enum_match_arm, reason = "the others lead to nothing more")]
        match change {
            Change::Appealed => move_on_appeal(desk, id),
            Change::Doubled { of } => join(desk, id, of),
            _ => {}
        }
    }
}

/// Moves a complaint to the next level up, whose reporter appeals against its end. One that was opened again meanwhile moves too: nobody
/// gets round an appeal by that. One that was never ended where it is now does not.
fn move_on_appeal(desk: &mut Desk<'_>, id: ComplaintId) {
    let Some(work) = desk.working.get(&id) else { return };
    let Some(complaint) = work.complaint.as_ref().filter(|complaint| complaint.epoch().ended) else { return };
    if let Some(moved) = escalate(complaint, &work.events, &desk.registry, Cause::Appeal) {
        desk.record(Some(id), Change::Moved(Box::new(moved)), None);
    }
}

/// Lets the nodes of a double take part in the complaint that it is one of.
fn join(desk: &mut Desk<'_>, id: ComplaintId, of: ComplaintId) {
    desk.refresh(of);
    let complaint = |id| desk.working.get(&id).and_then(|work| work.complaint.as_ref());
    let (Some(double), Some(main)) = (complaint(id), complaint(of)) else { return };
    if double.double_of() == Some(of) {
        for change in joining(double, main, &desk.registry) {
            desk.record(Some(of), change, None);
        }
    }
}

/// Plans the decision of proposals that waited for more of their holder's journal. The scope names the complaints and the holder.
/// Says how many were decided, and whom to wake.
pub(super) fn plan_waiting(
    view: &View,
    holder: &NodeId,
    signer: &HubKey,
    registry: &Registry,
    now: Timestamp,
    policy: &Policy,
) -> (Changes, (usize, std::collections::BTreeSet<NodeId>)) {
    let Some(peer) = view.peer.as_ref() else { return Default::default() };
    let mut desk = Desk::new(view, signer, registry, now, policy);
    for id in view.complaints.keys() {
        let awaited = view.announced.get(id).copied().unwrap_or(Position::ZERO).max(peer.announced);
        decide_if_ready(&mut desk, *id, holder, peer.stored.position, awaited);
    }
    let (changes, _, woken) = desk.finish();
    let decided = changes.entries.len();
    (changes, (decided, woken))
}

/// Plans a move by the hub itself: escalation, revocation, appeal or re-homing. None happens at `id`, or for a complaint at home.
pub(super) fn plan_move(
    view: &View,
    id: ComplaintId,
    cause: Cause,
    signer: &HubKey,
    registry: &Registry,
    now: Timestamp,
    policy: &Policy,
) -> (Changes, Option<std::collections::BTreeSet<NodeId>>) {
    let mut desk = Desk::new(view, signer, registry, now, policy);
    let Some(work) = desk.working.get(&id) else { return Default::default() };
    let Some(complaint) = work.complaint.as_ref() else { return Default::default() };
    let moved = if cause == Cause::Rehoming {
        rehome(complaint, &work.events, registry)
    } else {
        escalate(complaint, &work.events, registry, cause)
    };
    let Some(moved) = moved else { return Default::default() };
    desk.record(Some(id), Change::Moved(Box::new(moved)), None);
    let (changes, _, woken) = desk.finish();
    (changes, Some(woken))
}
