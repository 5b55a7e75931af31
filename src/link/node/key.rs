//! With what a node signs: its present key, those it had, and those that are to follow. Which of them signs a place of its journal the
//! registry says, never the time.

use crate::domain::{FederationId, NodeId, Position, Registry, SealingKeyId, SigningKeyId};
use crate::journal::{SignedStatement, SigningKey, Statement};

/// The keys that are to follow.
#[derive(Debug)]
pub struct NextKeys {
    /// The signing key.
    pub signing: SigningKey,
    /// The sealing key.
    pub sealing: SealingKeyId,
}

/// With what a node signs, and for whom.
#[derive(Debug)]
pub struct NodeKey {
    /// The federation.
    pub federation: FederationId,
    /// The node.
    pub node: NodeId,
    /// The signing key.
    pub key: SigningKey,
    /// Those it had before: they sign nothing, and show what is its own.
    pub older: Vec<SigningKeyId>,
    /// Those that replace the present ones as soon as the hub has recorded it.
    pub next: Option<NextKeys>,
}

impl NodeKey {
    /// One key, and no other.
    #[must_use]
    pub const fn new(federation: FederationId, node: NodeId, key: SigningKey) -> Self {
        Self { federation, node, key, older: Vec::new(), next: None }
    }

    /// Every key that is, was or will be this node's.
    pub fn keys(&self) -> impl Iterator<Item = SigningKeyId> {
        self.signing().map(SigningKey::public).chain(self.older.iter().copied())
    }

    /// Those that can sign.
    fn signing(&self) -> impl Iterator<Item = &SigningKey> {
        std::iter::once(&self.key).chain(self.next.as_ref().map(|next| &next.signing))
    }

    fn find(&self, key: &SigningKeyId) -> Option<&SigningKey> {
        self.signing().find(|own| own.public() == *key)
    }

    /// The key that signs a place of the own journal; the present one if the registry does not know this node. None if the registry names
    /// one that is not here: what another key seals nobody would ever accept.
    #[must_use]
    pub fn key_at(&self, registry: &Registry, position: Position) -> Option<&SigningKey> {
        match registry.node(&self.node).and_then(|entry| entry.signing_key_at(position)) {
            Some(named) => self.find(&named),
            None => Some(&self.key),
        }
    }

    /// The key with which this node speaks now.
    #[must_use]
    pub fn present(&self, registry: &Registry) -> &SigningKey {
        let named = registry.node(&self.node).and_then(crate::domain::registry::NodeEntry::signing_key);
        named.and_then(|key| self.find(&key)).unwrap_or(&self.key)
    }

    /// What the hub is to be told so that the next keys follow the present ones, of a journal that is sealed up to `sealed`; none when there
    /// are none, the registry shows them, or it would not hold.
    ///
    /// As long as there is something to tell, nothing more may be sealed: whether the hub has recorded it is open, and with it which
    /// key signs what comes next.
    #[must_use]
    pub fn rotation(&self, registry: &Registry, sealed: Position) -> Option<SignedStatement> {
        let next = self.next.as_ref()?;
        let statement = Statement::Rotated {
            node: self.node.unit()?.clone(),
            after: sealed,
            signing_key: next.signing.public(),
            sealing_key: next.sealing,
        };
        let signed = statement.sign(&self.federation, self.present(registry));
        signed.check(&self.federation, registry).is_ok().then_some(signed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Change;
    use crate::domain::testing::{enrolled, node, tell, unit};

    const SEALED: Position = Position::new(1, 5);

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed([seed; 32])
    }

    /// Padang, enrolled with key 1, with key 2 to follow.
    fn padang() -> (NodeKey, Registry) {
        let mut registry = Registry::default();
        let Change::NodeEnrolled { node: code, name, tls_key, sealing_key, after, .. } = enrolled("13.71") else {
            panic!("it is an enrolment")
        };
        let signing_key = key(1).public();
        tell(&mut registry, Change::NodeEnrolled { node: code, name, signing_key, tls_key, sealing_key, after });
        let next = Some(NextKeys { signing: key(2), sealing: SealingKeyId([2; 32]) });
        let federation = FederationId::parse("lapor.test").unwrap();
        (NodeKey { next, ..NodeKey::new(federation, node("13.71"), key(1)) }, registry)
    }

    #[test]
    fn journal_goes_on_while_its_key_is_open() {
        let (keys, mut registry) = padang();
        let said = keys.rotation(&registry, SEALED).unwrap();
        assert_eq!(keys.key_at(&registry, SEALED.next()).unwrap().public(), key(1).public());
        tell(&mut registry, said.change());
        assert_eq!(keys.rotation(&registry, SEALED), None);
        assert_eq!(keys.key_at(&registry, SEALED).unwrap().public(), key(1).public());
        assert_eq!(keys.key_at(&registry, SEALED.next()).unwrap().public(), key(2).public());
        assert_eq!(keys.present(&registry).public(), key(2).public());
    }

    #[test]
    fn key_that_may_not_follow_holds_the_journal_up() {
        let (keys, mut registry) = padang();
        tell(&mut registry, Change::NodeRevoked { node: unit("13.71"), last: SEALED });
        assert_eq!(keys.rotation(&registry, SEALED), None);
        // A node that is in no registry yet is held up by nothing either.
        assert_eq!(keys.rotation(&Registry::default(), SEALED), None);
        assert_eq!(keys.key_at(&Registry::default(), SEALED).unwrap().public(), key(1).public());
    }

    #[test]
    fn journal_is_sealed_with_a_key_that_counts_no_more() {
        let (keys, registry) = padang();
        let keys = NodeKey { key: key(9), next: None, ..keys };
        assert!(keys.key_at(&registry, SEALED).is_none());
    }

    #[test]
    fn own_journal_of_an_older_key_is_a_strangers() {
        let (keys, _) = padang();
        let keys = NodeKey { older: vec![key(7).public()], ..keys };
        assert_eq!(keys.keys().collect::<Vec<_>>(), [1, 2, 7].map(|seed| key(seed).public()));
    }
}
