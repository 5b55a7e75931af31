//! The private keys of this node: made on it, each by itself, loaded where they are already; and its database opened with them. The
//! one place that loads those of content: the sealing keys, to which others seal, and the storage keys, which lock what is stored.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lintas::care::facts::local;
use lintas::desk::Opener;
use lintas::identity::{TlsKey, create_secret_key, create_signing_secret, load_secret_keys, load_signing_secret};
use lintas::journal::{Keyring, SealingKey, SigningKey, StorageKey};
use lintas::link::transport::join::JoinKeys;
use lintas::runtime::{OsEntropy, random_bytes};
use lintas::store::sqlite::SqliteStore;
use lintas::store::{Store as _, Vault};
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::rotate::{self, next_sealing};
use crate::run::owner;
use crate::settings::Settings;

/// Where the keys are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyPlaces<'a> {
    pub(crate) tls: &'a Path,
    pub(crate) signing: &'a Path,
    pub(crate) sealing: &'a Path,
    pub(crate) storage: &'a Path,
}

/// Makes the keys that are missing, and loads those that are to be registered.
///
/// # Errors
/// If one is open to others, or none, or cannot be written.
pub(crate) fn load_or_make(places: KeyPlaces<'_>) -> Result<JoinKeys, Failure> {
    let seed = || Zeroizing::new(random_bytes::<32>(&OsEntropy));
    let KeyPlaces { tls, signing, sealing, storage } = places;
    let tls = if tls.exists() { TlsKey::load(tls)? } else { TlsKey::create(tls, &seed())? };
    if !signing.exists() {
        create_signing_secret(signing, &seed())?;
    }
    for secret in [sealing, storage] {
        if !secret.exists() {
            create_secret_key(secret, &seed())?;
        }
    }
    let signing = SigningKey::from_seed(*load_signing_secret(signing)?);
    let (sealing, _) = sealing_keys(sealing)?;
    Ok(JoinKeys { tls, signing, sealing })
}

/// The sealing keys of a file: the present one, and older ones.
fn sealing_keys(path: &Path) -> Result<(SealingKey, Vec<SealingKey>), Failure> {
    let secrets = load_secret_keys(path)?;
    let mut keys = secrets.iter().map(|secret| SealingKey::from_seed(secret));
    // A file of keys has at least one.
    let present = keys.next().ok_or(Failure::NoKeys)?;
    Ok((present, keys.collect()))
}

/// This node's sealing keys.
///
/// # Errors
/// If they are missing or open to others.
pub(crate) fn ring(settings: &Settings) -> Result<Keyring, Failure> {
    let (present, older) = sealing_keys(&settings.sealing_key)?;
    Ok(Keyring::new(present, older.into_iter().chain(next_sealing(settings)?)))
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

/// Whether a key of content lies, readable, beside the data.
pub(crate) fn beside(settings: &Settings) -> bool {
    let next = rotate::places(settings);
    let next = next.iter().map(PathBuf::as_path).filter(|place| place.exists());
    let keys: Vec<&Path> = [settings.storage_key.as_path(), &settings.sealing_key].into_iter().chain(next).collect();
    local::readable_beside(&keys, &settings.data, settings.passphrase.as_ref()).is_some()
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
/// If it or the storage key of its content is not there, or it is another node's.
pub(crate) async fn writer(settings: &Settings) -> Result<SqliteStore, Failure> {
    let vault = vault(settings)?;
    let store = SqliteStore::open_as(&settings.database, &owner(settings)).await?.with_vault(vault);
    store.check_vault().await?;
    Ok(store)
}
