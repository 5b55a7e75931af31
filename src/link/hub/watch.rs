//! What the hub's end of a session tells of its work: steps of traces and counts. It decides nothing and alters no event but the
//! name of what caused it.

use super::ingest::{Intake, Sealed};
use crate::domain::NodeId;
use crate::domain::Role;
use crate::domain::Verdict;
use crate::store::{Changes, Delivery, SealedEntry};
use crate::telemetry::instruments::Direction;
use crate::telemetry::spans::SPANS_PER_MESSAGE_MAX;
use crate::telemetry::{Fact, Instruments, Span, SpanName, Telemetry};

/// Begins the hub's step of each event of a batch that an office caused and that is traced; what the event causes names that
/// step from now on. What reporters caused is passed on as it came, if it may be.
pub(super) fn begin_intake(telemetry: &Telemetry, intake: &mut Intake) -> Vec<Span> {
    if !telemetry.is_tracing() {
        return Vec::new();
    }
    let origin = intake.node.clone();
    let mut spans = Vec::new();
    for batch in &mut intake.batches {
        let events = batch.events.len();
        let traced = batch.events.iter_mut().filter(|sealed| sealed.entry.trace.is_some());
        begin_batch(telemetry, &origin, events, traced, &mut spans);
    }
    spans
}

fn begin_batch<'a>(
    telemetry: &Telemetry,
    origin: &NodeId,
    events: usize,
    traced: impl Iterator<Item = &'a mut Sealed>,
    spans: &mut Vec<Span>,
) {
    for sealed in traced.take(SPANS_PER_MESSAGE_MAX) {
        let Ok(event) = &sealed.event else { continue };
        if event.header.change.role() != Role::Custodian {
            continue;
        }
        let change = Fact::Change(event.header.change.name());
        let facts = [Fact::Node(&NodeId::Hub), Fact::Origin(origin), change, Fact::Events(events)];
        let span = telemetry.follow(SpanName::HubIntake, sealed.entry.trace, &facts);
        sealed.entry.trace = span.context().or(sealed.entry.trace);
        spans.push(span);
    }
}

/// Says of steps how they ended, if it was not as wanted.
pub(super) fn fail(spans: &mut [Span], code: &'static str) {
    for span in spans {
        span.fail(code);
    }
}

/// What a transaction of the hub has decided, to be counted once it is stored.
#[derive(Default)]
pub(super) struct Tally {
    /// By verdict's name.
    verdicts: Vec<(&'static str, u64)>,
    /// By change's name.
    decisions: Vec<(&'static str, u64)>,
    traced: Vec<(&'static str, crate::runtime::TraceContext)>,
}

impl Tally {
    pub(super) fn of(changes: &Changes) -> Self {
        let mut tally = Self::default();
        for entry in &changes.entries {
            if !entry.node.is_hub() {
                tally.judged(entry.verdict);
            } else if let Some(name) = ["moved", "move-refused"].into_iter().find(|name| *name == entry.change) {
                add(&mut tally.decisions, name);
                tally.traced.extend(entry.sealed.trace.map(|trace| (name, trace)));
            }
        }
        changes.verdicts.iter().for_each(|(_, verdict)| tally.judged(*verdict));
        tally
    }

    /// A provisional one is none yet.
    fn judged(&mut self, verdict: Verdict) {
        if verdict != Verdict::Provisional {
            add(&mut self.verdicts, verdict.name());
        }
    }

    /// Counts what was stored, and ends the steps of the decisions.
    pub(super) fn tell(self, telemetry: &Telemetry) {
        let instruments = telemetry.instruments();
        self.verdicts.iter().for_each(|(name, count)| instruments.verdicts(name, *count));
        self.decisions.iter().for_each(|(name, count)| instruments.decisions(name, *count));
        for (name, trace) in self.traced.into_iter().take(SPANS_PER_MESSAGE_MAX) {
            let facts = [Fact::Node(&NodeId::Hub), Fact::Change(name)];
            drop(telemetry.follow(SpanName::HubDecision, Some(trace), &facts));
        }
    }
}

fn add(counts: &mut Vec<(&'static str, u64)>, name: &'static str) {
    match counts.iter_mut().find(|(known, _)| *known == name) {
        Some((_, count)) => *count = count.saturating_add(1),
        None => counts.push((name, 1)),
    }
}

/// Bytes of headers and content of events.
pub(super) fn bytes(entries: &[SealedEntry]) -> usize {
    let size =
        |entry: &SealedEntry| entry.parts.iter().fold(entry.bytes.len(), |sum, part| sum.saturating_add(part.len()));
    entries.iter().map(size).fold(0, usize::saturating_add)
}

/// Counts a delivery that goes out.
pub(super) fn delivering(instruments: &Instruments, rows: &[Delivery]) {
    if rows.is_empty() {
        return;
    }
    let size = |row: &Delivery| row.parts.iter().fold(row.bytes.len(), |sum, part| sum.saturating_add(part.len()));
    let bytes = rows.iter().map(size).fold(0, usize::saturating_add);
    instruments.batch(Direction::Out, "sent", bytes);
}
