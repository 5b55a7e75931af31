//! Puts the key files under a passphrase, or takes them out from under it.

use lintas::identity::passphrase::{Source, read};
use lintas::identity::{protect_keys, unprotect_keys};
use lintas::runtime::{OsEntropy, credentials};
use lintas::words::{self, Language};
use serde_json::json;

use crate::cli::{Common, ProtectKeys};
use crate::failure::Failure;
use crate::output::{say, say_json};
use crate::rotate;
use crate::settings::Settings;

/// Protects the keys of signing, sealing and storage, as far as they are files of this folder.
///
/// # Errors
/// If the passphrase is too short or another one, or a file cannot be written.
pub(crate) fn protect(common: &Common, asked: &ProtectKeys, lang: Language) -> Result<(), Failure> {
    let settings = Settings::load(common)?;
    let keys = [&settings.signing_key, &settings.sealing_key, &settings.storage_key];
    let asked_for = || Source::Asked(words::say("keys.passphrase", lang, &[]));
    let phrase = read(&asked.passphrase_file.clone().map_or_else(asked_for, Source::File))?;
    let next = rotate::places(&settings);
    let next = next.iter().filter(|place| place.exists());
    for key in keys.into_iter().filter(|key| !credentials::is_one(key)).chain(next) {
        if asked.off {
            unprotect_keys(key, &phrase)?;
        } else {
            protect_keys(key, &phrase, &OsEntropy)?;
        }
    }
    if common.json {
        say_json(&json!({ "protected": !asked.off }));
    } else {
        say(&words::say(if asked.off { "keys.unprotected" } else { "keys.protected" }, lang, &[]));
    }
    Ok(())
}
