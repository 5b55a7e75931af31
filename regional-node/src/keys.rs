//! The keys with which this node reads content, and its database opened with them: the sealing keys, to which others seal, and the
//! storage keys, which lock what is stored. The one place that loads them.

use std::sync::Arc;

use lintas::desk::Opener;
use lintas::identity::load_secret_keys;
use lintas::journal::{Keyring, SealingKey, StorageKey};
use lintas::runtime::OsEntropy;
use lintas::store::Vault;
use lintas::store::sqlite::SqliteStore;

use crate::failure::Failure;
use crate::run::owner;
use crate::settings::Settings;

/// This node's sealing keys.
///
/// # Errors
/// If they are missing or open to others.
pub(crate) fn ring(settings: &Settings) -> Result<Keyring, Failure> {
    let secrets = load_secret_keys(&settings.sealing_key)?;
    let mut keys = secrets.iter().map(|secret| SealingKey::from_seed(secret));
    // A file of keys has at least one.
    let present = keys.next().ok_or(Failure::NoKeys)?;
    Ok(Keyring::new(present, keys))
}

/// What opens sealed content with them.
///
/// # Errors
/// As [`ring`].
pub(crate) fn opener(settings: &Settings) -> Result<Opener, Failure> {
    Ok(Opener::new(Arc::new(ring(settings)?), settings.federation.clone()))
}

/// What locks and unlocks stored content.
///
/// # Errors
/// If the storage keys are missing or open to others.
pub(crate) fn vault(settings: &Settings) -> Result<Vault, Failure> {
    let keys = load_secret_keys(&settings.storage_key)?;
    Ok(Vault::new(keys.into_iter().map(StorageKey::new), Arc::new(OsEntropy)))
}

/// The database, opened for reading beside a node that runs.
///
/// # Errors
/// If it or its storage key is not there.
pub(crate) async fn reader(settings: &Settings) -> Result<SqliteStore, Failure> {
    let vault = vault(settings)?;
    Ok(SqliteStore::open_read_only(&settings.database).await?.with_vault(vault))
}

/// The database, opened for writing.
///
/// # Errors
/// If it or its storage key is not there, or it is another node's.
pub(crate) async fn writer(settings: &Settings) -> Result<SqliteStore, Failure> {
    let vault = vault(settings)?;
    Ok(SqliteStore::open_as(&settings.database, &owner(settings)).await?.with_vault(vault))
}
