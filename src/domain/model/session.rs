//! Sessions: Hello and Welcome, resuming, recovery under a new life, and the messages of both directions.

use super::super::event::{Change, Header};
use super::super::ids::{NodeId, Position};
use super::super::testing::{header, unit};
use super::arena::{Id, get, intern};
use super::state::{Message, World, insert};
use super::{Config, Rules};

impl World {
    /// A node says Hello; the hub compares and welcomes it, or it recovers.
    pub(super) fn connect(&mut self, config: &Config, rules: Rules, index: usize) -> Option<()> {
        let peer = &self.hub.peers[index];
        if self.nodes[index].session != 0 || peer.revoked {
            return None;
        }
        if self.is_fork(rules, index) {
            self.recover(config, rules, index);
        }
        let disk = &mut self.nodes[index].disk;
        let head = disk.written;
        disk.sealed.iter_mut().filter(|sealed| sealed.is_none()).for_each(|sealed| *sealed = Some(head));
        let read = disk.read;
        let peer = &mut self.hub.peers[index];
        peer.session += 1;
        peer.live = true;
        if rules.hello_replaces {
            peer.hello = head;
            // What an earlier batch announced beyond this head is gone for good.
            peer.announced = peer.announced.min(head);
        } else {
            peer.hello.seq = peer.hello.seq.max(head.seq);
        }
        peer.sent = if rules.states_inbound { read } else { peer.acked };
        let (session, stored) = (peer.session, peer.stored);
        let node = &mut self.nodes[index];
        node.session = session;
        node.sent = node.disk.journal.iter().filter(|id| get(**id).header.position <= stored).count();
        self.order(config, rules);
        Some(())
    }

    /// Behind what is stored, or saying something else there, or in a life that was not granted.
    fn is_fork(&self, rules: Rules, index: usize) -> bool {
        let (disk, peer) = (&self.nodes[index].disk, &self.hub.peers[index]);
        if peer.reinstated || disk.written.incarnation != peer.stored.incarnation {
            return true;
        }
        if !rules.behind_is_fork && disk.written < peer.stored {
            return false;
        }
        let at_stored = disk.journal.iter().rev().find(|id| get(**id).header.position <= peer.stored);
        disk.written < peer.stored || at_stored.copied() != peer.last
    }

    /// Streams the node's own journal back, grants a new life and lets the node issue again what was never stored.
    fn recover(&mut self, config: &Config, rules: Rules, index: usize) {
        let code = config.nodes[index];
        let ended = self.hub.peers[index].stored;
        let incarnation = ended.incarnation + 1;
        self.hub.seq += 1;
        let change = Change::IncarnationGranted { node: unit(code), ended, incarnation };
        let granted = Header { complaint: None, ..header(NodeId::Hub, Position::new(1, self.hub.seq), change) };
        self.hub.registry.push(intern(granted));
        let mut stored: Vec<Id> = self.hub.set.iter().copied().filter(|id| is_of(*id, code)).collect();
        stored.sort_by_key(|id| get(*id).header.position);
        let life = Position::new(incarnation, 0);
        let peer = &mut self.hub.peers[index];
        (peer.stored, peer.reinstated) = (life, false);
        if rules.hello_replaces {
            peer.announced = Position::ZERO;
        }
        let disk = &mut self.nodes[index].disk;
        let unstored: Vec<Id> = disk.journal.iter().copied().filter(|id| !stored.contains(id)).collect();
        disk.sealed = stored.iter().map(|_| Some(ended)).collect();
        disk.journal = stored;
        disk.written = life;
        self.reissue(index, &unstored);
    }

    /// A node puts the next event of its journal on its stream.
    pub(super) fn send(&mut self, index: usize) -> Option<()> {
        let node = &mut self.nodes[index];
        if node.session == 0 {
            return None;
        }
        let event = *node.disk.journal.get(node.sent)?;
        let written = node.disk.written;
        let announced = *node.disk.sealed[node.sent].get_or_insert(written);
        node.stream.push(Message { session: node.session, event, announced });
        node.sent += 1;
        Some(())
    }

    /// The hub reads the next message of a stream, or of one that is half dead.
    pub(super) fn read(&mut self, index: usize, half_dead: bool) -> Option<Message> {
        let node = &mut self.nodes[index];
        let stream = if half_dead { &mut node.half_dead } else { &mut node.stream };
        (!stream.is_empty()).then(|| stream.remove(0))
    }

    /// The hub sends the next of a node's outbox.
    pub(super) fn deliver(&mut self, config: &Config, index: usize) -> Option<()> {
        let (peer, node) = (&mut self.hub.peers[index], &mut self.nodes[index]);
        if node.session == 0 || node.session != peer.session {
            return None;
        }
        // Who never leaves hears all at once: that alone is one step less to interleave.
        let most = if config.steady.contains(&index) { usize::MAX } else { 1 };
        let items: Vec<Id> = peer.outbox.iter().skip(peer.sent).take(most).copied().collect();
        peer.sent += items.len();
        peer.acked = peer.sent;
        node.disk.read = peer.sent;
        for item in &items {
            insert(&mut node.disk.heard, *item);
        }
        (!items.is_empty()).then_some(())
    }
}

pub(super) fn is_of(id: Id, code: &str) -> bool {
    get(id).header.node.as_str() == code
}
