//! Recovery of a node whose journal is behind the hub's copy, or gone.

use super::Bench;
use super::sample::{Author, at, complaint, everything, filed, node, part, put};
use crate::domain::{Change, Position, SealHash, Verdict};
use crate::journal::Head;
use crate::store::{Changes, Entry, SealedEntry, Store};

fn sealed(entries: &[Entry]) -> Vec<SealedEntry> {
    entries.iter().map(|entry| entry.sealed.clone()).collect()
}

/// A node that was restored from a backup of 1/4, sealed up to 1/3, and wrote three events since; the hub holds 1/6.
struct Fork {
    hub: Vec<Changes>,
    ours: Vec<Entry>,
}

async fn forked<S: Store>(store: &S) -> Fork {
    let mut author = Author::new("13.71");
    let common = author.work(complaint(1), 4);
    let seal = author.seal(&common[..3]);
    put(store, Changes { entries: common.clone(), seals: vec![seal.clone()], ..Changes::default() }).await.unwrap();
    let mut restored = author.clone();
    restored.time = 1;
    let ours: Vec<Entry> =
        (0..3).map(|_| restored.tell(Some(complaint(2)), Change::Replied, &[part(0, "only here")])).collect();
    put(store, Changes { entries: ours.clone(), ..Changes::default() }).await.unwrap();
    let second = restored.seal(&[common[3..].to_vec(), ours[..2].to_vec()].concat());
    put(store, Changes { seals: vec![second], ..Changes::default() }).await.unwrap();
    let theirs = author.work(complaint(1), 2);
    let mut batches = vec![Changes { entries: common[..3].to_vec(), seals: vec![seal], ..Changes::default() }];
    let rest = [common[3..].to_vec(), theirs].concat();
    batches.push(Changes { seals: vec![author.seal(&rest)], entries: rest, ..Changes::default() });
    for entry in batches.iter_mut().flat_map(|batch| &mut batch.entries) {
        entry.verdict = Verdict::Applied;
    }
    Fork { hub: batches, ours }
}

pub(super) async fn own_events_are_lost_when_set_aside<B: Bench>(bench: &B) {
    for agreed in [at(1, 4), at(1, 3), at(1, 1), Position::ZERO] {
        let store = bench.open("13.71").await;
        let fork = forked(&store).await;
        assert_eq!(store.counts().await.unwrap().unsealed, 1);
        store.set_aside(at(1, 4)).await.unwrap();
        let again = store.set_aside(agreed).await.unwrap();
        assert_eq!(again[again.len() - 3..], sealed(&fork.ours));
        for batch in &fork.hub {
            put(&store, batch.clone()).await.unwrap();
        }
        let own = store.own().await.unwrap();
        assert_eq!((own.written, own.sealed), (at(1, 6), fork.hub[1].seals[0].head()));
        // Asked at the own end, as after a crash: exactly what the hub does not hold.
        for _ in 0..2 {
            assert_eq!(store.set_aside(own.written).await.unwrap(), sealed(&fork.ours));
        }
        assert_eq!(store.counts().await.unwrap().set_aside, 3);
        // Issued again under a new life, together with its beginning.
        let mut author = Author::new("13.71");
        author.live_again(2, own.sealed.hash);
        let entries = author.work(complaint(2), 3);
        let new_life = Some((2, own.sealed.hash));
        put(&store, Changes { new_life, entries: entries.clone(), ..Changes::default() }).await.unwrap();
        assert_eq!(store.set_aside(at(2, 3)).await.unwrap(), []);
        let own = store.own().await.unwrap();
        let begun = Head { position: at(2, 0), hash: fork.hub[1].seals[0].hash() };
        assert_eq!((own.written, own.sealed), (at(2, 3), begun));
        let seal = author.seal(&entries);
        put(&store, Changes { seals: vec![seal], ..Changes::default() }).await.unwrap();
        assert_eq!(store.own().await.unwrap().sealed, author.head);
        let rows = store.journal(node("13.71"), Position::ZERO, 99).await.unwrap();
        let places: Vec<Position> = rows.iter().map(|row| row.position).collect();
        assert_eq!(
            places,
            [1, 2, 3, 4, 5, 6]
                .map(|seq| at(1, seq))
                .into_iter()
                .chain([1, 2, 3].map(|seq| at(2, seq)))
                .collect::<Vec<_>>()
        );
        assert_eq!(store.counts().await.unwrap().set_aside, 0);
    }
}

pub(super) async fn journal_streamed_back_does_not_fit<B: Bench>(bench: &B) {
    // A wiped node gets all its lives back, batch by batch, and nothing is set aside.
    let store = bench.open("13.71").await;
    assert_eq!(store.set_aside(Position::ZERO).await.unwrap(), []);
    let mut author = Author::new("13.71");
    let mut batches = vec![author.work(complaint(1), 2), author.work(complaint(1), 3)];
    let mut seals = vec![author.seal(&batches[0]), author.seal(&batches[1])];
    // The second life goes on from the first seal: the second was never receipted.
    author.live_again(2, seals[0].hash());
    batches.push(author.work(complaint(1), 2));
    seals.push(author.seal(&batches[2]));
    for (entries, seal) in batches.into_iter().zip(&seals) {
        put(&store, Changes { entries, seals: vec![seal.clone()], ..Changes::default() }).await.unwrap();
    }
    let own = store.own().await.unwrap();
    assert_eq!((own.written, own.sealed), (at(2, 2), seals[2].head()));
    let batches = store.sealed(node("13.71"), Position::ZERO, usize::MAX).await.unwrap();
    assert_eq!(batches.into_iter().map(|batch| batch.seal).collect::<Vec<_>>(), seals);
    // A life cannot begin in the middle.
    author.live_again(3, seals[2].hash());
    let entries = author.work(complaint(1), 2)[1..].to_vec();
    super::sample::refused(&store, None, Changes { entries, ..Changes::default() }, "begins at 3/2").await;
}

pub(super) async fn lives_streamed_back_clear_what_was_set_aside<B: Bench>(bench: &B) {
    let store = bench.open("13.71").await;
    let fork = forked(&store).await;
    store.set_aside(at(1, 3)).await.unwrap();
    for batch in &fork.hub {
        put(&store, batch.clone()).await.unwrap();
    }
    let mut author = Author::new("13.71");
    author.live_again(2, fork.hub[1].seals[0].hash());
    let entries = author.work(complaint(1), 2);
    let seals = vec![author.seal(&entries)];
    put(&store, Changes { entries, seals, ..Changes::default() }).await.unwrap();
    assert_eq!(store.set_aside(at(2, 2)).await.unwrap(), sealed(&fork.ours));
}

pub(super) async fn content_comes_back_less_or_although_destroyed<B: Bench>(bench: &B) {
    let store = bench.open("13.71").await;
    let mut author = Author::new("13.71");
    let parts = [part(0, "who"), part(1, "what")];
    let entries: Vec<Entry> = (0..3).map(|n| author.tell(Some(complaint(1)), filed(n), &parts)).collect();
    put(&store, Changes { entries: entries.clone(), ..Changes::default() }).await.unwrap();
    assert_eq!(store.set_aside(Position::ZERO).await.unwrap(), sealed(&entries));
    assert_eq!(store.file(complaint(1)).await.unwrap(), None);
    put(&store, Changes { destroy: vec![entries[1].hash], ..Changes::default() }).await.unwrap();
    // The hub's copy of the first lacks one part, that of the second all.
    let mut copies = entries.clone();
    copies[0].sealed.parts.remove(0);
    copies[1].sealed.parts.clear();
    put(&store, Changes { entries: copies[..2].to_vec(), ..Changes::default() }).await.unwrap();
    let file = store.file(complaint(1)).await.unwrap().unwrap();
    assert_eq!(file.events[0].parts, parts);
    assert_eq!(file.events[1].parts, []);
    assert_eq!(store.set_aside(at(1, 2)).await.unwrap(), sealed(&entries[2..]));
}

pub(super) async fn sealed_end_is_wrong_after_a_cut<B: Bench>(bench: &B) {
    let store = bench.open("13.71").await;
    let mut author = Author::new("13.71");
    let first = author.work(complaint(1), 4);
    let seals = vec![author.seal(&first[..2]), author.seal(&first[2..])];
    put(&store, Changes { entries: first, seals: seals.clone(), ..Changes::default() }).await.unwrap();
    let previous = SealHash([8; 32]);
    author.live_again(2, previous);
    let second = author.work(complaint(1), 2);
    let begins = Some((2, previous));
    let seal = author.seal(&second);
    put(&store, Changes { new_life: begins, entries: second, seals: vec![seal], ..Changes::default() }).await.unwrap();

    let before = everything(&store).await;
    for harmless in [at(2, 2), at(2, 9), at(3, 0)] {
        assert_eq!(store.set_aside(harmless).await.unwrap(), []);
    }
    assert_eq!(everything(&store).await, before);
    for (stored, written, sealed) in [
        (at(2, 1), at(2, 1), Head { position: at(2, 0), hash: previous }),
        (at(2, 0), at(2, 0), Head { position: at(2, 0), hash: previous }),
        (at(1, 9), at(1, 4), seals[1].head()),
        (at(1, 3), at(1, 3), seals[0].head()),
        (at(1, 1), at(1, 1), Head::GENESIS),
        (Position::ZERO, at(1, 0), Head::GENESIS),
    ] {
        store.set_aside(stored).await.unwrap();
        let own = store.own().await.unwrap();
        assert_eq!((own.written, own.sealed), (written, sealed), "{stored}");
    }
    assert_eq!(store.set_aside(Position::ZERO).await.unwrap().len(), 6);
}
