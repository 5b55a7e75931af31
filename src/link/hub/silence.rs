//! Silence at the hub: looks for deadlines that have passed and records what the domain decides of each. Found by query, decided in
//! the transaction that locked the complaint, so that nothing is done twice however often, and by however many processes, it is looked
//! for. It keeps no list of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use super::ingest::{Desk, Policy};
use super::shared::HubShared;
use crate::domain::silence::{Link, decide};
use crate::domain::{Change, ComplaintId, Moment, NodeId, Registry, Timestamp};
use crate::store::{Changes, DueFilter, Peer, Store, StoreError, Summary, View};

/// A link is down when nothing was heard over it for so many seconds. A live one is noted every five minutes.
pub const DOWN_SECONDS: i64 = 900;
/// Complaints that are looked at with one query.
const PAGE: usize = 500;
/// Complaints of one node that are decided in one transaction.
const AT_ONCE: usize = 50;

/// What one look came to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Heard {
    /// Complaints that climbed.
    pub climbed: usize,
    /// Complaints of which those above were told.
    pub told: usize,
    /// To whom something is on the way now.
    pub woken: BTreeSet<NodeId>,
}

/// Since when this process has looked without a break: what it had not heard before says nothing of a link.
#[derive(Debug, Default)]
pub struct Watch(Mutex<Option<(Timestamp, Timestamp)>>);

impl Watch {
    /// Notes a look and says for how many seconds there has been one again and again. A break, or a clock that was set, begins anew.
    fn look(&self, now: Timestamp) -> i64 {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let goes_on = |last: Timestamp| (0..DOWN_SECONDS).contains(&now.seconds_since(last));
        let since = seen.filter(|(_, last)| goes_on(*last)).map_or(now, |(since, _)| since);
        *seen = Some((since, now));
        now.seconds_since(since)
    }
}

/// How a node's link stands; none while this process has not listened long enough to know.
fn link(peer: Option<&Peer>, listened: i64, now: Timestamp) -> Option<Link> {
    let heard = peer.and_then(|peer| peer.contact).map(|contact| now.seconds_since(contact));
    match peer {
        Some(peer) if heard.is_some_and(|seconds| seconds < DOWN_SECONDS) => {
            Some(if peer.stored.position < peer.announced { Link::Behind } else { Link::Up })
        }
        Some(_) | None => (listened >= DOWN_SECONDS).then_some(Link::Down),
    }
}

/// Looks for all deadlines that have passed and acts on each. To be called every minute or so.
///
/// # Errors
/// If storage failed; what was recorded before stays.
pub async fn listen<S: Store>(shared: &HubShared<S>, watch: &Watch) -> Result<Heard, StoreError> {
    let now = shared.now();
    let listened = watch.look(now);
    let peers: BTreeMap<NodeId, Peer> =
        shared.store.peers().await?.into_iter().map(|peer| (peer.node.clone(), peer)).collect();
    let moments = Moment::ALL.into_iter().filter(|moment| moment.is_the_offices()).collect();
    let mut filter =
        DueFilter { before: now, node: None, moments, told: shared.policy.climb_unanswered, after: None, limit: PAGE };
    let mut heard = Heard::default();
    loop {
        let page = shared.store.due(filter.clone()).await?;
        let full = page.len() == PAGE;
        filter.after = page.last().and_then(|last| Some((last.due?, last.id)));
        let mut by_node: BTreeMap<NodeId, Vec<ComplaintId>> = BTreeMap::new();
        for summary in page {
            let link = link(peers.get(&summary.node), listened, now);
            if link.is_some_and(|link| is_ripe(&summary, link, &shared.policy, now)) {
                by_node.entry(summary.node).or_default().push(summary.id);
            }
        }
        for (node, complaints) in by_node {
            for some in complaints.chunks(AT_ONCE) {
                act(shared, &node, some, listened, &mut heard).await?;
            }
        }
        if !full {
            return Ok(heard);
        }
    }
}

/// Whether there can be something to do, as the projection says: so that what waits for its grace costs no transaction.
fn is_ripe(summary: &Summary, link: Link, policy: &Policy, now: Timestamp) -> bool {
    let waits = |due| now < policy.timetable.later(due, &summary.unit, policy.offline_grace);
    link != Link::Behind && !(summary.overdue && summary.due.is_some_and(waits))
}

async fn act<S: Store>(
    shared: &HubShared<S>,
    node: &NodeId,
    complaints: &[ComplaintId],
    listened: i64,
    heard: &mut Heard,
) -> Result<(), StoreError> {
    let scope = shared.scope(Some(node), complaints.iter().copied().collect());
    let plan = |view: &View| {
        let registry = shared.advance(&view.registry);
        plan(view, shared, &registry, listened)
    };
    let (climbed, told, woken) = shared.store.transact(scope, plan).await?;
    heard.climbed = heard.climbed.saturating_add(climbed);
    heard.told = heard.told.saturating_add(told);
    heard.woken.extend(woken);
    Ok(())
}

fn plan<S>(
    view: &View,
    shared: &HubShared<S>,
    registry: &Registry,
    listened: i64,
) -> (Changes, (usize, usize, BTreeSet<NodeId>))
where
    S: Store,
{
    let (now, policy) = (shared.now(), &shared.policy);
    let mut desk = Desk::new(view, &shared.signer, registry, now, policy);
    let (mut climbed, mut told) = (0_usize, 0_usize);
    for id in view.complaints.keys() {
        let Some(work) = desk.working.get(id) else { continue };
        let Some(complaint) = work.complaint.as_ref() else { continue };
        // Moved on since it was looked for: it is another node's by now.
        let peer = view.peer.as_ref().filter(|peer| peer.node == *complaint.node());
        let Some(link) = peer.and_then(|peer| link(Some(peer), listened, now)) else { continue };
        let change = decide(complaint, &work.events, registry, &policy.timetable, policy.silence(), link, now);
        let Some(change) = change else { continue };
        if matches!(change, Change::Moved(_)) {
            climbed = climbed.saturating_add(1);
        } else {
            told = told.saturating_add(1);
        }
        desk.record(Some(*id), change, None);
    }
    let (changes, _, woken) = desk.finish();
    (changes, (climbed, told, woken))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp(seconds * 1_000_000)
    }

    #[test]
    fn hub_that_was_away_takes_every_link_for_down() {
        let watch = Watch::default();
        let lost = Peer { contact: Some(at(0)), ..Peer::new(NodeId::Hub) };
        assert_eq!(link(Some(&lost), watch.look(at(10_000)), at(10_000)), None);
        assert_eq!(watch.look(at(10_800)), 800);
        assert_eq!(link(Some(&lost), watch.look(at(10_900)), at(10_900)), Some(Link::Down));
        // The clock jumps, or the process stood still: what it knows of links is old again.
        assert_eq!(watch.look(at(90_000)), 0);
        assert_eq!(watch.look(at(80_000)), 0);
    }

    #[test]
    fn node_that_catches_up_is_taken_for_silent() {
        let mut peer =
            Peer { contact: Some(at(100)), announced: crate::domain::Position::new(1, 9), ..Peer::new(NodeId::Hub) };
        assert_eq!(link(Some(&peer), 0, at(200)), Some(Link::Behind));
        peer.stored.position = crate::domain::Position::new(1, 9);
        assert_eq!(link(Some(&peer), 0, at(200)), Some(Link::Up));
    }
}
