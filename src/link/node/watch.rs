//! What a node's end of a session tells of its work: steps of traces and counts. It decides nothing and alters nothing.

use super::apply::Proven;
use crate::domain::{NodeId, Role, Verdict};
use crate::store::{Batch, Delivery, SealedEntry};
use crate::telemetry::instruments::Direction;
use crate::telemetry::spans::SPANS_PER_MESSAGE_MAX;
use crate::telemetry::{Fact, Instruments, Span, SpanName, Telemetry};

/// Tells of a batch that is sent, and ends its steps.
pub(super) fn sending(telemetry: &Telemetry, own: &NodeId, batch: &Batch) {
    let size =
        |entry: &SealedEntry| entry.parts.iter().fold(entry.bytes.len(), |sum, part| sum.saturating_add(part.len()));
    let bytes = batch.entries.iter().map(size).fold(0, usize::saturating_add);
    telemetry.instruments().batch(Direction::Out, "sent", bytes);
    let traces = batch.entries.iter().filter_map(|entry| entry.trace).take(SPANS_PER_MESSAGE_MAX);
    for trace in traces {
        let facts = [Fact::Node(own), Fact::Events(batch.entries.len())];
        drop(telemetry.follow(SpanName::LinkSend, Some(trace), &facts));
    }
}

/// Begins the steps of events delivered here that an office or the hub caused.
pub(super) fn begin_apply(telemetry: &Telemetry, own: &NodeId, proven: &[Proven]) -> Vec<Span> {
    if !telemetry.is_tracing() {
        return Vec::new();
    }
    let caused = |proven: &&Proven| matches!(proven.event.header.change.role(), Role::Custodian | Role::Hub);
    let traced = proven.iter().filter(|proven| proven.delivery.trace.is_some()).filter(caused);
    let begin = |proven: &Proven| {
        let header = &proven.event.header;
        let facts = [Fact::Node(own), Fact::Origin(&header.node), Fact::Change(header.change.name())];
        telemetry.follow(SpanName::LinkApply, proven.delivery.trace, &facts)
    };
    traced.take(SPANS_PER_MESSAGE_MAX).map(begin).collect()
}

/// Bytes of headers and content of events that are delivered.
pub(super) fn bytes(events: &[Delivery]) -> usize {
    let size = |row: &Delivery| row.parts.iter().fold(row.bytes.len(), |sum, part| sum.saturating_add(part.len()));
    events.iter().map(size).fold(0, usize::saturating_add)
}

/// Counts verdicts on own events that were heard for the first time.
pub(super) fn judged<'a>(instruments: &Instruments, verdicts: impl Iterator<Item = &'a Verdict>) {
    for verdict in verdicts {
        instruments.verdicts(verdict.name(), 1);
    }
}
