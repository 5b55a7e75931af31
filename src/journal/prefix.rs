//! The closed list of domain-separation prefixes: every hash and every signature of Lintas begins with one of these,
//! so that bytes made for one purpose are nothing in another. It must hold them all; no other file may write one.

use sha2::{Digest, Sha256};

/// A purpose for which bytes are hashed or signed; followed by one zero byte. Only this list can make one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Prefix(&'static str);

/// Names an event: the hash of its header bytes.
pub const HEADER: Prefix = Prefix("lintas/header/v1");
/// Names a complaint: see `complaint_id`.
pub const COMPLAINT: Prefix = Prefix("lintas/complaint/v1");
/// Commits to a detachable part: see `part`.
pub const PART: Prefix = Prefix("lintas/part/v1");
/// Names a seal: the hash of its body.
pub const SEAL: Prefix = Prefix("lintas/seal/v1");
/// Names a copy of an event that stands where it does not belong.
pub const COPY: Prefix = Prefix("lintas/copy/v1");
/// Makes the nonce of a complaint that is taken over from another system: see `import_nonce`.
pub const IMPORT: Prefix = Prefix("lintas/import/v1");
/// Names a notice: see `notice_id`.
pub const NOTICE: Prefix = Prefix("lintas/notice/v1");
/// Names whoever runs a node, where no account is known: see `operator`.
pub const OPERATOR: Prefix = Prefix("lintas/operator/v1");
/// Names a session by its token, which is stored nowhere.
pub const SESSION: Prefix = Prefix("lintas/session/v1");
/// Names a request that takes two people.
pub const APPROVAL: Prefix = Prefix("lintas/approval/v1");
/// Signs a seal's body.
pub const SEAL_SIGNATURE: Prefix = Prefix("lintas/seal-signature/v1");
/// Signs a receipt.
pub const RECEIPT_SIGNATURE: Prefix = Prefix("lintas/receipt/v1");
/// Signs where the registry ends: see `registry_head`.
pub const REGISTRY_HEAD_SIGNATURE: Prefix = Prefix("lintas/registry-head/v1");
/// Signs a node's request for enrolment.
pub const ENROLMENT_SIGNATURE: Prefix = Prefix("lintas/enrolment/v1");
/// Binds a sealed part to its place: see `sealed`.
pub const SEALED_PART: Prefix = Prefix("lintas/sealed-part/v1");
/// Binds a wrapped key to its part and its recipient: see `grant`.
pub const GRANT: Prefix = Prefix("lintas/grant/v1");
/// Draws the keys of one transaction from its seed: see `sealed`.
pub const DRAWN: Prefix = Prefix("lintas/drawn/v1");
/// Binds a part as a store keeps it to its event: see `locked`.
pub const LOCKED_PART: Prefix = Prefix("lintas/locked-part/v1");
/// Names a storage key.
pub const STORAGE_KEY: Prefix = Prefix("lintas/storage-key/v1");

/// Signs what a node says of keys: see `statement`.
pub const STATEMENT_SIGNATURE: Prefix = Prefix("lintas/statement/v1");
/// Makes the code by which people compare keys: see `statement`.
pub const KEY_CODE: Prefix = Prefix("lintas/key-code/v1");

/// Checks that a joining token was copied whole: see `joining`.
pub const TOKEN: Prefix = Prefix("lintas/token/v1");
/// Hides a joining token's secret from whoever reads the database.
pub const TOKEN_SECRET: Prefix = Prefix("lintas/token-secret/v1");
/// Names the three keys of a node together.
pub const NODE_KEYS: Prefix = Prefix("lintas/node-keys/v1");
/// Signs that a node joins.
pub const JOIN_SIGNATURE: Prefix = Prefix("lintas/join/v1");
/// Seals what a node must open to join.
pub const JOIN_CHALLENGE: Prefix = Prefix("lintas/join-challenge/v1");
/// Signs that a node whose certificate has ended wants a new one.
pub const RENEWAL_SIGNATURE: Prefix = Prefix("lintas/renewal/v1");

/// All of them.
pub const ALL: [Prefix; 27] = [
    HEADER,
    COMPLAINT,
    PART,
    SEAL,
    COPY,
    IMPORT,
    NOTICE,
    OPERATOR,
    SESSION,
    APPROVAL,
    SEAL_SIGNATURE,
    RECEIPT_SIGNATURE,
    REGISTRY_HEAD_SIGNATURE,
    ENROLMENT_SIGNATURE,
    STATEMENT_SIGNATURE,
    KEY_CODE,
    TOKEN,
    TOKEN_SECRET,
    NODE_KEYS,
    JOIN_SIGNATURE,
    JOIN_CHALLENGE,
    RENEWAL_SIGNATURE,
    SEALED_PART,
    GRANT,
    DRAWN,
    LOCKED_PART,
    STORAGE_KEY,
];

impl Prefix {
    /// SHA-256 over the prefix, a zero byte and the pieces in order. Pieces of varying length must carry their length.
    pub(crate) fn hash(self, pieces: &[&[u8]]) -> [u8; 32] {
        let mut hasher = Sha256::new();
        hasher.update(self.0.as_bytes());
        hasher.update([0]);
        for piece in pieces {
            hasher.update(piece);
        }
        hasher.finalize().into()
    }

    /// The purpose as bytes, for what keeps purposes apart by itself (the `info` of HPKE).
    #[must_use]
    pub const fn purpose(self) -> &'static [u8] {
        self.0.as_bytes()
    }

    /// The bytes that a signature for this purpose covers.
    pub(super) fn message(self, body: &[u8]) -> Vec<u8> {
        [self.0.as_bytes(), &[0], body].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_one_purpose_read_as_another() {
        let begun: Vec<Vec<u8>> = ALL.iter().map(|prefix| prefix.message(b"")).collect();
        for (at, one) in begun.iter().enumerate() {
            for (other_at, other) in begun.iter().enumerate() {
                assert!(at == other_at || !other.starts_with(one), "{:?} begins {:?}", ALL.get(at), ALL.get(other_at));
            }
        }
        assert!(ALL.iter().all(|prefix| !prefix.0.is_empty() && !prefix.0.contains('\0')));
    }

    #[test]
    fn hash_leaves_the_prefix_out() {
        let whole: [u8; 32] = Sha256::digest(b"lintas/header/v1\0abc").into();
        assert_eq!(HEADER.hash(&[b"a", b"bc"]), whole);
    }
}
