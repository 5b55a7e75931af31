//! The desk when custody comes, goes, or is about to: take-backs, late events, histories still on the way, unknown changes.

use super::bench::{Bench, dispose, federation, keyring, node, transfer, unit};
use crate::desk::author::{self, Author};
use crate::desk::{Action, DeskError, TakeBack};
use crate::domain::{Cause, Change, ComplaintId, DisplayState, Moved, Position, Refusal, Registry, Timestamp, fold};
use crate::journal::SecretSeed;
use crate::store::{Changes, Scope, Store, View};

#[tokio::test]
async fn transfer_that_never_left_shows_as_asked_to_take_back() {
    let bench = Bench::padang().await;
    let id = bench.file().await;
    bench.must(id, [transfer("13")]).await;
    assert_eq!(bench.act(id, Action::TakeBack).await.unwrap().take_back, Some(TakeBack::Certain));
    bench.must(id, [transfer("13")]).await;
    bench.seal().await;
    assert_eq!(bench.act(id, Action::TakeBack).await.unwrap().take_back, Some(TakeBack::Asked));
    let error = bench.act(id, Action::TakeBack).await.unwrap_err();
    assert!(matches!(error, DeskError::Refused { refusal: Refusal::NotPending, .. }));
}

#[tokio::test]
async fn complaint_is_handled_after_it_has_gone() {
    let mut bench = Bench::padang().await;
    let id = bench.file().await;
    bench.must(id, [transfer("13")]).await;
    bench.move_to(id, "13", "13", Cause::Transfer).await;
    let error = bench.act(id, Action::FollowUp).await.unwrap_err();
    assert_eq!(error.code(), "desk.not-holder");
    assert_eq!(error.standing().unwrap().state, DisplayState::Received);
    assert_eq!(bench.act(id, Action::TakeBack).await.unwrap_err().code(), "desk.not-holder");
    // The reporter is still heard where the complaint was filed.
    bench.must(id, [Action::Reply]).await;
}

#[tokio::test]
async fn node_speaks_for_a_reporter_of_another_node() {
    let mut bench = Bench::padang().await;
    let id = foreign(&mut bench).await;
    bench.must(id, [Action::Accept]).await;
    let error = bench.act(id, Action::Reply).await.unwrap_err();
    assert!(matches!(&error, DeskError::NotOrigin { origin, .. } if origin.as_str() == "13"), "{error}");
}

/// A complaint filed at 13 and moved here.
async fn foreign(bench: &mut Bench) -> ComplaintId {
    let other = Bench::padang().await;
    let mut filing = None;
    let id = other.file().await;
    for event in other.events(id).await {
        if let Change::Filed(filed) = event.header.change {
            filing = Some(filed);
        }
    }
    let id = ComplaintId([9; 16]);
    let filed = bench.filed_elsewhere("13", id, *filing.unwrap()).await;
    let moved = Moved {
        ends: filed,
        unit: unit("13.71"),
        node: node("13.71"),
        cause: Cause::Transfer,
        assigned: false,
        proposal: None,
        cutoff: Some(Position::new(1, 1)),
        admitted: vec![(node("13"), filed)],
    };
    bench.by_hub(Some(id), Change::Moved(Box::new(moved))).await;
    id
}

#[tokio::test]
async fn late_work_is_adopted_twice_or_without_a_look_at_its_target() {
    let mut bench = Bench::padang().await;
    let id = bench.file().await;
    let first = bench.move_to(id, "13", "13", Cause::Transfer).await;
    bench.by_other("13", 1, first.hash, id, Change::Accepted).await;
    bench.move_to(id, "13.71", "13.71", Cause::Escalation).await;
    // Written at 13 after custody had moved.
    bench.by_other("13", 2, first.hash, id, Change::FollowedUp).await;
    assert_eq!(bench.act(id, Action::Adopt { event: None }).await.unwrap_err().code(), "desk.not-open");
    bench.must(id, [Action::Accept, Action::Adopt { event: None }]).await;
    assert_eq!(fold(&bench.events(id).await).unwrap().display(), DisplayState::InProgress);
    assert_eq!(bench.act(id, Action::Adopt { event: None }).await.unwrap_err().code(), "desk.not-late");
    let elsewhere = Change::Disposed { unit: unit("13"), reason: crate::domain::Reason::Competent };
    bench.by_other("13", 3, first.hash, id, elsewhere).await;
    assert_eq!(bench.act(id, Action::Adopt { event: None }).await.unwrap_err().code(), "desk.target-not-here");
}

#[tokio::test]
async fn holder_acts_before_the_whole_history_is_there() {
    let mut bench = Bench::padang().await;
    let id = bench.file().await;
    let first = bench.move_to(id, "13", "13", Cause::Transfer).await;
    let events = bench.events(id).await;
    let moved = Moved {
        ends: first.hash,
        unit: unit("13.71"),
        node: node("13.71"),
        cause: Cause::Transfer,
        assigned: false,
        proposal: None,
        cutoff: None,
        admitted: vec![(node("13"), crate::domain::EventHash([5; 32])), (node("13.71"), events[0].hash)],
    };
    bench.by_hub(Some(id), Change::Moved(Box::new(moved))).await;
    let error = bench.act(id, Action::Accept).await.unwrap_err();
    assert_eq!(error.code(), "desk.incomplete");
    assert_eq!(error.facts(), [("missing", "1".to_owned())]);
}

#[tokio::test]
async fn complaint_with_a_held_event_is_written_to() {
    let bench = Bench::padang().await;
    let id = bench.file().await;
    let opener = bench.events(id).await[0].hash;
    bench.by_other("13", 1, opener, id, Change::Unknown { kind: 999, body: vec![0x80] }).await;
    for action in [Action::Verify, dispose("13.71.dlh"), Action::Reply, Action::Withdraw] {
        assert_eq!(bench.act(id, action).await.unwrap_err().code(), "desk.read-only");
    }
}

#[tokio::test]
async fn crash_between_planning_and_commit_leaves_a_trace() {
    let bench = Bench::padang().await;
    let id = bench.file().await;
    let mut registry = Registry::default();
    bench.store.registry().await.unwrap().iter().for_each(|event| registry.apply(event));
    let account = crate::domain::Pseudonym([9; 16]);
    let (key, seed) = (keyring().present(), SecretSeed::from_random([4; 32]));
    let (federation, node) = (federation(), node("13.71"));
    let author = Author {
        federation,
        node,
        account,
        now: Timestamp(5),
        trace: None,
        timetable: std::sync::Arc::default(),
        key,
        seed,
    };
    let scope = Scope { complaints: [id].into(), ..Scope::default() };
    let plan = |view: &View| author::act(view, &registry, &author, id, None, &Action::Verify, Vec::new()).unwrap();
    // Planned, and lost before it was written.
    let lost = bench.store.transact(scope.clone(), |view| (Changes::default(), plan(view))).await.unwrap();
    assert_eq!(bench.events(id).await.len(), 1);
    let again = bench.store.transact(scope, |view| (Changes::default(), plan(view))).await.unwrap();
    assert_eq!(lost, again);
    bench.apply(again.0).await;
    assert_eq!(bench.events(id).await.len(), 2);
}

#[tokio::test]
async fn registry_position_cited_goes_down() {
    let mut bench = Bench::padang().await;
    let id = bench.file().await;
    bench.registry(crate::domain::Listing::named(unit("kl.atr"), name("ATR")).listed(None)).await;
    bench.must(id, [Action::Verify]).await;
    let stale = crate::desk::Desk::open(
        bench.store.clone(),
        std::sync::Arc::new(crate::runtime::ManualClock::at(0)),
        std::sync::Arc::new(crate::runtime::SeededEntropy::new(1)),
        keyring(),
    );
    let stale = stale.await.unwrap();
    bench.registry(crate::domain::Listing::named(unit("kl.bpn"), name("BPN")).listed(None)).await;
    bench.must(id, [dispose("13.71.dlh")]).await;
    let name = crate::desk::ComplaintName::Id(id);
    stale.act(&name, None, &Action::Respond, "sudah").await.unwrap();
    let cited: Vec<_> = bench.events(id).await.iter().map(|event| event.header.registry).collect();
    assert!(cited.is_sorted() && cited.first() < cited.last(), "{cited:?}");
}

fn name(text: &str) -> crate::domain::event::PublicName {
    crate::domain::event::PublicName::parse(text).unwrap()
}
