//! What the audit must find: one alteration a test, and nothing where nothing was altered.

use super::complaint::check_again;
use super::journal::{Extent, Walk};
use super::{Finding, Report, audit};
use crate::desk::tests::bench::keyring;
use crate::desk::{Action, ActionName, ComplaintName, Desk, Opener};
use crate::domain::event::{Category, PublicName};
use crate::domain::registry::{KeySpan, Life, NodeEntry};
use crate::domain::{
    Change, Channel, Class, ComplaintId, DisplayState, EventHash, FederationId, Header, NodeId, PartKind, Position,
    Refusal, SealHash, SigningKeyId, Timestamp, UnitCode, Verdict, Visibility,
};
use crate::journal::{self, Head, Part, Receipt, Seal, SealBody, SignedReceipt, SigningKey, merkle};
use crate::runtime::{ManualClock, Progress, SeededEntropy};
use crate::store::memory::MemoryStore;
use crate::store::{Changes, Entry, File, JournalRow, Owner, PeerUpdate, ProofRef, Scope, Store};
use crate::words::Language;

fn federation() -> FederationId {
    FederationId::parse("lapor.test").unwrap()
}

fn padang() -> NodeId {
    NodeId::parse("13.71").unwrap()
}

fn key() -> SigningKey {
    SigningKey::from_seed([3; 32])
}

fn nobody() -> Opener {
    Opener::without_keys()
}

fn owner(node: &str) -> Owner {
    Owner { federation: federation(), node: NodeId::parse(node).unwrap() }
}

fn row(position: Position, content: &str) -> JournalRow {
    let part = Part::plain(0, PartKind::Note, [5; 32], content.as_bytes().to_vec());
    let header = Header {
        federation: federation(),
        node: padang(),
        position,
        prev: None,
        complaint: Some(ComplaintId([7; 16])),
        opener: None,
        seen: None,
        registry: Position::ZERO,
        time: Timestamp(1),
        unit: None,
        account: None,
        change: Change::FollowedUp,
        parts: part.reference().into_iter().collect(),
    };
    let bytes = journal::header::encode(&header);
    let (hash, complaint, parts) = (journal::header_hash(&bytes), header.complaint, vec![part]);
    JournalRow { position, hash, bytes, complaint, proof: None, parts, verdict: Verdict::Applied }
}

/// A journal: rows and the seals that cover them, two rows a seal.
#[derive(Clone)]
struct Books {
    rows: Vec<JournalRow>,
    seals: Vec<Seal>,
    end: Head,
}

impl Books {
    fn of(places: &[Position]) -> Self {
        let mut books = Self { rows: Vec::new(), seals: Vec::new(), end: Head::GENESIS };
        for batch in places.chunks(2) {
            let mut rows: Vec<JournalRow> = batch.iter().map(|at| row(*at, "Rambu dipasang.")).collect();
            let hashes: Vec<EventHash> = rows.iter().map(|row| row.hash).collect();
            let body = SealBody {
                federation: federation(),
                origin: padang(),
                incarnation: batch[0].incarnation,
                first: batch[0].seq,
                last: batch[batch.len() - 1].seq,
                previous: books.end.hash,
                root: merkle::root(&hashes),
                hub: Head::NONE,
            };
            let paths = merkle::paths(&hashes);
            for ((row, path), index) in rows.iter_mut().zip(paths).zip(0..) {
                row.proof = Some(ProofRef { seal_last: body.last, index, path });
            }
            let seal = Seal::sign(body, &key());
            books.end = seal.head();
            books.seals.push(seal);
            books.rows.append(&mut rows);
        }
        books
    }

    fn five() -> Self {
        Self::of(&[1, 2, 3, 4, 5].map(|seq| Position::new(1, seq)))
    }

    fn seal_of(&self, at: Position) -> Option<Seal> {
        let covers = |seal: &&Seal| {
            let body = seal.body();
            body.incarnation == at.incarnation && (body.first..=body.last).contains(&at.seq)
        };
        self.seals.iter().find(covers).cloned()
    }

    /// The codes of what is found, at the hub (all of the journal) or at a node that was sent parts of it.
    fn codes(&self, extent: Extent, keys: &[SigningKeyId], entry: Option<&NodeEntry>) -> Vec<&'static str> {
        let mut report = Report::default();
        let whose = if extent == Extent::Parts { "13" } else { "hub" };
        let mut walk = Walk::new(&owner(whose), &padang(), extent, keys.to_vec(), entry);
        for row in self.rows.iter().filter(|row| walk.reaches(row.position)).cloned().collect::<Vec<_>>() {
            let seal = if walk.wants_seal(&row) { self.seal_of(row.position) } else { None };
            walk.row(&row, seal, &mut report);
        }
        walk.end(&mut report);
        report.findings.iter().map(|finding| finding.code).collect()
    }

    fn whole(&self) -> Vec<&'static str> {
        self.codes(Extent::Whole { end: self.end, written: self.end.position }, &[key().public()], None)
    }

    fn parts(&self) -> Vec<&'static str> {
        self.codes(Extent::Parts, &[key().public()], None)
    }
}

fn altered(alter: impl FnOnce(&mut Books)) -> Books {
    let mut books = Books::five();
    alter(&mut books);
    books
}

#[test]
fn sound_journal_is_found_fault_with() {
    assert_eq!(Books::five().whole(), Vec::<&str>::new());
    assert_eq!(Books::five().parts(), Vec::<&str>::new());
    assert_eq!(altered(|books| drop(books.rows.remove(2))).parts(), Vec::<&str>::new());
    let others = [SigningKey::from_seed([4; 32]).public(), key().public()];
    assert_eq!(Books::five().codes(Extent::Parts, &others, None), Vec::<&str>::new());
}

#[test]
fn altered_bytes_go_unseen() {
    let other = row(Position::new(1, 2), "Rambu dicuri.");
    let books = altered(|books| books.rows[1].bytes.clone_from(&other.bytes));
    assert_eq!(books.whole(), ["audit.hash", "audit.parts"]);
    assert!(books.parts().contains(&"audit.proof"));
    let books = altered(|books| books.rows[1] = JournalRow { proof: books.rows[1].proof.clone(), ..other });
    assert_eq!(books.whole(), ["audit.proof", "audit.seal"]);
    assert_eq!(books.parts(), ["audit.proof"]);
    let books = altered(|books| books.rows[1].bytes.push(0));
    assert_eq!(books.whole(), ["audit.hash", "audit.header"]);
}

#[test]
fn event_of_another_place_or_complaint_goes_unseen() {
    assert_eq!(altered(|books| books.rows[1].complaint = None).whole(), ["audit.place"]);
    let books = altered(|books| books.rows[3].bytes = row(Position::new(1, 9), "Rambu dipasang.").bytes);
    assert_eq!(books.whole(), ["audit.hash", "audit.place"]);
}

#[test]
fn removed_or_doubled_event_goes_unseen() {
    assert_eq!(altered(|books| drop(books.rows.remove(1))).whole(), ["audit.gap", "audit.seal"]);
    let first = altered(|books| drop(books.rows.remove(0))).whole();
    assert_eq!(first, ["audit.gap", "audit.seal", "audit.seal"]);
    assert!(altered(|books| drop(books.rows.pop())).whole().contains(&"audit.end"));
    assert!(altered(|books| books.rows.insert(2, books.rows[2].clone())).whole().contains(&"audit.gap"));
}

#[test]
fn altered_seal_goes_unseen() {
    let forged = |books: &mut Books, at: usize, alter: fn(&mut SealBody), key: &SigningKey| {
        let mut body = books.seals[at].body().clone();
        alter(&mut body);
        books.seals[at] = Seal::sign(body, key);
    };
    let other = SigningKey::from_seed([9; 32]);
    assert_eq!(altered(|books| forged(books, 1, |_| {}, &other)).whole(), ["audit.seal"]);
    assert_eq!(altered(|books| forged(books, 1, |_| {}, &other)).parts(), ["audit.proof", "audit.proof"]);
    let chain = altered(|books| forged(books, 1, |body| body.previous = SealHash([1; 32]), &key()));
    assert_eq!(chain.whole(), ["audit.seal", "audit.seal"]);
    assert!(altered(|books| drop(books.seals.remove(1))).whole().contains(&"audit.unsealed"));
    assert_eq!(altered(|books| books.rows[4].proof = None).parts(), ["audit.unsealed"]);
    assert_eq!(Books::five().codes(Extent::Parts, &[], None), ["audit.key"; 5]);
}

#[test]
fn altered_content_goes_unseen() {
    assert_eq!(
        altered(|books| books.rows[1].parts[0] = Part::plain(0, PartKind::Note, [5; 32], b"Altered".to_vec())).whole(),
        ["audit.parts"]
    );
    assert_eq!(altered(|books| books.rows[1].parts.clear()).whole(), Vec::<&str>::new());
}

#[test]
fn life_that_was_not_granted_goes_unseen() {
    let places = [(1, 1), (1, 2), (2, 1), (2, 2)].map(|(life, seq)| Position::new(life, seq));
    let books = Books::of(&places);
    let entry = |after| NodeEntry {
        enrolled: Position::new(1, 1),
        keyed: Position::new(1, 1),
        name: PublicName::parse("Padang").unwrap(),
        signing_keys: vec![KeySpan { key: key().public(), after: Position::ZERO }],
        sealing_key: crate::domain::SealingKeyId([0; 32]),
        tls_key: [0; 32],
        confirmed: true,
        suspended: false,
        revoked: None,
        lives: vec![Life { incarnation: 2, after }],
    };
    let codes = |entry: Option<&NodeEntry>| {
        books.codes(Extent::Whole { end: books.end, written: books.end.position }, &[key().public()], entry)
    };
    assert_eq!(codes(Some(&entry(Position::new(1, 2)))), Vec::<&str>::new());
    assert_eq!(codes(Some(&entry(Position::new(1, 1)))), ["audit.life"]);
    assert_eq!(codes(None), ["audit.life"]);
}

/// A node's store with one complaint: filed, verified, followed up; and what the hub said of it.
async fn desk() -> (MemoryStore, ComplaintId) {
    let store = MemoryStore::new(owner("13.71"));
    let hub = SigningKey::from_seed([1; 32]);
    let mut entries = Vec::new();
    let name = || PublicName::parse("Padang").unwrap();
    let unit = || UnitCode::parse("13.71").unwrap();
    let listed = crate::domain::Listing::named(unit(), name()).listed(None);
    let (signing_key, tls_key) = (key().public(), [0; 32]);
    let (sealing_key, after) = (crate::domain::SealingKeyId([0; 32]), Position::ZERO);
    let enrolled = Change::NodeEnrolled { node: unit(), name: name(), signing_key, tls_key, sealing_key, after };
    for (change, seq) in [listed, enrolled].into_iter().zip(1..) {
        let position = Position::new(1, seq);
        let header = Header { node: NodeId::Hub, ..journal::event(&row(position, "").bytes).unwrap().header };
        let header = Header { change, complaint: None, parts: Vec::new(), ..header };
        let bytes = journal::header::encode(&header);
        let hash = journal::header_hash(&bytes);
        entries.push((crate::domain::Event { hash, header }, bytes));
    }
    let hashes: Vec<EventHash> = entries.iter().map(|(event, _)| event.hash).collect();
    let (root, paths) = (merkle::root(&hashes), merkle::paths(&hashes));
    let (origin, previous, hub_head) = (NodeId::Hub, Head::GENESIS.hash, Head::NONE);
    let body =
        SealBody { federation: federation(), origin, incarnation: 1, first: 1, last: 2, previous, root, hub: hub_head };
    let entries = entries.into_iter().zip(paths).zip(0..).map(|(((event, bytes), path), index)| {
        Entry::of(&event, bytes, Vec::new(), Some(ProofRef { seal_last: 2, index, path }), Verdict::Applied)
    });
    let changes = Changes { entries: entries.collect(), seals: vec![Seal::sign(body, &hub)], ..Changes::default() };
    store.transact(Scope::default(), |_| (changes, ())).await.unwrap();
    let clock = std::sync::Arc::new(ManualClock::at(1_700_000_000_000_000));
    let desk = Desk::open(store.clone(), clock, std::sync::Arc::new(SeededEntropy::new(7)), keyring()).await.unwrap();
    let new = crate::desk::NewComplaint {
        unit: None,
        class: Class::Complaint,
        channel: Channel::Counter,
        visibility: Visibility::Open,
        category: Category::parse("jalan-rusak").unwrap(),
        on_behalf: false,
        about: None,
        area: None,
        narrative: "Jalan berlubang.".to_owned(),
        reporter: None,
    };
    let id = desk.file(&new).await.unwrap().complaint;
    for action in [Action::Verify, Action::FollowUp] {
        assert_ne!(action.name(), ActionName::File);
        desk.act(&ComplaintName::Id(id), None, &action, "Dicatat.").await.unwrap();
    }
    seal(&store).await;
    (store, id)
}

/// Seals all that the node has written, and takes the hub's receipt for it.
async fn seal(store: &MemoryStore) {
    let own = store.own().await.unwrap();
    let rows = store.journal(padang(), own.sealed.position, 100).await.unwrap();
    let hashes: Vec<EventHash> = rows.iter().map(|row| row.hash).collect();
    let (first, last) = (own.sealed.position.seq + 1, own.written.seq);
    let (root, previous, hub) = (merkle::root(&hashes), own.sealed.hash, Head::NONE);
    let body =
        SealBody { federation: federation(), origin: padang(), incarnation: 1, first, last, previous, root, hub };
    let seals = vec![Seal::sign(body, &key())];
    store.transact(Scope::default(), |_| (Changes { seals, ..Changes::default() }, ())).await.unwrap();
}

async fn take_receipt(store: &MemoryStore, head: Head, hub: &SigningKey) {
    let Head { position, hash: head } = head;
    let (hub_position, time) = (Position::new(1, 2), Timestamp(1));
    let registry = Head::NONE;
    let receipt =
        Receipt { federation: federation(), origin: padang(), position, head, hub: hub_position, registry, time };
    let update = PeerUpdate { receipt: Some(SignedReceipt::sign(receipt, hub)), ..PeerUpdate::default() };
    let scope = Scope { peer: Some(NodeId::Hub), ..Scope::default() };
    store.transact(scope, |_| (Changes { peer: Some(update), ..Changes::default() }, ())).await.unwrap();
}

async fn audited(store: &MemoryStore) -> Report {
    audit(store, SigningKey::from_seed([1; 32]).public(), key().public(), &nobody(), &Progress::silent()).await.unwrap()
}

#[tokio::test]
async fn node_in_order_is_found_fault_with() {
    let (store, _) = desk().await;
    let head = store.own().await.unwrap().sealed;
    take_receipt(&store, head, &SigningKey::from_seed([1; 32])).await;
    let report = audited(&store).await;
    assert!(report.is_clean(), "{}", report.render(Language::English));
    let checked = report.checked;
    assert_eq!((checked.journals, checked.events, checked.seals, checked.proofs), (2, 5, 1, 2));
    assert_eq!((checked.complaints, checked.verdicts, checked.receipts), (1, 3, 1));
    let other = audit(&store, key().public(), SigningKey::from_seed([8; 32]).public(), &nobody(), &Progress::silent())
        .await
        .unwrap();
    let codes: Vec<&str> = other.findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["audit.proof", "audit.proof", "audit.receipt"]);
}

#[tokio::test]
async fn receipt_for_another_journal_is_believed() {
    let (store, _) = desk().await;
    let (head, hub) = (store.own().await.unwrap().sealed, SigningKey::from_seed([1; 32]));
    for wrong in [
        Head { hash: SealHash([9; 32]), ..head },
        Head { position: Position::new(1, 2), ..head },
        Head { position: Position::new(1, 9), ..head },
    ] {
        take_receipt(&store, wrong, &hub).await;
        let report = audited(&store).await;
        assert_eq!(report.findings.iter().map(|f| f.code).collect::<Vec<_>>(), ["audit.receipt"], "{wrong:?}");
    }
}

#[tokio::test]
async fn altered_state_or_verdict_goes_unseen() {
    let (store, id) = desk().await;
    let file = store.file(id).await.unwrap().unwrap();
    let codes = |owner: &NodeId, alter: &dyn Fn(&mut File)| {
        let mut file = file.clone();
        alter(&mut file);
        let mut report = Report::default();
        check_again(id, Some(&file), owner, &mut report);
        report.findings.iter().map(|finding| finding.code).collect::<Vec<_>>()
    };
    let judged = |file: &mut File| file.events.iter_mut().for_each(|filed| filed.verdict = Verdict::Applied);
    let summary = |file: &mut File, state| file.summary.as_mut().unwrap().state = state;
    let (node, hub) = (padang(), NodeId::Hub);
    assert_eq!(codes(&node, &|_| {}), Vec::<&str>::new());
    assert_eq!(codes(&hub, &|file| judged(file)), Vec::<&str>::new());
    assert_eq!(codes(&hub, &|_| {}), ["audit.verdict"; 3]);
    assert_eq!(codes(&node, &|file| summary(file, DisplayState::Closed)), ["audit.fold"]);
    assert_eq!(codes(&node, &|file| file.summary = None), ["audit.filed"]);
    assert_eq!(codes(&node, &|file| drop(file.events.remove(0))), ["audit.filed"]);
    let late = |file: &mut File| {
        judged(file);
        file.events[2].verdict = Verdict::Late;
    };
    assert_eq!(codes(&node, &|file| late(file)), ["audit.verdict"]);
    let refused = |file: &mut File| {
        judged(file);
        file.events[1].verdict = Verdict::Refused(Refusal::NotOpen);
    };
    assert_eq!(codes(&hub, &|file| refused(file)), ["audit.verdict"]);
    assert_eq!(codes(&node, &|file| drop(file.events.remove(1))), ["audit.fold", "audit.prev"]);
}

#[test]
fn finding_takes_two_lines_or_has_no_text() {
    let facts = vec![("place", "13.71 1/2".to_owned()), ("cause", "one\ntwo".to_owned())];
    let finding = Finding { code: "audit.seal", facts };
    for language in Language::ALL {
        let line = finding.line(language);
        assert!(line.starts_with("audit.seal  13.71 1/2: ") && !line.contains('\n') && !line.contains('{'), "{line}");
    }
    let mut report = Report::default();
    for _ in 0..super::FINDINGS_MAX + 2 {
        report.find("audit.registry", Vec::new());
    }
    assert_eq!((report.findings.len(), report.more), (super::FINDINGS_MAX, 2));
    assert!(!report.is_clean() && report.render(Language::English).contains("and 2 more"));
    assert_eq!(report.to_json(Language::English)["more"], 2);
}
