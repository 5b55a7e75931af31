//! Who can open what is sealed: the key of a part, wrapped to a node's sealing key. A wrap is part of a signed event and proves who
//! gave it. It draws no randomness and never shows a secret key.

use super::prefix;
use super::sealed::PartKey;
use super::sealing_key::{Sealed, SealingKey, seal};
use crate::domain::{FederationId, NodeId, PartRef, SealingKeyId, Wrap};

/// Most wraps in one event: so many fit into a header, whatever the names in it.
pub const WRAPS_MAX: usize = 16;

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
        self.present.public()
    }

    /// The key to which this node seals for itself: the one that is registered, if it is here, else the present one.
    #[must_use]
    pub fn own(&self, registered: Option<SealingKeyId>) -> SealingKeyId {
        registered.filter(|key| self.has(key)).unwrap_or_else(|| self.present())
    }

    /// Whether one of its keys is this one.
    #[must_use]
    pub fn has(&self, key: &SealingKeyId) -> bool {
        self.find(key).is_some()
    }

    fn find(&self, key: &SealingKeyId) -> Option<&SealingKey> {
        std::iter::once(&self.present).chain(&self.older).find(|own| own.public() == *key)
    }

    /// The key of the part that `reference` binds, out of a wrap; none if the wrap is for somebody else or does not open.
    #[must_use]
    pub fn unwrap(&self, wrap: &Wrap, federation: &FederationId, reference: &PartRef) -> Option<PartKey> {
        let own = self.find(&wrap.key)?;
        let sealed = Sealed { encapped: wrap.encapped, sealed: wrap.wrapped.to_vec() };
        let opened = own.open(&info(federation, reference, &wrap.to), &[], &sealed)?;
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
    let Sealed { encapped, sealed } = seal(recipient, &info(federation, reference, to), &[], &key.0[..], seed)?;
    Some(Wrap { part, to: to.clone(), key: *recipient, encapped, wrapped: sealed.try_into().ok()? })
}

/// What a wrap is bound to: nobody can pass it off as another part's or another node's. Its event's name is not in it, so that it
/// holds when the event is written again in a new life of its journal; the commitment, being salted, is nobody else's.
fn info(federation: &FederationId, reference: &PartRef, to: &NodeId) -> Vec<u8> {
    let sized = |text: &str| [&[u8::try_from(text.len()).unwrap_or(u8::MAX)], text.as_bytes()].concat();
    let part = [&[reference.kind.code()][..], &reference.commitment].concat();
    let body = [&sized(federation.as_str())[..], &part, &sized(to.as_str())].concat();
    prefix::GRANT.message(&body)
}

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
