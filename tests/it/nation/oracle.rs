//! What must be true: of the hub's books at any moment, and of everybody's once every line is mended. It changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use data_encoding::HEXLOWER;
use lintas::domain::{
    Cause, Change, Complaint, ComplaintId, Event, EventHash, NodeId, Outcome, Position, Verdict, fold,
};
use lintas::store::memory::MemoryStore;
use lintas::store::{FiledEvent, ListFilter, Store, Summary};
use sha2::{Digest, Sha256};

use super::site::Site;
use super::world::World;

/// What the hub knows: every complaint as it folds, with its events.
#[derive(Default)]
pub(crate) struct Books {
    pub(crate) files: BTreeMap<ComplaintId, (Complaint, Vec<Event>)>,
    verdicts: BTreeMap<EventHash, Verdict>,
    /// Moves upon silence that were found to have been due.
    due: BTreeSet<EventHash>,
}

/// The fold, less what is not the same for all: an inadmissible event stands at its author and the hub alone.
fn comparable(complaint: &Complaint) -> Complaint {
    let mut complaint = complaint.clone();
    complaint.outcomes.retain(|_, outcome| !matches!(outcome, Outcome::Inadmissible(_)));
    complaint
}

async fn file(store: &MemoryStore, id: ComplaintId) -> Result<(Complaint, Vec<FiledEvent>, Summary), String> {
    let file = store.file(id).await.unwrap().ok_or_else(|| format!("{id:?} is not there"))?;
    let events: Vec<Event> = file.events.iter().map(|filed| filed.event.clone()).collect();
    let complaint = fold(&events).ok_or_else(|| format!("{id:?} has no custodian"))?;
    let summary = file.summary.ok_or_else(|| format!("{id:?} is in no list"))?;
    Ok((complaint, file.events, summary))
}

async fn names(store: &MemoryStore) -> BTreeSet<ComplaintId> {
    let all = ListFilter { limit: usize::MAX, ..ListFilter::default() };
    store.list(all).await.unwrap().into_iter().map(|summary| summary.id).collect()
}

impl Books {
    pub(crate) fn late(&self) -> usize {
        let outcomes = self.files.values().flat_map(|(complaint, _)| complaint.outcomes.values());
        outcomes.filter(|outcome| **outcome == Outcome::Late).count()
    }

    /// A hash of all that was said of everything.
    pub(crate) fn digest(&self) -> String {
        let mut hasher = Sha256::new();
        for (id, (complaint, _)) in &self.files {
            hasher.update(format!("{id:?} {} {} {:?}\n", complaint.unit(), complaint.node(), complaint.status()));
        }
        for (hash, verdict) in &self.verdicts {
            hasher.update(format!("{hash} {verdict}\n"));
        }
        HEXLOWER.encode(&hasher.finalize()[..8])
    }

    /// What must hold at the hub whenever it has looked for silence, whatever is cut.
    pub(crate) async fn check(&mut self, world: &World) -> Result<(), String> {
        self.files.clear();
        for id in names(&world.store).await {
            let (complaint, filed, summary) = file(&world.store, id).await?;
            self.judge(&complaint, &filed)?;
            let events: Vec<Event> = filed.into_iter().map(|filed| filed.event).collect();
            if summary != Summary::of(&complaint, &events, &world.timetable, summary.updated_at) {
                return Err(format!("{id:?}: the hub's projection is not the fold"));
            }
            one_custodian(&complaint, &events)?;
            self.silence(world, &complaint, &events).await?;
            self.files.insert(id, (complaint, events));
        }
        for site in &world.sites {
            if is_up_to_date(world, site).await {
                self.same(site, false).await?;
            }
        }
        Ok(())
    }

    /// A final verdict never changes, and is what the fold says.
    fn judge(&mut self, complaint: &Complaint, filed: &[FiledEvent]) -> Result<(), String> {
        for FiledEvent { event, verdict, .. } in filed {
            let folded = complaint.verdict(&event.hash).map(Verdict::of);
            if folded.unwrap_or(*verdict) != *verdict {
                return Err(format!("{:?}: {event:?} was judged {verdict} but folds to {folded:?}", complaint.id));
            }
            if !matches!(verdict, Verdict::Provisional | Verdict::Held) {
                let said = *self.verdicts.entry(event.hash).or_insert(*verdict);
                if said != *verdict {
                    return Err(format!("the verdict on {:?} went from {said} to {verdict}", event.hash));
                }
            }
        }
        Ok(())
    }

    /// Whatever moved upon silence was due; and what is due beyond its grace stands at the top, or nobody above can be asked.
    async fn silence(&mut self, world: &World, complaint: &Complaint, events: &[Event]) -> Result<(), String> {
        let id = complaint.id;
        for event in events {
            let Change::Moved(moved) = &event.header.change else { continue };
            let fresh = moved.cause == Cause::Escalation && self.due.insert(event.hash);
            if fresh && !world.timetable.was_due(events, event.hash) {
                return Err(format!("{id:?} was moved up before it was due"));
            }
        }
        if complaint.unit().is_root() {
            return Ok(());
        }
        let deadline = world.timetable.deadline(complaint, events).filter(|one| one.moment.is_the_offices());
        let Some((due, moment)) = deadline.and_then(|one| Some((one.due.end()?, one.moment))) else { return Ok(()) };
        let ends = world.timetable.later(due, complaint.unit(), world.policy.offline_grace);
        if ends <= world.now() && !is_behind(world, complaint.node()).await {
            let (unit, name) = (complaint.unit(), moment.name());
            return Err(format!("{id:?} lies at {unit} beyond its deadline ({name}, {due:?}) and has not climbed"));
        }
        Ok(())
    }

    /// A node has the same complaints as the hub, and reads them the same.
    async fn same(&self, site: &Site, wholly: bool) -> Result<(), String> {
        let node = &site.node;
        let known = names(&site.store).await;
        let wanted: BTreeSet<ComplaintId> =
            self.files.iter().filter(|(_, (one, _))| one.participants.contains(node)).map(|(id, _)| *id).collect();
        if let Some(id) = known.symmetric_difference(&wanted).next().filter(|id| wholly || wanted.contains(*id)) {
            return Err(format!("{node}: {id:?} is at one of node and hub alone"));
        }
        for id in known.intersection(&wanted) {
            let (complaint, filed, summary) = file(&site.store, *id).await.map_err(|why| format!("{node}: {why}"))?;
            let (there, _) = &self.files[id];
            if complaint.unit() != there.unit() || complaint.node() != there.node() {
                return Err(format!("{node}: {id:?} is {}'s here, {}'s at the hub", complaint.unit(), there.unit()));
            }
            if comparable(&complaint) != comparable(there) {
                return Err(format!("{node}: {id:?} reads differently than at the hub"));
            }
            if !complaint.missing.is_empty() && complaint.node() == node {
                return Err(format!("{node}: {id:?} waits for {:?}", complaint.missing));
            }
            for FiledEvent { event, verdict, .. } in &filed {
                if wholly && self.verdicts.get(&event.hash) != Some(verdict) {
                    return Err(format!("{node}: {event:?} is {verdict} here and not at the hub"));
                }
            }
            let events: Vec<Event> = filed.into_iter().map(|filed| filed.event).collect();
            if wholly && summary != Summary::of(&complaint, &events, &site.shared.timetable, summary.updated_at) {
                return Err(format!("{node}: the projection of {id:?} is not the fold"));
            }
        }
        Ok(())
    }

    /// What must hold besides once everything is mended and carried.
    pub(crate) async fn close(&self, world: &World) -> Result<(), String> {
        for (id, at) in &world.filed {
            if !self.files.contains_key(id) {
                return Err(format!("{}: {id:?} was acknowledged to a person and is lost", world.sites[*at].node));
            }
        }
        if let Some((complaint, _)) = self.files.values().find(|(complaint, _)| complaint.epoch().pending.is_some()) {
            return Err(format!("{:?}: a proposal waits for ever", complaint.id));
        }
        for peer in world.store.peers().await.unwrap() {
            if peer.delivered != peer.numbered || peer.resync || peer.fault.is_some() {
                return Err(format!("{}: its outbox does not drain: {:?}", peer.node, peer.fault));
            }
        }
        for site in &world.sites {
            self.same(site, true).await?;
            journals_agree(world, site).await?;
        }
        Ok(())
    }
}

/// Every epoch but the last was ended by one Moved, which names its opener, and opened the next.
fn one_custodian(complaint: &Complaint, events: &[Event]) -> Result<(), String> {
    let moved: Vec<_> = events
        .iter()
        .filter_map(
            |event| if let Change::Moved(moved) = &event.header.change { Some((event.hash, moved)) } else { None },
        )
        .collect();
    let ended: BTreeSet<EventHash> = moved.iter().map(|(_, moved)| moved.ends).collect();
    let last = complaint.epoch();
    let named = moved.iter().find(|(hash, _)| *hash == last.opener);
    let fits = named.is_none_or(|(_, moved)| moved.node == last.node && moved.unit == last.holders[0]);
    if ended.len() == moved.len() && complaint.epochs.len() == moved.len() + 1 && !ended.contains(&last.opener) && fits
    {
        Ok(())
    } else {
        Err(format!("{:?} has not one custodian", complaint.id))
    }
}

/// Whether part of a node's journal is known to be on the way.
async fn is_behind(world: &World, node: &NodeId) -> bool {
    let peer = world.store.peer(node.clone()).await.unwrap();
    peer.is_some_and(|peer| peer.stored.position < peer.announced)
}

/// Whether a node has all that the hub has for it, and the hub all of it.
async fn is_up_to_date(world: &World, site: &Site) -> bool {
    let Some(peer) = world.store.peer(site.node.clone()).await.unwrap() else { return false };
    let own = site.store.own().await.unwrap();
    site.line.is_some() && peer.delivered == peer.numbered && own.written == peer.stored.position
}

/// The node's own journal and the hub's copy of it are the same, event for event, without a gap, and all of it is judged.
async fn journals_agree(world: &World, site: &Site) -> Result<(), String> {
    let here = site.store.names(site.node.clone(), Position::ZERO, usize::MAX).await.unwrap();
    let there = world.store.names(site.node.clone(), Position::ZERO, usize::MAX).await.unwrap();
    if here != there {
        return Err(format!("{}: the hub's copy of the journal is another", site.node));
    }
    let gapless = (1..).zip(&here).all(|(seq, (at, _))| at.seq == seq);
    let once = here.iter().map(|(_, hash)| hash).collect::<BTreeSet<_>>().len() == here.len();
    let judged = site.store.counts().await.unwrap().provisional == 0;
    if gapless && once && judged { Ok(()) } else { Err(format!("{}: its journal has a gap or no verdict", site.node)) }
}
