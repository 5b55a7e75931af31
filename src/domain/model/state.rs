//! The state of a world: what hub and nodes have on disk and in hand. Small and hashable; holds no behaviour but its beginning.

use std::collections::BTreeMap;

use super::super::complaint::{Complaint, Outcome};
use super::super::event::{Change, Header};
use super::super::ids::{EventHash, NodeId, Position};
use super::super::testing::{at, filing, header, node};
use super::arena::{Id, folded, get, intern};
use super::{Config, Rules};
use std::rc::Rc;

/// Everything.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct World {
    pub(super) hub: Hub,
    pub(super) nodes: Vec<Node>,
    pub(super) spent: Spent,
    /// Events that must not come to read late: whoever wrote them had a promise.
    pub(super) certain: Vec<Id>,
    /// Events that their author had no right to.
    pub(super) misdeeds: Vec<Id>,
    /// What went wrong, as soon as it did.
    pub(super) broken: Option<&'static str>,
}

/// What was used of the budget.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Spent {
    pub(super) escalations: u8,
    pub(super) crashes: u8,
    pub(super) restores: u8,
    pub(super) revocations: u8,
}

/// The hub's database.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Hub {
    /// Everything stored of the complaint, sorted.
    pub(super) set: Vec<Id>,
    /// Its registry events after the common beginning.
    pub(super) registry: Vec<Id>,
    /// Where its own journal ends.
    pub(super) seq: u64,
    pub(super) peers: Vec<Peer>,
    /// Verdicts told.
    pub(super) told: BTreeMap<Id, Outcome>,
    /// What a second process read and has still to write.
    pub(super) second: Option<Plan>,
}

/// What the hub has on one node.
#[derive(Clone, PartialEq, Eq, Hash)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts")]
pub(super) struct Peer {
    pub(super) session: u32,
    pub(super) live: bool,
    pub(super) stored: Position,
    pub(super) last: Option<Id>,
    pub(super) hello: Position,
    pub(super) announced: Position,
    pub(super) outbox: Vec<Id>,
    pub(super) sent: usize,
    pub(super) acked: usize,
    pub(super) takes_part: bool,
    pub(super) revoked: bool,
    /// It was reinstated: its next Hello is a recovery.
    pub(super) reinstated: bool,
}

/// What a second process will write, from what it read.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) enum Plan {
    /// A hub event, drafted at no position.
    Record(Id),
    /// A message, with whom it will be sent to.
    Take { node: usize, message: Message, to: Vec<usize> },
}

/// One sealed event on a stream.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Message {
    pub(super) session: u32,
    pub(super) event: Id,
    pub(super) announced: Position,
}

/// A node.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Node {
    pub(super) disk: Disk,
    pub(super) backup: Option<Box<Disk>>,
    /// 0: not connected.
    pub(super) session: u32,
    pub(super) stream: Vec<Message>,
    pub(super) half_dead: Vec<Message>,
    /// Of its journal, how many were sent in this session or are known to be stored.
    pub(super) sent: usize,
    pub(super) acts: u8,
    /// How often it was restored, so that what it writes again is another event.
    pub(super) lives: u8,
}

/// What a node has on disk.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Disk {
    pub(super) written: Position,
    pub(super) journal: Vec<Id>,
    /// For each of the journal: what its seal announced, or nothing if it is not sealed yet.
    pub(super) sealed: Vec<Option<Position>>,
    /// What the hub sent, sorted, and its number in the outbox.
    pub(super) heard: Vec<Id>,
    pub(super) read: usize,
}

impl Disk {
    /// Journal and what was heard, sorted.
    pub(super) fn set(&self) -> Vec<Id> {
        let mut set: Vec<Id> = self.journal.iter().chain(&self.heard).copied().collect();
        set.sort_unstable();
        set.dedup();
        set
    }

    pub(super) fn knows(&self, filed: Id) -> bool {
        self.journal.contains(&filed) || self.heard.contains(&filed)
    }
}

impl Hub {
    pub(super) fn fold(&self) -> Rc<Complaint> {
        folded(&self.set)
    }
}

pub(super) fn insert(set: &mut Vec<Id>, id: Id) {
    if let Err(place) = set.binary_search(&id) {
        set.insert(place, id);
    }
}

/// The filing is always the first event.
pub(super) const FILED: Id = 0;

impl World {
    /// The complaint is filed and stored at the hub; the origin is connected.
    pub(super) fn new(config: &Config, rules: Rules) -> Self {
        super::arena::reset(rules);
        let filed = intern(header(node(config.nodes[0]), at(1), Change::Filed(Box::new(filing(None)))));
        let nodes = (0..config.nodes.len()).map(|index| Node {
            disk: Disk {
                written: Position::new(1, u64::from(index == 0)),
                journal: if index == 0 { vec![filed] } else { Vec::new() },
                sealed: if index == 0 { vec![Some(at(1))] } else { Vec::new() },
                heard: Vec::new(),
                read: 0,
            },
            backup: None,
            session: 1,
            stream: Vec::new(),
            half_dead: Vec::new(),
            sent: usize::from(index == 0),
            acts: 0,
            lives: 0,
        });
        let peers = (0..config.nodes.len()).map(|index| Peer {
            session: 1,
            live: true,
            stored: Position::new(1, u64::from(index == 0)),
            last: (index == 0).then_some(filed),
            hello: Position::new(1, u64::from(index == 0)),
            announced: Position::ZERO,
            outbox: Vec::new(),
            sent: 0,
            acked: 0,
            takes_part: index == 0,
            revoked: false,
            reinstated: false,
        });
        let hub = Hub {
            set: vec![filed],
            registry: Vec::new(),
            seq: 100,
            peers: peers.collect(),
            told: BTreeMap::from([(filed, Outcome::Counted)]),
            second: None,
        };
        let (certain, misdeeds) = (Vec::new(), Vec::new());
        Self { hub, nodes: nodes.collect(), spent: Spent::default(), certain, misdeeds, broken: None }
    }
}

/// A node's next header on the complaint: under the opener it knows, having seen what it has.
pub(super) fn draft(config: &Config, index: usize, this: &Node, complaint: &Complaint, change: Change) -> Header {
    let author: NodeId = node(config.nodes[index]);
    let origin = change.role() == super::super::event::Role::Origin;
    Header {
        prev: this.disk.journal.last().map(|id| get(*id).hash),
        opener: Some(if origin { complaint.filed } else { complaint.epoch().opener }),
        seen: Some(complaint.newest_origin),
        time: super::super::ids::Timestamp(i64::from(this.lives)),
        ..header(author, this.disk.written.next(), change)
    }
}

pub(super) fn hash(id: Id) -> EventHash {
    get(id).hash
}
