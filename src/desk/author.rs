//! The one planner of the desk: from what a transaction has read, an action becomes an event, or a reason why not. Pure:
//! no clock, no randomness, no storage; whatever it needs of them was drawn before.

use std::collections::BTreeMap;

use super::action::{Action, ActionName};
use super::case::Case;
use super::error::DeskError;
use super::granting::{self, Last};
use super::options::Standing;
use super::sealing;
use crate::domain::admission::last_of;
use crate::domain::event::HEADER_BYTES_MAX;
use crate::domain::rules::{may_be_traced, told_time};
use crate::domain::{
    Change, ComplaintId, Event, EventHash, FederationId, Filing, Header, NodeId, PartRef, Position, Pseudonym, Refusal,
    Registry, Role, SealingKeyId, Timestamp, TrackingNumber, UnitCode, Verdict, Visibility, fold,
};
use crate::journal::{self, Part, SecretSeed};
use crate::runtime::TraceContext;
use crate::store::{Changes, Entry, Summary, View};

/// Who writes, and when.
#[derive(Clone, Debug)]
pub struct Author {
    /// The federation.
    pub federation: FederationId,
    /// This node.
    pub node: NodeId,
    /// By which account, as a pseudonym.
    pub account: Pseudonym,
    /// Its clock now.
    pub now: Timestamp,
    /// What causes it, if that is traced; kept only where that leads to no anonymous reporter.
    pub trace: Option<TraceContext>,
    /// The key to which what it writes is sealed for itself.
    pub key: SealingKeyId,
    /// From which the keys of what it seals are drawn.
    pub seed: SecretSeed,
}

/// What was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Written {
    /// The complaint.
    pub complaint: ComplaintId,
    /// What its reporter keeps.
    pub tracking: TrackingNumber,
    /// The event.
    pub event: EventHash,
    /// Its place in this node's journal.
    pub position: Position,
    /// Where that journal ends now: beyond the event, if others were let in to what it holds.
    pub end: Position,
    /// The change's name.
    pub change: &'static str,
    /// The acting unit.
    pub unit: UnitCode,
    /// Where the complaint stands now.
    pub standing: Standing,
    /// Of a take-back: how sure it is.
    pub take_back: Option<TakeBack>,
}

/// How sure a take-back is (CUSTODY.md, "What people see").
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TakeBack {
    /// The proposal had not left this node.
    Certain,
    /// It was sealed for sending: the hub decides which came first.
    Asked,
}

/// What is to be written on a complaint.
struct Draft<'a> {
    complaint: ComplaintId,
    visibility: Visibility,
    unit: UnitCode,
    change: Change,
    opener: Option<EventHash>,
    seen: Option<EventHash>,
    /// The events stored so far.
    events: &'a [Event],
    parts: Vec<Part>,
}

/// Plans a filing. `unit` is the filing unit.
///
/// # Errors
/// If the unit is not at home here.
pub fn file(
    view: &View,
    registry: &Registry,
    author: &Author,
    unit: &UnitCode,
    filing: Filing,
    parts: Vec<Part>,
) -> Result<(Changes, Written), DeskError> {
    let unit = &filing_unit(registry, author, unit, filing.visibility);
    may_write(registry, author, unit)?;
    let complaint = journal::complaint_id(&author.federation, &author.node, &filing.nonce);
    let events = view.complaints.get(&complaint).map(Vec::as_slice).unwrap_or_default();
    if let Some(existing) = fold(events) {
        let standing = Box::new(Standing::of(&existing, &author.node));
        return Err(DeskError::Refused { action: ActionName::File, refusal: Refusal::Exists, standing });
    }
    let visibility = filing.visibility;
    let change = Change::Filed(Box::new(filing));
    let unit = unit.clone();
    let draft = Draft { complaint, visibility, unit, change, opener: None, seen: None, events, parts };
    write(view, registry, author, draft)
}

/// Plans an action on a complaint. `unit` is the acting unit: by default the holder, or the filing unit in what the
/// reporter says.
///
/// # Errors
/// Says who holds the complaint and what can be done, where it cannot be done here and now.
pub fn act(
    view: &View,
    registry: &Registry,
    author: &Author,
    id: ComplaintId,
    unit: Option<&UnitCode>,
    action: &Action,
    parts: Vec<Part>,
) -> Result<(Changes, Written), DeskError> {
    let events = view.complaints.get(&id).map(Vec::as_slice).unwrap_or_default();
    let complaint = fold(events).ok_or(DeskError::UnknownComplaint)?;
    let case = Case { complaint: &complaint, events, registry, author };
    let change = case.change(action)?;
    let (default, opener) = match change.role() {
        Role::Custodian => {
            case.custodian(action.name(), &change)?;
            (complaint.unit().clone(), complaint.epoch().opener)
        }
        Role::Redactor => {
            case.redactor(&change)?;
            (case.own_unit(), complaint.filed)
        }
        Role::Origin | Role::Granter | Role::Hub | Role::Registry | Role::Unknown => {
            case.origin(action.name(), &change)?;
            (case.filing_unit(), complaint.filed)
        }
    };
    let unit = unit.cloned().unwrap_or(default);
    may_write(registry, author, &unit)?;
    let take_back = if let Change::TakeBack { proposal } = change {
        Some(case.take_back(proposal, view.own.sealed.position))
    } else {
        None
    };
    let seen = Some(complaint.newest_origin);
    let visibility = complaint.filing.visibility;
    let draft = Draft { complaint: id, visibility, unit, change, opener: Some(opener), seen, events, parts };
    let (changes, written) = write(view, registry, author, draft)?;
    Ok((changes, Written { take_back, ..written }))
}

/// Plans the mark that a complaint was taken over from another system. Its filing unit writes it.
///
/// # Errors
/// If the complaint is not here, was filed elsewhere, or is marked already.
pub fn mark_imported(
    view: &View,
    registry: &Registry,
    author: &Author,
    id: ComplaintId,
    parts: Vec<Part>,
) -> Result<(Changes, Written), DeskError> {
    let events = view.complaints.get(&id).map(Vec::as_slice).unwrap_or_default();
    let complaint = fold(events).ok_or(DeskError::UnknownComplaint)?;
    let case = Case { complaint: &complaint, events, registry, author };
    let change = Change::Imported;
    case.origin(ActionName::File, &change)?;
    let unit = case.filing_unit();
    may_write(registry, author, &unit)?;
    let (opener, seen) = (Some(complaint.filed), Some(complaint.newest_origin));
    let visibility = complaint.filing.visibility;
    write(view, registry, author, Draft { complaint: id, visibility, unit, change, opener, seen, events, parts })
}

/// The unit that files: for an anonymous reporter no village, but the nearest unit above it that files here.
fn filing_unit(registry: &Registry, author: &Author, unit: &UnitCode, visibility: Visibility) -> UnitCode {
    let told = unit.without_village();
    if visibility != Visibility::Anonymous || told == *unit {
        return unit.clone();
    }
    let mut above = std::iter::once(told.clone()).chain(told.ancestors());
    above.find(|unit| may_write(registry, author, unit).is_ok()).unwrap_or_else(|| told.clone())
}

/// Whether this node may write for a unit, as the hub will ask at the registry position that the event cites.
fn may_write(registry: &Registry, author: &Author, unit: &UnitCode) -> Result<(), DeskError> {
    if registry.node(&author.node).is_none() {
        return Err(DeskError::NoRegistry);
    }
    if registry.cut_off(&author.node).is_some() {
        return Err(DeskError::Revoked);
    }
    if registry.is_home_at(unit, &author.node, registry.position()) {
        return Ok(());
    }
    Err(DeskError::UnitNotHere { unit: unit.clone(), home: listed_home(registry, unit) })
}

pub(super) fn listed_home(registry: &Registry, unit: &UnitCode) -> Option<NodeId> {
    registry.unit(unit).and_then(|_| registry.home(unit))
}

/// Header, entry, projection.
fn write(view: &View, registry: &Registry, author: &Author, draft: Draft<'_>) -> Result<(Changes, Written), DeskError> {
    // What is cited never goes down within a journal, whatever the registry at hand says.
    let cited = registry.position().max(view.own.cited);
    let header = Header {
        federation: author.federation.clone(),
        node: author.node.clone(),
        position: view.own.written.next(),
        prev: last_of(&author.node, draft.events),
        complaint: Some(draft.complaint),
        opener: draft.opener,
        seen: draft.seen,
        registry: cited,
        time: told_time(draft.visibility, draft.change.role(), author.now),
        unit: Some(draft.unit.clone()),
        account: Some(author.account),
        change: draft.change,
        parts: draft.parts.iter().filter_map(Part::reference).collect::<Vec<PartRef>>(),
    };
    let bytes = journal::header::encode(&header);
    if bytes.len() > HEADER_BYTES_MAX {
        return Err(DeskError::HeaderTooLong(bytes.len()));
    }
    let event = Event { hash: journal::header_hash(&bytes), header };
    let mut events = draft.events.to_vec();
    events.push(event.clone());
    let complaint = fold(&events).ok_or(DeskError::UnknownComplaint)?;
    let updated = events.iter().map(|event| event.header.time).max().unwrap_or(author.now);
    let destroy = if let Change::Redacted { event } = event.header.change { vec![event] } else { Vec::new() };
    let trace = author.trace.filter(|_| may_be_traced(&event, draft.events));
    let (parts, wraps) = sealing::seal(registry, author, &complaint, &event, draft.parts, view.own.doubted);
    let mut entries = vec![Entry::of(&event, bytes, parts, None, Verdict::Provisional).traced(trace)];
    let granted = BTreeMap::from([(event.hash, wraps)]);
    let last = Last { position: event.header.position, own: Some(event.hash) };
    entries.extend(granting::write(last, author, &complaint, &draft.unit, cited, granted)?);
    let end = entries.last().map_or(event.header.position, |entry| entry.position);
    let written = Written {
        complaint: complaint.id,
        tracking: complaint.filing.tracking,
        event: event.hash,
        position: event.header.position,
        end,
        change: event.header.change.name(),
        unit: draft.unit,
        standing: Standing::of(&complaint, &author.node),
        take_back: None,
    };
    let changes = Changes {
        entries,
        summaries: vec![Summary::of(&complaint, &events, updated)],
        cited: Some(cited),
        destroy,
        ..Changes::default()
    };
    Ok((changes, written))
}
