//! A hub that lies, or somebody in its place: nothing of its message is stored, the session ends, `status` says why.

use lintas::domain::{Change, EventHash, Header, NodeId, Position, Reason, Verdict};
use lintas::journal::{self, Part, Receipt, Seal, SealBody, SignedReceipt, SigningKey};
use lintas::link::hub::session::Input;
use lintas::link::message::{Ack, Deliver, Down, Fault};
use lintas::link::node::{Ended, NodeEnd, session as node_session};
use lintas::store::memory::MemoryStore;
use lintas::store::{Delivery, Store};

use super::bench::{Bench, NOBODY, node, unit};
use super::forger::NOWHERE;
use super::run;

/// A live session of 13's, an honest delivery on its way to it (a whole history and a Moved), and an honest acknowledgement.
async fn set_up() -> (Bench, NodeEnd<MemoryStore>, Deliver, Ack) {
    let mut bench = Bench::new().await;
    let id = bench.file("13.71").await;
    bench.settle().await;
    let mut line = bench.sites.get_mut("13").unwrap().line.take().unwrap();
    bench.act("13.71", id, lintas::desk::Action::Transfer { to: unit("13"), reason: Reason::NotMyAuthority }).await;
    bench.settle().await;
    let Some(Down::Deliver(deliver)) = line.hub.handle(Input::Wake).await.messages.pop() else { panic!("no delivery") };
    bench.file("13").await;
    bench.file("13").await;
    let mut acks = Vec::new();
    for up in line.node.handle(node_session::Input::Wake).await.messages {
        acks.extend(line.hub.handle(Input::Received(up, bench.now())).await.messages);
    }
    let Some(Down::Ack(ack)) = acks.into_iter().find(|down| matches!(down, Down::Ack(_))) else { panic!("no Ack") };
    (bench, line.node, deliver, ack)
}

async fn lies(bench: &Bench, mut end: NodeEnd<MemoryStore>, message: Down, fault: Fault) {
    let site = bench.at("13");
    let before = all(&site.store).await;
    let out = end.handle(node_session::Input::Received(message)).await;
    assert_eq!(out.ended, Some(Ended::Fault(fault)));
    assert_eq!(out.messages, vec![lintas::link::message::Up::Fault(fault)], "the hub is not told");
    assert_eq!(all(&site.store).await, before, "something was stored");
    assert_eq!(site.fault().await, Some(fault.to_string()), "the operator is not told");
}

/// Everything stored, but for contact and fault.
async fn all(store: &MemoryStore) -> String {
    let mut all = vec![format!("{:?} {:?}", store.counts().await.unwrap(), store.own().await.unwrap())];
    for origin in store.origins().await.unwrap() {
        let rows = store.journal(origin, Position::ZERO, 100_000).await.unwrap();
        all.extend(rows.iter().map(|row| format!("{:?} {} {}", row.hash, row.verdict, row.parts.len())));
    }
    let peer = store.peer(NodeId::Hub).await.unwrap().unwrap();
    all.push(format!("{:?} {:?} {:?} {:?}", peer.stored, peer.inbound, peer.judged, peer.receipt));
    all.join("\n")
}

/// A delivery of which one event, the last but one, is bent.
async fn delivers(bend: impl FnOnce(&mut Delivery), fault: Fault) {
    let (bench, end, mut deliver, _) = set_up().await;
    let at = deliver.events.len() - 2;
    bend(&mut deliver.events[at]);
    lies(&bench, end, Down::Deliver(deliver), fault).await;
}

#[test]
fn honest_hub_is_refused() {
    run(async {
        let (bench, mut end, deliver, ack) = set_up().await;
        let told = end.handle(node_session::Input::Received(Down::Deliver(deliver.clone()))).await;
        assert!(told.ended.is_none());
        let told = end.handle(node_session::Input::Received(Down::Ack(ack.clone()))).await;
        assert!(told.ended.is_none());
        assert_eq!(bench.at("13").store.counts().await.unwrap().provisional, 0);
        // An older receipt, again: nothing of it is news, and the newest stays.
        let told = end.handle(node_session::Input::Received(Down::Ack(ack))).await;
        assert!(told.ended.is_none());
        // The same delivery again is out of turn.
        lies(&bench, end, Down::Deliver(deliver), Fault::Protocol).await;
    });
}

#[test]
fn delivery_with_a_broken_path() {
    run(delivers(|delivery| delivery.path.push([1; 32]), Fault::BrokenSeal));
    run(delivers(|delivery| delivery.index += 1, Fault::BrokenSeal));
}

fn alter(part: &mut Part) {
    let mut content = part.content().unwrap().to_vec();
    content.push(b'!');
    *part = Part::plain(part.index, part.kind, [0; 32], content);
}

#[test]
fn hub_alters_header() {
    run(delivers(|delivery| delivery.bytes[60] ^= 1, Fault::BrokenSeal));
    run(delivers(|delivery| alter(&mut delivery.parts[0]), Fault::BrokenSeal));
}

/// Nobody can write an event in a node's name, the hub included.
#[test]
fn hub_writes_in_a_citys_name() {
    for key in [SigningKey::from_seed([7; 32]), SigningKey::from_seed([55; 32])] {
        run(delivers(
            |delivery| {
                let event = journal::event(&delivery.bytes).unwrap();
                let position = Position::new(1, 9);
                let header = Header { position, change: Change::FollowedUp, parts: Vec::new(), ..event.header };
                let bytes = journal::header::encode(&header);
                *delivery = forged(delivery, bytes, header.node, &key);
            },
            Fault::BrokenSeal,
        ));
    }
}

/// Seals one event alone, in whosever name.
fn forged(like: &Delivery, bytes: Vec<u8>, origin: NodeId, key: &SigningKey) -> Delivery {
    let at = journal::event(&bytes).unwrap().header.position;
    let body = SealBody {
        origin,
        incarnation: at.incarnation,
        first: at.seq,
        last: at.seq,
        previous: NOWHERE,
        root: journal::merkle::root(&[journal::header_hash(&bytes)]),
        ..like.seal.body().clone()
    };
    let seal = Seal::sign(body, key);
    Delivery { bytes, parts: Vec::new(), seal, index: 0, path: Vec::new(), ..like.clone() }
}

/// What one city signed does not stand in another's journal.
#[test]
fn city_writes_in_another_citys_name() {
    run(delivers(
        |delivery| {
            let event = journal::event(&delivery.bytes).unwrap();
            let header = Header { position: Position::new(1, 9), parts: Vec::new(), ..event.header };
            let bytes = journal::header::encode(&header);
            *delivery = forged(delivery, bytes, node("13.72"), &SigningKey::from_seed([4; 32]));
        },
        Fault::BrokenSeal,
    ));
}

#[test]
fn event_of_somebody_who_is_not_enrolled() {
    run(delivers(
        |delivery| {
            let event = journal::event(&delivery.bytes).unwrap();
            let header = Header { node: node(NOBODY), parts: Vec::new(), ..event.header };
            let bytes = journal::header::encode(&header);
            *delivery = forged(delivery, bytes, node(NOBODY), &SigningKey::from_seed([55; 32]));
        },
        Fault::BrokenSeal,
    ));
}

#[test]
fn city_writes_in_the_hubs_name() {
    run(delivers(
        |delivery| {
            let event = journal::event(&delivery.bytes).unwrap();
            let header = Header { node: NodeId::Hub, parts: Vec::new(), ..event.header };
            let bytes = journal::header::encode(&header);
            *delivery = forged(delivery, bytes, NodeId::Hub, &SigningKey::from_seed([3; 32]));
        },
        Fault::BrokenSeal,
    ));
}

/// The node's own journal comes back in recovery only, and never by an outbox.
#[test]
fn own_event_comes_by_the_outbox() {
    run(async {
        let (bench, end, mut deliver, _) = set_up().await;
        let own = bench.at("13").store.sealed(node("13"), Position::ZERO, 1).await.unwrap().remove(0);
        let hashes: Vec<EventHash> = own.entries.iter().map(|entry| journal::header_hash(&entry.bytes)).collect();
        let at = deliver.events.len() - 1;
        let bytes = own.entries[0].bytes.clone();
        let path = journal::merkle::path(&hashes, 0);
        let like = deliver.events[at].clone();
        deliver.events[at] = Delivery { bytes, parts: Vec::new(), seal: own.seal, index: 0, path, ..like };
        lies(&bench, end, Down::Deliver(deliver), Fault::Protocol).await;
    });
}

/// A hub that has signed two journals, or passes on one of a node that did.
#[test]
fn another_event_in_a_place_that_is_taken() {
    run(async {
        let (bench, end, mut deliver, _) = set_up().await;
        let known = bench.at("13").store.journal(NodeId::Hub, Position::ZERO, 1).await.unwrap().remove(0);
        let header = journal::event(&known.bytes).unwrap().header;
        let bytes = journal::header::encode(&Header { time: header.time.plus_seconds(1), ..header });
        let at = deliver.events.len() - 1;
        deliver.events[at] = forged(&deliver.events[at], bytes, NodeId::Hub, &bench.signer.key);
        lies(&bench, end, Down::Deliver(deliver), Fault::Protocol).await;
    });
}

#[test]
fn gap_in_the_numbers() {
    run(delivers(|delivery| delivery.number += 1, Fault::Protocol));
    run(delivers(|delivery| delivery.number -= 1, Fault::Protocol));
}

#[test]
fn another_generation_or_nothing_at_all() {
    run(async {
        for (generation, empty) in [(-1, false), (1, false), (0, true)] {
            let (bench, end, mut deliver, _) = set_up().await;
            deliver.generation = deliver.generation.checked_add_signed(generation).unwrap();
            for (number, event) in (1..).zip(&mut deliver.events).filter(|_| generation == 1) {
                event.number = number;
            }
            if empty {
                deliver.events.clear();
            }
            lies(&bench, end, Down::Deliver(deliver), Fault::Protocol).await;
        }
    });
}

/// An acknowledgement bent in one way, its receipt signed anew by `key`.
async fn acknowledges(bend: impl FnOnce(&mut Receipt), key: [u8; 32], fault: Fault) {
    let (bench, end, _, ack) = set_up().await;
    let mut receipt = ack.receipt.receipt().clone();
    bend(&mut receipt);
    let receipt = SignedReceipt::sign(receipt, &SigningKey::from_seed(key));
    lies(&bench, end, Down::Ack(Ack { receipt, ..ack }), fault).await;
}

#[test]
fn receipt_that_the_hub_did_not_sign() {
    run(acknowledges(|_| {}, [8; 32], Fault::BrokenSeal));
}

#[test]
fn receipt_for_another() {
    run(acknowledges(|receipt| receipt.origin = node("13.71"), [7; 32], Fault::BrokenSeal));
    let elsewhere = lintas::domain::FederationId::parse("elsewhere").unwrap();
    run(acknowledges(|receipt| receipt.federation = elsewhere, [7; 32], Fault::BrokenSeal));
}

#[test]
fn receipt_for_another_head() {
    run(acknowledges(|receipt| receipt.head = NOWHERE, [7; 32], Fault::Fork));
    run(acknowledges(|receipt| receipt.position.seq += 7, [7; 32], Fault::Fork));
}

#[test]
fn verdicts_on_what_is_not_there() {
    run(async {
        for case in 0..5 {
            let (bench, end, deliver, mut ack) = set_up().await;
            assert!(ack.verdicts.len() > 1, "one batch of two events");
            match case {
                0 => ack.verdicts[0].1 = EventHash([1; 32]),
                // An event of the node's, under another's place; and one of somebody else's.
                1 => ack.verdicts[0].1 = ack.verdicts[1].1,
                2 => ack.verdicts[0].1 = journal::header_hash(&deliver.events[0].bytes),
                3 => ack.verdicts.reverse(),
                _ => ack.verdicts.push((Position::new(1, 900), EventHash([1; 32]), Verdict::Applied)),
            }
            lies(&bench, end, Down::Ack(ack), Fault::Protocol).await;
        }
    });
}
