//! Batches and deliveries as they go out, and the refilling of an outbox.

use super::state::{State, size};
use crate::domain::{NodeId, Position, Verdict};
use crate::journal::{BATCH_EVENTS_MAX, Seal};
use crate::store::advance;
use crate::store::{Batch, Delivery, SealedEntry, StoreError};

impl State {
    pub(super) fn sealed(&self, origin: &NodeId, after: Position, bytes: usize) -> Result<Vec<Batch>, StoreError> {
        let mut batches = Vec::new();
        let mut total = 0_usize;
        for seal in self.seals_of(origin, after) {
            let entries = self.covered(origin, seal)?;
            total = entries.iter().map(size).fold(total, usize::saturating_add);
            if total > bytes && !batches.is_empty() {
                break;
            }
            batches.push(Batch { seal: seal.clone(), entries });
        }
        Ok(batches)
    }

    fn covered(&self, origin: &NodeId, seal: &Seal) -> Result<Vec<SealedEntry>, StoreError> {
        let body = seal.body();
        let before = Position::new(body.incarnation, body.first.saturating_sub(1));
        let rows = self.journal_of(origin, before).take_while(|row| row.entry.position <= body.end());
        let entries: Vec<SealedEntry> = rows.map(|row| row.entry.sealed.clone()).collect();
        if u64::try_from(entries.len()) == Ok(body.events()) {
            return Ok(entries);
        }
        Err(StoreError::Corrupt(format!("events of {origin} under the seal that ends at {} are missing", body.end())))
    }

    pub(super) fn outbox(
        &self,
        destination: &NodeId,
        generation: u32,
        after: u64,
        bytes: usize,
    ) -> Result<Vec<Delivery>, StoreError> {
        let current = self.peers.get(destination).is_some_and(|peer| peer.generation == generation);
        let Some(rows) = self.outbox.get(destination).filter(|_| current) else { return Ok(Vec::new()) };
        let mut deliveries = Vec::new();
        let mut total = 0_usize;
        let rows =
            rows.range(after.saturating_add(1)..).filter_map(|(number, id)| Some((number, self.events.get(id)?)));
        for (number, row) in rows.take(BATCH_EVENTS_MAX) {
            let entry = &row.entry;
            let Some(proof) = entry.proof.clone() else { break };
            total = total.saturating_add(row.bytes());
            if total > bytes && !deliveries.is_empty() {
                break;
            }
            let end = Position::new(entry.position.incarnation, proof.seal_last);
            let seal = self.seals.get(&(entry.node.clone(), end)).cloned();
            deliveries.push(Delivery {
                number: *number,
                bytes: entry.sealed.bytes.clone(),
                parts: entry.sealed.parts.clone(),
                seal: seal
                    .ok_or_else(|| StoreError::Corrupt(format!("the seal of event {} is missing", entry.hash)))?,
                index: proof.index,
                path: proof.path,
                verdict: entry.verdict,
                trace: entry.sealed.trace,
            });
        }
        Ok(deliveries)
    }

    pub(super) fn refill(&mut self, destination: &NodeId, session: u64) -> Option<u32> {
        let mut peer = self.peer_or_new(destination);
        if peer.session != session {
            return None;
        }
        let takes_part = |row: &super::state::Row| {
            let complaint = row.entry.complaint.and_then(|complaint| self.summaries.get(&complaint));
            complaint.is_some_and(|(_, summary)| summary.participants.contains(destination))
        };
        let admissible = |row: &super::state::Row| !matches!(row.entry.verdict, Verdict::Inadmissible(_));
        let wanted = self.events.iter().filter(|(_, row)| {
            row.entry.node != *destination && admissible(row) && (row.entry.registry || takes_part(row))
        });
        let rows: Vec<u64> = wanted.map(|(id, _)| *id).collect();
        advance::begin_generation(&mut peer, u64::try_from(rows.len()).unwrap_or(u64::MAX));
        let generation = peer.generation;
        self.outbox.insert(destination.clone(), (1..).zip(rows).collect());
        self.peers.insert(destination.clone(), peer);
        Some(generation)
    }
}
