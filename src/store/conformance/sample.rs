//! Made-up authors, events, seals and projections for the suite, and shorthand for transactions.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::event::{Category, Filing, PublicName};
use crate::domain::{
    AccountRole, Cause, Change, Channel, Class, ComplaintId, DisplayState, Event, EventHash, FederationId, Header,
    Moved, NodeId, PartKind, Position, Pseudonym, SealHash, SealingKeyId, SigningKeyId, Timestamp, TrackingNumber,
    UnitCode, Verdict, Visibility, fold,
};
use crate::journal::{self, GENESIS, Head, Part, Receipt, Seal, SealBody, SignedReceipt, SigningKey};
use crate::store::people::{Account, People, PeopleScope};
use crate::store::{
    Changes, Counts, Delivery, Dimension, Entry, File, JournalRow, ListFilter, OwnJournal, Owner, Peer, ProofRef,
    Scope, Store, StoreError, Summary, Tally, TallyFilter,
};

pub(in crate::store) fn federation() -> FederationId {
    FederationId::parse("lapor.go.id").unwrap()
}

pub(in crate::store) fn node(name: &str) -> NodeId {
    NodeId::parse(name).unwrap()
}

pub(in crate::store) fn unit(code: &str) -> UnitCode {
    UnitCode::parse(code).unwrap()
}

pub(in crate::store) fn owner(name: &str) -> Owner {
    Owner { federation: federation(), node: node(name) }
}

pub(in crate::store) fn complaint(number: u8) -> ComplaintId {
    ComplaintId([number; 16])
}

pub(in crate::store) fn at(incarnation: u32, seq: u64) -> Position {
    Position::new(incarnation, seq)
}

pub(in crate::store) fn part(index: u8, text: &str) -> Part {
    Part::plain(index, PartKind::Narrative, [index; 32], text.as_bytes().to_vec())
}

pub(in crate::store) fn filed(number: u8) -> Change {
    Change::Filed(Box::new(Filing {
        nonce: [number; 16],
        tracking: TrackingNumber::from_random(number.into()),
        class: Class::Complaint,
        channel: Channel::Counter,
        on_behalf: false,
        visibility: Visibility::Open,
        category: Category::parse("roads").unwrap(),
        about: None,
        area: None,
    }))
}

pub(in crate::store) fn moved(ends: EventHash) -> Change {
    Change::Moved(Box::new(Moved {
        ends,
        unit: unit("13"),
        node: node("13"),
        cause: Cause::Transfer,
        assigned: false,
        proposal: None,
        cutoff: None,
        admitted: Vec::new(),
    }))
}

pub(in crate::store) fn listed(code: &str) -> Change {
    Change::UnitListed { unit: unit(code), name: PublicName::parse(code).unwrap() }
}

pub(in crate::store) fn enrolled(code: &str) -> Change {
    let name = PublicName::parse(code).unwrap();
    let (signing_key, sealing_key) = (SigningKeyId([1; 32]), SealingKeyId([3; 32]));
    Change::NodeEnrolled { node: unit(code), name, signing_key, tls_key: [2; 32], sealing_key, after: Position::ZERO }
}

/// An account, open and new.
pub(in crate::store) fn account(number: u8, login: &str) -> Account {
    Account {
        pseudonym: Pseudonym([number; 16]),
        login: login.to_owned(),
        name: format!("Nama {login}"),
        person: "1980".to_owned(),
        role: AccountRole::Liaison,
        unit: unit("13.71"),
        password: "$argon2id$".to_owned(),
        one_time: true,
        created: Timestamp(3),
        closed: None,
        failures: 0,
        failed: None,
    }
}

/// Somebody who writes a journal.
#[derive(Clone)]
pub(in crate::store) struct Author {
    node: NodeId,
    key: SigningKey,
    pub(in crate::store) head: Head,
    pub(in crate::store) written: Position,
    /// Distinguishes what a restored author writes from what it wrote before.
    pub(in crate::store) time: i64,
}

impl Author {
    pub(in crate::store) fn new(name: &str) -> Self {
        let key = SigningKey::from_seed([name.len().try_into().unwrap(); 32]);
        Self { node: node(name), key, head: Head::GENESIS, written: at(1, 0), time: 0 }
    }

    /// Begins a new life after `previous`.
    pub(in crate::store) fn live_again(&mut self, incarnation: u32, previous: SealHash) {
        self.written = at(incarnation, 0);
        self.head = Head { position: self.written, hash: previous };
    }

    /// Writes an event with content.
    pub(in crate::store) fn tell(&mut self, complaint: Option<ComplaintId>, change: Change, parts: &[Part]) -> Entry {
        let event = self.event(complaint, change, parts, None);
        Entry::of(&event, journal::header::encode(&event.header), parts.to_vec(), None, Verdict::Provisional)
    }

    /// Files a complaint that folds, and projects it.
    pub(in crate::store) fn file(&mut self, number: u8) -> (Entry, Summary) {
        let event = self.event(Some(complaint(number)), filed(number), &[], self.node.unit().cloned());
        let entry = Entry::of(&event, journal::header::encode(&event.header), Vec::new(), None, Verdict::Provisional);
        let (time, events) = (event.header.time, [event]);
        (entry, Summary::of(&fold(&events).unwrap(), &events, time))
    }

    fn event(
        &mut self,
        complaint: Option<ComplaintId>,
        change: Change,
        parts: &[Part],
        unit: Option<UnitCode>,
    ) -> Event {
        self.written = self.written.next();
        let header = Header {
            federation: federation(),
            node: self.node.clone(),
            position: self.written,
            prev: None,
            complaint,
            opener: None,
            seen: None,
            registry: Position::ZERO,
            time: Timestamp(self.time),
            unit,
            account: None,
            change,
            parts: parts.iter().filter_map(Part::reference).collect(),
        };
        Event { hash: journal::header_hash(&journal::header::encode(&header)), header }
    }

    /// Writes an event.
    pub(in crate::store) fn write(&mut self, complaint: ComplaintId, change: Change) -> Entry {
        self.tell(Some(complaint), change, &[])
    }

    /// Writes `count` events on a complaint.
    pub(in crate::store) fn work(&mut self, complaint: ComplaintId, count: usize) -> Vec<Entry> {
        (0..count).map(|_| self.write(complaint, Change::FollowedUp)).collect()
    }

    /// Seals entries that follow the head, without proofs, as a node does with its own.
    pub(in crate::store) fn seal(&mut self, entries: &[Entry]) -> Seal {
        let hashes: Vec<EventHash> = entries.iter().map(|entry| entry.hash).collect();
        let seal = Seal::sign(
            SealBody {
                federation: federation(),
                origin: self.node.clone(),
                incarnation: entries[0].position.incarnation,
                first: entries[0].position.seq,
                last: entries[entries.len() - 1].position.seq,
                previous: self.head.hash,
                root: journal::merkle::root(&hashes),
                hub: Head::NONE,
            },
            &self.key,
        );
        self.head = seal.head();
        seal
    }

    /// Seals entries and gives them their proofs, as the hub stores them.
    pub(in crate::store) fn prove(&mut self, entries: &mut [Entry]) -> Seal {
        let seal = self.seal(entries);
        let hashes: Vec<EventHash> = entries.iter().map(|entry| entry.hash).collect();
        for ((entry, path), index) in entries.iter_mut().zip(journal::merkle::paths(&hashes)).zip(0..) {
            entry.proof = Some(ProofRef { seal_last: seal.body().last, index, path });
        }
        seal
    }

    /// One sealed batch with proofs, to be stored.
    pub(in crate::store) fn batch(&mut self, mut entries: Vec<Entry>, verdict: Verdict) -> Changes {
        let seal = self.prove(&mut entries);
        for entry in &mut entries {
            entry.verdict = verdict;
        }
        Changes { entries, seals: vec![seal], ..Changes::default() }
    }
}

pub(in crate::store) fn receipt() -> SignedReceipt {
    let receipt = Receipt {
        federation: federation(),
        origin: node("13.71"),
        position: at(1, 3),
        head: GENESIS,
        hub: at(1, 9),
        registry: Head { position: at(1, 8), hash: GENESIS },
        time: Timestamp(7),
    };
    SignedReceipt::sign(receipt, &SigningKey::from_seed([9; 32]))
}

/// A complaint at 13.71, filed there.
pub(in crate::store) fn summary(number: u8) -> Summary {
    Summary {
        id: complaint(number),
        tracking: TrackingNumber::from_random(u64::MAX - u64::from(number)),
        origin: node("13.71"),
        class: Class::ComplaintFieldCheck,
        category: "roads".to_owned(),
        visibility: Visibility::Confidential,
        imported: false,
        unit: unit("13.71"),
        node: node("13.71"),
        state: DisplayState::New,
        epoch: 1,
        pending: None,
        held: false,
        late: 0,
        filed_at: Timestamp(-1),
        updated_at: Timestamp(number.into()),
        participants: vec![node("13.71")],
        measure: None,
    }
}

/// Writes changes that read nothing.
pub(in crate::store) async fn put<S: Store>(store: &S, changes: Changes) -> Result<(), StoreError> {
    store.transact(Scope::default(), |_| (changes, ())).await
}

/// Writes changes with a peer in scope.
pub(in crate::store) async fn put_for<S: Store>(store: &S, peer: &str, changes: Changes) -> Result<(), StoreError> {
    let scope = Scope { peer: Some(node(peer)), ..Scope::default() };
    store.transact(scope, |_| (changes, ())).await
}

/// Everything that can be read from a store.
#[derive(PartialEq, Debug)]
pub(in crate::store) struct Everything {
    owner: Owner,
    pub(in crate::store) own: OwnJournal,
    registry: Vec<Event>,
    pub(in crate::store) journals: BTreeMap<NodeId, Vec<JournalRow>>,
    seals: Vec<Option<Seal>>,
    files: Vec<Option<File>>,
    announced: BTreeMap<ComplaintId, Position>,
    peers: Vec<Peer>,
    outboxes: Vec<Vec<Delivery>>,
    list: Vec<Summary>,
    tallies: Vec<Tally>,
    counts: Counts,
    people: People,
}

pub(in crate::store) async fn everything<S: Store>(store: &S) -> Everything {
    let mut journals = BTreeMap::new();
    let mut complaints = BTreeSet::new();
    let mut seals = Vec::new();
    for origin in store.origins().await.unwrap() {
        let rows = store.journal(origin.clone(), Position::ZERO, usize::MAX).await.unwrap();
        for row in &rows {
            complaints.extend(row.complaint);
            seals.push(store.seal_of(origin.clone(), row.position).await.unwrap());
        }
        journals.insert(origin, rows);
    }
    let list = store.list(ListFilter::default()).await.unwrap();
    complaints.extend(list.iter().map(|summary| summary.id));
    let mut files = Vec::new();
    for complaint in &complaints {
        files.push(store.file(*complaint).await.unwrap());
    }
    let peers = store.peers().await.unwrap();
    let mut outboxes = Vec::new();
    for peer in &peers {
        outboxes.push(store.outbox(peer.node.clone(), peer.generation, 0, usize::MAX).await.unwrap());
    }
    let all = PeopleScope { everybody: true, requests: true, ..PeopleScope::default() };
    let known = store.look_at_people(all.clone()).await.unwrap();
    let logins = known.accounts.into_iter().map(|account| account.login).collect();
    let people = store.look_at_people(PeopleScope { logins, ..all }).await.unwrap();
    let scope = Scope { complaints, ..Scope::default() };
    Everything {
        owner: store.owner().await.unwrap(),
        own: store.own().await.unwrap(),
        registry: store.registry().await.unwrap(),
        journals,
        seals,
        files,
        announced: store.transact(scope, |view| (Changes::default(), view.announced.clone())).await.unwrap(),
        peers,
        outboxes,
        list,
        tallies: store.tallies(TallyFilter { by: Dimension::ALL.to_vec(), ..TallyFilter::default() }).await.unwrap(),
        counts: store.counts().await.unwrap(),
        people,
    }
}

/// Asserts that changes are refused as a contradiction and leave nothing behind.
pub(in crate::store) async fn refused<S: Store>(store: &S, peer: Option<&str>, changes: Changes, what: &str) {
    let before = everything(store).await;
    let scope = Scope { peer: peer.map(node), ..Scope::default() };
    let result = store.transact(scope, |_| (changes, ())).await;
    assert!(matches!(result, Err(StoreError::Conflict(_))), "{what}: {result:?}");
    assert_eq!(everything(store).await, before, "{what}");
}
