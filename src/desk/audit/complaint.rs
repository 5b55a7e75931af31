//! One complaint: its stored state and verdicts against the fold of its stored events, its writers' chains, and that what was
//! erased is gone. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::report::Report;
use crate::domain::{Change, Complaint, ComplaintId, Event, EventHash, NodeId, Timestamp, Verdict, fold};
use crate::journal::Body;
use crate::regulations::compiled;
use crate::store::{File, FiledEvent, Summary};

/// Checks a complaint of which a filing was met. Returns whether it is the filing that counts; of another nothing is said.
pub(super) fn check(
    id: ComplaintId,
    file: Option<&File>,
    filing: EventHash,
    owner: &NodeId,
    report: &mut Report,
) -> bool {
    match file.and_then(folded) {
        Some(complaint) if complaint.filed != filing => false,
        Some(_) | None => {
            check_again(id, file, owner, report);
            true
        }
    }
}

/// Checks a complaint.
pub(super) fn check_again(id: ComplaintId, file: Option<&File>, owner: &NodeId, report: &mut Report) {
    report.checked.complaints = report.checked.complaints.saturating_add(1);
    let complaint = file.and_then(folded);
    let (Some(file), Some(complaint)) = (file, complaint) else {
        report.find("audit.filed", vec![("complaint", id.to_string())]);
        return;
    };
    let Some(summary) = &file.summary else {
        report.find("audit.filed", vec![("complaint", id.to_string())]);
        return;
    };
    state(&complaint, file, summary, report);
    verdicts(&complaint, file, owner, report);
    chains(id, &complaint, file, report);
    for filed in file.events.iter().filter(|filed| !filed.parts.is_empty()) {
        if complaint.redacted.contains(&filed.event.hash) {
            report.find("audit.erased", vec![("place", place(filed))]);
        }
        if filed.parts.iter().any(|part| matches!(part.body, Body::Faulty(_))) {
            report.find("audit.sealed", vec![("place", place(filed))]);
        }
    }
}

fn folded(file: &File) -> Option<Complaint> {
    let events: Vec<Event> = file.events.iter().map(|filed| filed.event.clone()).collect();
    fold(&events)
}

fn place(filed: &FiledEvent) -> String {
    format!("{} {}", filed.event.header.node, filed.event.header.position)
}

/// The stored projection is that of the fold.
fn state(complaint: &Complaint, file: &File, stored: &Summary, report: &mut Report) {
    let times = file.events.iter().filter(|filed| complaint.contains(&filed.event.hash));
    let events: Vec<Event> = file.events.iter().map(|filed| filed.event.clone()).collect();
    let newest: Timestamp = times.map(|filed| filed.event.header.time).max().unwrap_or(complaint.filed_at);
    // Until when a step may take, and what was late, follow from a timetable, which may have been another one.
    let found = Summary::of(complaint, &events, compiled(), newest).undated();
    let lasting = |summary: &Summary| summary.measure.as_ref().map(|measure| measure.lasting());
    let same = lasting(stored) == lasting(&found);
    if same && stored.clone().undated() == (Summary { measure: stored.measure.clone(), ..found.clone() }) {
        return;
    }
    let fields = [
        ("tracking", stored.tracking == found.tracking),
        ("origin", stored.origin == found.origin),
        ("class", stored.class == found.class),
        ("category", stored.category == found.category),
        ("visibility", stored.visibility == found.visibility),
        ("unit", stored.unit == found.unit),
        ("node", stored.node == found.node),
        ("state", stored.state == found.state),
        ("epoch", stored.epoch == found.epoch),
        ("pending", stored.pending == found.pending),
        ("held", stored.held == found.held),
        ("late", stored.late == found.late),
        ("filed_at", stored.filed_at == found.filed_at),
        ("updated_at", stored.updated_at == found.updated_at),
        ("participants", stored.participants == found.participants),
        ("withdrew", stored.withdrew == found.withdrew),
        ("links", stored.links == found.links),
        ("measure", same),
    ];
    let differ: Vec<&str> = fields.iter().filter(|(_, same)| !same).map(|(name, _)| *name).collect();
    let fields = if differ.is_empty() { "id".to_owned() } else { differ.join(", ") };
    report.find("audit.fold", vec![("complaint", complaint.id.to_string()), ("fields", fields)]);
}

/// Stored verdicts are what the events come to. At a node an event may be without its verdict still; at the hub none may that
/// the events decide.
fn verdicts(complaint: &Complaint, file: &File, owner: &NodeId, report: &mut Report) {
    let provisional = file.events.iter().any(|filed| filed.verdict == Verdict::Provisional);
    for filed in &file.events {
        report.checked.verdicts = report.checked.verdicts.saturating_add(1);
        let decided = complaint.verdict(&filed.event.hash).map(Verdict::of);
        let right = match (filed.verdict, decided) {
            (Verdict::Provisional, Some(_)) => !owner.is_hub(),
            (Verdict::Provisional, None) => true,
            (Verdict::Held, None) => complaint.read_only,
            (stored, Some(found)) => stored == found || provisional && !owner.is_hub(),
            (_, None) => provisional && !owner.is_hub(),
        };
        if !right {
            let found = decided.map_or_else(|| Verdict::Provisional.to_string(), |verdict| verdict.to_string());
            let facts = vec![("place", place(filed)), ("stored", filed.verdict.to_string()), ("found", found)];
            report.find("audit.verdict", facts);
        }
    }
}

/// Every event names its author's event before it on the complaint. What is inadmissible need not, and is left out elsewhere;
/// then the hub's notice of it stands in.
fn chains(id: ComplaintId, complaint: &Complaint, file: &File, report: &mut Report) {
    let mut inadmissible: BTreeSet<EventHash> = BTreeSet::new();
    let mut writers: BTreeMap<&NodeId, Vec<&FiledEvent>> = BTreeMap::new();
    for filed in &file.events {
        if let Change::Inadmissible { event, .. } = &filed.event.header.change {
            inadmissible.insert(*event);
        }
        writers.entry(&filed.event.header.node).or_default().push(filed);
    }
    for written in writers.values_mut() {
        written.sort_by_key(|filed| filed.event.header.position);
        let mut before: Option<EventHash> = None;
        for filed in written {
            let (hash, prev) = (filed.event.hash, filed.event.header.prev);
            let excused = inadmissible.contains(&hash) || prev.is_some_and(|prev| inadmissible.contains(&prev));
            // What is still on its way explains a missing link.
            if prev != before && !excused && complaint.missing.is_empty() {
                let facts = vec![("place", place(filed)), ("complaint", id.to_string())];
                report.find("audit.prev", facts);
            }
            before = Some(hash);
        }
    }
}
