//! Writing changes that were found free of contradictions. It cannot fail.

use super::check::Checked;
use super::state::State;
use crate::domain::{ComplaintId, Timestamp};
use crate::store::evidence::EVIDENCE_MAX;
use crate::store::{Changes, Entry, Evidence, Summary, tallies};

impl State {
    pub(super) fn write(&mut self, changes: &Changes, checked: Checked) {
        if changes.new_life.is_some() {
            self.aside.clear();
        }
        self.own = checked.own;
        for mut entry in checked.entries {
            self.take_back(&mut entry);
            self.insert(&entry);
        }
        checked.seals.iter().for_each(|seal| self.insert_seal(seal));
        for (hash, verdict) in &changes.verdicts {
            if let Some(row) = self.row_mut(hash) {
                row.entry.verdict = *verdict;
            }
        }
        self.tally(&changes.summaries);
        for summary in &changes.summaries {
            let next = self.summaries.len();
            let number = self.summaries.get(&summary.id).map_or(next, |(number, _)| *number);
            self.summaries.insert(summary.id, (number, summary.clone()));
        }
        for (complaint, position) in &changes.announced {
            self.announced.insert(*complaint, *position);
        }
        for (node, peer) in checked.peers {
            if let Some(rows) = self.outbox.get_mut(&node) {
                *rows = rows.split_off(&peer.delivered.saturating_add(1));
            }
            self.peers.insert(node, peer);
        }
        for (node, number, event) in checked.outbox {
            if let Some(id) = self.ids.get(&event) {
                self.outbox.entry(node).or_default().insert(number, *id);
            }
        }
        self.tokens.extend(checked.tokens.into_iter().map(|token| (token.id, token)));
        self.change_notices(&changes.notices);
        self.keep(&changes.evidence, changes.dismissed);
        for hash in &changes.destroy {
            if let Some(row) = self.row_mut(hash) {
                row.entry.sealed.parts.clear();
                row.entry.sealed.trace = None;
            }
            let aside = self.aside.iter_mut().filter(|((_, aside), _)| aside == hash);
            aside.for_each(|(_, sealed)| sealed.parts.clear());
        }
    }

    /// Counts complaints as they are now instead of as they were.
    fn tally(&mut self, summaries: &[Summary]) {
        let after = tallies::measured(summaries);
        let stored = |id: &ComplaintId| Some((*id, self.summaries.get(id)?.1.measure.as_deref()?.clone()));
        let before = after.keys().filter_map(stored).collect();
        for (cell, moved) in tallies::shift(&before, &after) {
            self.tallies.entry(cell).or_default().plus(&moved);
        }
        self.tallies.retain(|_, figures| !figures.is_empty());
    }

    fn keep(&mut self, found: &[Evidence], dismissed: Option<Timestamp>) {
        for one in found {
            let known = self.evidence.iter().any(|known| (known.at, known.said) == (one.at, one.said));
            if !known && self.evidence.len() < EVIDENCE_MAX {
                self.evidence.push(Evidence { dismissed: None, ..one.clone() });
            }
        }
        if let Some(at) = dismissed {
            self.evidence.iter_mut().for_each(|one| one.dismissed = one.dismissed.or(Some(at)));
        }
        self.own.doubted = self.evidence.iter().any(|one| one.dismissed.is_none());
    }

    /// An entry that was set aside is so no longer; parts that it lacks come back with it.
    fn take_back(&mut self, entry: &mut Entry) {
        let Some(aside) = self.aside.remove(&(entry.position, entry.hash)) else { return };
        let parts = &mut entry.sealed.parts;
        for part in aside.parts {
            if parts.iter().all(|present| present.index != part.index) {
                parts.push(part);
            }
        }
        parts.sort_by_key(|part| part.index);
    }
}
