//! What of a hub's folder is looked after. It reads nothing but the signing key.

use std::path::Path;

use lintas::care::{Estate, KeyFile};
use lintas::identity::authority::{AUTHORITY_CERTIFICATE_FILE, AUTHORITY_KEY_FILE};

use crate::database::{owner, signer};
use crate::failure::Failure;
use crate::settings::Settings;

/// The name of the database's password in a backup.
pub(crate) const PASSWORD: &str = "keys/database.password";

/// Keys and certificates, by their names in a backup.
pub(crate) fn keys(settings: &Settings) -> Vec<KeyFile> {
    let file = |member, path: &Path, secret| KeyFile { member, path: path.to_owned(), secret };
    let password = settings.database_password.as_ref().map(|path| file(PASSWORD, path, true));
    let keys = [
        file("keys/signing.key", &settings.signing_key, true),
        file("keys/tls.key", &settings.tls.key, true),
        file("keys/hub.pem", &settings.tls.certificate, false),
        file("authority/ca.key", &settings.authority.join(AUTHORITY_KEY_FILE), true),
        file("authority/ca.pem", &settings.authority.join(AUTHORITY_CERTIFICATE_FILE), false),
    ];
    keys.into_iter().chain(password).collect()
}

/// The hub's folder and what is in it.
///
/// # Errors
/// If the signing key cannot be loaded.
pub(crate) fn estate(settings: &Settings) -> Result<Estate, Failure> {
    let own = signer(&settings.federation, &settings.signing_key)?.key.public();
    Ok(Estate {
        owner: owner(settings),
        data: settings.data.clone(),
        settings: settings.file.clone(),
        keys: keys(settings),
        own,
        hub: Some(own),
    })
}
