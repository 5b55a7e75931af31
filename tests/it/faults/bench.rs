//! The bench: a hub and five enrolled nodes on memory stores, and lines between them that lose nothing.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use lintas::desk::granting::Turn;
use lintas::desk::{Action, ComplaintName, Desk, NewComplaint};
use lintas::domain::event::{Category, PublicName};
use lintas::domain::{
    Change, Channel, Class, ComplaintId, EventHash, FederationId, NodeId, Position, Starts, Timestamp, UnitCode,
    Verdict, Visibility,
};
use lintas::journal::{Keyring, SealingKey, SigningKey};
use lintas::link::hub::ingest::Policy;
use lintas::link::hub::registrar::{Enrolment, enrol, register};
use lintas::link::hub::{HubEnd, HubKey, HubShared, session as hub_session};
use lintas::link::message::{Down, Up};
use lintas::link::node::news::Heard;
use lintas::link::node::{Ended, NodeEnd, NodeKey, NodeShared, Trust, session as node_session};
use lintas::regulations::timetable;
use lintas::runtime::{Clock, ManualClock, SeededEntropy};
use lintas::store::memory::MemoryStore;
use lintas::store::{ListFilter, Owner, Store};
use lintas_tests::trust::endorse_all;

const NODES: &[(&str, &[&str])] = &[
    ("id", &["id", "kl.kemenkes"]),
    ("13", &["13", "13.dlh"]),
    ("13.71", &["13.71", "13.71.dpupr", "13.71.dlh"]),
    ("13.72", &["13.72"]),
    ("kl.pu", &["kl.pu"]),
];
/// A node that nobody enrolled.
pub(crate) const NOBODY: &str = "13.73";
pub(crate) const START: i64 = 1_790_000_000_000_000;

pub(crate) fn unit(code: &str) -> UnitCode {
    UnitCode::parse(code).unwrap()
}

pub(crate) fn node(code: &str) -> NodeId {
    NodeId::Node(unit(code))
}

/// One node: its disk, its desk, and both ends of its line while that is up.
pub(crate) struct Site {
    pub(crate) node: NodeId,
    pub(crate) key: SigningKey,
    pub(crate) store: MemoryStore,
    pub(crate) desk: Desk<MemoryStore>,
    pub(crate) shared: Arc<NodeShared<MemoryStore>>,
    pub(crate) line: Option<Line>,
    /// How the node's last session ended.
    pub(crate) ended: Option<Ended>,
    /// Whether it lets others in to what it can open, as a node that serves does.
    pub(crate) grants: bool,
}

pub(crate) struct Line {
    pub(crate) node: NodeEnd<MemoryStore>,
    pub(crate) hub: HubEnd<MemoryStore>,
    pub(crate) up: VecDeque<Up>,
    pub(crate) down: VecDeque<Down>,
}

pub(crate) struct Bench {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) signer: HubKey,
    pub(crate) store: MemoryStore,
    pub(crate) hub: Arc<HubShared<MemoryStore>>,
    pub(crate) sites: BTreeMap<&'static str, Site>,
    pub(crate) nonces: u8,
}

impl Bench {
    /// All are enrolled, connected, and know the registry.
    pub(crate) async fn new() -> Self {
        let federation = FederationId::parse("bench.lapor").unwrap();
        let owner = Owner { federation, node: NodeId::Hub };
        Self::on(MemoryStore::new(owner)).await
    }

    /// The same, with a hub whose outboxes hold no more than `rows`.
    pub(crate) async fn with_outbox_rows_max(rows: u64) -> Self {
        let federation = FederationId::parse("bench.lapor").unwrap();
        let owner = Owner { federation, node: NodeId::Hub };
        Self::on(MemoryStore::new(owner).with_outbox_rows_max(rows)).await
    }

    async fn on(store: MemoryStore) -> Self {
        let federation = store.owner().await.unwrap().federation;
        let clock = Arc::new(ManualClock::at(START));
        let signer = HubKey { federation, key: Arc::new(SigningKey::from_seed([7; 32])) };
        let units = NODES.iter().flat_map(|(_, units)| units.iter());
        let listed =
            units.map(|code| lintas::domain::Listing::named(unit(code), PublicName::parse(code).unwrap()).listed(None));
        register(&store, &signer, listed.collect(), clock.timestamp()).await.unwrap();
        let hub = shared(&store, &signer, &clock);
        let mut bench = Self { clock, signer, store, hub, sites: BTreeMap::new(), nonces: 0 };
        for (number, (code, _)) in (1_u8..).zip(NODES) {
            let key = SigningKey::from_seed([number; 32]);
            let enrolment = Enrolment {
                node: unit(code),
                name: PublicName::parse(code).unwrap(),
                signing_key: key.public(),
                tls_key: [number; 32],
                sealing_key: SealingKey::from_seed(&[number; 32]).public(),
            };
            enrol(&bench.store, &bench.signer, enrolment, bench.now()).await.unwrap();
            bench.sites.insert(code, bench.site(code, key, number).await);
        }
        let keys: BTreeMap<UnitCode, SigningKey> =
            bench.sites.iter().map(|(code, site)| (unit(code), site.key.clone())).collect();
        endorse_all(&bench.store, &bench.signer, |code| keys[code].clone(), bench.now()).await.unwrap();
        for (code, _) in NODES {
            bench.connect(code).await;
        }
        bench.settle().await;
        bench
    }

    async fn site(&self, code: &str, key: SigningKey, number: u8) -> Site {
        let federation = self.signer.federation.clone();
        let store = MemoryStore::new(Owner { federation: federation.clone(), node: node(code) });
        let entropy = Arc::new(SeededEntropy::new(u64::from(key.public().0[0])));
        let desk = Desk::open(store.clone(), self.clock.clone(), entropy, ring(number)).await.unwrap();
        let desk = desk.with_timetable(Arc::new(timetable(Starts::Complete)));
        let trust = Trust { federation: federation.clone(), hub: self.signer.key.public() };
        let signer = NodeKey::new(federation, node(code), key.clone());
        let shared = NodeShared::new(store.clone(), signer, trust, self.clock.clone());
        let shared = Arc::new(shared.with_timetable(Arc::new(timetable(Starts::Complete))));
        Site { node: node(code), key, store, desk, shared, line: None, ended: None, grants: true }
    }

    /// Another hub process on the same database.
    pub(crate) fn other_hub(&self) -> Arc<HubShared<MemoryStore>> {
        shared(&self.store, &self.signer, &self.clock)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.timestamp()
    }

    pub(crate) fn at(&self, code: &str) -> &Site {
        &self.sites[code]
    }

    pub(crate) async fn connect(&mut self, code: &str) {
        let hub = HubEnd::new(self.hub.clone(), node(code));
        let site = self.sites.get_mut(code).unwrap();
        let hello = site.shared.hello(false).await.unwrap();
        let mut end = NodeEnd::new(site.shared.clone());
        let out = end.handle(node_session::Input::Start(hello)).await;
        site.ended = None;
        site.line = Some(Line { node: end, hub, up: out.messages.into(), down: VecDeque::new() });
    }

    pub(crate) fn cut(&mut self, code: &str) {
        self.sites.get_mut(code).unwrap().line = None;
    }

    /// Everything is carried until nothing moves; ends that have nothing to do look for work.
    pub(crate) async fn settle(&mut self) {
        for _ in 0..10_000 {
            let mut moved = false;
            let now = self.now();
            for site in self.sites.values_mut() {
                moved |= site.carry(now).await;
            }
            if !moved {
                return;
            }
        }
        panic!("the bench does not come to rest");
    }

    pub(crate) async fn file(&self, code: &str) -> ComplaintId {
        self.file_as(code, Visibility::Open).await
    }

    pub(crate) async fn file_as(&self, code: &str, visibility: Visibility) -> ComplaintId {
        let new = NewComplaint {
            unit: None,
            class: Class::Complaint,
            channel: Channel::Counter,
            visibility,
            category: Category::parse("jalan-rusak").unwrap(),
            on_behalf: false,
            about: None,
            area: None,
            narrative: "Jalan berlubang di depan pasar.".to_owned(),
            reporter: None,
        };
        self.at(code).desk.file(&new).await.unwrap().complaint
    }

    pub(crate) async fn act(&self, code: &str, id: ComplaintId, action: Action) -> EventHash {
        self.at(code).desk.act(&ComplaintName::Id(id), None, &action, "Catatan.").await.unwrap().event
    }

    /// A complaint of `from` that was transferred to `to`, all told.
    pub(crate) async fn moved(&mut self, from: &str, to: &str) -> ComplaintId {
        let id = self.file(from).await;
        let reason = lintas::domain::Reason::NotMyAuthority;
        self.act(from, id, Action::Transfer { to: unit(to), reason }).await;
        self.settle().await;
        id
    }

    /// What the hub says of an event of a node's journal.
    pub(crate) async fn verdict(&self, code: &str, event: EventHash) -> Option<Verdict> {
        verdict(&self.store, &node(code), event).await
    }

    /// All that nodes other than `author` hold: events with their verdicts and content, and what is read off them. The hub's
    /// notices about inadmissible events aside.
    pub(crate) async fn others(&self, author: &str) -> Vec<String> {
        let mut all = Vec::new();
        for site in self.sites.values().filter(|site| site.node != node(author)) {
            for origin in site.store.origins().await.unwrap() {
                for row in site.store.journal(origin.clone(), Position::ZERO, 100_000).await.unwrap() {
                    let event = lintas::journal::event(&row.bytes).unwrap();
                    if !matches!(event.header.change, Change::Inadmissible { .. }) {
                        let (at, said) = (row.position, row.verdict);
                        all.push(format!("{} {origin} {at} {:?} {said} {}", site.node, row.hash, row.parts.len()));
                    }
                }
            }
            let filter = ListFilter { limit: 100_000, ..ListFilter::default() };
            all.extend(site.store.list(filter).await.unwrap().iter().map(|s| format!("{} {s:?}", site.node)));
        }
        all
    }
}

/// The keys of a node's sealed content.
pub(crate) fn ring(number: u8) -> Keyring {
    Keyring::new(SealingKey::from_seed(&[number; 32]), [])
}

fn shared(store: &MemoryStore, signer: &HubKey, clock: &Arc<ManualClock>) -> Arc<HubShared<MemoryStore>> {
    let policy = Policy { timetable: Arc::new(timetable(Starts::Complete)), ..Policy::default() };
    Arc::new(HubShared::new(store.clone(), signer.clone(), policy, clock.clone()))
}

pub(crate) async fn verdict(store: &MemoryStore, origin: &NodeId, event: EventHash) -> Option<Verdict> {
    let rows = store.journal(origin.clone(), Position::ZERO, 100_000).await.unwrap();
    rows.iter().find(|row| row.hash == event).map(|row| row.verdict)
}

impl Site {
    pub(crate) fn is_live(&self) -> bool {
        self.line.as_ref().is_some_and(|line| line.node.session().is_live() && line.hub.session().is_live())
    }

    /// Why the node's operator is told that the link stands still.
    pub(crate) async fn fault(&self) -> Option<String> {
        self.store.peer(NodeId::Hub).await.unwrap().and_then(|peer| peer.fault)
    }

    /// Carries one message each way, or lets both ends look for work; whether something moved.
    async fn carry(&mut self, now: Timestamp) -> bool {
        let Some(line) = self.line.as_mut() else { return false };
        let mut moved = false;
        // What has come meanwhile is taken together, as it is by the transport.
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
            line.down.extend(out.messages);
            moved = true;
        }
        if let Some(message) = line.down.pop_front() {
            let out = line.node.handle(node_session::Input::Received(message)).await;
            line.up.extend(out.messages);
            if out.ended.is_some() {
                self.ended = out.ended;
            }
            moved = true;
        }
        if self.grants {
            let Heard { complaints, all } = self.shared.news.take();
            let granted =
                if all { self.desk.grant_all(Turn::Own).await } else { self.desk.grant(complaints, Turn::Own).await };
            self.shared.news.done();
            moved |= granted.unwrap() > 0;
        }
        if !moved {
            let up = line.node.handle(node_session::Input::Wake).await;
            let down = line.hub.handle(hub_session::Input::Wake).await;
            moved = !up.messages.is_empty() || !down.messages.is_empty();
            line.up.extend(up.messages);
            line.down.extend(down.messages);
        }
        moved
    }
}
