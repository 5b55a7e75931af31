//! What is noted for reporters when something is delivered: what is new here, once, and nothing again after a recovery.

use std::collections::{BTreeMap, BTreeSet};

use super::apply::{At, Proven, plan};
use crate::domain::testing::{Story, node, transfer, unit};
use crate::domain::{
    Change, ComplaintId, Event, FederationId, HookName, Position, Registry, Step, Telling, Timestamp, Verdict,
};
use crate::journal::{Head, Seal, SealBody, SigningKey};
use crate::store::{Delivery, NoticeChange, OwnJournal, View};

const ID: ComplaintId = ComplaintId([7; 16]);

fn view(incarnation: u32, events: &[Event]) -> View {
    let written = Position::new(incarnation, 3);
    let own = OwnJournal { written, sealed: Head::GENESIS, cited: Position::ZERO, doubted: false };
    View {
        own,
        complaints: BTreeMap::from([(ID, events.to_vec())]),
        verdicts: BTreeMap::new(),
        traces: BTreeMap::new(),
        announced: BTreeMap::new(),
        peer: None,
        registry: Vec::new(),
        unsealed: Vec::new(),
        known: BTreeSet::new(),
        token: None,
        declared: Vec::new(),
    }
}

fn proven(event: &Event) -> Proven {
    let body = SealBody {
        federation: FederationId::parse("test.example").unwrap(),
        origin: event.header.node.clone(),
        incarnation: 1,
        first: 1,
        last: 100,
        previous: Head::GENESIS.hash,
        root: [0; 32],
        hub: Head::NONE,
    };
    let delivery = Delivery {
        number: 1,
        bytes: Vec::new(),
        parts: Vec::new(),
        seal: Seal::sign(body, &SigningKey::from_seed([3; 32])),
        index: 0,
        path: Vec::new(),
        verdict: Verdict::Applied,
        trace: None,
    };
    Proven { event: event.clone(), delivery }
}

/// What is noted at a node in this life of its journal, when these events come and those are known.
fn noted(own: &str, incarnation: u32, known: &[Event], come: &[Event], registry: &Registry) -> Vec<Step> {
    let telling = Telling { mail: true, webhooks: [HookName::parse("sms").unwrap()].into() };
    let own = node(own);
    let at = At {
        own: &own,
        telling: &telling,
        timetable: &crate::domain::Timetable::default(),
        registry,
        now: Timestamp(9),
    };
    let (changes, _) = plan(&view(incarnation, known), at, 1, come.iter().map(proven).collect());
    let told = changes.notices.into_iter().map(|change| {
        let NoticeChange::Tell { notice, .. } = change else { unreachable!("{change:?}") };
        assert_eq!(notice.next, Timestamp(0), "due when the event says, not when it came");
        notice
    });
    // One row for the webhook; nobody stands in the filing.
    told.map(|notice| notice.step).collect()
}

/// Filed in Padang, moved to the province, answered there.
fn answered() -> (Story, usize) {
    let mut story = Story::filed("13.71");
    story.holder(transfer("13"));
    let own = story.events.len();
    story.order();
    story.holder(Change::Accepted);
    story.holder(Change::Responded);
    (story, own)
}

fn granted(incarnation: u32) -> Event {
    let ended = Position::new(incarnation - 1, 3);
    let change = Change::IncarnationGranted { node: unit("13.71"), ended, incarnation };
    let header = crate::domain::testing::header(crate::domain::NodeId::Hub, Position::new(1, 500), change);
    crate::domain::testing::event(crate::domain::Header { complaint: None, unit: None, ..header })
}

#[test]
fn answer_by_another_node_is_not_told_or_told_where_it_was_written() {
    let (story, own) = answered();
    let (known, come) = story.events.split_at(own);
    assert_eq!(noted("13.71", 1, known, come, &story.registry), [Step::Moved, Step::Responded]);
    assert_eq!(noted("13", 1, &[], &story.events, &story.registry), []);
}

#[test]
fn delivery_that_comes_again_is_told_again() {
    let (story, own) = answered();
    let come = &story.events[own..];
    assert_eq!(noted("13.71", 1, &story.events, come, &story.registry), []);
    let half = &story.events[..=own];
    assert_eq!(noted("13.71", 1, half, come, &story.registry), [Step::Responded]);
}

#[test]
fn node_that_was_wiped_tells_everything_once_more() {
    let (story, own) = answered();
    let (known, come) = story.events.split_at(own);
    // The outbox is filled again in the order in which the hub stored: first what was there before the new life was granted.
    assert_eq!(noted("13.71", 2, known, come, &story.registry), []);
    let again = [&come[..1], &[granted(2)], &come[1..]].concat();
    assert_eq!(noted("13.71", 2, known, &again, &story.registry), [Step::Responded]);
    // In later messages the registry has it.
    let mut registry = story.registry.clone();
    registry.apply(&granted(2));
    assert_eq!(noted("13.71", 2, known, come, &registry), [Step::Moved, Step::Responded]);
}
