//! Who may read what: which content must be sealed, and to which nodes (DESIGN.md §4, "Sealing"). Pure rules; the keys are only
//! named here, never used.

use std::collections::{BTreeMap, BTreeSet};

use super::complaint::Complaint;
use super::event::{Change, Event, Filing};
use super::ids::{EventHash, NodeId, SealingKeyId};
use super::registry::Registry;
use super::terms::{PartKind, Visibility};
use super::unit::UnitCode;

/// Whether a part on a complaint that was filed so at `origin` must be sealed by its author: who the reporter is, always; all
/// content of a confidential complaint, and of one about the government at whose own node it was filed.
#[must_use]
pub fn must_be_sealed(kind: PartKind, filing: &Filing, origin: &NodeId) -> bool {
    kind == PartKind::Identity
        || filing.visibility == Visibility::Confidential
        || is_accused(origin, filing.about.as_ref())
}

/// Whether a complaint about this body is about a node's own government, or about one above it. About `id` it is about nobody's:
/// above `id` there is nobody who could read it instead.
#[must_use]
pub fn is_accused(node: &NodeId, about: Option<&UnitCode>) -> bool {
    about.zip(node.unit()).is_some_and(|(about, unit)| about.implicates(unit))
}

/// To whom content of a complaint is sealed as it stands: its origin, its holder, and the nodes on the way up from the holder to
/// `id`, so that a silent holder cannot lock the file away. Left out are nodes whose own government it is about, and nodes whose
/// keys nobody has confirmed or whose link is closed.
#[must_use]
pub fn recipients(complaint: &Complaint, registry: &Registry) -> BTreeMap<NodeId, SealingKeyId> {
    let above = complaint.unit().ancestors().filter_map(|unit| registry.home(&unit));
    let nodes = [complaint.origin.clone(), complaint.node().clone()].into_iter().chain(above);
    let fit = nodes.filter(|node| !is_accused(node, complaint.filing.about.as_ref()) && may_receive(node, registry));
    fit.filter_map(|node| registry.node(&node).map(|entry| (node.clone(), entry.sealing_key))).collect()
}

/// Whether anything may be sealed to a node now.
fn may_receive(node: &NodeId, registry: &Registry) -> bool {
    let open = registry.node(node).is_some_and(|entry| !entry.suspended);
    open && registry.is_confirmed(node) && registry.cut_off(node).is_none()
}

/// Which keys can open each sealed part: by event and part. A grant that the hub found inadmissible is nobody's.
#[must_use]
pub fn granted(complaint: &Complaint, events: &[Event]) -> BTreeMap<(EventHash, u8), BTreeSet<(NodeId, SealingKeyId)>> {
    let mut granted: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for event in events.iter().filter(|event| complaint.contains(&event.hash)) {
        let Change::Granted { event: target, wraps } = &event.header.change else { continue };
        for wrap in wraps {
            granted.entry((*target, wrap.part)).or_default().insert((wrap.to.clone(), wrap.key));
        }
    }
    granted
}

/// Who lets others open a part, so that not everybody who could does: the holder if it can open it with its present key,
/// else the holders before it from the last one on, else the origin. None if none of them can.
#[must_use]
pub fn granter<'a>(
    complaint: &'a Complaint,
    registry: &Registry,
    can_open: &BTreeSet<(NodeId, SealingKeyId)>,
) -> Option<&'a NodeId> {
    let holders = complaint.epochs.iter().rev().map(|epoch| &epoch.node);
    let mut fit = holders.chain([&complaint.origin]);
    let opens = |node: &NodeId| {
        let key = registry.node(node).map(|entry| entry.sealing_key);
        key.is_some_and(|key| can_open.contains(&(node.clone(), key)))
    };
    fit.find(|node| may_receive(node, registry) && opens(node))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::testing::{Story, endorsed, enrolled, node, tell, unit};
    use crate::domain::{Inadmissibility, Wrap};

    fn names(story: &Story) -> Vec<String> {
        recipients(&story.fold(), &story.registry).keys().map(ToString::to_string).collect()
    }

    #[test]
    fn silent_holder_locks_the_file_away() {
        let mut story = Story::filed("13.71");
        assert_eq!(names(&story), ["13", "13.71", "id"]);
        story.passed("kl.pu");
        assert_eq!(names(&story), ["13.71", "id", "kl.pu"]);
    }

    #[test]
    fn accused_government_reads_the_complaint() {
        let sealed = |story: &Story| {
            let complaint = story.fold();
            must_be_sealed(PartKind::Narrative, &complaint.filing, &complaint.origin)
        };
        let story = Story::about("13.71", Some("13.71"));
        assert_eq!(names(&story), ["13", "id"]);
        assert!(sealed(&story));
        let story = Story::about("13.71", Some("13"));
        assert_eq!(names(&story), ["id"]);
        assert!(sealed(&story));
        // An agency of the city is not its government.
        let story = Story::about("13.71", Some("13.71.dlh"));
        assert_eq!(names(&story), ["13", "13.71", "id"]);
        assert!(!sealed(&story));
        assert!(!is_accused(&node("13.71"), None) && !is_accused(&NodeId::Hub, Some(&unit("13"))));
        assert_eq!(names(&Story::about("13.71", Some("id"))), ["13", "13.71", "id"]);
    }

    #[test]
    fn hub_swaps_sealing_key_and_is_sealed_to() {
        let mut story = Story::filed("13.71");
        let Change::NodeEnrolled { node: code, name, signing_key, tls_key, after, .. } = enrolled("13") else {
            panic!("it is an enrolment")
        };
        let sealing_key = SealingKeyId([9; 32]);
        tell(&mut story.registry, Change::NodeEnrolled { node: code, name, signing_key, tls_key, sealing_key, after });
        assert_eq!(names(&story), ["13.71", "id"]);
        tell(&mut story.registry, enrolled("13"));
        assert_eq!(names(&story), ["13.71", "id"]);
        let endorsed = endorsed(&story.registry, "13");
        tell(&mut story.registry, endorsed);
        assert_eq!(names(&story), ["13", "13.71", "id"]);
        tell(&mut story.registry, Change::NodeSuspended { node: unit("13") });
        assert_eq!(names(&story), ["13.71", "id"]);
    }

    #[test]
    fn two_nodes_grant_the_same_or_none_does() {
        let mut story = Story::filed("13.71");
        story.passed("kl.pu");
        let complaint = story.fold();
        let key = SealingKeyId([0; 32]);
        let granter = |nodes: &[&str]| {
            let can_open: BTreeSet<_> = nodes.iter().map(|code| (node(code), key)).collect();
            granter(&complaint, &story.registry, &can_open).cloned()
        };
        assert_eq!(granter(&["13.71", "id"]), Some(node("13.71")));
        assert_eq!(granter(&["13.71", "kl.pu"]), Some(node("kl.pu")));
        assert_eq!(granter(&["id"]), None);
    }

    #[test]
    fn grant_that_counts_for_nothing_locks_others_out() {
        let mut story = Story::filed("13.71");
        let target = story.events[0].hash;
        let wrap = Wrap { part: 0, to: node("13"), key: SealingKeyId([4; 32]), encapped: [1; 32], wrapped: [2; 48] };
        let grant = story.writes("13.71", Change::Granted { event: target, wraps: vec![wrap] });
        assert!(granted(&story.fold(), &story.events).contains_key(&(target, 0)));
        story.hub(Change::Inadmissible { event: grant, prev: Some(target), reason: Inadmissibility::FutureTime });
        assert!(granted(&story.fold(), &story.events).is_empty());
    }
}
