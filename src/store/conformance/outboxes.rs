//! Outboxes: numbered in commit order, dropped when delivered, refilled whole.

use futures_util::future::join_all;

use super::Bench;
use super::sample::{Author, at, complaint, listed, node, part, put, put_for, receipt, refused, summary};
use crate::domain::{Change, EventHash, Inadmissibility, SealHash, Timestamp, Verdict};
use crate::journal::Head;
use crate::store::{Changes, Delivery, Entry, Peer, PeerUpdate, Scope, Store, Summary};

fn to(name: &str, entries: &[Entry]) -> Vec<(crate::domain::NodeId, EventHash)> {
    entries.iter().map(|entry| (node(name), entry.hash)).collect()
}

fn bytes(deliveries: Vec<Delivery>) -> Vec<Vec<u8>> {
    deliveries.into_iter().map(|delivery| delivery.bytes).collect()
}

pub(super) async fn numbers_differ_from_commit_order<B: Bench>(bench: &B) {
    let store = bench.open("hub").await;
    let runs = (0..20).map(|run| {
        let store = &store;
        store.transact(Scope::default(), move |view| {
            let mut hub = Author::new("hub");
            hub.written = view.own.written;
            hub.head = view.own.sealed;
            let mut changes = hub.batch(hub.clone().work(complaint(1), 2), Verdict::Applied);
            changes.outbox = to("13", &changes.entries);
            if run % 2 == 0 {
                changes.outbox.extend(to("13.71", &changes.entries[..1]));
            }
            (changes, ())
        })
    });
    join_all(runs).await.into_iter().for_each(Result::unwrap);
    let journal = store.journal(node("hub"), at(1, 0), 99).await.unwrap();
    let sent = store.outbox(node("13"), 1, 0, usize::MAX).await.unwrap();
    assert_eq!(sent.iter().map(|delivery| delivery.number).collect::<Vec<_>>(), (1..=40).collect::<Vec<_>>());
    let wanted: Vec<Vec<u8>> = journal.iter().map(|row| row.bytes.clone()).collect();
    assert_eq!(bytes(sent), wanted);
    let fewer = store.outbox(node("13.71"), 1, 0, usize::MAX).await.unwrap();
    assert_eq!(fewer.iter().map(|delivery| delivery.number).collect::<Vec<_>>(), (1..=10).collect::<Vec<_>>());
    let places: Vec<usize> = bytes(fewer).iter().map(|one| wanted.iter().position(|all| all == one).unwrap()).collect();
    assert!(places.is_sorted());
}

pub(super) async fn delivered_rows_stay<B: Bench>(bench: &B) {
    let store = bench.open("hub").await;
    let mut city = Author::new("13.71");
    let entry = |city: &mut Author| city.tell(Some(complaint(1)), Change::Replied, &[part(0, "hello")]);
    let mut changes = city.batch(vec![entry(&mut city.clone())], Verdict::Late);
    city.written = at(1, 1);
    let more = city.batch(city.clone().work(complaint(1), 4), Verdict::Applied);
    changes.outbox = to("13", &changes.entries);
    put(&store, changes.clone()).await.unwrap();
    put(&store, Changes { outbox: to("13", &more.entries), ..more }).await.unwrap();
    let sent = store.outbox(node("13"), 1, 0, usize::MAX).await.unwrap();
    assert_eq!(sent.len(), 5);
    let proof = changes.entries[0].proof.clone().unwrap();
    assert_eq!(
        sent[0],
        Delivery {
            number: 1,
            bytes: changes.entries[0].sealed.bytes.clone(),
            parts: vec![part(0, "hello")],
            seal: changes.seals[0].clone(),
            index: proof.index,
            path: proof.path,
            verdict: Verdict::Late,
            trace: None,
        }
    );
    assert_eq!(store.outbox(node("13"), 1, 3, usize::MAX).await.unwrap(), sent[3..]);
    let two = sent[0].bytes.len() + 5 + sent[1].bytes.len();
    assert_eq!(store.outbox(node("13"), 1, 0, two).await.unwrap(), sent[..2]);
    assert_eq!(store.outbox(node("13"), 1, 0, two - 1).await.unwrap(), sent[..1]);

    let stored = |delivered| {
        let peer = Some(PeerUpdate { delivered: Some(delivered), ..PeerUpdate::default() });
        put_for(&store, "13", Changes { peer, ..Changes::default() })
    };
    stored(3).await.unwrap();
    assert_eq!(store.outbox(node("13"), 1, 0, usize::MAX).await.unwrap(), sent[3..]);
    // An acknowledgement that was overtaken sets nothing back.
    stored(2).await.unwrap();
    assert_eq!(store.peer(node("13")).await.unwrap().unwrap().delivered, 3);
    stored(5).await.unwrap();
    assert_eq!(store.outbox(node("13"), 1, 0, usize::MAX).await.unwrap(), []);
    put(&store, Changes { outbox: to("13", &changes.entries), ..Changes::default() }).await.unwrap();
    assert_eq!(store.outbox(node("13"), 1, 0, usize::MAX).await.unwrap()[0].number, 6);
}

pub(super) async fn rows_of_another_generation_are_sent<B: Bench>(bench: &B) {
    let store = bench.open("hub").await;
    let mut city = Author::new("13.71");
    let changes = city.batch(city.clone().work(complaint(1), 2), Verdict::Applied);
    let outbox = to("13", &changes.entries);
    put(&store, Changes { outbox, ..changes }).await.unwrap();
    assert_eq!(store.outbox(node("13"), 1, 0, usize::MAX).await.unwrap().len(), 2);
    for other in [0, 2] {
        assert_eq!(store.outbox(node("13"), other, 0, usize::MAX).await.unwrap(), []);
    }
    assert_eq!(store.outbox(node("14"), 1, 0, usize::MAX).await.unwrap(), []);
    assert_eq!(store.refill(node("13"), 0).await.unwrap(), Some(2));
    assert_eq!(store.outbox(node("13"), 1, 0, usize::MAX).await.unwrap(), []);
}

pub(super) async fn refill_lacks_or_adds_something<B: Bench>(bench: &B) {
    let store = bench.open("hub").await;
    let (mut hub, mut city, mut province) = (Author::new("hub"), Author::new("13.71"), Author::new("13"));
    let mine = |entries: &Changes| entries.entries.iter().map(|entry| entry.sealed.bytes.clone()).collect::<Vec<_>>();
    let first = city.batch(city.clone().work(complaint(1), 2), Verdict::Applied);
    let registry = hub.batch(vec![hub.clone().tell(None, listed("13"), &[])], Verdict::Applied);
    hub.written = at(1, 1);
    let own = province.batch(province.clone().work(complaint(1), 2), Verdict::Late);
    let on_it = hub.batch(hub.clone().work(complaint(1), 1), Verdict::Applied);
    city.written = at(1, 2);
    let elsewhere = city.batch(city.clone().work(complaint(2), 1), Verdict::Applied);
    city.written = at(1, 3);
    let outside = city.batch(city.clone().work(complaint(1), 1), Verdict::Inadmissible(Inadmissibility::NotAtHome));
    city.written = at(1, 4);
    let held = city.batch(city.clone().work(complaint(1), 1), Verdict::Held);
    for changes in [&first, &registry, &own, &on_it, &elsewhere, &outside, &held] {
        put(&store, Changes { outbox: to("13", &changes.entries), ..changes.clone() }).await.unwrap();
    }
    let both = vec![node("13"), node("13.71")];
    let summaries = vec![Summary { participants: both, ..summary(1) }, summary(2)];
    put(&store, Changes { summaries, ..Changes::default() }).await.unwrap();

    assert_eq!(store.refill(node("13"), 0).await.unwrap(), Some(2));
    let sent = store.outbox(node("13"), 2, 0, usize::MAX).await.unwrap();
    assert_eq!(sent.iter().map(|delivery| delivery.number).collect::<Vec<_>>(), (1..=5).collect::<Vec<_>>());
    assert_eq!(bytes(sent), [mine(&first), mine(&registry), mine(&on_it), mine(&held)].concat());
    let peer = store.peer(node("13")).await.unwrap().unwrap();
    assert_eq!((peer.generation, peer.numbered, peer.delivered, peer.resync), (2, 5, 0, false));
    // New pointers follow in the new generation.
    put(&store, Changes { outbox: to("13", &first.entries), ..Changes::default() }).await.unwrap();
    assert_eq!(store.outbox(node("13"), 2, 5, usize::MAX).await.unwrap().len(), 2);
    assert_eq!(store.refill(node("13"), 0).await.unwrap(), Some(3));
    assert_eq!(store.outbox(node("13"), 3, 0, usize::MAX).await.unwrap().len(), 5);
    // Of the city's own events nothing comes back to it.
    assert_eq!(store.refill(node("13.71"), 0).await.unwrap(), Some(2));
    let sent = bytes(store.outbox(node("13.71"), 2, 0, usize::MAX).await.unwrap());
    assert_eq!(sent, [mine(&registry), mine(&own), mine(&on_it)].concat());
    // Whoever takes part in nothing gets the registry.
    store.refill(node("14"), 0).await.unwrap();
    assert_eq!(bytes(store.outbox(node("14"), 2, 0, usize::MAX).await.unwrap()), mine(&registry));
}

pub(super) async fn full_outbox_drops_events_in_silence<B: Bench>(bench: &B) {
    let store = bench.open_with("hub", 3).await;
    let mut city = Author::new("13.71");
    let changes = city.batch(city.clone().work(complaint(1), 5), Verdict::Applied);
    let summaries = vec![Summary { participants: vec![node("13")], ..summary(1) }];
    let outbox = to("13", &changes.entries[..2]);
    put(&store, Changes { summaries, outbox, ..changes.clone() }).await.unwrap();
    let peer = async || store.peer(node("13")).await.unwrap().unwrap();
    assert!(!peer().await.resync);
    // Delivered rows make room within the same transaction.
    let update = Some(PeerUpdate { delivered: Some(1), ..PeerUpdate::default() });
    let outbox = to("13", &changes.entries[2..4]);
    put_for(&store, "13", Changes { peer: update, outbox, ..Changes::default() }).await.unwrap();
    assert_eq!((peer().await.numbered, peer().await.resync), (4, false));
    put(&store, Changes { outbox: to("13", &changes.entries[4..]), ..Changes::default() }).await.unwrap();
    assert_eq!((peer().await.numbered, peer().await.resync), (4, true));
    // From then on nothing is added, even if there is room again: it would come out of turn.
    let update = Some(PeerUpdate { delivered: Some(4), ..PeerUpdate::default() });
    let outbox = to("13", &changes.entries[4..]);
    put_for(&store, "13", Changes { peer: update, outbox, ..Changes::default() }).await.unwrap();
    assert_eq!((peer().await.numbered, peer().await.resync), (4, true));
    // A refill is whole, whatever the limit.
    assert_eq!(store.refill(node("13"), 0).await.unwrap(), Some(2));
    assert_eq!((peer().await.numbered, peer().await.resync), (5, false));
    assert_eq!(store.outbox(node("13"), 2, 0, usize::MAX).await.unwrap().len(), 5);
}

pub(super) async fn refill_larger_than_the_limit_repeats_for_ever<B: Bench>(bench: &B) {
    let store = bench.open_with("hub", 3).await;
    let mut city = Author::new("13.71");
    let changes = city.batch(city.clone().work(complaint(1), 9), Verdict::Applied);
    let summaries = vec![Summary { participants: vec![node("13")], ..summary(1) }];
    put(&store, Changes { summaries, ..changes.clone() }).await.unwrap();
    store.refill(node("13"), 0).await.unwrap();
    let peer = async || store.peer(node("13")).await.unwrap().unwrap();
    let more = async |delivered, count| {
        let peer = Some(PeerUpdate { delivered: Some(delivered), ..PeerUpdate::default() });
        let outbox = to("13", &changes.entries[..count]);
        put_for(&store, "13", Changes { outbox, peer, ..Changes::default() }).await.unwrap();
    };
    // Beside the nine there is room for three, from the first of them delivered to the last.
    more(0, 1).await;
    more(4, 1).await;
    assert_eq!((peer().await.numbered, peer().await.filled, peer().await.resync), (11, 9, false));
    more(9, 1).await;
    assert_eq!((peer().await.numbered, peer().await.resync), (12, false));
    // Of what came after it no more wait than ever.
    more(9, 1).await;
    assert_eq!((peer().await.numbered, peer().await.resync), (12, true));
}

pub(super) async fn late_refill_silences_a_live_session<B: Bench>(bench: &B) {
    let store = bench.open("hub").await;
    let mut city = Author::new("13.71");
    let changes = city.batch(city.clone().work(complaint(1), 2), Verdict::Applied);
    let outbox = to("13", &changes.entries);
    put(&store, Changes { outbox, ..changes }).await.unwrap();
    // Session 4 is to have its outbox filled; before it is, session 5 opens and delivers.
    let opened = |session| {
        let peer = Some(PeerUpdate { session: Some(session), ..PeerUpdate::default() });
        put_for(&store, "13", Changes { peer, ..Changes::default() })
    };
    opened(4).await.unwrap();
    opened(5).await.unwrap();
    let before = store.peer(node("13")).await.unwrap();
    assert_eq!(store.refill(node("13"), 4).await.unwrap(), None);
    assert_eq!(store.peer(node("13")).await.unwrap(), before);
    assert_eq!(store.outbox(node("13"), 1, 0, usize::MAX).await.unwrap().len(), 2);
    assert_eq!(store.refill(node("13"), 5).await.unwrap(), Some(2));
}

pub(super) async fn unsealed_event_is_delivered_without_proof<B: Bench>(bench: &B) {
    let store = bench.open("hub").await;
    let (mut city, mut hub) = (Author::new("13.71"), Author::new("hub"));
    let mut changes = city.batch(city.clone().work(complaint(1), 2), Verdict::Applied);
    changes.entries.insert(1, hub.write(complaint(1), Change::Verified));
    let outbox = to("13", &changes.entries);
    put(&store, Changes { outbox, ..changes }).await.unwrap();
    assert_eq!(store.outbox(node("13"), 1, 0, usize::MAX).await.unwrap().len(), 1);
    assert_eq!(store.outbox(node("13"), 1, 1, usize::MAX).await.unwrap(), []);
}

pub(super) async fn update_of_a_peer_touches_other_fields<B: Bench>(bench: &B) {
    let store = bench.open("13.71").await;
    let update = |peer| put_for(&store, "hub", Changes { peer: Some(peer), ..Changes::default() });
    let mut peer = Peer::new(node("hub"));
    update(PeerUpdate::default()).await.unwrap();
    assert_eq!(store.peer(node("hub")).await.unwrap(), Some(peer.clone()));
    peer.session = u64::MAX;
    peer.stored = Head { position: at(2, 7), hash: SealHash([3; 32]) };
    peer.cited = at(1, 5);
    peer.announced = at(2, 9);
    update(PeerUpdate {
        session: Some(peer.session),
        stored: Some(peer.stored),
        cited: Some(peer.cited),
        announced: Some(peer.announced),
        ..PeerUpdate::default()
    })
    .await
    .unwrap();
    assert_eq!(store.peer(node("hub")).await.unwrap(), Some(peer.clone()));
    peer.inbound = (4, 1 << 40);
    peer.judged = at(1, 3);
    peer.receipt = Some(receipt());
    peer.contact = Some(Timestamp(-5));
    peer.fault = Some("fork".to_owned());
    update(PeerUpdate {
        inbound: Some(peer.inbound),
        judged: Some(peer.judged),
        receipt: peer.receipt.clone(),
        contact: peer.contact,
        fault: Some(peer.fault.clone()),
        ..PeerUpdate::default()
    })
    .await
    .unwrap();
    // Announced anew it may be lower; a new peer that is there already stays as it is.
    peer.announced = at(1, 1);
    peer.fault = None;
    let changed = PeerUpdate { announced: Some(peer.announced), fault: Some(None), ..PeerUpdate::default() };
    update(changed).await.unwrap();
    put(&store, Changes { new_peers: vec![node("hub"), node("13")], ..Changes::default() }).await.unwrap();
    assert_eq!(store.peers().await.unwrap(), [peer, Peer::new(node("13"))]);
    assert_eq!(store.peer(node("14")).await.unwrap(), None);
    let scope = Scope { peer: Some(node("hub")), ..Scope::default() };
    let seen = store.transact(scope, |view| (Changes::default(), view.peer.clone())).await.unwrap();
    assert_eq!(seen, store.peer(node("hub")).await.unwrap());
}

pub(super) async fn acknowledgement_of_what_was_never_sent<B: Bench>(bench: &B) {
    let store = bench.open("hub").await;
    let mut city = Author::new("13.71");
    let changes = city.batch(city.clone().work(complaint(1), 2), Verdict::Applied);
    let outbox = to("13", &changes.entries);
    put(&store, Changes { outbox, ..changes }).await.unwrap();
    let peer = Some(PeerUpdate { delivered: Some(3), session: Some(8), ..PeerUpdate::default() });
    refused(&store, Some("13"), Changes { peer, ..Changes::default() }, "never sent").await;
}
