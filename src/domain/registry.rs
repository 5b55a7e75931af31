//! The registry: which nodes and units exist, and who is at home where, at each position of the hub's journal.
//! A pure fold of the hub's registry events; keys are only remembered here, never used.

use std::collections::BTreeMap;

use super::event::{Change, Event, PublicName};
use super::ids::{EventHash, NodeId, Position, SealingKeyId, SigningKeyId};
use super::listing::Listing;
use super::terms::MoveRefusal;
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
    /// Where in the hub's journal its present keys, or those they follow from, were enrolled.
    pub keyed: Position,
    /// Its public name.
    pub name: PublicName,
    /// Its signing keys, newest first, each with the part of its journal that it signs.
    pub signing_keys: Vec<KeySpan>,
    /// The key to which content is sealed.
    pub sealing_key: SealingKeyId,
    /// SHA-256 of its TLS public key.
    pub tls_key: [u8; 32],
    /// Whether the node above it has endorsed its keys, or they follow from endorsed ones without a break.
    pub confirmed: bool,
    /// Whether its link is closed for the time being.
    pub suspended: bool,
    /// If it was revoked: the last position of its journal that counts.
    pub revoked: Option<Position>,
    /// The lives of its journal after the first, oldest first.
    pub lives: Vec<Life>,
}

/// A signing key, and from where on it signs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeySpan {
    /// The key.
    pub key: SigningKeyId,
    /// It signs positions after this one, up to where the next key begins.
    pub after: Position,
}

impl NodeEntry {
    /// Signs with another key from now on; the one in use goes on as it is.
    fn sign_with(&mut self, span: KeySpan) {
        if self.signing_key() != Some(span.key) {
            self.signing_keys.insert(0, span);
        }
    }

    /// The key that signs now.
    #[must_use]
    pub fn signing_key(&self) -> Option<SigningKeyId> {
        self.signing_keys.first().map(|span| span.key)
    }

    /// The key that signs a position of its journal. An older key signs nothing where a newer one does, so that whoever finds an
    /// old one cannot write history with it.
    #[must_use]
    pub fn signing_key_at(&self, position: Position) -> Option<SigningKeyId> {
        self.signing_keys.iter().find(|span| span.after < position).map(|span| span.key)
    }

    /// The key of a seal over these positions; none if no one key signs them all.
    #[must_use]
    pub fn seal_key(&self, first: Position, last: Position) -> Option<SigningKeyId> {
        self.signing_key_at(first).filter(|key| self.signing_key_at(last) == Some(*key))
    }
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
    /// What is known of it.
    pub listing: Listing,
    /// The declaration that said it last; none if it was the hub's operator.
    pub declared: Option<EventHash>,
    /// Whether it no longer takes complaints.
    pub closed: bool,
    /// The unit that has taken over what it did, if it was closed for that.
    pub into: Option<UnitCode>,
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
            Change::NodeEnrolled { node, name, signing_key, tls_key, sealing_key, after } => {
                let span = KeySpan { key: *signing_key, after: *after };
                self.enrol(at, node, name, span, *sealing_key, *tls_key);
            }
            Change::NodeSuspended { node } => self.change(node, |entry| entry.suspended = true),
            Change::NodeReinstated { node } => self.change(node, |entry| entry.suspended = false),
            Change::NodeCertified { node, tls_key } => self.change(node, |entry| entry.tls_key = *tls_key),
            Change::KeysRotated { node, after, signing_key, sealing_key, .. } => self.change(node, |entry| {
                entry.sign_with(KeySpan { key: *signing_key, after: *after });
                entry.sealing_key = *sealing_key;
            }),
            Change::KeysEndorsed { node, signing_key, sealing_key, keyed, by, .. } => {
                let entitled = self.may_endorse(&NodeId::Node(by.clone()), node);
                self.change(node, |entry| {
                    let keys = entry.signing_key() == Some(*signing_key) && entry.sealing_key == *sealing_key;
                    entry.confirmed |= entitled && keys && entry.keyed == *keyed;
                });
            }
            Change::NodeRevoked { node, last } => self.change(node, |entry| entry.revoked = Some(*last)),
            Change::IncarnationGranted { node, ended, incarnation } => {
                if let Some(entry) = self.nodes.get_mut(node) {
                    // Reinstating is a recovery: only a new life ends a revocation, and what was cut off stays so.
                    let after = entry.revoked.take().map_or(*ended, |last| last.min(*ended));
                    entry.lives.push(Life { incarnation: *incarnation, after });
                }
            }
            Change::UnitListed { listing, declared } => self.list(at, listing, *declared),
            Change::UnitClosed { unit, into, declared } => self.close(unit, into.as_ref(), *declared),
            _ => {}
        }
    }

    /// Lists a unit, or a listed one anew; a closed one is open again.
    fn list(&mut self, at: Position, listing: &Listing, declared: Option<EventHash>) {
        let listed = self.units.get(&listing.unit).map_or(at, |known| known.listed);
        let entry = UnitEntry { listed, listing: listing.clone(), declared, closed: false, into: None };
        self.units.insert(listing.unit.clone(), entry);
    }

    fn close(&mut self, unit: &UnitCode, into: Option<&UnitCode>, declared: Option<EventHash>) {
        if let Some(entry) = self.units.get_mut(unit) {
            (entry.closed, entry.into, entry.declared) = (true, into.cloned(), declared);
        }
    }

    /// Enrols a node, or an enrolled one anew. Keys that do not follow from the ones before must be endorsed again. Neither a revocation
    /// nor a suspension ends by it: a token may be older than they are.
    fn enrol(
        &mut self,
        at: Position,
        node: &UnitCode,
        name: &PublicName,
        span: KeySpan,
        sealing_key: SealingKeyId,
        tls_key: [u8; 32],
    ) {
        let entry = self.nodes.entry(node.clone()).or_insert_with(|| NodeEntry {
            enrolled: at,
            keyed: at,
            name: name.clone(),
            signing_keys: Vec::new(),
            sealing_key,
            tls_key,
            // There is nobody above `id`: it is believed at first sight, and people compare it where they join.
            confirmed: node.is_root(),
            suspended: false,
            revoked: None,
            lives: Vec::new(),
        });
        let first = entry.signing_keys.is_empty();
        if !first && (entry.signing_key() != Some(span.key) || entry.sealing_key != sealing_key) {
            entry.confirmed = false;
            entry.keyed = at;
        }
        entry.name = name.clone();
        entry.tls_key = tls_key;
        entry.sealing_key = sealing_key;
        entry.sign_with(span);
    }

    fn change(&mut self, node: &UnitCode, change: impl FnOnce(&mut NodeEntry)) {
        if let Some(entry) = self.nodes.get_mut(node) {
            change(entry);
        }
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

    /// Whether people have confirmed a node's keys, so that complaints may be moved and content sealed to it.
    #[must_use]
    pub fn is_confirmed(&self, node: &NodeId) -> bool {
        self.node(node).is_some_and(|entry| entry.confirmed)
    }

    /// The node above a node: whose people endorse its keys. None for `id`, and while there is none.
    #[must_use]
    pub fn endorser(&self, node: &UnitCode) -> Option<NodeId> {
        node.ancestors().find(|code| self.nodes.contains_key(code)).map(NodeId::Node)
    }

    /// Whether one node's word counts for another's keys: the confirmed node above it. For `id`, which nobody is above, that of a
    /// confirmed node directly below it.
    #[must_use]
    pub fn may_endorse(&self, by: &NodeId, node: &UnitCode) -> bool {
        let near = if node.is_root() {
            by.unit().and_then(|unit| self.endorser(unit)) == Some(NodeId::Node(node.clone()))
        } else {
            self.endorser(node).as_ref() == Some(by)
        };
        near && self.node(by).is_some_and(|entry| entry.confirmed && entry.revoked.is_none())
    }

    /// Whether a node may have a link: enrolled, neither revoked nor suspended.
    #[must_use]
    pub fn may_connect(&self, node: &NodeId) -> bool {
        self.node(node).is_some_and(|entry| entry.revoked.is_none() && !entry.suspended)
    }

    /// Whether a node may be given complaints: neither revoked nor suspended, and its keys confirmed.
    ///
    /// # Errors
    /// Says what stands against it.
    pub fn may_receive(&self, node: &NodeId) -> Result<(), MoveRefusal> {
        let entry = self.node(node).ok_or(MoveRefusal::UnknownUnit)?;
        if entry.revoked.is_some() {
            Err(MoveRefusal::RevokedNode)
        } else if entry.suspended {
            Err(MoveRefusal::SuspendedNode)
        } else if entry.confirmed {
            Ok(())
        } else {
            Err(MoveRefusal::Unconfirmed)
        }
    }

    /// The registry as it will be when the hub has published these declarations. A unit that is not listed yet is at home nowhere in
    /// it, at whatever position: nobody can act for it before everybody knows it.
    #[must_use]
    pub fn foreseen(&self, declared: &[Event]) -> Self {
        let mut ahead = self.clone();
        for event in declared {
            #[expect(clippy::wildcard_enum_match_arm, reason = "the others declare nothing")]
            match &event.header.change {
                Change::UnitDeclared(listing) => {
                    ahead.list(Position::new(u32::MAX, u64::MAX), listing, Some(event.hash));
                }
                Change::UnitRetired { unit, into } => ahead.close(unit, into.as_ref(), Some(event.hash)),
                _ => {}
            }
        }
        ahead
    }

    /// Whether a unit is known by declarations of this node alone.
    #[must_use]
    pub fn is_waiting(&self, unit: &UnitCode) -> bool {
        self.units.get(unit).is_some_and(|entry| entry.listed > self.position)
    }

    /// Whether it would change nothing to record this declaration of a node.
    #[must_use]
    pub fn says_already(&self, change: &Change) -> bool {
        #[expect(clippy::wildcard_enum_match_arm, reason = "the others declare nothing")]
        match change {
            Change::UnitDeclared(listing) => {
                self.unit(&listing.unit).is_some_and(|entry| !entry.closed && entry.listing == **listing)
            }
            Change::UnitRetired { unit, into } => {
                self.unit(unit).is_some_and(|entry| entry.closed && entry.into == *into)
            }
            _ => false,
        }
    }

    /// Whether a unit may be given complaints: listed, open, and at home at a node that was not revoked.
    #[must_use]
    pub fn is_live(&self, unit: &UnitCode) -> bool {
        let open = self.units.get(unit).is_some_and(|entry| !entry.closed);
        open && self.home(unit).is_some_and(|node| self.cut_off(&node).is_none())
    }
}
