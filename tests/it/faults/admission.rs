//! Events whose author had no authority: `inadmissible` with the right reason, its content nowhere, the author's operator sees it,
//! and everyone else goes on as before.

use lintas::desk::Action;
use lintas::domain::event::PublicName;
use lintas::domain::{
    Cause, Change, EventHash, Header, Inadmissibility as Why, Moved, PartKind, Position, Reason, Verdict,
};
use lintas::journal::{self, Part};
use lintas::store::Store;

use super::bench::{Bench, node, unit};
use super::run;

/// One forged event of `author` gets this reason, and nobody else notices.
async fn gets(bench: &mut Bench, author: &'static str, header: Header, parts: Vec<Part>, why: Why) {
    let before = bench.others(author).await;
    let at = bench.at(author).store.own().await.unwrap().written.next();
    let event = bench.at(author).write(header, parts).await;
    judged(bench, author, event, at, why, before).await;
}

async fn judged(
    bench: &mut Bench,
    author: &'static str,
    event: EventHash,
    at: Position,
    why: Why,
    before: Vec<String>,
) {
    bench.settle().await;
    let verdict = Verdict::Inadmissible(why);
    let journal = bench.store.journal(node(author), Position::ZERO, 1000).await.unwrap();
    let row = journal.iter().find(|row| row.position == at).expect("the hub lacks an event of the journal");
    assert_eq!(row.verdict, verdict);
    assert!(row.parts.is_empty(), "content of an inadmissible event is stored at the hub");
    let site = bench.at(author);
    assert_eq!(site.shown(at).await, Some(verdict), "the author's operator does not see {event:?}");
    assert!(site.is_live(), "the session ended: {:?}", site.ended);
    assert_eq!(site.fault().await, None);
    assert_eq!(bench.others(author).await, before, "others are touched");
    // And the stream goes on.
    let next = bench.file(author).await;
    bench.settle().await;
    let filed = bench.at(author).events(next).await[0].hash;
    assert_eq!(bench.verdict(author, filed).await, Some(Verdict::Applied), "a good event after a bad one");
}

fn note(index: u8, length: usize) -> Part {
    Part::plain(index, PartKind::Note, [index; 32], vec![b'x'; length])
}

#[test]
fn province_node_signs_for_enrolled_city() {
    run(async {
        let mut bench = Bench::new().await;
        let (id, filing) = bench.filing("13", "13.71").await;
        gets(&mut bench, "13", filing, Vec::new(), Why::NotAtHome).await;
        assert!(bench.store.file(id).await.unwrap().unwrap().summary.is_none(), "the hub took the complaint");
        let id = bench.moved("13.71", "13").await;
        let accepted = bench.at("13").header(id, Change::Accepted, &bench).await;
        let opener = bench.at("13").events(id).await.last().map(|moved| moved.hash);
        let posing = Header { unit: Some(unit("13.71")), opener, ..accepted };
        gets(&mut bench, "13", posing, Vec::new(), Why::NotAtHome).await;
    });
}

#[test]
fn node_submits_event_of_other_origin() {
    run(async {
        let mut bench = Bench::new().await;
        let id = bench.moved("13.71", "13").await;
        // A reply to a complaint that was filed elsewhere.
        let reply = bench.at("13").header(id, Change::Replied, &bench).await;
        gets(&mut bench, "13", reply, Vec::new(), Why::NotOrigin).await;
        // An event in another's name, in a place of the own journal.
        let mut posing = bench.at("13").header(id, Change::Replied, &bench).await;
        posing.node = node("13.71");
        gets(&mut bench, "13", posing, Vec::new(), Why::Misplaced).await;
    });
}

#[test]
fn node_submits_the_very_bytes_of_another() {
    run(async {
        let mut bench = Bench::new().await;
        let id = bench.moved("13.71", "13").await;
        let theirs = bench.store.journal(node("13.71"), Position::ZERO, 10).await.unwrap();
        let before = bench.others("13.72").await;
        let mut forger = super::forger::Forger::connect(&bench, "13.72").await;
        let batch = forger.seal(vec![theirs[0].bytes.clone()]);
        forger.accepted(batch).await;
        let stored = bench.store.journal(node("13.72"), Position::ZERO, 10).await.unwrap();
        assert_eq!(stored.len(), 1, "the hub's copy of the journal has a hole");
        assert_eq!(stored[0].verdict, Verdict::Inadmissible(Why::Misplaced));
        assert_eq!(bench.store.sealed(node("13.72"), Position::ZERO, 1).await.unwrap()[0].entries.len(), 1);
        assert_eq!(bench.verdict("13.71", theirs[0].hash).await, Some(Verdict::Applied));
        assert_eq!(bench.others("13.72").await, before);
        assert!(bench.at("13").events(id).await.iter().any(|event| event.hash == theirs[0].hash));
    });
}

#[test]
fn stolen_header_keeps_its_author_from_being_heard() {
    run(async {
        let mut bench = Bench::new().await;
        // Somebody gets hold of an event before its author is connected, and submits it as its own.
        bench.cut("13.71");
        let id = bench.file("13.71").await;
        let filed = bench.at("13.71").store.journal(node("13.71"), Position::ZERO, 1).await.unwrap().remove(0);
        let mut forger = super::forger::Forger::connect(&bench, "13.72").await;
        let batch = forger.seal(vec![filed.bytes.clone()]);
        forger.accepted(batch).await;
        bench.connect("13.71").await;
        bench.settle().await;
        assert_eq!(bench.verdict("13.71", filed.hash).await, Some(Verdict::Applied));
        assert_eq!(bench.store.file(id).await.unwrap().unwrap().events[0].parts.len(), 1);
    });
}

#[test]
fn one_garbage_twice_leaves_a_hole_in_the_journal() {
    run(async {
        let bench = Bench::new().await;
        let mut forger = super::forger::Forger::connect(&bench, "13.72").await;
        let batch = forger.seal(vec![b"garbage".to_vec(), b"garbage".to_vec()]);
        forger.accepted(batch).await;
        let batch = forger.seal(vec![b"garbage".to_vec()]);
        forger.accepted(batch).await;
        let stored = bench.store.journal(node("13.72"), Position::ZERO, 10).await.unwrap();
        assert_eq!(stored.len(), 3);
        assert!(stored.iter().all(|row| row.verdict == Verdict::Inadmissible(Why::Malformed)));
        assert_eq!(bench.store.sealed(node("13.72"), Position::ZERO, 1 << 20).await.unwrap().len(), 2);
        let (key, silent) = (bench.signer.key.public(), lintas::runtime::Progress::silent());
        let report = lintas::desk::audit::audit(&bench.store, key, key, &lintas::desk::Opener::without_keys(), &silent)
            .await
            .unwrap();
        assert!(report.is_clean(), "{}", report.render(lintas::words::Language::English));
    });
}

#[test]
fn stale_or_unknown_opener() {
    run(async {
        let mut bench = Bench::new().await;
        let id = bench.moved("13.71", "13").await;
        // The former custodian, under the opener of its own epoch: late, nobody's fault.
        let late = bench.at("13.71").header(id, Change::FollowedUp, &bench).await;
        let late = bench.at("13.71").write(late, Vec::new()).await;
        bench.settle().await;
        assert_eq!(bench.verdict("13.71", late).await, Some(Verdict::Late));
        let events = bench.at("13.71").events(id).await;
        let moved = events.iter().find(|event| matches!(event.header.change, Change::Moved(_))).unwrap().hash;
        let header = bench.at("13.71").header(id, Change::FollowedUp, &bench).await;
        let posing = Header { opener: Some(moved), ..header.clone() };
        gets(&mut bench, "13.71", posing, Vec::new(), Why::NotCustodian).await;
        let header = bench.at("13.71").header(id, Change::FollowedUp, &bench).await;
        let unknown = Header { opener: Some(EventHash([9; 32])), ..header };
        gets(&mut bench, "13.71", unknown, Vec::new(), Why::UnknownOpener).await;
    });
}

#[test]
fn oversized_header() {
    run(async {
        let mut bench = Bench::new().await;
        let id = bench.file("13.71").await;
        bench.settle().await;
        let header = bench.at("13.71").header(id, Change::Unknown { kind: 999, body: vec![0; 5000] }, &bench).await;
        let before = bench.others("13.71").await;
        let at = header.position;
        let event = bench.at("13.71").write_bytes(journal::header::encode(&header)).await;
        judged(&mut bench, "13.71", event, at, Why::Oversized, before).await;
    });
}

#[test]
fn oversized_parts() {
    run(async {
        let mut bench = Bench::new().await;
        let id = bench.file("13.71").await;
        bench.settle().await;
        let full = |index| note(index, 64 * 1024);
        for parts in [vec![note(0, 64 * 1024 + 1)], vec![full(0), full(1), full(2), note(3, 1)]] {
            let mut header = bench.at("13.71").header(id, Change::FollowedUp, &bench).await;
            header.parts = parts.iter().filter_map(Part::reference).collect();
            gets(&mut bench, "13.71", header, parts, Why::Oversized).await;
        }
    });
}

#[test]
fn parts_that_do_not_match() {
    run(async {
        let mut bench = Bench::new().await;
        let id = bench.file("13.71").await;
        bench.settle().await;
        let mut header = bench.at("13.71").header(id, Change::FollowedUp, &bench).await;
        header.parts = note(0, 4).reference().into_iter().collect();
        gets(&mut bench, "13.71", header, vec![note(0, 5)], Why::Parts).await;
        let header = bench.at("13.71").header(id, Change::FollowedUp, &bench).await;
        gets(&mut bench, "13.71", header, vec![note(0, 5)], Why::Parts).await;
    });
}

#[test]
fn time_far_in_the_future() {
    run(async {
        let mut bench = Bench::new().await;
        let id = bench.file("13.71").await;
        bench.settle().await;
        let header = bench.at("13.71").header(id, Change::FollowedUp, &bench).await;
        let near = bench.at("13.71").write(Header { time: bench.now().plus_seconds(600), ..header }, Vec::new()).await;
        bench.settle().await;
        assert_eq!(bench.verdict("13.71", near).await, Some(Verdict::Applied));
        let mut header = bench.at("13.71").header(id, Change::FollowedUp, &bench).await;
        header.time = bench.now().plus_seconds(601);
        gets(&mut bench, "13.71", header, Vec::new(), Why::FutureTime).await;
    });
}

#[test]
fn node_writes_what_only_the_hub_writes() {
    run(async {
        let mut bench = Bench::new().await;
        let id = bench.file("13.71").await;
        bench.settle().await;
        let filed = bench.at("13.71").events(id).await[0].hash;
        let moved = Moved {
            ends: filed,
            unit: unit("13.72"),
            node: node("13.72"),
            cause: Cause::Transfer,
            assigned: false,
            proposal: None,
            cutoff: None,
            admitted: Vec::new(),
        };
        let name = PublicName::parse("Kota").unwrap();
        for change in [
            Change::Moved(Box::new(moved)),
            Change::Released { event: filed },
            Change::Inadmissible { event: filed, prev: None, reason: Why::NotAtHome },
            lintas::domain::Listing::named(unit("13.73"), name).listed(None),
        ] {
            let header = bench.at("13.72").header(id, change, &bench).await;
            gets(&mut bench, "13.72", header, Vec::new(), Why::HubOnly).await;
        }
        let summary = bench.store.file(id).await.unwrap().unwrap().summary.unwrap();
        assert_eq!(summary.unit, unit("13.71"));
    });
}

#[test]
fn guessed_complaint_id() {
    run(async {
        let mut bench = Bench::new().await;
        let taken = bench.file("13.71").await;
        bench.settle().await;
        let (_, filing) = bench.filing("13.72", "13.72").await;
        gets(&mut bench, "13.72", Header { complaint: Some(taken), ..filing }, Vec::new(), Why::ComplaintId).await;
        let (_, filing) = bench.filing("13.72", "13.72").await;
        let free = lintas::domain::ComplaintId([3; 16]);
        gets(&mut bench, "13.72", Header { complaint: Some(free), ..filing }, Vec::new(), Why::ComplaintId).await;
        let (_, filing) = bench.filing("13.72", "13.72").await;
        gets(&mut bench, "13.72", Header { complaint: None, ..filing }, Vec::new(), Why::Malformed).await;
    });
}

#[test]
fn registry_position_going_down_or_in_the_future() {
    run(async {
        let mut bench = Bench::new().await;
        let id = bench.file("13.71").await;
        bench.settle().await;
        let header = bench.at("13.71").header(id, Change::FollowedUp, &bench).await;
        let down = Header { registry: Position::new(1, 1), ..header };
        gets(&mut bench, "13.71", down, Vec::new(), Why::RegistryPosition).await;
        let header = bench.at("13.71").header(id, Change::FollowedUp, &bench).await;
        let future = Header { registry: Position::new(9, 9), ..header };
        gets(&mut bench, "13.71", future, Vec::new(), Why::RegistryPosition).await;
        // Refused for another reason, a position yet to come must not bind what is written after it either.
        let header = bench.at("13.71").header(id, Change::FollowedUp, &bench).await;
        let future = Header { registry: Position::new(9, 9), ..header };
        gets(&mut bench, "13.71", future, vec![note(0, 5)], Why::Parts).await;
    });
}

#[test]
fn unit_not_at_home_or_not_listed() {
    run(async {
        let mut bench = Bench::new().await;
        let id = bench.file("13.71").await;
        bench.settle().await;
        let reason = Reason::Competent;
        for away in ["13.72", "13.dlh", "13.71.bpbd"] {
            let change = Change::Disposed { unit: unit(away), reason };
            let header = bench.at("13.71").header(id, change, &bench).await;
            gets(&mut bench, "13.71", header, Vec::new(), Why::TargetNotAtHome).await;
        }
        let header = bench.at("13.71").header(id, Change::FollowedUp, &bench).await;
        let unlisted = Header { unit: Some(unit("13.71.bpbd")), ..header.clone() };
        gets(&mut bench, "13.71", unlisted, Vec::new(), Why::NotAtHome).await;
        let header = bench.at("13.71").header(id, Change::FollowedUp, &bench).await;
        gets(&mut bench, "13.71", Header { unit: None, ..header }, Vec::new(), Why::NoUnit).await;
    });
}

#[test]
fn names_of_events_that_are_not_there() {
    run(async {
        let mut bench = Bench::new().await;
        let id = bench.file("13.71").await;
        bench.settle().await;
        let nowhere = EventHash([8; 32]);
        let header = bench.at("13.71").header(id, Change::FollowedUp, &bench).await;
        gets(&mut bench, "13.71", Header { prev: Some(nowhere), ..header }, Vec::new(), Why::BrokenChain).await;
        let header = bench.at("13.71").header(id, Change::FollowedUp, &bench).await;
        gets(&mut bench, "13.71", Header { seen: Some(nowhere), ..header }, Vec::new(), Why::UnknownSeen).await;
        for change in [
            Change::TakeBack { proposal: nowhere },
            Change::Adopted { event: nowhere },
            Change::Redacted { event: nowhere },
        ] {
            let header = bench.at("13.71").header(id, change, &bench).await;
            gets(&mut bench, "13.71", header, Vec::new(), Why::UnknownReference).await;
        }
    });
}

#[test]
fn redaction_by_a_stranger() {
    run(async {
        let mut bench = Bench::new().await;
        let id = bench.moved("13.71", "13").await;
        bench.act("13", id, Action::Accept).await;
        bench.settle().await;
        let filed = bench.at("13").events(id).await[0].hash;
        for stranger in ["13", "13.72"] {
            let header = bench.at(stranger).header(id, Change::Redacted { event: filed }, &bench).await;
            gets(&mut bench, stranger, header, Vec::new(), Why::NotAuthor).await;
        }
        let at_hub = bench.store.file(id).await.unwrap().unwrap();
        assert_eq!(at_hub.events[0].parts.len(), 1, "content was destroyed");
    });
}

#[test]
fn one_bad_event_among_good_ones_does_not_block() {
    run(async {
        for bad_at in [0, 2, 4] {
            for readable in [true, false] {
                let mut bench = Bench::new().await;
                let id = bench.file("13.71").await;
                bench.settle().await;
                bench.cut("13.71");
                let mut good = Vec::new();
                let mut bad = None;
                for number in 0..5 {
                    let header = bench.at("13.71").header(id, Change::FollowedUp, &bench).await;
                    let site = bench.at("13.71");
                    if number != bad_at {
                        good.push(site.write(header, Vec::new()).await);
                    } else if readable {
                        bad = Some(site.write(Header { time: header.time.plus_seconds(9999), ..header }, vec![]).await);
                    } else {
                        bad = Some(site.write_bytes(vec![0xff; 40]).await);
                    }
                }
                bench.connect("13.71").await;
                bench.settle().await;
                for event in good {
                    assert_eq!(bench.verdict("13.71", event).await, Some(Verdict::Applied), "{bad_at} {readable}");
                }
                let why = if readable { Why::FutureTime } else { Why::Malformed };
                assert_eq!(bench.verdict("13.71", bad.unwrap()).await, Some(Verdict::Inadmissible(why)));
                let peer = bench.store.peer(node("13.71")).await.unwrap().unwrap();
                assert_eq!(peer.stored.position, Position::new(1, 6));
                assert_eq!(
                    bench.at("13.71").store.peer(lintas::domain::NodeId::Hub).await.unwrap().unwrap().judged.seq,
                    6
                );
            }
        }
    });
}
