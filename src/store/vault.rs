//! Content at rest, for every store alike: it is locked before it is written and unlocked when it is read. The keys come from outside
//! the database; what they are is never stored.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::{Batch, Changes, Delivery, File, JournalRow, SealedEntry, StoreError};
use crate::domain::EventHash;
use crate::journal::locked::{self, Draw, LockedError};
use crate::journal::part::Body;
use crate::journal::{Part, StorageKey, StorageKeyId, header_hash};
use crate::runtime::{Entropy, random_bytes};

/// What locks and unlocks a store's content.
#[derive(Clone, Debug)]
pub struct Vault {
    keys: Arc<[StorageKey]>,
    entropy: Arc<dyn Entropy>,
}

impl Vault {
    /// A vault with these keys: the first locks, all unlock. Without any it locks nothing and opens nothing.
    #[must_use]
    pub fn new(keys: impl IntoIterator<Item = StorageKey>, entropy: Arc<dyn Entropy>) -> Self {
        Self { keys: keys.into_iter().collect(), entropy }
    }

    /// The name of the key that locks.
    #[must_use]
    pub fn present(&self) -> Option<StorageKeyId> {
        self.keys.first().map(StorageKey::id)
    }

    fn lock(&self, part: &Part, event: &EventHash) -> Part {
        let Some(storage) = self.keys.first() else { return part.clone() };
        let draw = Draw { key: Zeroizing::new(random_bytes(&*self.entropy)), nonce: random_bytes(&*self.entropy) };
        locked::lock(part, event, storage, &draw)
    }

    /// A stored part under the present key: locked, if it was not; wrapped anew, if it was locked with another. None if it is well
    /// as it is.
    ///
    /// # Errors
    /// If its key is not here, or it was altered.
    pub(super) fn rewrap(&self, part: &Part, event: &EventHash) -> Result<Option<Part>, StoreError> {
        let anew = match &part.body {
            Body::Plain { .. } => self.lock(part, event),
            Body::Locked(record) if locked::key_of(record) == self.present() => return Ok(None),
            Body::Locked(_) => {
                let nonce = random_bytes(&*self.entropy);
                locked::relock(part.clone(), event, &self.keys, nonce).map_err(|error| unreadable(event, error))?
            }
            Body::Sealed(_) | Body::Faulty(_) => return Ok(None),
        };
        Ok((!matches!(anew.body, Body::Plain { .. })).then_some(anew))
    }
}

fn unreadable(event: &EventHash, error: LockedError) -> StoreError {
    match error {
        LockedError::Key(_) => StoreError::Locked(format!("content of event {event}: {error}")),
        LockedError::Altered => StoreError::Corrupt(format!("content of event {event}: {error}")),
    }
}

/// Refuses if this part is locked with a key that is not in the vault.
pub(super) fn check(vault: Option<&Vault>, newest: Option<&Part>) -> Result<(), StoreError> {
    let Some(Body::Locked(record)) = newest.map(|part| &part.body) else { return Ok(()) };
    let keys = vault.map(|vault| &*vault.keys).unwrap_or_default();
    match locked::key_of(record) {
        Some(key) if keys.iter().any(|known| known.id() == key) => Ok(()),
        Some(key) => Err(StoreError::Locked(format!("the content of this database: {}", LockedError::Key(key)))),
        None => Err(StoreError::Corrupt(format!("the newest content: {}", LockedError::Altered))),
    }
}

/// Changes as they are to be written: what is readable in them is locked, if there is a vault.
pub(super) fn lock(vault: Option<&Vault>, mut changes: Changes) -> Changes {
    let Some(vault) = vault else { return changes };
    for entry in &mut changes.entries {
        for part in &mut entry.sealed.parts {
            *part = vault.lock(part, &entry.hash);
        }
    }
    changes
}

/// Unlocks parts that go on from here, or are written anew: all of them, or it is an error.
fn unlock_all(vault: Option<&Vault>, event: EventHash, parts: &mut [Part]) -> Result<(), StoreError> {
    let keys = vault.map(|vault| &*vault.keys).unwrap_or_default();
    for part in parts.iter_mut().filter(|part| matches!(part.body, Body::Locked(_))) {
        *part = locked::unlock(part.clone(), &event, keys).map_err(|error| unreadable(&event, error))?;
    }
    Ok(())
}

/// Unlocks parts that are only looked at: one whose key is not here stays locked.
fn unlock_known(vault: Option<&Vault>, event: EventHash, parts: &mut [Part]) -> Result<(), StoreError> {
    let keys = vault.map(|vault| &*vault.keys).unwrap_or_default();
    for part in parts.iter_mut().filter(|part| matches!(part.body, Body::Locked(_))) {
        match locked::unlock(part.clone(), &event, keys) {
            Ok(unlocked) => *part = unlocked,
            Err(LockedError::Key(_)) => {}
            Err(error @ LockedError::Altered) => return Err(unreadable(&event, error)),
        }
    }
    Ok(())
}

/// A file, to be looked at.
pub(super) fn file(vault: Option<&Vault>, file: Option<File>) -> Result<Option<File>, StoreError> {
    let Some(mut file) = file else { return Ok(None) };
    for filed in &mut file.events {
        unlock_known(vault, filed.event.hash, &mut filed.parts)?;
    }
    Ok(Some(file))
}

/// Rows of a journal, to be looked at.
pub(super) fn rows(vault: Option<&Vault>, mut rows: Vec<JournalRow>) -> Result<Vec<JournalRow>, StoreError> {
    for row in &mut rows {
        unlock_known(vault, row.hash, &mut row.parts)?;
    }
    Ok(rows)
}

/// Batches, to be sent.
pub(super) fn batches(vault: Option<&Vault>, mut batches: Vec<Batch>) -> Result<Vec<Batch>, StoreError> {
    for batch in &mut batches {
        entries(vault, &mut batch.entries)?;
    }
    Ok(batches)
}

/// Events that were set aside, to be written anew.
pub(super) fn aside(vault: Option<&Vault>, mut aside: Vec<SealedEntry>) -> Result<Vec<SealedEntry>, StoreError> {
    entries(vault, &mut aside)?;
    Ok(aside)
}

fn entries(vault: Option<&Vault>, entries: &mut [SealedEntry]) -> Result<(), StoreError> {
    for entry in entries.iter_mut().filter(|entry| !entry.parts.is_empty()) {
        unlock_all(vault, header_hash(&entry.bytes), &mut entry.parts)?;
    }
    Ok(())
}

/// Deliveries, to be sent.
pub(super) fn deliveries(vault: Option<&Vault>, mut deliveries: Vec<Delivery>) -> Result<Vec<Delivery>, StoreError> {
    for delivery in deliveries.iter_mut().filter(|delivery| !delivery.parts.is_empty()) {
        unlock_all(vault, header_hash(&delivery.bytes), &mut delivery.parts)?;
    }
    Ok(deliveries)
}
