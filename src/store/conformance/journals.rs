//! Copies of journals: nothing twice, no gap in the own one, batches as they were sealed.

use super::Bench;
use super::sample::{
    Author, at, complaint, enrolled, everything, filed, listed, moved, node, part, put, refused, summary,
};
use crate::domain::{Change, EventHash, Inadmissibility, Position, Verdict};
use crate::journal::GENESIS;
use crate::store::{Batch, Changes, Entry, Store};

pub(super) async fn duplicate_event_changes_something<B: Bench>(bench: &B) {
    let store = bench.open("hub").await;
    let (mut city, mut hub) = (Author::new("13.71"), Author::new("hub"));
    let changes = city.batch(city.clone().work(complaint(1), 2), Verdict::Applied);
    let own = hub.batch(hub.clone().work(complaint(1), 2), Verdict::Applied);
    put(&store, changes.clone()).await.unwrap();
    put(&store, own.clone()).await.unwrap();
    let before = everything(&store).await;
    let mut again = changes.clone();
    again.entries.extend(changes.entries);
    again.seals.extend(changes.seals);
    again.entries.extend(own.entries);
    again.seals.extend(own.seals);
    for entry in &mut again.entries {
        entry.verdict = Verdict::Late;
        entry.sealed.parts.push(part(0, "added"));
    }
    put(&store, again).await.unwrap();
    assert_eq!(everything(&store).await, before);
}

pub(super) async fn fork_of_a_journal_is_merged<B: Bench>(bench: &B) {
    let store = bench.open("hub").await;
    let mut city = Author::new("13.71");
    let mut restored = city.clone();
    restored.time = 1;
    let changes = city.batch(city.clone().work(complaint(1), 3), Verdict::Applied);
    put(&store, changes).await.unwrap();
    let entries = restored.work(complaint(1), 3);
    let seal = restored.seal(&entries);
    refused(&store, None, Changes { entries, ..Changes::default() }, "events").await;
    refused(&store, None, Changes { seals: vec![seal], ..Changes::default() }, "seal").await;
    let mut shorter = Author::new("13.71");
    let seal = shorter.seal(&shorter.clone().work(complaint(1), 2));
    refused(&store, None, Changes { seals: vec![seal], ..Changes::default() }, "seal of the same beginning").await;
}

pub(super) async fn own_journal_gets_a_gap<B: Bench>(bench: &B) {
    let store = bench.open("13.71").await;
    let mut own = Author::new("13.71");
    let entries = own.work(complaint(1), 4);
    refused(&store, None, Changes { entries: entries[1..].to_vec(), ..Changes::default() }, "first is missing").await;
    put(&store, Changes { entries: entries[..2].to_vec(), ..Changes::default() }).await.unwrap();
    refused(&store, None, Changes { entries: entries[3..].to_vec(), ..Changes::default() }, "third is missing").await;
    let swapped = vec![entries[3].clone(), entries[2].clone()];
    refused(&store, None, Changes { entries: swapped, ..Changes::default() }, "out of order").await;
    // Others' journals come in pieces.
    let mut other = Author::new("13");
    put(&store, Changes { entries: other.work(complaint(1), 4)[2..].to_vec(), ..Changes::default() }).await.unwrap();
    assert_eq!(store.own().await.unwrap().written, at(1, 2));
    assert_eq!(store.counts().await.unwrap().unsealed, 2);
}

pub(super) async fn one_epoch_ends_twice<B: Bench>(bench: &B) {
    let store = bench.open("13.71").await;
    let mut hub = Author::new("hub");
    let opener = EventHash([4; 32]);
    let first = hub.write(complaint(1), moved(opener));
    let second = hub.write(complaint(1), moved(opener));
    let both = Changes { entries: vec![first.clone(), second.clone()], ..Changes::default() };
    refused(&store, None, both, "in one transaction").await;
    put(&store, Changes { entries: vec![first], ..Changes::default() }).await.unwrap();
    refused(&store, None, Changes { entries: vec![second], ..Changes::default() }, "in another").await;
}

pub(super) async fn node_ends_an_epoch<B: Bench>(bench: &B) {
    let store = bench.open("hub").await;
    let (mut rogue, mut hub) = (Author::new("13.71"), Author::new("hub"));
    let opener = EventHash([4; 32]);
    let mut forged = rogue.write(complaint(1), moved(opener));
    assert_eq!(forged.ends, None);
    forged.ends = Some(opener);
    put(&store, rogue.batch(vec![forged], Verdict::Inadmissible(Inadmissibility::HubOnly))).await.unwrap();
    put(&store, hub.batch(vec![hub.clone().write(complaint(1), moved(opener))], Verdict::Applied)).await.unwrap();
}

pub(super) async fn node_writes_a_registry_event<B: Bench>(bench: &B) {
    let store = bench.open("hub").await;
    let (mut rogue, mut hub) = (Author::new("13.71"), Author::new("hub"));
    let mut forged = rogue.tell(None, enrolled("13"), &[]);
    assert!(!forged.registry);
    forged.registry = true;
    put(&store, rogue.batch(vec![forged.clone()], Verdict::Applied)).await.unwrap();
    let true_one = hub.tell(None, listed("13"), &[]);
    put(&store, hub.batch(vec![true_one.clone()], Verdict::Applied)).await.unwrap();
    let registry: Vec<EventHash> = store.registry().await.unwrap().iter().map(|event| event.hash).collect();
    assert_eq!(registry, [true_one.hash]);
    store.refill(node("14"), 0).await.unwrap();
    let sent = store.outbox(node("14"), 2, 0, usize::MAX).await.unwrap();
    assert_eq!(sent.into_iter().map(|delivery| delivery.bytes).collect::<Vec<_>>(), [true_one.sealed.bytes]);
}

pub(super) async fn seals_do_not_follow<B: Bench>(bench: &B) {
    let store = bench.open("13.71").await;
    let mut own = Author::new("13.71");
    let entries = own.work(complaint(1), 5);
    put(&store, Changes { entries: entries.clone(), ..Changes::default() }).await.unwrap();
    let seals = [own.seal(&entries[..2]), own.seal(&entries[2..4]), own.seal(&entries[4..])];
    refused(&store, None, Changes { seals: seals[1..2].to_vec(), ..Changes::default() }, "first is missing").await;
    put(&store, Changes { seals: seals[..2].to_vec(), ..Changes::default() }).await.unwrap();
    let journal = store.own().await.unwrap();
    assert_eq!((journal.written, journal.sealed), (at(1, 5), seals[1].head()));
    assert_eq!(store.counts().await.unwrap().unsealed, 1);
    put(&store, Changes { seals: seals.to_vec(), ..Changes::default() }).await.unwrap();
    assert_eq!(store.own().await.unwrap().sealed, own.head);
    for (seq, seal) in [(1, 0), (2, 0), (3, 1), (4, 1), (5, 2)] {
        assert_eq!(store.seal_of(node("13.71"), at(1, seq)).await.unwrap().as_ref(), Some(&seals[seal]));
    }
    for missing in [at(1, 0), at(1, 6), at(2, 1), Position::ZERO] {
        assert_eq!(store.seal_of(node("13.71"), missing).await.unwrap(), None, "{missing}");
    }
    assert_eq!(store.seal_of(node("13"), at(1, 1)).await.unwrap(), None);
    // Of others only the seals of forwarded events are known: between them is nothing.
    let mut other = Author::new("13");
    let pieces = other.work(complaint(1), 9);
    let far = [other.seal(&pieces[..2]), other.seal(&pieces[4..6])];
    put(&store, Changes { seals: far.to_vec(), ..Changes::default() }).await.unwrap();
    assert_eq!(store.seal_of(node("13"), at(1, 3)).await.unwrap(), None);
    assert_eq!(store.seal_of(node("13"), at(1, 5)).await.unwrap().as_ref(), Some(&far[1]));
}

pub(super) async fn batches_are_cut_or_reordered<B: Bench>(bench: &B) {
    let store = bench.open("hub").await;
    let mut city = Author::new("13.71");
    let content = [part(0, &"x".repeat(1000))];
    let mut batches = Vec::new();
    for incarnation in 1..=2 {
        if incarnation == 2 {
            city.live_again(2, city.head.hash);
        }
        for size in [3, 1, 2] {
            let entries: Vec<Entry> =
                (0..size).map(|_| city.tell(Some(complaint(1)), Change::FollowedUp, &content)).collect();
            let changes = city.batch(entries.clone(), Verdict::Applied);
            let sealed = entries.into_iter().map(|entry| entry.sealed).collect();
            batches.push(Batch { seal: changes.seals[0].clone(), entries: sealed });
            put(&store, changes).await.unwrap();
        }
    }
    let city = node("13.71");
    for zero in [Position::ZERO, at(1, 0)] {
        assert_eq!(store.sealed(city.clone(), zero, usize::MAX).await.unwrap(), batches);
    }
    assert_eq!(store.sealed(city.clone(), at(1, 4), usize::MAX).await.unwrap(), batches[2..]);
    assert_eq!(store.sealed(city.clone(), at(1, 6), usize::MAX).await.unwrap(), batches[3..]);
    assert_eq!(store.sealed(city.clone(), at(2, 0), usize::MAX).await.unwrap(), batches[3..]);
    assert_eq!(store.sealed(city.clone(), at(2, 6), usize::MAX).await.unwrap(), []);
    assert_eq!(store.sealed(node("13"), Position::ZERO, usize::MAX).await.unwrap(), []);
    // Four events of more than a thousand bytes each; the fifth and sixth do not fit.
    assert_eq!(store.sealed(city.clone(), at(1, 0), 6000).await.unwrap(), batches[..2]);
}

pub(super) async fn batch_above_the_limit_is_never_sent<B: Bench>(bench: &B) {
    let store = bench.open("hub").await;
    let mut city = Author::new("13.71");
    let changes = city.batch(city.clone().work(complaint(1), 3), Verdict::Applied);
    let outbox = changes.entries.iter().map(|entry| (node("13"), entry.hash)).collect();
    put(&store, Changes { outbox, ..changes }).await.unwrap();
    assert_eq!(store.sealed(node("13.71"), at(1, 0), 1).await.unwrap().len(), 1);
    assert_eq!(store.outbox(node("13"), 1, 0, 1).await.unwrap().len(), 1);
}

pub(super) async fn rows_of_a_journal_differ_from_what_was_stored<B: Bench>(bench: &B) {
    let store = bench.open("hub").await;
    let (mut city, mut hub) = (Author::new("13.71"), Author::new("hub"));
    let mut entries = vec![
        city.tell(Some(complaint(1)), filed(1), &[part(0, "one"), part(3, "two")]),
        city.tell(Some(complaint(1)), Change::Verified, &[]),
        city.tell(None, Change::FollowedUp, &[]),
    ];
    // A header that cannot be read is kept all the same.
    entries[2].sealed.bytes = b"nonsense".to_vec();
    entries[2].hash = crate::journal::header_hash(b"nonsense");
    entries[2].change = "unreadable".to_owned();
    let changes = city.batch(entries, Verdict::Inadmissible(Inadmissibility::Malformed));
    put(&store, changes.clone()).await.unwrap();
    put(&store, Changes { entries: hub.work(complaint(1), 1), ..Changes::default() }).await.unwrap();
    let rows = store.journal(node("13.71"), Position::ZERO, 9).await.unwrap();
    assert_eq!(rows.len(), 3);
    for (row, entry) in rows.iter().zip(&changes.entries) {
        assert_eq!((row.position, row.hash, row.complaint), (entry.position, entry.hash, entry.complaint));
        assert_eq!((&row.bytes, &row.parts), (&entry.sealed.bytes, &entry.sealed.parts));
        assert_eq!((&row.proof, row.verdict), (&entry.proof, entry.verdict));
    }
    let names: Vec<_> = rows.iter().map(|row| (row.position, row.hash)).collect();
    assert_eq!(store.names(node("13.71"), Position::ZERO, 9).await.unwrap(), names);
    assert_eq!(store.names(node("13.71"), at(1, 1), 1).await.unwrap(), names[1..2]);
    let beyond = store.journal(node("13.71"), at(1, 1), 1).await.unwrap();
    assert_eq!(beyond, rows[1..2]);
    assert_eq!(store.origins().await.unwrap(), [node("hub"), node("13.71")]);
    assert_eq!(store.counts().await.unwrap().events, 4);
}

pub(super) async fn destroyed_content_is_still_there<B: Bench>(bench: &B) {
    let store = bench.open("13.71").await;
    let mut own = Author::new("13.71");
    let entry = own.tell(Some(complaint(1)), filed(1), &[part(0, "who"), part(1, "what")]);
    let other = own.tell(Some(complaint(1)), Change::Replied, &[part(0, "kept")]);
    let entries = vec![entry.clone(), other];
    put(&store, Changes { entries: entries.clone(), summaries: vec![summary(1)], ..Changes::default() }).await.unwrap();
    let destroy = vec![entry.hash, EventHash([5; 32])];
    put(&store, Changes { destroy: destroy.clone(), ..Changes::default() }).await.unwrap();
    // Stored again, as when it is re-sent, it does not come back.
    put(&store, Changes { entries, ..Changes::default() }).await.unwrap();
    let file = store.file(complaint(1)).await.unwrap().unwrap();
    let contents: Vec<usize> = file.events.iter().map(|filed| filed.parts.len()).collect();
    assert_eq!(contents, [0, 1]);
    assert_eq!(own.head.hash, GENESIS);
    // Content that comes and is destroyed in one transaction.
    let entry = own.tell(Some(complaint(1)), Change::Replied, &[part(0, "gone")]);
    let destroy = vec![entry.hash];
    put(&store, Changes { entries: vec![entry], destroy, ..Changes::default() }).await.unwrap();
    assert_eq!(store.file(complaint(1)).await.unwrap().unwrap().events[2].parts, []);
}
