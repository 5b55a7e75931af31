//! What a Hello can be wrong in: the session does not begin, nothing changes, and both operators are told why.

use lintas::domain::Change;
use lintas::domain::{FederationId, Position, SealHash, Timestamp};
use lintas::journal::{GENESIS, Head};
use lintas::link::hub::HubEnd;
use lintas::link::hub::registrar::register;
use lintas::link::message::{Down, Fault, Hello, Up};
use lintas::link::node::{Ended, NodeEnd, session as node_session};
use lintas::store::Store;

use super::bench::{Bench, node, unit};
use super::forger::{Forger, NOWHERE};
use super::run;

/// A Hello bent in one way gets this fault; its session is not one, and the one before goes on.
async fn bent(bend: impl FnOnce(&mut Hello), fault: Fault) {
    let mut bench = Bench::new().await;
    for _ in 0..3 {
        bench.file("13.71").await;
        bench.settle().await;
    }
    let mut forger = Forger::silent(&bench, "13.71").await;
    let mut hello = forger.hello(&bench);
    bend(&mut hello);
    let session = bench.store.peer(node("13.71")).await.unwrap().unwrap().session;
    let out = forger.say(&bench, Up::Hello(hello)).await;
    assert_eq!(out.messages, vec![Down::Fault(fault)]);
    assert_eq!(out.ended, Some(Some(fault)));
    let peer = bench.store.peer(node("13.71")).await.unwrap().unwrap();
    assert_eq!(peer.fault, Some(fault.to_string()), "the hub's operator is not told");
    assert_eq!(peer.session, session, "a Hello that is refused took the session over");
    // The node's own end, told so, shows it.
    let site = bench.at("13.71");
    let mut end = NodeEnd::new(site.shared.clone());
    end.handle(node_session::Input::Start(site.shared.hello(false).await.unwrap())).await;
    let told = end.handle(node_session::Input::Received(Down::Fault(fault))).await;
    assert_eq!(told.ended, Some(Ended::Fault(fault)));
    assert_eq!(site.fault().await, Some(fault.to_string()), "the node's operator is not told");
    bench.file("13.71").await;
    bench.settle().await;
    assert!(bench.at("13.71").is_live());
    assert_eq!(bench.store.peer(node("13.71")).await.unwrap().unwrap().stored.position.seq, 4);
    // A good session ends what both are told, though nobody has any news.
    let mut end = NodeEnd::new(bench.at("13.71").shared.clone());
    end.handle(node_session::Input::Start(bench.at("13.71").shared.hello(false).await.unwrap())).await;
    end.handle(node_session::Input::Received(Down::Fault(fault))).await;
    assert_eq!(bench.at("13.71").fault().await, Some(fault.to_string()));
    bench.connect("13.71").await;
    bench.settle().await;
    assert_eq!(bench.at("13.71").fault().await, None);
    assert_eq!(bench.store.peer(node("13.71")).await.unwrap().unwrap().fault, None);
}

#[test]
fn hello_of_another_federation() {
    run(bent(|hello| hello.federation = FederationId::parse("elsewhere").unwrap(), Fault::Federation));
}

#[test]
fn no_common_version() {
    run(bent(|hello| hello.versions = (2, 9), Fault::Version));
    run(bent(|hello| hello.versions = (0, 0), Fault::Version));
}

#[test]
fn clock_more_than_ten_minutes_off() {
    run(bent(|hello| hello.clock = hello.clock.plus_seconds(601), Fault::Clock));
    run(bent(|hello| hello.clock = hello.clock.plus_seconds(-601), Fault::Clock));
    run(bent(|hello| hello.clock = Timestamp(i64::MIN), Fault::Clock));
    run(bent(|hello| hello.clock = Timestamp(i64::MAX), Fault::Clock));
}

#[test]
fn restored_node_behind_the_hub_resumes() {
    run(bent(|hello| hello.head = Head { position: Position::new(1, 2), hash: hello.head.hash }, Fault::Fork));
    run(bent(|hello| hello.head = Head::GENESIS, Fault::Fork));
}

#[test]
fn head_that_contradicts_what_is_stored() {
    run(bent(|hello| hello.head.hash = NOWHERE, Fault::Fork));
}

#[test]
fn life_that_was_not_granted() {
    run(bent(|hello| hello.head.position = Position::new(2, 9), Fault::Fork));
    run(bent(|hello| hello.head.position = Position::new(0, 9), Fault::Fork));
}

#[test]
fn hub_position_ahead_of_the_hub() {
    run(bent(|hello| hello.hub.position = Position::new(1, 9999), Fault::HubBehind));
    run(bent(|hello| hello.hub.hash = SealHash([1; 32]), Fault::HubBehind));
}

#[test]
fn node_that_is_not_enrolled() {
    run(async {
        let bench = Bench::new().await;
        let mut forger = Forger::silent(&bench, "13.71").await;
        forger.node = node("13.73");
        forger.end = HubEnd::new(bench.hub.clone(), node("13.73"));
        let hello = Hello { head: Head { position: Position::new(1, 0), hash: GENESIS }, ..forger.hello(&bench) };
        let out = forger.say(&bench, Up::Hello(hello)).await;
        assert_eq!(out.messages, vec![Down::Fault(Fault::NotEnrolled)]);
        assert!(bench.store.peer(node("13.73")).await.unwrap().is_none(), "a stranger is remembered");
    });
}

#[test]
fn revoked_node_goes_on_in_its_session() {
    run(async {
        let mut bench = Bench::new().await;
        bench.file("13.71").await;
        bench.settle().await;
        let last = Position::new(1, 1);
        let revoked = vec![Change::NodeRevoked { node: unit("13.71"), last }];
        register(&bench.store, &bench.signer, revoked, bench.now()).await.unwrap();
        bench.file("13.71").await;
        let before = bench.store.peer(node("13.71")).await.unwrap().unwrap();
        bench.settle().await;
        assert!(bench.at("13.71").ended.is_some(), "its session goes on");
        let after = bench.store.peer(node("13.71")).await.unwrap().unwrap();
        assert_eq!(after.stored, before.stored);
        bench.connect("13.71").await;
        bench.settle().await;
        assert_eq!(bench.at("13.71").ended, Some(Ended::Fault(Fault::NotEnrolled)));
        assert_eq!(bench.at("13.71").fault().await, Some(Fault::NotEnrolled.to_string()));
    });
}

#[test]
fn revoked_node_is_still_told_what_others_write() {
    run(async {
        let mut bench = Bench::new().await;
        let revoked = vec![Change::NodeRevoked { node: unit("13"), last: Position::new(1, 0) }];
        let mut line = bench.sites.get_mut("13").unwrap().line.take().unwrap();
        bench.moved("13.71", "13").await;
        let id = bench.moved("kl.pu", "13").await;
        register(&bench.store, &bench.signer, revoked, bench.now()).await.unwrap();
        bench.hub.refresh().await.unwrap();
        let out = line.hub.handle(lintas::link::hub::session::Input::Wake).await;
        assert_eq!(out.messages, vec![Down::Fault(Fault::NotEnrolled)]);
        assert_eq!(out.ended, Some(Some(Fault::NotEnrolled)));
        assert!(bench.at("13").store.file(id).await.unwrap().is_none());
    });
}

#[test]
fn welcome_that_does_not_fit_the_hello() {
    run(async {
        let mut bench = Bench::new().await;
        bench.file("13.71").await;
        bench.settle().await;
        bench.cut("13.71");
        let mut hub = HubEnd::new(bench.hub.clone(), node("13.71"));
        let site = bench.at("13.71");
        let hello = site.shared.hello(false).await.unwrap();
        let input = lintas::link::hub::session::Input::Received(Up::Hello(hello.clone()), bench.now());
        let Down::Welcome(good) = hub.handle(input).await.messages.remove(0) else { panic!("no Welcome") };
        let other_head = Head { hash: NOWHERE, ..good.stored };
        let unknown = Head { position: Position::new(1, 77), ..good.stored };
        for (welcome, fault) in [
            (lintas::link::message::Welcome { version: 2, ..good.clone() }, Fault::Version),
            (lintas::link::message::Welcome { recovering: true, ..good.clone() }, Fault::Protocol),
            (lintas::link::message::Welcome { outbox: (good.outbox.0, 9999), ..good.clone() }, Fault::Protocol),
            (lintas::link::message::Welcome { outbox: (0, 0), ..good.clone() }, Fault::Protocol),
            (lintas::link::message::Welcome { stored: other_head, ..good.clone() }, Fault::Fork),
            (lintas::link::message::Welcome { stored: unknown, ..good.clone() }, Fault::Fork),
        ] {
            let mut end = NodeEnd::new(site.shared.clone());
            end.handle(node_session::Input::Start(hello.clone())).await;
            let out = end.handle(node_session::Input::Received(Down::Welcome(welcome))).await;
            assert_eq!(out.ended, Some(Ended::Fault(fault)));
            assert_eq!(site.fault().await, Some(fault.to_string()));
        }
    });
}
