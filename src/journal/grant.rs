//! Who can open what is sealed: the key of a part, wrapped to a node's sealing key by HPKE in base mode (RFC 9180;
//! DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305). A wrap is part of a signed event and proves who gave it. It
//! draws no randomness and never shows a secret key.

use std::convert::Infallible;
use std::fmt;

use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::rand_core::{TryCryptoRng, TryRng};
use hpke::{Deserializable as _, Kem, OpModeR, OpModeS, Serializable as _};
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize as _, Zeroizing};

use super::prefix;
use super::sealed::PartKey;
use crate::domain::{FederationId, NodeId, PartRef, SealingKeyId, Wrap};

/// Most wraps in one event: so many fit into a header, whatever the names in it.
pub const WRAPS_MAX: usize = 16;

type Private = <X25519HkdfSha256 as Kem>::PrivateKey;
type Public = <X25519HkdfSha256 as Kem>::PublicKey;

/// The secret X25519 key to which content is sealed.
#[derive(Clone)]
pub struct SealingKey {
    secret: Private,
    public: SealingKeyId,
}

impl SealingKey {
    /// The key that 32 secret random bytes are (RFC 7748 §5: any of them are a key).
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let secret = Private::from_bytes(seed).unwrap_or_else(|_| X25519HkdfSha256::derive_keypair(seed).0);
        let public = SealingKeyId(X25519HkdfSha256::sk_to_pk(&secret).to_bytes().into());
        Self { secret, public }
    }

    /// Its public half.
    #[must_use]
    pub const fn public(&self) -> SealingKeyId {
        self.public
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SealingKey").field(&self.public).finish()
    }
}

/// A node's sealing keys: the present one, and older ones for what was sealed to them.
#[derive(Clone, Debug)]
pub struct Keyring {
    present: SealingKey,
    older: Vec<SealingKey>,
}

impl Keyring {
    /// The ring of one key, and of older ones.
    #[must_use]
    pub fn new(present: SealingKey, older: impl IntoIterator<Item = SealingKey>) -> Self {
        Self { present, older: older.into_iter().collect() }
    }

    /// The present key's public half.
    #[must_use]
    pub const fn present(&self) -> SealingKeyId {
        self.present.public
    }

    /// Whether one of its keys is this one.
    #[must_use]
    pub fn has(&self, key: &SealingKeyId) -> bool {
        self.find(key).is_some()
    }

    fn find(&self, key: &SealingKeyId) -> Option<&SealingKey> {
        std::iter::once(&self.present).chain(&self.older).find(|own| own.public == *key)
    }

    /// The key of the part that `reference` binds, out of a wrap; none if the wrap is for somebody else or does not open.
    #[must_use]
    pub fn unwrap(&self, wrap: &Wrap, federation: &FederationId, reference: &PartRef) -> Option<PartKey> {
        let own = self.find(&wrap.key)?;
        let encapped = <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(&wrap.encapped).ok()?;
        let info = info(federation, reference, &wrap.to);
        let opened = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &own.secret,
            &encapped,
            &info,
            &wrap.wrapped,
            &[],
        );
        let opened = Zeroizing::new(opened.ok()?);
        <[u8; 32]>::try_from(&opened[..]).ok().map(PartKey::from_random)
    }
}

/// Wraps the key of part number `part`, which `reference` binds, to one recipient. `seed` is 32 fresh random bytes. None if the recipient's key is no
/// point of the curve that a secret can be agreed upon with.
#[must_use]
pub fn wrap(
    key: &PartKey,
    seed: [u8; 32],
    federation: &FederationId,
    part: u8,
    reference: &PartRef,
    (to, recipient): (&NodeId, &SealingKeyId),
) -> Option<Wrap> {
    let public = Public::from_bytes(&recipient.0).ok()?;
    let info = info(federation, reference, to);
    let mut drawn = Drawn { seed: Zeroizing::new(seed), blocks: 0 };
    let (encapped, wrapped) = hpke::single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
        &OpModeS::Base,
        &public,
        &info,
        &key.0[..],
        &[],
        &mut drawn,
    )
    .ok()?;
    let encapped = encapped.to_bytes().into();
    Some(Wrap { part, to: to.clone(), key: *recipient, encapped, wrapped: wrapped.try_into().ok()? })
}

/// What a wrap is bound to: nobody can pass it off as another part's or another node's. Its event's name is not in it, so that it
/// holds when the event is written again in a new life of its journal; the commitment, being salted, is nobody else's.
fn info(federation: &FederationId, reference: &PartRef, to: &NodeId) -> Vec<u8> {
    let sized = |text: &str| [&[u8::try_from(text.len()).unwrap_or(u8::MAX)], text.as_bytes()].concat();
    let part = [&[reference.kind.code()][..], &reference.commitment].concat();
    let body = [&sized(federation.as_str())[..], &part, &sized(to.as_str())].concat();
    prefix::GRANT.message(&body)
}

/// The randomness of one wrap, drawn before: SHA-256 of the seed and a counter.
struct Drawn {
    seed: Zeroizing<[u8; 32]>,
    blocks: u64,
}

impl TryRng for Drawn {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes).map(|()| u32::from_be_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes).map(|()| u64::from_be_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        for chunk in out.chunks_mut(32) {
            let hash = Sha256::new().chain_update(&self.seed[..]).chain_update(self.blocks.to_be_bytes());
            let mut block: [u8; 32] = hash.finalize().into();
            self.blocks = self.blocks.saturating_add(1);
            chunk.iter_mut().zip(block).for_each(|(slot, byte)| *slot = byte);
            block.zeroize();
        }
        Ok(())
    }
}

impl TryCryptoRng for Drawn {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::PartKind;
    use crate::journal::sample::{federation, node};
    use proptest::prelude::*;

    const PART: PartRef = PartRef { kind: PartKind::Narrative, commitment: [0x0e; 32] };

    fn key(byte: u8) -> SealingKey {
        SealingKey::from_seed(&[byte; 32])
    }

    fn wrapped(to: &SealingKey) -> Wrap {
        let key = PartKey::from_random([9; 32]);
        wrap(&key, [1; 32], &federation(), 1, &PART, (&node(), &to.public())).unwrap()
    }

    fn ring(present: u8, older: &[u8]) -> Keyring {
        Keyring::new(key(present), older.iter().map(|byte| key(*byte)))
    }

    #[test]
    fn recipient_cannot_open_what_was_granted() {
        let wrap = wrapped(&key(3));
        let expected = Some(PartKey::from_random([9; 32]));
        assert_eq!(ring(3, &[]).unwrap(&wrap, &federation(), &PART), expected);
        assert_eq!(ring(4, &[3]).unwrap(&wrap, &federation(), &PART), expected);
        assert_eq!(ring(4, &[]).unwrap(&wrap, &federation(), &PART), None);
    }

    #[test]
    fn wrap_is_passed_off_as_another() {
        let wrap = wrapped(&key(3));
        let unwrap = |wrap: &Wrap, part: &PartRef| ring(3, &[]).unwrap(wrap, &federation(), part);
        assert_eq!(unwrap(&wrap, &PartRef { commitment: [0x0f; 32], ..PART }), None);
        assert_eq!(unwrap(&wrap, &PartRef { kind: PartKind::Note, ..PART }), None);
        assert_eq!(unwrap(&Wrap { to: NodeId::Hub, ..wrap.clone() }, &PART), None);
        let mut altered = wrap;
        altered.wrapped[0] ^= 1;
        assert_eq!(unwrap(&altered, &PART), None);
    }

    #[test]
    fn two_wraps_of_one_key_are_alike() {
        let part = PartKey::from_random([9; 32]);
        let of = |seed| wrap(&part, [seed; 32], &federation(), 1, &PART, (&node(), &key(3).public())).unwrap();
        assert_ne!(of(1).encapped, of(2).encapped);
        assert_ne!(of(1).wrapped, of(2).wrapped);
        assert_eq!(of(1), of(1));
    }

    #[test]
    fn key_of_small_order_is_sealed_to() {
        let part = PartKey::from_random([9; 32]);
        assert_eq!(wrap(&part, [1; 32], &federation(), 1, &PART, (&node(), &SealingKeyId([0; 32]))), None);
    }

    #[test]
    fn debug_text_shows_the_secret() {
        let shown = format!("{:?} {:?}", key(0xa5), PartKey::from_random([0xa5; 32]));
        assert!(!shown.contains("a5a5") && !shown.contains("165"), "{shown}");
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_unwrap(encapped: [u8; 32], half: [u8; 24], other: [u8; 24]) {
            let wrapped: [u8; 48] = [half, other].concat().try_into().unwrap();
            let wrap = Wrap { encapped, wrapped, ..wrapped_to_three() };
            prop_assert_eq!(ring(3, &[]).unwrap(&wrap, &federation(), &PART), None);
        }
    }

    fn wrapped_to_three() -> Wrap {
        wrapped(&key(3))
    }
}
