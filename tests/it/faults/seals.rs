//! Batches that do not hold: the session ends, nothing of the batch is stored, both operators are told why. A batch that comes
//! twice is acknowledged twice and changes nothing; another one in its place proves a fork.

use lintas::domain::{Change, ComplaintId, Event, FederationId, Header, Position, Verdict};
use lintas::journal::{self, Seal, SealBody, SigningKey};
use lintas::link::hub::session::Input;
use lintas::link::message::{Down, Fault, Up};
use lintas::store::Store;

use super::bench::{Bench, node};
use super::forger::{Forger, NOWHERE, batch};
use super::run;

/// A forger at a node with one stored batch behind it, and the headers of the next.
async fn set_up(bench: &mut Bench) -> (Forger, Vec<Vec<u8>>) {
    bench.file("13.71").await;
    bench.settle().await;
    bench.cut("13.71");
    let forger = Forger::connect(bench, "13.71").await;
    let mut headers = Vec::new();
    for number in 0..3 {
        let (_, header) = bench.filing("13.71", "13.71").await;
        let position = Position::new(1, header.position.seq + number);
        headers.push(journal::header::encode(&Header { position, ..header }));
    }
    (forger, headers)
}

/// A seal bent in one way gets this fault.
async fn bent(bend: impl FnOnce(&mut SealBody), fault: Fault) {
    let mut bench = Bench::new().await;
    let (mut forger, headers) = set_up(&mut bench).await;
    let mut body = forger.body(&headers);
    bend(&mut body);
    let bad = batch(Seal::sign(body, &forger.key), headers.clone());
    forger.faulted(&bench, bad, fault).await;
    // The next session takes the batch as it should be.
    let mut forger = Forger::connect(&bench, "13.71").await;
    let good = forger.seal(headers);
    forger.accepted(good).await;
    assert_eq!(bench.store.peer(node("13.71")).await.unwrap().unwrap().fault, None);
}

#[test]
fn broken_signature_of_a_seal() {
    run(async {
        let mut bench = Bench::new().await;
        let (mut forger, headers) = set_up(&mut bench).await;
        let seal = Seal::sign(forger.body(&headers), &forger.key);
        let mut signature = *seal.signature();
        signature[0] ^= 1;
        let bad = Seal::read(seal.bytes().to_vec(), signature).unwrap();
        forger.faulted(&bench, batch(bad, headers), Fault::BrokenSeal).await;
    });
}

#[test]
fn seal_by_another_nodes_key() {
    run(async {
        let mut bench = Bench::new().await;
        let (mut forger, headers) = set_up(&mut bench).await;
        let bad = Seal::sign(forger.body(&headers), &bench.at("13.72").key);
        forger.faulted(&bench, batch(bad, headers), Fault::BrokenSeal).await;
    });
}

#[test]
fn wrong_root() {
    run(bent(|body| body.root[0] ^= 1, Fault::BrokenSeal));
}

#[test]
fn gap_in_the_journal() {
    run(bent(
        |body| {
            body.first += 1;
            body.last += 1;
        },
        Fault::BrokenSeal,
    ));
}

#[test]
fn batch_of_a_life_that_was_not_granted() {
    run(bent(|body| body.incarnation = 2, Fault::BrokenSeal));
}

#[test]
fn seal_continues_another_journal() {
    run(bent(|body| body.previous = NOWHERE, Fault::Fork));
}

#[test]
fn batch_begins_within_the_stored_one() {
    run(async {
        let mut bench = Bench::new().await;
        let (mut forger, headers) = set_up(&mut bench).await;
        let body = SealBody { first: 1, last: 3, ..forger.body(&headers) };
        let bad = batch(Seal::sign(body, &forger.key), headers);
        forger.faulted(&bench, bad, Fault::Fork).await;
    });
}

#[test]
fn seal_of_another_federation() {
    run(bent(|body| body.federation = FederationId::parse("elsewhere").unwrap(), Fault::BrokenSeal));
}

#[test]
fn seal_of_another_journal() {
    run(bent(|body| body.origin = node("13.72"), Fault::BrokenSeal));
}

#[test]
fn headers_fewer_than_sealed_or_altered() {
    run(async {
        let mut bench = Bench::new().await;
        let (mut forger, headers) = set_up(&mut bench).await;
        let seal = Seal::sign(forger.body(&headers), &forger.key);
        forger.faulted(&bench, batch(seal.clone(), headers[..2].to_vec()), Fault::BrokenSeal).await;
        let mut forger = Forger::connect(&bench, "13.71").await;
        let mut altered = headers;
        altered[1][40] ^= 1;
        forger.faulted(&bench, batch(seal, altered), Fault::BrokenSeal).await;
    });
}

#[test]
fn batch_of_more_than_five_hundred_events() {
    run(async {
        let mut bench = Bench::new().await;
        let (mut forger, _) = set_up(&mut bench).await;
        let headers: Vec<Vec<u8>> = (0..501).map(|number| format!("garbage {number}").into_bytes()).collect();
        let bad = batch(Seal::sign(forger.body(&headers), &forger.key), headers.clone());
        forger.faulted(&bench, bad, Fault::BrokenSeal).await;
        let mut forger = Forger::connect(&bench, "13.71").await;
        let most = forger.seal(headers[..500].to_vec());
        forger.accepted(most).await;
    });
}

#[test]
fn batch_comes_twice() {
    run(async {
        let mut bench = Bench::new().await;
        let (mut forger, headers) = set_up(&mut bench).await;
        let first = forger.seal(headers);
        let acked = forger.accepted(first.clone()).await;
        let before = (bench.store.counts().await.unwrap(), forger.stored(&bench).await);
        for _ in 0..3 {
            let again = forger.accepted(first.clone()).await;
            let position = |messages: &[Down]| match messages {
                [Down::Ack(ack)] => ack.receipt.receipt().position,
                other => panic!("{other:?}"),
            };
            assert_eq!(position(&again), position(&acked));
        }
        assert_eq!((bench.store.counts().await.unwrap(), forger.stored(&bench).await), before, "something was doubled");
    });
}

#[test]
fn same_position_other_hash() {
    run(async {
        let mut bench = Bench::new().await;
        let (mut forger, headers) = set_up(&mut bench).await;
        let before = forger.head;
        let first = forger.seal(headers.clone());
        forger.accepted(first).await;
        forger.head = before;
        let other = batch(Seal::sign(forger.body(&headers[..3]), &forger.key), headers.clone());
        forger.accepted(other).await;
        let mut forked = headers;
        forked[2] = b"another life".to_vec();
        let fork = batch(Seal::sign(forger.body(&forked), &forger.key), forked);
        forger.faulted(&bench, fork, Fault::Fork).await;
    });
}

#[test]
fn fork_that_nobody_signed_is_believed() {
    run(async {
        let mut bench = Bench::new().await;
        let (mut forger, headers) = set_up(&mut bench).await;
        let before = forger.head;
        let first = forger.seal(headers.clone());
        forger.accepted(first).await;
        forger.head = before;
        let body = SealBody { root: [0; 32], ..forger.body(&headers) };
        let fork = batch(Seal::sign(body, &SigningKey::from_seed([99; 32])), headers);
        forger.faulted(&bench, fork, Fault::BrokenSeal).await;
    });
}

#[test]
fn stranger_announces_for_a_complaint_that_it_does_not_hold() {
    run(async {
        let mut bench = Bench::new().await;
        let id = bench.file("13.71").await;
        bench.settle().await;
        bench.cut("13.72");
        let mut forger = Forger::connect(&bench, "13.72").await;
        let header = bench.at("13.72").header(id, Change::FollowedUp, &bench).await;
        let mut message = forger.seal(vec![journal::header::encode(&header)]);
        message.announced = vec![(id, Position::new(9, 9))];
        forger.accepted(message).await;
        let reason = lintas::domain::Reason::NotMyAuthority;
        let to = super::bench::unit("13");
        bench.act("13.71", id, lintas::desk::Action::Transfer { to: to.clone(), reason }).await;
        bench.settle().await;
        assert_eq!(bench.store.file(id).await.unwrap().unwrap().summary.unwrap().unit, to, "a stranger holds it up");
    });
}

/// Two faults at once, and a complaint that grew long: what one batch costs stays in proportion.
#[test]
fn batch_on_a_long_complaint_folds_it_for_every_event() {
    run(async {
        let mut bench = Bench::new().await;
        bench.cut("13.71");
        let mut forger = Forger::connect(&bench, "13.71").await;
        let (id, filing) = bench.filing("13.71", "13.71").await;
        let mut prev = None;
        let mut seq = 0;
        let filed = journal::header_hash(&journal::header::encode(&filing));
        for round in 0..8 {
            let mut headers = Vec::new();
            for _ in 0..500 {
                seq += 1;
                let position = Position::new(1, seq);
                let rated = Header { opener: Some(filed), prev, position, change: Change::Confirmed, ..filing.clone() };
                let header = if seq == 1 { filing.clone() } else { rated };
                let bytes = journal::header::encode(&header);
                prev = Some(journal::header_hash(&bytes));
                headers.push(bytes);
            }
            let message = forger.seal(headers);
            forger.accepted(message).await;
            assert_eq!(bench.store.counts().await.unwrap().complaints, 1, "{round}");
        }
        let events: Vec<Event> =
            bench.store.file(id).await.unwrap().unwrap().events.into_iter().map(|filed| filed.event).collect();
        assert_eq!(events.len(), 4000);
        let last = bench.verdict("13.71", events[3999].hash).await;
        assert_eq!(last, Some(Verdict::Applied));
        let _: ComplaintId = id;
    });
}

#[test]
fn message_out_of_turn() {
    run(async {
        let mut bench = Bench::new().await;
        let (mut forger, headers) = set_up(&mut bench).await;
        let hello = forger.hello(&bench);
        let out = forger.say(&bench, Up::Hello(hello)).await;
        assert_eq!(out.ended, Some(Some(Fault::Protocol)), "a second Hello");
        let told = bench.store.peer(node("13.71")).await.unwrap().unwrap().fault;
        assert_eq!(told, Some(Fault::Protocol.to_string()));
        let mut forger = Forger::silent(&bench, "13.71").await;
        let early = batch(Seal::sign(forger.body(&headers), &forger.key), headers);
        forger.faulted(&bench, early, Fault::Protocol).await;
        let mut forger = Forger::silent(&bench, "13.71").await;
        let out = forger.say(&bench, Up::Delivered { generation: 1, number: 1 }).await;
        assert_eq!(out.ended, Some(Some(Fault::Protocol)), "Delivered before Hello");
    });
}

/// The batches that a session acknowledged, and how it ended.
fn told(messages: &[Down]) -> (Vec<Position>, Option<Fault>) {
    let ack = |down: &Down| if let Down::Ack(ack) = down { Some(ack.receipt.receipt().position) } else { None };
    let fault = |down: &Down| if let Down::Fault(fault) = down { Some(*fault) } else { None };
    (messages.iter().filter_map(ack).collect(), messages.iter().find_map(fault))
}

#[test]
fn good_batches_are_lost_with_a_broken_one_behind_them() {
    run(async {
        let mut bench = Bench::new().await;
        let (mut forger, headers) = set_up(&mut bench).await;
        let good = [forger.seal(vec![headers[0].clone()]), forger.seal(vec![headers[1].clone()])];
        let end = forger.head;
        let mut body = forger.body(&headers[2..]);
        body.root[0] ^= 1;
        let bad = batch(Seal::sign(body, &forger.key), headers[2..].to_vec());
        let [one, two] = good;
        let out = forger.end.handle(Input::Batches(vec![one, two, bad])).await;
        assert_eq!(out.ended, Some(Some(Fault::BrokenSeal)));
        assert_eq!(told(&out.messages), (vec![end.position], Some(Fault::BrokenSeal)));
        assert_eq!(forger.stored(&bench).await.0, end);
    });
}

#[test]
fn batch_that_comes_twice_among_others_is_taken_for_a_fork() {
    run(async {
        let mut bench = Bench::new().await;
        let (mut forger, headers) = set_up(&mut bench).await;
        let one = forger.seal(vec![headers[0].clone()]);
        let first = forger.head;
        let two = forger.seal(headers[1..].to_vec());
        let out = forger.end.handle(Input::Batches(vec![one.clone(), one.clone(), two, one])).await;
        assert_eq!(out.ended, None);
        let end = forger.head.position;
        assert_eq!(told(&out.messages), (vec![first.position, first.position, end, end], None));
        let (stored, events) = forger.stored(&bench).await;
        assert_eq!((stored, events.len()), (forger.head, 4), "an event is missing or doubled");
    });
}
