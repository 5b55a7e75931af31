//! What is hashed and signed when a node joins or comes back: exact bytes only. Who may join is the registrar's.

use super::Prefix;
use super::prefix::{JOIN_SIGNATURE, NODE_KEYS, RENEWAL_SIGNATURE, TOKEN, TOKEN_SECRET};
use super::signature::{self, SigningKey};
use crate::domain::{FederationId, SealingKeyId, SigningKeyId, TokenId, UnitCode};

/// Bytes of a token's check sum.
pub const TOKEN_CHECK_BYTES: usize = 4;

/// The first bytes of the hash of a token's other bytes.
#[must_use]
pub fn token_check(bytes: &[u8]) -> [u8; TOKEN_CHECK_BYTES] {
    let [a, b, c, d, ..] = TOKEN.hash(&[bytes]);
    [a, b, c, d]
}

/// What the hub keeps of a token's secret: 256 random bits need no slow hash.
#[must_use]
pub fn token_secret(secret: &[u8; 32]) -> [u8; 32] {
    TOKEN_SECRET.hash(&[secret])
}

/// The public keys with which a node joins: of TLS the hash, as the registry has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NodeKeys {
    /// SHA-256 of the `SubjectPublicKeyInfo` of its TLS key.
    pub tls: [u8; 32],
    /// The key that signs its journal.
    pub signing: SigningKeyId,
    /// The key to which content is sealed.
    pub sealing: SealingKeyId,
}

impl NodeKeys {
    /// One hash for all three.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        NODE_KEYS.hash(&[&self.tls, &self.signing.0, &self.sealing.0])
    }
}

/// What a node says when it joins, signed with its signing key: the whole request, and what only this hub can have asked.
#[derive(Clone, Copy, Debug)]
pub struct JoinStatement<'a> {
    /// The federation.
    pub federation: &'a FederationId,
    /// The unit that the node is for.
    pub node: &'a UnitCode,
    /// The token's name.
    pub token: TokenId,
    /// Its keys.
    pub keys: &'a NodeKeys,
    /// The hub's random bytes.
    pub nonce: &'a [u8; 32],
}

impl JoinStatement<'_> {
    /// Signs it.
    #[must_use]
    pub fn sign(&self, key: &SigningKey) -> [u8; 64] {
        key.sign(JOIN_SIGNATURE, &self.bytes())
    }

    /// Whether the signing key that it names has signed it.
    #[must_use]
    pub fn is_signed(&self, signature: &[u8; 64]) -> bool {
        signature::verify(&self.keys.signing, JOIN_SIGNATURE, &self.bytes(), signature)
    }

    fn bytes(&self) -> Vec<u8> {
        let Self { federation, node, token, keys, nonce } = self;
        framed(&[
            federation.as_str().as_bytes(),
            node.as_str().as_bytes(),
            &token.0,
            &keys.tls,
            &keys.signing.0,
            &keys.sealing.0,
            &nonce[..],
        ])
    }
}

/// What a node says whose certificate has ended: that it is still the one, and which TLS key is to be certified.
#[derive(Clone, Copy, Debug)]
pub struct RenewalStatement<'a> {
    /// The federation.
    pub federation: &'a FederationId,
    /// The node's unit.
    pub node: &'a UnitCode,
    /// SHA-256 of the `SubjectPublicKeyInfo` of the TLS key to be certified.
    pub tls: &'a [u8; 32],
    /// The hub's random bytes.
    pub nonce: &'a [u8; 32],
}

impl RenewalStatement<'_> {
    /// Signs it.
    #[must_use]
    pub fn sign(&self, key: &SigningKey) -> [u8; 64] {
        key.sign(RENEWAL_SIGNATURE, &self.bytes())
    }

    /// Whether `key` has signed it.
    #[must_use]
    pub fn is_signed_by(&self, key: &SigningKeyId, signature: &[u8; 64]) -> bool {
        signature::verify(key, RENEWAL_SIGNATURE, &self.bytes(), signature)
    }

    fn bytes(&self) -> Vec<u8> {
        let Self { federation, node, tls, nonce } = self;
        framed(&[federation.as_str().as_bytes(), node.as_str().as_bytes(), &tls[..], &nonce[..]])
    }
}

/// The purpose under which the hub seals what a joining node must open.
pub const CHALLENGE: Prefix = super::prefix::JOIN_CHALLENGE;

/// The context of such a challenge: it opens in no other joining.
#[must_use]
pub fn challenge_context(federation: &FederationId, token: TokenId, nonce: &[u8; 32]) -> Vec<u8> {
    framed(&[federation.as_str().as_bytes(), &token.0, &nonce[..]])
}

/// Pieces one after the other, each with its length before it.
fn framed(pieces: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for piece in pieces {
        bytes.extend(u64::try_from(piece.len()).unwrap_or(u64::MAX).to_be_bytes());
        bytes.extend(*piece);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statement_of_one_joining_serves_another() {
        let key = SigningKey::from_seed([7; 32]);
        let federation = FederationId::parse("lapor.go.id").unwrap();
        let (node, other) = (UnitCode::parse("13.71").unwrap(), UnitCode::parse("13.72").unwrap());
        let keys = NodeKeys { tls: [1; 32], signing: key.public(), sealing: SealingKeyId([2; 32]) };
        let nonce = [3; 32];
        let said =
            JoinStatement { federation: &federation, node: &node, token: TokenId([4; 16]), keys: &keys, nonce: &nonce };
        let signature = said.sign(&key);
        assert!(said.is_signed(&signature));
        assert!(!JoinStatement { node: &other, ..said }.is_signed(&signature));
        assert!(!JoinStatement { token: TokenId([5; 16]), ..said }.is_signed(&signature));
        assert!(!JoinStatement { nonce: &[4; 32], ..said }.is_signed(&signature));
        for changed in [
            NodeKeys { tls: [9; 32], ..keys },
            NodeKeys { sealing: SealingKeyId([9; 32]), ..keys },
            NodeKeys { signing: SigningKey::from_seed([8; 32]).public(), ..keys },
        ] {
            assert!(!JoinStatement { keys: &changed, ..said }.is_signed(&signature));
            assert_ne!(changed.hash(), keys.hash());
        }
        let renewal = RenewalStatement { federation: &federation, node: &node, tls: &[1; 32], nonce: &nonce };
        let signature = renewal.sign(&key);
        assert!(renewal.is_signed_by(&key.public(), &signature));
        assert!(!RenewalStatement { tls: &[2; 32], ..renewal }.is_signed_by(&key.public(), &signature));
        assert!(!said.is_signed(&signature));
    }
}
