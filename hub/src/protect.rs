//! Puts the key files under a passphrase, or takes them out from under it.

use lintas::identity::passphrase::{Source, read};
use lintas::identity::{protect_keys, unprotect_keys};
use lintas::runtime::{OsEntropy, credentials};
use serde_json::json;

use crate::cli::ProtectKeys;
use crate::failure::Failure;
use crate::output::Voice;
use crate::settings::Settings;

/// Protects the keys of signing and storage, as far as they are files of this folder.
///
/// # Errors
/// If the passphrase is too short or another one, or a file cannot be written.
pub(crate) fn protect(settings: &Settings, asked: &ProtectKeys, voice: Voice) -> Result<(), Failure> {
    let asked_for = || Source::Asked(voice.say("keys.passphrase", &[]));
    let phrase = read(&asked.passphrase_file.clone().map_or_else(asked_for, Source::File))?;
    for key in [&settings.signing_key, &settings.storage_key].into_iter().filter(|key| !credentials::is_one(key)) {
        if asked.off {
            unprotect_keys(key, &phrase)?;
        } else {
            protect_keys(key, &phrase, &OsEntropy)?;
        }
    }
    let told = voice.say(if asked.off { "keys.unprotected" } else { "keys.protected" }, &[]);
    voice.answer(&json!({ "protected": !asked.off }), &told);
    Ok(())
}
