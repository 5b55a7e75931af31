//! Recovery of a node: taking the own journal back from the hub, and beginning a new life in which what the hub does not hold is
//! issued again and judged anew (CUSTODY.md, "Sessions").

use std::collections::{BTreeMap, BTreeSet};

use super::key::NodeKey;
use crate::domain::rules::may_be_traced;
use crate::domain::{
    Change, ComplaintId, Event, EventHash, Header, NoticeFault, Position, Role, Timetable, Verdict, fold,
};
use crate::journal::{self, Head};
use crate::link::hub::ingest::{Sealed, unreadable};
use crate::link::message::Fault;
use crate::store::{Batch, Changes, Entry, NoticeChange, ProofRef, SealedEntry, Summary, View};

/// A verified batch of the own journal, to be taken back.
#[derive(Clone, Debug)]
pub struct TakeBack {
    /// The batch's seal.
    pub seal: journal::Seal,
    /// Its events, and what the hub said of each.
    pub events: Vec<(Sealed, Verdict)>,
}

/// Verifies a batch that is to continue `after`, by the node's own signature.
///
/// # Errors
/// [`Fault::BrokenSeal`] if it does not.
pub fn verify(signer: &NodeKey, after: Head, batch: Batch, verdicts: &[Verdict]) -> Result<TakeBack, Fault> {
    let incarnation = batch.seal.body().incarnation;
    let begins = Head { position: Position::new(incarnation, 0), hash: after.hash };
    let expected = if incarnation > after.position.incarnation { begins } else { after };
    let headers: Vec<Vec<u8>> = batch.entries.iter().map(|entry| entry.bytes.clone()).collect();
    // Sealed with whichever key the node had then; what follows holds it fast by its hash.
    let key = signer.keys().find(|key| batch.seal.verify(key).is_ok()).ok_or(Fault::BrokenSeal)?;
    let read = journal::verify_batch(&batch.seal, &headers, &key, &signer.federation, &signer.node, &expected);
    let read = read.map_err(|_| Fault::BrokenSeal)?;
    if verdicts.len() != read.len() {
        return Err(Fault::Protocol);
    }
    let first = batch.seal.body().first;
    let places = (first..).map(|seq| Position::new(incarnation, seq));
    let sealed = read.into_iter().zip(batch.entries).zip(places);
    let sealed = sealed.map(|((read, entry), at)| crate::link::hub::end::sealed(read, entry, at));
    Ok(TakeBack { seal: batch.seal, events: sealed.zip(verdicts.iter().copied()).collect() })
}

/// The complaints that a batch touches.
#[must_use]
pub fn complaints(back: &TakeBack) -> BTreeSet<ComplaintId> {
    back.events.iter().filter_map(|(sealed, _)| sealed.event.as_ref().ok()?.header.complaint).collect()
}

/// Plans the storing of a batch taken back.
#[must_use]
pub fn plan(view: &View, signer: &NodeKey, timetable: &Timetable, back: TakeBack) -> Changes {
    let mut changes = Changes::default();
    let mut files = view.complaints.clone();
    let mut cited = view.own.cited;
    for (sealed, verdict) in back.events {
        match sealed.event {
            Ok(event) => {
                cited = cited.max(event.header.registry);
                changes.destroy.extend(erased(&event, verdict));
                let mut entry = Entry::of(&event, sealed.entry.bytes, sealed.entry.parts, None, verdict);
                if let Some(id) = event.header.complaint {
                    let file = files.entry(id).or_default();
                    entry.sealed.trace = sealed.entry.trace.filter(|_| may_be_traced(&event, file));
                    file.push(event);
                }
                changes.entries.push(entry);
            }
            Err(reason) => {
                let proof = ProofRef { seal_last: 0, index: 0, path: Vec::new() };
                let bytes = sealed.entry.bytes;
                let entry = unreadable(&signer.node, sealed.hash, sealed.position, bytes, proof, reason);
                changes.entries.push(Entry { proof: None, ..entry });
            }
        }
    }
    changes.summaries = summaries(&files, timetable);
    changes.cited = Some(cited);
    changes.seals.push(back.seal);
    changes
}

/// What an event erases: content that a backup brought back must go again.
fn erased(event: &Event, verdict: Verdict) -> Option<EventHash> {
    let Change::Redacted { event: target } = event.header.change else { return None };
    (!matches!(verdict, Verdict::Inadmissible(_))).then_some(target)
}

fn summaries(files: &BTreeMap<ComplaintId, Vec<Event>>, timetable: &Timetable) -> Vec<Summary> {
    let folded = files.values().filter_map(|events| Some((fold(events)?, events)));
    folded
        .map(|(complaint, events)| {
            let newest = events.iter().map(|event| event.header.time).max();
            Summary::of(&complaint, events, timetable, newest.unwrap_or(complaint.filed_at))
        })
        .collect()
}

/// The complaints of events that were set aside.
#[must_use]
pub fn complaints_of(aside: &[SealedEntry]) -> BTreeSet<ComplaintId> {
    aside.iter().filter_map(|entry| journal::event(&entry.bytes).ok()?.header.complaint).collect()
}

/// Plans the beginning of a new life: what was set aside is written again, in its order, naming what it named, where that was
/// itself written again by its new name. What waits to be told may have been told before: it is given up, for people to look at.
#[must_use]
pub fn begin(
    view: &View,
    signer: &NodeKey,
    timetable: &Timetable,
    incarnation: u32,
    previous: Head,
    aside: Vec<SealedEntry>,
) -> Changes {
    let notices = vec![NoticeChange::Abandon { except: Vec::new(), fault: NoticeFault::Recovered }];
    let mut changes = Changes { new_life: Some((incarnation, previous.hash)), notices, ..Changes::default() };
    let mut files = view.complaints.clone();
    let mut renamed: BTreeMap<EventHash, EventHash> = BTreeMap::new();
    let mut position = Position::new(incarnation, 0);
    for entry in aside {
        let Ok(old) = journal::event(&entry.bytes) else { continue };
        let Some(id) = old.header.complaint else {
            if old.header.change.role() == Role::Declarer {
                position = position.next();
                let registry = old.header.registry.max(view.own.cited);
                let header = Header { position, registry, ..old.header };
                let bytes = journal::header::encode(&header);
                let event = Event { hash: journal::header_hash(&bytes), header };
                changes.entries.push(Entry::of(&event, bytes, Vec::new(), None, Verdict::Provisional));
            }
            continue;
        };
        position = position.next();
        let file = files.entry(id).or_default();
        let now = |hash: Option<EventHash>| hash.map(|hash| *renamed.get(&hash).unwrap_or(&hash));
        let mut header = old.header.clone();
        header.position = position;
        header.prev = crate::domain::admission::last_of(&signer.node, file);
        header.opener = now(header.opener);
        header.seen = now(header.seen);
        header.registry = header.registry.max(view.own.cited);
        header.change = rename(header.change, &renamed);
        let bytes = journal::header::encode(&header);
        let event = Event { hash: journal::header_hash(&bytes), header };
        renamed.insert(old.hash, event.hash);
        changes.destroy.extend(erased(&event, Verdict::Provisional));
        changes.entries.push(Entry::of(&event, bytes, entry.parts, None, Verdict::Provisional));
        file.push(event);
    }
    changes.summaries = summaries(&files, timetable);
    changes
}

/// A change that names events, naming them as they are called now.
fn rename(change: Change, renamed: &BTreeMap<EventHash, EventHash>) -> Change {
    let now = |hash: EventHash| *renamed.get(&hash).unwrap_or(&hash);
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others name no event")]
    match change {
        Change::TakeBack { proposal } => Change::TakeBack { proposal: now(proposal) },
        Change::Adopted { event } => Change::Adopted { event: now(event) },
        Change::Redacted { event } => Change::Redacted { event: now(event) },
        Change::Granted { event, wraps } => Change::Granted { event: now(event), wraps },
        other => other,
    }
}
