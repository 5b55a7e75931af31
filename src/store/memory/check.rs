//! Whether changes contradict what is stored. All of it is found before anything is written, so that writing cannot fail
//! halfway.

use std::collections::{BTreeMap, BTreeSet};

use super::state::{State, seal_keys};
use crate::domain::{EventHash, NodeId, Position, Verdict};
use crate::journal::Seal;
use crate::store::advance;
use crate::store::{Changes, Entry, OwnJournal, Peer, Scope, StoreError, Token};

/// What is to be written besides what the changes say as they stand.
pub(super) struct Checked {
    pub(super) own: OwnJournal,
    /// Entries that are not stored yet.
    pub(super) entries: Vec<Entry>,
    /// Seals that are not stored yet.
    pub(super) seals: Vec<Seal>,
    /// Peers' rows as they will be.
    pub(super) peers: BTreeMap<NodeId, Peer>,
    /// Destination, number, event.
    pub(super) outbox: Vec<(NodeId, u64, EventHash)>,
    /// Tokens as they will be.
    pub(super) tokens: Vec<Token>,
}

fn conflict<T>(text: String) -> Result<T, StoreError> {
    Err(StoreError::Conflict(text))
}

impl State {
    pub(super) fn check(&self, scope: &Scope, changes: &Changes, rows_max: u64) -> Result<Checked, StoreError> {
        let mut own = self.own;
        if let Some((incarnation, previous)) = changes.new_life {
            advance::begin_life(&mut own, incarnation, previous)?;
        }
        let entries = self.fresh_entries(&mut own, &changes.entries)?;
        let seals = self.fresh_seals(&mut own, &changes.seals)?;
        own.cited = own.cited.max(changes.cited.unwrap_or_default());
        let fresh: BTreeMap<EventHash, Verdict> = entries.iter().map(|entry| (entry.hash, entry.verdict)).collect();
        self.check_verdicts(fresh.clone(), &changes.verdicts)?;
        let mut peers: BTreeMap<NodeId, Peer> = BTreeMap::new();
        for node in &changes.new_peers {
            peers.insert(node.clone(), self.peer_or_new(node));
        }
        if let Some(update) = &changes.peer {
            let Some(node) = &scope.peer else {
                return conflict("an update of a peer that is not in scope".to_owned());
            };
            let peer = peers.entry(node.clone()).or_insert_with(|| self.peer_or_new(node));
            advance::update(peer, update)?;
        }
        let mut outbox = Vec::new();
        for (node, event) in &changes.outbox {
            if !self.ids.contains_key(event) && !fresh.contains_key(event) {
                return conflict(format!("event {event} is to be delivered but is not stored"));
            }
            let peer = peers.entry(node.clone()).or_insert_with(|| self.peer_or_new(node));
            outbox.extend(advance::number(peer, rows_max).map(|number| (node.clone(), number, *event)));
        }
        let tokens = self.changed_tokens(&changes.tokens)?;
        Ok(Checked { own, entries, seals, peers, outbox, tokens })
    }

    fn fresh_entries(&self, own: &mut OwnJournal, entries: &[Entry]) -> Result<Vec<Entry>, StoreError> {
        let mut fresh: BTreeMap<EventHash, &Entry> = BTreeMap::new();
        let mut places: BTreeSet<(&NodeId, Position)> = BTreeSet::new();
        let mut ended = BTreeSet::new();
        let mut in_order = Vec::new();
        for entry in entries {
            let stored = self.row(&entry.hash).map(|row| &row.entry).or_else(|| fresh.get(&entry.hash).copied());
            if let Some(stored) = stored {
                if stored.sealed.bytes != entry.sealed.bytes {
                    return conflict(format!("event {} is stored with other bytes", entry.hash));
                }
                continue;
            }
            let (node, position) = (&entry.node, entry.position);
            if self.places.contains_key(&(node.clone(), position)) || !places.insert((node, position)) {
                return conflict(format!("another event of {node} is stored at {position}"));
            }
            if let Some(opener) = advance::ends(entry)
                && (self.ends.contains_key(&opener) || !ended.insert(opener))
            {
                return conflict(format!("the epoch of opener {opener} has ended already"));
            }
            if advance::is_own(&self.owner, node) {
                advance::append(own, position)?;
            }
            fresh.insert(entry.hash, entry);
            in_order.push(entry.clone());
        }
        Ok(in_order)
    }

    fn fresh_seals(&self, own: &mut OwnJournal, seals: &[Seal]) -> Result<Vec<Seal>, StoreError> {
        let mut fresh: BTreeMap<(NodeId, Position), &Seal> = BTreeMap::new();
        let mut starts = BTreeSet::new();
        let mut in_order = Vec::new();
        for seal in seals {
            let (end, start) = seal_keys(seal);
            let stored = self.seals.get(&end).or_else(|| fresh.get(&end).copied());
            if stored.is_some_and(|stored| stored.hash() == seal.hash()) {
                continue;
            }
            if stored.is_some() || self.seal_starts.contains(&start) || !starts.insert(start) {
                return conflict(format!("another seal of {} is stored at {}", end.0, end.1));
            }
            if advance::is_own(&self.owner, &end.0) {
                advance::seal(own, seal)?;
            }
            fresh.insert(end, seal);
            in_order.push(seal.clone());
        }
        Ok(in_order)
    }

    fn check_verdicts(
        &self,
        mut known: BTreeMap<EventHash, Verdict>,
        verdicts: &[(EventHash, Verdict)],
    ) -> Result<(), StoreError> {
        for (hash, verdict) in verdicts {
            let stored = known.get(hash).copied().or_else(|| self.row(hash).map(|row| row.entry.verdict));
            let Some(stored) = stored else {
                return conflict(format!("a verdict on event {hash}, which is not stored"));
            };
            advance::settle(hash, stored, *verdict)?;
            known.insert(*hash, *verdict);
        }
        Ok(())
    }
}
