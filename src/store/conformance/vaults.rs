//! Content at rest: locked by a vault, read with its key alone, and never sent or written anew without it.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::Bench;
use super::sample::{Author, at, complaint, filed, node, part, put, summary};
use crate::domain::{Change, Position, Verdict};
use crate::journal::part::Body;
use crate::journal::{Part, StorageKey};
use crate::runtime::SeededEntropy;
use crate::store::{Changes, Store, StoreError, Summary, Vault};

fn key(byte: u8) -> StorageKey {
    StorageKey::new(Zeroizing::new([byte; 32]))
}

fn vault(keys: &[u8]) -> Vault {
    Vault::new(keys.iter().map(|byte| key(*byte)), Arc::new(SeededEntropy::new(1)))
}

/// A filing with content, one that its author sealed beside it, on its way to 13.
fn changes(city: &mut Author) -> (Changes, Vec<Part>) {
    let sealed = Part { body: Body::Sealed(vec![9; 308]), ..part(1, "") };
    let parts = vec![part(0, "what"), sealed];
    let entry = city.tell(Some(complaint(1)), filed(1), &parts);
    let mut changes = city.batch(vec![entry], Verdict::Applied);
    changes.outbox = changes.entries.iter().map(|entry| (node("13"), entry.hash)).collect();
    changes.summaries = vec![Summary { participants: vec![node("13")], ..summary(1) }];
    (changes, parts)
}

async fn looked_at<S: Store>(store: &S) -> Vec<Part> {
    let file = store.file(complaint(1)).await.unwrap().unwrap();
    let rows = store.journal(node("13.71"), Position::ZERO, 10).await.unwrap();
    assert_eq!(file.events[0].parts, rows[0].parts);
    rows[0].parts.clone()
}

async fn sent<S: Store>(store: &S) -> Result<Vec<Part>, StoreError> {
    let generation = store.peer(node("13")).await?.unwrap().generation;
    let delivered = store.outbox(node("13"), generation, 0, usize::MAX).await?;
    let batches = store.sealed(node("13.71"), Position::ZERO, usize::MAX).await?;
    assert_eq!(delivered[0].parts, batches[0].entries[0].parts);
    Ok(delivered[0].parts.clone())
}

fn is_locked(parts: &[Part]) -> bool {
    matches!(parts[0].body, Body::Locked(_)) && parts[1].is_sealed()
}

pub(super) async fn stolen_disk_without_key_opens_nothing<B: Bench>(bench: &B) {
    for owner in ["hub", "13.71"] {
        let store = bench.open(owner).await;
        let (changes, parts) = changes(&mut Author::new("13.71"));
        put(&B::lock(&store, vault(&[1])), changes).await.unwrap();
        assert_eq!(looked_at(&B::lock(&store, vault(&[1]))).await, parts, "{owner}");
        assert_eq!(sent(&B::lock(&store, vault(&[2, 1]))).await.unwrap(), parts, "{owner}");
        B::lock(&store, vault(&[2, 1])).check_vault().await.unwrap();
        for without in [store.clone(), B::lock(&store, vault(&[2]))] {
            assert!(
                matches!(without.check_vault().await, Err(StoreError::Locked(_))),
                "{owner}: it goes on without the key"
            );
            assert!(is_locked(&looked_at(&without).await), "{owner}");
            assert!(
                matches!(sent(&without).await, Err(StoreError::Locked(_))),
                "{owner}: ciphertext is sent as content"
            );
        }
    }
}

pub(super) async fn locked_content_is_set_aside_for_ever<B: Bench>(bench: &B) {
    let plain = bench.open("13.71").await;
    let store = B::lock(&plain, vault(&[1]));
    let mut city = Author::new("13.71");
    let (changes, parts) = changes(&mut city);
    put(&store, changes.clone()).await.unwrap();
    assert!(matches!(plain.set_aside(Position::ZERO).await, Err(StoreError::Locked(_))));
    let aside = store.set_aside(Position::ZERO).await.unwrap();
    assert_eq!(aside[0].parts, parts);
    // It comes back without its content: what is here is put to it, as it lies.
    let mut back = changes.entries;
    back[0].sealed.parts.clear();
    put(&store, Changes { entries: back, ..Changes::default() }).await.unwrap();
    assert_eq!(looked_at(&store).await, parts);
    assert_eq!(city.written, at(1, 1));
}

pub(super) async fn content_stays_under_an_old_key<B: Bench>(bench: &B) {
    let plain = bench.open("13.71").await;
    let mut city = Author::new("13.71");
    let (changes, parts) = changes(&mut city);
    put(&B::lock(&plain, vault(&[1])), changes).await.unwrap();
    // Written by a program that had no key.
    let more = city.tell(Some(complaint(1)), Change::Verified, &[part(0, "more"), part(1, "and more")]);
    put(&plain, Changes { entries: vec![more], ..Changes::default() }).await.unwrap();
    assert!(plain.rewrap((0, 0), 10).await.unwrap().is_none(), "it works without a vault");
    let store = B::lock(&plain, vault(&[2, 1]));
    let (mut after, mut anew, mut rounds) = ((0, -1), 0, 0);
    while let Some(done) = store.rewrap(after, 3).await.unwrap() {
        (after, anew, rounds) = (done.at, anew + done.changed, rounds + 1);
    }
    assert_eq!((anew, rounds), (3, 2));
    let store = B::lock(&plain, vault(&[2]));
    assert_eq!(looked_at(&store).await, parts);
    let rows = store.journal(node("13.71"), Position::ZERO, 10).await.unwrap();
    assert_eq!(rows[1].parts, [part(0, "more"), part(1, "and more")]);
    assert!(is_locked(&looked_at(&B::lock(&plain, vault(&[1]))).await));
    assert_eq!(store.rewrap((0, -1), 10).await.unwrap().map(|done| done.changed), Some(0), "it never comes to an end");
    // Whoever has lost the old key is told.
    assert!(matches!(B::lock(&plain, vault(&[3])).rewrap((0, -1), 10).await, Err(StoreError::Locked(_))));
}
