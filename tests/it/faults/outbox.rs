//! What the hub has for a node: the whole history first, earlier holders go on seeing it, and an outbox that overflowed is filled
//! again.

use lintas::desk::Action;
use lintas::domain::{Change, Header, Outcome, Reason, Verdict, fold};
use lintas::link::hub::session::Input;
use lintas::link::message::Up;
use lintas::link::node::session as node_session;
use lintas::store::{Peer, Store};

use super::bench::{Bench, node, unit};
use super::run;

#[test]
fn new_holder_hears_of_the_move_before_the_history() {
    run(async {
        let mut bench = Bench::new().await;
        let id = bench.file("13.71").await;
        bench.act("13.71", id, Action::Verify).await;
        bench.act("13.71", id, Action::FollowUp).await;
        bench.settle().await;
        bench.cut("13");
        bench.act("13.71", id, Action::Transfer { to: unit("13"), reason: Reason::NotMyAuthority }).await;
        bench.settle().await;
        let mut forger = super::forger::Forger::connect(&bench, "13").await;
        let out = forger.end.handle(Input::Wake).await;
        assert!(out.messages.is_empty(), "what was sent with Welcome is under way");
        let peer = bench.store.peer(node("13")).await.unwrap().unwrap();
        let rows = bench.store.outbox(node("13"), peer.generation, peer.numbered - 5, 1 << 20).await.unwrap();
        let changes: Vec<&str> =
            rows.iter().map(|row| lintas::journal::event(&row.bytes).unwrap().header.change.name()).collect();
        assert_eq!(changes, ["filed", "verified", "followed-up", "transfer", "moved"]);
        bench.connect("13").await;
        bench.settle().await;
        let complaint = fold(&bench.at("13").events(id).await).unwrap();
        assert!(complaint.missing.is_empty());
        bench.act("13", id, Action::Accept).await;
    });
}

#[test]
fn earlier_holder_sees_no_more_of_it() {
    run(async {
        let mut bench = Bench::new().await;
        let id = bench.moved("13.71", "13").await;
        bench.act("13", id, Action::Accept).await;
        bench.settle().await;
        bench.act("13", id, Action::Transfer { to: unit("kl.pu"), reason: Reason::NotMyAuthority }).await;
        bench.settle().await;
        bench.act("kl.pu", id, Action::Accept).await;
        bench.act("kl.pu", id, Action::Respond).await;
        bench.settle().await;
        let all = bench.store.file(id).await.unwrap().unwrap();
        for code in ["13.71", "13", "kl.pu"] {
            let file = bench.at(code).store.file(id).await.unwrap().unwrap();
            assert_eq!(file.events.len(), all.events.len(), "{code}");
            assert!(file.events.iter().all(|filed| filed.verdict == Verdict::Applied), "{code}");
            assert_eq!(file.summary.unwrap().unit, unit("kl.pu"));
        }
        assert!(bench.at("13.72").store.file(id).await.unwrap().is_none(), "a stranger holds it");
    });
}

#[test]
fn outbox_overflows_and_drops_in_silence() {
    run(async {
        let mut bench = Bench::with_outbox_rows_max(40).await;
        bench.cut("13");
        let mut all = Vec::new();
        for _ in 0..30 {
            all.push(bench.moved("13.71", "13").await);
        }
        let peer = bench.store.peer(node("13")).await.unwrap().unwrap();
        assert!(peer.resync, "it did not overflow");
        bench.connect("13").await;
        bench.settle().await;
        let after = bench.store.peer(node("13")).await.unwrap().unwrap();
        assert!(!after.resync);
        assert_eq!(after.generation, peer.generation + 1);
        for id in all {
            assert_eq!(bench.at("13").events(id).await.len(), 3, "{id:?}");
            bench.act("13", id, Action::Accept).await;
        }
        bench.settle().await;
        assert_eq!(bench.at("13").store.counts().await.unwrap().provisional, 0);
    });
}

/// An outbox that overflows while its node is connected: the session ends, so that the next Hello fills it again.
#[test]
fn overflow_in_a_live_session_is_never_made_good() {
    run(async {
        let mut bench = Bench::with_outbox_rows_max(30).await;
        let mut ids = Vec::new();
        for _ in 0..20 {
            let id = bench.file("13.71").await;
            bench.act("13.71", id, Action::Transfer { to: unit("13"), reason: Reason::NotMyAuthority }).await;
            ids.push(id);
        }
        bench.settle().await;
        let peer = bench.store.peer(node("13")).await.unwrap().unwrap();
        assert!(peer.resync && peer.delivered == peer.numbered);
        let line = bench.sites.get_mut("13").unwrap().line.as_mut().unwrap();
        let out = line.hub.progress().await;
        assert!(matches!(out.messages[..], [lintas::link::message::Down::Drain { .. }]), "{:?}", out.messages);
        assert_eq!(out.ended, Some(None));
        bench.connect("13").await;
        bench.settle().await;
        for id in ids {
            assert_eq!(bench.at("13").events(id).await.len(), 3);
        }
    });
}

/// What the hub had not judged when it passed it on, the others judge alike.
#[test]
fn forwarded_before_it_was_judged_stays_open_for_ever() {
    run(async {
        let mut bench = Bench::new().await;
        // Padang has written more than it has sent: the proposal waits for the rest.
        let id = bench.moved("13.71", "13").await;
        bench.act("13", id, Action::Accept).await;
        bench.settle().await;
        bench.cut("13");
        bench.act("13", id, Action::Transfer { to: unit("kl.pu"), reason: Reason::NotMyAuthority }).await;
        let opener = {
            let events = bench.at("13").events(id).await;
            fold(&events).unwrap().epoch().opener
        };
        let header = bench.at("13").header(id, Change::FollowedUp, &bench).await;
        let late = bench.at("13").write(Header { opener: Some(opener), ..header }, Vec::new()).await;
        for number in 0..3_u8 {
            bench.at("13").write_bytes(vec![number; 4096 * 40]).await;
        }
        bench.connect("13").await;
        bench.settle().await;
        let at_hub = bench.verdict("13", late).await;
        assert_eq!(at_hub, Some(Verdict::Late));
        for code in ["13.71", "kl.pu", "13"] {
            let said = super::bench::verdict(&bench.at(code).store, &node("13"), late).await;
            assert_eq!(said, at_hub, "{code}");
            let complaint = fold(&bench.at(code).events(id).await).unwrap();
            assert_eq!(complaint.outcomes[&late], Outcome::Late);
        }
    });
}

#[test]
fn notice_from_before_the_filing_is_missed() {
    run(async {
        let mut bench = Bench::new().await;
        bench.cut("13.71");
        let id = bench.file("13.71").await;
        // Somebody heard of the complaint before the hub did.
        let header = bench.at("13.72").header(id, Change::FollowedUp, &bench).await;
        bench.at("13.72").write(header, Vec::new()).await;
        bench.settle().await;
        bench.connect("13.71").await;
        bench.settle().await;
        // It goes away and comes home: its origin must be able to act on it.
        bench.act("13.71", id, Action::Transfer { to: unit("13"), reason: Reason::NotMyAuthority }).await;
        bench.settle().await;
        bench.act("13", id, Action::Return { reason: Reason::NotMyAuthority }).await;
        bench.settle().await;
        let complaint = fold(&bench.at("13.71").events(id).await).unwrap();
        assert_eq!(complaint.unit(), &unit("13.71"));
        assert_eq!(complaint.missing, Vec::new(), "the origin waits for a notice that nobody sends");
        bench.act("13.71", id, Action::Accept).await;
    });
}

#[test]
fn lost_confirmation_leaves_the_outbox_full() {
    run(async {
        let mut bench = Bench::new().await;
        bench.cut("13");
        bench.moved("13.71", "13").await;
        bench.connect("13").await;
        let now = bench.now();
        let line = bench.sites.get_mut("13").unwrap().line.as_mut().unwrap();
        while let Some(up) = line.up.pop_front() {
            if matches!(up, Up::Delivered { .. }) {
                continue;
            }
            line.down.extend(line.hub.handle(Input::Received(up, now)).await.messages);
            while let Some(down) = line.down.pop_front() {
                line.up.extend(line.node.handle(node_session::Input::Received(down)).await.messages);
            }
        }
        let waits = |peer: Peer| peer.numbered - peer.delivered;
        assert!(waits(bench.store.peer(node("13")).await.unwrap().unwrap()) > 0, "it was confirmed");
        bench.connect("13").await;
        bench.settle().await;
        assert_eq!(waits(bench.store.peer(node("13")).await.unwrap().unwrap()), 0);
    });
}
