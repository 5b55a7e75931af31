//! Storing what the hub delivers, at a node: every event proves its origin by seal and path, or nothing of the message is stored.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::domain::rules::may_be_traced;
use crate::domain::{
    Change, Complaint, ComplaintId, Event, EventHash, FederationId, NodeId, Position, Registry, Role, SigningKeyId,
    Telling, Timestamp, Timetable, Verdict, fold,
};
use crate::journal::{self, Head, Proof, Seal, SignedStatement};
use crate::link::message::{Deliver, Fault};
use crate::store::{Changes, Delivery, Entry, PeerUpdate, ProofRef, Summary, View, noted};

/// An event whose origin was proven.
#[derive(Clone, Debug)]
pub struct Proven {
    /// The event.
    pub event: Event,
    /// As it was delivered.
    pub delivery: Delivery,
}

/// Whose signatures a node believes.
#[derive(Clone, Debug)]
pub struct Trust {
    /// The federation.
    pub federation: FederationId,
    /// The hub's signing key, known from enrolment.
    pub hub: SigningKeyId,
}

/// What a node knows when a message comes.
#[derive(Clone, Debug)]
pub struct Known<'a> {
    /// The registry.
    pub registry: &'a Registry,
    /// Up to where the hub gave a receipt for the own journal.
    pub receipted: Position,
    /// The hub's seals that the message's seals cite, as far as they are stored here.
    pub heads: BTreeMap<Position, Seal>,
    /// What was cited wrongly before, and people have looked into.
    pub settled: Vec<Head>,
}

/// Why nothing of a message is stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rejected {
    /// The fault.
    pub fault: Fault,
    /// What proves that the hub shows two registries, if that is why: the seal that is known here, and one that cites another.
    pub evidence: Option<Box<(Seal, Seal)>>,
}

impl From<Fault> for Rejected {
    fn from(fault: Fault) -> Self {
        Self { fault, evidence: None }
    }
}

/// Verifies a message to the node `own` that is to continue `after`: numbers without gap in the generation that Welcome named, no
/// event of its own, and of every event the seal's signature, its path and its content. Registry events in it count for what
/// follows them.
///
/// # Errors
/// [`Fault::BrokenSeal`] if one event does not verify, [`Fault::Registry`] if a registry event does not follow from what is
/// known, [`Fault::Protocol`] if the numbers do not fit, if there is no event, or one
/// that only recovery brings back. With it, what proves that the hub shows two registries.
pub fn verify(
    trust: &Trust,
    own: &NodeId,
    known: Known<'_>,
    after: (u32, u64),
    deliver: Deliver,
) -> Result<Vec<Proven>, Rejected> {
    let (generation, mut number) = after;
    if deliver.generation != generation || deliver.events.is_empty() {
        return Err(Fault::Protocol.into());
    }
    let Known { registry, receipted, mut heads, settled } = known;
    // Few messages change it, and it holds the whole country.
    let mut registry = Cow::Borrowed(registry);
    let mut proven = Vec::new();
    for delivery in deliver.events {
        number = number.saturating_add(1);
        if delivery.number != number || delivery.seal.body().origin == *own {
            return Err(Fault::Protocol.into());
        }
        let event = prove(trust, &registry, &delivery).ok_or(Fault::BrokenSeal)?;
        if !settled.contains(&delivery.seal.body().hub) {
            cites(&heads, &delivery.seal)?;
        }
        if event.header.node.is_hub() {
            heads.insert(delivery.seal.body().end(), delivery.seal.clone());
        }
        journal::check_parts(&event.header, &delivery.parts).map_err(|_| Fault::BrokenSeal)?;
        if event.header.node.is_hub() {
            follows(trust, (own, receipted), &registry, &event)?;
            if event.header.change.role() == Role::Registry {
                registry.to_mut().apply(&event);
            }
        }
        proven.push(Proven { event, delivery });
    }
    Ok(proven)
}

/// Whether a node's seal cites the registry that is known here: the hub has signed one seal for one place, and shows it to everybody
/// before anything that cites it. Two different ones are both signed by the hub, and so the proof of what it does.
fn cites(heads: &BTreeMap<Position, Seal>, seal: &Seal) -> Result<(), Rejected> {
    let body = seal.body();
    let known = heads.get(&body.hub.position);
    if body.origin.is_hub() || body.hub.position == Position::ZERO || known.map(Seal::head) == Some(body.hub) {
        return Ok(());
    }
    let here = known.map(|seal| seal.head().hash.to_string());
    let (at, there) = (body.hub.position, body.hub.hash);
    tracing::error!(
        origin = %body.origin, %at, %there, here = here.as_deref().unwrap_or("nothing"),
        seal = %data_encoding::HEXLOWER.encode(seal.bytes()), signature = %data_encoding::HEXLOWER.encode(seal.signature()),
        "a node has seen another registry than this one: the hub shows two, or holds one back; keep this line"
    );
    let evidence = known.map(|known| Box::new((known.clone(), seal.clone())));
    Err(Rejected { fault: Fault::Registry, evidence })
}

/// Whether a registry event may follow: what it records of a node's word is signed by that node, and what it takes from this node
/// does not lie below a receipt.
fn follows(trust: &Trust, own: (&NodeId, Position), registry: &Registry, event: &Event) -> Result<(), Fault> {
    let (own, receipted) = own;
    // What was taken in before was looked at then.
    if event.header.position <= registry.position() {
        return Ok(());
    }
    if let Some(signed) = SignedStatement::of(&trust.federation, &event.header.change) {
        signed.check(&trust.federation, registry).map_err(|error| {
            tracing::error!(position = %event.header.position, %error, "the hub records what no node has said");
            Fault::Registry
        })?;
    }
    if let Change::NodeRevoked { node, last } = &event.header.change
        && own.unit() == Some(node)
        && *last < receipted
    {
        tracing::error!(%last, %receipted, "the hub revokes this node below what it gave a receipt for");
        return Err(Fault::Registry);
    }
    Ok(())
}

fn prove(trust: &Trust, registry: &Registry, delivery: &Delivery) -> Option<Event> {
    let proof = Proof { seal: delivery.seal.clone(), index: delivery.index, path: delivery.path.clone() };
    let origin = &delivery.seal.body().origin;
    let key = if origin.is_hub() { Some(trust.hub) } else { delivery.seal.body().key(registry) };
    journal::verify_forwarded(&delivery.bytes, &proof, &key?, &trust.federation).ok()
}

/// The node that a message is stored at.
#[derive(Clone, Copy, Debug)]
pub struct At<'a> {
    /// Which.
    pub own: &'a NodeId,
    /// Who is told of steps there.
    pub telling: &'a Telling,
    /// How long each step may take.
    pub timetable: &'a Timetable,
    /// The registry before the message.
    pub registry: &'a Registry,
    /// The time.
    pub now: Timestamp,
}

/// Plans the storing of proven events. Events that are stored already change nothing. Of those that are new here and count, it is noted
/// what the reporter is to be told, unless they came before this life of the journal began: then that was done in an earlier one.
#[must_use]
pub fn plan(view: &View, at: At<'_>, generation: u32, proven: Vec<Proven>) -> (Changes, (u32, u64)) {
    let At { own, timetable, now, .. } = at;
    let mut changes = Changes::default();
    let mut life = at.registry.incarnation(own);
    // What came before the present life of the journal began.
    let mut earlier: BTreeSet<EventHash> = BTreeSet::new();
    let mut files: BTreeMap<ComplaintId, Vec<Event>> = view.complaints.clone();
    let mut touched: BTreeSet<ComplaintId> = BTreeSet::new();
    let peer = view.peer.as_ref();
    let mut hub = peer.map_or(Head { position: Position::ZERO, hash: crate::journal::GENESIS }, |peer| peer.stored);
    let mut number = 0;
    let mut seals: BTreeSet<(NodeId, u32, u64)> = BTreeSet::new();
    let mut said: BTreeMap<EventHash, Verdict> = BTreeMap::new();
    let mut redacting: BTreeSet<ComplaintId> = BTreeSet::new();
    for Proven { event, delivery } in proven {
        number = delivery.number;
        let body = delivery.seal.body();
        if body.origin.is_hub() && delivery.seal.head().position > hub.position {
            hub = delivery.seal.head();
        }
        if seals.insert((body.origin.clone(), body.incarnation, body.last)) {
            changes.seals.push(delivery.seal.clone());
        }
        if let Change::IncarnationGranted { node, incarnation, .. } = &event.header.change
            && own.unit() == Some(node)
        {
            life = *incarnation;
        }
        if life < view.own.written.incarnation {
            earlier.insert(event.hash);
        }
        let proof = ProofRef { seal_last: body.last, index: delivery.index, path: delivery.path };
        let redacts = matches!(event.header.change, Change::Redacted { .. } | Change::Released { .. });
        redacting.extend(event.header.complaint.filter(|_| redacts));
        let mut entry = Entry::of(&event, delivery.bytes, delivery.parts, Some(proof), delivery.verdict);
        if let Some(id) = event.header.complaint {
            let file = files.entry(id).or_default();
            entry.sealed.trace = delivery.trace.filter(|_| may_be_traced(&event, file));
            if file.iter().all(|known| known.hash != event.hash) {
                file.push(event);
            }
            touched.insert(id);
        }
        said.insert(entry.hash, entry.verdict);
        changes.entries.push(entry);
    }
    for id in touched {
        let events = files.get(&id).map(Vec::as_slice).unwrap_or_default();
        let Some(complaint) = fold(events) else { continue };
        changes.entries.iter_mut().filter(|entry| complaint.redacted.contains(&entry.hash)).for_each(|entry| {
            entry.sealed.parts.clear();
            entry.sealed.trace = None;
        });
        if redacting.contains(&id) {
            // The fold knows which redactions are in the set: one that is held destroys nothing until it is released.
            changes.destroy.extend(complaint.redacted.iter().copied());
        }
        if complaint.origin == *own {
            let known = view.complaints.get(&id).map(Vec::as_slice).unwrap_or_default();
            let before = known.iter().chain(events.iter().filter(|event| earlier.contains(&event.hash)));
            changes.notices.extend(noted(at.telling, own, fold(before).as_ref(), &complaint, events, now));
        }
        changes.verdicts.extend(settled(view, events, &complaint, own));
        let times = events.iter().filter(|event| complaint.contains(&event.hash)).map(|event| event.header.time);
        changes.summaries.push(Summary::of(&complaint, events, timetable, times.max().unwrap_or(complaint.filed_at)));
    }
    changes.verdicts.extend(
        said.into_iter().filter(|(hash, verdict)| {
            view.verdicts.get(hash).is_some_and(|known| known != verdict && !is_final(*known))
        }),
    );
    changes.peer = Some(PeerUpdate {
        stored: Some(hub),
        inbound: Some((generation, number)),
        contact: Some(now),
        fault: Some(None),
        ..PeerUpdate::default()
    });
    (changes, (generation, number))
}

const fn is_final(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Applied | Verdict::Late | Verdict::Refused(_) | Verdict::Inadmissible(_))
}

/// Verdicts of events that were held and are no longer, and of others' events that the hub had not judged when it sent them: it
/// says nothing more of those, since everyone computes the same. On own events it speaks itself.
fn settled(view: &View, events: &[Event], complaint: &Complaint, own: &NodeId) -> Vec<(EventHash, Verdict)> {
    let open = |event: &&Event| match view.verdicts.get(&event.hash) {
        Some(Verdict::Held) => true,
        Some(Verdict::Provisional) => event.header.node != *own,
        _ => false,
    };
    let open = events.iter().filter(open);
    open.filter_map(|event| Some((event.hash, Verdict::of(complaint.verdict(&event.hash)?)))).collect()
}
