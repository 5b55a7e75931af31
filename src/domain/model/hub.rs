//! The hub's transactions: take an event in, decide what waits, find silence, revoke. Mirrors what the link does on a store.

use super::super::admission::{Admission, Bench, admit};
use super::super::complaint::Outcome;
use super::super::custody::{Decision, HANDOVERS_MAX, decide, escalate};
use super::super::event::{Change, Event, Header, Moved, Role};
use super::super::ids::{NodeId, Position, Timestamp};
use super::super::terms::Cause;
use super::super::testing::{header, unit};
use super::arena::{Id, folded, get, intern, registry, slice};
use super::session::is_of;
use super::state::{Message, Plan, World, hash, insert};
use super::{Config, Rules};

impl World {
    /// Takes one message in: compare and swap, admission, the set, fan-out, verdicts, ordering.
    /// A process that read before tells only those that took part then.
    pub(super) fn take(&mut self, config: &Config, rules: Rules, index: usize, message: Message, to: Option<&[usize]>) {
        let event = get(message.event);
        let peer = &mut self.hub.peers[index];
        if peer.revoked || (rules.session_cas && message.session != peer.session) {
            return;
        }
        if event.header.position <= peer.stored {
            // Acknowledged again if it is the same; otherwise a fork, which ends the session.
            if !self.hub.set.contains(&message.event) && !rules.behind_is_fork {
                self.broken = Some("acknowledged but not stored");
            }
            return;
        }
        let follows = peer.last.map(hash) == event.header.prev;
        if event.header.position != peer.stored.next() || !follows {
            return;
        }
        peer.stored = event.header.position;
        peer.last = Some(message.event);
        if event.header.change.is_proposal() {
            peer.announced = peer.announced.max(message.announced);
        }
        let admission = self.judge(&event);
        insert(&mut self.hub.set, message.event);
        match admission {
            Admission::Admitted => self.fan_out(config, message.event, to),
            Admission::Held => {
                self.fan_out(config, message.event, to);
                if event.header.change.role() == Role::Unknown {
                    self.record(config, Change::Held { event: event.hash }, None);
                }
            }
            Admission::Inadmissible(reason) => {
                let change = Change::Inadmissible { event: event.hash, prev: event.header.prev, reason };
                self.record(config, change, Some(index));
            }
        }
        let complaint = self.hub.fold();
        let ended = event.header.opener != Some(complaint.epoch().opener);
        let counted = complaint.outcomes.get(&event.hash) == Some(&Outcome::Counted);
        if ended && counted && event.header.change.role() == Role::Custodian {
            self.broken = Some("it counts, though custody had moved before it came");
        }
        self.order(config, rules);
        self.move_on_appeal(config, rules, &event);
    }

    /// An appeal that counts leads up, if the complaint was ended where it is now.
    fn move_on_appeal(&mut self, config: &Config, rules: Rules, event: &Event) {
        let complaint = self.hub.fold();
        let counts = complaint.outcomes.get(&event.hash) == Some(&Outcome::Counted);
        if event.header.change != Change::Appealed || !counts || !complaint.epoch().ended {
            return;
        }
        let registry = registry(&self.hub.registry);
        if let Some(moved) = escalate(&complaint, &slice(&self.hub.set), &registry, Cause::Appeal) {
            self.record(config, Change::Moved(Box::new(moved)), None);
            self.order(config, rules);
        }
    }

    pub(super) fn judge(&self, event: &Event) -> Admission {
        let (events, complaint) = (slice(&self.hub.set), self.hub.fold());
        let registry = registry(&self.hub.registry);
        let bench = Bench {
            registry: &registry,
            events: &events,
            complaint: Some(&complaint),
            cited: Position::ZERO,
            now: Timestamp(0),
            derived: None,
        };
        admit(event, &bench)
    }

    /// Writes an event of the hub on the complaint and sends it to everyone who takes part.
    pub(super) fn record(&mut self, config: &Config, change: Change, also: Option<usize>) {
        if let Some(index) = also.filter(|index| !self.hub.peers[*index].takes_part) {
            // Told alone, it hears of its own event only.
            let id = self.write_own(change);
            self.fan_out(config, id, None);
            self.hub.peers[index].outbox.push(id);
            return;
        }
        let id = self.write_own(change);
        self.fan_out(config, id, None);
    }

    fn write_own(&mut self, change: Change) -> Id {
        self.hub.seq += 1;
        let own = self.hub.set.iter().filter(|id| is_of(**id, "hub"));
        let prev = own.max_by_key(|id| get(**id).header.position).map(|id| hash(*id));
        let position = Position::new(1, self.hub.seq);
        let id = intern(Header { prev, ..header(NodeId::Hub, position, change) });
        insert(&mut self.hub.set, id);
        id
    }

    /// Sends an event to all who take part but its writer; who takes part from now on gets the whole history first.
    fn fan_out(&mut self, config: &Config, id: Id, to: Option<&[usize]>) {
        let complaint = self.hub.fold();
        let outside = |id: &Id| matches!(complaint.outcomes.get(&hash(*id)), Some(Outcome::Inadmissible(_)));
        for (index, code) in config.nodes.iter().enumerate() {
            let takes_part = complaint.participants.iter().any(|node| node.as_str() == *code);
            let peer = &mut self.hub.peers[index];
            if takes_part && !peer.takes_part {
                peer.takes_part = true;
                let mut history: Vec<Id> =
                    self.hub.set.iter().copied().filter(|e| *e != id && !is_of(*e, code) && !outside(e)).collect();
                history.sort_by_key(|id| (get(*id).header.node.is_hub(), get(*id).header.position));
                peer.outbox.extend(history);
            }
            let told = to.map_or(peer.takes_part, |to| to.contains(&index));
            if told && !is_of(id, code) {
                peer.outbox.push(id);
            }
        }
    }

    /// Decides what waits, then tells the verdicts that are final, and looks whether one told before was wrong.
    pub(super) fn order(&mut self, config: &Config, rules: Rules) {
        if !config.second_process {
            self.decide(config, rules);
        }
        self.tell(rules);
    }

    /// Decides what waits, found by query.
    pub(super) fn decide(&mut self, config: &Config, rules: Rules) -> Option<()> {
        let change = self.decided(config, rules)?;
        self.record(config, change, None);
        self.tell(rules);
        Some(())
    }

    fn decided(&self, config: &Config, rules: Rules) -> Option<Change> {
        let complaint = self.hub.fold();
        complaint.epoch().pending?;
        let holder = config.nodes.iter().position(|code| complaint.node().as_str() == *code)?;
        let peer = &self.hub.peers[holder];
        let reached = |awaited: Position| {
            if rules.hello_replaces { peer.stored >= awaited } else { peer.stored.seq >= awaited.seq }
        };
        let waits = rules.wait_for_announced && !(reached(peer.announced) && reached(peer.hello));
        if !rules.recorded_moves || super::node::stands_still(&complaint) || peer.revoked || waits {
            return None;
        }
        let registry = registry(&self.hub.registry);
        Some(match decide(&complaint, &slice(&self.hub.set), &registry, peer.stored, HANDOVERS_MAX)? {
            Decision::Move(moved) => Change::Moved(moved),
            Decision::Refuse { proposal, upto, reason } => Change::MoveRefused { proposal, upto, reason },
        })
    }

    fn tell(&mut self, rules: Rules) {
        let complaint = self.hub.fold();
        for id in &self.hub.set {
            let of = hash(*id);
            let final_one = complaint.verdict(&of);
            let early = || {
                let outcome = complaint.outcomes.get(&of).copied();
                outcome.filter(|outcome| !matches!(outcome, Outcome::Held | Outcome::Waiting))
            };
            let verdict = if rules.only_final_verdicts { final_one } else { final_one.or_else(early) };
            match (self.hub.told.get(id), verdict) {
                (Some(told), verdict) if Some(*told) != verdict => self.broken = Some("a verdict flipped"),
                (None, Some(verdict)) => drop(self.hub.told.insert(*id, verdict)),
                _ => {}
            }
        }
    }

    /// What silence comes to now, if a deadline may fire.
    pub(super) fn silence(&self, config: &Config, rules: Rules) -> Option<Moved> {
        let complaint = self.hub.fold();
        let holder = config.nodes.iter().position(|code| complaint.node().as_str() == *code)?;
        if rules.no_escalation_in_catch_up && self.catches_up(holder) {
            return None;
        }
        let registry = registry(&self.hub.registry);
        escalate(&complaint, &slice(&self.hub.set), &registry, Cause::Escalation)
    }

    fn catches_up(&self, index: usize) -> bool {
        let peer = &self.hub.peers[index];
        peer.live && peer.stored < peer.hello
    }

    pub(super) fn escalate(&mut self, config: &Config, rules: Rules) -> Option<()> {
        let moved = self.silence(config, rules)?;
        self.promise_what_is_under_way(config);
        self.spent.escalations += 1;
        self.record(config, Change::Moved(Box::new(moved)), None);
        self.order(config, rules);
        Some(())
    }

    /// What a live session's Hello has announced is on its way: no deadline may make it late.
    fn promise_what_is_under_way(&mut self, config: &Config) {
        let holder = self.hub.fold().node().clone();
        let Some(index) = config.nodes.iter().position(|code| holder.as_str() == *code) else { return };
        if self.catches_up(index) {
            let peer = &self.hub.peers[index];
            let under_way = |id: &&Id| (peer.stored.next()..=peer.hello).contains(&get(**id).header.position);
            self.certain.extend(self.nodes[index].disk.journal.iter().filter(under_way));
        }
    }

    /// Cuts a node off where its stored journal ends, and moves what it holds.
    pub(super) fn revoke(&mut self, config: &Config, rules: Rules, index: usize) -> Option<()> {
        if self.hub.peers[index].revoked {
            return None;
        }
        self.spent.revocations += 1;
        self.hub.seq += 1;
        let code = config.nodes[index];
        let change = Change::NodeRevoked { node: unit(code), last: self.hub.peers[index].stored };
        let revoked = Header { complaint: None, ..header(NodeId::Hub, Position::new(1, self.hub.seq), change) };
        self.hub.registry.push(intern(revoked));
        let peer = &mut self.hub.peers[index];
        (peer.revoked, peer.live) = (true, false);
        peer.session += 1;
        self.nodes[index].session = 0;
        self.nodes[index].stream.clear();
        let complaint = self.hub.fold();
        if complaint.node().as_str() == code {
            let registry = registry(&self.hub.registry);
            if let Some(moved) = escalate(&complaint, &slice(&self.hub.set), &registry, Cause::Revocation) {
                self.record(config, Change::Moved(Box::new(moved)), None);
            }
        }
        self.order(config, rules);
        Some(())
    }

    /// A revoked node comes back, as a recovery: it is welcomed again only in a new life.
    pub(super) fn reinstate(&mut self, index: usize) -> Option<()> {
        let peer = &mut self.hub.peers[index];
        if !peer.revoked {
            return None;
        }
        (peer.revoked, peer.reinstated) = (false, true);
        Some(())
    }

    /// The hub was upgraded and knows what it held.
    pub(super) fn release(&mut self, config: &Config, rules: Rules) -> Option<()> {
        let complaint = self.hub.fold();
        let held = |id: &&Id| complaint.outcomes.get(&hash(**id)) == Some(&Outcome::Held);
        let strange = |id: &&Id| get(**id).header.change.role() == Role::Unknown;
        let first = *self.hub.set.iter().filter(held).find(strange)?;
        self.record(config, Change::Released { event: hash(first) }, None);
        self.order(config, rules);
        Some(())
    }

    /// A second process reads, to write later: the decision upon a proposal, or upon silence.
    pub(super) fn plan_move(&mut self, config: &Config, rules: Rules, silence: bool) -> Option<()> {
        let change = if silence {
            let moved = Change::Moved(Box::new(self.silence(config, rules)?));
            self.spent.escalations += 1;
            moved
        } else {
            self.decided(config, rules)?
        };
        self.hub.second = Some(Plan::Record(intern(header(NodeId::Hub, Position::ZERO, change))));
        Some(())
    }

    /// A second process reads a message and who takes part.
    pub(super) fn plan_take(&mut self, index: usize) -> Option<()> {
        let message = self.read(index, false)?;
        let peers = self.hub.peers.iter().enumerate();
        let to = peers.filter(|(_, peer)| peer.takes_part).map(|(index, _)| index).collect();
        self.hub.second = Some(Plan::Take { node: index, message, to });
        Some(())
    }

    /// The second process writes what it planned.
    pub(super) fn commit(&mut self, config: &Config, rules: Rules) -> Option<()> {
        match self.hub.second.take()? {
            Plan::Record(draft) => {
                let change = get(draft).header.change.clone();
                let ends = |change: &Change| if let Change::Moved(moved) = change { Some(moved.ends) } else { None };
                let taken = self.hub.set.iter().any(|id| ends(&get(*id).header.change) == ends(&change));
                if !(rules.unique && taken) {
                    self.record(config, change, None);
                }
            }
            Plan::Take { node, message, to } => self.take(config, rules, node, message, Some(&to)),
        }
        self.order(config, rules);
        Some(())
    }
}

/// The fold that everyone should come to.
pub(super) fn agreed(world: &World) -> std::rc::Rc<super::super::complaint::Complaint> {
    folded(&world.hub.set)
}
