//! Generated headers of every change, for property tests. Tests only.

use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

use super::kind;
use crate::domain::event::{Category, PARTS_MAX, PublicName};
use crate::domain::{
    Cause, Change, Channel, Class, ComplaintId, Contact, EventHash, FederationId, Filing, Header, Inadmissibility,
    Listing, MoveRefusal, Moved, NodeId, PartKind, PartRef, Position, Pseudonym, Reason, SealingKeyId, SigningKeyId,
    StatementSignature, Timestamp, TrackingNumber, UnitCode, Visibility, Wrap,
};

/// Sequence numbers of all widths.
fn seq(least: u64) -> impl Strategy<Value = u64> {
    (any::<u64>(), 1_u32..64).prop_map(move |(bits, shift)| (bits >> shift).max(least))
}

fn position() -> impl Strategy<Value = Position> {
    (any::<u32>(), seq(0)).prop_map(|(incarnation, seq)| Position::new(incarnation, seq))
}

fn unit() -> impl Strategy<Value = UnitCode> {
    let codes = "id|kl\\.[a-z]{1,9}|[0-9]{2}|[0-9]{2}\\.[0-9]{2}(\\.[a-z][a-z0-9-]{0,9})?|[0-9]{2}\\.[0-9]{2}\\.[0-9]{2}\\.[0-9]{4}";
    codes.prop_filter_map("a unit's code", |code| UnitCode::parse(&code).ok())
}

fn node() -> impl Strategy<Value = NodeId> {
    prop_oneof![Just(NodeId::Hub), unit().prop_map(NodeId::Node)]
}

fn hash() -> impl Strategy<Value = EventHash> {
    any::<[u8; 32]>().prop_map(EventHash)
}

fn name() -> impl Strategy<Value = PublicName> {
    "\\PC{1,120}".prop_filter_map("a public name", |name| PublicName::parse(&name))
}

fn category() -> impl Strategy<Value = Category> {
    "[a-z0-9-]{1,40}".prop_filter_map("a category", |code| Category::parse(&code))
}

fn complaint() -> impl Strategy<Value = ComplaintId> {
    any::<[u8; 16]>().prop_map(ComplaintId)
}

fn listing() -> impl Strategy<Value = Listing> {
    let category = "[a-z0-9-]{1,12}".prop_filter_map("a category", |code| Category::parse(&code));
    let areas = prop::collection::btree_set(unit().prop_map(|unit| unit.territory()), 0..5);
    let categories = prop::collection::btree_set(category, 0..9);
    let contact = of(name()).prop_map(|name| name.and_then(|name| Contact::parse(name.as_str())));
    (unit(), name(), areas, categories, contact).prop_map(|(unit, name, areas, categories, contact)| Listing {
        unit,
        name,
        areas,
        categories,
        contact,
    })
}

fn filing() -> impl Strategy<Value = Filing> {
    let words = (select(Class::ALL), select(Channel::ALL), any::<bool>(), select(Visibility::ALL));
    let area = of(unit()).prop_map(|unit| unit.map(|unit| unit.territory()).filter(|area| !area.is_root()));
    let what = (category(), of(unit()), area);
    (any::<[u8; 16]>(), any::<u64>(), words, what).prop_map(|(nonce, bits, words, (category, about, area))| {
        let (class, channel, on_behalf, visibility) = words;
        let tracking = TrackingNumber::from_random(bits);
        Filing { nonce, tracking, class, channel, on_behalf, visibility, category, about, area }
    })
}

fn moved() -> impl Strategy<Value = Moved> {
    let to = (unit(), node(), select(Cause::ALL), any::<bool>());
    let admitted = prop::collection::vec((node(), hash()), 0..8);
    (hash(), to, of(hash()), of(position()), admitted).prop_map(|(ends, to, proposal, cutoff, admitted)| {
        let (unit, node, cause, assigned) = to;
        Moved { ends, unit, node, cause, assigned, proposal, cutoff, admitted }
    })
}

fn signature() -> impl Strategy<Value = StatementSignature> {
    any::<[[u8; 32]; 2]>().prop_map(|halves| StatementSignature(halves.concat().try_into().unwrap()))
}

fn wrap() -> impl Strategy<Value = Wrap> {
    (any::<u8>(), unit(), any::<[[u8; 32]; 2]>(), any::<[[u8; 16]; 3]>()).prop_map(
        |(part, to, [key, encapped], wrapped)| {
            let wrapped = wrapped.concat().try_into().unwrap();
            Wrap { part, to: NodeId::Node(to), key: SealingKeyId(key), encapped, wrapped }
        },
    )
}

fn change() -> BoxedStrategy<Change> {
    let plain = vec![
        Change::Verified,
        Change::Accepted,
        Change::FollowedUp,
        Change::Responded,
        Change::Closed,
        Change::Reopened,
        Change::Replied,
        Change::Completed,
        Change::Confirmed,
        Change::Appealed,
        Change::Withdrew,
        Change::Imported,
    ];
    let reason = || select(Reason::ALL);
    let unknown = any::<u16>().prop_filter("an unknown number", |kind| !kind::ALL.contains(kind));
    let nodes = prop_oneof![
        (unit(), name(), any::<[[u8; 32]; 3]>(), position()).prop_map(
            |(node, name, [key, tls_key, sealing], after)| {
                let (signing_key, sealing_key) = (SigningKeyId(key), SealingKeyId(sealing));
                Change::NodeEnrolled { node, name, signing_key, tls_key, sealing_key, after }
            }
        ),
        unit().prop_map(|node| Change::NodeSuspended { node }),
        unit().prop_map(|node| Change::NodeReinstated { node }),
        (unit(), any::<[u8; 32]>()).prop_map(|(node, tls_key)| Change::NodeCertified { node, tls_key }),
        (unit(), position(), any::<[[u8; 32]; 2]>(), signature()).prop_map(
            |(node, after, [key, sealing], signature)| {
                let (signing_key, sealing_key) = (SigningKeyId(key), SealingKeyId(sealing));
                Change::KeysRotated { node, after, signing_key, sealing_key, signature }
            }
        ),
        (unit(), unit(), any::<[[u8; 32]; 2]>(), position(), signature()).prop_map(
            |(node, by, [key, sealing], keyed, signature)| {
                let (signing_key, sealing_key) = (SigningKeyId(key), SealingKeyId(sealing));
                Change::KeysEndorsed { node, signing_key, sealing_key, keyed, by, signature }
            }
        ),
        (unit(), position()).prop_map(|(node, last)| Change::NodeRevoked { node, last }),
        (unit(), position(), any::<u32>()).prop_map(|(node, ended, incarnation)| Change::IncarnationGranted {
            node,
            ended,
            incarnation
        }),
        (listing(), of(hash())).prop_map(|(listing, declared)| listing.listed(declared)),
        (unit(), of(unit()), of(hash())).prop_map(|(unit, into, declared)| Change::UnitClosed { unit, into, declared }),
        listing().prop_map(|listing| Change::UnitDeclared(Box::new(listing))),
        (unit(), of(unit())).prop_map(|(unit, into)| Change::UnitRetired { unit, into }),
    ];
    let hub = prop_oneof![
        moved().prop_map(|moved| Change::Moved(Box::new(moved))),
        (hash(), position(), select(MoveRefusal::ALL)).prop_map(|(proposal, upto, reason)| Change::MoveRefused {
            proposal,
            upto,
            reason
        }),
        (hash(), of(hash()), select(Inadmissibility::ALL)).prop_map(|(event, prev, reason)| Change::Inadmissible {
            event,
            prev,
            reason
        }),
        (hash(), prop::collection::vec(wrap(), 0..4)).prop_map(|(event, wraps)| Change::Granted { event, wraps }),
        hash().prop_map(|event| Change::Held { event }),
        hash().prop_map(|event| Change::Released { event }),
        (hash(), select(crate::domain::Moment::ALL.as_slice()), any::<i64>(), prop::collection::vec(node(), 0..3))
            .prop_map(|(opener, moment, due, told)| Change::Overdue { opener, moment, due: Timestamp(due), told }),
        (node(), complaint()).prop_map(|(node, double)| Change::Joined { node, double }),
    ];
    let unit_reason = prop_oneof![
        (unit(), reason()).prop_map(|(unit, reason)| Change::Disposed { unit, reason }),
        (unit(), reason()).prop_map(|(to, reason)| Change::Transfer { to, reason }),
        reason().prop_map(|reason| Change::Deferred { reason }),
        reason().prop_map(|reason| Change::Archived { reason }),
        reason().prop_map(|reason| Change::Return { reason }),
    ];
    let others = prop_oneof![
        filing().prop_map(|filing| Change::Filed(Box::new(filing))),
        hash().prop_map(|proposal| Change::TakeBack { proposal }),
        hash().prop_map(|event| Change::Adopted { event }),
        hash().prop_map(|event| Change::Redacted { event }),
        (category(), select(Class::ALL)).prop_map(|(category, class)| Change::Recategorised { category, class }),
        complaint().prop_map(|to| Change::Related { to }),
        complaint().prop_map(|of| Change::Doubled { of }),
        complaint().prop_map(|from| Change::Unlinked { from }),
        (1_u8..=5).prop_map(|stars| Change::Rated { stars }),
        (unknown, any::<Vec<u8>>()).prop_map(|(kind, body)| Change::Unknown { kind, body }),
    ];
    prop_oneof![select(plain), unit_reason, others, hub, nodes].boxed()
}

/// A header within the limits of its fields; together they may be above the limit of the whole.
pub(super) fn header() -> impl Strategy<Value = Header> {
    let federation = "[a-z0-9.-]{1,63}".prop_filter_map("a federation's name", |name| FederationId::parse(&name).ok());
    let place = (federation, node(), 1_u32.., seq(1));
    let links = (of(hash()), of(any::<[u8; 16]>()), of(hash()), of(hash()), position());
    let author = (any::<i64>(), of(unit()), of(any::<[u8; 16]>()));
    let part = (select(PartKind::ALL), any::<[u8; 32]>());
    let part = part.prop_map(|(kind, commitment)| PartRef { kind, commitment });
    let parts = prop::collection::vec(part, 0..=PARTS_MAX);
    (place, links, author, change(), parts).prop_map(|(place, links, author, change, parts)| {
        let (federation, node, incarnation, seq) = place;
        let (prev, complaint, opener, seen, registry) = links;
        let (time, unit, account) = author;
        Header {
            federation,
            node,
            position: Position::new(incarnation, seq),
            prev,
            complaint: complaint.map(ComplaintId),
            opener,
            seen,
            registry,
            time: Timestamp(time),
            unit,
            account: account.map(Pseudonym),
            change,
            parts,
        }
    })
}
