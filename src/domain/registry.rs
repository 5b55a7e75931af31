//! The registry: which nodes and units exist, and who is at home where, at each position of the hub's journal.
//! A pure fold of the hub's registry events; keys are only remembered here, never used.

use std::collections::BTreeMap;

use super::event::{Change, Event, PublicName};
use super::ids::{NodeId, Position, SigningKeyId};
use super::unit::UnitCode;

/// What is known of every node and unit, with the position at which it came to be known.
#[derive(Clone, Default, Debug, PartialEq, Eq)]
pub struct Registry {
    position: Position,
    nodes: BTreeMap<UnitCode, NodeEntry>,
    units: BTreeMap<UnitCode, UnitEntry>,
}

/// A node as enrolled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeEntry {
    /// Where in the hub's journal it was first enrolled.
    pub enrolled: Position,
    /// Its public name.
    pub name: PublicName,
    /// Its signing keys, newest first.
    pub signing_keys: Vec<SigningKeyId>,
    /// SHA-256 of its TLS public key.
    pub tls_key: [u8; 32],
    /// If it was revoked: the last position of its journal that counts.
    pub revoked: Option<Position>,
    /// The lives of its journal after the first, oldest first.
    pub lives: Vec<Life>,
}

/// A later life of a node's journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// Its number.
    pub incarnation: u32,
    /// The last position of the life before it that counts.
    pub after: Position,
}

/// A unit as listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitEntry {
    /// Where in the hub's journal it was listed.
    pub listed: Position,
    /// Its public name.
    pub name: PublicName,
    /// Whether it no longer takes complaints.
    pub closed: bool,
}

impl Registry {
    /// Takes in one event of the hub's journal; others than registry events change nothing. Events come in journal order;
    /// one at or before the present position was taken in before and changes nothing.
    pub fn apply(&mut self, event: &Event) {
        let at = event.header.position;
        if !event.header.node.is_hub() || at <= self.position {
            return;
        }
        if event.header.change.role() != super::event::Role::Registry {
            return;
        }
        self.position = at;
        #[expect(clippy::wildcard_enum_match_arm, reason = "only registry changes reach this point")]
        match &event.header.change {
            Change::NodeEnrolled { node, name, signing_key, tls_key } => {
                self.enrol(at, node, name, *signing_key, *tls_key);
            }
            Change::NodeRevoked { node, last } => {
                if let Some(entry) = self.nodes.get_mut(node) {
                    entry.revoked = Some(*last);
                }
            }
            Change::IncarnationGranted { node, ended, incarnation } => {
                if let Some(entry) = self.nodes.get_mut(node) {
                    // Reinstating is a recovery: only a new life ends a revocation, and what was cut off stays so.
                    let after = entry.revoked.take().map_or(*ended, |last| last.min(*ended));
                    entry.lives.push(Life { incarnation: *incarnation, after });
                }
            }
            Change::UnitListed { unit, name } => {
                let entry = self.units.entry(unit.clone());
                let entry = entry.or_insert_with(|| UnitEntry { listed: at, name: name.clone(), closed: false });
                entry.name = name.clone();
                entry.closed = false;
            }
            Change::UnitClosed { unit } => {
                if let Some(entry) = self.units.get_mut(unit) {
                    entry.closed = true;
                }
            }
            _ => {}
        }
    }

    fn enrol(&mut self, at: Position, node: &UnitCode, name: &PublicName, key: SigningKeyId, tls_key: [u8; 32]) {
        let entry = self.nodes.entry(node.clone()).or_insert_with(|| NodeEntry {
            enrolled: at,
            name: name.clone(),
            signing_keys: Vec::new(),
            tls_key,
            revoked: None,
            lives: Vec::new(),
        });
        entry.name = name.clone();
        entry.tls_key = tls_key;
        entry.signing_keys.retain(|known| *known != key);
        entry.signing_keys.insert(0, key);
    }

    /// The newest registry event taken in.
    #[must_use]
    pub const fn position(&self) -> Position {
        self.position
    }

    /// The node at which a unit is at home now: the enrolled node with the longest matching prefix.
    #[must_use]
    pub fn home(&self, unit: &UnitCode) -> Option<NodeId> {
        self.home_at(unit, self.position)
    }

    /// The node at which a unit was at home at a position of the hub's journal.
    #[must_use]
    pub fn home_at(&self, unit: &UnitCode, at: Position) -> Option<NodeId> {
        let mut upwards = std::iter::once(unit.clone()).chain(unit.ancestors());
        upwards.find(|code| self.nodes.get(code).is_some_and(|entry| entry.enrolled <= at)).map(NodeId::Node)
    }

    /// Whether a unit was listed at a position and is at home at `node` there.
    #[must_use]
    pub fn is_home_at(&self, unit: &UnitCode, node: &NodeId, at: Position) -> bool {
        self.units.get(unit).is_some_and(|entry| entry.listed <= at) && self.home_at(unit, at).as_ref() == Some(node)
    }

    /// A unit's entry.
    #[must_use]
    pub fn unit(&self, unit: &UnitCode) -> Option<&UnitEntry> {
        self.units.get(unit)
    }

    /// All units by code.
    pub fn units(&self) -> impl Iterator<Item = (&UnitCode, &UnitEntry)> {
        self.units.iter()
    }

    /// A node's entry; the hub has none.
    #[must_use]
    pub fn node(&self, node: &NodeId) -> Option<&NodeEntry> {
        node.unit().and_then(|unit| self.nodes.get(unit))
    }

    /// All nodes by code.
    pub fn nodes(&self) -> impl Iterator<Item = (NodeId, &NodeEntry)> {
        self.nodes.iter().map(|(unit, entry)| (NodeId::Node(unit.clone()), entry))
    }

    /// The life of a node's journal that is granted now; the first is 1.
    #[must_use]
    pub fn incarnation(&self, node: &NodeId) -> u32 {
        self.node(node).and_then(|entry| entry.lives.last()).map_or(1, |life| life.incarnation)
    }

    /// Whether a place in a node's journal counts: in a life that was granted, not beyond the end of that life, and not
    /// beyond a revocation.
    #[must_use]
    pub fn counts(&self, node: &NodeId, position: Position) -> bool {
        let Some(entry) = self.node(node) else { return false };
        let granted = position.incarnation == 1 || entry.lives.iter().any(|l| l.incarnation == position.incarnation);
        let ended = entry.lives.iter().find(|life| life.incarnation > position.incarnation).map(|life| life.after);
        granted && ended.into_iter().chain(entry.revoked).all(|last| position <= last)
    }

    /// The last position of a node's journal that counts, if it was revoked.
    #[must_use]
    pub fn cut_off(&self, node: &NodeId) -> Option<Position> {
        self.node(node).and_then(|entry| entry.revoked)
    }

    /// Whether a unit may be given complaints: listed, open, and at home at a node that was not revoked.
    #[must_use]
    pub fn is_live(&self, unit: &UnitCode) -> bool {
        let open = self.units.get(unit).is_some_and(|entry| !entry.closed);
        open && self.home(unit).is_some_and(|node| self.cut_off(&node).is_none())
    }
}
