//! What must hold: at once, and after healing, when everything that was said has been delivered.

use super::super::complaint::{Arrival, Complaint, Epoch, Outcome};
use super::super::event::{Change, Role};
use super::super::ids::EventHash;
use super::super::terms::Cause;
use super::Config;
use super::arena::{Id, folded, get, id_of};
use super::hub::agreed;
use super::state::{World, hash};

impl World {
    /// What must hold in every world.
    pub(super) fn at_once(&self) -> Result<(), &'static str> {
        if let Some(broken) = self.broken {
            return Err(broken);
        }
        let complaint = agreed(self);
        let appeals = |epoch: &&Epoch| epoch.arrival == Arrival::Moved(Cause::Appeal);
        if complaint.epochs.iter().filter(appeals).count() > 1 {
            return Err("a second appeal moved it again");
        }
        let moves = self.hub.set.iter().filter(|id| matches!(get(**id).header.change, Change::Moved(_)));
        if moves.count() + 1 != complaint.epochs.len() && !has_synthetic(&complaint) {
            return Err("two moves end one epoch");
        }
        let undeserved = |(id, told): (&Id, &Outcome)| self.is_undeserved(*id, *told);
        if self.hub.told.iter().any(undeserved) {
            return Err("an honest event was turned away");
        }
        Ok(())
    }

    /// What must hold where everybody is connected and everything is sent, read and delivered.
    pub(super) fn when_healed(&self, config: &Config) -> Result<(), &'static str> {
        let complaint = agreed(self);
        if complaint.epoch().pending.is_some() {
            return Err("a proposal waits for ever");
        }
        if !complaint.missing.is_empty() {
            return Err("the hub lacks what its own move names");
        }
        for id in &self.hub.set {
            let event = get(*id);
            let strange = event.header.change.role() == Role::Unknown;
            if !strange && self.hub.told.get(id) != complaint.outcomes.get(&event.hash) {
                return Err("what was told is not what holds in the end");
            }
        }
        for (index, node) in self.nodes.iter().enumerate().filter(|(index, _)| !self.hub.peers[*index].revoked) {
            if node.disk.journal.iter().any(|id| !self.hub.set.contains(id)) {
                return Err("an event never reaches the hub");
            }
            if self.hub.peers[index].takes_part {
                agrees(&complaint, &folded(&node.disk.set()))?;
            } else if config.nodes[index] == complaint.node().as_str() {
                return Err("the holder takes no part");
            }
        }
        for id in &self.certain {
            if self.hub.set.contains(id) && broke_a_promise(&complaint, *id) {
                return Err("a promise was broken: late, though announced in time");
            }
        }
        Ok(())
    }
}

/// Whether a node comes to the hub's conclusions. What is outside the set is nobody's but its author's.
fn agrees(hub: &Complaint, node: &Complaint) -> Result<(), &'static str> {
    let inside = |complaint: &Complaint| -> Vec<(EventHash, Outcome)> {
        let known = complaint.outcomes.iter().map(|(hash, outcome)| (*hash, *outcome));
        known.filter(|(_, outcome)| !matches!(outcome, Outcome::Inadmissible(_))).collect()
    };
    if !node.missing.is_empty() {
        return Err("the holder still lacks what the move names");
    }
    let same = hub.epochs == node.epochs
        && hub.replies == node.replies
        && hub.verified == node.verified
        && hub.reporter == node.reporter
        && (&hub.category, hub.class, &hub.related) == (&node.category, node.class, &node.related)
        && hub.newest_origin == node.newest_origin
        && hub.participants == node.participants
        && hub.status() == node.status()
        && inside(hub) == inside(node);
    if same { Ok(()) } else { Err("a node folds to something else than the hub") }
}

/// A promise binds but against a move that supersedes: a take-back is certain unless an escalation overtakes both.
fn broke_a_promise(complaint: &Complaint, id: Id) -> bool {
    if complaint.outcomes.get(&hash(id)) != Some(&Outcome::Late) {
        return false;
    }
    let event = get(id);
    let next = complaint.epochs.iter().position(|epoch| Some(epoch.opener) == event.header.opener);
    let ended_by = next.and_then(|index| complaint.epochs.get(index + 1));
    let Some(Change::Moved(moved)) =
        ended_by.and_then(|epoch| id_of(epoch.opener)).map(|id| get(id).header.change.clone())
    else {
        return false;
    };
    if let Change::TakeBack { proposal } = event.header.change {
        return moved.proposal == Some(proposal);
    }
    moved.cause == Cause::Escalation
}

fn has_synthetic(complaint: &Complaint) -> bool {
    complaint.epochs.iter().any(|epoch| id_of(epoch.opener).is_none())
}
