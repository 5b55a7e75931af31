//! Opening a session: comparing what a node says of itself with what is stored of it, and granting a new life in recovery
//! (CUSTODY.md, "Sessions"). One plan for one transaction.

use super::author::HubKey;
use super::end::barred;
use super::ingest::{Desk, Policy};
use super::session::Opened;
use crate::domain::{Change, NodeId, Position, Registry, Timestamp};
use crate::journal::Head;
use crate::link::message::{Fault, Hello};
use crate::store::{Changes, Peer, PeerUpdate, View};

/// What opening comes to.
#[derive(Clone, Debug)]
pub(super) enum Opening {
    /// The session is open.
    Open(Opened),
    /// It is open once the outbox is filled anew.
    Refill(Opened),
    /// It is not.
    Refused(Fault),
}

/// What is stored of a peer's journal; before the first event, the first life's beginning.
pub(super) fn stored_head(peer: &Peer) -> Head {
    if peer.stored.position == Position::ZERO { Head::GENESIS } else { peer.stored }
}

/// Plans the opening. The scope's complaints are those with a proposal of this node pending. `same_hub` says whether the seal of the hub's that the node named last is stored here.
pub(super) fn plan(
    view: &View,
    node: &NodeId,
    hello: &Hello,
    same_hub: bool,
    signer: &HubKey,
    registry: &Registry,
    now: Timestamp,
) -> (Changes, Opening) {
    let Some(peer) = view.peer.as_ref().filter(|_| registry.node(node).is_some()) else {
        return (Changes::default(), Opening::Refused(Fault::NotEnrolled));
    };
    if let Some(fault) = barred(registry, node) {
        return refuse(fault, now);
    }
    if !same_hub || hello.hub.position > view.own.written {
        return refuse(Fault::HubBehind, now);
    }
    let session = peer.session.saturating_add(1);
    if hello.recover {
        return recover(view, node, peer, session, signer, registry, now);
    }
    let stored = stored_head(peer);
    let life = registry.incarnation(node);
    let behind = hello.head.position < stored.position;
    let contradicts = hello.head.position == stored.position && hello.head.hash != stored.hash;
    if hello.head.position.incarnation != life || behind || contradicts {
        return refuse(Fault::Fork, now);
    }
    let from = resume_from(peer, hello.inbound);
    let update = PeerUpdate {
        session: Some(session),
        stored: Some(stored),
        announced: Some(hello.head.position),
        // A confirmation may have been lost with the line: what the node says now stands for it.
        delivered: from.map(|(_, number)| number).filter(|number| *number > peer.delivered),
        contact: Some(now),
        fault: Some(None),
        ..PeerUpdate::default()
    };
    let outbox = from.unwrap_or((peer.generation, 0));
    // All that the node had written on a complaint when it said Hello lies at or before its head: what an earlier session
    // announced is replaced, and may never come, if the node was set back to a backup.
    let announced = view.complaints.keys().map(|id| (*id, Position::ZERO)).collect();
    let opened = Opened { session, stored, outbox, clock: now, recovering: None };
    let opening = if from.is_some() { Opening::Open(opened) } else { Opening::Refill(opened) };
    (Changes { peer: Some(update), announced, ..Changes::default() }, opening)
}

/// From where to deliver; none if the outbox must be filled anew, since what the node lacks was dropped from it.
fn resume_from(peer: &Peer, inbound: (u32, u64)) -> Option<(u32, u64)> {
    if peer.resync {
        return None;
    }
    let (generation, number) = if inbound == (0, 0) { (peer.generation, 0) } else { inbound };
    let holds = generation == peer.generation && (peer.delivered..=peer.numbered).contains(&number);
    holds.then_some((generation, number))
}

fn refuse(fault: Fault, now: Timestamp) -> (Changes, Opening) {
    let update = PeerUpdate { contact: Some(now), fault: Some(Some(fault.to_string())), ..PeerUpdate::default() };
    (Changes { peer: Some(update), ..Changes::default() }, Opening::Refused(fault))
}

/// Grants a new life, unless one was granted before in which nothing was stored yet.
fn recover(
    view: &View,
    node: &NodeId,
    peer: &Peer,
    session: u64,
    signer: &HubKey,
    registry: &Registry,
    now: Timestamp,
) -> (Changes, Opening) {
    let granted = registry.node(node).and_then(|entry| entry.lives.last().copied());
    let unused = granted.filter(|life| stored_head(peer).position == Position::new(life.incarnation, 0));
    let stored = stored_head(peer);
    let policy = Policy::default();
    let mut desk = Desk::new(view, signer, registry, now, &policy);
    let (incarnation, ended) = match (unused, node.unit()) {
        (Some(life), _) => (life.incarnation, life.after),
        (None, Some(unit)) => {
            let incarnation = registry.incarnation(node).saturating_add(1);
            let change = Change::IncarnationGranted { node: unit.clone(), ended: stored.position, incarnation };
            desk.announce(change);
            (incarnation, stored.position)
        }
        (None, None) => return refuse(Fault::NotEnrolled, now),
    };
    let head = Head { position: Position::new(incarnation, 0), hash: stored.hash };
    let (mut changes, _, _) = desk.finish();
    changes.peer = Some(PeerUpdate {
        session: Some(session),
        stored: Some(head),
        announced: Some(head.position),
        contact: Some(now),
        fault: Some(None),
        ..PeerUpdate::default()
    });
    let recovering = Some(Head { position: ended, hash: stored.hash });
    let opened = Opened { session, stored: head, outbox: (peer.generation, 0), clock: now, recovering };
    (changes, Opening::Open(opened))
}
