//! A change that this version does not know: held with all that its author writes after it, forwarded, the complaint read-only,
//! and judged once the hub knows it.

use lintas::desk::{Action, ComplaintName};
use lintas::domain::admission::last_of;
use lintas::domain::{Change, ComplaintId, Event, EventHash, Header, PartKind, Position, Registry, Verdict, fold};
use lintas::journal::{self, Part};
use lintas::link::hub::Recorder;
use lintas::store::{Changes, Entry, PeerUpdate, ProofRef, Scope, Store, Summary, View};

use super::bench::{Bench, node, verdict};
use super::run;

const UNKNOWN: u16 = 999;

async fn write(bench: &Bench, code: &str, id: ComplaintId, change: Change) -> EventHash {
    let header = bench.at(code).header(id, change, bench).await;
    let events = bench.at(code).events(id).await;
    let opener = fold(&events).unwrap().epoch().opener;
    bench.at(code).write(Header { opener: Some(opener), ..header }, Vec::new()).await
}

#[test]
fn unknown_change_is_refused_or_counts() {
    run(async {
        let mut bench = Bench::new().await;
        let id = bench.moved("13.71", "13").await;
        bench.act("13", id, Action::Accept).await;
        let newer = write(&bench, "13", id, Change::Unknown { kind: UNKNOWN, body: vec![0x80] }).await;
        let later = write(&bench, "13", id, Change::Responded).await;
        bench.settle().await;
        for code in ["13", "13.71"] {
            for event in [newer, later] {
                assert_eq!(verdict(&bench.at(code).store, &node("13"), event).await, Some(Verdict::Held), "{code}");
            }
            let complaint = fold(&bench.at(code).events(id).await).unwrap();
            assert!(complaint.read_only, "{code}");
            assert_eq!(complaint.status(), lintas::domain::Status::Open, "what is held counts");
            let name = ComplaintName::Id(id);
            let action = if code == "13" { Action::FollowUp } else { Action::Reply };
            bench.at(code).desk.act(&name, None, &action, "Catatan.").await.unwrap_err();
        }
        assert_eq!(bench.verdict("13", newer).await, Some(Verdict::Held));
        assert_eq!(bench.at("13").store.refusals(10).await.unwrap().len(), 2, "its author's operator does not see it");
        // Its author's work elsewhere goes on.
        let other = bench.file("13").await;
        bench.settle().await;
        let filed = bench.at("13").events(other).await[0].hash;
        assert_eq!(bench.verdict("13", filed).await, Some(Verdict::Applied));
        // A hub of the same version that starts again still does not know it.
        assert!(bench.other_hub().release_held().await.unwrap().is_empty());
        assert_eq!(bench.verdict("13", later).await, Some(Verdict::Held));
    });
}

#[test]
fn stranger_makes_a_complaint_read_only() {
    run(async {
        let mut bench = Bench::new().await;
        let id = bench.moved("13.71", "13").await;
        let change = Change::Unknown { kind: UNKNOWN, body: vec![0x80] };
        let header = bench.at("13.72").header(id, change, &bench).await;
        let event = bench.at("13.72").write(header, Vec::new()).await;
        bench.settle().await;
        assert!(matches!(bench.verdict("13.72", event).await, Some(Verdict::Inadmissible(_))));
        bench.act("13", id, Action::Accept).await;
    });
}

/// What a hub of an older version has stored of three events of Padang's whose changes it did not know: a follow-up, an erasure,
/// and an answer under a wrong registry position. Written as that version would have, row by row.
async fn older_hub_stores(bench: &Bench, id: ComplaintId) -> Vec<EventHash> {
    let site = bench.at("13.71");
    let at = site.store.own().await.unwrap();
    let filed = site.events(id).await[0].hash;
    let mut prev = last_of(&site.node, &site.events(id).await);
    let mut made = Vec::new();
    let changes = [Change::FollowedUp, Change::Redacted { event: filed }, Change::Responded];
    for (seq, change) in (at.written.seq + 1..).zip(changes) {
        let header = site.header(id, change, bench).await;
        let header = Header { prev, position: Position::new(1, seq), ..header };
        prev = Some(site.write(header.clone(), Vec::new()).await);
        made.push(header);
    }
    let bytes: Vec<Vec<u8>> = made.iter().map(journal::header::encode).collect();
    let hashes: Vec<EventHash> = bytes.iter().map(|bytes| journal::header_hash(bytes)).collect();
    // The node's own end seals them; the hub's rows are of that very seal.
    site.shared.hello(false).await.unwrap();
    let sealed = site.store.sealed(site.node.clone(), at.sealed.position, 1).await.unwrap().remove(0);
    let paths = journal::merkle::paths(&hashes);
    let scope = Scope {
        complaints: [id].into(),
        peer: Some(site.node.clone()),
        registry_after: Some(Position::ZERO),
        ..Scope::default()
    };
    let (signer, now, seal) = (bench.signer.clone(), bench.now(), sealed.seal);
    let hashes_stored = hashes.clone();
    let plan = move |view: &View| {
        let mut registry = Registry::default();
        view.registry.iter().for_each(|event| registry.apply(event));
        let mut events = view.complaints[&id].clone();
        let mut entries = Vec::new();
        for (index, ((header, bytes), path)) in (0..).zip(made.into_iter().zip(bytes).zip(paths)) {
            let event = Event { hash: journal::header_hash(&bytes), header };
            let proof = ProofRef { seal_last: seal.body().last, index, path };
            entries.push(Entry::of(&event, bytes, Vec::new(), Some(proof), Verdict::Held));
            events.push(event);
        }
        let mut recorder = Recorder::new(&signer, &view.own, registry.position(), now);
        let prev = last_of(&lintas::domain::NodeId::Hub, &events);
        let (notice, entry) = recorder.record(Some(id), prev, Change::Held { event: hashes_stored[0] });
        entries.push(entry);
        let seals = recorder.seal(&mut entries);
        let outbox = vec![(node("13.71"), notice.hash)];
        events.push(notice);
        let complaint = fold(&events).unwrap();
        assert!(complaint.read_only);
        let peer = PeerUpdate { stored: Some(seal.head()), ..PeerUpdate::default() };
        let changes = Changes {
            entries,
            seals: [vec![seal], seals].concat(),
            summaries: vec![Summary::of(&complaint, &events, now)],
            outbox,
            peer: Some(peer),
            ..Changes::default()
        };
        (changes, ())
    };
    bench.store.transact(scope, plan).await.unwrap();
    hashes
}

#[test]
fn upgraded_hub_forgets_what_was_held() {
    run(async {
        let mut bench = Bench::new().await;
        let id = bench.file("13.71").await;
        bench.settle().await;
        bench.cut("13.71");
        let held = older_hub_stores(&bench, id).await;
        bench.connect("13.71").await;
        bench.settle().await;
        for event in &held {
            assert_eq!(verdict(&bench.at("13.71").store, &node("13.71"), *event).await, Some(Verdict::Held));
        }
        let filed = bench.at("13.71").events(id).await[0].hash;
        let content = |file: lintas::store::File| file.events.iter().map(|filed| filed.parts.len()).sum::<usize>();
        assert_eq!(content(bench.store.file(id).await.unwrap().unwrap()), 1, "a held erasure erased");
        // The upgrade.
        bench.hub = bench.other_hub();
        let woken = bench.hub.release_held().await.unwrap();
        assert!(woken.contains(&node("13.71")), "nobody is told");
        bench.settle().await;
        for event in held {
            assert_eq!(bench.verdict("13.71", event).await, Some(Verdict::Applied));
            assert_eq!(verdict(&bench.at("13.71").store, &node("13.71"), event).await, Some(Verdict::Applied));
        }
        for store in [&bench.store, &bench.at("13.71").store] {
            let file = store.file(id).await.unwrap().unwrap();
            assert_eq!(content(file.clone()), 0, "what was erased is still there");
            let events: Vec<Event> = file.events.into_iter().map(|filed| filed.event).collect();
            let complaint = fold(&events).unwrap();
            assert!(!complaint.read_only && complaint.redacted.contains(&filed));
        }
        assert!(bench.hub.release_held().await.unwrap().is_empty(), "released twice");
        bench.act("13.71", id, Action::Close).await;
    });
}

/// An erasure that waits behind an unknown change is outside the set: it erases nothing yet, here or there.
#[test]
fn held_erasure_erases() {
    run(async {
        let mut bench = Bench::new().await;
        let id = bench.moved("13.71", "13").await;
        bench.act("13", id, Action::Accept).await;
        let note = Part::plain(0, PartKind::Note, [1; 32], b"Catatan.".to_vec());
        let header = bench.at("13").header(id, Change::FollowedUp, &bench).await;
        let opener = fold(&bench.at("13").events(id).await).unwrap().epoch().opener;
        let header = Header { opener: Some(opener), parts: note.reference().into_iter().collect(), ..header };
        let target = bench.at("13").write(header, vec![note]).await;
        bench.settle().await;
        write(&bench, "13", id, Change::Unknown { kind: UNKNOWN, body: vec![0x80] }).await;
        write(&bench, "13", id, Change::Redacted { event: target }).await;
        bench.settle().await;
        for store in [&bench.store, &bench.at("13.71").store] {
            let file = store.file(id).await.unwrap().unwrap();
            let filed = file.events.iter().find(|filed| filed.event.hash == target).unwrap();
            assert_eq!(filed.parts.len(), 1);
        }
    });
}
