//! Moves of custody: whom a proposal, silence, a revocation and a new home lead to.

use super::complaint::{Arrival, Status};
use super::custody::{Decision, Dispute, dispute, escalate, handovers, rehome};
use super::event::{Change, Moved};
use super::terms::{Cause, MoveRefusal};
use super::testing::{RETURN, Story, at, disposed, endorsed, enrolled, node, registry, tell, transfer, unit};
use super::unit::UnitCode;

fn decided(story: &Story) -> Moved {
    match story.decision() {
        Some(Decision::Move(moved)) => *moved,
        other => unreachable!("{other:?}"),
    }
}

fn refused(story: &Story) -> MoveRefusal {
    match story.decision() {
        Some(Decision::Refuse { reason, .. }) => reason,
        other => unreachable!("{other:?}"),
    }
}

fn enrol(story: &mut Story, code: &str) {
    tell(&mut story.registry, enrolled(code));
    let change = endorsed(&story.registry, code);
    tell(&mut story.registry, change);
}

fn arrived(story: &Story) -> (UnitCode, Arrival, bool) {
    let complaint = story.fold();
    (complaint.unit().clone(), complaint.epoch().arrival, complaint.epoch().assigned)
}

#[test]
fn a_transfer_goes_to_its_target_with_its_own_place_as_cutoff() {
    let mut story = Story::filed("13.71");
    story.holder(transfer("13"));
    story.holder(Change::FollowedUp);
    let moved = decided(&story);
    assert_eq!((moved.unit, moved.node, moved.cause), (unit("13"), node("13"), Cause::Transfer));
    assert_eq!((moved.cutoff, moved.assigned), (Some(at(2)), false));
    assert_eq!(moved.admitted, [(node("13.71"), story.events[2].hash)]);
}

#[test]
fn a_unit_without_a_node_is_reached_at_its_home() {
    let mut story = Story::filed("13.71");
    story.passed("kl.agama");
    assert_eq!((story.fold().unit(), story.fold().node()), (&unit("kl.agama"), &node("id")));
}

#[test]
fn the_first_return_goes_to_the_sender_a_later_one_to_the_arbiter() {
    let mut story = Story::filed("13.71");
    story.passed("13");
    story.holder(RETURN);
    story.order();
    assert_eq!(arrived(&story), (unit("13.71"), Arrival::Moved(Cause::Return), false));
    story.holder(RETURN);
    story.order();
    assert_eq!(arrived(&story), (unit("id"), Arrival::Moved(Cause::Dispute), false));
    story.passed("13");
    assert_eq!(arrived(&story), (unit("13"), Arrival::Moved(Cause::Assignment), true));
    assert_ne!(story.outcome(story.events.last().unwrap().hash), super::complaint::Outcome::Waiting);
    let back = story.holder(RETURN);
    assert!(matches!(story.outcome(back), super::complaint::Outcome::Refused(_)));
}

#[test]
fn a_transfer_to_a_former_holder_goes_to_the_arbiter() {
    let mut story = Story::filed("13.71");
    story.passed("kl.pu");
    story.passed("13.71");
    assert_eq!(arrived(&story).0, unit("id"));
}

#[test]
fn a_later_return_asks_nothing_of_the_sender() {
    let mut story = Story::filed("13.71");
    story.passed("13");
    story.holder(RETURN);
    story.order();
    story.passed("kl.pu");
    story.holder(RETURN);
    tell(&mut story.registry, Change::NodeRevoked { node: unit("13.71"), last: at(9) });
    assert_eq!(decided(&story).unit, unit("id"), "it goes to the arbiter, whatever became of the sender");
}

#[test]
fn what_cannot_be_given_is_refused_with_its_reason() {
    let story = |change: Change| {
        let mut story = Story::about("13.71", Some("kl.pu"));
        tell(&mut story.registry, Change::UnitClosed { unit: unit("14"), into: None, declared: None });
        tell(&mut story.registry, Change::NodeRevoked { node: unit("13"), last: at(1) });
        story.holder(change);
        refused(&story)
    };
    assert_eq!(story(transfer("16.99")), MoveRefusal::UnknownUnit);
    assert_eq!(story(transfer("14")), MoveRefusal::ClosedUnit);
    assert_eq!(story(transfer("13")), MoveRefusal::RevokedNode);
    assert_eq!(story(transfer("kl.pu")), MoveRefusal::Accused);
}

#[test]
fn suspension_ends_by_an_older_token() {
    let mut story = Story::filed("13.71");
    tell(&mut story.registry, Change::NodeSuspended { node: unit("13") });
    enrol(&mut story, "13");
    assert_eq!(story.registry.may_receive(&node("13")), Err(MoveRefusal::SuspendedNode));
    assert!(!story.registry.may_connect(&node("13")));
    tell(&mut story.registry, Change::NodeReinstated { node: unit("13") });
    assert_eq!(story.registry.may_receive(&node("13")), Ok(()));
}

#[test]
fn without_a_node_for_the_top_a_proposal_is_refused_not_left_waiting() {
    let mut story = Story::filed("13.71");
    story.registry = registry(&["13", "13.71"], &["kl.pu"]);
    story.holder(transfer("kl.pu"));
    assert_eq!(refused(&story), MoveRefusal::UnknownUnit);
    story.order();
    story.holder(transfer("13"));
    assert_eq!(refused(&story), MoveRefusal::Unconfirmed, "nobody at the top has endorsed anybody");
    story.order();
    story.registry = registry(&["id", "13", "13.71"], &["kl.pu"]);
    tell(&mut story.registry, Change::NodeRevoked { node: unit("id"), last: at(0) });
    story.passed("13");
    story.passed("13.71");
    assert_eq!(story.fold().unit(), &unit("13"), "the arbiter would be id, whose node is revoked");
    assert!(story.fold().epoch().pending.is_none());
}

#[test]
fn silence_climbs_past_the_revoked_and_the_accused() {
    let up = |about: Option<&str>, revoked: Option<&str>| {
        let mut story = Story::about("13.71", about);
        story.holder(disposed("13.71.dlh"));
        if let Some(code) = revoked {
            tell(&mut story.registry, Change::NodeRevoked { node: unit(code), last: at(2) });
        }
        escalate(&story.fold(), &story.events, &story.registry, Cause::Escalation).map(|moved| moved.unit)
    };
    assert_eq!(up(None, None), Some(unit("13.71")));
    assert_eq!(up(Some("13.71"), None), Some(unit("13")));
    assert_eq!(up(None, Some("13.71")), Some(unit("13")));
    assert_eq!(up(Some("13"), None), Some(unit("id")));
    assert_eq!(up(Some("13.71"), Some("13")), Some(unit("id")));
    assert_eq!(up(Some("id"), None), Some(unit("13.71")), "what is said of the nation is said against nobody");
    assert_eq!(up(Some("13"), Some("id")), None);
}

#[test]
fn a_new_home_takes_the_same_unit_and_its_binding_over() {
    let mut story = Story::filed("13.71");
    story.passed("13");
    story.holder(RETURN);
    story.order();
    story.holder(RETURN);
    story.order();
    story.passed("kl.agama");
    assert!(arrived(&story).2);
    assert_eq!(rehome(&story.fold(), &story.events, &story.registry), None);
    enrol(&mut story, "kl.agama");
    let moved = rehome(&story.fold(), &story.events, &story.registry).unwrap();
    assert_eq!((&moved.unit, &moved.node, moved.assigned), (&unit("kl.agama"), &node("kl.agama"), true));
    story.hub(Change::Moved(Box::new(moved)));
    story.holder(Change::Accepted);
    let on = story.holder(transfer("kl.pu"));
    assert!(matches!(story.outcome(on), super::complaint::Outcome::Refused(super::terms::Refusal::Assigned)));
    tell(&mut story.registry, Change::NodeRevoked { node: unit("kl.agama"), last: at(9) });
    assert_eq!(rehome(&story.fold(), &story.events, &story.registry), None);
}

#[test]
fn an_arbiter_that_gets_its_own_node_stays_arbiter() {
    let mut story = Story { registry: registry(&["id", "13.71", "13.72"], &["13"]), ..Story::filed("13.71") };
    story.passed("13.72");
    story.passed("13.71");
    assert_eq!(arrived(&story), (unit("13"), Arrival::Moved(Cause::Dispute), false));
    enrol(&mut story, "13");
    let moved = rehome(&story.fold(), &story.events, &story.registry).unwrap();
    story.hub(Change::Moved(Box::new(moved)));
    story.passed("13.72");
    assert_eq!(arrived(&story), (unit("13.72"), Arrival::Moved(Cause::Assignment), true));
}

#[test]
fn arbiter_is_a_party() {
    // Province and city return it to each other. Their lowest common ancestor is the province: a party.
    let mut story = Story::filed("13");
    story.passed("13.71");
    story.holder(RETURN);
    story.order();
    story.holder(RETURN);
    let naive = unit("13").common_ancestor(&unit("13.71"));
    assert_eq!(naive, unit("13"), "without the rule the province judges its own case");
    assert_eq!(decided(&story).unit, unit("id"));
    // The parties of earlier returns count too, though they hold nothing now.
    let mut story = Story { registry: registry(&["id", "13", "13.71", "13.72"], &[]), ..Story::filed("13") };
    story.passed("13.71");
    story.holder(RETURN);
    story.order();
    story.passed("13.72");
    story.holder(RETURN);
    assert_eq!(decided(&story).unit, unit("id"));
    let mut story = Story { registry: registry(&["id", "13", "13.71", "13.72"], &[]), ..Story::filed("13.71") };
    story.passed("13.72");
    story.passed("13.71");
    assert_eq!(arrived(&story).0, unit("13"), "two cities: their province is no party and is the arbiter");
}

#[test]
fn what_lies_below_the_accused_is_the_accused() {
    let mut story = Story::about("id", Some("13"));
    story.holder(transfer("13.71"));
    assert_eq!(refused(&story), MoveRefusal::Accused);
    // A complaint filed with the very city it is about is not returned to it.
    let mut story = Story::about("13.71", Some("13.71"));
    story.passed("13");
    story.holder(RETURN);
    assert_eq!(refused(&story), MoveRefusal::Accused);
}

#[test]
fn move_to_itself_after_silence() {
    // The city is silent, the province gets it by escalation and gives it back to the city, a former holder.
    let mut story = Story::filed("13.71");
    story.escalate(Cause::Escalation).unwrap();
    story.holder(Change::Accepted);
    story.holder(transfer("13.71"));
    let naive = unit("13").common_ancestor(&unit("13.71"));
    assert_eq!(&naive, story.fold().unit(), "without the rule the complaint moves to the unit that has it");
    assert_eq!(decided(&story).unit, unit("id"));
    // At the top nobody is above: the holder is the arbiter, its word binds, and again nothing moves to itself.
    let mut story = Story::filed("13");
    story.escalate(Cause::Escalation).unwrap();
    story.passed("13");
    assert_eq!(arrived(&story), (unit("13"), Arrival::Moved(Cause::Assignment), true));
    // And at the top nothing escalates.
    let mut story = Story::filed("id");
    assert_eq!(story.escalate(Cause::Escalation), None);
    assert_eq!(story.escalate(Cause::Appeal), None);
}

#[test]
fn the_top_returns_what_was_returned_before() {
    let mut story = Story::filed("kl.pu");
    story.passed("13");
    story.holder(RETURN);
    story.order();
    story.passed("id");
    story.holder(RETURN);
    let moved = decided(&story);
    assert_eq!((moved.unit, moved.assigned), (unit("kl.pu"), true), "never to itself");
}

#[test]
fn accept_and_transfer_ping_pong_for_ever() {
    // Every unit accepts and passes on to one that never had it: no rule on former holders ends that.
    let codes: Vec<String> = (20..60).map(|province| province.to_string()).collect();
    let texts: Vec<&str> = codes.iter().map(String::as_str).collect();
    let hops = |most: usize| {
        let mut story = Story { registry: registry(&["id"], &texts), handovers_max: most, ..Story::filed("id") };
        let mut hops = 0;
        for to in texts.iter().copied() {
            if story.fold().epoch().assigned {
                break;
            }
            story.passed(to);
            hops += 1;
        }
        (hops, story.fold())
    };
    let (without, _) = hops(usize::MAX);
    assert_eq!(without, texts.len(), "without the limit it goes on as long as there are units");
    let (with, end) = hops(6);
    assert_eq!(with, 8, "six hand-overs, then id, then id's binding word");
    assert!(end.epoch().assigned && end.epochs.iter().any(|epoch| epoch.arrival == Arrival::Moved(Cause::Dispute)));
    // Between two, the second pass already leads to the arbiter.
    let mut story = Story::filed("13.71");
    story.passed("kl.pu");
    story.passed("13.71");
    story.passed("kl.pu");
    assert!(story.fold().epoch().assigned);
    story.holder(Change::Accepted);
    assert_eq!(story.fold().status(), Status::Open);
    story.holder(transfer("13.71"));
    assert!(story.decision().is_none());
}

#[test]
fn after_the_limit_a_return_too_goes_to_the_top() {
    let mut story = Story { handovers_max: 1, ..Story::filed("13.71") };
    story.passed("13");
    story.holder(RETURN);
    assert_eq!(decided(&story).unit, unit("id"));
}

#[test]
fn silent_unit_and_parent_on_one_node() {
    // An agency and its city share a node, and that node is silent.
    let mut story = Story::filed("13.71");
    story.holder(disposed("13.71.dlh"));
    let filed = story.opener();
    let moved = escalate(&story.fold(), &story.events, &story.registry, Cause::Escalation).unwrap();
    assert_eq!((&moved.unit, &moved.node), (&unit("13.71"), &node("13.71")));
    story.hub(Change::Moved(Box::new(moved)));
    // Without an epoch of its own for the city, the agency's belated work would count as the city's.
    let belated = story.under(filed, "13.71", transfer("kl.pu"));
    let naive: Vec<_> =
        story.events.iter().filter(|event| !matches!(event.header.change, Change::Moved(_))).cloned().collect();
    assert_eq!(super::fold::fold(&naive).unwrap().epoch().pending, Some(belated));
    assert_eq!(story.outcome(belated), super::complaint::Outcome::Late);
    assert_eq!(story.fold().epoch().pending, None);
    // And the next deadline climbs on, past the node.
    story.escalate(Cause::Escalation).unwrap();
    assert_eq!((story.fold().unit(), story.fold().node()), (&unit("13"), &node("13")));
}

#[test]
fn dispute_is_seen_by_nobody() {
    let mut story = Story::filed("13.71");
    story.passed("13");
    assert_eq!(dispute(&story.fold()), None);
    story.holder(RETURN);
    story.order();
    story.holder(Change::Accepted);
    story.passed("13");
    let mut wanted = Dispute { parties: vec![unit("13"), unit("13.71")], arbiter: unit("id"), binding: false };
    assert_eq!(dispute(&story.fold()).as_ref(), Some(&wanted));
    assert_eq!(handovers(&story.fold()), 3);
    story.holder(Change::Accepted);
    story.passed("13");
    wanted.binding = true;
    assert_eq!(dispute(&story.fold()), Some(wanted));
    assert_eq!(handovers(&story.fold()), 4);
}

#[test]
fn complaint_about_the_nation_can_go_nowhere() {
    let mut story = Story::about("13.71", Some("id"));
    story.holder(transfer("13"));
    assert_eq!(decided(&story).unit, unit("13"));
}
