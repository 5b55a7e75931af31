//! Evidence against the hub: kept once, until somebody has looked into it, and known to whoever is about to seal.

use super::Bench;
use super::sample::{at, put, receipt};
use crate::domain::{SealHash, Timestamp};
use crate::store::{Changes, Evidence, Scope, Store, Word};

fn found(byte: u8, here: bool) -> Evidence {
    let here = here.then(|| Word::Seal(vec![1, 2], [3; 64]));
    let there = if byte == 0 { Word::of_receipt(&receipt()) } else { Word::Head(vec![byte; 5], [byte; 64]) };
    Evidence {
        found: Timestamp(i64::from(byte)),
        at: at(1, 4),
        said: SealHash([byte; 32]),
        here,
        there,
        dismissed: None,
    }
}

async fn keep<S: Store>(store: &S, evidence: Vec<Evidence>) {
    put(store, Changes { evidence, ..Changes::default() }).await.unwrap();
}

pub(super) async fn evidence_is_lost_or_kept_twice<B: Bench>(bench: &B) {
    let store = bench.open("13.71").await;
    assert!(!store.own().await.unwrap().doubted);
    keep(&store, vec![found(5, true), found(0, false)]).await;
    // The same said again later, by another word.
    keep(&store, vec![Evidence { found: Timestamp(9), there: Word::Head(vec![9], [9; 64]), ..found(5, false) }]).await;
    assert_eq!(store.evidence().await.unwrap(), [found(5, true), found(0, false)]);
    assert!(store.own().await.unwrap().doubted);
    let seen = store.transact(Scope::default(), |view| (Changes::default(), view.own.doubted)).await.unwrap();
    assert!(seen, "whoever seals is not told");
    put(&store, Changes { dismissed: Some(Timestamp(20)), ..Changes::default() }).await.unwrap();
    assert!(!store.own().await.unwrap().doubted);
    keep(&store, vec![Evidence { found: Timestamp(30), ..found(5, true) }]).await;
    assert!(!store.own().await.unwrap().doubted, "what was looked into is found for ever");
    keep(&store, vec![found(7, true)]).await;
    assert!(store.own().await.unwrap().doubted, "what comes later is dismissed with it");
    let dismissed = store.evidence().await.unwrap().into_iter().map(|one| one.dismissed).collect::<Vec<_>>();
    assert_eq!(dismissed, [Some(Timestamp(20)), Some(Timestamp(20)), None]);
}
