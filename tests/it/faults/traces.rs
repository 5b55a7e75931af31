//! Traces beside events: what caused a move is told to everyone who takes part, and never who an anonymous reporter is, whatever
//! a node keeps or a hub passes on.

use std::collections::BTreeMap;

use lintas::desk::Action;
use lintas::domain::{Change, ComplaintId, EventHash, NodeId, Reason, Visibility};
use lintas::link::hub::session::Input;
use lintas::link::message::{Down, Up};
use lintas::link::node::session as node_session;
use lintas::runtime::TraceContext;
use lintas::store::memory::MemoryStore;
use lintas::store::{Changes, Scope, Store};

use super::bench::{Bench, node, unit};
use super::run;

fn trace(number: u8) -> Option<TraceContext> {
    TraceContext::new([number; 16], [number; 8], 1)
}

/// The traces that a store has of a complaint's events, by author and change.
async fn kept(store: &MemoryStore, id: ComplaintId) -> BTreeMap<(NodeId, &'static str), TraceContext> {
    let scope = Scope { complaints: [id].into(), ..Scope::default() };
    let read = |view: &lintas::store::View| {
        let traced = |hash: &EventHash| view.traces.get(hash).copied();
        let events = view.complaints[&id]
            .iter()
            .filter_map(|event| Some(((event.header.node.clone(), event.header.change.name()), traced(&event.hash)?)));
        (Changes::default(), events.collect())
    };
    store.transact(scope, read).await.unwrap()
}

/// A node that traces everything writes a filing, a reply and a transfer to kl.pu. What the hub and kl.pu keep of it.
async fn everything_traced(visibility: Visibility) -> [BTreeMap<(NodeId, &'static str), TraceContext>; 2] {
    let mut bench = Bench::new().await;
    let (id, mut header) = bench.filing("13.71", "13.71").await;
    let Change::Filed(filing) = &mut header.change else { panic!("no filing") };
    filing.visibility = visibility;
    let city = bench.at("13.71");
    city.write_traced(header, Vec::new(), trace(1)).await;
    let reply = city.header(id, Change::Replied, &bench).await;
    let reply = city.write_traced(reply, Vec::new(), trace(2)).await;
    let change = Change::Transfer { to: unit("kl.pu"), reason: Reason::NotMyAuthority };
    let mut header = city.header(id, change, &bench).await;
    header.seen = Some(reply);
    city.write_traced(header, Vec::new(), trace(3)).await;
    bench.settle().await;
    let ministry = bench.at("kl.pu").store.clone();
    let summary = ministry.file(id).await.unwrap().unwrap().summary.unwrap();
    assert_eq!(summary.node, node("kl.pu"), "custody has moved");
    [kept(&bench.store, id).await, kept(&ministry, id).await]
}

#[test]
fn trace_leads_to_an_anonymous_reporter_at_the_hub() {
    run(async {
        let city = node("13.71");
        let mut wanted = BTreeMap::from([
            ((city.clone(), "filed"), trace(1).unwrap()),
            ((city.clone(), "replied"), trace(2).unwrap()),
            ((city.clone(), "transfer"), trace(3).unwrap()),
            // What the hub decides of a proposal was caused by what caused the proposal.
            ((NodeId::Hub, "moved"), trace(3).unwrap()),
        ]);
        assert_eq!(everything_traced(Visibility::Open).await, [wanted.clone(), wanted.clone()]);
        assert_eq!(everything_traced(Visibility::Confidential).await, [wanted.clone(), wanted.clone()]);
        wanted.remove(&(city.clone(), "filed"));
        wanted.remove(&(city, "replied"));
        assert_eq!(everything_traced(Visibility::Anonymous).await, [wanted.clone(), wanted]);
    });
}

#[test]
fn trace_leads_to_an_anonymous_reporter_at_a_node() {
    run(async {
        let mut bench = Bench::new().await;
        let id = bench.file_as("13.71", Visibility::Anonymous).await;
        bench.act("13.71", id, Action::Reply).await;
        bench.settle().await;
        let mut line = bench.sites.get_mut("13").unwrap().line.take().unwrap();
        bench.act("13.71", id, Action::Transfer { to: unit("13"), reason: Reason::NotMyAuthority }).await;
        bench.settle().await;
        let Some(Down::Deliver(mut deliver)) = line.hub.handle(Input::Wake).await.messages.pop() else {
            panic!("no delivery")
        };
        // A hub that tells a trace of everything.
        deliver.events.iter_mut().for_each(|event| event.trace = trace(4));
        let out = line.node.handle(node_session::Input::Received(Down::Deliver(deliver))).await;
        assert!(matches!(out.messages[..], [Up::Delivered { .. }]), "{out:?}");
        let kept = kept(&bench.at("13").store, id).await;
        let names: Vec<&str> = kept.keys().map(|(_, change)| *change).collect();
        assert_eq!(names, ["moved", "transfer"]);
    });
}

#[test]
fn decision_that_waited_forgets_what_caused_it() {
    run(async {
        let mut bench = Bench::new().await;
        let id = bench.file("13.71").await;
        bench.settle().await;
        let city = bench.at("13.71");
        let change = Change::Transfer { to: unit("kl.pu"), reason: Reason::NotMyAuthority };
        let header = city.header(id, change, &bench).await;
        city.write_traced(header, Vec::new(), trace(5)).await;
        // The hub hears that more of this journal is to come, and decides when it is there.
        let line = bench.sites.get_mut("13.71").unwrap().line.as_mut().unwrap();
        let mut up = line.node.handle(node_session::Input::Wake).await.messages;
        for message in &mut up {
            let Up::Batch(batch) = message else { continue };
            let end = batch.batch.seal.body().end();
            batch.announced = vec![(id, end.next())];
        }
        line.up.extend(up);
        bench.settle().await;
        assert!(!kept(&bench.store, id).await.contains_key(&(NodeId::Hub, "moved")), "not decided yet");
        bench.file("13.71").await;
        bench.settle().await;
        let kept = kept(&bench.store, id).await;
        assert_eq!(kept.get(&(NodeId::Hub, "moved")).copied(), trace(5));
    });
}
