//! Sealed content on its way: who can read it, who cannot, and what becomes of those who write or route it falsely.

use lintas::desk::granting::Turn;
use lintas::desk::{Action, ComplaintName, NewComplaint, Reporter};
use lintas::domain::event::Category;
use lintas::domain::{
    Change, Channel, Class, ComplaintId, EventHash, Header, Inadmissibility, NodeId, PartKind, Position, Reason,
    Verdict, Visibility, Wrap, fold,
};
use lintas::journal::grant::wrap;
use lintas::journal::statement::Statement;
use lintas::journal::{Body, OpenError, Part, PartKey, sealed};
use lintas::link::hub::registrar::{Enrolment, enrol};
use lintas::store::Store;
use lintas::store::memory::MemoryStore;

use super::bench::{Bench, node, ring, unit};
use super::run;

const NAME: &str = "Rohana Kudus";
const TOLD: &str = "Petugas meminta uang di loket tiga.";

fn complaint(visibility: Visibility, about: Option<&str>) -> NewComplaint {
    NewComplaint {
        unit: None,
        class: Class::Complaint,
        channel: Channel::Counter,
        visibility,
        category: Category::parse("jalan-rusak").unwrap(),
        on_behalf: false,
        about: about.map(unit),
        area: None,
        narrative: TOLD.to_owned(),
        reporter: Some(Reporter { name: NAME.to_owned(), phone: "0751-7778899".to_owned(), ..Reporter::default() }),
    }
}

async fn file(bench: &Bench, visibility: Visibility, about: Option<&str>) -> ComplaintId {
    bench.at("13.71").desk.file(&complaint(visibility, about)).await.unwrap().complaint
}

async fn transfer(bench: &mut Bench, id: ComplaintId, from: &str, to: &str) {
    bench.act(from, id, Action::Transfer { to: unit(to), reason: Reason::NotMyAuthority }).await;
    bench.settle().await;
}

/// What a node's people read of a complaint's filing: identity and narrative; none where it is closed to them.
async fn read(bench: &Bench, code: &str, id: ComplaintId) -> Vec<Option<String>> {
    let file = bench.at(code).desk.show(&ComplaintName::Id(id)).await.unwrap();
    let filed = file.events.iter().find(|filed| matches!(filed.event.header.change, Change::Filed(_))).unwrap();
    filed.parts.iter().map(|part| part.content().map(|text| String::from_utf8(text.to_vec()).unwrap())).collect()
}

async fn can_read(bench: &Bench, code: &str, id: ComplaintId) -> bool {
    let texts = read(bench, code, id).await;
    let told = texts.contains(&Some(TOLD.to_owned())) && texts.iter().flatten().any(|text| text.contains(NAME));
    assert!(told || texts.iter().all(Option::is_none) && texts.len() == 2, "{code} reads one of two");
    told
}

/// All content that a store has, as it has it.
async fn stored(store: &MemoryStore) -> Vec<Part> {
    let mut parts = Vec::new();
    for origin in store.origins().await.unwrap() {
        for row in store.journal(origin, Position::ZERO, 100_000).await.unwrap() {
            parts.extend(row.parts);
        }
    }
    parts
}

/// To whom parts of a complaint were granted, as the hub has it.
async fn granted(bench: &Bench, id: ComplaintId) -> Vec<Wrap> {
    let file = bench.store.file(id).await.unwrap().unwrap();
    let wraps = file.events.into_iter().filter_map(|filed| {
        if let Change::Granted { wraps, .. } = filed.event.header.change { Some(wraps) } else { None }
    });
    wraps.flatten().collect()
}

#[test]
fn confidential_complaint_goes_readable_through_the_hub() {
    run(async {
        let mut bench = Bench::new().await;
        let id = file(&bench, Visibility::Confidential, None).await;
        bench.act("13.71", id, Action::Verify).await;
        bench.settle().await;
        transfer(&mut bench, id, "13.71", "kl.pu").await;
        bench.act("kl.pu", id, Action::Accept).await;
        bench.act("kl.pu", id, Action::Respond).await;
        bench.settle().await;
        let at_the_hub = stored(&bench.store).await;
        assert!(at_the_hub.len() >= 4 && at_the_hub.iter().all(Part::is_sealed), "{at_the_hub:?}");
        assert!(can_read(&bench, "13.71", id).await && can_read(&bench, "kl.pu", id).await);
        // What the new holder writes, the origin reads.
        let file = bench.at("13.71").desk.show(&ComplaintName::Id(id)).await.unwrap();
        let answer = file.events.iter().find(|filed| filed.event.header.change == Change::Responded).unwrap();
        assert_eq!(answer.parts[0].content(), Some(&b"Catatan."[..]));
        for filed in &bench.store.file(id).await.unwrap().unwrap().events {
            assert_eq!(filed.verdict, Verdict::Applied, "{:?}", filed.event.header.change.name());
        }
    });
}

#[test]
fn identity_of_an_open_complaint_goes_readable_through_the_hub() {
    run(async {
        let mut bench = Bench::new().await;
        let id = file(&bench, Visibility::Open, None).await;
        bench.settle().await;
        let sealed = |part: &Part| (part.kind, part.is_sealed());
        let kinds: Vec<_> = stored(&bench.store).await.iter().map(sealed).collect();
        assert_eq!(kinds, [(PartKind::Identity, true), (PartKind::Narrative, false)]);
        assert!(can_read(&bench, "13.71", id).await);
    });
}

#[test]
fn silent_holder_locks_the_file_away() {
    run(async {
        let mut bench = Bench::new().await;
        let id = file(&bench, Visibility::Confidential, None).await;
        bench.settle().await;
        bench.cut("13.71");
        bench.hub.move_complaint(id, lintas::domain::Cause::Escalation).await.unwrap().unwrap();
        bench.settle().await;
        assert!(can_read(&bench, "13", id).await, "the province cannot open what its silent city held");
    });
}

#[test]
fn next_holder_is_left_out() {
    run(async {
        let mut bench = Bench::new().await;
        let id = file(&bench, Visibility::Confidential, None).await;
        bench.settle().await;
        bench.sites.values_mut().for_each(|site| site.grants = false);
        transfer(&mut bench, id, "13.71", "kl.pu").await;
        assert!(!can_read(&bench, "kl.pu", id).await, "nobody has let it in yet");
        bench.sites.values_mut().for_each(|site| site.grants = true);
        bench.settle().await;
        assert!(can_read(&bench, "kl.pu", id).await);
        let before = granted(&bench, id).await.len();
        for code in ["13.71", "kl.pu"] {
            assert_eq!(bench.at(code).desk.grant_all(Turn::Anybodys).await.unwrap(), 0, "{code} grants it twice");
        }
        assert_eq!(granted(&bench, id).await.len(), before);
    });
}

#[test]
fn hub_swaps_sealing_key_before_transfer() {
    run(async {
        let mut bench = Bench::new().await;
        let id = file(&bench, Visibility::Confidential, None).await;
        bench.settle().await;
        let false_key = ring(99).present();
        let enrolment = Enrolment {
            node: unit("kl.pu"),
            name: lintas::domain::event::PublicName::parse("Kementerian PU").unwrap(),
            signing_key: bench.at("kl.pu").key.public(),
            tls_key: [5; 32],
            sealing_key: false_key,
        };
        enrol(&bench.store, &bench.signer, enrolment, bench.now()).await.unwrap();
        bench.settle().await;
        // The desk refuses what the hub would; whoever writes it all the same lets nobody in.
        let to = Action::Transfer { to: unit("kl.pu"), reason: Reason::NotMyAuthority };
        let _ = bench.at("13.71").desk.act(&ComplaintName::Id(id), None, &to, "Catatan.").await;
        bench.settle().await;
        for code in ["13.71", "id"] {
            bench.at(code).desk.grant_all(Turn::Anybodys).await.unwrap();
        }
        bench.settle().await;
        let wraps = granted(&bench, id).await;
        assert!(
            !wraps.is_empty() && wraps.iter().all(|wrap| wrap.key != false_key),
            "sealed to a key that nobody compared"
        );
    });
}

#[test]
fn author_leaves_readable_what_must_be_sealed() {
    run(async {
        let mut bench = Bench::new().await;
        let id = file(&bench, Visibility::Confidential, None).await;
        bench.settle().await;
        let header = bench.at("13.71").header(id, Change::FollowedUp, &bench).await;
        let note = Part::plain(0, PartKind::Note, [1; 32], TOLD.as_bytes().to_vec());
        let header = Header { parts: note.reference().into_iter().collect(), ..header };
        let event = bench.at("13.71").write(header, vec![note]).await;
        bench.settle().await;
        let said = Some(Verdict::Inadmissible(Inadmissibility::Unsealed));
        assert_eq!(bench.verdict("13.71", event).await, said);
        assert!(stored(&bench.store).await.iter().all(Part::is_sealed), "it is stored all the same");
    });
}

/// Writes a note on a complaint as a dishonest author can: its header commits to one text, what is sealed is `parts`, and each
/// recipient is given a key of its own.
async fn forge(bench: &Bench, id: ComplaintId, signed: &Part, sent: Part, keys: &[(&str, u8, PartKey)]) -> EventHash {
    let site = bench.at("13.71");
    let reference = signed.reference().unwrap();
    let header = site.header(id, Change::FollowedUp, bench).await;
    let event = site.write(Header { parts: vec![reference], ..header }, vec![sent]).await;
    let federation = &bench.signer.federation;
    let wraps = keys.iter().map(|(code, number, key)| {
        wrap(key, [*number; 32], federation, 0, &reference, (&node(code), &ring(*number).present())).unwrap()
    });
    let change = Change::Granted { event, wraps: wraps.collect() };
    let header = site.header(id, change, bench).await;
    site.write(header, Vec::new()).await;
    event
}

async fn body(bench: &Bench, code: &str, id: ComplaintId, event: EventHash) -> Body {
    let file = bench.at(code).desk.show(&ComplaintName::Id(id)).await.unwrap();
    file.events.into_iter().find(|filed| filed.event.hash == event).unwrap().parts.remove(0).body
}

#[test]
fn two_recipients_open_different_plaintexts() {
    run(async {
        let mut bench = Bench::new().await;
        let id = file(&bench, Visibility::Confidential, None).await;
        bench.settle().await;
        transfer(&mut bench, id, "13.71", "13").await;
        let signed = Part::plain(0, PartKind::Note, [1; 32], b"Tidak ada uang yang diminta.".to_vec());
        let (key, other) = (PartKey::from_random([1; 32]), PartKey::from_random([2; 32]));
        let federation = bench.signer.federation.clone();
        let sealed = sealed::seal(&signed, &key, &federation, id).unwrap();
        // The province gets the key, the city's own desk another one.
        let to = [("13", 2, key.clone()), ("13.71", 3, other)];
        let event = forge(&bench, id, &signed, sealed.clone(), &to).await;
        bench.settle().await;
        assert!(matches!(body(&bench, "13", id, event).await, Body::Plain { .. }));
        assert_eq!(body(&bench, "13.71", id, event).await, Body::Faulty(OpenError::Key));
        // The header commits to one text, another was sealed: nobody is told either.
        let lie = Part::plain(0, PartKind::Note, [1; 32], b"Ia meminta seratus ribu.".to_vec());
        let event = forge(&bench, id, &lie, sealed, &[("13", 2, key)]).await;
        bench.settle().await;
        assert!(matches!(body(&bench, "13", id, event).await, Body::Faulty(_)));
        // Every complaint but this one is beyond doubt.
        let opener = bench.at("13").desk.opener();
        let (hub, own) = (bench.signer.key.public(), bench.at("13").key.public());
        let silent = lintas::runtime::Progress::silent();
        let report = lintas::desk::audit::audit(&bench.at("13").store, hub, own, &opener, &silent).await.unwrap();
        let codes: Vec<&str> = report.findings.iter().map(|finding| finding.code).collect();
        assert_eq!(codes, ["audit.sealed"]);
    });
}

#[test]
fn erased_ciphertext_stays() {
    run(async {
        let mut bench = Bench::new().await;
        let id = file(&bench, Visibility::Confidential, None).await;
        bench.settle().await;
        let filed = bench.at("13.71").events(id).await[0].hash;
        let event = lintas::desk::EventName::parse(&filed.to_string()).unwrap();
        bench.act("13.71", id, Action::Redact { event }).await;
        bench.settle().await;
        transfer(&mut bench, id, "13.71", "kl.pu").await;
        for store in [&bench.store, &bench.at("13.71").store, &bench.at("kl.pu").store] {
            let file = store.file(id).await.unwrap().unwrap();
            let filed = file.events.iter().find(|stored| stored.event.hash == filed).unwrap();
            assert!(filed.parts.is_empty());
        }
        let file = bench.store.file(id).await.unwrap().unwrap();
        let of_filing = file.events.into_iter().filter_map(|stored| {
            let Change::Granted { event, wraps } = stored.event.header.change else { return None };
            (event == filed).then_some(wraps)
        });
        let to: Vec<NodeId> = of_filing.flatten().map(|wrap| wrap.to).collect();
        assert!(to.contains(&node("13.71")) && !to.contains(&node("kl.pu")), "keys of what is erased are handed on");
    });
}

#[test]
fn officer_reads_complaint_about_own_government() {
    run(async {
        let mut bench = Bench::new().await;
        let id = file(&bench, Visibility::Open, Some("13.71")).await;
        bench.settle().await;
        let complaint = fold(&bench.at("13").events(id).await).unwrap();
        assert_eq!(complaint.unit(), &unit("13"), "it did not go straight up");
        assert!(can_read(&bench, "13", id).await);
        assert!(!can_read(&bench, "13.71", id).await, "the government complained of reads it");
        bench.act("13", id, Action::Accept).await;
        bench.settle().await;
        bench.at("13").desk.grant_all(Turn::Anybodys).await.unwrap();
        bench.settle().await;
        assert!(!can_read(&bench, "13.71", id).await);
        assert!(stored(&bench.store).await.iter().all(Part::is_sealed));
    });
}

#[test]
fn key_that_replaced_another_cannot_open_what_came_before() {
    run(async {
        let mut bench = Bench::new().await;
        let id = file(&bench, Visibility::Confidential, None).await;
        bench.settle().await;
        transfer(&mut bench, id, "13.71", "13").await;
        let site = bench.at("13");
        let rotated = Statement::Rotated {
            node: unit("13"),
            after: site.store.own().await.unwrap().sealed.position,
            signing_key: site.key.public(),
            sealing_key: ring(77).present(),
        };
        let change = rotated.sign(&bench.signer.federation, &site.key).change();
        let (store, signer) = (bench.store.clone(), bench.signer.clone());
        lintas::link::hub::registrar::register(&store, &signer, vec![change], bench.now()).await.unwrap();
        bench.settle().await;
        let federation = bench.signer.federation.clone();
        let opener = lintas::desk::Opener::new(std::sync::Arc::new(ring(77)), federation);
        let file = opener.open(bench.at("13").store.file(id).await.unwrap().unwrap());
        let filed = file.events.iter().find(|filed| matches!(filed.event.header.change, Change::Filed(_))).unwrap();
        assert!(filed.parts.iter().all(|part| part.content().is_some()), "only the lost key opens it");
    });
}
