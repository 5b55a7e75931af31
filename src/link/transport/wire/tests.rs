//! What comes over the wire is read back as it was said, and nothing that comes stops the reader.

use proptest::prelude::*;
use prost::Message;

use super::*;
use crate::domain::{Inadmissibility, NodeId, Refusal};
use crate::journal::{GENESIS, Receipt, RegistryHead, SealBody, SignedHead, SigningKey, merkle};

fn hash(byte: u8) -> EventHash {
    EventHash([byte; 32])
}

fn a_head() -> Head {
    Head { position: Position::new(2, 77), hash: SealHash([3; 32]) }
}

fn a_trace() -> Option<TraceContext> {
    TraceContext::new([1; 16], [2; 8], 1)
}

fn a_batch() -> Batch {
    let part = Part::plain(1, PartKind::Note, [4; 32], b"catatan".to_vec());
    let entries = vec![
        SealedEntry { bytes: b"header".to_vec(), parts: vec![part], trace: a_trace() },
        SealedEntry { bytes: Vec::new(), parts: Vec::new(), trace: None },
    ];
    let body = SealBody {
        federation: FederationId::parse("lapor.go.id").unwrap(),
        origin: NodeId::parse("13.71").unwrap(),
        incarnation: 1,
        first: 5,
        last: 6,
        previous: GENESIS,
        root: merkle::root(&[hash(1), hash(2)]),
        hub: a_head(),
    };
    Batch { seal: Seal::sign(body, &SigningKey::from_seed([5; 32])), entries }
}

fn ups() -> Vec<Up> {
    let hello = Hello {
        versions: (1, 3),
        federation: FederationId::parse("lapor.go.id").unwrap(),
        head: a_head(),
        inbound: (4, 5),
        hub: Head::GENESIS,
        judged: Position::new(1, 6),
        recover: true,
        clock: Timestamp(-7),
        program: "0.1.0".to_owned(),
    };
    let announced = vec![(ComplaintId([8; 16]), Position::new(2, 80))];
    let faults = Fault::ALL.iter().map(|fault| Up::Fault(*fault));
    let others = [
        Up::Hello(hello),
        Up::Batch(UpBatch { batch: a_batch(), announced }),
        Up::Delivered { generation: 3, number: u64::MAX },
    ];
    others.into_iter().chain(faults).collect()
}

fn a_registry_head() -> SignedHead {
    let head = Head { position: Position::new(1, 4), hash: SealHash([8; 32]) };
    let federation = FederationId::parse("lapor.go.id").unwrap();
    SignedHead::sign(RegistryHead { federation, head, time: Timestamp(12) }, &SigningKey::from_seed([1; 32]))
}

fn downs() -> Vec<Down> {
    let receipt = Receipt {
        federation: FederationId::parse("lapor.go.id").unwrap(),
        origin: NodeId::parse("13.71").unwrap(),
        position: Position::new(1, 6),
        head: SealHash([9; 32]),
        hub: Position::new(1, 10),
        registry: Head { position: Position::new(1, 4), hash: SealHash([8; 32]) },
        time: Timestamp(11),
    };
    let verdicts = vec![
        (Position::new(1, 5), hash(1), Verdict::Applied),
        (Position::new(1, 6), hash(2), Verdict::Inadmissible(Inadmissibility::NotAtHome)),
    ];
    let batch = a_batch();
    let delivery = |number, index| Delivery {
        number,
        bytes: b"header".to_vec(),
        parts: batch.entries[0].parts.clone(),
        seal: batch.seal.clone(),
        index,
        path: vec![[6; 32]],
        verdict: Verdict::Refused(Refusal::Pending),
        trace: a_trace().filter(|_| number > 1),
    };
    let welcome = Welcome {
        version: 1,
        session: 2,
        stored: a_head(),
        credit: 3,
        outbox: (4, 5),
        clock: Timestamp(6),
        recovering: true,
    };
    let faults = Fault::ALL.iter().map(|fault| Down::Fault(*fault));
    let others = [
        Down::Welcome(welcome),
        Down::Ack(Ack { receipt: SignedReceipt::sign(receipt, &SigningKey::from_seed([1; 32])), verdicts }),
        Down::Deliver(Deliver { generation: 4, events: vec![delivery(1, 0), delivery(2, 1)] }),
        Down::Restored { batch: batch.clone(), verdicts: vec![Verdict::Held, Verdict::Late, Verdict::Provisional] },
        Down::Recovered { incarnation: 2, previous: a_head() },
        Down::Progress(Progress { clock: Timestamp(1), waiting: 2 }),
        Down::Head(a_registry_head()),
        Down::Drain { after_seconds: 9 },
    ];
    others.into_iter().chain(faults).collect()
}

#[test]
fn message_is_read_as_another() {
    for said in ups() {
        let bytes = up(said.clone()).encode_to_vec();
        assert_eq!(read_up(pb::UpFrame::decode(&bytes[..]).unwrap()), Ok(said));
    }
    for said in downs() {
        let bytes = down(said.clone()).encode_to_vec();
        assert_eq!(read_down(pb::DownFrame::decode(&bytes[..]).unwrap()), Ok(said));
    }
}

#[test]
fn seal_travels_once_an_event() {
    let Some(pb::down_frame::Kind::Deliver(message)) = down(downs().remove(2)).kind else { panic!("no delivery") };
    assert_eq!((message.seals.len(), message.events.len()), (1, 2));
}

#[test]
fn bad_trace_stops_an_event() {
    let good = a_trace().unwrap().to_bytes().to_vec();
    let read =
        |trace: &[u8]| read_entry(Some(pb::Entry { trace: trace.to_vec(), ..pb::Entry::default() })).unwrap().trace;
    assert_eq!(read(&good), a_trace());
    for bad in [&good[..24], &[&good[..], &[0]].concat(), &[0; 25], &vec![7; 100_000], b"00-4bf92f3577b34da6a3ce9"] {
        assert_eq!(read(bad), None);
    }
    // An event without one takes no room for it.
    let bare = entry(SealedEntry { bytes: vec![1], parts: Vec::new(), trace: None });
    assert_eq!(bare.encode_to_vec(), [0x0a, 1, 1]);
}

#[test]
fn message_above_a_limit_is_read() {
    let many = |entries, announced| {
        let batch = pb::Batch { seal: None, entries: vec![pb::Entry::default(); entries] };
        let announced = vec![pb::Announcement::default(); announced];
        let kind = pb::up_frame::Kind::Batch(pb::UpBatch { batch: Some(batch), announced });
        read_up(pb::UpFrame { kind: Some(kind) })
    };
    assert_eq!(many(501, 0), Err(WireError("batch.entries")));
    assert_eq!(many(0, 501), Err(WireError("batch.announced")));
    let entry = pb::Entry { parts: vec![pb::Part::default(); 256], ..pb::Entry::default() };
    assert_eq!(read_entry(Some(entry)), Err(WireError("entry.parts")));
    let ack = pb::Ack { receipt: None, verdicts: vec![pb::Judged::default(); VERDICTS_MAX + 1] };
    assert_eq!(read_ack(ack), Err(WireError("ack.verdicts")));
    let beyond = pb::Position { incarnation: 1, seq: u64::MAX };
    assert_eq!(read_position(Some(beyond), "hello.judged"), Err(WireError("hello.judged")));
    let nowhere = pb::Delivery { seal: 0, entry: Some(pb::Entry::default()), ..pb::Delivery::default() };
    let message = pb::Deliver { generation: 1, seals: Vec::new(), events: vec![nowhere] };
    assert_eq!(read_deliver(message), Err(WireError("delivery.seal")));
}

#[test]
fn unknown_kind_of_message_is_read() {
    assert!(read_up(pb::UpFrame { kind: None }).is_err());
    assert!(read_down(pb::DownFrame { kind: None }).is_err());
    assert_eq!(read_fault(&pb::Fault { name: "of a later version".to_owned() }), Fault::Protocol);
}

#[test]
fn text_of_the_other_side_reaches_the_log_as_it_is() {
    let Some(Up::Hello(hello)) = ups().into_iter().next() else { panic!("no Hello") };
    let program = format!("\u{1b}[31m\n{}", "x".repeat(100));
    let frame = up(Up::Hello(Hello { program, ..hello }));
    let Ok(Up::Hello(read)) = read_up(frame) else { panic!("no Hello") };
    assert!(read.program.chars().count() <= 40 && !read.program.chars().any(char::is_control));
}

fn field() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(vec![7; 32]),
        Just(vec![7; 16]),
        Just(vec![7; 64]),
        prop::collection::vec(any::<u8>(), 0..70),
        Just(a_batch().seal.bytes().to_vec()),
    ]
}

fn position_field() -> impl Strategy<Value = Option<pb::Position>> {
    prop::option::of(any::<(u32, u64)>().prop_map(|(incarnation, seq)| pb::Position { incarnation, seq }))
}

prop_compose! {
    fn head_field()(position in position_field(), hash in field()) -> pb::Head {
        pb::Head { position, hash }
    }
}

prop_compose! {
    fn signed_field()(body in field(), signature in field()) -> pb::Signed {
        pb::Signed { body, signature }
    }
}

prop_compose! {
    fn verdict_field()(verdict in 0_u32..300, reason in 0_u32..300) -> pb::Verdict {
        pb::Verdict { verdict, reason }
    }
}

prop_compose! {
    fn entry_field()(
        header in field(), index in 0_u32..300, kind in 0_u32..9, salt in field(), content in field(), sealed in field(),
        parts in 0_usize..3,
        trace in field(),
    ) -> pb::Entry {
        pb::Entry { header, parts: vec![pb::Part { index, kind, salt, content, sealed }; parts], trace }
    }
}

proptest! {
    #[test]
    fn arbitrary_message_stops_the_reader(
        heads in prop::collection::vec(prop::option::of(head_field()), 3), position in position_field(), name in ".{0,80}",
        signed in prop::option::of(signed_field()), entries in prop::collection::vec(entry_field(), 0..3),
        id in field(), verdict in prop::option::of(verdict_field()), small: u32, large: u64, clock: i64, flag: bool,
    ) {
        use pb::{down_frame, up_frame};
        let batch = Some(pb::Batch { seal: signed.clone(), entries: entries.clone() });
        let announced = vec![pb::Announcement { complaint: id.clone(), position }];
        let hello = pb::Hello {
            version_min: small, version_max: small, federation: name.clone(), head: heads[0].clone(),
            inbound_generation: small, inbound_number: large, hub: heads[1].clone(), judged: position, recover: flag,
            clock_micros: clock, program: name.clone(),
        };
        for kind in [
            up_frame::Kind::Hello(hello),
            up_frame::Kind::Batch(pb::UpBatch { batch: batch.clone(), announced }),
            up_frame::Kind::Delivered(pb::Delivered { generation: small, number: large }),
            up_frame::Kind::Fault(pb::Fault { name: name.clone() }),
        ] {
            let _ = read_up(pb::UpFrame { kind: Some(kind) });
        }
        let welcome = pb::Welcome {
            version: small, session: large, stored: heads[2].clone(), credit_bytes: large, outbox_generation: small,
            outbox_number: large, clock_micros: clock, recovering: flag,
        };
        let judged = vec![pb::Judged { position, hash: id.clone(), verdict }];
        let delivery = pb::Delivery {
            number: large, entry: entries.first().cloned(), seal: small % 3, index: small, path: vec![id], verdict,
        };
        let seals: Vec<_> = signed.clone().into_iter().collect();
        for kind in [
            down_frame::Kind::Welcome(welcome),
            down_frame::Kind::Ack(pb::Ack { receipt: signed, verdicts: judged }),
            down_frame::Kind::Deliver(pb::Deliver { generation: small, seals, events: vec![delivery] }),
            down_frame::Kind::Restored(pb::Restored { batch, verdicts: verdict.into_iter().collect() }),
            down_frame::Kind::Recovered(pb::Recovered { incarnation: small, previous: heads[0].clone() }),
            down_frame::Kind::Progress(pb::Progress { clock_micros: clock, waiting: large }),
            down_frame::Kind::Drain(pb::Drain { after_seconds: small }),
            down_frame::Kind::Fault(pb::Fault { name }),
        ] {
            let _ = read_down(pb::DownFrame { kind: Some(kind) });
        }
    }

    #[test]
    fn altered_bytes_stop_the_reader(which: prop::sample::Index, at: prop::sample::Index, flip in 1_u8..=255, cut: bool) {
        let alter = |mut bytes: Vec<u8>| {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] ^= flip;
                if cut {
                    bytes.truncate(at);
                }
            }
            bytes
        };
        if let Ok(frame) = pb::UpFrame::decode(&alter(up(which.get(&ups()).clone()).encode_to_vec())[..]) {
            let _ = read_up(frame);
        }
        if let Ok(frame) = pb::DownFrame::decode(&alter(down(which.get(&downs()).clone()).encode_to_vec())[..]) {
            let _ = read_down(frame);
        }
    }
}
