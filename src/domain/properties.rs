//! Properties of the fold and of the rules that feed it, on histories that chance drives. Knows no journal and no session.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::Index;

use super::admission::{Admission, Bench, admit};
use super::complaint::{Complaint, Outcome};
use super::custody::rehome;
use super::event::{Change, Event, Header, Moved};
use super::fold::fold;
use super::ids::{EventHash, NodeId, Position, Timestamp};
use super::terms::{Cause, Inadmissibility, MoveRefusal};
use super::testing::{
    ARCHIVED, DEFERRED, OTHER, RETURN, Story, disposed, event, header, node, recategorised, tell, transfer, unit,
};

const NODES: [&str; 4] = ["13.71", "13", "kl.pu", "id"];
const UNITS: [&str; 7] = ["13.71", "13", "kl.pu", "id", "13.71.dlh", "13.71.pu", "kl.agama"];

/// A change made from three numbers; those that name an event name one of `known`.
fn change(kind: u8, which: Index, known: &[EventHash]) -> Change {
    let named = *which.get(known);
    let to = UNITS[which.index(UNITS.len())];
    match kind % 27 {
        0 => Change::Verified,
        1 => disposed(to),
        2 | 3 => Change::Accepted,
        4 => DEFERRED,
        5 => ARCHIVED,
        6 => Change::FollowedUp,
        7 => Change::Responded,
        8 => Change::Closed,
        9 => Change::Reopened,
        10 | 11 => transfer(to),
        12 => RETURN,
        13 => Change::TakeBack { proposal: named },
        14 => Change::Adopted { event: named },
        15 => Change::Replied,
        16 => Change::Completed,
        17 => Change::Confirmed,
        18 => Change::Rated { stars: 3 },
        19 => Change::Appealed,
        20 => Change::Redacted { event: named },
        21 => Change::Imported,
        22 => recategorised("other"),
        23 => Change::Related { to: OTHER },
        24 => Change::Doubled { of: OTHER },
        25 => Change::Unlinked { from: OTHER },
        _ => Change::Unknown { kind: 900, body: Vec::new() },
    }
}

/// What only the hub may say, said of anything.
fn notice(kind: u8, which: Index, other: Index, known: &[EventHash]) -> Change {
    let (named, also) = (*which.get(known), *other.get(known));
    let upto = Position::new(1 + u32::from(kind % 2), u64::from(kind % 11));
    let unit_named = unit(UNITS[which.index(UNITS.len())]);
    match kind % 7 {
        0 => Change::MoveRefused { proposal: named, upto, reason: MoveRefusal::ClosedUnit },
        1 => Change::Inadmissible { event: named, prev: Some(also), reason: Inadmissibility::FutureTime },
        2 => Change::Held { event: named },
        3 => Change::Released { event: named },
        4 => Change::Joined { node: node(NODES[other.index(NODES.len())]), double: OTHER },
        _ => Change::Moved(Box::new(Moved {
            ends: named,
            unit: unit_named,
            node: node(NODES[other.index(NODES.len())]),
            cause: Cause::ALL[which.index(Cause::ALL.len())],
            assigned: kind.is_multiple_of(7),
            proposal: (kind.is_multiple_of(3)).then_some(also),
            cutoff: (!kind.is_multiple_of(5)).then_some(upto),
            admitted: vec![(node(NODES[which.index(NODES.len())]), also)],
        })),
    }
}

type Dice = (u8, u8, Index, Index, Index);

fn dice() -> impl Strategy<Value = Dice> {
    any::<Dice>()
}

/// Any events at all: whoever, wherever, under whatever.
fn garbage(dice: &[Dice]) -> Vec<Event> {
    let mut events = Story::filed("13.71").events;
    let mut known = vec![events[0].hash, EventHash([0; 32])];
    for (seq, (kind, place, writer, which, other)) in (2_u64..).zip(dice) {
        let from_hub = kind.is_multiple_of(3);
        let author = if from_hub { NodeId::Hub } else { node(NODES[writer.index(NODES.len())]) };
        let words = if from_hub { notice(*place, *which, *other, &known) } else { change(*place, *which, &known) };
        let position =
            Position::new(1 + u32::from(kind.is_multiple_of(5)), if place.is_multiple_of(4) { seq / 2 } else { seq });
        let made = event(Header {
            opener: Some(*other.get(&known)),
            seen: (place.is_multiple_of(2)).then(|| *which.get(&known)),
            prev: Some(*writer.get(&known)),
            ..header(author, position, words)
        });
        known.push(made.hash);
        events.push(made);
    }
    events
}

/// How many units answer, counted from the events alone: openers that count and that no counted move ends.
fn custodians(complaint: &Complaint, events: &[Event]) -> usize {
    let counts = |event: &&Event| complaint.outcomes.get(&event.hash) == Some(&Outcome::Counted);
    let mut open = std::collections::BTreeSet::from([complaint.filed]);
    let mut ended = Vec::new();
    for event in events.iter().filter(counts) {
        if let Change::Moved(moved) = &event.header.change {
            open.insert(event.hash);
            ended.push(moved.ends);
        }
    }
    open.retain(|opener| !ended.contains(opener));
    open.len()
}

/// One step of a history under the real rules: a node writes, well or badly, or the hub acts; the hub admits, folds, decides.
fn step(story: &mut Story, dice: &Dice) {
    let (kind, place, writer, which, other) = dice;
    let complaint = story.fold();
    let known: Vec<EventHash> = story.events.iter().map(|event| event.hash).collect();
    match kind % 16 {
        0 => drop(story.escalate(if place.is_multiple_of(2) { Cause::Escalation } else { Cause::Appeal })),
        1 => {
            if let Some(moved) = rehome(&complaint, &story.events, &story.registry) {
                story.hub(Change::Moved(Box::new(moved)));
            }
        }
        2 if place.is_multiple_of(8) => {
            tell(
                &mut story.registry,
                Change::UnitClosed { unit: unit(UNITS[which.index(UNITS.len())]), into: None, declared: None },
            );
        }
        3 => {
            if story.decision().is_some() {
                story.order();
            }
        }
        _ => {
            // Three in four are the holder's own; the rest anybody's, under any opener, seeing anything.
            let author =
                if kind.is_multiple_of(4) { node(NODES[writer.index(NODES.len())]) } else { complaint.node().clone() };
            let mut header = story.draft(&author, change(*place, *which, &known));
            if header.change.role() == super::event::Role::Origin {
                header = story.draft(&complaint.origin, header.change);
            } else if kind.is_multiple_of(5) {
                let openers: Vec<EventHash> = complaint.epochs.iter().map(|epoch| epoch.opener).collect();
                header.opener = Some(*other.get(&openers));
            }
            if kind.is_multiple_of(7) {
                header.seen = Some(*other.get(&known));
            }
            take(story, &event(header));
        }
    }
}

/// What the hub does with an event that arrives.
fn take(story: &mut Story, arrived: &Event) {
    let complaint = story.fold();
    let bench = Bench {
        registry: &story.registry,
        events: &story.events,
        complaint: Some(&complaint),
        cited: Position::ZERO,
        now: Timestamp(0),
        derived: None,
    };
    let admission = admit(arrived, &bench);
    story.events.push(arrived.clone());
    match admission {
        Admission::Admitted => {}
        Admission::Held => drop(story.hub(Change::Held { event: arrived.hash })),
        Admission::Inadmissible(reason) => {
            story.hub(Change::Inadmissible { event: arrived.hash, prev: arrived.header.prev, reason });
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn order_and_doubles_change_nothing(
        dice in prop::collection::vec(dice(), 0..24),
        seed in prop::collection::vec(any::<u32>(), 48),
        doubles in prop::collection::vec(any::<Index>(), 0..24),
    ) {
        let events = garbage(&dice);
        let mut shuffled: Vec<Event> = events.clone();
        shuffled.extend(doubles.iter().map(|index| index.get(&events).clone()));
        let mut keyed: Vec<(u32, Event)> = seed.iter().copied().cycle().zip(shuffled).collect();
        keyed.sort_by_key(|(key, event)| key.rotate_left(u32::from(event.hash.0[0] % 32)));
        let shuffled: Vec<Event> = keyed.into_iter().map(|(_, event)| event).collect();
        prop_assert_eq!(fold(&events), fold(&shuffled));
    }

    #[test]
    fn garbage_never_panics_and_leaves_one_custodian(dice in prop::collection::vec(dice(), 0..40)) {
        let events = garbage(&dice);
        for upto in 0..=events.len() {
            if let Some(complaint) = fold(&events[..upto]) {
                prop_assert_eq!(custodians(&complaint, &events[..upto]), 1);
                let _ = complaint.display();
                prop_assert!(events.iter().all(|event| complaint.verdict(&event.hash).is_none() || upto > 0));
            }
        }
        if let Some(complaint) = fold(&events) {
            let registry = super::testing::federation();
            let _ = super::custody::decide(&complaint, &events, &registry, Position::new(1, 5), 6);
            let _ = super::custody::escalate(&complaint, &events, &registry, Cause::Escalation);
            let _ = rehome(&complaint, &events, &registry);
            let bench = Bench {
                registry: &registry,
                events: &events,
                complaint: Some(&complaint),
                cited: Position::ZERO,
                now: Timestamp(0),
                derived: None,
            };
            for event in &events {
                let _ = admit(event, &bench);
            }
        }
    }

    #[test]
    fn a_verdict_once_told_never_changes(dice in prop::collection::vec(dice(), 0..40)) {
        let mut story = Story::filed("13.71");
        let mut told: BTreeMap<EventHash, Outcome> = BTreeMap::new();
        for dice in &dice {
            step(&mut story, dice);
            let complaint = story.fold();
            prop_assert_eq!(custodians(&complaint, &story.events), 1);
            for event in &story.events {
                let verdict = complaint.verdict(&event.hash);
                if let Some(before) = told.get(&event.hash) {
                    prop_assert_eq!(verdict, Some(*before), "{:?}", event.header);
                } else if let Some(verdict) = verdict {
                    told.insert(event.hash, verdict);
                }
                if complaint.outcomes.get(&event.hash) == Some(&Outcome::Counted) {
                    prop_assert_eq!(complaint.verdict(&event.hash), Some(Outcome::Counted));
                }
            }
            let unit_home = story.registry.home(complaint.unit());
            prop_assert!(unit_home.as_ref() == Some(complaint.node()), "{} at {}", complaint.unit(), complaint.node());
        }
    }

    #[test]
    fn the_hubs_own_moves_always_take_effect_and_never_lead_nowhere(dice in prop::collection::vec(dice(), 0..40)) {
        let mut story = Story { handovers_max: 2, ..Story::filed("13.71") };
        for dice in &dice {
            let (before, count) = (story.fold(), story.events.len());
            step(&mut story, dice);
            let complaint = story.fold();
            let Some(last) = story.events.last().filter(|_| story.events.len() > count) else { continue };
            if let Change::Moved(moved) = &last.header.change {
                prop_assert_eq!(complaint.epochs.len(), before.epochs.len() + 1);
                prop_assert!(moved.cause == Cause::Rehoming || moved.unit != *before.unit(), "moved to itself");
            }
            if let Change::MoveRefused { .. } = &last.header.change {
                prop_assert!(complaint.epoch().pending.is_none());
            }
            if complaint.epoch().pending.is_some() {
                prop_assert!(story.decision().is_some(), "a pending proposal that nobody will ever decide");
            }
        }
    }
}
