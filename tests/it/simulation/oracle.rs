//! What must be true once everything is healed: nothing lost, nothing doubled, one custodian, the same state everywhere.

use std::collections::{BTreeMap, BTreeSet};

use lintas::domain::{Complaint, ComplaintId, Event, Position, Timetable, Verdict, fold};
use lintas::store::memory::MemoryStore;
use lintas::store::{FiledEvent, ListFilter, Store, Summary};

use lintas_tests::check::{cells, recounted};

use super::world::World;

async fn files(store: &MemoryStore) -> BTreeMap<ComplaintId, (Vec<FiledEvent>, Option<Summary>)> {
    let mut files = BTreeMap::new();
    for summary in store.list(ListFilter { limit: 100_000, ..ListFilter::default() }).await.unwrap() {
        let file = store.file(summary.id).await.unwrap().unwrap();
        files.insert(summary.id, (file.events, file.summary));
    }
    files
}

fn folded(events: &[FiledEvent]) -> Option<Complaint> {
    fold(&bare(events))
}

fn bare(events: &[FiledEvent]) -> Vec<Event> {
    events.iter().map(|filed| filed.event.clone()).collect()
}

/// The statistics are what the complaints add up to.
async fn tallied(store: &MemoryStore, files: &BTreeMap<ComplaintId, (Vec<FiledEvent>, Option<Summary>)>) -> bool {
    let summaries = files.values().filter_map(|(_, summary)| summary.as_ref());
    store.tallies(cells()).await.unwrap() == recounted(summaries)
}

/// The fold, less what is not the same for all: an inadmissible event stands at its author and the hub alone.
fn comparable(mut complaint: Complaint) -> Complaint {
    complaint.outcomes.retain(|_, outcome| !matches!(outcome, lintas::domain::Outcome::Inadmissible(_)));
    complaint
}

pub(crate) async fn check(world: &mut World) -> Result<(), String> {
    let hub = files(&world.store).await;
    let mut expected: BTreeMap<_, BTreeSet<ComplaintId>> = BTreeMap::new();
    let mut states = BTreeMap::new();
    for (id, (events, summary)) in &hub {
        let complaint = folded(events).ok_or_else(|| format!("{id:?} does not fold at the hub"))?;
        if let Some(pending) = complaint.epoch().pending {
            return Err(format!("{id:?}: the proposal {pending:?} waits for ever"));
        }
        for filed in events {
            let outcome = complaint.verdict(&filed.event.hash).map(Verdict::of);
            if outcome != Some(filed.verdict) {
                return Err(format!("{id:?}: {:?} was judged {} but folds to {outcome:?}", filed.event, filed.verdict));
            }
        }
        let newest = summary.as_ref().map_or_else(Default::default, |summary| summary.updated_at);
        if summary.as_ref() != Some(&Summary::of(&complaint, &bare(events), &Timetable::default(), newest)) {
            return Err(format!("{id:?}: the hub's projection is not the fold"));
        }
        for node in &complaint.participants {
            expected.entry(node.clone()).or_default().insert(*id);
        }
        states.insert(*id, comparable(complaint));
    }
    if !tallied(&world.store, &hub).await {
        return Err("the hub's statistics are not what its complaints add up to".to_owned());
    }
    for site in &world.sites {
        let own = files(&site.store).await;
        if !tallied(&site.store, &own).await {
            return Err(format!("{}: the statistics are not what its complaints add up to", site.node));
        }
        let known: BTreeSet<ComplaintId> = own.keys().copied().collect();
        let wanted = expected.remove(&site.node).unwrap_or_default();
        if known != wanted {
            return Err(format!("{}: holds {known:?} but takes part in {wanted:?}", site.node));
        }
        for (id, (events, summary)) in &own {
            let complaint = folded(events).ok_or_else(|| format!("{}: {id:?} does not fold", site.node))?;
            if !complaint.missing.is_empty() && complaint.node() == &site.node {
                return Err(format!("{}: {id:?} waits for {:?}", site.node, complaint.missing));
            }
            let newest = summary.as_ref().map_or_else(Default::default, |summary| summary.updated_at);
            if summary.as_ref() != Some(&Summary::of(&complaint, &bare(events), &Timetable::default(), newest)) {
                return Err(format!("{}: the projection of {id:?} is not the fold", site.node));
            }
            if comparable(complaint) != states[id] {
                return Err(format!("{}: {id:?} reads differently than at the hub", site.node));
            }
            let there: BTreeMap<_, _> = hub[id].0.iter().map(|filed| (filed.event.hash, filed.verdict)).collect();
            for filed in events {
                match there.get(&filed.event.hash) {
                    None => return Err(format!("{}: the hub lacks {:?}", site.node, filed.event)),
                    Some(verdict) if *verdict != filed.verdict => {
                        let hash = filed.event.hash;
                        return Err(format!("{}: {hash:?} is {} here, {verdict} at the hub", site.node, filed.verdict));
                    }
                    Some(_) => {}
                }
            }
        }
        for (id, replaced) in &site.filed {
            if !replaced && !hub.contains_key(id) {
                return Err(format!("{}: {id:?} was acknowledged to a person and is lost", site.node));
            }
        }
        journals_agree(world, site).await?;
    }
    Ok(())
}

/// The node's own journal and the hub's copy of it are the same, event for event.
async fn journals_agree(world: &World, site: &super::site::Site) -> Result<(), String> {
    let here = site.store.journal(site.node.clone(), Position::ZERO, 1_000_000).await.unwrap();
    let there = world.store.journal(site.node.clone(), Position::ZERO, 1_000_000).await.unwrap();
    let names =
        |rows: &[lintas::store::JournalRow]| rows.iter().map(|row| (row.position, row.hash)).collect::<Vec<_>>();
    if names(&here) == names(&there) {
        Ok(())
    } else {
        Err(format!("{}: the hub's copy of the journal is another", site.node))
    }
}
