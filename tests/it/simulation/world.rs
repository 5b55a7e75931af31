//! The federation: one database of the hub with two hub processes on it, four nodes, and what may befall them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use lintas::desk::Desk;
use lintas::domain::event::PublicName;
use lintas::domain::{Cause, EventHash, FederationId, NodeId, UnitCode, Verdict};
use lintas::journal::{SealingKey, SigningKey};
use lintas::link::hub::ingest::Policy;
use lintas::link::hub::registrar::{Enrolment, enrol, register};
use lintas::link::hub::{HubEnd, HubKey, HubShared, session};
use lintas::link::message::{Fault, Up};
use lintas::link::node::{Ended, NodeEnd, Trust, session as node_session};
use lintas::runtime::{Clock, ManualClock, SeededEntropy};
use lintas::store::memory::MemoryStore;
use lintas::store::{ListFilter, Owner, Store};
use lintas_tests::trust::endorse_all;

use super::dice::Dice;
use super::site::{Kit, Line, Site};

const NODES: &[(&str, &[&str])] = &[
    ("id", &["id", "kl.kemenkes", "kl.kemensos"]),
    ("13", &["13", "13.dlh"]),
    ("13.71", &["13.71", "13.71.dpupr", "13.71.dlh"]),
    ("kl.pu", &["kl.pu", "kl.pu.bpjn-sumbar"]),
];
const START: i64 = 1_790_000_000_000_000;

pub(crate) struct World {
    pub(crate) dice: Dice,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) kit: Kit,
    pub(crate) store: MemoryStore,
    pub(crate) hubs: Vec<Arc<HubShared<MemoryStore>>>,
    signer: HubKey,
    pub(crate) sites: Vec<Site>,
    units: Vec<UnitCode>,
    /// Streams whose node is gone, but of which the hub does not know it yet.
    ghosts: Vec<(HubEnd<MemoryStore>, VecDeque<Up>)>,
    /// Final verdicts seen at the hub: they never change.
    finals: BTreeMap<EventHash, Verdict>,
}

fn unit(code: &str) -> UnitCode {
    UnitCode::parse(code).unwrap()
}

impl World {
    pub(crate) async fn new(seed: u64) -> Self {
        let federation = FederationId::parse("sim.lapor").unwrap();
        let clock = Arc::new(ManualClock::at(START));
        let store = MemoryStore::new(Owner { federation: federation.clone(), node: NodeId::Hub });
        let key = Arc::new(SigningKey::from_seed([7; 32]));
        let signer = HubKey { federation: federation.clone(), key };
        let kit = Kit {
            federation: federation.clone(),
            trust: Trust { federation: federation.clone(), hub: signer.key.public() },
            clock: clock.clone(),
            entropy: Arc::new(SeededEntropy::new(seed)),
        };
        let now = clock.timestamp();
        let units: Vec<UnitCode> = NODES.iter().flat_map(|(_, units)| units.iter().map(|code| unit(code))).collect();
        let listed = units.iter().map(|unit| {
            lintas::domain::Listing::named(unit.clone(), PublicName::parse(unit.as_str()).unwrap()).listed(None)
        });
        register(&store, &signer, listed.collect(), now).await.unwrap();
        let mut sites = Vec::new();
        for (number, (code, own)) in (1_u8..).zip(NODES) {
            let (node, seed) = (NodeId::Node(unit(code)), [number; 32]);
            let enrolment = Enrolment {
                node: unit(code),
                name: PublicName::parse(code).unwrap(),
                signing_key: SigningKey::from_seed(seed).public(),
                tls_key: [number; 32],
                sealing_key: SealingKey::from_seed(&seed).public(),
            };
            enrol(&store, &signer, enrolment, now).await.unwrap();
            let memory = MemoryStore::new(Owner { federation: federation.clone(), node: node.clone() });
            let desk =
                Desk::open(memory.clone(), kit.clock.clone(), kit.entropy.clone(), Site::ring(seed)).await.unwrap();
            sites.push(Site {
                shared: Site::share(&memory, &node, seed, &kit),
                node,
                seed,
                units: own.iter().map(|code| unit(code)).collect(),
                store: memory,
                desk,
                line: None,
                backup: None,
                filed: BTreeMap::new(),
                forked: false,
            });
        }
        let keys: BTreeMap<UnitCode, SigningKey> =
            NODES.iter().zip(1_u8..).map(|((code, _), seed)| (unit(code), SigningKey::from_seed([seed; 32]))).collect();
        endorse_all(&store, &signer, |code| keys[code].clone(), now).await.unwrap();
        let mut world = Self {
            dice: Dice::new(seed),
            clock,
            kit,
            store,
            hubs: Vec::new(),
            signer,
            sites,
            units,
            ghosts: Vec::new(),
            finals: BTreeMap::new(),
        };
        world.restart_hubs();
        world.heal().await.unwrap();
        world
    }

    /// Both hub processes die and start again.
    fn restart_hubs(&mut self) {
        for site in &mut self.sites {
            site.line = None;
        }
        self.ghosts.clear();
        let shared = || {
            let (store, signer) = (self.store.clone(), self.signer.clone());
            Arc::new(HubShared::new(store, signer, Policy::default(), self.kit.clock.clone()))
        };
        self.hubs = vec![shared(), shared()];
    }

    pub(crate) async fn step(&mut self) {
        self.clock.advance(1_000_000);
        let at = self.dice.below(self.sites.len());
        match self.dice.below(100) {
            0..6 => {
                let Self { sites, dice, units, .. } = self;
                sites[at].file(dice, units).await;
            }
            6..32 => {
                let Self { sites, dice, units, .. } = self;
                sites[at].act(dice, units).await;
            }
            32..36 => self.connect(at, false).await,
            36..66 => {
                self.carry_up(at).await;
            }
            66..88 => {
                self.carry_down(at).await;
            }
            88..90 => self.cut(at),
            90..92 => self.ghost().await,
            92 => self.sites[at].restart(&self.kit).await,
            93 if self.dice.one_in(4) => self.restart_hubs(),
            94 => self.sites[at].backup = Some(self.sites[at].store.snapshot()),
            95 if self.dice.one_in(4) => self.restore(at).await,
            96 if self.dice.one_in(2) => self.escalate().await,
            97 if self.sites[at].forked => self.connect(at, true).await,
            98..100 => {
                self.wake(at).await;
            }
            _ => {}
        }
    }

    /// The line breaks. What is on its way is lost, or, half-dead, still reaches the hub later.
    fn cut(&mut self, at: usize) {
        if let Some(line) = self.sites[at].line.take()
            && self.dice.one_in(2)
        {
            self.ghosts.push((line.hub, line.up));
        }
    }

    /// A half-dead stream brings one more message to the hub.
    async fn ghost(&mut self) {
        let some = self.dice.below(self.ghosts.len());
        let Some((hub, up)) = self.ghosts.get_mut(some) else { return };
        match up.pop_front() {
            Some(message) => {
                hub.handle(session::Input::Received(message, self.clock.timestamp())).await;
            }
            None => {
                self.ghosts.swap_remove(some);
            }
        }
    }

    async fn restore(&mut self, at: usize) {
        let site = &mut self.sites[at];
        if let Some(backup) = site.backup.take() {
            site.store.restore(&backup);
            site.filed.values_mut().for_each(|replaced| *replaced = true);
            site.restart(&self.kit).await;
        }
    }

    async fn escalate(&mut self) {
        let filter = ListFilter { limit: 1000, ..ListFilter::default() };
        let known = self.store.list(filter).await.unwrap();
        let Some(summary) = self.dice.pick(&known) else { return };
        let hub = &self.hubs[self.dice.below(2)];
        hub.move_complaint(summary.id, Cause::Escalation).await.unwrap();
    }

    pub(crate) async fn connect(&mut self, at: usize, recover: bool) {
        if self.sites[at].line.is_some() {
            return;
        }
        let hub = self.hubs[self.dice.below(2)].clone();
        let site = &mut self.sites[at];
        let hello = site.shared.hello(recover).await.unwrap();
        let mut node = NodeEnd::new(site.shared.clone());
        let out = node.handle(node_session::Input::Start(hello)).await;
        let hub = HubEnd::new(hub, site.node.clone());
        site.line = Some(Line { node, hub, up: out.messages.into(), down: VecDeque::new() });
    }

    /// Both ends look for work of their own.
    pub(crate) async fn wake(&mut self, at: usize) -> bool {
        let Some(line) = self.sites[at].line.as_mut() else { return false };
        let node = line.node.handle(node_session::Input::Wake).await;
        let hub = line.hub.handle(session::Input::Wake).await;
        let news = !node.messages.is_empty() || !hub.messages.is_empty();
        line.up.extend(node.messages);
        line.down.extend(hub.messages);
        news
    }

    pub(crate) async fn carry_up(&mut self, at: usize) -> bool {
        let Some(line) = self.sites[at].line.as_mut() else { return false };
        let Some(message) = line.up.pop_front() else { return false };
        let out = line.hub.handle(session::Input::Received(message, self.clock.timestamp())).await;
        line.down.extend(out.messages);
        true
    }

    pub(crate) async fn carry_down(&mut self, at: usize) -> bool {
        let site = &mut self.sites[at];
        let Some(line) = site.line.as_mut() else { return false };
        let Some(message) = line.down.pop_front() else { return false };
        let out = line.node.handle(node_session::Input::Received(message)).await;
        line.up.extend(out.messages);
        match out.ended {
            None => {}
            Some(Ended::Fault(Fault::Fork)) => {
                // The node's last word may tell the hub, too.
                self.carry_up(at).await;
                self.sites[at].line = None;
                self.sites[at].forked = true;
            }
            Some(Ended::Recovered) => {
                site.line = None;
                site.forked = false;
            }
            Some(_) => site.line = None,
        }
        true
    }

    /// Everything is repaired: ghosts end, every node is connected, recovered if need be, and everything is carried.
    pub(crate) async fn heal(&mut self) -> Result<(), String> {
        self.ghosts.clear();
        for at in 0..self.sites.len() {
            self.sites[at].line = None;
        }
        for _ in 0..10_000 {
            let mut moved = false;
            for at in 0..self.sites.len() {
                if self.sites[at].line.is_none() {
                    let recover = self.sites[at].forked;
                    self.connect(at, recover).await;
                    moved = true;
                }
                moved |= self.carry_up(at).await;
                moved |= self.carry_down(at).await;
                moved |= self.wake(at).await;
            }
            if !moved {
                return Ok(());
            }
        }
        Err("the federation does not come to rest".to_owned())
    }

    /// What must hold at every moment: a final verdict at the hub never changes.
    pub(crate) async fn watch(&mut self) -> Result<(), String> {
        if !self.dice.one_in(6) {
            return Ok(());
        }
        for summary in self.store.list(ListFilter { limit: 1000, ..ListFilter::default() }).await.unwrap() {
            for filed in self.store.file(summary.id).await.unwrap().unwrap().events {
                if matches!(filed.verdict, Verdict::Provisional | Verdict::Held) {
                    continue;
                }
                let said = *self.finals.entry(filed.event.hash).or_insert(filed.verdict);
                if said != filed.verdict {
                    return Err(format!("the verdict on {:?} went from {said} to {}", filed.event.hash, filed.verdict));
                }
            }
        }
        Ok(())
    }
}
