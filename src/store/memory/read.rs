//! Reading for people and for checks. It changes nothing.

use super::state::{Row, State};
use crate::domain::{
    ComplaintId, DisplayState, EventHash, NodeId, NoticeState, Position, Timestamp, TrackingNumber, Verdict,
};
use crate::journal::Seal;
use crate::store::{Counts, DueFilter, File, FiledEvent, JournalRow, ListFilter, Refusals, StoreError, Summary};

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

impl State {
    pub(super) fn file(&self, complaint: ComplaintId) -> Result<Option<File>, StoreError> {
        let filed = |row: &Row| {
            let entry = &row.entry;
            Ok(FiledEvent { event: row.event()?, parts: entry.sealed.parts.clone(), verdict: entry.verdict })
        };
        let events: Result<Vec<FiledEvent>, StoreError> = self.history(&complaint).map(filed).collect();
        let file =
            File { events: events?, summary: self.summaries.get(&complaint).map(|(_, summary)| summary.clone()) };
        Ok((file != File::default()).then_some(file))
    }

    pub(super) fn list(&self, filter: &ListFilter) -> Vec<Summary> {
        let mut found = self.filtered(filter);
        found.sort_by_key(|summary| (std::cmp::Reverse(summary.updated_at), summary.id));
        found.truncate(filter.limit);
        found
    }

    pub(super) fn filed(&self, filter: &ListFilter, after: Option<(Timestamp, ComplaintId)>) -> Vec<Summary> {
        let mut found = self.filtered(filter);
        found.retain(|summary| after.is_none_or(|after| (summary.filed_at, summary.id) > after));
        found.sort_by_key(|summary| (summary.filed_at, summary.id));
        found.truncate(filter.limit);
        found
    }

    pub(super) fn due(&self, filter: &DueFilter) -> Vec<Summary> {
        let wanted = |summary: &&Summary| {
            let received = matches!(summary.state, DisplayState::Received | DisplayState::Returned);
            summary
                .due
                .is_some_and(|due| due <= filter.before && filter.after.is_none_or(|after| (due, summary.id) > after))
                && (filter.told || !summary.overdue || received)
                && filter.node.as_ref().is_none_or(|node| *node == summary.node)
                && (filter.moments.is_empty() || summary.due_for.is_some_and(|moment| filter.moments.contains(&moment)))
        };
        let mut found: Vec<&Summary> = self.summaries.values().map(|(_, summary)| summary).filter(wanted).collect();
        found.sort_by_key(|summary| (summary.due, summary.id));
        found.into_iter().take(filter.limit).cloned().collect()
    }

    fn filtered(&self, filter: &ListFilter) -> Vec<Summary> {
        let wanted = |summary: &Summary| {
            filter.unit.as_ref().is_none_or(|unit| unit.contains(&summary.unit))
                && (filter.states.is_empty() || filter.states.contains(&summary.state))
                && filter.node.as_ref().is_none_or(|node| *node == summary.node)
                && filter.origin.as_ref().is_none_or(|origin| *origin == summary.origin)
                && (!filter.late || summary.late > 0)
                && (!filter.imported || summary.imported)
                && filter.linked.is_none_or(|other| summary.links.contains(&other))
        };
        let found = self.summaries.values().map(|(_, summary)| summary).filter(|summary| wanted(summary));
        found.cloned().collect()
    }

    pub(super) fn find(&self, tracking: TrackingNumber) -> Option<ComplaintId> {
        let found = self.summaries.values().filter(|(_, summary)| summary.tracking == tracking);
        found.min_by_key(|(number, _)| *number).map(|(_, summary)| summary.id)
    }

    pub(super) fn find_prefix(&self, hex: &str, limit: usize) -> Vec<ComplaintId> {
        let hex = hex.to_ascii_lowercase();
        self.summaries.keys().filter(|id| id.to_string().starts_with(&hex)).take(limit).copied().collect()
    }

    pub(super) fn verdicts(
        &self,
        origin: &NodeId,
        after: Position,
        limit: usize,
    ) -> Vec<(Position, EventHash, Verdict)> {
        let rows = self.journal_of(origin, after).map(|row| (row.entry.position, row.entry.hash, row.entry.verdict));
        rows.take_while(|(_, _, verdict)| *verdict != Verdict::Provisional).take(limit).collect()
    }

    pub(super) fn unordered(&self, holder: &NodeId, limit: usize) -> Vec<ComplaintId> {
        let pending =
            self.summaries.values().filter(|(_, summary)| summary.node == *holder && summary.pending.is_some());
        pending.map(|(_, summary)| summary.id).take(limit).collect()
    }

    pub(super) fn held(&self, limit: usize) -> Vec<ComplaintId> {
        let held = |complaint: &ComplaintId| self.history(complaint).any(|row| row.entry.verdict == Verdict::Held);
        self.histories.keys().filter(|complaint| held(complaint)).take(limit).copied().collect()
    }

    pub(super) fn journal(&self, origin: &NodeId, after: Position, limit: usize) -> Vec<JournalRow> {
        let rows = self.journal_of(origin, after).take(limit).map(|row| row.entry.clone());
        let rows = rows.map(|entry| JournalRow {
            position: entry.position,
            hash: entry.hash,
            bytes: entry.sealed.bytes,
            complaint: entry.complaint,
            proof: entry.proof,
            parts: entry.sealed.parts,
            verdict: entry.verdict,
        });
        rows.collect()
    }

    pub(super) fn names(&self, origin: &NodeId, after: Position, limit: usize) -> Vec<(Position, EventHash)> {
        self.journal_of(origin, after).take(limit).map(|row| (row.entry.position, row.entry.hash)).collect()
    }

    pub(super) fn origins(&self) -> Vec<NodeId> {
        let mut origins: Vec<NodeId> = self.places.keys().map(|(node, _)| node.clone()).collect();
        origins.dedup();
        origins
    }

    pub(super) fn seal_of(&self, origin: &NodeId, position: Position) -> Option<Seal> {
        let before = Position::new(position.incarnation, position.seq.checked_sub(1)?);
        let body = |seal: &&Seal| seal.body().incarnation == position.incarnation && seal.body().first <= position.seq;
        self.seals_of(origin, before).next().filter(body).cloned()
    }

    pub(super) fn counts(&self) -> Counts {
        let own = self.journal_of(&self.owner.node, Position::ZERO);
        Counts {
            complaints: count(self.summaries.len()),
            events: count(self.events.len()),
            provisional: count(own.filter(|row| row.entry.verdict == Verdict::Provisional).count()),
            unsealed: count(self.unsealed().count()),
            set_aside: count(self.aside.len()),
            notices_waiting: self.count_notices(NoticeState::Waiting),
            notices_dead: self.count_notices(NoticeState::Dead),
        }
    }

    pub(super) fn refusals(&self, limit: usize) -> Vec<Refusals> {
        let plain = |verdict: Verdict| matches!(verdict, Verdict::Provisional | Verdict::Applied);
        let own = self.journal_of(&self.owner.node, Position::ZERO).filter(|row| !plain(row.entry.verdict));
        let refusals = own.map(|row| Refusals {
            position: row.entry.position,
            complaint: row.entry.complaint,
            change: row.entry.change.clone(),
            verdict: row.entry.verdict,
        });
        let mut refusals: Vec<Refusals> = refusals.collect();
        refusals.reverse();
        refusals.truncate(limit);
        refusals
    }
}
