//! Puts stored content under the present storage key, and makes a new one first if that is asked for.

use lintas::care::rewrap::rewrap as go_through;
use lintas::identity::{add_secret_key, create_secret_key, files};
use lintas::runtime::{OsEntropy, Progress, random_bytes};
use lintas::words::{self, Language};
use serde_json::json;
use zeroize::Zeroizing;

use crate::cli::Rewrap;
use crate::estate;
use crate::failure::Failure;
use crate::kit;
use crate::output::{say, say_json};
use crate::run::open_socket;
use crate::settings::Settings;

/// Goes through all that is stored.
///
/// # Errors
/// If a node runs on the folder, or the key of something is not here.
pub(crate) async fn rewrap(
    settings: &Settings,
    asked: &Rewrap,
    progress: &Progress,
    json: bool,
    lang: Language,
) -> Result<(), Failure> {
    // Held so that no node serves meanwhile: it would go on with the key it has.
    let socket = open_socket(settings)?;
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
    if asked.new_key {
        kit::outdated(settings);
    }
    let store = estate::open(settings, Some(lang)).await?;
    let changed = go_through(&store, progress).await?;
    store.close().await;
    drop(socket);
    if json {
        say_json(&json!({ "changed": changed, "new_key": asked.new_key }));
        return Ok(());
    }
    say(&words::say("rewrap.done", lang, &[("count", &changed.to_string())]));
    if asked.new_key {
        say(&words::say("rewrap.new-key", lang, &[]));
    }
    Ok(())
}
