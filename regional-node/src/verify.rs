//! Checks the node's database: journal, seals, receipts, and every complaint against its events. It opens for reading only;
//! the checks themselves are the library's audit.

use lintas::desk::audit::audit;
use lintas::identity::load_signing_secret;
use lintas::journal::SigningKey;
use lintas::runtime::Exit;
use lintas::store::{Store as _, StoreError};
use lintas::words::Language;

use crate::failure::Failure;
use crate::keys;
use crate::output::{progress, say, say_json};
use crate::run::owner;
use crate::settings::Settings;

/// Opens the database for reading and has it audited; a difference is told line by line and by the exit code.
///
/// # Errors
/// If the database cannot be read or is another node's, or the node does not know its hub's key.
pub(crate) async fn verify(settings: &Settings, json: bool, lang: Language) -> Result<Exit, Failure> {
    let hub = settings.hub.as_ref().ok_or(Failure::NoHub)?.key;
    let own = SigningKey::from_seed(*load_signing_secret(&settings.signing_key)?).public();
    let store = keys::reader(settings).await?;
    if store.owner().await? != owner(settings) {
        return Err(StoreError::Foreign("the database is another node's".to_owned()).into());
    }
    let report = audit(&store, hub, own, &keys::opener(settings)?, &progress(json, lang)).await?;
    store.close().await;
    if json {
        say_json(&report.to_json(lang));
    } else {
        say(&report.render(lang));
    }
    Ok(if report.is_clean() { Exit::Done } else { Exit::BadData })
}
