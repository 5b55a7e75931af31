//! What a transaction reads. It changes nothing.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::state::State;
use crate::domain::{Event, NodeId, Position, Verdict};
use crate::journal;
use crate::store::{Entry, Peer, Scope, StoreError, Unsealed, View};

impl State {
    pub(super) fn view(&self, scope: &Scope) -> Result<View, StoreError> {
        let mut complaints = BTreeMap::new();
        let mut verdicts = BTreeMap::new();
        let mut traces = BTreeMap::new();
        for complaint in &scope.complaints {
            let events: Result<Vec<Event>, _> = self.history(complaint).map(super::state::Row::event).collect();
            complaints.insert(*complaint, events?);
            verdicts.extend(self.history(complaint).map(|row| (row.entry.hash, row.entry.verdict)));
            traces.extend(self.history(complaint).filter_map(|row| Some((row.entry.hash, row.entry.sealed.trace?))));
        }
        let announced = scope.complaints.iter().filter_map(|id| Some((*id, *self.announced.get(id)?)));
        Ok(View {
            own: self.own,
            complaints,
            verdicts,
            traces,
            announced: announced.collect(),
            peer: scope.peer.as_ref().map(|node| self.peer_or_new(node)),
            registry: scope.registry_after.map_or_else(|| Ok(Vec::new()), |after| self.registry(after))?,
            unsealed: self.unsealed().take(scope.unsealed).collect(),
            known: scope.known.iter().filter(|hash| self.ids.contains_key(*hash)).copied().collect(),
            token: scope.token.and_then(|id| self.tokens.get(&id)).cloned(),
            declared: self.declared().take(scope.declared).collect::<Result<_, _>>()?,
        })
    }

    pub(super) fn peer_or_new(&self, node: &NodeId) -> Peer {
        self.peers.get(node).cloned().unwrap_or_else(|| Peer::new(node.clone()))
    }

    pub(super) fn registry(&self, after: Position) -> Result<Vec<Event>, StoreError> {
        let places = self.registry.range((Bound::Excluded(after), Bound::Unbounded));
        places.filter_map(|(_, id)| self.events.get(id)).map(|row| row.event()).collect()
    }

    /// Own declarations of units that the hub has not judged. They belong to no complaint, so their headers were not kept read.
    fn declared(&self) -> impl Iterator<Item = Result<Event, StoreError>> {
        let open = |entry: &Entry| {
            entry.verdict == Verdict::Provisional && matches!(&*entry.change, "unit-declared" | "unit-retired")
        };
        let rows = self.journal_of(&self.owner.node, Position::ZERO).filter(move |row| open(&row.entry));
        rows.map(|row| journal::event(&row.entry.sealed.bytes).map_err(|error| StoreError::Corrupt(error.to_string())))
    }

    pub(super) fn unsealed(&self) -> impl Iterator<Item = Unsealed> {
        self.journal_of(&self.owner.node, self.own.sealed.position).map(|row| Unsealed {
            position: row.entry.position,
            hash: row.entry.hash,
            bytes: row.bytes(),
        })
    }
}
