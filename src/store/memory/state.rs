//! What the store in memory holds, and its indexes. Every change of an event goes through here, so that they agree.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::domain::{Cell, ComplaintId, Event, EventHash, Figures, NodeId, NoticeId, Position, TokenId};
use crate::journal::{self, Part, Seal};
use crate::store::advance::{self, BEGINNING};
use crate::store::people::People;
use crate::store::{Entry, Evidence, Notice, OwnJournal, Owner, Peer, SealedEntry, StoreError, Summary, Token};

/// A stored event.
#[derive(Clone)]
pub(super) struct Row {
    pub(super) entry: Entry,
    /// The event, if its header was needed and could be read.
    event: Option<Event>,
}

impl Row {
    fn new(entry: Entry) -> Self {
        let readable = entry.complaint.is_some() || entry.registry;
        let event = readable.then(|| journal::event(&entry.sealed.bytes).ok()).flatten();
        Self { entry, event }
    }

    pub(super) fn event(&self) -> Result<Event, StoreError> {
        let hash = self.entry.hash;
        self.event.clone().ok_or_else(|| StoreError::Corrupt(format!("the header of event {hash} cannot be read")))
    }

    /// Bytes of header and parts.
    pub(super) fn bytes(&self) -> usize {
        size(&self.entry.sealed)
    }
}

/// Bytes of header and parts.
pub(super) fn size(sealed: &SealedEntry) -> usize {
    let parts: usize = sealed.parts.iter().map(Part::len).sum();
    sealed.bytes.len().saturating_add(parts)
}

/// All that is stored.
#[derive(Clone)]
pub(super) struct State {
    pub(super) owner: Owner,
    pub(super) own: OwnJournal,
    /// By the order in which they were stored.
    pub(super) events: BTreeMap<u64, Arc<Row>>,
    pub(super) ids: BTreeMap<EventHash, u64>,
    pub(super) places: BTreeMap<(NodeId, Position), u64>,
    pub(super) histories: BTreeMap<ComplaintId, BTreeSet<u64>>,
    pub(super) ends: BTreeMap<EventHash, u64>,
    /// The registry's events among the hub's.
    pub(super) registry: BTreeMap<Position, u64>,
    /// By author and last position.
    pub(super) seals: BTreeMap<(NodeId, Position), Seal>,
    /// By author and first position.
    pub(super) seal_starts: BTreeSet<(NodeId, Position)>,
    /// With the order in which they became known.
    pub(super) summaries: BTreeMap<ComplaintId, (usize, Summary)>,
    /// What complaints add, by cell.
    pub(super) tallies: BTreeMap<Cell, Figures>,
    pub(super) announced: BTreeMap<ComplaintId, Position>,
    pub(super) peers: BTreeMap<NodeId, Peer>,
    pub(super) outbox: BTreeMap<NodeId, BTreeMap<u64, u64>>,
    pub(super) aside: BTreeMap<(Position, EventHash), SealedEntry>,
    pub(super) people: People,
    pub(super) tokens: BTreeMap<TokenId, Token>,
    pub(super) evidence: Vec<Evidence>,
    pub(super) notices: BTreeMap<NoticeId, Notice>,
}

impl State {
    pub(super) const fn new(owner: Owner) -> Self {
        Self {
            owner,
            own: BEGINNING,
            events: BTreeMap::new(),
            ids: BTreeMap::new(),
            places: BTreeMap::new(),
            histories: BTreeMap::new(),
            ends: BTreeMap::new(),
            registry: BTreeMap::new(),
            seals: BTreeMap::new(),
            seal_starts: BTreeSet::new(),
            summaries: BTreeMap::new(),
            tallies: BTreeMap::new(),
            announced: BTreeMap::new(),
            peers: BTreeMap::new(),
            outbox: BTreeMap::new(),
            aside: BTreeMap::new(),
            people: People { accounts: Vec::new(), sessions: Vec::new(), requests: Vec::new() },
            tokens: BTreeMap::new(),
            evidence: Vec::new(),
            notices: BTreeMap::new(),
        }
    }

    pub(super) fn row(&self, hash: &EventHash) -> Option<&Row> {
        self.ids.get(hash).and_then(|id| self.events.get(id)).map(|row| &**row)
    }

    pub(super) fn row_mut(&mut self, hash: &EventHash) -> Option<&mut Row> {
        let id = self.ids.get(hash)?;
        self.events.get_mut(id).map(Arc::make_mut)
    }

    /// The events of a journal after a position, in order.
    pub(super) fn journal_of<'a>(&'a self, origin: &'a NodeId, after: Position) -> impl Iterator<Item = &'a Row> {
        let places = self.places.range((origin.clone(), after)..);
        let places = places.take_while(move |((node, _), _)| node == origin).filter(move |((_, at), _)| *at > after);
        places.filter_map(|(_, id)| self.events.get(id).map(|row| &**row))
    }

    /// A complaint's events, in the order in which they were stored.
    pub(super) fn history(&self, complaint: &ComplaintId) -> impl Iterator<Item = &Row> {
        self.histories.get(complaint).into_iter().flatten().filter_map(|id| self.events.get(id).map(|row| &**row))
    }

    pub(super) fn insert(&mut self, entry: &Entry) {
        let (registry, ends) = (advance::is_registry(entry), advance::ends(entry));
        let entry = Entry { registry, ends, ..entry.clone() };
        let id = self.events.last_key_value().map_or(1, |(id, _)| id.saturating_add(1));
        self.ids.insert(entry.hash, id);
        self.places.insert((entry.node.clone(), entry.position), id);
        if let Some(complaint) = entry.complaint {
            self.histories.entry(complaint).or_default().insert(id);
        }
        if let Some(opener) = ends {
            self.ends.insert(opener, id);
        }
        if registry {
            self.registry.insert(entry.position, id);
        }
        self.events.insert(id, Arc::new(Row::new(entry)));
    }

    pub(super) fn remove(&mut self, hash: &EventHash) -> Option<Entry> {
        let id = self.ids.remove(hash)?;
        let entry = Arc::unwrap_or_clone(self.events.remove(&id)?).entry;
        self.places.remove(&(entry.node.clone(), entry.position));
        if let Some(history) = entry.complaint.and_then(|complaint| self.histories.get_mut(&complaint)) {
            history.remove(&id);
        }
        if let Some(opener) = entry.ends {
            self.ends.remove(&opener);
        }
        if entry.registry {
            self.registry.remove(&entry.position);
        }
        self.outbox.values_mut().for_each(|rows| rows.retain(|_, event| *event != id));
        Some(entry)
    }

    pub(super) fn insert_seal(&mut self, seal: &Seal) {
        let (end, start) = seal_keys(seal);
        self.seal_starts.insert(start);
        self.seals.insert(end, seal.clone());
    }

    pub(super) fn remove_seal(&mut self, seal: &Seal) {
        let (end, start) = seal_keys(seal);
        self.seal_starts.remove(&start);
        self.seals.remove(&end);
    }

    /// The seals of a journal that end after a position, in order.
    pub(super) fn seals_of<'a>(&'a self, origin: &'a NodeId, after: Position) -> impl Iterator<Item = &'a Seal> {
        let seals = self.seals.range((origin.clone(), after)..);
        let seals = seals.take_while(move |((node, _), _)| node == origin).filter(move |((_, end), _)| *end > after);
        seals.map(|(_, seal)| seal)
    }
}

/// Where a seal is found: by its end, and by its start.
pub(super) fn seal_keys(seal: &Seal) -> ((NodeId, Position), (NodeId, Position)) {
    let body = seal.body();
    let start = Position::new(body.incarnation, body.first);
    ((body.origin.clone(), body.end()), (body.origin.clone(), start))
}
