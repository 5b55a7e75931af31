//! What of a node's folder is looked after, and its database opened for work: backed up first, if it is of an older version.

use std::sync::Arc;

use lintas::care::telling::before_migration as before;
use lintas::care::{Estate, KeyFile, before_migration};
use lintas::identity::load_signing_secret;
use lintas::journal::SigningKey;
use lintas::runtime::{Clock as _, Progress, SystemClock};
use lintas::store::copy;
use lintas::store::sqlite::{SqliteSource, SqliteStore};
use lintas::words::Language;

use crate::failure::Failure;
use crate::keys;
use crate::output::remark;
use crate::run::owner;
use crate::settings::Settings;

/// Keys and certificates, by their names in a backup.
pub(crate) fn keys(settings: &Settings) -> Vec<KeyFile> {
    let file = |member, path: &std::path::Path, secret| KeyFile { member, path: path.to_owned(), secret };
    vec![
        file("keys/signing.key", &settings.signing_key, true),
        file("keys/sealing.key", &settings.sealing_key, true),
        file("keys/tls.key", &settings.tls.key, true),
        file("keys/node.pem", &settings.tls.certificate, false),
        file("keys/ca.pem", &settings.tls.authority, false),
    ]
}

/// The node's folder and what is in it.
///
/// # Errors
/// If the signing key cannot be loaded.
pub(crate) fn estate(settings: &Settings) -> Result<Estate, Failure> {
    let own = SigningKey::from_seed(*load_signing_secret(&settings.signing_key)?).public();
    Ok(Estate {
        owner: owner(settings),
        data: settings.data.clone(),
        settings: settings.file.clone(),
        keys: keys(settings),
        own,
        hub: settings.hub.as_ref().map(|hub| hub.key),
    })
}

/// Opens the node's database for work. One of an older version is backed up first; without that it is not opened. `language` is
/// that of whose command it is; a node that serves has none and tells its log.
///
/// # Errors
/// If it is not this node's, or cannot be backed up or opened.
pub(crate) async fn open(settings: &Settings, language: Option<Language>) -> Result<SqliteStore, Failure> {
    if let Some(source) = SqliteSource::outdated(&settings.database).await? {
        let progress = Progress::logged(Arc::new(SystemClock));
        let made = before_migration(&source, &estate(settings)?, SystemClock.timestamp(), &progress).await?;
        if let Some(made) = made {
            let (path, from, to) = (made.path.display(), made.manifest.schema, copy::schema());
            match language {
                Some(language) => remark(&before(&made, to, language)),
                None => {
                    tracing::warn!(%path, from, to, "the database is of an older version; it was backed up before it is brought up to date");
                }
            }
        }
    }
    keys::writer(settings).await
}
