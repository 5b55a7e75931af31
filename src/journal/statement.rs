//! Statements: what a node says of keys under its own signing key, so that the hub can record it and nobody, the hub included, can
//! make it up. A statement names everything it depends on; whether its author may say it is the registry's to know.

use super::cbor::{Reader, Unreadable, Writer};
use super::prefix;
use super::signature::{self, SIGNATURE_BYTES, SigningKey};
use crate::domain::{
    Change, FederationId, NodeId, Position, Registry, SealingKeyId, SigningKeyId, StatementSignature, UnitCode,
};

/// Longest statement that is read, in bytes.
pub const STATEMENT_BYTES_MAX: usize = 512;
/// The version of the layout.
const VERSION: u64 = 1;
const ENDORSED: u8 = 1;
const ROTATED: u8 = 2;
/// Digits of a key code: 79 bits, so that no second pair of keys with the same code can be searched for.
const CODE_DIGITS: usize = 24;

/// What a node says of keys.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Statement {
    /// People of `by` compared the keys of `node` with what that node shows.
    Endorsed {
        /// Whose keys.
        node: UnitCode,
        /// Its signing key.
        signing_key: SigningKeyId,
        /// Its sealing key.
        sealing_key: SealingKeyId,
        /// Where in the hub's journal they were enrolled.
        keyed: Position,
        /// Who says so.
        by: UnitCode,
    },
    /// `node` has other keys from a place in its journal on.
    Rotated {
        /// Whose.
        node: UnitCode,
        /// Positions after this one are sealed with the new signing key.
        after: Position,
        /// The new signing key.
        signing_key: SigningKeyId,
        /// The new sealing key.
        sealing_key: SealingKeyId,
    },
}

/// A statement with its author's signature.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignedStatement {
    /// The federation it belongs to.
    pub federation: FederationId,
    /// What is said.
    pub statement: Statement,
    /// The signature over it.
    pub signature: StatementSignature,
}

/// Why a statement counts for nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum StatementError {
    /// Its bytes cannot be read.
    #[error("the statement cannot be read: {0}")]
    Field(#[from] Unreadable),
    /// A layout that this version does not know, too many bytes, or not the shortest form.
    #[error("the statement has a layout that this version does not read: upgrade")]
    Layout,
    /// Of another federation.
    #[error("the statement belongs to another federation")]
    Federation,
    /// It speaks of a node, of keys or of a place in a journal that are not, or no longer, what the registry says.
    #[error("the statement is not, or no longer, about the keys in the registry: look at them again")]
    Stale,
    /// Its author may not say it.
    #[error("the statement's author may not speak for these keys: only the confirmed node above may endorse them")]
    NotEntitled,
    /// The signature is not its author's.
    #[error("the statement is not signed by its author's present key")]
    Signature,
}

impl Statement {
    /// Signs it.
    #[must_use]
    pub fn sign(self, federation: &FederationId, key: &SigningKey) -> SignedStatement {
        let signature = StatementSignature(key.sign(prefix::STATEMENT_SIGNATURE, &self.encode(federation)));
        SignedStatement { federation: federation.clone(), statement: self, signature }
    }

    /// Whose word it is.
    #[must_use]
    pub const fn author(&self) -> &UnitCode {
        match self {
            Self::Endorsed { by, .. } => by,
            Self::Rotated { node, .. } => node,
        }
    }

    /// The bytes that the signature covers.
    fn encode(&self, federation: &FederationId) -> Vec<u8> {
        let mut w = Writer::default();
        match self {
            Self::Endorsed { node, signing_key, sealing_key, keyed, by } => {
                w.array(8).uint(VERSION).text(federation.as_str()).uint(ENDORSED).text(node.as_str());
                w.bytes(&signing_key.0).bytes(&sealing_key.0).position(*keyed).text(by.as_str());
            }
            Self::Rotated { node, after, signing_key, sealing_key } => {
                w.array(7).uint(VERSION).text(federation.as_str()).uint(ROTATED).text(node.as_str());
                w.position(*after).bytes(&signing_key.0).bytes(&sealing_key.0);
            }
        }
        w.finish()
    }
}

impl SignedStatement {
    /// Reads a statement strictly; whether it holds is [`SignedStatement::check`]'s to say.
    ///
    /// # Errors
    /// If the bytes are not the one form of a statement.
    pub fn read(bytes: &[u8], signature: [u8; SIGNATURE_BYTES]) -> Result<Self, StatementError> {
        if bytes.len() > STATEMENT_BYTES_MAX {
            return Err(StatementError::Layout);
        }
        let (federation, statement) = decode(bytes)?;
        if statement.encode(&federation) != bytes {
            return Err(StatementError::Layout);
        }
        Ok(Self { federation, statement, signature: StatementSignature(signature) })
    }

    /// The bytes that were signed.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.statement.encode(&self.federation)
    }

    /// The registry event that records it.
    #[must_use]
    pub fn change(self) -> Change {
        let signature = self.signature;
        match self.statement {
            Statement::Endorsed { node, signing_key, sealing_key, keyed, by } => {
                Change::KeysEndorsed { node, signing_key, sealing_key, keyed, by, signature }
            }
            Statement::Rotated { node, after, signing_key, sealing_key } => {
                Change::KeysRotated { node, after, signing_key, sealing_key, signature }
            }
        }
    }

    /// The statement in a registry event of a federation; none in any other.
    #[must_use]
    pub fn of(federation: &FederationId, change: &Change) -> Option<Self> {
        let federation = federation.clone();
        #[expect(clippy::wildcard_enum_match_arm, reason = "the others hold no statement")]
        match change.clone() {
            Change::KeysEndorsed { node, signing_key, sealing_key, keyed, by, signature } => {
                let statement = Statement::Endorsed { node, signing_key, sealing_key, keyed, by };
                Some(Self { federation, statement, signature })
            }
            Change::KeysRotated { node, after, signing_key, sealing_key, signature } => {
                let statement = Statement::Rotated { node, after, signing_key, sealing_key };
                Some(Self { federation, statement, signature })
            }
            _ => None,
        }
    }

    /// Whether it holds as the registry stands: its author may say it, of keys that are there, and signed it.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn check(&self, federation: &FederationId, registry: &Registry) -> Result<(), StatementError> {
        if self.federation != *federation {
            return Err(StatementError::Federation);
        }
        let entry = |unit: &UnitCode| registry.node(&NodeId::Node(unit.clone())).ok_or(StatementError::Stale);
        match &self.statement {
            Statement::Endorsed { node, signing_key, sealing_key, keyed, by } => {
                let endorsed = entry(node)?;
                let same = endorsed.signing_key() == Some(*signing_key) && endorsed.sealing_key == *sealing_key;
                // What is confirmed already is not said again: the registry would grow with every repetition.
                if !same || endorsed.keyed != *keyed || endorsed.confirmed {
                    return Err(StatementError::Stale);
                }
                if !registry.may_endorse(&NodeId::Node(by.clone()), node) {
                    return Err(StatementError::NotEntitled);
                }
            }
            Statement::Rotated { node, after, signing_key, sealing_key } => {
                let rotated = entry(node)?;
                let same = rotated.signing_key() == Some(*signing_key) && rotated.sealing_key == *sealing_key;
                // An old key signs no part of the journal that is another's already; and between two rotations lies something.
                let backwards = rotated.signing_keys.first().is_some_and(|span| *after <= span.after);
                if same || backwards || rotated.revoked.is_some() {
                    return Err(StatementError::Stale);
                }
            }
        }
        let key = entry(self.statement.author())?.signing_key().ok_or(StatementError::Stale)?;
        let message = self.statement.encode(federation);
        if signature::verify(&key, prefix::STATEMENT_SIGNATURE, &message, &self.signature.0) {
            Ok(())
        } else {
            Err(StatementError::Signature)
        }
    }
}

fn decode(bytes: &[u8]) -> Result<(FederationId, Statement), StatementError> {
    let mut r = Reader::new(bytes);
    let fields = r.items("statement")?;
    if r.uint::<u64>("version")? != VERSION {
        return Err(StatementError::Layout);
    }
    let federation = r.federation("federation")?;
    let kind: u8 = r.uint("kind")?;
    let node = r.unit("node")?;
    let statement = match (kind, fields) {
        (ENDORSED, 8) => {
            let signing_key = r.fixed("signing key").map(SigningKeyId)?;
            let sealing_key = r.fixed("sealing key").map(SealingKeyId)?;
            Statement::Endorsed { node, signing_key, sealing_key, keyed: r.position("keyed")?, by: r.unit("by")? }
        }
        (ROTATED, 7) => {
            let after = r.position("after")?;
            let signing_key = r.fixed("signing key").map(SigningKeyId)?;
            Statement::Rotated { node, after, signing_key, sealing_key: r.fixed("sealing key").map(SealingKeyId)? }
        }
        _ => return Err(StatementError::Layout),
    };
    r.end()?;
    Ok((federation, statement))
}

/// The code by which people compare a node's keys over the telephone: 24 digits in six groups.
#[must_use]
pub fn key_code(
    federation: &FederationId,
    node: &UnitCode,
    signing_key: &SigningKeyId,
    sealing_key: &SealingKeyId,
) -> String {
    let mut w = Writer::default();
    w.array(4).text(federation.as_str()).text(node.as_str()).bytes(&signing_key.0).bytes(&sealing_key.0);
    let hash = prefix::KEY_CODE.hash(&[&w.finish()]);
    let mut value = hash.iter().take(16).fold(0_u128, |value, byte| (value << 8) | u128::from(*byte));
    let mut digits = ['0'; CODE_DIGITS];
    for digit in digits.iter_mut().rev() {
        *digit = char::from_digit(u32::try_from(value % 10).unwrap_or(0), 10).unwrap_or('0');
        value /= 10;
    }
    digits.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::event::PublicName;
    use crate::domain::{Event, EventHash, Header, Timestamp};
    use crate::journal::sample::{federation, unit};

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed([seed; 32])
    }

    fn tell(registry: &mut Registry, change: Change) {
        let header = Header {
            federation: federation(),
            node: NodeId::Hub,
            position: Position::new(1, registry.position().seq + 1),
            prev: None,
            complaint: None,
            opener: None,
            seen: None,
            registry: registry.position(),
            time: Timestamp(0),
            unit: None,
            account: None,
            change,
            parts: Vec::new(),
        };
        registry.apply(&Event { hash: EventHash([0; 32]), header });
    }

    fn enrolled(code: &str, seed: u8) -> Change {
        Change::NodeEnrolled {
            node: unit(code),
            name: PublicName::parse(code).unwrap(),
            signing_key: key(seed).public(),
            tls_key: [seed; 32],
            sealing_key: SealingKeyId([seed; 32]),
            after: Position::ZERO,
        }
    }

    fn registry() -> Registry {
        let mut registry = Registry::default();
        for (code, seed) in [("id", 1), ("13", 2), ("13.71", 3), ("kl.pu", 4)] {
            tell(&mut registry, enrolled(code, seed));
        }
        registry
    }

    fn endorsement(registry: &Registry, code: &str, by: &str, seed: u8) -> SignedStatement {
        let entry = registry.node(&NodeId::Node(unit(code))).unwrap();
        let (signing_key, sealing_key) = (entry.signing_key().unwrap(), entry.sealing_key);
        let (node, keyed, by) = (unit(code), entry.keyed, unit(by));
        Statement::Endorsed { node, signing_key, sealing_key, keyed, by }.sign(&federation(), &key(seed))
    }

    fn rotation(code: &str, after: u64, seed: u8) -> Statement {
        let (signing_key, sealing_key) = (key(seed).public(), SealingKeyId([seed; 32]));
        Statement::Rotated { node: unit(code), after: Position::new(1, after), signing_key, sealing_key }
    }

    #[test]
    fn unconfirmed_or_distant_node_endorses() {
        let mut registry = registry();
        let check = |registry: &Registry, statement: &SignedStatement| statement.check(&federation(), registry);
        let early = endorsement(&registry, "13.71", "13", 2);
        assert_eq!(check(&registry, &early), Err(StatementError::NotEntitled), "13 is not confirmed itself");
        let province = endorsement(&registry, "13", "id", 1);
        assert_eq!(check(&registry, &province), Ok(()));
        tell(&mut registry, province.change());
        assert!(registry.is_confirmed(&NodeId::Node(unit("13"))));
        for (by, seed) in [("id", 1), ("kl.pu", 4), ("13.71", 3)] {
            let wrong = endorsement(&registry, "13.71", by, seed);
            assert_eq!(check(&registry, &wrong), Err(StatementError::NotEntitled), "{by}");
        }
        assert_eq!(check(&registry, &early), Ok(()));
        tell(&mut registry, early.change());
        assert!(registry.is_confirmed(&NodeId::Node(unit("13.71"))));
    }

    #[test]
    fn hub_reenrols_city_and_replays_its_endorsement() {
        let mut registry = registry();
        let endorsed = endorsement(&registry, "13", "id", 1);
        tell(&mut registry, endorsed.clone().change());
        tell(&mut registry, enrolled("13", 66));
        assert!(!registry.is_confirmed(&NodeId::Node(unit("13"))), "other keys are confirmed unseen");
        // The old keys again, with the old endorsement: it spoke of another enrolment.
        tell(&mut registry, enrolled("13", 2));
        assert_eq!(endorsed.check(&federation(), &registry), Err(StatementError::Stale));
        tell(&mut registry, endorsed.change());
        assert!(!registry.is_confirmed(&NodeId::Node(unit("13"))));
    }

    #[test]
    fn hub_signs_in_a_nodes_place() {
        let registry = registry();
        let forged = endorsement(&registry, "13", "id", 66);
        assert_eq!(forged.check(&federation(), &registry), Err(StatementError::Signature));
        let good = endorsement(&registry, "13", "id", 1);
        let elsewhere = FederationId::parse("elsewhere.test").unwrap();
        assert_eq!(good.check(&elsewhere, &registry), Err(StatementError::Federation));
        let forged = rotation("13", 5, 66).sign(&federation(), &key(66));
        assert_eq!(forged.check(&federation(), &registry), Err(StatementError::Signature));
    }

    #[test]
    fn stolen_old_key_backdates_after_rotation() {
        let mut registry = registry();
        let node = NodeId::Node(unit("13.71"));
        let rotated = rotation("13.71", 40, 33).sign(&federation(), &key(3));
        assert_eq!(rotated.check(&federation(), &registry), Ok(()));
        tell(&mut registry, rotated.clone().change());
        let entry = registry.node(&node).unwrap();
        let at = |seq| entry.signing_key_at(Position::new(1, seq)).unwrap();
        assert_eq!((at(1), at(40), at(41)), (key(3).public(), key(3).public(), key(33).public()));
        assert_eq!(entry.seal_key(Position::new(1, 40), Position::new(1, 41)), None, "a seal over both keys' parts");
        assert_eq!(entry.signing_key_at(Position::new(2, 1)), Some(key(33).public()));
        // With the old key nothing more can be said, and nothing before the change is the new one's.
        assert_eq!(rotated.check(&federation(), &registry), Err(StatementError::Stale));
        let stolen = rotation("13.71", 50, 99).sign(&federation(), &key(3));
        assert_eq!(stolen.check(&federation(), &registry), Err(StatementError::Signature));
        let back = rotation("13.71", 39, 34).sign(&federation(), &key(33));
        assert_eq!(back.check(&federation(), &registry), Err(StatementError::Stale));
    }

    #[test]
    fn statement_is_recorded_again_and_again() {
        let mut registry = registry();
        let endorsed = endorsement(&registry, "13", "id", 1);
        tell(&mut registry, endorsed.clone().change());
        assert_eq!(endorsed.check(&federation(), &registry), Err(StatementError::Stale));
        tell(&mut registry, rotation("13", 9, 22).sign(&federation(), &key(2)).change());
        let again = |after| rotation("13", after, 23).sign(&federation(), &key(22));
        assert_eq!(again(9).check(&federation(), &registry), Err(StatementError::Stale), "nothing lies in between");
        assert_eq!(again(10).check(&federation(), &registry), Ok(()));
    }

    #[test]
    fn rotation_loses_the_confirmation() {
        let mut registry = registry();
        let node = NodeId::Node(unit("13"));
        let endorsed = endorsement(&registry, "13", "id", 1);
        tell(&mut registry, endorsed.change());
        tell(&mut registry, rotation("13", 9, 22).sign(&federation(), &key(2)).change());
        assert!(registry.is_confirmed(&node));
        assert_eq!(registry.node(&node).unwrap().sealing_key, SealingKeyId([22; 32]));
    }

    #[test]
    fn statement_is_lost_in_its_event_or_its_bytes() {
        let registry = registry();
        for signed in [endorsement(&registry, "13", "id", 1), rotation("13", 4, 5).sign(&federation(), &key(2))] {
            assert_eq!(SignedStatement::of(&federation(), &signed.clone().change()), Some(signed.clone()));
            let read = SignedStatement::read(&signed.bytes(), signed.signature.0);
            assert_eq!(read, Ok(signed));
        }
        assert_eq!(SignedStatement::of(&federation(), &Change::Accepted), None);
    }

    #[test]
    fn key_code_misses_a_field() {
        let code = |federation: &str, node: &str, signing: u8, sealing: u8| {
            let federation = FederationId::parse(federation).unwrap();
            key_code(&federation, &unit(node), &SigningKeyId([signing; 32]), &SealingKeyId([sealing; 32]))
        };
        let codes = [code("a", "13", 1, 2), code("b", "13", 1, 2), code("a", "14", 1, 2), code("a", "13", 3, 2)];
        let all: std::collections::BTreeSet<_> = codes.iter().cloned().chain([code("a", "13", 1, 3)]).collect();
        assert_eq!(all.len(), 5);
        assert!(codes[0].len() == 29 && codes[0].split(' ').all(|group| group.len() == 4), "{}", codes[0]);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_stop_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..600), signature: [u8; 32]) {
            let signature = [signature, signature].concat().try_into().unwrap();
            if let Ok(read) = SignedStatement::read(&bytes, signature) {
                prop_assert_eq!(read.bytes(), bytes);
            }
        }
    }
}
