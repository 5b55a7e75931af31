//! What caused an event: kept beside it, told where it is passed on, gone with its content.

use super::Bench;
use super::sample::{Author, at, complaint, filed, node, part, put, summary};
use crate::domain::{Change, Position, Verdict};
use crate::runtime::TraceContext;
use crate::store::{Changes, Entry, Scope, Store, Summary};

fn trace(number: u8) -> Option<TraceContext> {
    TraceContext::new([number; 16], [number; 8], 1)
}

/// What is told of a complaint's events to a planner, by event.
async fn planned<S: Store>(store: &S, entries: &[Entry]) -> Vec<Option<TraceContext>> {
    let scope = Scope { complaints: [complaint(1), complaint(2)].into(), ..Scope::default() };
    let traces = store.transact(scope, |view| (Changes::default(), view.traces.clone())).await.unwrap();
    assert_eq!(traces.len(), traces.keys().filter(|hash| entries.iter().any(|entry| entry.hash == **hash)).count());
    entries.iter().map(|entry| traces.get(&entry.hash).copied()).collect()
}

/// What goes out to a destination.
async fn sent<S: Store>(store: &S, to: &str) -> Vec<Option<TraceContext>> {
    let generation = store.peer(node(to)).await.unwrap().unwrap().generation;
    let deliveries = store.outbox(node(to), generation, 0, usize::MAX).await.unwrap();
    deliveries.into_iter().map(|delivery| delivery.trace).collect()
}

/// What goes out in batches of a journal.
async fn batched<S: Store>(store: &S, origin: &str) -> Vec<Option<TraceContext>> {
    let batches = store.sealed(node(origin), Position::ZERO, usize::MAX).await.unwrap();
    batches.into_iter().flat_map(|batch| batch.entries).map(|entry| entry.trace).collect()
}

/// Four events of a city on two complaints, of which two are traced.
fn four(city: &mut Author) -> Changes {
    let events = [(1, filed(1), 0), (2, Change::Verified, 7), (1, Change::Verified, 0), (1, Change::Closed, 9)];
    let write = |(of, change, number)| city.tell(Some(complaint(of)), change, &[part(0, "what")]).traced(trace(number));
    let entries: Vec<Entry> = events.map(write).into();
    city.batch(entries, Verdict::Applied)
}

pub(super) async fn trace_is_lost_on_the_way<B: Bench>(bench: &B) {
    let wanted = [None, trace(7), None, trace(9)];
    for owner in ["hub", "13.71"] {
        let store = bench.open(owner).await;
        let mut changes = four(&mut Author::new("13.71"));
        changes.outbox = changes.entries.iter().map(|entry| (node("13"), entry.hash)).collect();
        let participants = vec![node("13")];
        changes.summaries =
            vec![Summary { participants: participants.clone(), ..summary(1) }, Summary { participants, ..summary(2) }];
        put(&store, changes.clone()).await.unwrap();
        assert_eq!(sent(&store, "13").await, wanted, "{owner}");
        assert_eq!(batched(&store, "13.71").await, wanted, "{owner}");
        assert_eq!(planned(&store, &changes.entries).await, wanted, "{owner}");
        store.refill(node("13"), 0).await.unwrap();
        assert_eq!(sent(&store, "13").await, wanted, "{owner}");
    }
}

pub(super) async fn trace_of_one_event_is_told_of_another<B: Bench>(bench: &B) {
    let store = bench.open("hub").await;
    let mut changes = four(&mut Author::new("13.71"));
    changes.outbox = changes.entries.iter().rev().map(|entry| (node("13"), entry.hash)).collect();
    put(&store, changes.clone()).await.unwrap();
    assert_eq!(sent(&store, "13").await, [trace(9), None, trace(7), None]);
    // Stored again with another, an event keeps its own.
    let again = changes.entries.iter().map(|entry| entry.clone().traced(trace(3))).collect();
    put(&store, Changes { entries: again, ..Changes::default() }).await.unwrap();
    assert_eq!(batched(&store, "13.71").await, [None, trace(7), None, trace(9)]);
    // Only those of the complaints in scope are told.
    let scope = Scope { complaints: [complaint(2)].into(), ..Scope::default() };
    let traces = store.transact(scope, |view| (Changes::default(), view.traces.clone())).await.unwrap();
    assert_eq!(traces.into_values().map(Some).collect::<Vec<_>>(), [trace(7)]);
}

pub(super) async fn trace_outlives_content<B: Bench>(bench: &B) {
    let store = bench.open("13.71").await;
    let mut city = Author::new("13.71");
    let changes = four(&mut city);
    put(&store, changes.clone()).await.unwrap();
    let destroy = vec![changes.entries[3].hash];
    put(&store, Changes { destroy: destroy.clone(), ..Changes::default() }).await.unwrap();
    assert_eq!(batched(&store, "13.71").await, [None, trace(7), None, None]);
    put(&store, Changes { entries: changes.entries.clone(), ..Changes::default() }).await.unwrap();
    assert_eq!(planned(&store, &changes.entries).await, [None, trace(7), None, None]);
    // One that comes and is destroyed in one transaction.
    let entry = city.write(complaint(1), Change::Replied).traced(trace(5));
    let destroy = vec![entry.hash];
    put(&store, Changes { entries: vec![entry.clone()], destroy, ..Changes::default() }).await.unwrap();
    assert_eq!(planned(&store, &[changes.entries, vec![entry]].concat()).await, [None, trace(7), None, None, None]);
}

pub(super) async fn trace_survives_a_life_set_aside<B: Bench>(bench: &B) {
    let store = bench.open("13.71").await;
    let changes = four(&mut Author::new("13.71"));
    put(&store, changes.clone()).await.unwrap();
    let aside = store.set_aside(at(1, 1)).await.unwrap();
    assert_eq!(aside.into_iter().map(|entry| entry.trace).collect::<Vec<_>>(), [None; 3]);
    assert_eq!(planned(&store, &changes.entries).await, [None; 4]);
    // What comes back from the hub comes as the hub has it.
    put(&store, Changes { entries: changes.entries[1..].to_vec(), ..Changes::default() }).await.unwrap();
    assert_eq!(planned(&store, &changes.entries).await, [None, trace(7), None, trace(9)]);
}
