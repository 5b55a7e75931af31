//! A desk to test: a store in memory, the registry as a hub would have sent it, and events by others.

use std::sync::Arc;

use crate::desk::{Action, ComplaintName, Desk, DeskError, NewComplaint, Written};
use crate::domain::event::{Category, PublicName};
use crate::domain::fold::last_admitted;
use crate::domain::{
    Cause, Change, Channel, Class, ComplaintId, Event, EventHash, FederationId, Filing, Header, Moved, NodeId,
    Position, Reason, Registry, SealingKeyId, SigningKeyId, StatementSignature, Timestamp, UnitCode, Verdict,
    Visibility, fold,
};
use crate::journal::{self, Keyring, Seal, SealBody, SealingKey, SigningKey};
use crate::regulations::compiled;
use crate::runtime::{ManualClock, SeededEntropy};
use crate::store::memory::MemoryStore;
use crate::store::{Changes, Entry, Owner, Scope, Store};

pub(crate) fn unit(text: &str) -> UnitCode {
    UnitCode::parse(text).unwrap()
}

pub(crate) fn node(text: &str) -> NodeId {
    NodeId::parse(text).unwrap()
}

pub(super) fn federation() -> FederationId {
    FederationId::parse("lapor.test").unwrap()
}

/// This node's keys.
pub(crate) fn keyring() -> Keyring {
    Keyring::new(SealingKey::from_seed(&[3; 32]), [])
}

pub(crate) struct Bench {
    pub(crate) desk: Desk<MemoryStore>,
    pub(crate) store: MemoryStore,
    hub_seq: u64,
}

/// The keys with which the tests enrol nodes, endorsed by the node above.
fn endorsed(registry: &Registry, code: &str) -> Change {
    Change::KeysEndorsed {
        node: unit(code),
        signing_key: SigningKeyId([1; 32]),
        sealing_key: SealingKeyId([3; 32]),
        keyed: registry.node(&node(code)).unwrap().keyed,
        by: registry.endorser(&unit(code)).and_then(|node| node.unit().cloned()).unwrap_or_else(UnitCode::root),
        signature: StatementSignature([0; 64]),
    }
}

impl Bench {
    /// Padang's desk: 13.71 and its agency dlh live here, 13 and kl.pu elsewhere; 13.72 is listed but closed.
    pub(crate) async fn padang() -> Self {
        let mut bench = Self::bare().await;
        for code in ["id", "13", "13.71", "kl.pu"] {
            bench.enrol(code).await;
        }
        for code in ["id", "13.71", "13.71.dlh", "13.71.dpupr", "13", "kl.pu", "13.72"] {
            bench
                .registry(crate::domain::Listing::named(unit(code), PublicName::parse(code).unwrap()).listed(None))
                .await;
        }
        bench.registry(Change::UnitClosed { unit: unit("13.72"), into: None, declared: None }).await;
        bench
    }

    /// A desk that has heard nothing yet.
    pub(crate) async fn bare() -> Self {
        let store = MemoryStore::new(Owner { federation: federation(), node: node("13.71") });
        let clock = Arc::new(ManualClock::at(1_700_000_000_000_000));
        let desk = Desk::open(store.clone(), clock, Arc::new(SeededEntropy::new(7)), keyring()).await.unwrap();
        let desk = desk.with_timetable(Arc::new(compiled().clone()));
        Self { desk, store, hub_seq: 0 }
    }

    async fn enrol(&mut self, code: &str) {
        let name = PublicName::parse(code).unwrap();
        let (signing_key, sealing_key) = (SigningKeyId([1; 32]), SealingKeyId([3; 32]));
        let (tls_key, after) = ([2; 32], Position::ZERO);
        self.registry(Change::NodeEnrolled { node: unit(code), name, signing_key, tls_key, sealing_key, after }).await;
        let mut registry = Registry::default();
        self.store.registry().await.unwrap().iter().for_each(|event| registry.apply(event));
        self.registry(endorsed(&registry, code)).await;
    }

    /// A registry event of the hub.
    pub(super) async fn registry(&mut self, change: Change) {
        self.by_hub(None, change).await;
    }

    /// An event of the hub, on a complaint or on the registry.
    pub(super) async fn by_hub(&mut self, complaint: Option<ComplaintId>, change: Change) -> Event {
        self.hub_seq += 1;
        let header = header(NodeId::Hub, Position::new(1, self.hub_seq), complaint, change);
        self.store_event(header).await
    }

    /// An event of another node.
    pub(super) async fn by_other(&self, author: &str, seq: u64, opener: EventHash, id: ComplaintId, change: Change) {
        let mut header = header(node(author), Position::new(1, seq), Some(id), change);
        header.unit = Some(unit(author));
        header.opener = Some(opener);
        header.seen = Some(self.events(id).await.first().unwrap().hash);
        self.store_event(header).await;
    }

    /// A filing of another node.
    pub(super) async fn filed_elsewhere(&self, author: &str, id: ComplaintId, filing: Filing) -> EventHash {
        let mut header = header(node(author), Position::new(1, 1), Some(id), Change::Filed(Box::new(filing)));
        header.unit = Some(unit(author));
        self.store_event(header).await.hash
    }

    async fn store_event(&self, header: Header) -> Event {
        let bytes = journal::header::encode(&header);
        let event = Event { hash: journal::header_hash(&bytes), header };
        let entry = Entry::of(&event, bytes, Vec::new(), None, Verdict::Applied);
        self.apply(Changes { entries: vec![entry], ..Changes::default() }).await;
        event
    }

    pub(super) async fn apply(&self, changes: Changes) {
        self.store.transact(Scope::default(), |_| (changes, ())).await.unwrap();
    }

    /// Moves a complaint, as the hub would.
    pub(super) async fn move_to(&mut self, id: ComplaintId, to: &str, at: &str, cause: Cause) -> Event {
        let events = self.events(id).await;
        let complaint = fold(&events).unwrap();
        let own = events.iter().filter(|event| event.header.node == *complaint.node());
        let moved = Moved {
            ends: complaint.epoch().opener,
            unit: unit(to),
            node: node(at),
            cause,
            assigned: cause == Cause::Assignment,
            proposal: complaint.epoch().pending,
            cutoff: own.map(|event| event.header.position).max(),
            admitted: last_admitted(&complaint, &events),
        };
        self.by_hub(Some(id), Change::Moved(Box::new(moved))).await
    }

    /// Seals all that this desk has written.
    pub(super) async fn seal(&self) {
        let own = self.store.own().await.unwrap();
        let body = SealBody {
            federation: federation(),
            origin: node("13.71"),
            incarnation: 1,
            first: own.sealed.position.seq + 1,
            last: own.written.seq,
            previous: own.sealed.hash,
            root: [0; 32],
            hub: journal::Head::NONE,
        };
        let seal = Seal::sign(body, &SigningKey::from_seed([3; 32]));
        self.apply(Changes { seals: vec![seal], ..Changes::default() }).await;
    }

    pub(super) async fn events(&self, id: ComplaintId) -> Vec<Event> {
        let file = self.store.file(id).await.unwrap().unwrap();
        file.events.into_iter().map(|filed| filed.event).collect()
    }

    pub(crate) async fn file(&self) -> ComplaintId {
        self.desk.file(&new_complaint()).await.unwrap().complaint
    }

    pub(super) async fn act(&self, id: ComplaintId, action: Action) -> Result<Written, DeskError> {
        let text = if action.needs_text() { "teks" } else { "" };
        self.desk.act(&ComplaintName::Id(id), None, &action, text).await
    }

    /// Acts where nothing can stand in the way.
    pub(super) async fn must(&self, id: ComplaintId, actions: impl IntoIterator<Item = Action>) {
        for action in actions {
            self.act(id, action).await.unwrap();
        }
    }
}

fn header(author: NodeId, position: Position, complaint: Option<ComplaintId>, change: Change) -> Header {
    Header {
        federation: federation(),
        node: author,
        position,
        prev: None,
        complaint,
        opener: None,
        seen: None,
        registry: Position::ZERO,
        time: Timestamp(1_700_000_000_000_000),
        unit: None,
        account: None,
        change,
        parts: Vec::new(),
    }
}

pub(crate) fn new_complaint() -> NewComplaint {
    NewComplaint {
        unit: None,
        class: Class::Complaint,
        channel: Channel::Counter,
        visibility: Visibility::Open,
        category: Category::parse("jalan-rusak").unwrap(),
        on_behalf: false,
        about: None,
        area: None,
        narrative: "Jalan berlubang di depan pasar.".to_owned(),
        reporter: None,
    }
}

pub(super) fn transfer(to: &str) -> Action {
    Action::Transfer { to: unit(to), reason: Reason::Competent }
}

pub(super) fn dispose(to: &str) -> Action {
    Action::Dispose { unit: unit(to), reason: Reason::Competent }
}
