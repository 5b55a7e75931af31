//! A hub, or whoever has its machine, that plays with the registry: keys in a city's place, endorsements nobody gave, revocations
//! below a receipt. And a node whose keys are not, or no longer, to be believed.

use lintas::desk::Action;
use lintas::domain::{Change, MoveRefusal, NodeId, Position, Reason, SealingKeyId, UnitCode};
use lintas::journal::{Head, Seal, SealBody, SignedStatement, SigningKey, Statement};
use lintas::link::hub::registrar::{self, Enrolment, RegistrarError, enrol, register};
use lintas::link::hub::session::Input;
use lintas::link::message::{Down, Fault, Up};
use lintas::link::node::Ended;
use lintas::store::Store;
use lintas_tests::trust::{endorsement, registry};

use super::bench::{Bench, node, unit};
use super::forger::Forger;
use super::run;

/// Another key than the node's own, registered for it: what a hub's operator can do.
async fn reenrolled(bench: &Bench, code: &str, seed: u8) -> SigningKey {
    let key = SigningKey::from_seed([seed; 32]);
    let name = registry(&bench.store).await.unwrap().node(&node(code)).unwrap().name.clone();
    let enrolment = Enrolment {
        node: unit(code),
        name,
        signing_key: key.public(),
        tls_key: [seed; 32],
        sealing_key: SealingKeyId([seed; 32]),
    };
    enrol(&bench.store, &bench.signer, enrolment, bench.now()).await.unwrap();
    bench.hub.refresh().await.unwrap();
    key
}

/// What the node above says of a node's keys as the hub has them, signed with its real key.
async fn said(bench: &Bench, code: &str) -> SignedStatement {
    let statement = endorsement(&registry(&bench.store).await.unwrap(), &unit(code)).unwrap();
    let by = bench.at(statement.author().as_str()).key.clone();
    statement.sign(&bench.signer.federation, &by)
}

async fn transferred(bench: &mut Bench, to: &str) -> Option<MoveRefusal> {
    let id = bench.file("13").await;
    let site = bench.at("13");
    let name = lintas::desk::ComplaintName::Id(id);
    let asked = Action::Transfer { to: unit(to), reason: Reason::NotMyAuthority };
    // The desk may not know yet what the hub does.
    if site.desk.act(&name, None, &asked, "Catatan.").await.is_err() {
        return registry(&bench.store).await.unwrap().may_receive(&node(to)).err();
    }
    bench.settle().await;
    bench.store.file(id).await.unwrap().unwrap().events.into_iter().find_map(|filed| {
        if let Change::MoveRefused { reason, .. } = filed.event.header.change { Some(reason) } else { None }
    })
}

#[test]
fn hub_reenrols_city_and_keeps_its_name() {
    run(async {
        let mut bench = Bench::new().await;
        assert_eq!(transferred(&mut bench, "13.71").await, None);
        reenrolled(&bench, "13.71", 99).await;
        assert_eq!(transferred(&mut bench, "13.71").await, Some(MoveRefusal::Unconfirmed), "before the desk knows");
        bench.settle().await;
        assert_eq!(transferred(&mut bench, "13.71").await, Some(MoveRefusal::Unconfirmed));
        // Only once the people above have compared the new keys.
        let signed = said(&bench, "13.71").await;
        registrar::record(&bench.store, &bench.signer, signed, bench.now()).await.unwrap().unwrap();
        bench.settle().await;
        assert_eq!(transferred(&mut bench, "13.71").await, None);
    });
}

#[test]
fn hub_records_an_endorsement_that_nobody_gave() {
    run(async {
        let mut bench = Bench::new().await;
        reenrolled(&bench, "13.71", 99).await;
        bench.settle().await;
        let honest = said(&bench, "13.71").await;
        // The hub can write into its own journal what it likes; the nodes look for the signature.
        let forged = honest.statement.sign(&bench.signer.federation, &SigningKey::from_seed([7; 32]));
        register(&bench.store, &bench.signer, vec![forged.change()], bench.now()).await.unwrap();
        bench.settle().await;
        for code in ["id", "13", "13.72"] {
            assert_eq!(bench.at(code).ended, Some(Ended::Fault(Fault::Registry)), "{code}");
            assert_eq!(bench.at(code).fault().await, Some(Fault::Registry.to_string()));
            let known = registry(&bench.at(code).store).await.unwrap();
            assert!(!known.is_confirmed(&node("13.71")), "{code} believes it");
        }
    });
}

#[test]
fn hub_rotates_a_citys_keys_in_its_place() {
    run(async {
        let mut bench = Bench::new().await;
        let thief = SigningKey::from_seed([66; 32]);
        let rotated = Statement::Rotated {
            node: unit("13.71"),
            after: Position::new(1, 1),
            signing_key: thief.public(),
            sealing_key: SealingKeyId([66; 32]),
        };
        let forged = rotated.sign(&bench.signer.federation, &thief);
        register(&bench.store, &bench.signer, vec![forged.change()], bench.now()).await.unwrap();
        bench.settle().await;
        assert_eq!(bench.at("13").ended, Some(Ended::Fault(Fault::Registry)));
    });
}

/// Each rotation stays in the registry for ever: a node may not make as many as it likes.
#[test]
fn node_rotates_its_keys_without_end() {
    run(async {
        let mut bench = Bench::new().await;
        bench.file("13.71").await;
        bench.settle().await;
        let stored = bench.store.peer(node("13.71")).await.unwrap().unwrap().stored.position;
        let key = |seed: u8| SigningKey::from_seed([seed; 32]);
        let rotated = |after: Position, next: u8, by: &SigningKey| {
            let statement = Statement::Rotated {
                node: unit("13.71"),
                after,
                signing_key: key(next).public(),
                sealing_key: SealingKeyId([next; 32]),
            };
            statement.sign(&bench.signer.federation, by)
        };
        let own = bench.at("13.71").key.clone();
        let record = |said| registrar::record(&bench.store, &bench.signer, said, bench.now());
        let beyond = Position::new(1, stored.seq + 5);
        let below = Position::new(1, stored.seq - 1);
        assert!(record(rotated(beyond, 91, &own)).await.unwrap().is_err(), "a place at which nothing lies");
        assert!(record(rotated(below, 91, &own)).await.unwrap().is_err(), "a place below what is stored");
        record(rotated(stored, 91, &own)).await.unwrap().unwrap();
        assert!(record(rotated(stored, 92, &key(91))).await.unwrap().is_err(), "nothing lies between two rotations");
        assert!(record(rotated(beyond, 92, &key(91))).await.unwrap().is_err());
    });
}

#[test]
fn hub_revokes_below_receipted_position() {
    run(async {
        let mut bench = Bench::new().await;
        for _ in 0..3 {
            bench.file("13.71").await;
        }
        bench.settle().await;
        // What the hub's own commands revoke is never below what is stored.
        let last = registrar::revoke(&bench.store, &bench.signer, &unit("13.72"), bench.now()).await.unwrap().unwrap();
        let stored = bench.store.peer(node("13.72")).await.unwrap().unwrap().stored;
        assert_eq!(last, stored.position);
        // A hub that does it otherwise is found out by the node that holds its receipt.
        let revoked = vec![Change::NodeRevoked { node: unit("13.71"), last: Position::new(1, 2) }];
        let mut line = bench.sites.get_mut("13.71").unwrap().line.take().unwrap();
        let outbox = bench.store.peer(node("13.71")).await.unwrap().unwrap();
        register(&bench.store, &bench.signer, revoked, bench.now()).await.unwrap();
        let rows = bench.store.outbox(node("13.71"), outbox.generation, outbox.delivered, 100_000).await.unwrap();
        let deliver = lintas::link::message::Deliver { generation: outbox.generation, events: rows };
        let out = line.node.handle(lintas::link::node::session::Input::Received(Down::Deliver(deliver))).await;
        assert_eq!(out.ended, Some(Ended::Fault(Fault::Registry)));
        assert_eq!(registry(&bench.at("13.71").store).await.unwrap().cut_off(&node("13.71")), None);
    });
}

#[test]
fn batch_under_the_old_key_is_stored_after_a_reenrolment() {
    run(async {
        let mut bench = Bench::new().await;
        bench.file("13.71").await;
        bench.settle().await;
        bench.cut("13.71");
        let mut thief = Forger::connect(&bench, "13.71").await;
        let stored = thief.stored(&bench).await;
        // Enrolled anew by another process: this one has not looked yet, and verifies with the old key.
        let name = registry(&bench.store).await.unwrap().node(&node("13.71")).unwrap().name.clone();
        let enrolment = Enrolment {
            node: unit("13.71"),
            name,
            signing_key: SigningKey::from_seed([99; 32]).public(),
            tls_key: [99; 32],
            sealing_key: SealingKeyId([99; 32]),
        };
        enrol(&bench.store, &bench.signer, enrolment, bench.now()).await.unwrap();
        let batch = thief.seal(vec![vec![0xff; 40]]);
        let out = thief.say(&bench, Up::Batch(batch)).await;
        assert_eq!(out.ended, Some(Some(Fault::Superseded)));
        assert_eq!(thief.stored(&bench).await, stored);
    });
}

#[test]
fn suspended_node_keeps_its_session() {
    run(async {
        let mut bench = Bench::new().await;
        let id = bench.moved("13", "13.71").await;
        registrar::suspend(&bench.store, &bench.signer, &unit("13.71"), bench.now()).await.unwrap().unwrap();
        bench.hub.refresh().await.unwrap();
        let mut line = bench.sites.get_mut("13.71").unwrap().line.take().unwrap();
        let out = line.hub.handle(Input::Wake).await;
        assert_eq!(out.messages, vec![Down::Fault(Fault::Suspended)]);
        bench.connect("13.71").await;
        bench.settle().await;
        assert_eq!(bench.at("13.71").ended, Some(Ended::Fault(Fault::Suspended)));
        // It keeps what it holds, is given nothing more, and works on alone.
        let held = bench.store.file(id).await.unwrap().unwrap().summary.unwrap();
        assert_eq!(held.node, node("13.71"));
        assert_eq!(transferred(&mut bench, "13.71").await, Some(MoveRefusal::SuspendedNode));
        bench.file("13.71").await;
        let again = registrar::suspend(&bench.store, &bench.signer, &unit("13.71"), bench.now()).await.unwrap();
        assert_eq!(again, Err(RegistrarError::Already));
        registrar::reinstate(&bench.store, &bench.signer, &unit("13.71"), bench.now()).await.unwrap().unwrap();
        bench.connect("13.71").await;
        bench.settle().await;
        assert!(bench.at("13.71").is_live(), "{:?}", bench.at("13.71").ended);
        assert_eq!(bench.at("13.71").store.counts().await.unwrap().provisional, 0);
    });
}

#[test]
fn reinstated_node_goes_on_in_its_old_life() {
    run(async {
        let mut bench = Bench::new().await;
        bench.file("13.71").await;
        bench.settle().await;
        registrar::revoke(&bench.store, &bench.signer, &unit("13.71"), bench.now()).await.unwrap().unwrap();
        bench.hub.refresh().await.unwrap();
        bench.settle().await;
        registrar::reinstate(&bench.store, &bench.signer, &unit("13.71"), bench.now()).await.unwrap().unwrap();
        bench.hub.refresh().await.unwrap();
        bench.connect("13.71").await;
        bench.settle().await;
        assert_eq!(bench.at("13.71").ended, Some(Ended::Fault(Fault::Fork)), "the old life is over");
        let known = registry(&bench.store).await.unwrap();
        assert_eq!((known.cut_off(&node("13.71")), known.incarnation(&node("13.71"))), (None, 2));
    });
}

#[test]
fn statement_of_another_node_is_recorded() {
    run(async {
        let mut bench = Bench::new().await;
        reenrolled(&bench, "13.71", 99).await;
        bench.settle().await;
        let signed = said(&bench, "13.71").await;
        // 13's true word, handed in by 13.72: what it says holds, but it is 13 that says it.
        let mut line = bench.sites.get_mut("13.72").unwrap().line.take().unwrap();
        let out = line.hub.handle(Input::Received(Up::Statement(signed.clone()), bench.now())).await;
        assert!(out.ended.is_none());
        assert!(!registry(&bench.store).await.unwrap().is_confirmed(&node("13.71")));
        let mut line = bench.sites.get_mut("13").unwrap().line.take().unwrap();
        let out = line.hub.handle(Input::Received(Up::Statement(signed), bench.now())).await;
        assert!(out.woken.contains(&NodeId::Node(UnitCode::parse("kl.pu").unwrap())), "nobody is told");
        assert!(registry(&bench.store).await.unwrap().is_confirmed(&node("13.71")));
    });
}

/// An honest delivery of 13.71's to 13, but for the registry that its author has seen.
async fn saw(other: impl FnOnce(Head) -> Head) -> (Option<Ended>, Option<String>) {
    let mut bench = Bench::new().await;
    let id = bench.moved("13.71", "13").await;
    let mut line = bench.sites.get_mut("13").unwrap().line.take().unwrap();
    bench.act("13.71", id, Action::Reply).await;
    bench.settle().await;
    let Some(Down::Deliver(mut deliver)) = line.hub.handle(Input::Wake).await.messages.pop() else { panic!("none") };
    let delivery = deliver.events.last_mut().unwrap();
    let body = delivery.seal.body().clone();
    assert_ne!(body.hub, Head::NONE, "the author cites nothing");
    let body = SealBody { hub: other(body.hub), ..body };
    delivery.seal = Seal::sign(body, &bench.at("13.71").key);
    let out = line.node.handle(lintas::link::node::session::Input::Received(Down::Deliver(deliver))).await;
    (out.ended, bench.at("13").fault().await)
}

#[test]
fn hub_shows_two_registries() {
    run(async {
        assert_eq!(saw(|honest| honest).await, (None, None));
        let fault = Some(Fault::Registry.to_string());
        let two = saw(|honest| Head { hash: lintas::domain::SealHash([9; 32]), ..honest }).await;
        assert_eq!(two, (Some(Ended::Fault(Fault::Registry)), fault.clone()));
        // Or holds back from one what it has shown to another.
        let beyond = saw(|honest| Head { position: Position::new(1, honest.position.seq + 50), ..honest }).await;
        assert_eq!(beyond, (Some(Ended::Fault(Fault::Registry)), fault));
    });
}

#[test]
fn node_cites_a_registry_that_the_hub_never_signed() {
    run(async {
        let mut bench = Bench::new().await;
        bench.file("13.71").await;
        bench.settle().await;
        bench.cut("13.71");
        let mut forger = Forger::connect(&bench, "13.71").await;
        let headers = vec![vec![0xff; 40]];
        let own = bench.store.own().await.unwrap().sealed;
        let hub = Head { hash: lintas::domain::SealHash([9; 32]), ..own };
        let seal = Seal::sign(SealBody { hub, ..forger.body(&headers) }, &forger.key);
        forger.faulted(&bench, super::forger::batch(seal, headers), Fault::BrokenSeal).await;
    });
}
