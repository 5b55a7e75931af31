//! Sealed content: a part encrypted under a key of its own, padded so that its length says little. Who gets that key is
//! `grant`'s. It draws no randomness and stores nothing.

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, KeyInit as _, Nonce};
use zeroize::Zeroizing;

use super::part::{Body, Part};
use super::prefix;
use crate::domain::event::{PART_BYTES_MAX, PARTS_BYTES_MAX, PARTS_MAX};
use crate::domain::{ComplaintId, FederationId, PartRef, Position};

/// To which of these lengths content is padded, in bytes: the smallest that it fits. The last is [`PART_BYTES_MAX`].
pub const LENGTHS: [usize; 5] = [256, 1024, 4 * 1024, 16 * 1024, PART_BYTES_MAX];
/// Bytes of the salt and of the content's length, before the content.
const LEAD_BYTES: usize = 32 + 4;
/// Bytes of the authentication tag.
const TAG_BYTES: usize = 16;
/// Longest content of all parts of one event in bytes, sealed ones with their padding: padding makes it four times as much at
/// most, beyond the shortest length.
pub const SEALED_BYTES_MAX: usize = 4 * PARTS_BYTES_MAX + PARTS_MAX * (256 + LEAD_BYTES + TAG_BYTES);

/// The key of one sealed part; wiped from memory when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct PartKey(pub(super) Zeroizing<[u8; 32]>);

impl PartKey {
    /// The key that 32 fresh random bytes are. Never use one for two parts.
    #[must_use]
    pub fn from_random(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    fn cipher(&self) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new(&Key::from(*self.0))
    }
}

impl std::fmt::Debug for PartKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PartKey(secret)")
    }
}

/// 32 fresh random bytes from which one transaction draws its keys; wiped from memory when dropped.
#[derive(Clone)]
pub struct SecretSeed(Zeroizing<[u8; 32]>);

impl SecretSeed {
    /// The seed that 32 fresh random bytes are. Never use one for two transactions.
    #[must_use]
    pub fn from_random(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// 32 bytes for one purpose at one place of the own journal.
    #[must_use]
    pub fn draw(&self, purpose: &str, at: Position, part: u8, to: &str) -> [u8; 32] {
        let sized = |text: &str| [&[u8::try_from(text.len()).unwrap_or(u8::MAX)], text.as_bytes()].concat();
        let (purpose, to) = (sized(purpose), sized(to));
        let (life, seq) = (at.incarnation.to_be_bytes(), at.seq.to_be_bytes());
        prefix::DRAWN.hash(&[&self.0[..], &purpose, &life, &seq, &[part], &to])
    }
}

impl std::fmt::Debug for SecretSeed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretSeed(secret)")
    }
}

/// Why a sealed part cannot be read by somebody who has a key for it: a fault of its author.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, thiserror::Error)]
pub enum OpenError {
    /// The key does not open it.
    #[error("the key that came with it does not open it: ask its author to write it anew")]
    Key,
    /// It opens, but it is not what the header commits to.
    #[error("what was sealed is not what its author signed: ask the author to write it anew")]
    Mismatch,
}

/// Whether something sealed can have this length, in bytes.
#[must_use]
pub fn is_sealed_length(bytes: usize) -> bool {
    LENGTHS.iter().any(|length| length.saturating_add(LEAD_BYTES + TAG_BYTES) == bytes)
}

/// Seals a part of an event on a complaint: ChaCha20-Poly1305 (RFC 8439) over salt, length, content and zeros. The nonce is
/// zero, since a key seals once. None if the part cannot be read, or is longer than any part may be.
#[must_use]
pub fn seal(part: &Part, key: &PartKey, federation: &FederationId, complaint: ComplaintId) -> Option<Part> {
    let Body::Plain { salt, content } = &part.body else { return None };
    let padded = LENGTHS.into_iter().find(|length| content.len() <= *length)?;
    let length = u32::try_from(content.len()).ok()?;
    // Room for everything from the start: growing would leave copies of the content behind.
    let mut text = Zeroizing::new(Vec::with_capacity(padded.saturating_add(LEAD_BYTES)));
    text.extend_from_slice(salt);
    text.extend_from_slice(&length.to_be_bytes());
    text.extend_from_slice(content);
    text.resize(padded.saturating_add(LEAD_BYTES), 0);
    let bound = bound(&part.reference()?, federation, complaint);
    let sealed = key.cipher().encrypt(&Nonce::default(), Payload { msg: &text, aad: &bound }).ok()?;
    Some(Part { body: Body::Sealed(sealed), ..part.clone() })
}

/// Opens a sealed part and compares it with what the header commits to. One that is not sealed is given back as it is.
///
/// # Errors
/// If the key is not its key, or it holds something else than its author signed.
pub fn open(
    part: &Part,
    reference: &PartRef,
    key: &PartKey,
    federation: &FederationId,
    complaint: ComplaintId,
) -> Result<Part, OpenError> {
    let Body::Sealed(sealed) = &part.body else { return Ok(part.clone()) };
    let bound = bound(reference, federation, complaint);
    let text = key.cipher().decrypt(&Nonce::default(), Payload { msg: sealed, aad: &bound });
    let text = Zeroizing::new(text.map_err(|_| OpenError::Key)?);
    let (salt, rest) = text.split_first_chunk::<32>().ok_or(OpenError::Mismatch)?;
    let (length, rest) = rest.split_first_chunk::<4>().ok_or(OpenError::Mismatch)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| OpenError::Mismatch)?;
    let (content, padding) = rest.split_at_checked(length).ok_or(OpenError::Mismatch)?;
    let opened = Part::plain(part.index, part.kind, *salt, content.to_vec());
    if opened.matches(reference) && padding.iter().all(|byte| *byte == 0) {
        Ok(opened)
    } else {
        Err(OpenError::Mismatch)
    }
}

/// What a ciphertext is bound to: nobody can pass it off as another part's.
fn bound(reference: &PartRef, federation: &FederationId, complaint: ComplaintId) -> Vec<u8> {
    let name = federation.as_str().as_bytes();
    let length = u8::try_from(name.len()).unwrap_or(u8::MAX);
    let body = [&[length], name, &complaint.0[..], &[reference.kind.code()], &reference.commitment].concat();
    prefix::SEALED_PART.message(&body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::PartKind;
    use crate::journal::sample::federation;
    use proptest::prelude::*;

    const COMPLAINT: ComplaintId = ComplaintId([0xc0; 16]);

    fn key(byte: u8) -> PartKey {
        PartKey::from_random([byte; 32])
    }

    fn part(content: &[u8]) -> Part {
        Part::plain(1, PartKind::Narrative, [7; 32], content.to_vec())
    }

    fn sealed(part: &Part) -> Part {
        seal(part, &key(1), &federation(), COMPLAINT).unwrap()
    }

    fn opened(part: &Part, reference: &PartRef) -> Result<Part, OpenError> {
        open(part, reference, &key(1), &federation(), COMPLAINT)
    }

    proptest! {
        #[test]
        fn sealed_part_does_not_come_back(content in proptest::collection::vec(any::<u8>(), 0..2000)) {
            let part = part(&content);
            let sealed = sealed(&part);
            prop_assert!(sealed.is_sealed() && is_sealed_length(sealed.len()));
            prop_assert_eq!(opened(&sealed, &part.reference().unwrap()), Ok(part));
        }

        #[test]
        fn arbitrary_bytes_open(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let reference = part(b"x").reference().unwrap();
            let forged = Part { body: Body::Sealed(bytes), ..part(b"") };
            prop_assert_eq!(opened(&forged, &reference), Err(OpenError::Key));
        }
    }

    #[test]
    fn length_of_a_sealed_part_tells_the_length_of_its_text() {
        let lengths = [0, 1, 200, 256].map(|bytes| sealed(&part(&vec![b'x'; bytes])).len());
        assert_eq!(lengths, [308; 4]);
        for (bytes, padded) in [(257, 1024), (1025, 4096), (4097, 16384), (16385, PART_BYTES_MAX)] {
            assert_eq!(sealed(&part(&vec![b'x'; bytes])).len(), padded + 52);
        }
        assert_eq!(sealed(&part(&vec![b'x'; PART_BYTES_MAX])).len(), PART_BYTES_MAX + 52);
        assert!(seal(&part(&vec![b'x'; PART_BYTES_MAX + 1]), &key(1), &federation(), COMPLAINT).is_none());
        for odd in [0, 52, 307, 309, PART_BYTES_MAX + 53] {
            assert!(!is_sealed_length(odd), "{odd}");
        }
    }

    #[test]
    fn sealed_part_is_passed_off_as_another() {
        let (one, other) = (part(b"Jalan rusak."), part(b"Lampu mati."));
        let (sealed, reference) = (sealed(&one), one.reference().unwrap());
        assert_eq!(opened(&sealed, &other.reference().unwrap()), Err(OpenError::Key));
        assert_eq!(opened(&sealed, &PartRef { kind: PartKind::Note, ..reference }), Err(OpenError::Key));
        let elsewhere = open(&sealed, &reference, &key(1), &federation(), ComplaintId([1; 16]));
        assert_eq!(elsewhere, Err(OpenError::Key));
        assert_eq!(open(&sealed, &reference, &key(2), &federation(), COMPLAINT), Err(OpenError::Key));
    }

    #[test]
    fn author_seals_something_else_than_he_signed() {
        let (signed, told) = (part(b"Jalan rusak."), part(b"Lampu mati."));
        let reference = signed.reference().unwrap();
        // As only the author himself can: with the key, and bound to what he signed.
        let mut text = vec![7; 32];
        text.extend_from_slice(&11_u32.to_be_bytes());
        text.extend_from_slice(told.content().unwrap());
        text.resize(256 + LEAD_BYTES, 0);
        let bound = bound(&reference, &federation(), COMPLAINT);
        let body = key(1).cipher().encrypt(&Nonce::default(), Payload { msg: &text, aad: &bound }).unwrap();
        let forged = Part { body: Body::Sealed(body), ..signed };
        assert_eq!(opened(&forged, &reference), Err(OpenError::Mismatch));
    }
}
