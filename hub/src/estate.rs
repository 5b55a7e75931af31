//! What of a hub's folder is looked after, and where its database is for that. Which kind of database it is, is decided here.

use std::path::{Path, PathBuf};

use lintas::care::{Estate, KeyFile};
use lintas::identity::authority::{AUTHORITY_CERTIFICATE_FILE, AUTHORITY_KEY_FILE};
use lintas::store::StoreError;
use lintas::store::copy::Source;
use lintas::store::health::Health;
use lintas::store::sqlite::{SqliteSource, health, install};

use crate::database::{owner, signer};
use crate::failure::Failure;
use crate::settings::Settings;

/// Keys and certificates, by their names in a backup.
pub(crate) fn keys(settings: &Settings) -> Vec<KeyFile> {
    let file = |member, path: &Path, secret| KeyFile { member, path: path.to_owned(), secret };
    vec![
        file("keys/signing.key", &settings.signing_key, true),
        file("keys/tls.key", &settings.tls.key, true),
        file("keys/hub.pem", &settings.tls.certificate, false),
        file("authority/ca.key", &settings.authority.join(AUTHORITY_KEY_FILE), true),
        file("authority/ca.pem", &settings.authority.join(AUTHORITY_CERTIFICATE_FILE), false),
    ]
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

/// The database, to be copied.
///
/// # Errors
/// If there is none, or it cannot be read.
pub(crate) async fn source(settings: &Settings) -> Result<impl Source + use<>, StoreError> {
    SqliteSource::open(&settings.database).await
}

/// The database, to be copied before it is brought up to date; none if it is of this version.
///
/// # Errors
/// If there is none, or it cannot be read.
pub(crate) async fn outdated(settings: &Settings) -> Result<Option<impl Source + use<>>, StoreError> {
    SqliteSource::outdated(&settings.database).await
}

/// How the database is.
///
/// # Errors
/// If it cannot be asked.
pub(crate) async fn well_being(settings: &Settings) -> Result<Health, StoreError> {
    health(&settings.database).await
}

/// Whether there is a database where one would be put.
///
/// # Errors
/// If that cannot be found out.
#[expect(clippy::unused_async, reason = "other databases are asked over a network")]
pub(crate) async fn is_there(settings: &Settings) -> Result<bool, StoreError> {
    Ok(settings.database.exists())
}

/// Puts a copy in the place of the database; what is there is kept under a name with this stamp. Returns that name.
///
/// # Errors
/// If it cannot be put there; then what was there is there.
#[expect(clippy::unused_async, reason = "other databases are filled over a network")]
pub(crate) async fn put(settings: &Settings, copy: &Path, stamp: Option<&str>) -> Result<Option<String>, StoreError> {
    let aside = stamp.map(|stamp| with_end(&settings.database, &format!(".replaced-{stamp}")));
    let kept = aside.clone().filter(|_| settings.database.exists());
    install(copy, &settings.database, aside.as_deref())?;
    Ok(kept.map(|path| path.display().to_string()))
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}
