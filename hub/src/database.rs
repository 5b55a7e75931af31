//! The hub's database as commands open it: for reading beside a running hub, or for registry changes of their own.

use std::path::Path;

use lintas::domain::{FederationId, NodeId, Registry};
use lintas::identity::files::read_secret;
use lintas::identity::load_signing_secret;
use lintas::journal::SigningKey;
use lintas::link::hub::HubKey;
use lintas::store::database::{Database, Place};
use lintas::store::{Owner, Store, StoreError};

use crate::failure::Failure;
use crate::settings::Settings;

/// Opens for reading; the hub may run meanwhile.
///
/// # Errors
/// If there is no database of this hub.
pub(crate) async fn reader(settings: &Settings) -> Result<Database, Failure> {
    let store = Database::open_beside(&place(settings)?).await?;
    let found = store.owner().await?;
    let wanted = owner(settings);
    if found == wanted {
        return Ok(store);
    }
    let of = |owner: &Owner| format!("{} of {}", owner.node, owner.federation);
    Err(StoreError::Foreign(format!("the database belongs to {}, not to {}", of(&found), of(&wanted))).into())
}

/// Opens for writing; a running hub notices what was written by looking.
///
/// # Errors
/// If there is no database of this hub.
pub(crate) async fn writer(settings: &Settings) -> Result<Database, Failure> {
    Ok(Database::open_as(&place(settings)?, &owner(settings)).await?)
}

/// Where the database is, with the password from its file.
fn place(settings: &Settings) -> Result<Place, Failure> {
    let (Place::Server(address), Some(path)) = (&settings.database, &settings.database_password) else {
        return Ok(settings.database.clone());
    };
    let secret = read_secret(path)?;
    let text = std::str::from_utf8(&secret).map_err(|_| Failure::Given {
        path: path.display().to_string(),
        cause: "the password is no text".to_owned(),
    })?;
    Ok(Place::Server(address.clone().with_password(text.trim_end_matches(['\n', '\r']))))
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

fn owner(settings: &Settings) -> Owner {
    Owner { federation: settings.federation.clone(), node: NodeId::Hub }
}
