//! Rows of complaints as lists show them.

use std::collections::HashMap;

use sqlx::FromRow;

use super::{corrupt, number};
use crate::domain::{Class, ComplaintId, DisplayState, Moment, NodeId, Timestamp, TrackingNumber, Visibility};
use crate::store::{StoreError, Summary};

/// A complaint's projection.
#[expect(clippy::struct_excessive_bools, reason = "the columns of a row")]
#[derive(FromRow)]
pub(in crate::store) struct SummaryRow {
    pub(in crate::store) id: Vec<u8>,
    tracking: i64,
    origin: String,
    class: i64,
    category: String,
    visibility: i64,
    unit: String,
    node: String,
    state: String,
    epoch: i64,
    pending: Option<Vec<u8>>,
    due_at: Option<i64>,
    due_for: Option<String>,
    overdue: bool,
    held: bool,
    late: i64,
    imported: bool,
    withdrew: bool,
    filed_at: i64,
    updated_at: i64,
}

impl SummaryRow {
    fn summary(self, participants: Vec<NodeId>, links: Vec<ComplaintId>) -> Result<Summary, StoreError> {
        let unknown = |what: &str| corrupt(format_args!("a complaint has an unknown {what}"));
        let state = DisplayState::ALL.iter().find(|state| state.name() == self.state);
        Ok(Summary {
            id: super::complaint(&self.id)?,
            tracking: TrackingNumber::from_bits(number(self.tracking)?).ok_or_else(|| unknown("tracking number"))?,
            origin: super::node(&self.origin)?,
            class: Class::from_code(number(self.class)?).ok_or_else(|| unknown("class"))?,
            category: self.category,
            visibility: Visibility::from_code(number(self.visibility)?).ok_or_else(|| unknown("visibility"))?,
            imported: self.imported,
            unit: super::unit(&self.unit)?,
            node: super::node(&self.node)?,
            state: *state.ok_or_else(|| unknown("state"))?,
            epoch: number(self.epoch)?,
            pending: self.pending.as_deref().map(super::event_hash).transpose()?,
            due: self.due_at.map(Timestamp),
            due_for: match &self.due_for {
                Some(name) => Some(Moment::from_name(name).ok_or_else(|| unknown("deadline"))?),
                None => None,
            },
            overdue: self.overdue,
            held: self.held,
            late: number(self.late)?,
            filed_at: Timestamp(self.filed_at),
            updated_at: Timestamp(self.updated_at),
            participants,
            withdrew: self.withdrew,
            links,
            measure: None,
        })
    }
}

/// Puts participants, pairs of complaint and node, and links, pairs of complaints, to projections.
pub(in crate::store) fn completed(
    rows: Vec<SummaryRow>,
    pairs: Vec<(Vec<u8>, String)>,
    links: Vec<(Vec<u8>, Vec<u8>)>,
) -> Result<Vec<Summary>, StoreError> {
    let mut participants: HashMap<Vec<u8>, Vec<NodeId>> = HashMap::new();
    for (complaint, node) in pairs {
        participants.entry(complaint).or_default().push(super::node(&node)?);
    }
    let mut linked: HashMap<Vec<u8>, Vec<ComplaintId>> = HashMap::new();
    for (complaint, other) in links {
        linked.entry(complaint).or_default().push(super::complaint(&other)?);
    }
    let summary = |row: SummaryRow| {
        let mut nodes = participants.remove(&row.id).unwrap_or_default();
        nodes.sort();
        let mut others = linked.remove(&row.id).unwrap_or_default();
        others.sort();
        row.summary(nodes, others)
    };
    rows.into_iter().map(summary).collect()
}

/// The names that begin so, as bounds; none if it is no beginning of a name.
pub(in crate::store) fn bounds(hex: &str) -> Option<(ComplaintId, ComplaintId)> {
    ComplaintId::parse(&format!("{hex:0<32}")).zip(ComplaintId::parse(&format!("{hex:f<32}")))
}

/// What a query gave, as names of complaints.
pub(in crate::store) fn names(found: &[Vec<u8>]) -> Result<Vec<ComplaintId>, StoreError> {
    found.iter().map(|id| super::complaint(id)).collect()
}
