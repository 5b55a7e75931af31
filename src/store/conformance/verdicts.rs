//! Verdicts: final ones stay, and everybody learns theirs.

use super::Bench;
use super::sample::{Author, at, complaint, node, put, refused};
use crate::domain::{Change, Inadmissibility, Position, Refusal, Verdict};
use crate::store::{Changes, Store};

pub(super) async fn final_verdict_changes<B: Bench>(bench: &B) {
    let store = bench.open("13.71").await;
    let mut own = Author::new("13.71");
    let entries = own.work(complaint(1), 4);
    put(&store, Changes { entries: entries.clone(), ..Changes::default() }).await.unwrap();
    let inadmissible = Verdict::Inadmissible(Inadmissibility::CutOff);
    let judged = [Verdict::Applied, inadmissible, Verdict::Held, Verdict::Late];
    let verdicts: Vec<_> = entries.iter().map(|entry| entry.hash).zip(judged).collect();
    // Once and again: the same verdict changes nothing.
    for _ in 0..2 {
        put(&store, Changes { verdicts: verdicts.clone(), ..Changes::default() }).await.unwrap();
    }
    for (entry, verdict) in [
        (&entries[0], Verdict::Late),
        (&entries[0], Verdict::Provisional),
        (&entries[1], Verdict::Applied),
        (&entries[1], Verdict::Inadmissible(Inadmissibility::Parts)),
    ] {
        let verdicts = vec![(entry.hash, verdict)];
        refused(&store, None, Changes { verdicts, ..Changes::default() }, "another verdict").await;
    }
    let twice = vec![(entries[2].hash, Verdict::Applied), (entries[2].hash, Verdict::Late)];
    refused(&store, None, Changes { verdicts: twice, ..Changes::default() }, "final within a transaction").await;
    let verdicts = vec![(entries[2].hash, Verdict::Applied), (entries[3].hash, inadmissible)];
    put(&store, Changes { verdicts, ..Changes::default() }).await.unwrap();
    let found = store.verdicts(node("13.71"), Position::ZERO, 9).await.unwrap();
    let found: Vec<Verdict> = found.into_iter().map(|(_, _, verdict)| verdict).collect();
    assert_eq!(found, [Verdict::Applied, inadmissible, Verdict::Applied, inadmissible]);
}

pub(super) async fn verdict_skips_one_that_is_provisional<B: Bench>(bench: &B) {
    let store = bench.open("hub").await;
    let mut city = Author::new("13.71");
    let mut entries = city.work(complaint(1), 3);
    city.live_again(2, city.head.hash);
    entries.extend(city.work(complaint(1), 2));
    for (entry, verdict) in entries.iter_mut().zip([Verdict::Applied, Verdict::Late, Verdict::Provisional]) {
        entry.verdict = verdict;
    }
    entries[4].verdict = Verdict::Applied;
    put(&store, Changes { entries: entries.clone(), ..Changes::default() }).await.unwrap();
    let read = async |after, limit| store.verdicts(node("13.71"), after, limit).await.unwrap();
    let first = [(at(1, 1), entries[0].hash, Verdict::Applied), (at(1, 2), entries[1].hash, Verdict::Late)];
    assert_eq!(read(Position::ZERO, 9).await, first);
    assert_eq!(read(Position::ZERO, 1).await, first[..1]);
    assert_eq!(read(at(1, 1), 9).await, first[1..]);
    assert_eq!(read(at(1, 2), 9).await, []);
    let verdicts = entries[2..4].iter().map(|entry| (entry.hash, Verdict::Refused(Refusal::Pending))).collect();
    put(&store, Changes { verdicts, ..Changes::default() }).await.unwrap();
    assert_eq!(
        read(at(1, 2), 9).await.into_iter().map(|(at, _, _)| at).collect::<Vec<_>>(),
        [at(1, 3), at(2, 1), at(2, 2)]
    );
}

pub(super) async fn refusals_are_not_shown_to_their_author<B: Bench>(bench: &B) {
    let store = bench.open("13.71").await;
    let (mut own, mut other) = (Author::new("13.71"), Author::new("13"));
    let mut entries = own.work(complaint(1), 2);
    entries.push(own.write(complaint(2), Change::Closed));
    let hashes: Vec<_> = entries.iter().map(|entry| entry.hash).collect();
    entries.extend(other.work(complaint(1), 1));
    entries[3].verdict = Verdict::Late;
    put(&store, Changes { entries, ..Changes::default() }).await.unwrap();
    assert_eq!(store.refusals(9).await.unwrap(), []);
    assert_eq!(store.counts().await.unwrap().provisional, 3);
    let refused = Verdict::Refused(Refusal::NotAwaiting);
    let verdicts = vec![(hashes[0], Verdict::Late), (hashes[1], Verdict::Applied), (hashes[2], refused)];
    put(&store, Changes { verdicts, ..Changes::default() }).await.unwrap();
    let shown = store.refusals(9).await.unwrap();
    assert_eq!(
        shown.iter().map(|r| (r.position, r.verdict)).collect::<Vec<_>>(),
        [(at(1, 3), refused), (at(1, 1), Verdict::Late)]
    );
    assert_eq!((shown[0].complaint, shown[0].change.as_str()), (Some(complaint(2)), "closed"));
    assert_eq!(store.refusals(1).await.unwrap(), shown[..1]);
    assert_eq!(store.counts().await.unwrap().provisional, 0);
}

pub(super) async fn held_complaints_are_forgotten<B: Bench>(bench: &B) {
    let store = bench.open("hub").await;
    let mut city = Author::new("13.71");
    let mut entries: Vec<_> = [3, 1, 1, 2].map(|number| city.write(complaint(number), Change::Verified)).into();
    for entry in &mut entries[..3] {
        entry.verdict = Verdict::Held;
    }
    put(&store, Changes { entries: entries.clone(), ..Changes::default() }).await.unwrap();
    assert_eq!(store.held(9).await.unwrap(), [complaint(1), complaint(3)]);
    assert_eq!(store.held(1).await.unwrap(), [complaint(1)]);
    put(&store, Changes { verdicts: vec![(entries[0].hash, Verdict::Applied)], ..Changes::default() }).await.unwrap();
    assert_eq!(store.held(9).await.unwrap(), [complaint(1)]);
}
