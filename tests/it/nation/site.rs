//! One node: its disk, its desk, and both ends of its line while that is up. Nothing is lost on a line but by cutting it.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use lintas::desk::Desk;
use lintas::desk::granting::Turn;
use lintas::domain::{ComplaintId, NodeId, Timestamp, Timetable};
use lintas::journal::{Keyring, SealingKey, SigningKey};
use lintas::link::hub::{HubEnd, HubShared, session as hub_session};
use lintas::link::message::{Down, Up};
use lintas::link::node::news::Heard;
use lintas::link::node::{NodeEnd, NodeKey, NodeShared, Trust, session as node_session};
use lintas::runtime::{Clock, SeededEntropy};
use lintas::store::memory::MemoryStore;

pub(crate) struct Line {
    node: NodeEnd<MemoryStore>,
    pub(crate) hub: HubEnd<MemoryStore>,
    up: VecDeque<Up>,
    pub(crate) down: VecDeque<Down>,
}

pub(crate) struct Site {
    pub(crate) node: NodeId,
    pub(crate) store: MemoryStore,
    pub(crate) desk: Desk<MemoryStore>,
    pub(crate) shared: Arc<NodeShared<MemoryStore>>,
    pub(crate) line: Option<Line>,
    /// Until which step its line stays cut.
    pub(crate) off_until: usize,
    /// Complaints that somebody here will look at.
    pub(crate) watched: BTreeSet<ComplaintId>,
    /// Complaints that came, or of which custody moved, since it was last asked.
    pub(crate) heard: BTreeSet<ComplaintId>,
}

/// What all nodes are made with.
pub(crate) struct Kit {
    pub(crate) trust: Trust,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) timetable: Arc<Timetable>,
}

/// A node's keys, by its number.
pub(crate) fn key(seed: u64, number: usize) -> [u8; 32] {
    let mut bytes = [0x5A; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    bytes[8..16].copy_from_slice(&u64::try_from(number).unwrap().to_be_bytes());
    bytes
}

impl Site {
    pub(crate) async fn new(node: NodeId, store: MemoryStore, secret: [u8; 32], kit: &Kit) -> Self {
        let number = u64::from_be_bytes(secret[..8].try_into().unwrap())
            ^ u64::from_be_bytes(secret[8..16].try_into().unwrap()).rotate_left(32);
        let ring = Keyring::new(SealingKey::from_seed(&secret), []);
        let entropy = Arc::new(SeededEntropy::new(number));
        let desk = Desk::open(store.clone(), Arc::clone(&kit.clock), entropy, ring).await.unwrap();
        let signer = NodeKey::new(kit.trust.federation.clone(), node.clone(), SigningKey::from_seed(secret));
        let shared = NodeShared::new(store.clone(), signer, kit.trust.clone(), Arc::clone(&kit.clock));
        Self {
            node,
            store,
            desk: desk.with_timetable(Arc::clone(&kit.timetable)),
            shared: Arc::new(shared.with_timetable(Arc::clone(&kit.timetable))),
            line: None,
            off_until: 0,
            watched: BTreeSet::new(),
            heard: BTreeSet::new(),
        }
    }

    /// Dials the hub anew.
    pub(crate) async fn connect(&mut self, hub: &Arc<HubShared<MemoryStore>>) {
        let hello = self.shared.hello(false).await.unwrap();
        let mut end = NodeEnd::new(Arc::clone(&self.shared));
        let out = end.handle(node_session::Input::Start(hello)).await;
        let hub = HubEnd::new(Arc::clone(hub), self.node.clone());
        self.line = Some(Line { node: end, hub, up: out.messages.into(), down: VecDeque::new() });
    }

    /// Carries what is on the way, or lets both ends look for work; whether something moved. `woken` are others for whom
    /// something waits now.
    ///
    /// # Errors
    /// If a session ended: nothing here gives it a reason to.
    pub(crate) async fn carry(&mut self, now: Timestamp, woken: &mut BTreeSet<NodeId>) -> Result<bool, String> {
        let Some(line) = self.line.as_mut() else { return Ok(false) };
        let mut moved = false;
        let mut batches = Vec::new();
        while let Some(Up::Batch(_)) = line.up.front() {
            if let Some(Up::Batch(batch)) = line.up.pop_front() {
                batches.push(batch);
            }
        }
        let input = if batches.is_empty() {
            line.up.pop_front().map(|message| hub_session::Input::Received(message, now))
        } else {
            Some(hub_session::Input::Batches(batches))
        };
        if let Some(input) = input {
            let out = line.hub.handle(input).await;
            if let Some(fault) = out.ended {
                return Err(format!("the hub ends the session of {}: {fault:?}", self.node));
            }
            woken.extend(out.woken);
            line.down.extend(out.messages);
            moved = true;
        }
        if let Some(message) = line.down.pop_front() {
            let out = line.node.handle(node_session::Input::Received(message)).await;
            if let Some(ended) = out.ended {
                return Err(format!("{} ends its session: {ended:?}", self.node));
            }
            line.up.extend(out.messages);
            moved = true;
        }
        let Heard { complaints, all } = self.shared.news.take();
        if all {
            moved |= self.desk.grant_all(Turn::Own).await.unwrap() > 0;
        }
        self.heard.extend(complaints.iter().copied());
        moved |= self.desk.grant(complaints, Turn::Own).await.unwrap() > 0;
        self.shared.news.done();
        if !moved {
            let up = line.node.handle(node_session::Input::Wake).await;
            let down = line.hub.handle(hub_session::Input::Wake).await;
            moved = !up.messages.is_empty() || !down.messages.is_empty();
            woken.extend(down.woken);
            line.up.extend(up.messages);
            line.down.extend(down.messages);
        }
        Ok(moved)
    }
}
