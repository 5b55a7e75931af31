//! Moves of custody: what the hub decides upon a proposal, on silence, on revocation and on re-homing (CUSTODY.md, "Ordering").
//! It decides; recording, and waiting for what must be stored first, are the caller's.

use std::collections::BTreeSet;

use super::complaint::{Arrival, Complaint, Epoch};
use super::event::{Change, Event, Moved};
use super::fold::last_admitted;
use super::ids::{EventHash, NodeId, Position};
use super::registry::Registry;
use super::terms::{Cause, MoveRefusal};
use super::unit::UnitCode;

/// How many hand-overs there may be before every further one goes to `id`, unless the hub is told otherwise.
pub const HANDOVERS_MAX: usize = 6;

/// What the hub decides upon a proposal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Decision {
    /// Custody moves.
    Move(Box<Moved>),
    /// It stays, and the proposal ends.
    Refuse {
        /// Which proposal.
        proposal: EventHash,
        /// What was written up to here while it was pending stays refused.
        upto: Position,
        /// Why.
        reason: MoveRefusal,
    },
}

/// Where a move leads.
struct Target {
    unit: UnitCode,
    cause: Cause,
    assigned: bool,
}

/// Decides upon the pending proposal, if there is one. `stored` is the last position of the holder's journal at the hub;
/// the caller has waited for what the batch and the present Hello announced.
#[must_use]
pub fn decide(
    complaint: &Complaint,
    events: &[Event],
    registry: &Registry,
    stored: Position,
    handovers_max: usize,
) -> Option<Decision> {
    let pending = complaint.epoch().pending?;
    let proposal = events.iter().find(|event| event.hash == pending)?;
    let (nominal, returned) = if let Change::Transfer { to, .. } = &proposal.header.change {
        (to.clone(), false)
    } else {
        (complaint.epoch().sender.clone()?, true)
    };
    let target = target(complaint, registry, nominal, returned, handovers_max);
    let node = match acceptable(complaint, registry, &target) {
        Ok(node) => node,
        Err(reason) => return Some(Decision::Refuse { proposal: pending, upto: stored, reason }),
    };
    Some(Decision::Move(Box::new(Moved {
        ends: complaint.epoch().opener,
        unit: target.unit,
        node,
        cause: target.cause,
        assigned: target.assigned,
        proposal: Some(pending),
        cutoff: Some(proposal.header.position),
        admitted: last_admitted(complaint, events),
    })))
}

/// A dispute about who is competent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dispute {
    /// The units that returned it, or to which it was returned, in order.
    pub parties: Vec<UnitCode>,
    /// The unit that decides, or decided.
    pub arbiter: UnitCode,
    /// Whether it has decided, and its assignment binds the present holder.
    pub binding: bool,
}

/// The newest dispute of a complaint, if there was one.
#[must_use]
pub fn dispute(complaint: &Complaint) -> Option<Dispute> {
    let brought = |epoch: &Epoch| epoch.arrival == Arrival::Moved(Cause::Dispute);
    let at = complaint.epochs.iter().rposition(brought)?;
    let (before, since) = complaint.epochs.split_at(at);
    let arbiter = since.first()?.holders.first()?.clone();
    let mut parties: Vec<UnitCode> = Vec::new();
    let whole = returns(complaint).chain(before.last().map(Epoch::holder));
    for party in whole.filter(|party| **party != arbiter) {
        if !parties.contains(party) {
            parties.push(party.clone());
        }
    }
    Some(Dispute { parties, arbiter, binding: complaint.epoch().assigned })
}

/// How often a complaint was handed from unit to unit by transfer, return, dispute or assignment.
#[must_use]
pub fn handovers(complaint: &Complaint) -> usize {
    complaint.epochs.iter().filter(|epoch| is_handover(epoch.arrival)).count()
}

/// Moves a complaint up, past a silent or revoked holder or upon an appeal: to the nearest ancestor whose node may receive it
/// and which is not the body complained of. None at `id`, where nothing escalates, and if the node of `id` may not receive it.
#[must_use]
pub fn escalate(complaint: &Complaint, events: &[Event], registry: &Registry, cause: Cause) -> Option<Moved> {
    let unit = above(complaint, registry)?;
    let node = registry.home(&unit).filter(|node| registry.may_receive(node).is_ok())?;
    Some(moved_by_hub(complaint, events, unit, node, cause))
}

/// The nearest unit above the holder that can be given the complaint; none at `id`.
#[must_use]
pub fn above(complaint: &Complaint, registry: &Registry) -> Option<UnitCode> {
    complaint.unit().ancestors().find(|unit| unit.is_root() || fit(complaint, registry, unit))
}

/// Moves a complaint to the same unit at its new node; what binds the unit goes on binding it. None if it is there already,
/// or the new node may not receive it.
#[must_use]
pub fn rehome(complaint: &Complaint, events: &[Event], registry: &Registry) -> Option<Moved> {
    let node = registry.home(complaint.unit())?;
    if node == *complaint.node() || registry.may_receive(&node).is_err() {
        return None;
    }
    let moved = moved_by_hub(complaint, events, complaint.unit().clone(), node, Cause::Rehoming);
    Some(Moved { assigned: complaint.epoch().assigned, ..moved })
}

/// A move that supersedes whatever was proposed: all that the hub has stored of the holder on this complaint still counts.
fn moved_by_hub(complaint: &Complaint, events: &[Event], unit: UnitCode, node: NodeId, cause: Cause) -> Moved {
    let own = events.iter().filter(|event| event.header.node == *complaint.node());
    Moved {
        ends: complaint.epoch().opener,
        unit,
        node,
        cause,
        assigned: false,
        proposal: None,
        cutoff: own.map(|event| event.header.position).max(),
        admitted: last_admitted(complaint, events),
    }
}

/// The node of a target that may be given the complaint. At the top there is nobody else, so `id` as arbiter needs
/// no more than a node that was not revoked.
fn acceptable(complaint: &Complaint, registry: &Registry, target: &Target) -> Result<NodeId, MoveRefusal> {
    let home = registry.home(&target.unit).ok_or(MoveRefusal::UnknownUnit)?;
    registry.may_receive(&home)?;
    if target.cause == Cause::Dispute {
        return Ok(home);
    }
    if registry.unit(&target.unit).ok_or(MoveRefusal::UnknownUnit)?.closed {
        return Err(MoveRefusal::ClosedUnit);
    }
    if accused(complaint, &target.unit) { Err(MoveRefusal::Accused) } else { Ok(home) }
}

/// Whether the complaint is about this unit or one above it; about `id` it is about nobody.
fn accused(complaint: &Complaint, unit: &UnitCode) -> bool {
    complaint.filing.about.as_ref().is_some_and(|about| about.implicates(unit))
}

fn fit(complaint: &Complaint, registry: &Registry, unit: &UnitCode) -> bool {
    let receives = registry.home(unit).is_some_and(|node| registry.may_receive(&node).is_ok());
    receives && registry.is_live(unit) && !accused(complaint, unit)
}

/// Where a proposal leads: to whom it names, to the arbiter, or to `id`.
fn target(complaint: &Complaint, registry: &Registry, nominal: UnitCode, returned: bool, most: usize) -> Target {
    let holder = complaint.unit();
    let handovers = handovers(complaint);
    let arrivals = complaint.epochs.iter().rev().map(|epoch| epoch.arrival);
    let arbiter = arrivals.into_iter().find(|arrival| *arrival != Arrival::Moved(Cause::Rehoming))
        == Some(Arrival::Moved(Cause::Dispute));
    if !returned && (arbiter || (holder.is_root() && handovers >= most)) {
        return Target { unit: nominal, cause: Cause::Assignment, assigned: true };
    }
    if handovers >= most && !holder.is_root() {
        return Target { unit: UnitCode::root(), cause: Cause::Dispute, assigned: false };
    }
    let disputed = if returned { returns(complaint).next().is_some() } else { held(complaint, &nominal) };
    if disputed {
        let unit = arbiter_of(complaint, registry, &nominal);
        if unit == *holder {
            // At the top the arbiter is the holder itself: its word is the arbiter's, and nothing moves to itself.
            return Target { unit: nominal, cause: Cause::Assignment, assigned: true };
        }
        return Target { unit, cause: Cause::Dispute, assigned: false };
    }
    let cause = if returned { Cause::Return } else { Cause::Transfer };
    Target { unit: nominal, cause, assigned: false }
}

/// Whether it came by a hand-over between units, not by the hub's own doing.
#[must_use]
pub const fn is_handover(arrival: Arrival) -> bool {
    matches!(arrival, Arrival::Moved(Cause::Transfer | Cause::Return | Cause::Dispute | Cause::Assignment))
}

/// Whether a unit has answered for the complaint before.
fn held(complaint: &Complaint, unit: &UnitCode) -> bool {
    complaint.epochs.iter().any(|epoch| epoch.holders.contains(unit))
}

/// The parties of each return so far: who returned it, and to whom it went, if it went to its sender.
fn returns(complaint: &Complaint) -> impl Iterator<Item = &UnitCode> {
    let pairs = complaint.epochs.iter().zip(complaint.epochs.iter().skip(1)).filter(|(_, after)| after.by_return);
    pairs.flat_map(|(before, after)| {
        let to_sender = after.arrival == Arrival::Moved(Cause::Return);
        std::iter::once(before.holder()).chain(after.holders.first().filter(|_| to_sender))
    })
}

/// The lowest common ancestor of all parties that is not itself one, can be given complaints and is not complained of.
fn arbiter_of(complaint: &Complaint, registry: &Registry, nominal: &UnitCode) -> UnitCode {
    let mut parties: BTreeSet<&UnitCode> = BTreeSet::from([complaint.unit(), nominal]);
    parties.extend(returns(complaint));
    let lowest = parties.iter().fold(complaint.unit().clone(), |unit, party| unit.common_ancestor(party));
    let mut upwards = std::iter::once(lowest.clone()).chain(lowest.ancestors());
    upwards.find(|unit| !parties.contains(unit) && fit(complaint, registry, unit)).unwrap_or_else(UnitCode::root)
}
