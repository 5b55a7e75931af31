//! What a node does by itself: write by its own fold, commit misdeeds, be saved and restored.

use super::super::complaint::{Complaint, Outcome};
use super::super::event::{Change, Header, Role};
use super::super::ids::EventHash;
use super::super::rules::{is_adoptable, origin_precondition, precondition};
use super::super::terms::Refusal;
use super::super::testing::{node, unit};
use super::arena::{Id, fold_under, folded, get, intern, slice};
use super::state::{FILED, World, draft, hash};
use super::{ALL, Act, Config};

/// Whether something is held. What was released counts as known, though this version cannot fold it.
pub(super) fn stands_still(complaint: &Complaint) -> bool {
    complaint.outcomes.values().any(|outcome| *outcome == Outcome::Held)
}

impl World {
    /// A node acts, if its own fold allows it.
    pub(super) fn act(&mut self, config: &Config, index: usize, act: &Act) -> Option<()> {
        let knows = self.nodes[index].disk.knows(FILED);
        if self.nodes[index].acts >= config.acts_max[index] || !(knows || act.is_misdeed()) {
            return None;
        }
        // Who misbehaves may have learnt of the complaint anywhere.
        let complaint = if knows { folded(&self.nodes[index].disk.set()) } else { self.hub.fold() };
        let header = self.words(config, index, act, &complaint)?;
        let taken_back = if let Change::TakeBack { proposal } = header.change { Some(proposal) } else { None };
        let id = intern(header);
        self.nodes[index].acts += 1;
        if act.is_misdeed() {
            self.misdeeds.push(id);
        }
        self.write(index, id);
        // Who was restored cannot know what it had sent, and is promised nothing.
        let sure = self.nodes[index].lives == 0;
        if sure && taken_back.is_some_and(|proposal| self.is_unsealed(index, proposal)) {
            self.certain.push(id);
        }
        Some(())
    }

    fn write(&mut self, index: usize, id: Id) {
        let disk = &mut self.nodes[index].disk;
        disk.written = get(id).header.position;
        disk.journal.push(id);
        disk.sealed.push(None);
    }

    fn is_unsealed(&self, index: usize, event: EventHash) -> bool {
        let disk = &self.nodes[index].disk;
        disk.journal.iter().zip(&disk.sealed).any(|(id, sealed)| sealed.is_none() && hash(*id) == event)
    }

    fn words(&self, config: &Config, index: usize, act: &Act, complaint: &Complaint) -> Option<Header> {
        let this = &self.nodes[index];
        let me = node(config.nodes[index]);
        let drafted = |change: Change| draft(config, index, this, complaint, change);
        let holds = *complaint.node() == me && complaint.missing.is_empty() && !stands_still(complaint);
        let allowed = |change: &Change| holds && precondition(complaint.epoch(), complaint.status(), change).is_ok();
        match act {
            Act::Write(change) if change.role() == Role::Origin => {
                let may = complaint.origin == me && origin_precondition(complaint, change).is_ok();
                may.then(|| drafted(change.clone()))
            }
            Act::Write(change) => allowed(change).then(|| drafted(change.clone())),
            Act::TakeBack => {
                // Until it hears of a move, its author sees a transfer as pending, whatever moves it.
                let complaint = fold_under(slice(&this.disk.set()), ALL);
                let change = Change::TakeBack { proposal: complaint.epoch().pending? };
                let may =
                    *complaint.node() == me && precondition(complaint.epoch(), complaint.status(), &change).is_ok();
                may.then(|| draft(config, index, this, &complaint, change))
            }
            Act::Adopt => {
                let set = this.disk.set();
                let late = |id: &&Id| complaint.outcomes.get(&hash(**id)) == Some(&Outcome::Late);
                let adopted =
                    |e: EventHash| set.iter().any(|id| get(*id).header.change == Change::Adopted { event: e });
                let event = set.iter().filter(late).map(|id| get(*id)).find(|event| !adopted(event.hash))?;
                let change = &event.header.change;
                let may = is_adoptable(change) && allowed(change);
                may.then(|| drafted(Change::Adopted { event: event.hash }))
            }
            Act::Strange => holds.then(|| drafted(Change::Unknown { kind: 900, body: Vec::new() })),
            Act::ForeignUnit => {
                let header = drafted(Change::FollowedUp);
                let other = config.nodes.iter().find(|code| **code != config.nodes[index])?;
                Some(Header { unit: Some(unit(other)), ..header })
            }
            Act::ForeignOpener => (*complaint.node() != me).then(|| drafted(Change::Accepted)),
            Act::GuessedOpener => Some(Header { opener: Some(EventHash([2; 32])), ..drafted(Change::Accepted) }),
            Act::Rash(change) => holds.then(|| drafted(change.clone())),
            Act::Blind(change) => holds.then(|| Header { seen: Some(complaint.filed), ..drafted(change.clone()) }),
        }
    }

    /// Takes a backup.
    pub(super) fn save(&mut self, index: usize) {
        let node = &mut self.nodes[index];
        node.backup = Some(Box::new(node.disk.clone()));
    }

    /// Puts the backup back; what was on the wire stays there.
    pub(super) fn restore(&mut self, index: usize) -> Option<()> {
        let disk = self.nodes[index].backup.take()?;
        self.crash(index);
        let node = &mut self.nodes[index];
        node.disk = *disk;
        node.lives += 1;
        Some(())
    }

    /// The process or its stream dies; what is on the wire may still be read by a hub process that has not noticed.
    pub(super) fn crash(&mut self, index: usize) {
        let node = &mut self.nodes[index];
        node.session = 0;
        if !node.stream.is_empty() {
            node.half_dead = std::mem::take(&mut node.stream);
        }
        self.hub.peers[index].live = false;
    }

    /// Writes what the hub never got once more, in a new life: same words, new place; what they name among themselves is renamed.
    pub(super) fn reissue(&mut self, index: usize, unstored: &[Id]) {
        let mut renamed: Vec<(EventHash, EventHash)> = Vec::new();
        for old in unstored {
            let event = get(*old);
            let name = |hash: EventHash| renamed.iter().find(|(from, _)| *from == hash).map_or(hash, |(_, to)| *to);
            let mut header = event.header.clone();
            header.position = self.nodes[index].disk.written.next();
            header.prev = self.nodes[index].disk.journal.last().map(|id| hash(*id));
            header.seen = header.seen.map(name);
            if let Change::TakeBack { proposal: named } | Change::Adopted { event: named } = &mut header.change {
                *named = name(*named);
            }
            let new = intern(header);
            renamed.push((event.hash, hash(new)));
            for list in [&mut self.certain, &mut self.misdeeds] {
                list.iter_mut().filter(|id| **id == *old).for_each(|id| *id = new);
            }
            self.write(index, new);
        }
    }

    /// Whether a verdict is one of those that only a misdeed, or a rule's absence, can earn.
    pub(super) fn is_undeserved(&self, id: Id, outcome: Outcome) -> bool {
        let foreign = matches!(outcome, Outcome::Inadmissible(_) | Outcome::Refused(Refusal::NotCustodian));
        foreign && !self.misdeeds.contains(&id)
    }
}
