//! Checks all books of the hub's database. The checks themselves are the library's audit.

use lintas::desk::Opener;
use lintas::desk::audit::audit;
use lintas::runtime::Exit;

use crate::database;
use crate::failure::Failure;
use crate::output::Voice;
use crate::settings::Settings;

/// Checks all books; a difference is told line by line and by the exit code.
///
/// # Errors
/// If the database or the key cannot be read.
pub(crate) async fn verify(settings: &Settings, voice: Voice) -> Result<Exit, Failure> {
    let key = database::signer(&settings.federation, &settings.signing_key)?.key.public();
    let store = database::reader(settings).await?;
    let report = audit(&store, key, key, &Opener::without_keys(), &voice.progress()).await?;
    store.close().await;
    voice.answer(&report.to_json(voice.language), &report.render(voice.language));
    Ok(if report.is_clean() { Exit::Done } else { Exit::BadData })
}
