//! Sessions that were taken over, drained, or held by two hub processes: whoever is late changes nothing.

use lintas::domain::{Position, Verdict};
use lintas::journal;
use lintas::link::hub::HubEnd;
use lintas::link::hub::session::Input;
use lintas::link::message::{Down, Fault, Up};
use lintas::link::node::{Ended, NodeEnd, session as node_session};
use lintas::store::Store;

use super::bench::{Bench, node};
use super::forger::Forger;
use super::run;

#[test]
fn batch_of_a_session_that_was_taken_over() {
    run(async {
        for other_process in [false, true] {
            let mut bench = Bench::new().await;
            bench.cut("13.71");
            let mut old = Forger::connect(&bench, "13.71").await;
            if other_process {
                bench.hub = bench.other_hub();
            }
            let mut new = Forger::connect(&bench, "13.71").await;
            let (_, header) = bench.filing("13.71", "13.71").await;
            let bytes = journal::header::encode(&header);
            let late = old.seal(vec![bytes.clone()]);
            old.faulted(&bench, late, Fault::Superseded).await;
            let good = new.seal(vec![bytes]);
            new.accepted(good).await;
            assert_eq!(
                bench.verdict("13.71", journal::header_hash(&journal::header::encode(&header))).await,
                Some(Verdict::Applied)
            );
        }
    });
}

#[test]
fn two_hub_processes_take_one_batch_twice() {
    run(async {
        let mut bench = Bench::new().await;
        let id = bench.file("13.71").await;
        let reason = lintas::domain::Reason::NotMyAuthority;
        let to = super::bench::unit("13");
        bench.act("13.71", id, lintas::desk::Action::Transfer { to, reason }).await;
        bench.cut("13.71");
        // The same batch arrives over a half-dead stream at one process and over the new stream at another.
        let site = bench.at("13.71");
        let mut ends = Vec::new();
        for hub in [bench.hub.clone(), bench.other_hub()] {
            let hello = site.shared.hello(false).await.unwrap();
            let mut end = NodeEnd::new(site.shared.clone());
            let mut hub_end = HubEnd::new(hub, node("13.71"));
            let mut up: Vec<Up> = end.handle(node_session::Input::Start(hello)).await.messages;
            let down = hub_end.handle(Input::Received(up.remove(0), bench.now())).await.messages;
            for message in down {
                up.extend(end.handle(node_session::Input::Received(message)).await.messages);
            }
            ends.push((hub_end, up));
        }
        for (hub_end, up) in &mut ends {
            for message in up.drain(..) {
                hub_end.handle(Input::Received(message, bench.now())).await;
            }
        }
        bench.connect("13.71").await;
        bench.settle().await;
        let file = bench.store.file(id).await.unwrap().unwrap();
        let moves = file.events.iter().filter(|filed| filed.event.header.change.name() == "moved");
        assert_eq!(moves.count(), 1);
        assert_eq!(file.events.len(), 3);
    });
}

#[test]
fn delivered_of_an_old_session_drops_rows() {
    run(async {
        let mut bench = Bench::new().await;
        bench.cut("13");
        let mut old = Forger::connect(&bench, "13").await;
        let id = bench.moved("13.71", "13").await;
        let out = old.end.handle(Input::Wake).await;
        let Some(Down::Deliver(deliver)) = out.messages.last() else { panic!("{:?}", out.messages) };
        let (generation, number) = (deliver.generation, deliver.events.last().unwrap().number);
        // The node comes back by another stream; the old one's word arrives after all.
        let waiting = bench.store.peer(node("13")).await.unwrap().unwrap();
        bench.connect("13").await;
        let hello = bench.sites.get_mut("13").unwrap().line.as_mut().unwrap().up.pop_front().unwrap();
        let line = bench.sites.get_mut("13").unwrap().line.as_mut().unwrap();
        let welcome = line.hub.handle(Input::Received(hello, lintas::domain::Timestamp(super::bench::START))).await;
        line.down.extend(welcome.messages);
        old.say(&bench, Up::Delivered { generation, number }).await;
        let after = bench.store.peer(node("13")).await.unwrap().unwrap();
        assert_eq!(after.delivered, waiting.delivered, "an old session's word counted");
        bench.settle().await;
        assert_eq!(bench.at("13").events(id).await.len(), 3);
    });
}

/// A stream that is half dead, or held by whoever copied a key: from the next session on it is told nothing.
#[test]
fn superseded_session_goes_on_receiving() {
    run(async {
        for other_process in [false, true] {
            let mut bench = Bench::new().await;
            bench.cut("13");
            let mut loading = Forger::connect(&bench, "13").await;
            if other_process {
                bench.hub = bench.other_hub();
            }
            let mut silent = Forger::connect(&bench, "13").await;
            let mut new = Forger::connect(&bench, "13").await;
            bench.moved("13.71", "13").await;
            let out = loading.end.handle(Input::Wake).await;
            assert!(matches!(out.messages[..], [Down::Fault(Fault::Superseded)]), "{:?}", out.messages);
            assert_eq!(out.ended, Some(Some(Fault::Superseded)));
            // What has nothing to load finds it when it would say how far the hub is.
            let out = silent.end.progress().await;
            assert_eq!(out.ended, Some(Some(Fault::Superseded)), "{:?}", out.messages);
            let out = new.end.handle(Input::Wake).await;
            assert!(matches!(out.messages[..], [Down::Deliver(_)]), "{:?}", out.messages);
        }
    });
}

/// Whoever fills an outbox anew under a session must not leave it waiting at rows that are gone.
#[test]
fn session_waits_at_a_generation_that_is_gone() {
    run(async {
        let mut bench = Bench::new().await;
        bench.cut("13");
        let mut forger = Forger::connect(&bench, "13").await;
        let session = bench.store.peer(node("13")).await.unwrap().unwrap().session;
        bench.store.refill(node("13"), session).await.unwrap();
        let out = forger.end.progress().await;
        assert!(matches!(out.messages[..], [Down::Drain { .. }]), "{:?}", out.messages);
        assert_eq!(out.ended, Some(None));
    });
}

#[test]
fn old_session_speaks_for_the_new_one() {
    run(async {
        let mut bench = Bench::new().await;
        bench.cut("13");
        let mut old = Forger::connect(&bench, "13").await;
        bench.connect("13").await;
        bench.settle().await;
        let out = old.say(&bench, Up::Fault(Fault::Fork)).await;
        assert_eq!(out.ended, Some(Some(Fault::Fork)));
        assert_eq!(
            bench.store.peer(node("13")).await.unwrap().unwrap().fault,
            None,
            "a fault of a session that is over"
        );
    });
}

#[test]
fn delivered_beyond_what_was_sent() {
    run(async {
        let mut bench = Bench::new().await;
        bench.moved("13.71", "13").await;
        for (generation, beyond) in [(1, 1), (0, 0), (2, 0)] {
            bench.cut("13");
            let mut forger = Forger::connect(&bench, "13").await;
            let generations = bench.store.peer(node("13")).await.unwrap().unwrap().generation;
            let before = bench.store.peer(node("13")).await.unwrap().unwrap();
            let generation = if generation == 1 { generations } else { generations + generation };
            let number = before.numbered + beyond;
            let out = forger.say(&bench, Up::Delivered { generation, number }).await;
            let fault = if generation == generations && beyond == 0 { None } else { Some(Some(Fault::Protocol)) };
            assert_eq!(out.ended, fault);
            let after = bench.store.peer(node("13")).await.unwrap().unwrap();
            assert_eq!((after.delivered <= after.numbered, after.numbered), (true, before.numbered));
        }
    });
}

/// The proposal is in one batch and its take-back in a later one; the Hello before them announced both.
#[test]
fn take_back_written_offline_is_overtaken_by_its_transfer() {
    run(async {
        let mut bench = Bench::new().await;
        let id = bench.file("13.71").await;
        bench.settle().await;
        bench.cut("13.71");
        let (to, reason) = (super::bench::unit("13"), lintas::domain::Reason::NotMyAuthority);
        let transfer = bench.act("13.71", id, lintas::desk::Action::Transfer { to, reason }).await;
        for number in 0..3_u8 {
            bench.at("13.71").write_bytes(vec![number; 160_000]).await;
        }
        let taken_back = bench.act("13.71", id, lintas::desk::Action::TakeBack).await;
        bench.connect("13.71").await;
        bench.settle().await;
        for event in [transfer, taken_back] {
            assert_eq!(bench.verdict("13.71", event).await, Some(Verdict::Applied));
        }
        assert_eq!(bench.store.file(id).await.unwrap().unwrap().summary.unwrap().epoch, 1, "it moved");
        assert!(bench.store.sealed(node("13.71"), Position::ZERO, usize::MAX).await.unwrap().len() > 2, "one batch");
    });
}

#[test]
fn drained_node_does_not_come_back() {
    run(async {
        let mut bench = Bench::new().await;
        let id = bench.file("13.71").await;
        // The hub goes away with a batch on its way.
        let line = bench.sites.get_mut("13.71").unwrap().line.as_mut().unwrap();
        let up = line.node.handle(node_session::Input::Wake).await.messages;
        let out = line.hub.handle(Input::Drain).await;
        assert!(matches!(out.messages[..], [Down::Drain { .. }]), "{:?}", out.messages);
        assert_eq!(out.ended, Some(None));
        line.down.extend(out.messages);
        line.up.extend(up);
        bench.settle().await;
        assert!(matches!(bench.at("13.71").ended, Some(Ended::Drained(_))));
        assert_eq!(bench.at("13.71").fault().await, None, "going away is no fault");
        assert!(bench.store.file(id).await.unwrap().is_none(), "taken after the farewell");
        bench.hub = bench.other_hub();
        for code in ["id", "13", "13.71", "13.72", "kl.pu"] {
            bench.connect(code).await;
        }
        bench.settle().await;
        let filed = bench.at("13.71").events(id).await[0].hash;
        assert_eq!(bench.verdict("13.71", filed).await, Some(Verdict::Applied));
        assert_eq!(bench.at("13.71").store.counts().await.unwrap().provisional, 0);
    });
}

#[test]
fn one_input_makes_an_output_without_end() {
    run(async {
        let mut bench = Bench::new().await;
        bench.cut("13.71");
        let mut forger = Forger::connect(&bench, "13.71").await;
        for round in 0..20 {
            let garbage = (0..500).map(|number| format!("{round} {number}").into_bytes()).collect();
            let message = forger.seal(garbage);
            forger.accepted(message).await;
        }
        // Verdicts on all of it, and then all of it again, in recovery.
        for recover in [false, true] {
            let mut again = Forger::silent(&bench, "13.71").await;
            let hello = lintas::link::message::Hello { recover, ..again.hello(&bench) };
            let mut out = again.say(&bench, Up::Hello(hello)).await;
            let mut messages = 0;
            loop {
                let now = out.messages.len();
                assert!(now <= 16, "{now} messages before the first is written");
                messages += now;
                if !out.more {
                    break;
                }
                out = again.end.proceed().await;
            }
            let whole = if recover { 22 } else { 6 };
            assert!(messages >= whole, "{messages}");
        }
    });
}

/// A node that has nothing to say is there all the same; a process that lost it must not say so.
#[test]
fn silent_node_looks_as_if_it_had_gone() {
    run(async {
        let mut bench = Bench::new().await;
        bench.cut("13.71");
        let mut old = Forger::connect(&bench, "13.71").await;
        let heard = async |bench: &Bench| bench.store.peer(node("13.71")).await.unwrap().unwrap().contact.unwrap();
        let before = heard(&bench).await;
        bench.clock.advance(10_000_000);
        old.end.progress().await;
        assert_eq!(heard(&bench).await, before, "each time is a write");
        bench.clock.advance(300_000_000);
        old.end.progress().await;
        assert_eq!(heard(&bench).await, bench.now());
        let _new = Forger::connect(&bench, "13.71").await;
        let before = heard(&bench).await;
        bench.clock.advance(301_000_000);
        old.end.progress().await;
        assert_eq!(heard(&bench).await, before, "a half-dead session says that the node is there");
    });
}
