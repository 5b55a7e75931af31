//! For tests: registries and complaint histories in few words. Names events by a hash of their text, not by the journal's.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::complaint::{Complaint, Outcome};
use super::custody::{Decision, HANDOVERS_MAX, decide, escalate};
use super::event::{Category, Change, Event, Filing, Header, PublicName};
use super::fold::fold;
use super::ids::{
    ComplaintId, EventHash, FederationId, NodeId, Position, SealingKeyId, SigningKeyId, StatementSignature, Timestamp,
};
use super::registry::Registry;
use super::terms::{Cause, Channel, Class, Reason, Visibility};
use super::tracking::TrackingNumber;
use super::unit::UnitCode;

pub(crate) fn unit(text: &str) -> UnitCode {
    UnitCode::parse(text).unwrap()
}

pub(crate) fn node(text: &str) -> NodeId {
    NodeId::parse(text).unwrap()
}

pub(crate) fn at(seq: u64) -> Position {
    Position::new(1, seq)
}

pub(crate) fn transfer(to: &str) -> Change {
    Change::Transfer { to: unit(to), reason: Reason::Competent }
}

pub(crate) fn disposed(to: &str) -> Change {
    Change::Disposed { unit: unit(to), reason: Reason::Competent }
}

pub(crate) const RETURN: Change = Change::Return { reason: Reason::NotMyAuthority };
pub(crate) const DEFERRED: Change = Change::Deferred { reason: Reason::Incomplete };
/// A complaint other than that of every story.
pub(crate) const OTHER: ComplaintId = ComplaintId([8; 16]);
pub(crate) const ARCHIVED: Change = Change::Archived { reason: Reason::Unrelated };

/// An event of these words; its name is a hash of them.
pub(crate) fn event(header: Header) -> Event {
    let mut hasher = DefaultHasher::new();
    format!("{header:?}").hash(&mut hasher);
    let mut hash = [0; 32];
    for chunk in hash.chunks_exact_mut(8) {
        hasher.write_u8(0);
        chunk.copy_from_slice(&hasher.finish().to_be_bytes());
    }
    Event { hash: EventHash(hash), header }
}

/// A header that says little.
pub(crate) fn header(node: NodeId, position: Position, change: Change) -> Header {
    Header {
        federation: FederationId::parse("test.example").unwrap(),
        unit: node.unit().cloned(),
        node,
        position,
        prev: None,
        complaint: Some(ComplaintId([7; 16])),
        opener: None,
        seen: None,
        registry: at(100),
        time: Timestamp(0),
        account: None,
        change,
        parts: Vec::new(),
    }
}

pub(crate) fn filing(about: Option<&str>) -> Filing {
    Filing {
        nonce: [1; 16],
        tracking: TrackingNumber::from_random(0),
        class: Class::Complaint,
        channel: Channel::Counter,
        on_behalf: false,
        visibility: Visibility::Open,
        category: Category::parse("roads").unwrap(),
        about: about.map(unit),
        area: None,
    }
}

/// A registry of these nodes and units (nodes are units too), known since position 1/100.
pub(crate) fn registry(nodes: &[&str], units: &[&str]) -> Registry {
    let mut registry = Registry::default();
    let name = PublicName::parse("A body").unwrap();
    let mut seq = 0;
    let mut say = |registry: &mut Registry, change| {
        seq += 1;
        registry.apply(&event(Header { complaint: None, ..header(NodeId::Hub, at(seq), change) }));
    };
    for code in nodes {
        say(&mut registry, enrolled(code));
    }
    for code in nodes {
        let change = endorsed(&registry, code);
        say(&mut registry, change);
    }
    for code in nodes.iter().chain(units) {
        say(&mut registry, crate::domain::Listing::named(unit(code), name.clone()).listed(None));
    }
    let change = crate::domain::Listing::named(unit("99"), name).listed(None);
    registry.apply(&event(Header { complaint: None, ..header(NodeId::Hub, at(100), change) }));
    registry
}

/// A node enrolled with keys that everybody in the tests has.
pub(crate) fn enrolled(code: &str) -> Change {
    Change::NodeEnrolled {
        node: unit(code),
        name: PublicName::parse("A body").unwrap(),
        signing_key: SigningKeyId([0; 32]),
        tls_key: [0; 32],
        sealing_key: SealingKeyId([0; 32]),
        after: Position::ZERO,
    }
}

/// Those keys, endorsed; the signature is not the domain's to look at.
pub(crate) fn endorsed(registry: &Registry, code: &str) -> Change {
    let keyed = registry.node(&node(code)).map(|entry| entry.keyed).unwrap_or_default();
    let by = registry.endorser(&unit(code)).and_then(|node| node.unit().cloned()).unwrap_or_else(UnitCode::root);
    Change::KeysEndorsed {
        node: unit(code),
        signing_key: SigningKeyId([0; 32]),
        sealing_key: SealingKeyId([0; 32]),
        keyed,
        by,
        signature: StatementSignature([0; 64]),
    }
}

/// Tells a registry one more thing.
pub(crate) fn tell(registry: &mut Registry, change: Change) {
    let at = registry.position().next();
    registry.apply(&event(Header { complaint: None, ..header(NodeId::Hub, at, change) }));
}

/// The federation of most tests: Padang with its agency, the province, a ministry's node and the national node.
pub(crate) fn federation() -> Registry {
    registry(&["id", "13", "13.71", "kl.pu"], &["13.71.dlh", "13.71.pu", "13.dinas", "kl.agama", "14", "15", "16"])
}

/// The category put right, the class with it.
pub(crate) fn recategorised(code: &str) -> Change {
    Change::Recategorised { category: Category::parse(code).unwrap(), class: Class::Information }
}

/// The history of one complaint in the making. Writers go on where their journals end.
#[derive(Clone)]
pub(crate) struct Story {
    pub(crate) registry: Registry,
    pub(crate) events: Vec<Event>,
    pub(crate) handovers_max: usize,
}

impl Story {
    /// A complaint filed at a node by its own unit, in the usual federation.
    pub(crate) fn filed(origin: &str) -> Self {
        Self::about(origin, None)
    }

    pub(crate) fn about(origin: &str, about: Option<&str>) -> Self {
        let filed = event(header(node(origin), at(1), Change::Filed(Box::new(filing(about)))));
        Self { registry: federation(), events: vec![filed], handovers_max: HANDOVERS_MAX }
    }

    pub(crate) fn fold(&self) -> Complaint {
        fold(&self.events).unwrap()
    }

    pub(crate) fn outcome(&self, event: EventHash) -> Outcome {
        *self.fold().outcomes.get(&event).unwrap()
    }

    pub(crate) fn opener(&self) -> EventHash {
        self.fold().epoch().opener
    }

    /// What a node would write now: its next position, under the present opener, having seen everything.
    pub(crate) fn draft(&self, writer: &NodeId, change: Change) -> Header {
        let complaint = self.fold();
        let last = self.events.iter().filter(|e| e.header.node == *writer).max_by_key(|e| e.header.position);
        let position = last.map_or(at(1), |last| last.header.position.next());
        let origin = change.role() == super::event::Role::Origin;
        Header {
            prev: last.map(|last| last.hash),
            opener: (!writer.is_hub()).then_some(if origin { complaint.filed } else { complaint.epoch().opener }),
            seen: (!writer.is_hub()).then_some(complaint.newest_origin),
            ..header(writer.clone(), position, change)
        }
    }

    pub(crate) fn push(&mut self, header: Header) -> EventHash {
        let event = event(header);
        self.events.push(event.clone());
        event.hash
    }

    /// A node writes a change, whether it may or not.
    pub(crate) fn writes(&mut self, writer: &str, change: Change) -> EventHash {
        self.push(self.draft(&node(writer), change))
    }

    /// The present custodian's node writes a change.
    pub(crate) fn holder(&mut self, change: Change) -> EventHash {
        let writer = self.fold().node().clone();
        self.push(self.draft(&writer, change))
    }

    /// A node writes a change under an older opener.
    pub(crate) fn under(&mut self, opener: EventHash, writer: &str, change: Change) -> EventHash {
        self.push(Header { opener: Some(opener), ..self.draft(&node(writer), change) })
    }

    /// A node writes a change, having seen origin events only up to `seen`.
    pub(crate) fn having_seen(&mut self, seen: EventHash, writer: &str, change: Change) -> EventHash {
        self.push(Header { seen: Some(seen), ..self.draft(&node(writer), change) })
    }

    pub(crate) fn hub(&mut self, change: Change) -> EventHash {
        self.push(self.draft(&NodeId::Hub, change))
    }

    pub(crate) fn decision(&self) -> Option<Decision> {
        let complaint = self.fold();
        let own = self.events.iter().filter(|event| event.header.node == *complaint.node());
        let stored = own.map(|event| event.header.position).max().unwrap_or_default();
        decide(&complaint, &self.events, &self.registry, stored, self.handovers_max)
    }

    /// The hub decides the pending proposal and records that.
    pub(crate) fn order(&mut self) -> EventHash {
        match self.decision().unwrap() {
            Decision::Move(moved) => self.hub(Change::Moved(moved)),
            Decision::Refuse { proposal, upto, reason } => self.hub(Change::MoveRefused { proposal, upto, reason }),
        }
    }

    /// The hub moves the complaint up, if there is anywhere to move it.
    pub(crate) fn escalate(&mut self, cause: Cause) -> Option<EventHash> {
        let moved = escalate(&self.fold(), &self.events, &self.registry, cause)?;
        Some(self.hub(Change::Moved(Box::new(moved))))
    }

    /// Accepted, transferred and moved.
    pub(crate) fn passed(&mut self, to: &str) -> EventHash {
        if self.fold().status() == super::complaint::Status::Received {
            self.holder(Change::Accepted);
        }
        self.holder(transfer(to));
        self.order()
    }
}
