//! The federation over a simulated year: the hub, its nodes, the clock, which is moved by hand, and what befalls links and hub. What people
//! do is `people`'s. Only nodes that have something to do are looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use lintas::desk::directory;
use lintas::domain::directory::Directory;
use lintas::domain::{ComplaintId, FederationId, Moment, NodeId, Starts, Timestamp, Timetable, UnitCode};
use lintas::journal::{SealingKey, SigningKey};
use lintas::link::hub::ingest::Policy;
use lintas::link::hub::registrar::{Enrolment, enrol, register};
use lintas::link::hub::silence::{Watch, listen};
use lintas::link::hub::{HubKey, HubShared};
use lintas::link::node::Trust;
use lintas::regulations::timetable;
use lintas::runtime::{Clock, ManualClock};
use lintas::store::memory::MemoryStore;
use lintas::store::{DueFilter, Owner, Store};
use lintas_tests::trust::{endorse_all, registry};

use super::country::Country;
use super::people::{Task, Who};
use super::report::Tally;
use super::site::{Kit, Site, key};
use crate::simulation::dice::Dice;

/// 1 January 2026, 7 o'clock in Jakarta.
const START: i64 = 1_767_225_600_000_000;
const MINUTE: i64 = 60_000_000;
/// A step is six hours.
const STEP: i64 = 360 * MINUTE;
pub(crate) const STEPS_A_DAY: usize = 4;
/// How often a message may be carried in one settling before it counts as a circle.
const CARRIED_MAX: usize = 5_000_000;

/// How large, how long, and by which seed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) nodes: usize,
    pub(crate) days: usize,
    pub(crate) complaints: usize,
    /// Whether the hub never looks for silence: so that the oracle has something to find.
    pub(crate) deaf: bool,
}

pub(crate) struct World {
    pub(crate) plan: Plan,
    pub(crate) dice: Dice,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) country: Country,
    pub(crate) directory: Directory,
    pub(crate) timetable: Arc<Timetable>,
    pub(crate) policy: Policy,
    pub(crate) store: MemoryStore,
    signer: HubKey,
    hub: Arc<HubShared<MemoryStore>>,
    watch: Watch,
    pub(crate) sites: Vec<Site>,
    index: BTreeMap<UnitCode, usize>,
    pub(crate) step: usize,
    pub(crate) agenda: BTreeMap<usize, Vec<Task>>,
    /// Units of which nobody is at work until a step.
    pub(crate) asleep: BTreeMap<UnitCode, usize>,
    dirty: BTreeSet<usize>,
    /// What a desk has told a person it took, and where.
    pub(crate) filed: Vec<(ComplaintId, usize)>,
    pub(crate) tally: Tally,
}

impl World {
    /// All are enrolled, endorsed and connected, and know the registry.
    pub(crate) async fn new(plan: Plan) -> Result<Self, String> {
        let federation = FederationId::parse("nation.lapor").unwrap();
        let clock = Arc::new(ManualClock::at(START));
        let country = Country::new(plan.nodes);
        let store = MemoryStore::new(Owner { federation: federation.clone(), node: NodeId::Hub });
        let secret = Arc::new(SigningKey::from_seed(key(plan.seed, usize::MAX)));
        let signer = HubKey { federation: federation.clone(), key: secret };
        let now = clock.timestamp();
        let listed = country.offices.iter().map(|one| one.clone().listed(None));
        register(&store, &signer, listed.collect(), now).await.unwrap();
        let names: BTreeMap<_, _> = country.offices.iter().map(|one| (&one.unit, &one.name)).collect();
        for (number, code) in country.nodes.iter().enumerate() {
            let secret = key(plan.seed, number);
            let enrolment = Enrolment {
                node: code.clone(),
                name: names[code].clone(),
                signing_key: SigningKey::from_seed(secret).public(),
                tls_key: secret,
                sealing_key: SealingKey::from_seed(&secret).public(),
            };
            enrol(&store, &signer, enrolment, now).await.unwrap();
        }
        let index: BTreeMap<UnitCode, usize> =
            country.nodes.iter().enumerate().map(|(at, code)| (code.clone(), at)).collect();
        endorse_all(&store, &signer, |code| SigningKey::from_seed(key(plan.seed, index[code])), now).await.unwrap();
        let timetable = Arc::new(timetable(Starts::Complete));
        let policy = Policy { timetable: Arc::clone(&timetable), climb_unanswered: true, ..Policy::default() };
        let hub = HubShared::new(store.clone(), signer.clone(), policy.clone(), clock.clone());
        let directory = directory(&registry(&store).await.unwrap());
        let mut world = Self {
            plan,
            dice: Dice::new(plan.seed),
            clock,
            country,
            directory,
            timetable,
            policy,
            store,
            signer,
            hub: Arc::new(hub),
            watch: Watch::default(),
            sites: Vec::new(),
            index,
            step: 0,
            agenda: BTreeMap::new(),
            asleep: BTreeMap::new(),
            dirty: BTreeSet::new(),
            filed: Vec::new(),
            tally: Tally::default(),
        };
        world.open(&federation).await?;
        Ok(world)
    }

    /// The first node hears the registry over its line; every other one's disk is as that one's before it wrote anything.
    async fn open(&mut self, federation: &FederationId) -> Result<(), String> {
        let trust = Trust { federation: federation.clone(), hub: self.signer.key.public() };
        let kit = Kit { trust, clock: self.clock.clone(), timetable: Arc::clone(&self.timetable) };
        for (number, code) in self.country.nodes.clone().into_iter().enumerate() {
            let node = NodeId::Node(code);
            let owner = Owner { federation: federation.clone(), node: node.clone() };
            let store = match self.sites.first() {
                None => MemoryStore::new(owner),
                Some(first) => first.store.snapshot_for(owner),
            };
            self.sites.push(Site::new(node, store, key(self.plan.seed, number), &kit).await);
            self.connect(number).await;
            if number == 0 {
                self.settle().await?;
            }
        }
        self.settle().await
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.timestamp()
    }

    /// The node at which a unit is at home.
    pub(crate) fn home(&self, unit: &UnitCode) -> usize {
        let mut upwards = std::iter::once(unit.clone()).chain(unit.ancestors());
        upwards.find_map(|code| self.index.get(&code).copied()).unwrap_or(0)
    }

    pub(crate) fn at(&self, node: &NodeId) -> Option<usize> {
        node.unit().and_then(|code| self.index.get(code).copied())
    }

    /// A node has something to do.
    pub(crate) fn touch(&mut self, at: usize) {
        self.dirty.insert(at);
    }

    async fn connect(&mut self, at: usize) {
        let hub = Arc::clone(&self.hub);
        self.sites[at].connect(&hub).await;
        self.touch(at);
    }

    /// Everything is carried until nothing moves.
    pub(crate) async fn settle(&mut self) -> Result<(), String> {
        let (now, mut carried) = (self.now(), 0);
        while let Some(at) = self.dirty.pop_first() {
            let mut woken = BTreeSet::new();
            while self.sites[at].carry(now, &mut woken).await? {
                carried += 1;
            }
            if carried > CARRIED_MAX {
                return Err("the federation does not come to rest".to_owned());
            }
            let others = woken.iter().filter_map(|node| self.at(node)).filter(|other| *other != at);
            let others: Vec<usize> = others.filter(|other| self.sites[*other].line.is_some()).collect();
            self.dirty.extend(others);
            let heard = std::mem::take(&mut self.sites[at].heard);
            for complaint in heard {
                self.arrived(at, complaint);
            }
        }
        Ok(())
    }

    /// Six hours.
    pub(crate) async fn step(&mut self) -> Result<(), String> {
        self.step += 1;
        self.clock.set(START + STEP * i64::try_from(self.step).unwrap());
        if self.step.is_multiple_of(STEPS_A_DAY) {
            self.weather().await;
        }
        self.people().await?;
        if self.step % STEPS_A_DAY == 1 {
            for at in 0..self.sites.len() {
                let lapsed = self.sites[at].desk.lapse().await.unwrap();
                if lapsed > 0 {
                    self.tally.lapsed += lapsed;
                    self.touch(at);
                }
            }
        }
        self.settle().await?;
        self.listen().await
    }

    /// Once a day: lines break, for hours or weeks, and come back; units fall asleep; and now and then the hub is started anew.
    async fn weather(&mut self) {
        for at in 0..self.sites.len() {
            let site = &mut self.sites[at];
            if site.line.is_some() && self.dice.one_in(60) {
                let long = self.dice.one_in(5);
                site.off_until = self.step + 1 + self.dice.below(if long { 100 } else { 8 });
                site.line = None;
                self.tally.cut += 1;
            } else if site.line.is_none() && site.off_until <= self.step {
                self.connect(at).await;
            }
        }
        if let Some(office) = self.dice.pick(&self.country.offices) {
            let until = self.step + STEPS_A_DAY * (7 + self.dice.below(35));
            self.asleep.insert(office.unit.clone(), until);
        }
        if self.dice.one_in(90) {
            self.restart_hub().await;
        }
    }

    async fn restart_hub(&mut self) {
        self.tally.restarts += 1;
        let (store, signer) = (self.store.clone(), self.signer.clone());
        self.hub = Arc::new(HubShared::new(store, signer, self.policy.clone(), self.clock.clone()));
        self.watch = Watch::default();
        for at in 0..self.sites.len() {
            if self.sites[at].line.take().is_some() {
                self.connect(at).await;
            }
        }
    }

    /// The hub looks three times in twenty minutes, as one that has looked all the time would: long enough to know which links are down.
    /// Nodes of which it has to know it say that they are there.
    async fn listen(&mut self) -> Result<(), String> {
        for look in 0..3 {
            if look > 0 {
                self.clock.advance(10 * MINUTE);
            }
            let moments = Moment::ALL.into_iter().filter(|moment| moment.is_the_offices()).collect();
            let due = DueFilter { before: self.now(), node: None, moments, told: true, after: None, limit: usize::MAX };
            let holders: BTreeSet<NodeId> =
                self.store.due(due).await.unwrap().into_iter().map(|summary| summary.node).collect();
            for at in holders.iter().filter_map(|node| self.at(node)).collect::<Vec<_>>() {
                if let Some(line) = self.sites[at].line.as_mut() {
                    let out = line.hub.progress().await;
                    line.down.extend(out.messages);
                    self.touch(at);
                }
            }
            self.settle().await?;
            if self.plan.deaf {
                continue;
            }
            let heard = listen(&self.hub, &self.watch).await.unwrap();
            self.tally.told += heard.told;
            self.tally.climbed += heard.climbed;
            let woken: Vec<usize> = heard.woken.iter().filter_map(|node| self.at(node)).collect();
            self.dirty.extend(woken);
            self.settle().await?;
        }
        Ok(())
    }

    /// Every line is mended, everything is carried, and the hub has looked.
    pub(crate) async fn heal(&mut self) -> Result<(), String> {
        for at in 0..self.sites.len() {
            if self.sites[at].line.is_none() {
                self.connect(at).await;
            }
        }
        self.settle().await?;
        self.listen().await
    }

    /// Somebody will look at a complaint after so many steps.
    pub(crate) fn later(&mut self, steps: usize, who: Who, at: usize, complaint: ComplaintId) {
        self.agenda.entry(self.step + steps).or_default().push(Task { who, at, complaint });
    }
}
