//! Puts stored content under the present storage key, and makes a new one first if that is asked for.

use lintas::care::FolderLock;
use lintas::care::rewrap::rewrap as go_through;
use lintas::identity::{add_secret_key, create_secret_key, files};
use lintas::runtime::{OsEntropy, random_bytes};
use lintas::store::database::Database;
use serde_json::json;
use zeroize::Zeroizing;

use crate::cli::Rewrap;
use crate::database;
use crate::failure::Failure;
use crate::output::Voice;
use crate::settings::Settings;

/// Goes through all that is stored.
///
/// # Errors
/// If a hub runs on the folder, or the key of something is not here.
pub(crate) async fn rewrap(settings: &Settings, asked: &Rewrap, voice: Voice) -> Result<(), Failure> {
    // Held so that no hub serves meanwhile from this folder: it would go on with the key it has.
    let lock = FolderLock::alone(&settings.data)?;
    if asked.new_key {
        let seed = Zeroizing::new(random_bytes::<32>(&OsEntropy));
        let path = &settings.storage_key;
        if path.exists() {
            add_secret_key(path, &seed)?;
        } else {
            path.parent().map(files::make_folder).transpose()?;
            create_secret_key(path, &seed)?;
        }
    }
    let vault = database::vault(settings)?;
    let owner = database::owner(settings);
    let store = Database::open_as(&database::place(settings)?, &owner).await?.with_vault(vault);
    let changed = go_through(&store, &voice.progress()).await?;
    store.close().await;
    drop(lock);
    let value = json!({ "changed": changed, "new_key": asked.new_key });
    voice.answer(&value, &voice.say("rewrap.done", &[("count", &changed.to_string())]));
    Ok(())
}
