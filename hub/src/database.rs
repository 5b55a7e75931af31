//! The hub's database as commands open it: for reading beside a running hub, or for registry changes of their own.

use std::path::Path;
use std::sync::Arc;

use lintas::care::telling::before_migration as before;
use lintas::care::{FolderLock, before_migration};
use lintas::domain::{FederationId, NodeId, Registry};
use lintas::identity::files::read_secret;
use lintas::identity::{load_secret_keys, load_signing_secret};
use lintas::journal::{SigningKey, StorageKey};
use lintas::link::hub::HubKey;
use lintas::runtime::{Clock as _, OsEntropy, Progress, SystemClock};
use lintas::store::copy::place::PlaceSource;
use lintas::store::copy::schema;
use lintas::store::database::{Database, Place};
use lintas::store::postgres::Address;
use lintas::store::{Owner, Store, StoreError, Vault};

use crate::estate::estate;
use crate::failure::Failure;
use crate::output::{Voice, remark};
use crate::settings::Settings;

/// Opens for reading; the hub may run meanwhile.
///
/// # Errors
/// If there is no database of this hub.
pub(crate) async fn reader(settings: &Settings) -> Result<Database, Failure> {
    let vault = vault(settings)?;
    let store = Database::open_beside(&place(settings)?).await?.with_vault(vault);
    let found = store.owner().await?;
    let wanted = owner(settings);
    if found == wanted {
        return Ok(store);
    }
    let of = |owner: &Owner| format!("{} of {}", owner.node, owner.federation);
    Err(StoreError::Foreign(format!("the database belongs to {}, not to {}", of(&found), of(&wanted))).into())
}

/// Opens for writing; a running hub notices what was written by looking. A database of an older version is backed up first;
/// without that it is not opened. `voice` is whose command it is; a hub that serves has none and tells its log.
///
/// # Errors
/// If there is no database of this hub.
pub(crate) async fn writer(settings: &Settings, voice: Option<Voice>) -> Result<Writer, Failure> {
    let lock = FolderLock::shared(&settings.data)?;
    if let Some(source) = PlaceSource::outdated(&place(settings)?).await? {
        let progress = Progress::logged(Arc::new(SystemClock));
        let made = before_migration(&source, &estate(settings)?, SystemClock.timestamp(), &progress).await?;
        if let Some(made) = made {
            let (path, from, to) = (made.path.display(), made.manifest.schema, schema());
            match voice {
                Some(voice) => remark(&before(&made, to, voice.language)),
                None => {
                    tracing::warn!(%path, from, to, "the database is of an older version; it was backed up before it is brought up to date");
                }
            }
        }
    }
    let vault = vault(settings)?;
    let store = Database::open_as(&place(settings)?, &owner(settings)).await?.with_vault(vault);
    store.check_vault().await?;
    Ok(Writer { store, _lock: lock })
}

/// A database open for writing, which nobody replaces meanwhile.
pub(crate) struct Writer {
    pub(crate) store: Database,
    pub(crate) _lock: FolderLock,
}

/// Where the database is, with the password from its file.
///
/// # Errors
/// If that file cannot be read.
pub(crate) fn place(settings: &Settings) -> Result<Place, Failure> {
    let (Place::Server(address), Some(path)) = (&settings.database, &settings.database_password) else {
        return Ok(settings.database.clone());
    };
    with_password(address, &read_secret(path)?, path)
}

/// A database on a server with its password, which is that of a file.
///
/// # Errors
/// If it is no text.
pub(crate) fn with_password(address: &Address, secret: &[u8], path: &Path) -> Result<Place, Failure> {
    let text = std::str::from_utf8(secret);
    let text = text.map_err(|_| Failure::given(path, &std::io::Error::other("the password is no text")))?;
    Ok(Place::Server(address.clone().with_password(text.trim_end_matches(['\n', '\r']))))
}

/// What locks and unlocks stored content.
///
/// # Errors
/// If the storage keys are missing or open to others.
pub(crate) fn vault(settings: &Settings) -> Result<Vault, Failure> {
    let keys = load_secret_keys(&settings.storage_key)?;
    Ok(Vault::new(keys.into_iter().map(StorageKey::new), Arc::new(OsEntropy)))
}

/// With what the hub signs.
///
/// # Errors
/// If the key is missing or open to others.
pub(crate) fn signer(federation: &FederationId, path: &Path) -> Result<HubKey, Failure> {
    let key = SigningKey::from_seed(*load_signing_secret(path)?);
    Ok(HubKey { federation: federation.clone(), key: key.into() })
}

/// The registry as stored.
///
/// # Errors
/// If storage failed.
pub(crate) async fn registry(store: &Database) -> Result<Registry, Failure> {
    let mut registry = Registry::default();
    for event in &store.registry().await? {
        registry.apply(event);
    }
    Ok(registry)
}

/// Whose database it must be.
pub(crate) fn owner(settings: &Settings) -> Owner {
    Owner { federation: settings.federation.clone(), node: NodeId::Hub }
}
