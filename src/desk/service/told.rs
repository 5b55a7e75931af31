//! What a client reads back of a reply: the values that the desk has sent. What cannot be read is left out; the desk sends none of it.

use crate::desk::statistics::{Column, Row, Statistics};
use crate::desk::story::{How, Linked};
use crate::domain::event::PublicName;
use crate::domain::{
    Class, ComplaintId, DisplayState, Event, EventHash, FederationId, Header, Listing, Moment, NodeId, PartKind,
    Position, Registry, Timestamp, TrackingNumber, UnitCode, Verdict, Visibility,
};
use crate::journal::{self, Body, OpenError, Part};
use crate::protocol::desk::v1 as wire;
use crate::store::{Dimension, File, FiledEvent, Summary};

/// A complaint's file, and a registry that knows the public names in it.
#[must_use]
pub fn file(reply: &wire::ShowReply) -> (File, Registry) {
    let events = reply.events.iter().filter_map(event).collect();
    let names = reply.names.iter().map(|(code, name)| (code.as_str(), name.as_str()));
    (File { events, summary: reply.summary.as_ref().and_then(summary) }, registry(names))
}

/// The complaints that it has to do with.
#[must_use]
pub fn linked(reply: &wire::ShowReply) -> Vec<Linked> {
    let one = |linked: &wire::Linked| {
        Some(Linked {
            id: ComplaintId::parse(&linked.id)?,
            how: How::ALL.into_iter().find(|how| how.name() == linked.how)?,
            known: linked.known.as_ref().and_then(summary),
        })
    };
    reply.linked.iter().filter_map(one).collect()
}

/// A registry that knows the public names of a reply.
#[must_use]
pub fn units(reply: &wire::UnitsReply) -> Registry {
    registry(reply.units.iter().map(|unit| (unit.code.as_str(), unit.name.as_str())))
}

/// Statistics, and a registry that knows the public names in them.
#[must_use]
pub fn statistics(reply: &wire::StatisticsReply) -> (Statistics, Registry) {
    // By name, so that another version's columns do not get into each other's places.
    let values = |row: &wire::StatisticsRow| {
        let of = |column: &Column| {
            let place = reply.columns.iter().position(|name| *name == column.name())?;
            row.values.get(place)?.value
        };
        Column::all().iter().map(of).collect::<Vec<_>>()
    };
    let told = Statistics {
        by: reply.by.iter().filter_map(|name| Dimension::from_name(name)).collect(),
        rows: reply.rows.iter().map(|row| Row { key: row.key.clone(), values: values(row) }).collect(),
        total: reply.total.as_ref().map(values).unwrap_or_default(),
        now: Timestamp(reply.now_micros),
        public: reply.public,
    };
    (told, registry(reply.names.iter().map(|(code, name)| (code.as_str(), name.as_str()))))
}

/// Complaints of a list.
#[must_use]
pub fn list(reply: &wire::ListReply) -> Vec<Summary> {
    reply.complaints.iter().filter_map(summary).collect()
}

fn event(filed: &wire::FiledEvent) -> Option<FiledEvent> {
    let part = |part: &wire::Part| {
        let body = match part.state {
            0 => Body::Plain { salt: part.salt.as_slice().try_into().ok()?, content: part.content.clone() },
            1 => Body::Sealed(part.content.clone()),
            2 => Body::Faulty(OpenError::Key),
            3 => Body::Faulty(OpenError::Mismatch),
            _ => return None,
        };
        Some(Part {
            index: u8::try_from(part.index).ok()?,
            kind: PartKind::from_code(u8::try_from(part.kind).ok()?)?,
            body,
        })
    };
    Some(FiledEvent {
        event: journal::event(&filed.header).ok()?,
        parts: filed.parts.iter().filter_map(part).collect(),
        verdict: Verdict::from_codes(u8::try_from(filed.verdict).ok()?, u8::try_from(filed.reason).ok()?)?,
    })
}

fn summary(summary: &wire::Summary) -> Option<Summary> {
    let proposal = EventHash::parse(&summary.proposal).unwrap_or(EventHash([0; 32]));
    Some(Summary {
        id: ComplaintId::parse(&summary.id)?,
        tracking: TrackingNumber::parse(&summary.tracking).ok()?,
        origin: NodeId::parse(&summary.origin).ok()?,
        class: Class::from_name(&summary.class)?,
        category: summary.category.clone(),
        visibility: Visibility::from_name(&summary.visibility)?,
        imported: summary.imported,
        unit: UnitCode::parse(&summary.unit).ok()?,
        node: NodeId::parse(&summary.node).ok()?,
        state: DisplayState::ALL.iter().copied().find(|state| state.name() == summary.state)?,
        epoch: summary.epoch,
        pending: summary.pending.then_some(proposal),
        due: summary.due_at_micros.map(Timestamp),
        due_for: Moment::from_name(&summary.due_for),
        overdue: summary.overdue,
        held: summary.held,
        late: summary.late,
        filed_at: Timestamp(summary.filed_at_micros),
        updated_at: Timestamp(summary.updated_at_micros),
        withdrew: summary.withdrew,
        links: summary.links.iter().filter_map(|id| ComplaintId::parse(id)).collect(),
        participants: summary.participants.iter().filter_map(|node| NodeId::parse(node).ok()).collect(),
        measure: None,
    })
}

/// Names by the registry's own way of coming to know them.
fn registry<'a>(names: impl Iterator<Item = (&'a str, &'a str)>) -> Registry {
    let mut registry = Registry::default();
    let Ok(federation) = FederationId::parse("names") else { return registry };
    let known = names.filter_map(|(code, name)| Some((UnitCode::parse(code).ok()?, PublicName::parse(name)?)));
    for ((unit, name), seq) in known.zip(1..) {
        let header = Header {
            federation: federation.clone(),
            node: NodeId::Hub,
            position: Position::new(1, seq),
            prev: None,
            complaint: None,
            opener: None,
            seen: None,
            registry: Position::ZERO,
            time: Timestamp::default(),
            unit: None,
            account: None,
            change: Listing::named(unit, name).listed(None),
            parts: Vec::new(),
        };
        registry.apply(&Event { hash: EventHash([0; 32]), header });
    }
    registry
}
