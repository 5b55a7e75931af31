//! One transaction: all or nothing, one at a time, a view of what is committed.

use std::collections::BTreeSet;

use futures_util::future::join_all;

use super::Bench;
use super::sample::{
    Author, at, complaint, enrolled, everything, filed, listed, moved, node, owner, part, put, refused, summary, unit,
};
use crate::domain::event::PublicName;
use crate::domain::{Change, EventHash, Listing, Position, SealHash, Verdict};
use crate::store::{Changes, Entry, PeerUpdate, Scope, Store};

pub(super) async fn contradiction_leaves_something_behind<B: Bench>(bench: &B) {
    let store = bench.open("hub").await;
    let (mut hub, mut city) = (Author::new("hub"), Author::new("13.71"));
    let opener = city.write(complaint(1), filed(1));
    let late = city.write(complaint(1), Change::Verified);
    let fork = Entry { position: opener.position, node: node("13"), ..late.clone() };
    let mut first = city.batch(vec![opener.clone()], Verdict::Applied);
    let own = hub.write(complaint(1), moved(opener.hash));
    let sealed = hub.batch(vec![own.clone()], Verdict::Applied);
    first.entries.extend(sealed.entries);
    first.seals.extend(sealed.seals.clone());
    put(&store, first).await.unwrap();

    let next = hub.write(complaint(2), Change::Released { event: EventHash([1; 32]) });
    let unknown = EventHash([0xee; 32]);
    // What would be stored if it were not for the contradiction.
    let good = || {
        let mut changes = Changes {
            entries: vec![Entry { proof: None, ..next.clone() }, late.clone()],
            summaries: vec![summary(1)],
            outbox: vec![(node("13"), opener.hash)],
            announced: vec![(complaint(1), at(1, 7))],
            new_peers: vec![node("14")],
            cited: Some(at(1, 1)),
            verdicts: vec![(late.hash, Verdict::Late)],
            ..Changes::default()
        };
        changes.entries[1].verdict = Verdict::Provisional;
        changes
    };
    let with = |alter: &dyn Fn(&mut Changes)| {
        let mut changes = good();
        alter(&mut changes);
        changes
    };
    let mut gap = hub.clone();
    gap.write(complaint(2), Change::Verified);
    let gap = gap.write(complaint(2), Change::Verified);
    let mut twice = hub.clone();
    let twice = twice.write(complaint(1), moved(opener.hash));
    let mut again = Author::new("13.71");
    again.time = 5;
    let again = again.write(complaint(1), filed(1));
    let mut ahead = hub.clone();
    let ahead = ahead.seal(&[next.clone(), gap.clone()]);
    let cases: Vec<(&str, Option<&str>, Changes)> = vec![
        ("gap", None, with(&|c| c.entries.push(gap.clone()))),
        ("epoch ended twice", None, with(&|c| c.entries.push(twice.clone()))),
        ("fork", None, with(&|c| c.entries.push(again.clone()))),
        (
            "fork in one transaction",
            None,
            with(&|c| {
                c.entries.push(Entry { hash: EventHash([0xdd; 32]), ..fork.clone() });
                c.entries.push(Entry { hash: unknown, ..fork.clone() });
            }),
        ),
        (
            "other bytes of one hash",
            None,
            with(&|c| {
                let mut other = opener.clone();
                other.sealed.bytes.push(0);
                c.entries.push(other);
            }),
        ),
        ("verdict on nothing", None, with(&|c| c.verdicts.push((unknown, Verdict::Late)))),
        ("final verdict", None, with(&|c| c.verdicts.push((opener.hash, Verdict::Late)))),
        ("pointer to nothing", None, with(&|c| c.outbox.push((node("13"), unknown)))),
        ("seal beyond the end", None, with(&|c| c.seals.push(ahead.clone()))),
        ("life that is not new", None, with(&|c| c.new_life = Some((1, SealHash([1; 32]))))),
        ("peer out of scope", None, with(&|c| c.peer = Some(PeerUpdate::default()))),
        (
            "acknowledged too much",
            Some("15"),
            with(&|c| {
                c.peer = Some(PeerUpdate { delivered: Some(9), ..PeerUpdate::default() });
            }),
        ),
    ];
    for (what, peer, changes) in cases {
        refused(&store, peer, changes, what).await;
    }
    put(&store, good()).await.unwrap();
    assert_eq!(store.own().await.unwrap().written, at(1, 2));
}

pub(super) async fn nothing_to_write_writes_a_row<B: Bench>(bench: &B) {
    let store = bench.open("hub").await;
    let scope = Scope { peer: Some(node("13")), ..Scope::default() };
    let session = store.transact(scope, |view| (Changes::default(), view.peer.clone())).await.unwrap();
    assert_eq!(session.unwrap().node, node("13"));
    assert_eq!(store.peers().await.unwrap(), []);
}

pub(super) async fn planner_does_not_see_what_another_wrote<B: Bench>(bench: &B) {
    let store = bench.open("13.71").await;
    let calls = std::sync::atomic::AtomicUsize::new(0);
    let runs = (0..20).map(|_| {
        let scope = Scope { complaints: BTreeSet::from([complaint(1)]), ..Scope::default() };
        store.transact(scope, |view| {
            calls.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let mut author = Author::new("13.71");
            author.written = view.own.written;
            let entry = author.write(complaint(1), Change::FollowedUp);
            (Changes { entries: vec![entry], ..Changes::default() }, view.complaints[&complaint(1)].len())
        })
    });
    let mut seen: Vec<usize> = join_all(runs).await.into_iter().map(Result::unwrap).collect();
    seen.sort_unstable();
    assert_eq!(seen, (0..20).collect::<Vec<_>>());
    assert_eq!(calls.load(std::sync::atomic::Ordering::SeqCst), 20);
    assert_eq!(store.own().await.unwrap().written, at(1, 20));
}

pub(super) async fn view_is_out_of_order_or_incomplete<B: Bench>(bench: &B) {
    let store = bench.open("13.71").await;
    let (mut own, mut hub, mut city) = (Author::new("13.71"), Author::new("hub"), Author::new("14"));
    let registry: Vec<Entry> = ["13", "14"].map(|code| hub.tell(None, listed(code), &[])).into();
    put(&store, hub.batch(registry.clone(), Verdict::Applied)).await.unwrap();
    // Stored against the order of positions.
    let (early, late) = (city.write(complaint(1), Change::Accepted), city.write(complaint(1), Change::Closed));
    let mine = own.tell(Some(complaint(1)), filed(1), &[part(0, "twelve bytes")]);
    let other = own.write(complaint(2), filed(2));
    for entry in [&late, &mine, &early, &other] {
        put(&store, Changes { entries: vec![entry.clone()], ..Changes::default() }).await.unwrap();
    }
    put(
        &store,
        Changes {
            verdicts: vec![(late.hash, Verdict::Late)],
            announced: vec![(complaint(1), at(1, 4)), (complaint(2), at(1, 1))],
            cited: Some(at(1, 2)),
            ..Changes::default()
        },
    )
    .await
    .unwrap();

    let scope = Scope {
        complaints: BTreeSet::from([complaint(1), complaint(9)]),
        registry_after: Some(at(1, 1)),
        unsealed: 1,
        known: BTreeSet::from([mine.hash, EventHash([7; 32])]),
        ..Scope::default()
    };
    let view = store.transact(scope, |view| (Changes::default(), view.clone())).await.unwrap();
    let history: Vec<EventHash> = view.complaints[&complaint(1)].iter().map(|event| event.hash).collect();
    assert_eq!(history, [late.hash, mine.hash, early.hash]);
    assert_eq!(view.complaints[&complaint(9)], []);
    assert_eq!(view.complaints.len(), 2);
    assert_eq!((view.verdicts[&late.hash], view.verdicts[&mine.hash]), (Verdict::Late, Verdict::Provisional));
    assert_eq!(view.verdicts.len(), 3);
    assert_eq!(view.announced.into_iter().collect::<Vec<_>>(), [(complaint(1), at(1, 4))]);
    assert_eq!(view.registry.iter().map(|event| event.hash).collect::<Vec<_>>(), [registry[1].hash]);
    assert_eq!(view.known, BTreeSet::from([mine.hash]));
    assert_eq!((view.own.written, view.own.cited), (at(1, 2), at(1, 2)));
    assert_eq!(view.peer, None);
    let unsealed: Vec<_> = view.unsealed.iter().map(|row| (row.position, row.hash, row.bytes)).collect();
    assert_eq!(unsealed, [(at(1, 1), mine.hash, mine.sealed.bytes.len() + 12)]);
    assert_eq!(store.registry().await.unwrap().len(), 2);
}

pub(super) async fn declaration_that_waits_is_not_seen<B: Bench>(bench: &B) {
    let store = bench.open("13.71").await;
    let (mut own, mut other) = (Author::new("13.71"), Author::new("13"));
    let listing = |code: &str| Box::new(Listing::named(unit(code), PublicName::parse(code).unwrap()));
    let first = own.tell(None, Change::UnitDeclared(listing("13.71.a")), &[]);
    let between = own.write(complaint(1), Change::FollowedUp);
    let second = own.tell(None, Change::UnitRetired { unit: unit("13.71.a"), into: None }, &[]);
    let theirs = other.tell(None, Change::UnitDeclared(listing("13.b")), &[]);
    let hashes = [first.hash, second.hash];
    put(&store, Changes { entries: vec![first, between, second], ..Changes::default() }).await.unwrap();
    put(&store, other.batch(vec![theirs], Verdict::Provisional)).await.unwrap();
    let seen = async |declared| {
        let scope = Scope { declared, ..Scope::default() };
        let view = store.transact(scope, |view| (Changes::default(), view.clone())).await.unwrap();
        view.declared.iter().map(|event| event.hash).collect::<Vec<_>>()
    };
    assert_eq!((seen(9).await, seen(1).await, seen(0).await), (hashes.to_vec(), vec![hashes[0]], Vec::new()));
    let verdicts = vec![(hashes[0], Verdict::Applied)];
    put(&store, Changes { verdicts, ..Changes::default() }).await.unwrap();
    assert_eq!(seen(9).await, hashes[1..], "the hub has judged the first");
}

pub(super) async fn large_transaction_is_cut_short<B: Bench>(bench: &B) {
    let store = bench.open("hub").await;
    let mut city = Author::new("13.71");
    let parts = [part(0, "what happened"), part(1, "and where")];
    let mut entries: Vec<Entry> =
        (0..2500).map(|_| city.tell(Some(complaint(1)), Change::FollowedUp, &parts)).collect();
    let seals = entries.chunks_mut(500).map(|entries| city.prove(entries)).collect();
    let outbox = entries.iter().flat_map(|entry| ["13", "14", "15"].map(|to| (node(to), entry.hash))).collect();
    let verdicts = entries.iter().map(|entry| (entry.hash, Verdict::Applied)).collect();
    let summaries = (0..=u8::MAX).cycle().take(2100).map(summary).collect();
    put(&store, Changes { entries: entries.clone(), seals, outbox, verdicts, summaries, ..Changes::default() })
        .await
        .unwrap();
    let rows = store.journal(node("13.71"), Position::ZERO, usize::MAX).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.hash).collect::<Vec<_>>(), entries.iter().map(|e| e.hash).collect::<Vec<_>>());
    assert!(rows.iter().all(|row| row.parts == parts && row.verdict == Verdict::Applied));
    assert!(store.peers().await.unwrap().iter().all(|peer| peer.numbered == 2500));
    assert_eq!(store.counts().await.unwrap().complaints, 256);
}

pub(super) async fn store_forgets_whose_it_is<B: Bench>(bench: &B) {
    for name in ["hub", "13.71", "kl.pu"] {
        let store = bench.open(name).await;
        assert_eq!(store.owner().await.unwrap(), owner(name));
        let mut hub = Author::new("hub");
        put(&store, hub.batch(vec![hub.clone().tell(None, enrolled("13.71"), &[])], Verdict::Applied)).await.unwrap();
        let written = everything(&store).await.own.written;
        assert_eq!(written, if name == "hub" { at(1, 1) } else { at(1, 0) });
    }
}
