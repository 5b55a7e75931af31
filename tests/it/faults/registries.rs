//! A hub that shows different registries to different nodes, in whichever of its words: found, kept, and nothing is sealed upon it.

use std::collections::BTreeSet;

use lintas::domain::{Change, ComplaintId, SealHash, Timestamp, Visibility};
use lintas::journal::{Head, RegistryHead, Seal, SealBody, SignedHead, SignedReceipt, SigningKey};
use lintas::link::hub::session::Input;
use lintas::link::hub::shared::HEAD_SECONDS;
use lintas::link::message::{Ack, Down, Fault, Up};
use lintas::link::node::{Ended, NodeEnd, session as node_session};
use lintas::runtime::Clock as _;
use lintas::store::memory::MemoryStore;
use lintas::store::{Changes, Scope, Store, Word};

use super::bench::{Bench, node};
use super::run;

const NOWHERE: SealHash = SealHash([9; 32]);

/// The hub's true word on where its registry ends.
async fn head(bench: &Bench) -> SignedHead {
    bench.hub.head().await.unwrap().unwrap()
}

fn signed(bench: &Bench, head: Head, key: &SigningKey) -> SignedHead {
    let federation = bench.signer.federation.clone();
    SignedHead::sign(RegistryHead { federation, head, time: bench.now() }, key)
}

/// A node's end of a session of its own, and what it makes of a message.
async fn told(bench: &mut Bench, code: &str, message: Down) -> Option<Ended> {
    let mut line = bench.sites.get_mut(code).unwrap().line.take().unwrap();
    let out = line.node.handle(node_session::Input::Received(message)).await;
    if out.ended.is_none() {
        bench.sites.get_mut(code).unwrap().line = Some(line);
    }
    out.ended
}

async fn kinds(store: &MemoryStore) -> Vec<(&'static str, bool)> {
    store.evidence().await.unwrap().iter().map(|one| (one.there.kind(), one.here.is_some())).collect()
}

#[test]
fn hub_says_another_registry_in_its_head() {
    run(async {
        let mut bench = Bench::new().await;
        let honest = head(&bench).await;
        assert_eq!(told(&mut bench, "13", Down::Head(honest.clone())).await, None);
        assert_eq!(bench.at("13").shared.said(), Some(honest.clone()));
        // Of what is not known here yet nothing can be said.
        let at = honest.said().head;
        let key = bench.signer.key.clone();
        let later = lintas::domain::Position::new(1, at.position.seq + 50);
        let later = signed(&bench, Head { position: later, hash: NOWHERE }, &key);
        assert_eq!(told(&mut bench, "13", Down::Head(later)).await, None);
        assert_eq!(kinds(&bench.at("13").store).await, []);
        let false_one = signed(&bench, Head { hash: NOWHERE, ..at }, &key);
        assert_eq!(told(&mut bench, "13", Down::Head(false_one)).await, Some(Ended::Fault(Fault::Registry)));
        assert_eq!(kinds(&bench.at("13").store).await, [("head", true)]);
        // Not the hub's word: no evidence against it.
        let forged = signed(&bench, Head { hash: NOWHERE, ..at }, &SigningKey::from_seed([8; 32]));
        assert_eq!(told(&mut bench, "13.71", Down::Head(forged)).await, Some(Ended::Fault(Fault::BrokenSeal)));
        assert_eq!(kinds(&bench.at("13.71").store).await, []);
    });
}

/// A false word on a place that the node has not got yet, and then the place.
#[test]
fn hub_says_another_registry_before_it_shows_it() {
    run(async {
        let mut bench = Bench::new().await;
        let next = bench.store.own().await.unwrap().sealed.position.next();
        let key = bench.signer.key.clone();
        let early = signed(&bench, Head { position: next, hash: NOWHERE }, &key);
        assert_eq!(told(&mut bench, "13", Down::Head(early)).await, None);
        let put_out = super::bench::unit("13.72");
        lintas::link::hub::registrar::suspend(&bench.store, &bench.signer, &put_out, bench.now())
            .await
            .unwrap()
            .unwrap();
        bench.hub.refresh().await.unwrap();
        bench.settle().await;
        assert_eq!(bench.at("13").ended, Some(Ended::Fault(Fault::Registry)));
        assert_eq!(kinds(&bench.at("13").store).await, [("head", true)]);
        assert_eq!(kinds(&bench.at("13.71").store).await, []);
    });
}

#[test]
fn hub_says_nothing_of_its_registry_for_days() {
    run(async {
        let mut bench = Bench::new().await;
        let mut heads = Vec::new();
        for seconds in [0, HEAD_SECONDS - 10, 20, HEAD_SECONDS] {
            bench.clock.set(bench.clock.timestamp().plus_seconds(seconds).0);
            let line = bench.sites.get_mut("13").unwrap().line.as_mut().unwrap();
            let said = line
                .hub
                .progress()
                .await
                .messages
                .into_iter()
                .find_map(|down| if let Down::Head(head) = down { Some(head) } else { None });
            heads.push(said.map(|head| head.said().time));
        }
        let start = heads[0].unwrap();
        let at = |seconds: i64| Some(Timestamp(start.0 + seconds * 1_000_000));
        assert_eq!(heads, [at(0), None, at(HEAD_SECONDS + 10), at(2 * HEAD_SECONDS + 10)]);
        // And as soon as it has grown.
        lintas::link::hub::registrar::suspend(&bench.store, &bench.signer, &super::bench::unit("13.72"), bench.now())
            .await
            .unwrap()
            .unwrap();
        bench.hub.refresh().await.unwrap();
        let line = bench.sites.get_mut("13").unwrap().line.as_mut().unwrap();
        let said = line.hub.progress().await.messages;
        assert!(said.iter().any(|down| matches!(down, Down::Head(_))), "{said:?}");
    });
}

#[test]
fn receipt_names_another_registry() {
    run(async {
        let mut bench = Bench::new().await;
        let mut line = bench.sites.get_mut("13").unwrap().line.take().unwrap();
        bench.file("13").await;
        let mut acks = Vec::new();
        for up in line.node.handle(node_session::Input::Wake).await.messages {
            acks.extend(line.hub.handle(Input::Received(up, bench.now())).await.messages);
        }
        let Some(Down::Ack(ack)) = acks.into_iter().find(|down| matches!(down, Down::Ack(_))) else { panic!("no Ack") };
        assert_eq!(ack.receipt.receipt().registry, head(&bench).await.said().head, "a receipt cites no registry");
        let mut receipt = ack.receipt.receipt().clone();
        receipt.registry.hash = NOWHERE;
        let receipt = SignedReceipt::sign(receipt, &bench.signer.key);
        let out = line.node.handle(node_session::Input::Received(Down::Ack(Ack { receipt, ..ack }))).await;
        assert_eq!(out.ended, Some(Ended::Fault(Fault::Registry)));
        assert_eq!(kinds(&bench.at("13").store).await, [("receipt", true)]);
    });
}

/// Makes 13 find two registries: 13.71 cites another one.
async fn two(bench: &mut Bench) -> (NodeEnd<MemoryStore>, Seal) {
    let id = bench.moved("13.71", "13").await;
    let mut line = bench.sites.get_mut("13").unwrap().line.take().unwrap();
    bench.act("13.71", id, lintas::desk::Action::Reply).await;
    bench.settle().await;
    let Some(Down::Deliver(mut deliver)) = line.hub.handle(Input::Wake).await.messages.pop() else { panic!("none") };
    let delivery = deliver.events.last_mut().unwrap();
    let body = delivery.seal.body().clone();
    let seal = Seal::sign(SealBody { hub: Head { hash: NOWHERE, ..body.hub }, ..body }, &bench.at("13.71").key);
    delivery.seal = seal.clone();
    let out = line.node.handle(node_session::Input::Received(Down::Deliver(deliver))).await;
    assert_eq!(out.ended, Some(Ended::Fault(Fault::Registry)));
    (line.node, seal)
}

/// To which nodes parts of a complaint are granted, as a node has it.
async fn readers(store: &MemoryStore, id: ComplaintId) -> BTreeSet<String> {
    let file = store.file(id).await.unwrap().unwrap();
    let wraps = file.events.into_iter().filter_map(|filed| {
        if let Change::Granted { wraps, .. } = filed.event.header.change { Some(wraps) } else { None }
    });
    wraps.flatten().map(|wrap| wrap.to.to_string()).collect()
}

#[test]
fn two_registries_are_forgotten_or_sealed_upon() {
    run(async {
        let mut bench = Bench::new().await;
        let (_, there) = two(&mut bench).await;
        let found = bench.at("13").store.evidence().await.unwrap();
        assert_eq!((found.len(), found[0].there.clone()), (1, Word::of_seal(&there)));
        let Some(Word::Seal(bytes, signature)) = found[0].here.clone() else {
            panic!("the hub's own seal is not kept")
        };
        let here = Seal::read(bytes, signature).unwrap();
        here.verify(&bench.signer.key.public()).unwrap();
        assert!(here.head().position == there.body().hub.position && here.head() != there.body().hub);

        // The desk works on; nothing of it is sealed to anybody whose keys the hub may have made up, and nothing goes out.
        let before = bench.store.peer(node("13")).await.unwrap().unwrap().stored;
        let id = bench.file_as("13", Visibility::Confidential).await;
        bench.connect("13").await;
        bench.settle().await;
        let site = bench.at("13");
        assert_eq!(bench.store.peer(node("13")).await.unwrap().unwrap().stored, before);
        assert!(site.store.counts().await.unwrap().unsealed > 0);
        assert_eq!(readers(&site.store, id).await, BTreeSet::from(["13".to_owned()]));
        site.desk.grant_all(lintas::desk::granting::Turn::Anybodys).await.unwrap();
        assert_eq!(readers(&site.store, id).await, BTreeSet::from(["13".to_owned()]));

        // Somebody has looked into it.
        let dismissed = Changes { dismissed: Some(bench.now()), ..Changes::default() };
        site.store.transact(Scope::default(), |_| (dismissed, ())).await.unwrap();
        site.desk.grant_all(lintas::desk::granting::Turn::Anybodys).await.unwrap();
        bench.connect("13").await;
        bench.settle().await;
        let site = bench.at("13");
        assert_eq!(site.store.counts().await.unwrap().unsealed, 0);
        assert_eq!(readers(&bench.store, id).await, BTreeSet::from(["13".to_owned(), "id".to_owned()]));
    });
}

/// What the hub leaves out of a complaint's history shows, and nobody acts upon half of it.
#[test]
fn hub_drops_middle_event_of_complaint() {
    run(async {
        let mut bench = Bench::new().await;
        let id = bench.file("13.71").await;
        bench.act("13.71", id, lintas::desk::Action::Verify).await;
        bench.act("13.71", id, lintas::desk::Action::FollowUp).await;
        bench.settle().await;
        let mut line = bench.sites.get_mut("13").unwrap().line.take().unwrap();
        let to = super::bench::unit("13");
        let reason = lintas::domain::Reason::NotMyAuthority;
        bench.act("13.71", id, lintas::desk::Action::Transfer { to, reason }).await;
        bench.settle().await;
        let Some(Down::Deliver(mut deliver)) = line.hub.handle(Input::Wake).await.messages.pop() else {
            panic!("none")
        };
        let verified = |bytes: &[u8]| lintas::journal::event(bytes).unwrap().header.change == Change::Verified;
        let first = deliver.events[0].number;
        deliver.events.retain(|delivery| !verified(&delivery.bytes));
        for (number, delivery) in (first..).zip(&mut deliver.events) {
            delivery.number = number;
        }
        let out = line.node.handle(node_session::Input::Received(Down::Deliver(deliver))).await;
        assert_eq!(out.ended, None);
        let site = bench.at("13");
        let complaint = lintas::domain::fold(&site.events(id).await).unwrap();
        assert_eq!((complaint.node(), complaint.missing.len()), (&node("13"), 1));
        let name = lintas::desk::ComplaintName::Id(id);
        let refused = site.desk.act(&name, None, &lintas::desk::Action::Accept, "").await.unwrap_err();
        assert_eq!(refused.code(), "desk.incomplete");
    });
}

/// A life of a journal that was ended does not go on, whoever has its key.
#[test]
fn old_incarnation_event_replayed() {
    run(async {
        let mut bench = Bench::new().await;
        bench.file("13.71").await;
        bench.settle().await;
        let mut forger = super::forger::Forger::connect(&bench, "13.71").await;
        let old = forger.head;
        // Beyond what counted in it, with the true key.
        let batch = forger.seal(vec![vec![0xff; 40]]);
        let granted =
            Change::IncarnationGranted { node: super::bench::unit("13.71"), incarnation: 2, ended: old.position };
        lintas::link::hub::registrar::register(&bench.store, &bench.signer, vec![granted], bench.now()).await.unwrap();
        bench.hub.refresh().await.unwrap();
        let mut again = super::forger::Forger::silent(&bench, "13.71").await;
        let hello = lintas::link::message::Hello { head: batch.batch.seal.head(), ..again.hello(&bench) };
        let out = again.say(&bench, Up::Hello(hello)).await;
        assert_eq!(out.messages, vec![Down::Fault(Fault::Fork)]);
        let stored = bench.store.peer(node("13.71")).await.unwrap().unwrap().stored;
        let out = forger.say(&bench, Up::Batch(batch)).await;
        assert!(out.ended.is_some(), "the old session goes on");
        assert_eq!(bench.store.peer(node("13.71")).await.unwrap().unwrap().stored, stored);
    });
}
