//! Content at rest: a part encrypted under a key of its own, which is wrapped by a storage key that lies outside the database.
//! Whoever has the disk and not that key has ciphertext. It draws no randomness and stores nothing.

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, KeyInit as _, Nonce, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::part::{Body, Part};
use super::prefix;
use crate::domain::EventHash;

/// The only layout so far: layout, storage key's name (8 bytes), nonce (24), wrapped key (48), ciphertext.
const LAYOUT: u8 = 1;
/// Bytes of a storage key's name.
pub const NAME_BYTES: usize = 8;
const NONCE_BYTES: usize = 24;
const WRAPPED_BYTES: usize = 32 + 16;

/// A storage key's name: it says nothing of the key.
pub type StorageKeyId = [u8; NAME_BYTES];

/// The key that wraps the keys of stored parts; wiped from memory when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct StorageKey {
    secret: Zeroizing<[u8; 32]>,
    id: StorageKeyId,
}

impl StorageKey {
    /// The key that 32 secret random bytes are.
    #[must_use]
    pub fn new(secret: Zeroizing<[u8; 32]>) -> Self {
        let hash = prefix::STORAGE_KEY.hash(&[&secret[..]]);
        let mut id = [0; NAME_BYTES];
        id.iter_mut().zip(hash).for_each(|(slot, byte)| *slot = byte);
        Self { secret, id }
    }

    /// Its name: the beginning of a hash.
    #[must_use]
    pub const fn id(&self) -> StorageKeyId {
        self.id
    }

    /// The secret bytes, for a recovery kit.
    #[must_use]
    pub const fn secret(&self) -> &Zeroizing<[u8; 32]> {
        &self.secret
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&Key::from(*self.secret))
    }
}

impl std::fmt::Debug for StorageKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("StorageKey").field(&data_encoding::HEXLOWER.encode(&self.id)).finish()
    }
}

/// What locking one part draws: a key of its own, and the nonce of its wrap. Use one once.
pub struct Draw {
    /// 32 fresh random bytes.
    pub key: Zeroizing<[u8; 32]>,
    /// 24 fresh random bytes.
    pub nonce: [u8; NONCE_BYTES],
}

/// Why stored content cannot be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LockedError {
    /// None of the keys is the one that locked it; holds that key's name.
    #[error("it is locked with the storage key {}, which is not here: give the key that it was locked with", data_encoding::HEXLOWER.encode(.0))]
    Key(StorageKeyId),
    /// It has another layout, was altered, or belongs to another event.
    #[error("its stored content has been altered: restore it from a backup")]
    Altered,
}

/// The name of the key that locked a record; none if it is none.
#[must_use]
pub fn key_of(record: &[u8]) -> Option<StorageKeyId> {
    Record::read(record).ok().map(|read| *read.id)
}

/// Locks a readable part of an event. One that is sealed, or locked already, is given back as it is.
#[must_use]
pub fn lock(part: &Part, event: &EventHash, storage: &StorageKey, draw: &Draw) -> Part {
    let Body::Plain { salt, content } = &part.body else { return part.clone() };
    let bound = bound(part, event);
    let mut text = Zeroizing::new(Vec::with_capacity(content.len().saturating_add(salt.len())));
    text.extend_from_slice(salt);
    text.extend_from_slice(content);
    let own = ChaCha20Poly1305::new(&Key::from(*draw.key));
    let sealed = own.encrypt(&Nonce::default(), Payload { msg: &text, aad: &bound });
    let wrapped = storage.cipher().encrypt(&XNonce::from(draw.nonce), Payload { msg: &draw.key[..], aad: &bound });
    // Neither can fail below 64 GiB.
    let (Ok(sealed), Ok(wrapped)) = (sealed, wrapped) else { return part.clone() };
    let record = [&[LAYOUT][..], &storage.id, &draw.nonce, &wrapped, &sealed].concat();
    Part { body: Body::Locked(record), ..part.clone() }
}

/// Unlocks a locked part of an event. One that is not locked is given back as it is.
///
/// # Errors
/// If its key is not among `keys`, or it was altered.
pub fn unlock(part: Part, event: &EventHash, keys: &[StorageKey]) -> Result<Part, LockedError> {
    let Body::Locked(record) = &part.body else { return Ok(part) };
    let read = Record::read(record)?;
    let key = read.key(keys, &bound(&part, event))?;
    let own = ChaCha20Poly1305::new(&Key::from(*key));
    let text = own.decrypt(&Nonce::default(), Payload { msg: read.sealed, aad: &bound(&part, event) });
    let text = Zeroizing::new(text.map_err(|_| LockedError::Altered)?);
    let (salt, content) = text.split_first_chunk::<32>().ok_or(LockedError::Altered)?;
    Ok(Part::plain(part.index, part.kind, *salt, content.to_vec()))
}

/// Wraps a locked part's key anew, under the first of `keys`; the content stays as it is.
///
/// # Errors
/// As [`unlock`].
pub fn relock(
    part: Part,
    event: &EventHash,
    keys: &[StorageKey],
    nonce: [u8; NONCE_BYTES],
) -> Result<Part, LockedError> {
    let Body::Locked(record) = &part.body else { return Ok(part) };
    let read = Record::read(record)?;
    let bound = bound(&part, event);
    let key = read.key(keys, &bound)?;
    let storage = keys.first().ok_or(LockedError::Key(*read.id))?;
    let wrapped = storage.cipher().encrypt(&XNonce::from(nonce), Payload { msg: &key[..], aad: &bound });
    let wrapped = wrapped.map_err(|_| LockedError::Altered)?;
    let record = [&[LAYOUT][..], &storage.id, &nonce, &wrapped, read.sealed].concat();
    Ok(Part { body: Body::Locked(record), ..part })
}

/// A record's pieces.
struct Record<'a> {
    id: &'a StorageKeyId,
    nonce: &'a [u8; NONCE_BYTES],
    wrapped: &'a [u8; WRAPPED_BYTES],
    sealed: &'a [u8],
}

impl<'a> Record<'a> {
    fn read(record: &'a [u8]) -> Result<Self, LockedError> {
        let rest = record.strip_prefix(&[LAYOUT]).ok_or(LockedError::Altered)?;
        let (id, rest) = rest.split_first_chunk().ok_or(LockedError::Altered)?;
        let (nonce, rest) = rest.split_first_chunk().ok_or(LockedError::Altered)?;
        let (wrapped, sealed) = rest.split_first_chunk().ok_or(LockedError::Altered)?;
        Ok(Self { id, nonce, wrapped, sealed })
    }

    fn key(&self, keys: &[StorageKey], bound: &[u8]) -> Result<Zeroizing<[u8; 32]>, LockedError> {
        let storage = keys.iter().find(|key| key.id == *self.id).ok_or(LockedError::Key(*self.id))?;
        let opened = storage.cipher().decrypt(&XNonce::from(*self.nonce), Payload { msg: self.wrapped, aad: bound });
        let opened = Zeroizing::new(opened.map_err(|_| LockedError::Altered)?);
        <[u8; 32]>::try_from(&opened[..]).map(Zeroizing::new).map_err(|_| LockedError::Altered)
    }
}

/// What a record is bound to: it is nothing in another row.
fn bound(part: &Part, event: &EventHash) -> Vec<u8> {
    prefix::LOCKED_PART.message(&[&event.0[..], &[part.index, part.kind.code()]].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::PartKind;

    const EVENT: EventHash = EventHash([0x0e; 32]);

    fn key(byte: u8) -> StorageKey {
        StorageKey::new(Zeroizing::new([byte; 32]))
    }

    fn part() -> Part {
        Part::plain(1, PartKind::Narrative, [7; 32], b"Budi, Jalan Merdeka".to_vec())
    }

    fn locked() -> Part {
        lock(&part(), &EVENT, &key(1), &Draw { key: Zeroizing::new([2; 32]), nonce: [3; 24] })
    }

    fn altered(at: usize) -> Part {
        let mut part = locked();
        if let Body::Locked(record) = &mut part.body {
            record[at] ^= 1;
        }
        part
    }

    #[test]
    fn stolen_disk_opens_without_the_key() {
        let Body::Locked(record) = locked().body else { panic!("it is not locked") };
        assert!(!record.windows(4).any(|bytes| bytes == b"Budi") && !record.windows(32).any(|bytes| bytes == [7; 32]));
        assert_eq!(unlock(locked(), &EVENT, &[key(9)]), Err(LockedError::Key(key(1).id())));
        assert_eq!(unlock(locked(), &EVENT, &[]), Err(LockedError::Key(key(1).id())));
        assert_eq!(unlock(locked(), &EVENT, &[key(9), key(1)]), Ok(part()));
    }

    #[test]
    fn row_is_put_in_the_place_of_another() {
        assert_eq!(unlock(locked(), &EventHash([0; 32]), &[key(1)]), Err(LockedError::Altered));
        assert_eq!(unlock(Part { index: 2, ..locked() }, &EVENT, &[key(1)]), Err(LockedError::Altered));
        assert_eq!(unlock(Part { kind: PartKind::Note, ..locked() }, &EVENT, &[key(1)]), Err(LockedError::Altered));
    }

    #[test]
    fn altered_record_is_read() {
        let Body::Locked(record) = locked().body else { panic!("it is not locked") };
        for at in 0..record.len() {
            assert!(unlock(altered(at), &EVENT, &[key(1)]).is_err(), "{at}");
        }
        for length in 0..record.len() {
            let short = Part { body: Body::Locked(record[..length].to_vec()), ..part() };
            assert!(unlock(short, &EVENT, &[key(1)]).is_err(), "{length}");
        }
    }

    #[test]
    fn old_key_still_opens_what_was_wrapped_anew() {
        let keys = [key(5), key(1)];
        let anew = relock(locked(), &EVENT, &keys, [4; 24]).unwrap();
        assert_eq!(unlock(anew.clone(), &EVENT, &[key(5)]), Ok(part()));
        assert_eq!(unlock(anew, &EVENT, &[key(1)]), Err(LockedError::Key(key(5).id())));
        assert_eq!(relock(locked(), &EVENT, &[key(5)], [4; 24]), Err(LockedError::Key(key(1).id())));
    }

    #[test]
    fn debug_text_shows_the_secret() {
        let shown = format!("{:?}", StorageKey::new(Zeroizing::new([0xa5; 32])));
        assert!(!shown.contains("a5a5") && shown.len() < 40, "{shown}");
    }
}
