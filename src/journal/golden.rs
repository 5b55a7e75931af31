//! Golden bytes of everything that is hashed or signed: `tests/vectors/` keeps them for ever, so that no release reads
//! or writes an old event otherwise. Tests only.
//!
//! `LINTAS_WRITE_VECTORS=1` adds what is missing; a line that is there is never changed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use super::sample::{self, unit};
use super::{Head, Part, Seal, SignedReceipt, complaint_id, header, header_hash, import_nonce, kind, merkle};
use crate::domain::event::{Category, PublicName};
use crate::domain::{
    Cause, Change, Channel, Class, ComplaintId, Contact, EventHash, FederationId, Filing, Header, Inadmissibility,
    Listing, MoveRefusal, Moved, NodeId, PartKind, Position, Reason, SealingKeyId, SigningKeyId, StatementSignature,
    TrackingNumber, Visibility, Wrap,
};

type Vectors = Vec<(String, String)>;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn unhex(text: &str) -> Vec<u8> {
    text.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// Compares vectors with what is kept, or adds missing ones.
fn compare(file: &str, kept: &str, made: &Vectors) {
    let lines = kept.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(" = "));
    let kept_lines: BTreeMap<&str, &str> = lines.collect();
    let missing: Vec<_> = made.iter().filter(|(name, _)| !kept_lines.contains_key(name.as_str())).collect();
    if std::env::var_os("LINTAS_WRITE_VECTORS").is_some() && !missing.is_empty() {
        let mut grown = kept.to_owned();
        for (name, value) in missing {
            writeln!(grown, "{name} = {value}").unwrap();
        }
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(file);
        std::fs::write(path, grown).unwrap();
        return;
    }
    let mut differences = String::new();
    for (name, value) in made {
        let kept = kept_lines.get(name.as_str()).copied().unwrap_or("(nothing)");
        if kept != value {
            write!(differences, "\n{name}\n  kept {kept}\n  made {value}").unwrap();
        }
    }
    for name in kept_lines.keys().filter(|name| !made.iter().any(|(made, _)| made == **name)) {
        write!(differences, "\n{name}\n  kept, but no longer made").unwrap();
    }
    assert!(differences.is_empty(), "tests/vectors/{file} differs; what is kept there holds:{differences}");
}

fn event(byte: u8) -> EventHash {
    EventHash([byte; 32])
}

#[expect(clippy::too_many_lines, reason = "one of each change")]
fn changes() -> Vec<Change> {
    let name = |text| PublicName::parse(text).unwrap();
    let filing = Filing {
        nonce: [0x01; 16],
        tracking: TrackingNumber::from_random(0x00AB_CDEF_0123_4567),
        class: Class::ComplaintFieldCheck,
        channel: Channel::Counter,
        on_behalf: true,
        visibility: Visibility::Confidential,
        category: Category::parse("jalan-rusak").unwrap(),
        about: Some(unit("13.71.dlh")),
        area: Some(unit("13.71.01.1001")),
    };
    let moved = Moved {
        ends: event(0xe0),
        unit: unit("kl.pu"),
        node: NodeId::Node(unit("kl.pu")),
        cause: Cause::Transfer,
        assigned: false,
        proposal: Some(event(0xb0)),
        cutoff: Some(Position::new(1, 300)),
        admitted: vec![(NodeId::Hub, event(0xa1)), (NodeId::Node(unit("13.71")), event(0xa2))],
    };
    let wrap = Wrap {
        part: 1,
        to: NodeId::Node(unit("13")),
        key: SealingKeyId([0x61; 32]),
        encapped: [0x81; 32],
        wrapped: [0x82; 48],
    };
    let listing = Listing {
        areas: BTreeSet::from([unit("13.71.01"), unit("13.71.02")]),
        categories: ["pohon-tumbang", "sampah"].iter().filter_map(|code| Category::parse(code)).collect(),
        contact: Contact::parse("(0751) 123456"),
        ..Listing::named(unit("13.71.dlh"), name("Dinas Lingkungan Hidup Kota Padang"))
    };
    vec![
        Change::Verified,
        Change::Disposed { unit: unit("13.71.dlh"), reason: Reason::Competent },
        Change::Accepted,
        Change::Deferred { reason: Reason::Incomplete },
        Change::Archived { reason: Reason::Unrelated },
        Change::FollowedUp,
        Change::Responded,
        Change::Closed,
        Change::Reopened,
        Change::Transfer { to: unit("13"), reason: Reason::NotMyAuthority },
        Change::Return { reason: Reason::NotMyAuthority },
        Change::TakeBack { proposal: event(0xb0) },
        Change::Adopted { event: event(0xb1) },
        Change::Recategorised { category: Category::parse("lampu-jalan").unwrap(), class: Class::Information },
        Change::Related { to: ComplaintId([0xc1; 16]) },
        Change::Doubled { of: ComplaintId([0xc2; 16]) },
        Change::Unlinked { from: ComplaintId([0xc1; 16]) },
        Change::Filed(Box::new(filing)),
        Change::Replied,
        Change::Completed,
        Change::Confirmed,
        Change::Rated { stars: 4 },
        Change::Appealed,
        Change::Withdrew,
        Change::Imported,
        Change::UnitDeclared(Box::new(listing.clone())),
        Change::UnitRetired { unit: unit("13.71.dlh"), into: Some(unit("13.71.dpupr")) },
        Change::Redacted { event: event(0xb2) },
        Change::Granted { event: event(0xb2), wraps: vec![wrap] },
        Change::Moved(Box::new(moved)),
        Change::MoveRefused { proposal: event(0xb0), upto: Position::new(1, 70_000), reason: MoveRefusal::ClosedUnit },
        Change::Inadmissible { event: event(0xb3), prev: Some(event(0xb4)), reason: Inadmissibility::NotAtHome },
        Change::Held { event: event(0xb5) },
        Change::Released { event: event(0xb5) },
        Change::Overdue {
            opener: event(0xb6),
            moment: crate::domain::Moment::Response,
            due: crate::domain::Timestamp(1_790_000_000_000_000),
            told: vec![NodeId::Node(unit("13")), NodeId::Node(unit("id"))],
        },
        Change::Joined { node: NodeId::Node(unit("13")), double: ComplaintId([0xc3; 16]) },
        Change::NodeEnrolled {
            node: unit("13.71"),
            name: name("Pemerintah Kota Padang"),
            signing_key: SigningKeyId([0x51; 32]),
            tls_key: [0x71; 32],
            sealing_key: SealingKeyId([0x61; 32]),
            after: Position::new(1, 40),
        },
        Change::NodeRevoked { node: unit("13.71"), last: Position::new(2, 5_000_000_000) },
        Change::IncarnationGranted { node: unit("13.71"), ended: Position::new(1, 41), incarnation: 2 },
        listing.listed(Some(event(0xb6))),
        Change::UnitClosed { unit: unit("13.71.dlh"), into: Some(unit("13.71.dpupr")), declared: Some(event(0xb7)) },
        Change::NodeSuspended { node: unit("13.71") },
        Change::NodeReinstated { node: unit("13.71") },
        Change::NodeCertified { node: unit("13.71"), tls_key: [0x72; 32] },
        Change::KeysRotated {
            node: unit("13.71"),
            after: Position::new(1, 42),
            signing_key: SigningKeyId([0x52; 32]),
            sealing_key: SealingKeyId([0x62; 32]),
            signature: StatementSignature([0x91; 64]),
        },
        Change::KeysEndorsed {
            node: unit("13.71"),
            signing_key: SigningKeyId([0x51; 32]),
            sealing_key: SealingKeyId([0x61; 32]),
            keyed: Position::new(1, 7),
            by: unit("13"),
            signature: StatementSignature([0x92; 64]),
        },
        Change::Unknown { kind: 60_000, body: vec![0x81, 0x01] },
    ]
}

fn headers() -> Vec<(String, Header)> {
    let mut headers: Vec<_> =
        changes().into_iter().map(|change| (change.name().to_owned(), sample::header(24, change))).collect();
    let parts = [part(PartKind::Identity, b""), part(PartKind::Narrative, b"isi")];
    let parts = parts.iter().filter_map(Part::reference).collect();
    let full = Header {
        position: Position::new(u32::MAX, 1 << 40),
        prev: Some(event(0x01)),
        seen: Some(event(0x02)),
        parts,
        ..sample::header(1, Change::Responded)
    };
    let bare = Header {
        node: NodeId::Hub,
        position: Position::new(1, 1),
        complaint: None,
        opener: None,
        registry: Position::ZERO,
        time: crate::domain::Timestamp(-1),
        unit: None,
        account: None,
        ..sample::header(1, Change::UnitClosed { unit: unit("13"), into: None, declared: None })
    };
    headers.extend([("all-fields".to_owned(), full), ("no-optional-field".to_owned(), bare)]);
    headers
}

fn part(kind: PartKind, content: &[u8]) -> Part {
    Part::plain(0, kind, [0x5a; 32], content.to_vec())
}

#[test]
fn header_bytes_of_a_release_change() {
    let made: Vectors = headers()
        .iter()
        .flat_map(|(name, header)| {
            let bytes = header::encode(header);
            [(name.clone(), hex(&bytes)), (format!("{name}.hash"), header_hash(&bytes).to_string())]
        })
        .collect();
    compare("headers.txt", include_str!("../../tests/vectors/headers.txt"), &made);
    for (name, header) in headers() {
        let kept = made.iter().find(|(kept, _)| *kept == name).unwrap();
        assert_eq!(header::decode(&unhex(&kept.1)).unwrap(), header, "{name}");
    }
    let numbers: Vec<u16> = changes().iter().map(kind::of).collect();
    assert_eq!(numbers.split_last().unwrap().1, kind::ALL, "a change has no golden bytes");
}

#[test]
fn seal_and_receipt_bytes_of_a_release_change() {
    let (seal, _) = sample::batch(&Head::GENESIS, 3);
    let made = vec![
        ("body".to_owned(), hex(seal.bytes())),
        ("signature".to_owned(), hex(seal.signature())),
        ("hash".to_owned(), seal.hash().to_string()),
        ("key".to_owned(), sample::key().public().to_string()),
    ];
    compare("seal.txt", include_str!("../../tests/vectors/seal.txt"), &made);
    assert_eq!(Seal::read(unhex(&made[0].1), unhex(&made[1].1).try_into().unwrap()).unwrap(), seal);
    let receipt = sample::receipt();
    let made = vec![
        ("body".to_owned(), hex(receipt.bytes())),
        ("signature".to_owned(), hex(receipt.signature())),
        ("key".to_owned(), sample::hub_key().public().to_string()),
    ];
    compare("receipt.txt", include_str!("../../tests/vectors/receipt.txt"), &made);
    assert_eq!(SignedReceipt::read(unhex(&made[0].1), unhex(&made[1].1).try_into().unwrap()).unwrap(), receipt);
}

#[test]
fn commitments_and_complaint_ids_of_a_release_change() {
    let parts = PartKind::ALL.iter().map(|kind| (kind.name().to_owned(), part(*kind, b"Jalan rusak di Padang")));
    let parts = parts.chain([("empty-note".to_owned(), part(PartKind::Note, b""))]);
    let made = parts.map(|(name, part)| (name, hex(&part.commitment().unwrap()))).collect();
    compare("part.txt", include_str!("../../tests/vectors/part.txt"), &made);
    let ids = [("lapor.go.id", "13.71", 1), ("lapor.go.id", "id", 1), ("lapor.test", "13.71", 1), ("a", "kl.pu", 255)];
    let made = ids.map(|(federation, origin, nonce)| {
        let (federation, node) = (FederationId::parse(federation).unwrap(), NodeId::parse(origin).unwrap());
        (format!("{federation}/{node}/{nonce}"), complaint_id(&federation, &node, &[nonce; 16]).to_string())
    });
    compare("complaint-id.txt", include_str!("../../tests/vectors/complaint-id.txt"), &made.to_vec());
    let taken = [("lapor.go.id", "13.71", "simpel", "2019/00123"), ("lapor.test", "id", "lapor-lama", "\u{e9}")];
    let made = taken.map(|(federation, origin, source, id)| {
        let (federation, node) = (FederationId::parse(federation).unwrap(), NodeId::parse(origin).unwrap());
        (format!("{federation}/{node}/{source}/{id}"), hex(&import_nonce(&federation, &node, source, id)))
    });
    compare("import-nonce.txt", include_str!("../../tests/vectors/import-nonce.txt"), &made.to_vec());
}

#[test]
fn merkle_roots_of_a_release_change() {
    let leaves: Vec<EventHash> = (1..=8).map(event).collect();
    let made = (1..=8).map(|size| (size.to_string(), hex(&merkle::root(&leaves[..size])))).collect();
    compare("merkle.txt", include_str!("../../tests/vectors/merkle.txt"), &made);
}
